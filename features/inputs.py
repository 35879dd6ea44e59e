"""Opens, for the weeks to fold, the landed rows that their facts are made of, as the tables that facts read."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from datetime import date, timedelta

from features.contract import TABLES, Table
from features.engine import Session, parquet
from features.landed import landed, no_rows
from features.listings import LISTING_TABLES, LISTINGS
from features.lookups.lookup import REVISED, Lookup
from features.lookups.query_days import QUERY_DAYS_NEEDED, QUERY_DAYS_OF_WEEKS
from features.settings import EngineSettings
from features.store import Manifest, Store
from features.week_files import parts, weeks_of, write_weeks

_MEANING = " ".join(f"{QUERY_DAYS_OF_WEEKS} {LISTINGS['listing_versions']}".split())
QUERY_DAYS = f"lookups/query_days@{hashlib.sha256(_MEANING.encode()).hexdigest()[:12]}"
"""The store's group of the index of observed days."""

_RECENT = timedelta(weeks=8)
_INDEXED = "query_id, observed_on, week, known_at, ahead"


def open_listings(connection: Session, store: Store, manifest: Manifest) -> None:
    """Open the landed tables of who sold what, and make from them who sold what when, once a session."""
    key_types = manifest.identity.get("key_types", {})
    for name in LISTING_TABLES:
        rows = landed(store, manifest, TABLES[name], key_types)
        connection.execute(f"create or replace temp view {name} as {rows}")
    for name, query in LISTINGS.items():
        connection.execute(f"create temp table if not exists {name} as {query}")


def open_inputs(connection: Session, store: Store, manifest: Manifest, lookup: Lookup, weeks: Sequence[date]) -> None:
    """Make each table that the lookup reads: the rows of these weeks, and those of other weeks that they need."""
    open_listings(connection, store, manifest)
    mondays = ", ".join(f"(date '{week}')" for week in weeks)
    connection.execute(f"create or replace temp table weeks_to_fold as select * from (values {mondays}) as t(week)")
    for name in lookup.reads:
        _open_rows(connection, store, manifest, name, weeks)
        _open_revised(connection, store, manifest, TABLES[name])
    if "search_ranks" in lookup.reads:
        _open_query_days(connection, store, manifest, weeks)
    connection.execute(f"create or replace temp table touched as {lookup.touched}")
    for name in lookup.reads:
        if name in lookup.weeks:
            found = {week for (week,) in connection.execute(lookup.weeks[name]).fetchall()}
            _open(connection, store, manifest, f"other_{name}", name, found - set(weeks))
        connection.execute(
            f"create or replace temp table {name} as select * from new_{name} union all {lookup.inputs[name]}"
        )


def _open_rows(connection: Session, store: Store, manifest: Manifest, name: str, weeks: Sequence[date]) -> None:
    """Open the views of the rows of these weeks, of other weeks, of earlier ones, and of those ahead of a listing."""
    group = f"events/{name}"
    others = weeks_of(manifest, group) - set(weeks)
    old = {week for week in others if week < max(weeks)}
    ahead = {date.fromisoformat(entry.week) for entry in manifest.group(group).values() if entry.ahead} & old
    for prefix, chosen in (("new", set(weeks)), ("other", others), ("old", old), ("ahead", ahead)):
        _open(connection, store, manifest, f"{prefix}_{name}", name, chosen)


def _open(connection: Session, store: Store, manifest: Manifest, view: str, name: str, weeks: set[date]) -> None:
    rows = landed(store, manifest, TABLES[name], manifest.identity.get("key_types", {}), weeks)
    connection.execute(f"create or replace temp view {view} as {rows}")


def _open_revised(connection: Session, store: Store, manifest: Manifest, table: Table) -> None:
    files = manifest.group(REVISED.format(table.name))
    rows = parquet(store.paths(files)) if files else f"({no_rows(table, manifest.identity.get('key_types', {}))})"
    connection.execute(
        f"create or replace temp table revised_{table.name} as select distinct {', '.join(table.key)} from {rows}"
    )


def _open_query_days(connection: Session, store: Store, manifest: Manifest, weeks: Sequence[date]) -> None:
    """Make ``query_days``, the part of the index that matters for these weeks."""
    indexed = weeks_of(manifest, QUERY_DAYS)
    recent = {week for week in indexed if week >= min(weeks) - _RECENT}
    for view, chosen in (("recent", recent), ("older", indexed - recent)):
        connection.execute(f"create or replace temp view {view}_query_days as {query_days(store, manifest, chosen)}")
    connection.execute(f"create or replace temp table query_days as {QUERY_DAYS_NEEDED}")


def index_query_days(connection: Session, store: Store, manifest: Manifest, settings: EngineSettings) -> Manifest:
    """Index the observed days of each week of landed ranks that has no index yet; the manifest is uncommitted."""
    missing = weeks_of(manifest, "events/search_ranks") - weeks_of(manifest, QUERY_DAYS)
    for weeks in parts(manifest, ["search_ranks"], missing, settings):
        open_listings(connection, store, manifest)
        _open(connection, store, manifest, "new_search_ranks", "search_ranks", set(weeks))
        manifest = write_weeks(connection, store, manifest, QUERY_DAYS, weeks, QUERY_DAYS_OF_WEEKS, _INDEXED)
    return manifest


def query_days(store: Store, manifest: Manifest, weeks: Collection[date] | None = None) -> str:
    """SQL of the index, or of these weeks of it: a row is a query, a day and a week in which it became known."""
    files = manifest.group(QUERY_DAYS)
    if weeks is not None:
        files = {path: entry for path, entry in files.items() if date.fromisoformat(entry.week) in weeks}
    if files:
        return f"select * from {parquet(store.paths(files))}"
    query = manifest.identity.get("key_types", {}).get("query", "varchar")
    return (
        f"select null::{query} as query_id, null::date as observed_on, null::date as week,"
        " null::timestamp as known_at, false as ahead where false"
    )
