"""Which derived files may hold another value once a delivery has landed: only these are made anew.

News of the past is rare and touches few keys. So the weeks are found in which the facts of these keys are known, and
only where that cannot be told (who sold what has changed, or a row no longer stands) all weeks from the change on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

from features.contract import TABLES
from features.engine import count
from features.inputs import QUERY_DAYS, query_days
from features.judging import Run, open_all
from features.landed import WEEK
from features.listings import LISTING_TABLES
from features.lookups.lookup import REVISED, Lookup
from features.store import Manifest
from features.tiles import foldings


def without_outdated(run: Run, manifest: Manifest) -> Manifest:
    """The manifest without the tiles, indexes and signal tables that the rows of this run may change.

    The run's views ``landing_NAME``, ``held_NAME``, ``alike_NAME`` and ``stale_NAME`` and the tables of
    ``features.listings`` are read.

    Args:
        run: an intake whose rows are sorted.
        manifest: what was live before it, and what it lands.

    """
    first = _earliest(run, (f"landing_{t.name}" for t in run.sorted_tables), _stale(run))
    if first is None:
        return manifest
    untold = _earliest(run, _stale(run), _new_versions())
    if _earliest(run, (view for view in _stale(run) if view.removeprefix("stale_") in LISTING_TABLES)) is not None:
        manifest = _all_ahead(manifest)
    current = foldings(run.settings)
    changed: dict[str, set[date]] = {}
    dropped = {path for path, entry in manifest.files.items() if _cutoff_after(entry.group, entry.week, first)}
    dropped |= _of_weeks(manifest, QUERY_DAYS, _landed_weeks(run, "search_ranks"), untold)
    for lookup in {folding.lookup for folding in current}:
        weeks, unknown_from = _changed_weeks(run, lookup)
        since = min((each for each in (untold, unknown_from) if each is not None), default=None)
        for folding in current:
            if folding.lookup == lookup:
                dropped |= _of_weeks(manifest, folding.group, weeks, since)
                changed[folding.group] = weeks | ({since.date() - timedelta(days=6)} if since is not None else set())
    known = {folding.group for folding in current} | {QUERY_DAYS, *(REVISED.format(name) for name in TABLES)}
    for group in {entry.group for entry in manifest.files.values()}:
        if group.startswith(("tiles/", "lookups/")) and group.removesuffix("/totals") not in known:
            dropped |= _of_weeks(manifest, group, set(), first)
    return manifest.without((dropped | _totals_over(manifest, changed)) - _below_floor(manifest))


def _below_floor(manifest: Manifest) -> set[str]:
    """Paths of what is left of the weeks that `prune` has removed, and of the totals that stand for them."""
    return {
        path
        for path, entry in manifest.files.items()
        if entry.group.startswith("tiles/")
        and (entry.week < manifest.floor or (entry.week == manifest.floor and entry.group.endswith("/totals")))
    }


def _stale(run: Run) -> list[str]:
    return [run.standings[table.name].stale for table in run.sorted_tables]


def _new_versions() -> list[str]:
    """Rows that tell more of a seller or product that the store holds already."""
    return [
        f"(select * from landing_{name} where {TABLES[name].key[0]} in (select {TABLES[name].key[0]} from held_{name}))"
        for name in LISTING_TABLES
    ]


def _earliest(run: Run, *groups: Iterable[str]) -> datetime | None:
    """The earliest ``known_at`` in any of these table expressions; null where they have no rows."""
    rows = " union all ".join(f"select known_at from {each}" for group in groups for each in group)
    if not rows:
        return None
    found = run.connection.execute(f"select min(known_at) from ({rows})").fetchone()
    return found[0] if found else None


def _all_ahead(manifest: Manifest) -> Manifest:
    """Every row may be ahead of its listing, now that rows of listings no longer stand."""
    files = {
        path: replace(entry, ahead=True) if entry.group.startswith("events/") else entry
        for path, entry in manifest.files.items()
    }
    return replace(manifest, files=files)


def _cutoff_after(group: str, cutoff: str, first: datetime) -> bool:
    return group.startswith("signals/") and cutoff > first.date().isoformat()


def _of_weeks(manifest: Manifest, group: str, weeks: set[date], since: datetime | None) -> set[str]:
    """Paths of the group's files of these weeks, and of all weeks from the one on that holds ``since``."""
    return {
        path
        for path, entry in manifest.group(group).items()
        if (week := date.fromisoformat(entry.week)) in weeks
        or (since is not None and week + timedelta(days=7) > since.date())
    }


def _totals_over(manifest: Manifest, changed: Mapping[str, set[date]]) -> set[str]:
    """Paths of the running totals over anything that changes, be it a week in which nothing had been known so far."""
    first = {f"{group}/totals": min(weeks) for group, weeks in changed.items() if weeks}
    return {
        path
        for path, entry in manifest.files.items()
        if entry.group in first and date.fromisoformat(entry.week) > first[entry.group]
    }


def _landed_weeks(run: Run, name: str) -> set[date]:
    if name not in run.standings:
        return set()
    return _weeks(
        run, f"select known_at from landing_{name} union all select known_at from {run.standings[name].stale}"
    )


def _weeks(run: Run, instants: str) -> set[date]:
    return {week for (week,) in run.connection.execute(f"select distinct {WEEK} from ({instants})").fetchall()}


def _changed_weeks(run: Run, lookup: Lookup) -> tuple[set[date], datetime | None]:
    """Weeks whose facts the landing rows may change, and from when on this cannot be told."""
    weeks: set[date] = set()
    for name in lookup.reads if lookup.ends else ():
        weeks |= _corrected_weeks(run, name)
    named = (*lookup.reads, *lookup.names)
    for name in named:
        run.connection.execute(f"create or replace temp table late_{name} as {_late(run, name)}")
    first = _earliest(run, (f"late_{name}" for name in named))
    if first is None:
        return weeks, None
    for name in lookup.reads:
        open_all(run, name)
    run.connection.execute(f"create or replace temp view query_days as {query_days(run.store, run.manifest)}")
    found = _weeks(run, f"select known_at from ({lookup.changed}) as changed(known_at)")
    return weeks | (found - {None}), first if None in found else None


def _late(run: Run, name: str) -> str:
    """SQL of the rows that land in weeks of which something was folded before this run."""
    folded = [entry.week for entry in run.manifest.files.values() if entry.group.startswith(("tiles/", "lookups/"))]
    if not folded or name not in run.standings:
        return f"select * from landing_{name} where false"
    return f"select * from landing_{name} where known_at < date '{max(folded)}' + 7"


def _corrected_weeks(run: Run, name: str) -> set[date]:
    """Weeks whose facts end earlier, because a row of theirs is corrected by one that lands now."""
    if TABLES[name].repeat != "correction" or name not in run.standings:
        return set()
    keys = ", ".join(TABLES[name].key)
    corrected = f"select * from alike_{name} where ({keys}) in (select ({keys}) from landing_{name})"
    if count(run.connection, f"select count(*) from ({corrected})") == 0:
        return set()
    return _weeks(
        run,
        f"select greatest(c.known_at, l.listing_known_at) as known_at from ({corrected}) as c"
        " join listing_versions as l on c.product_id = l.product_id and l.version = 1",
    )
