"""The signal table: one row a seller and cutoff, computed from tiles, stored once for each cutoff.

Measures over windows come from tiles, signals from formulas over measures, and comparisons from the peers' signals
(``features.peers``). The size of a seller is the number of reviews that arrived in the 364 days before the cutoff.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from features.across import read_across
from features.catalogue import (
    CATALOGUE,
    WINDOWED,
    across_sellers,
    measured_kinds,
    pairs_of_days,
    tile_kinds,
    windowed_of,
)
from features.contract import TABLES
from features.coverage import covered, flag_name
from features.engine import Session, count, open_session
from features.errors import WrongUse
from features.fits import MEANING
from features.folding import fold
from features.inputs import open_listings
from features.landed import landed
from features.measures import LONGEST_DAYS, Across, TileKind
from features.neighbours import with_neighbours
from features.pairs import paired
from features.peers import with_peers
from features.progress import counted
from features.rivals import places
from features.sellers_then import SIZE, sellers_then
from features.settings import FeatureSettings
from features.signal import Signal
from features.store import Manifest, Store, StoredFile
from features.stored_signals import ROWS_A_PART, StoredSignals, as_written
from features.tiles import foldings, sum_up, tile_folding, tiles
from features.whole_file import read_file
from features.windows import cutoff_table, measure

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

_WHO = SELLER_COLUMNS[: SELLER_COLUMNS.index("peer_group")]
"""Of these, what is known before a seller is compared with its peers."""

_ROWS_A_BATCH = 50_000

_ROWS_A_MB = 150
"""Rows of the signal table that are computed at once, for each megabyte of the memory limit."""

_WINDOWED = WINDOWED | SIZE.inputs


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
        WrongUse: the windows of a cutoff reach below what `prune` has left.

    """
    paths = signal_files(store, sorted(set(cutoffs)), settings, progress)
    return pa.concat_tables([read_file(path) for path in paths]).to_pandas()


def stored_signals(
    store: Store, cutoff: date, settings: FeatureSettings, *, progress: Callable[[str], None] = lambda _: None
) -> StoredSignals:
    """Return the signal table at a cutoff as its file, to be read part by part; made as ``signals_at`` makes it.

    Raises:
        StoreBusy: another run holds the store.
        WrongUse: the windows of the cutoff reach below what `prune` has left.

    """
    (path,) = signal_files(store, [cutoff], settings, progress)
    return StoredSignals(path)


def signal_files(
    store: Store, cutoffs: Sequence[date], settings: FeatureSettings, progress: Callable[[str], None] = lambda _: None
) -> list[Path]:
    """The files of the signal tables at these cutoffs, in their order; what is missing is made first.

    Raises:
        StoreBusy: another run held the store for too long.
        WrongUse: the windows of a cutoff reach below what `prune` has left.

    """
    group, manifest = table_group(settings), store.manifest()
    missing = [cutoff for cutoff in cutoffs if _stored(manifest, group, cutoff) is None]
    if missing:
        _refuse_below_floor(store, manifest, missing)
        manifest = _make(store, cutoffs, settings, progress)
    return [store.path / str(_stored(manifest, group, cutoff)) for cutoff in cutoffs]


def table_group(settings: FeatureSettings) -> str:
    """The store's group of signal tables; its fingerprint covers every signal, its facts, the peers and relations."""
    parts = [signal.fingerprint for signal in CATALOGUE.values()]
    parts += [folding.group for folding in foldings(settings)]
    parts += [MEANING, str(settings.peers.min_group_sellers), str(settings.relations.max_sellers_linked)]
    return f"signals/{hashlib.sha256(' '.join(parts).encode()).hexdigest()[:12]}"


def _stored(manifest: Manifest, group: str, cutoff: date) -> str | None:
    return next((path for path, entry in manifest.group(group).items() if entry.week == cutoff.isoformat()), None)


def _refuse_below_floor(store: Store, manifest: Manifest, cutoffs: Sequence[date]) -> None:
    if not manifest.floor:
        return
    first = date.fromisoformat(manifest.floor) + timedelta(days=LONGEST_DAYS)
    if min(cutoffs) < first:
        raise WrongUse(
            f"{store.path}: the windows at {min(cutoffs)} reach {LONGEST_DAYS} days back, below {manifest.floor}, from"
            f" which on `prune` has kept the store; the first cutoff that can be computed is {first}"
        )


def _make(
    store: Store, cutoffs: Sequence[date], settings: FeatureSettings, progress: Callable[[str], None]
) -> Manifest:
    with store.writing(), open_session(settings.engine, store.scratch) as connection:
        manifest = folded(connection, store, settings, progress)
        group = table_group(settings)
        missing = [cutoff for cutoff in cutoffs if _stored(manifest, group, cutoff) is None]
        chunks = _chunks(missing, _sellers(connection, store, manifest), settings.engine.memory_limit_mb)
        for chunk in counted(chunks, progress, "signals of cutoffs", _as_of, len):
            tables = signal_tables(connection, store, manifest, chunk, settings)
            manifest = manifest.with_files([_write(store, group, *table) for table in tables])
        return store.commit(manifest)


def folded(connection: Session, store: Store, settings: FeatureSettings, progress: Callable[[str], None]) -> Manifest:
    """Fold and sum up all that has landed; the manifest returned is uncommitted."""
    manifest = fold(connection, store, store.manifest(), foldings(settings), settings.engine, progress)
    for kind in tile_kinds().values():
        manifest = sum_up(connection, store, manifest, kind, tile_folding(kind, settings).group)
    return manifest


def _sellers(connection: Session, store: Store, manifest: Manifest) -> int:
    sellers = landed(store, manifest, TABLES["sellers"], manifest.identity["key_types"])
    return count(connection, f"select count(distinct seller_id) from ({sellers})")


def _as_of(cutoffs: Sequence[date]) -> str:
    return f"signals as of {cutoffs[0]}" + (f" to {cutoffs[-1]}" if len(cutoffs) > 1 else "")


def _chunks(cutoffs: Sequence[date], sellers: int, memory_limit_mb: int) -> Iterator[Sequence[date]]:
    """Split the cutoffs so that the rows of one pass fit into memory."""
    at_once = max(1, memory_limit_mb * _ROWS_A_MB // max(1, sellers))
    return (cutoffs[start : start + at_once] for start in range(0, len(cutoffs), at_once))


def _write(store: Store, group: str, cutoff: date, table: pa.Table) -> tuple[str, StoredFile]:
    staged = store.scratch / f"signals-{cutoff}.parquet"
    pq.write_table(table, staged, row_group_size=ROWS_A_PART, **as_written(table.schema))
    return store.adopt(staged, group, cutoff, len(table), label="as_of")


def signal_tables(
    connection: Session,
    store: Store,
    manifest: Manifest,
    cutoffs: Sequence[date],
    settings: FeatureSettings,
    rows_of: Callable[[TileKind], str] | None = None,
) -> Iterator[tuple[date, pa.Table]]:
    """Compute the signal tables of these cutoffs.

    Args:
        connection: a session of its own.
        store: where the landed rows and tiles lie.
        manifest: what is live; everything before the cutoffs is folded.
        cutoffs: at least one date.
        settings: peers and clock.
        rows_of: table expression of the tile rows of a kind; None reads those of the store.

    """

    def tiles_of(kind: TileKind) -> str:
        return tiles(store, manifest, kind, tile_folding(kind, settings).group, cutoffs)

    _measure(connection, store, manifest, rows_of or tiles_of, cutoffs, settings)
    found = _valued(connection, store, manifest, cutoffs)
    for name in measured_kinds():
        connection.execute(f"drop table {name}_measures")
    for cutoff in cutoffs:
        rows = with_peers(_of_cutoff(found, cutoff), CATALOGUE, settings.peers)
        rows = with_neighbours(rows, CATALOGUE, partial(_links, connection, cutoff))
        yield cutoff, rows.select([*SELLER_COLUMNS, *CATALOGUE])


def _valued(connection: Session, store: Store, manifest: Manifest, cutoffs: Sequence[date]) -> pa.Table:
    """The rows of all cutoffs with the signals that are formulas, in order.

    They are put in their places batch by batch: sorted by the engine, or in Arrow, they would be held twice.
    """
    who = ", ".join(_WHO)
    found = connection.sql(f"select {who} from sellers_then order by place").to_arrow_table()
    found = found.set_column(_WHO.index("as_of"), "as_of", found["as_of"].cast(pa.timestamp("us")))
    batches = connection.sql(_values(store, manifest, cutoffs)).to_arrow_reader(_ROWS_A_BATCH)
    signals = {name: np.full(len(found), np.nan) for name in batches.schema.names if name != "place"}
    for batch in batches:
        places = batch["place"].to_numpy()
        for name, values in signals.items():
            values[places] = batch[name].to_numpy(zero_copy_only=False)
    for name, values in signals.items():
        found = found.append_column(name, pa.array(values, from_pandas=True))
    return found


def _of_cutoff(rows: pa.Table, cutoff: date) -> pa.Table:
    """The rows of a cutoff, not copied, from those of several in order."""
    cutoffs = rows["as_of"].to_numpy()
    moment = np.datetime64(cutoff)
    start, end = np.searchsorted(cutoffs, moment), np.searchsorted(cutoffs, moment, side="right")
    return rows.slice(start, end - start)


def _links(connection: Session, cutoff: date, relation: str) -> pa.Table:
    """The links of a relation at a cutoff."""
    query = f"select seller_id, entity, strength from {relation}_links where as_of = date '{cutoff}'"
    return connection.sql(query).to_arrow_table()


def _measure(
    connection: Session,
    store: Store,
    manifest: Manifest,
    rows_of: Callable[[TileKind], str],
    cutoffs: Sequence[date],
    settings: FeatureSettings,
) -> None:
    """Make ``sellers_then``, KIND_measures of all that formulas read, and RELATION_links of what makes neighbours."""
    rows = {name: rows_of(kind) for name, kind in tile_kinds().items()}
    for name, pairs in pairs_of_days().items():
        sides = rows[pairs.events.kind.name], rows[pairs.around[0].kind.name]
        connection.execute(f"create or replace temp table {name}_rows as select * from {paired(pairs, *sides)}")
        rows[name] = f"{name}_rows"
    for name, kind in measured_kinds().items():
        of_kind = sorted((each for each in _WINDOWED if each.measure.kind == kind), key=lambda each: each.column)
        if not isinstance(kind, Across):
            measure(connection, f"{name}_measures", rows[name], of_kind, cutoffs)
    connection.execute(f"create or replace temp table sellers_then as {sellers_then(store, manifest, cutoffs)}")
    open_listings(connection, store, manifest)

    def places_at(cutoff: date, days: int) -> str:
        return places(store, manifest, cutoff, days, settings)

    read_across(connection, rows, across_sellers().values(), cutoffs, settings.relations, places_at)


def _values(store: Store, manifest: Manifest, cutoffs: Sequence[date]) -> str:
    """SQL of the signals that are formulas: a row is a seller whose account was known at a cutoff, by its place."""
    needs = {(source, each.reach_days) for each in _WINDOWED for source in each.measure.needs}
    joins = "\n".join(
        f"left join {kind}_measures on {kind}_measures.seller_id = sellers_then.seller_id"
        f" and {kind}_measures.as_of = sellers_then.as_of"
        for kind in measured_kinds()
    )
    signals = [signal for signal in CATALOGUE.values() if signal.compared is None]
    values = ",\n    ".join(f"{_value(signal)} as {signal.name}" for signal in signals)
    told = ",\n  ".join(f"case when {_covered(signal)} then {signal.name} end as {signal.name}" for signal in signals)
    return f"""
-- a row is a seller at a cutoff; what formulas have in common is computed once, as no condition stands before it
with coverage_then as ({covered(store, manifest, needs, cutoff_table(cutoffs))}),
valued as (
  select
    sellers_then.place, coverage_then.* exclude (marketplace, as_of),
    {values}
  from sellers_then
  left join coverage_then
    on coverage_then.marketplace = sellers_then.marketplace and coverage_then.as_of = sellers_then.as_of
  {joins}
)
select
  place,
  {told}
from valued
"""


def _value(signal: Signal) -> str:
    """SQL of a formula, whether its windows are covered or not; 0 of a reading of neighbours."""
    if signal.formula is None:
        return "0.0"
    empty = "null" if signal.no_events is None else repr(signal.no_events)
    return f"coalesce(cast({signal.formula.sql} as double), {empty})"


def _covered(signal: Signal) -> str:
    """SQL: the windows that a signal reads are covered."""
    needs = {(source, each.reach_days) for each in windowed_of(signal) for source in each.measure.needs}
    return " and ".join(flag_name(source, days) for source, days in sorted(needs))
