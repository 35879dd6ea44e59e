"""The signal table: one row a seller and cutoff, computed from tiles, stored once for each cutoff.

Peers are the sellers of the same marketplace, category and size at the cutoff, where the size is the number of reviews
that arrived in the 364 days before. Groups that are too small fall back to marketplace and size, to the marketplace,
and to all sellers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from features.catalogue import CATALOGUE, WINDOWED, pairs_of_days, tile_kinds
from features.contract import TABLES
from features.coverage import coverage_group, covered, flag_name, fold_coverage
from features.engine import connect, count, literal
from features.families.removals import ARRIVED
from features.fits import MEANING
from features.landed import landed
from features.measures import LONGEST_DAYS, Windowed
from features.pairs import paired
from features.peers import COMPARED, compare, fitted_of, needed_for
from features.settings import FeatureSettings
from features.signal import Signal
from features.store import Manifest, Store, StoredFile
from features.tiles import fold, tile_group, tiles
from features.windows import cutoff_table, measured

if TYPE_CHECKING:
    import pandas as pd

SELLER_COLUMNS = (
    "seller_id",
    "as_of",
    "marketplace",
    "category",
    "owner_id",
    "size_band",
    "peer_group",
    "peer_sellers",
)
"""Columns of the signal table before its signals."""

_ROWS_A_MB = 500
"""Rows of the signal table that are computed at once, for each megabyte of the memory limit."""

_SIZE = next(iter(ARRIVED.total(LONGEST_DAYS).inputs))


def signals_at(
    store: Store,
    cutoffs: Sequence[date],
    settings: FeatureSettings,
    *,
    progress: Callable[[str], None] = lambda _: None,
) -> pd.DataFrame:
    """Return the signal table at these cutoffs, from the store where it is there, else computed and stored.

    Args:
        store: the landed rows; everything that is missing on the way from them is made and committed.
        cutoffs: dates; each means its first instant, and counts what became known before it.
        settings: clock, engine and peers.
        progress: told the name of each step.

    Returns:
        Sorted by as_of and seller_id, the columns ``SELLER_COLUMNS`` and one float64 column for each signal of the
        catalogue, NaN where it is missing. A seller is in it once its account was known before the cutoff.

    Raises:
        StoreBusy: another run holds the store.

    """
    import pandas as pd  # noqa: PLC0415  (heavy: only for those who ask for a frame)

    group = table_group(settings)
    manifest = store.manifest()
    if any(_stored(manifest, group, cutoff) is None for cutoff in cutoffs):
        manifest = _make(store, sorted(set(cutoffs)), settings, progress)
    paths = [store.path / str(_stored(manifest, group, cutoff)) for cutoff in sorted(set(cutoffs))]
    return pd.concat([pq.read_table(path).to_pandas() for path in paths], ignore_index=True)


def table_group(settings: FeatureSettings) -> str:
    """The store's group of signal tables; its fingerprint covers every signal, its facts and the peers."""
    parts = [signal.fingerprint for signal in CATALOGUE.values()]
    parts += [tile_group(kind, settings) for kind in tile_kinds().values()]
    parts += [coverage_group(), COMPARED, MEANING, str(settings.peers.min_group_sellers)]
    return f"signals/{hashlib.sha256(' '.join(parts).encode()).hexdigest()[:12]}"


def _stored(manifest: Manifest, group: str, cutoff: date) -> str | None:
    return next((path for path, entry in manifest.group(group).items() if entry.week == cutoff.isoformat()), None)


def _make(
    store: Store, cutoffs: Sequence[date], settings: FeatureSettings, progress: Callable[[str], None]
) -> Manifest:
    with store.writing(), connect(settings.engine, store.scratch) as connection:
        manifest = fold(connection, store, store.manifest(), settings, progress)
        manifest = fold_coverage(connection, store, manifest)
        group = table_group(settings)
        missing = [cutoff for cutoff in cutoffs if _stored(manifest, group, cutoff) is None]
        for chunk in _chunks(missing, _sellers(connection, store, manifest), settings.engine.memory_limit_mb):
            progress(f"signals as of {chunk[0]}" + (f" to {chunk[-1]}" if len(chunk) > 1 else ""))
            connection.execute(
                f"create or replace temp table signal_table as {signal_query(store, manifest, chunk, settings)}"
            )
            manifest = manifest.with_files([_write(connection, store, group, cutoff) for cutoff in chunk])
        return store.commit(manifest)


def _sellers(connection: duckdb.DuckDBPyConnection, store: Store, manifest: Manifest) -> int:
    sellers = landed(store, manifest, TABLES["sellers"], manifest.identity["key_types"])
    return count(connection, f"select count(distinct seller_id) from ({sellers})")


def _chunks(cutoffs: Sequence[date], sellers: int, memory_limit_mb: int) -> Iterator[Sequence[date]]:
    """Split the cutoffs so that the rows of one pass fit into memory."""
    at_once = max(1, memory_limit_mb * _ROWS_A_MB // max(1, sellers))
    return (cutoffs[start : start + at_once] for start in range(0, len(cutoffs), at_once))


def _write(connection: duckdb.DuckDBPyConnection, store: Store, group: str, cutoff: date) -> tuple[str, StoredFile]:
    staged = store.scratch / f"signals-{cutoff}.parquet"
    columns = ", ".join([*SELLER_COLUMNS, *CATALOGUE])
    rows = f"select * from signal_table where as_of = date '{cutoff}'"
    connection.register("fitted", _fitted(connection, rows))
    connection.execute(
        f"copy (select {columns} from ({rows}) join fitted using (seller_id) order by seller_id)"
        f" to {literal(staged)} (format parquet, compression zstd)"
    )
    connection.unregister("fitted")
    return store.adopt(staged, group, cutoff, pq.read_metadata(staged).num_rows, label="as_of")


def _fitted(connection: duckdb.DuckDBPyConnection, rows: str) -> pa.Table:
    """Comparisons that are read off a fit to the peers: a row is a seller of these rows."""
    comparisons = fitted_of(CATALOGUE)
    needed = ", ".join(["seller_id", "marketplace", "size_band", "peer_group", *needed_for(comparisons.values())])
    table: pa.Table = connection.sql(f"select {needed} from ({rows}) order by seller_id").to_arrow_table()
    columns = {name: table[name].to_numpy() for name in table.column_names}
    found = {name: pa.array(values, from_pandas=True) for name, values in compare(comparisons, columns).items()}
    return pa.table({"seller_id": table["seller_id"], **found})


def signal_query(store: Store, manifest: Manifest, cutoffs: Sequence[date], settings: FeatureSettings) -> str:
    """SQL of the signal table at these cutoffs, from the tiles that the manifest lists; fits to peers are left out."""
    plain = [signal for signal in CATALOGUE.values() if signal.formula is not None]
    windowed = sorted(WINDOWED | {_SIZE}, key=lambda each: each.column)
    needs = {(source, each.reach_days) for each in windowed for source in each.measure.needs}
    steps = _measures(store, manifest, cutoffs, settings, windowed)
    joins = "\n".join(
        f"  left join {step} on {step}.seller_id = sellers_then.seller_id and {step}.as_of = sellers_then.as_of"
        for step in steps
        if step.endswith("_measures")
    )
    values = ",\n    ".join(f"{_value(signal)} as {signal.name}" for signal in plain)
    told = [signal for signal in CATALOGUE.values() if signal.compared is None or signal.compared.fit is None]
    columns = ",\n    ".join(_final(signal) for signal in told)
    names = ", ".join(signal.name for signal in told)
    size = f"coalesce({_SIZE.column}, 0)"
    return f"""
-- a row is a seller at a cutoff
with sellers_then as (
  select seller_id, as_of, marketplace, category, owner_id
  from (
    select s.*, c.as_of, row_number() over (partition by s.seller_id, c.as_of order by s.valid_from desc) as age
    from ({landed(store, manifest, TABLES["sellers"], manifest.identity["key_types"])}) as s
    join {cutoff_table(cutoffs)} as c on s.known_at < c.as_of
  )
  where age = 1
),
{", ".join(f"{name} as ({query})" for name, query in steps.items())},
coverage_then as ({covered(store, manifest, needs, cutoff_table(cutoffs))}),
measured as (
  select
    sellers_then.* replace (cast(sellers_then.as_of as timestamp) as as_of),
    case when {size} = 0 then 'none' else 'e' || cast(floor(log10({size})) as bigint) end as size_band,
    {values}
  from sellers_then
  left join coverage_then
    on coverage_then.marketplace = sellers_then.marketplace and coverage_then.as_of = sellers_then.as_of
{joins}
),
{COMPARED.format(least=settings.peers.min_group_sellers)}
select
  {", ".join(SELLER_COLUMNS)},
  {names}
from (
  select
    {", ".join(SELLER_COLUMNS[:-1])}, compared_with,
    cast(count(*) over (partition by as_of, compared_with) as bigint) as {SELLER_COLUMNS[-1]},
    {columns}
  from compared
)
where compared_with = peer_group
"""


def _measures(
    store: Store, manifest: Manifest, cutoffs: Sequence[date], settings: FeatureSettings, windowed: Sequence[Windowed]
) -> dict[str, str]:
    """SQL of the measures of each tile kind and of the pairs that some signal reads, by the name of the step."""
    steps = {}
    rows = {name: tiles(store, manifest, kind, settings, cutoffs) for name, kind in tile_kinds().items()}
    for name, pairs in pairs_of_days().items():
        rows[name] = f"{name}_rows"
        sides = rows[pairs.events.kind.name], rows[pairs.around[0].kind.name]
        steps[rows[name]] = f"select * from {paired(pairs, *sides)}"
    for name, tile_rows in rows.items():
        of_kind = [each for each in windowed if each.measure.kind.name == name]
        if of_kind:
            steps[f"{name}_measures"] = measured(tile_rows, of_kind, cutoffs)
    return steps


def _value(signal: Signal) -> str:
    if signal.formula is None:
        raise ValueError(f"signal '{signal.name}' has no formula: it compares others")
    needs = sorted({(source, each.reach_days) for each in signal.formula.inputs for source in each.measure.needs})
    covers = " and ".join(f"coverage_then.{flag_name(source, days)}" for source, days in needs)
    empty = "null" if signal.no_events is None else repr(signal.no_events)
    return f"case when {covers} then coalesce(cast({signal.formula.sql} as double), {empty}) end"


def _final(signal: Signal) -> str:
    """A signal's column; a comparison is the share of peers below, ties counted half, missing ones left out."""
    if signal.compared is None:
        return signal.name
    value = signal.compared.of.name
    group = "partition by as_of, compared_with"
    below = f"rank() over ({group}, {value} is null order by {value}) - 1"
    ties = f"count(*) over ({group}, {value})"
    peers = f"count({value}) over ({group})"
    return f"case when {value} is not null then ({below} + 0.5 * {ties}) / {peers} end as {signal.name}"
