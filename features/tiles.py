"""Folds landed rows into tiles: once, week by week, into files that any cutoff can be computed from.

A tile row is a seller, a day, whether the rows were late news, and the day on which a correction replaced them (or
null), with the measures of its kind. The tiles of a week are a function of the landed rows alone; weeks that are
missing, because they are new or because news of the past arrived, are folded again from the keys that those rows touch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import date

import duckdb

from features.catalogue import tile_kinds
from features.contract import TABLES
from features.engine import literal, parquet
from features.landed import landed
from features.listings import LISTING_SPANS, LISTING_TRANSFERS, LISTING_VERSIONS
from features.measures import TileKind
from features.settings import FeatureSettings
from features.store import Manifest, Store


def tile_group(kind: TileKind, settings: FeatureSettings) -> str:
    """The store's group of the kind's tiles; its fingerprint covers the SQL, what it reads and when news is late."""
    parts = [kind.facts, str(sorted(kind.folds.items())), LISTING_VERSIONS, LISTING_SPANS, LISTING_TRANSFERS]
    parts.append(str(settings.contract.late_after_days))
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
        known = {entry.week for table in kind.reads for entry in manifest.group(f"events/{table}").values()}
        folded = {entry.week for entry in manifest.group(group).values()}
        missing = sorted(date.fromisoformat(week) for week in known - folded)
        if missing:
            progress(f"folding {kind.name}, {len(missing)} weeks")
            open_landed(connection, store, manifest)
            if folded:
                _restrict(connection, store, manifest, kind, missing)
            manifest = _fold_weeks(connection, store, manifest, settings, kind, missing)
    return manifest


def open_landed(connection: duckdb.DuckDBPyConnection, store: Store, manifest: Manifest) -> None:
    """Open a view for each table of the contract, and the views of who sold what when."""
    key_types = manifest.identity.get("key_types", {})
    for table in TABLES.values():
        connection.execute(f"create or replace temp view {table.name} as {landed(store, manifest, table, key_types)}")
    for name, query in (
        ("listing_versions", LISTING_VERSIONS),
        ("listing_spans", LISTING_SPANS),
        ("listing_transfers", LISTING_TRANSFERS),
    ):
        connection.execute(f"create or replace temp table {name} as {query}")


def _restrict(
    connection: duckdb.DuckDBPyConnection, store: Store, manifest: Manifest, kind: TileKind, weeks: list[date]
) -> None:
    """Cut the tables down to the keys of which something became known in these weeks."""
    key_types = manifest.identity.get("key_types", {})
    for name in kind.reads:
        rows = landed(store, manifest, TABLES[name], key_types, weeks)
        connection.execute(f"create or replace temp view new_{name} as {rows}")
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
    connection.execute(f"""
-- a row is a seller, a day, lateness and end of validity
create or replace temp table tile_rows as
with facts as ({kind.facts})
select
  cast(date_trunc('week', known_at) as date) as week,
  seller_id,
  cast(known_at as date) as day,
  known_at > happened_at + interval '{settings.contract.late_after_days}' day as late,
  until_on,
  {measures}
from facts
where cast(date_trunc('week', known_at) as date) in ({wanted})
group by 1, 2, 3, 4, 5
""")
    columns = ", ".join(["seller_id", "day", "late", "until_on", *kind.folds])
    counts: Mapping[date, int] = dict(
        connection.execute("select week, count(*) from tile_rows group by week").fetchall()
    )
    group = tile_group(kind, settings)
    entries = []
    for week in weeks:
        staged = store.scratch / f"tile-{kind.name}-{week}.parquet"
        connection.execute(
            f"copy (select {columns} from tile_rows where week = date '{week}' order by seller_id, day, late, until_on)"
            f" to {literal(staged)} (format parquet, compression zstd)"
        )
        entries.append(store.adopt(staged, group, week, counts.get(week, 0)))
    connection.execute("drop table tile_rows")
    return manifest.with_files(entries)


def tiles(store: Store, manifest: Manifest, kind: TileKind, settings: FeatureSettings, before: date) -> str:
    """Table expression of the kind's tile rows of weeks that begin before the cutoff; they may hold later days."""
    files = manifest.group(tile_group(kind, settings))
    early = {path: entry for path, entry in files.items() if entry.week < before.isoformat()}
    return parquet(store.paths(early or files))
