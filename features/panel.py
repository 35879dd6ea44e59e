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
import pyarrow.parquet as pq

from features.catalogue import CATALOGUE, WINDOWED, tile_kinds
from features.contract import TABLES
from features.coverage import covered, flag_name
from features.engine import connect, count, literal
from features.families.removals import ARRIVED
from features.folding import fold
from features.landed import landed
from features.measures import LONGEST_DAYS, TileKind
from features.peers import COMPARED
from features.settings import FeatureSettings
from features.signal import Signal
from features.store import Manifest, Store, StoredFile
from features.tiles import foldings, sum_up, tile_folding, tiles
from features.windows import cutoff_table, measured

if TYPE_CHECKING:
    import pandas as pd

SELLER_COLUMNS = ("seller_id", "as_of", "marketplace", "category", "owner_id", "size_band", "peer_group")
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
    parts += [folding.group for folding in foldings(settings)]
    parts += [COMPARED, str(settings.peers.min_group_sellers)]
    return f"signals/{hashlib.sha256(' '.join(parts).encode()).hexdigest()[:12]}"


def _stored(manifest: Manifest, group: str, cutoff: date) -> str | None:
    return next((path for path, entry in manifest.group(group).items() if entry.week == cutoff.isoformat()), None)


def _make(
    store: Store, cutoffs: Sequence[date], settings: FeatureSettings, progress: Callable[[str], None]
) -> Manifest:
    with store.writing(), connect(settings.engine, store.scratch) as connection:
        manifest = fold(connection, store, store.manifest(), foldings(settings), settings.engine, progress)
        for kind in tile_kinds().values():
            manifest = sum_up(connection, store, manifest, kind, tile_folding(kind, settings).group)
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
    rows = f"select * from signal_table where as_of = date '{cutoff}'"
    connection.execute(f"copy ({rows} order by seller_id) to {literal(staged)} (format parquet, compression zstd)")
    return store.adopt(staged, group, cutoff, pq.read_metadata(staged).num_rows, label="as_of")


def signal_query(store: Store, manifest: Manifest, cutoffs: Sequence[date], settings: FeatureSettings) -> str:
    """SQL of the signal table at these cutoffs, from the tiles that the manifest lists."""
    plain = [signal for signal in CATALOGUE.values() if signal.formula is not None]
    windowed = sorted(WINDOWED | {_SIZE}, key=lambda each: each.column)
    needs = {(source, each.reach_days) for each in windowed for source in each.measure.needs}

    def tiles_of(kind: TileKind) -> str:
        return tiles(store, manifest, kind, tile_folding(kind, settings).group, cutoffs)

    steps = [
        f"{name}_measures as ({measured(tiles_of(kind), of_kind, cutoffs)})"
        for name, kind in tile_kinds().items()
        if (of_kind := [each for each in windowed if each.measure.kind.name == name])
    ]
    joins = "\n".join(
        f"  left join {kind}_measures on {kind}_measures.seller_id = sellers_then.seller_id"
        f" and {kind}_measures.as_of = sellers_then.as_of"
        for kind in tile_kinds()
    )
    values = ",\n    ".join(f"{_value(signal)} as {signal.name}" for signal in plain)
    columns = ",\n    ".join(_final(signal) for signal in CATALOGUE.values())
    names = ", ".join(CATALOGUE)
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
{", ".join(steps)},
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
    {", ".join(SELLER_COLUMNS)}, compared_with,
    {columns}
  from compared
)
where compared_with = peer_group
"""


def _value(signal: Signal) -> str:
    if signal.formula is None:
        return "null"
    needs = sorted({(source, each.reach_days) for each in signal.formula.inputs for source in each.measure.needs})
    covers = " and ".join(f"coverage_then.{flag_name(source, days)}" for source, days in needs)
    empty = "null" if signal.no_events is None else repr(signal.no_events)
    return f"case when {covers} then coalesce(cast({signal.formula.sql} as double), {empty}) end"


def _final(signal: Signal) -> str:
    """A signal's column; a comparison is the share of peers below, ties counted half, missing ones left out."""
    if signal.peers_of is None:
        return signal.name
    value = signal.peers_of.name
    group = "partition by as_of, compared_with"
    below = f"rank() over ({group}, {value} is null order by {value}) - 1"
    ties = f"count(*) over ({group}, {value})"
    peers = f"count({value}) over ({group})"
    return f"case when {value} is not null then ({below} + 0.5 * {ties}) / {peers} end as {signal.name}"
