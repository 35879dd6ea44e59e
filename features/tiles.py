"""Folds landed rows into tiles: once, week by week, into files that any cutoff can be computed from.

A tile row is a seller, a day, whether the rows were late news, the day on which a correction replaced them (or null)
and, where the kind names one, an entity, with the measures of its kind. The tiles of a week are a function of the
landed rows alone; weeks that are missing, because they are new or because news of the past arrived, are folded again
from the keys that those rows touch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta

import duckdb
import pyarrow.parquet as pq

from features.catalogue import WINDOWED, tile_kinds
from features.contract import TABLES
from features.engine import literal, parquet
from features.landed import WEEK, landed
from features.listings import LISTINGS
from features.measures import LONGEST_DAYS, TileKind
from features.settings import FeatureSettings
from features.store import Manifest, Store, StoredFile

_GRID_ORIGIN = date(1970, 1, 5)
_TOTALS_DAYS = 91


def tile_group(kind: TileKind, settings: FeatureSettings) -> str:
    """The store's group of the kind's tiles; its fingerprint covers the SQL, what it reads and when news is late."""
    parts = [
        kind.facts,
        kind.by or "",
        str(sorted(kind.folds.items())),
        *LISTINGS.values(),
        str(settings.contract.late_after_days),
    ]
    fingerprint = hashlib.sha256(" ".join(" ".join(parts).split()).encode()).hexdigest()
    return f"tiles/{kind.name}@{fingerprint[:12]}"


def fold(
    connection: duckdb.DuckDBPyConnection,
    store: Store,
    manifest: Manifest,
    settings: FeatureSettings,
    progress: Callable[[str], None] = lambda _: None,
) -> Manifest:
    """Fold every week that has landed rows and no tiles; the manifest returned lists the new files, uncommitted."""
    for kind in tile_kinds().values():
        group = tile_group(kind, settings)
        folded = {date.fromisoformat(entry.week) for entry in manifest.group(group).values()}
        missing = sorted(weeks_of_facts(connection, store, manifest, kind.reads) - folded)
        if missing:
            progress(f"folding {kind.name}, {len(missing)} weeks")
            open_landed(connection, store, manifest)
            if folded:
                _restrict(connection, store, manifest, kind, missing)
            manifest = _fold_weeks(connection, store, manifest, settings, kind, missing)
        manifest = _sum_up(connection, store, manifest, settings, kind)
    return manifest


def weeks_of_facts(
    connection: duckdb.DuckDBPyConnection, store: Store, manifest: Manifest, reads: Sequence[str]
) -> set[date]:
    """Mondays of the weeks in which a fact of these tables can have become known: none is known before its event."""
    events = [name for name in reads if not TABLES[name].versioned]
    weeks = {date.fromisoformat(entry.week) for name in events for entry in manifest.group(f"events/{name}").values()}
    if not weeks:
        return set()
    key_types = manifest.identity.get("key_types", {})
    for name in set(reads) - set(events):
        rows = landed(store, manifest, TABLES[name], key_types)
        found = connection.execute(f"select distinct {WEEK} from ({rows}) where {WEEK} >= date '{min(weeks)}'")
        weeks |= {week for (week,) in found.fetchall()}
    return weeks


def open_landed(connection: duckdb.DuckDBPyConnection, store: Store, manifest: Manifest) -> None:
    """Open a view for each table of the contract, and make the tables of who sold what when, once a session."""
    key_types = manifest.identity.get("key_types", {})
    for table in TABLES.values():
        connection.execute(f"create or replace temp view {table.name} as {landed(store, manifest, table, key_types)}")
    for name, query in LISTINGS.items():
        connection.execute(f"create temp table if not exists {name} as {query}")


def open_new(
    connection: duckdb.DuckDBPyConnection, store: Store, manifest: Manifest, names: Iterable[str], weeks: Sequence[date]
) -> None:
    """Open a view ``new_NAME`` for each of these tables, of the rows that became known in these weeks."""
    key_types = manifest.identity.get("key_types", {})
    for name in names:
        rows = landed(store, manifest, TABLES[name], key_types, weeks)
        connection.execute(f"create or replace temp view new_{name} as {rows}")


def write_weeks(
    connection: duckdb.DuckDBPyConnection, store: Store, group: str, weeks: Sequence[date], columns: str
) -> list[tuple[str, StoredFile]]:
    """Write the session's table ``rows_of_weeks`` as a file for each week, ordered by all columns, and drop it."""
    entries = []
    for week in weeks:
        staged = store.scratch / f"{group.replace('/', '-')}-{week}.parquet"
        connection.execute(
            f"copy (select {columns} from rows_of_weeks where week = date '{week}' order by all)"
            f" to {literal(staged)} (format parquet, compression zstd)"
        )
        entries.append(store.adopt(staged, group, week, pq.read_metadata(staged).num_rows))
    connection.execute("drop table rows_of_weeks")
    return entries


def _restrict(
    connection: duckdb.DuckDBPyConnection, store: Store, manifest: Manifest, kind: TileKind, weeks: list[date]
) -> None:
    """Cut the tables down to the keys of which something became known in these weeks."""
    key_types = manifest.identity.get("key_types", {})
    open_new(connection, store, manifest, kind.reads, weeks)
    connection.execute(f"create or replace temp table touched as {kind.touched}")
    for name, key in kind.restricted.items():
        rows = landed(store, manifest, TABLES[name], key_types)
        connection.execute(
            f"create or replace temp view {name} as select * from ({rows}) where {key} in (select {key} from touched)"
        )


def _fold_weeks(
    connection: duckdb.DuckDBPyConnection,
    store: Store,
    manifest: Manifest,
    settings: FeatureSettings,
    kind: TileKind,
    weeks: list[date],
) -> Manifest:
    measures = ",\n  ".join(f"cast({how}({name}) as bigint) as {name}" for name, how in kind.folds.items())
    wanted = ", ".join(f"date '{week}'" for week in weeks)
    entity = f", {kind.by}" if kind.by else ""
    connection.execute(f"""
-- a row is a seller, a day, lateness and end of validity, and the entity if the kind names one
create temp table rows_of_weeks as
with facts as ({kind.facts})
select
  {WEEK} as week,
  seller_id,
  cast(known_at as date) as day,
  known_at > happened_at + interval '{settings.contract.late_after_days}' day as late,
  until_on{entity},
  {measures}
from facts
where {WEEK} in ({wanted})
group by 1, 2, 3, 4, 5{entity}
""")
    columns = ", ".join(["seller_id", "day", "late", f"until_on{entity}", *kind.folds])
    return manifest.with_files(write_weeks(connection, store, tile_group(kind, settings), weeks, columns))


def _has_levels(kind: TileKind) -> bool:
    return any(each.start is None and each.measure.kind is kind for each in WINDOWED)


def _sum_up(
    connection: duckdb.DuckDBPyConnection, store: Store, manifest: Manifest, settings: FeatureSettings, kind: TileKind
) -> Manifest:
    """Keep the kind's running totals at a Monday every 13 weeks, so that levels need not be summed from the beginning.

    The totals at a Monday are written as tile rows of the day before it, marked late: no window that reads them reaches
    so far, and levels hold them.
    """
    if not _has_levels(kind):
        return manifest
    group = tile_group(kind, settings)
    weeks = {date.fromisoformat(entry.week): path for path, entry in manifest.group(group).items()}
    summed = {date.fromisoformat(entry.week): path for path, entry in manifest.group(f"{group}/totals").items()}
    if not weeks:
        return manifest
    sums = ", ".join(f"cast(sum({name}) as bigint) as {name}" for name, how in kind.folds.items() if how == "sum")
    reach = timedelta(days=LONGEST_DAYS - 7)
    first = min(weeks) + timedelta(days=_TOTALS_DAYS - (min(weeks) - _GRID_ORIGIN).days % _TOTALS_DAYS)
    last: date | None = max(summed, default=None)
    for monday in (first + timedelta(days=days) for days in range(0, (max(weeks) - reach - first).days, _TOTALS_DAYS)):
        if monday in summed:
            continue
        since = [path for week, path in weeks.items() if week < monday and (last is None or week >= last)]
        files = [store.path / path for path in ([summed[last]] if last is not None else []) + since]
        staged = store.scratch / f"totals-{kind.name}-{monday}.parquet"
        connection.execute(
            f"copy (select seller_id, date '{monday}' - 1 as day, true as late, cast(null as date) as until_on, {sums}"
            f" from {parquet(files)} group by seller_id order by seller_id)"
            f" to {literal(staged)} (format parquet, compression zstd)"
        )
        path, entry = store.adopt(staged, f"{group}/totals", monday, 0)
        summed[monday], last = path, monday
        manifest = manifest.with_files([(path, entry)])
    return manifest


def tiles(store: Store, manifest: Manifest, kind: TileKind, settings: FeatureSettings, cutoffs: Sequence[date]) -> str:
    """Table expression of the tile rows that windows and levels at these cutoffs need; later days may be among them."""
    group = tile_group(kind, settings)
    oldest = min(cutoffs) - timedelta(days=LONGEST_DAYS)
    totals = {
        path: entry for path, entry in manifest.group(f"{group}/totals").items() if entry.week <= oldest.isoformat()
    }
    start = date.min if _has_levels(kind) else oldest - timedelta(days=6)
    kept: dict[str, StoredFile] = {}
    if totals:
        path = max(totals, key=lambda name: totals[name].week)
        kept, start = {path: totals[path]}, date.fromisoformat(totals[path].week)
    files = manifest.group(group)
    kept |= {path: entry for path, entry in files.items() if start.isoformat() <= entry.week < max(cutoffs).isoformat()}
    return parquet(store.paths(kept)) if kept else _no_tiles(manifest, kind)


def _no_tiles(manifest: Manifest, kind: TileKind) -> str:
    seller = manifest.identity["key_types"].get("seller", "varchar")
    measures = ", ".join(f"0::bigint as {name}" for name in kind.folds)
    entity = f", null::varchar as {kind.by}" if kind.by else ""
    return (
        f"(select null::{seller} as seller_id, null::date as day, false as late, null::date as until_on{entity},"
        f" {measures} where false)"
    )
