"""Moves the floor of the store: what is older, and what no later fact can need, is removed for good.

Below the floor stay the rows of reviews, of what was done to them, and of accounts, as a later removal needs its review
however old; of other events those that facts above the floor are made of, and what belongs to a seller whose evidence
is held. Levels live on in the running totals at the floor. So every cutoff whose windows lie above it has the signals
that it had.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import duckdb
import pyarrow.parquet as pq

from features.catalogue import tile_kinds
from features.contract import TABLES
from features.engine import connect, literal
from features.folding import weeks_of_facts
from features.freshness import COMPLETING_TABLES
from features.inputs import QUERY_DAYS, index_query_days, open_inputs
from features.landed import WEEK, has_floor, landed
from features.of_sellers import OF_SELLERS, open_all_rows
from features.panel import folded
from features.reading import landed_columns
from features.settings import FeatureSettings
from features.store import Manifest, Store
from features.tiles import foldings, monday_of_totals, sum_up, tile_folding
from features.week_files import parts, weeks_of

THINNED = ("search_ranks", "sales", "staff_access", "buyer_reports", "tickets")
"""Tables of which rows are removed, tickets last: which of them are needed is told by the others."""

_FIRST_DAYS = "tiles/first_days"

_WHOLE_DAYS = f"""
(query_id, observed_on) in (select (query_id, observed_on) from search_ranks_all where {OF_SELLERS["search_ranks"]})
"""
"""Ranks that a held case needs: whole days of a query, as a place is told from all that its day shows."""


@dataclass(frozen=True)
class Pruned:
    """What a pruning came to.

    Attributes:
        floor: Monday from which on everything is kept; None if the store is too young to have anything below one.
        removed: rows removed by table of the contract, and files by group of what was made of them.
        bytes: how much less the live files hold.

    """

    floor: date | None
    removed: Mapping[str, int]
    bytes: int

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``json.dumps``."""
        floor = None if self.floor is None else self.floor.isoformat()
        return {"floor": floor, "removed": dict(self.removed), "bytes": self.bytes}


def prune(
    store: Store,
    keep_weeks: int,
    settings: FeatureSettings,
    *,
    held_sellers: Collection[Any] = (),
    held_cutoffs: Collection[date] = (),
    before: Callable[[date], None] = lambda _: None,
    progress: Callable[[str], None] = lambda _: None,
) -> Pruned:
    """Remove what lies below the floor that is left when so many weeks are kept; one commit, all or nothing.

    The floor is the last Monday of running totals (every 13th) that leaves at least these weeks, and never sinks.

    Args:
        store: what is pruned.
        keep_weeks: at least so many weeks up to the last complete one are kept whole.
        settings: clock, engine and peers.
        held_sellers: whose rows stay.
        held_cutoffs: whose signal tables stay.
        before: told the floor before anything is written.
        progress: told the name of each step.

    Raises:
        StoreBusy: another run holds the store.

    """
    with store.writing(), connect(settings.engine, store.scratch) as connection:
        old = store.manifest()
        floor = _floor(old, keep_weeks)
        if floor is None:
            return Pruned(None, {}, 0)
        before(floor)
        manifest = replace(folded(connection, store, settings, progress), floor=floor.isoformat())
        manifest = _with_totals(connection, store, manifest, settings)
        progress("finding what later facts need")
        _keep_needed(connection, store, manifest, floor, settings)
        _keep_held(connection, store, manifest, floor, held_sellers)
        progress("writing what stays")
        manifest = _thinned(connection, store, manifest, floor)
        manifest = manifest.without(_derived_below(manifest, floor, held_cutoffs))
        manifest = index_query_days(connection, store, manifest, settings.engine)
        if (manifest.floor, manifest.files) != (old.floor, old.files):
            store.commit(manifest)
        gone = {path: entry for path, entry in old.files.items() if path not in manifest.files}
        for path in store.paths(gone):
            path.unlink(missing_ok=True)
    size = sum(entry.size for entry in old.files.values()) - sum(entry.size for entry in manifest.files.values())
    return Pruned(floor, dict(_removed(old, manifest)), size)


def _floor(manifest: Manifest, keep_weeks: int) -> date | None:
    newest = [max(weeks_of(manifest, f"events/{name}"), default=None) for name in COMPLETING_TABLES]
    complete = min((week for week in newest if week is not None), default=None)
    if complete is None:
        return None
    floor = monday_of_totals(complete - timedelta(weeks=keep_weeks - 1))
    if manifest.floor:
        return max(floor, date.fromisoformat(manifest.floor))
    events = [f"events/{table.name}" for table in TABLES.values() if has_floor(table)]
    return floor if min(set().union(*(weeks_of(manifest, group) for group in events))) < floor else None


def _with_totals(
    connection: duckdb.DuckDBPyConnection, store: Store, manifest: Manifest, settings: FeatureSettings
) -> Manifest:
    for kind in tile_kinds().values():
        manifest = sum_up(connection, store, manifest, kind, tile_folding(kind, settings).group)
    return manifest


def _below(floor: date) -> str:
    return f"known_at < date '{floor}'"


def _keep_needed(
    connection: duckdb.DuckDBPyConnection, store: Store, manifest: Manifest, floor: date, settings: FeatureSettings
) -> None:
    """Make ``kept_NAME``: rows below the floor that the facts of later weeks are made of."""
    key_types = manifest.identity["key_types"]
    for name in THINNED:
        rows = landed(store, manifest, TABLES[name], key_types)
        connection.execute(f"create temp table kept_{name} as select * from ({rows}) where false")
    for lookup in sorted({each.lookup for each in foldings(settings)}, key=lambda each: each.reads):
        thinned = [name for name in lookup.reads if name in THINNED]
        weeks = weeks_of_facts(connection, store, manifest, lookup.reads) if thinned else ()
        for part in parts(manifest, lookup.reads, weeks, settings.engine):
            open_inputs(connection, store, manifest, lookup, part)
            for name in thinned:
                columns = landed_columns(TABLES[name])
                connection.execute(f"insert into kept_{name} select {columns} from {name} where {_below(floor)}")


def _keep_held(
    connection: duckdb.DuckDBPyConnection, store: Store, manifest: Manifest, floor: date, sellers: Collection[Any]
) -> None:
    """Add to ``kept_NAME`` what belongs to held sellers, and what rows above the floor name or will name."""
    open_all_rows(connection, store, manifest, sellers)
    for name in THINNED:
        theirs = _WHOLE_DAYS if name == "search_ranks" else OF_SELLERS[name]
        connection.execute(f"insert into kept_{name} select * from {name}_all where {_below(floor)} and ({theirs})")
    connection.execute(f"""
-- the last day below the floor of each query: the next one will be held against it
insert into kept_search_ranks
select * from search_ranks_all where (query_id, observed_on) in (
  select (query_id, max(observed_on)) from search_ranks_all where {_below(floor)} group by query_id
) and {_below(floor)}
""")
    named = " union ".join(
        f"select ticket_id from {name}_all where not ({_below(floor)})"
        for name in ("review_actions", "account_actions", "staff_access")
    )
    connection.execute(
        f"insert into kept_tickets select * from tickets_all where {_below(floor)} and ticket_id in ({named})"
    )


def _thinned(connection: duckdb.DuckDBPyConnection, store: Store, manifest: Manifest, floor: date) -> Manifest:
    """The manifest in which each week below the floor holds what is kept of it."""
    for name in THINNED:
        table = TABLES[name]
        files = {
            path: entry for path, entry in manifest.group(f"events/{name}").items() if entry.week < floor.isoformat()
        }
        connection.execute(f"create temp table staying as select distinct * from kept_{name}")
        ahead = {entry.week for entry in files.values() if entry.ahead}
        manifest = manifest.without(set(files))
        found = connection.execute(f"select distinct {WEEK} from staying order by 1").fetchall()
        for (week,) in found:
            staged = store.scratch / f"thinned-{name}-{week}.parquet"
            connection.execute(
                f"copy (select {landed_columns(table)} from staying where {WEEK} = date '{week}' order by all)"
                f" to {literal(staged)} (format parquet, compression zstd)"
            )
            rows = pq.read_metadata(staged).num_rows
            entry = store.adopt(staged, f"events/{name}", week, rows, ahead=week.isoformat() in ahead)
            manifest = manifest.with_files([entry])
        connection.execute("drop table staying")
    return manifest


def _derived_below(manifest: Manifest, floor: date, held_cutoffs: Collection[date]) -> set[str]:
    """Paths of tiles, indexes and signal tables below the floor; first days stay, as they say what was covered."""
    held = {cutoff.isoformat() for cutoff in held_cutoffs}
    return {
        path
        for path, entry in manifest.files.items()
        if entry.week < floor.isoformat()
        and (
            (entry.group.startswith("tiles/") and not entry.group.startswith(_FIRST_DAYS))
            or entry.group == QUERY_DAYS
            or (entry.group.startswith("signals/") and entry.week not in held)
        )
    }


def _removed(old: Manifest, new: Manifest) -> Iterator[tuple[str, int]]:
    """Rows less of each table, and files less of what was made of them."""
    rows: Counter[str] = Counter()
    for manifest, sign in ((old, 1), (new, -1)):
        for entry in manifest.files.values():
            part, _, name = entry.group.partition("/")
            rows[name if part == "events" else part] += sign * (entry.rows if part == "events" else 1)
    for name in (*TABLES, "tiles", "lookups", "signals"):
        if rows[name] > 0:
            yield name, rows[name]
