"""The signal table: one row a seller and cutoff, computed from tiles, stored once for each cutoff.

Peers are the sellers of the same marketplace, category and size at the cutoff, where the size is the number of reviews
that arrived in the 364 days before. Groups that are too small fall back to marketplace and size, to the marketplace,
and to all sellers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING

import duckdb
import pyarrow.parquet as pq

from features.catalogue import CATALOGUE, tile_kinds
from features.contract import TABLES
from features.coverage import covered, flag_name, note_first_rows
from features.engine import connect, count, literal
from features.families.removals import ARRIVED
from features.landed import landed
from features.measures import LONGEST_DAYS, Windowed
from features.settings import FeatureSettings
from features.signal import Signal
from features.store import Manifest, Store
from features.tiles import fold, tile_group, tiles

if TYPE_CHECKING:
    import pandas as pd

SELLER_COLUMNS = ("seller_id", "as_of", "marketplace", "category", "owner_id", "peer_group")
"""Columns of the signal table before its signals."""

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
    parts.append(str(settings.peers.min_group_sellers))
    return f"signals@{hashlib.sha256(' '.join(parts).encode()).hexdigest()[:12]}"


def _stored(manifest: Manifest, group: str, cutoff: date) -> str | None:
    return next((path for path, entry in manifest.group(group).items() if entry.week == cutoff.isoformat()), None)


def _make(
    store: Store, cutoffs: Sequence[date], settings: FeatureSettings, progress: Callable[[str], None]
) -> Manifest:
    with store.writing(), connect(settings.engine, store.scratch) as connection:
        manifest = fold(connection, store, store.manifest(), settings, progress)
        manifest = note_first_rows(connection, store, manifest)
        group = table_group(settings)
        for cutoff in cutoffs:
            if _stored(manifest, group, cutoff) is None:
                progress(f"signals as of {cutoff}")
                staged = store.scratch / f"signals-{cutoff}.parquet"
                rows = _write_table(connection, signal_query(store, manifest, cutoff, settings), str(staged))
                manifest = manifest.with_files([store.adopt(staged, group, cutoff, rows, label="as_of")])
        return store.commit(manifest)


def _write_table(connection: duckdb.DuckDBPyConnection, query: str, path: str) -> int:
    connection.execute(f"create or replace temp table signal_table as {query}")
    connection.execute(
        f"copy (select * from signal_table order by seller_id) to {literal(path)} (format parquet, compression zstd)"
    )
    return count(connection, "select count(*) from signal_table")


def signal_query(store: Store, manifest: Manifest, cutoff: date, settings: FeatureSettings) -> str:
    """SQL of the signal table at one cutoff, from the tiles that the manifest lists."""
    plain = [signal for signal in CATALOGUE.values() if signal.formula is not None]
    windowed = sorted(_windowed(plain), key=lambda each: each.column)
    needs = {(source, each.reach_days) for each in windowed for source in each.measure.needs}
    measured = "\n".join(_measured(store, manifest, settings, cutoff, windowed))
    joins = "\n".join(
        f"  left join {kind}_measures on {kind}_measures.seller_id = sellers_then.seller_id" for kind in tile_kinds()
    )
    values = ",\n    ".join(f"{_value(signal)} as {signal.name}" for signal in plain)
    columns = ",\n  ".join(_final(signal) for signal in CATALOGUE.values())
    size = f"coalesce({_SIZE.column}, 0)"
    return f"""
-- a row is a seller at the cutoff {cutoff}
with sellers_then as (
  select seller_id, marketplace, category, owner_id
  from (
    select *, row_number() over (partition by seller_id order by valid_from desc) as age
    from ({landed(store, manifest, TABLES["sellers"], manifest.identity["key_types"])})
    where known_at < date '{cutoff}'
  )
  where age = 1
),
{measured}
coverage_then as ({covered(store, manifest, needs, cutoff)}),
measured as (
  select
    sellers_then.*,
    case when {size} = 0 then 'none' else 'e' || cast(floor(log10({size})) as bigint) end as size_band,
    {values}
  from sellers_then
  left join coverage_then on coverage_then.marketplace = sellers_then.marketplace
{joins}
),
grouped as (
  select
    *,
    case
      when count(*) over (partition by marketplace, category, size_band) >= {settings.peers.min_group_sellers}
        then marketplace || '/' || category || '/' || size_band
      when count(*) over (partition by marketplace, size_band) >= {settings.peers.min_group_sellers}
        then marketplace || '/any/' || size_band
      when count(*) over (partition by marketplace) >= {settings.peers.min_group_sellers}
        then marketplace || '/any/any'
      else 'any/any/any'
    end as peer_group
  from measured
)
select
  seller_id, timestamp '{cutoff}' as as_of, marketplace, category, owner_id, peer_group,
  {columns}
from grouped
"""


def _windowed(signals: Sequence[Signal]) -> set[Windowed]:
    formulas = (signal.formula for signal in signals if signal.formula is not None)
    return {each for formula in formulas for each in formula.inputs} | {_SIZE}


def _measured(
    store: Store, manifest: Manifest, settings: FeatureSettings, cutoff: date, windowed: Sequence[Windowed]
) -> list[str]:
    """One step for each tile kind: a row is a seller with the kind's windowed measures."""
    steps = []
    day = f"date '{cutoff}'"
    for name, kind in tile_kinds().items():
        columns = ",\n    ".join(each.aggregate(day) for each in windowed if each.measure.kind.name == name)
        steps.append(f"""{name}_measures as (
  select
    seller_id,
    {columns}
  from {tiles(store, manifest, kind, settings, cutoff)}
  where day < {day} and (until_on is null or until_on >= {day})
  group by seller_id
),""")
    return steps


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
    below = f"rank() over (partition by peer_group, {value} is null order by {value}) - 1"
    ties = f"count(*) over (partition by peer_group, {value})"
    peers = f"count({value}) over (partition by peer_group)"
    return f"case when {value} is not null then ({below} + 0.5 * {ties}) / {peers} end as {signal.name}"
