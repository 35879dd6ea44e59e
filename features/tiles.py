"""Tiles: what happened to a seller on a day, from which any cutoff can be computed.

A tile row is a seller, a day, whether the rows were late news, the day on which a correction replaced them (or null)
and, where the kind names one, an entity, with the measures of its kind.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from datetime import date, timedelta

from features.catalogue import WINDOWED, tile_kinds
from features.coverage import coverage_foldings
from features.engine import Session, literal, parquet
from features.folding import Folding
from features.listings import LISTINGS
from features.measures import LONGEST_DAYS, TileKind
from features.settings import FeatureSettings
from features.store import Manifest, Store, StoredFile

_GRID_ORIGIN = date(1970, 1, 5)
_TOTALS_DAYS = 91


def monday_of_totals(day: date) -> date:
    """The last Monday up to a day at which running totals are kept, where there is anything to sum up."""
    return day - timedelta(days=(day - _GRID_ORIGIN).days % _TOTALS_DAYS)


def tile_folding(kind: TileKind, settings: FeatureSettings) -> Folding:
    """How the kind's tiles are folded; their fingerprint covers the SQL, what it reads and when news is late."""
    late_after = settings.contract.late_after_days
    meaning = [
        kind.facts,
        " ".join(kind.entities),
        str(sorted(kind.folds.items())),
        *LISTINGS.values(),
        str(late_after),
    ]
    fingerprint = hashlib.sha256(" ".join(" ".join(meaning).split()).encode()).hexdigest()
    measures = ",\n    ".join(f"cast({how}({name}) as bigint) as {name}" for name, how in kind.folds.items())
    entity = "".join(f", {column}" for column in kind.entities)
    rows = f"""
-- a row is a seller, a day, lateness and end of validity, and the entity if the kind names one
with facts as ({kind.facts}),
daily as (
  select
    seller_id,
    cast(known_at as date) as day,
    known_at > happened_at + interval '{late_after}' day as late,
    until_on{entity},
    {measures}
  from facts
  group by 1, 2, 3, 4{entity}
)
select cast(date_trunc('week', day) as date) as week, daily.* from daily
"""
    columns = ", ".join(["seller_id", "day", "late", f"until_on{entity}", *kind.folds])
    return Folding(kind.name, f"tiles/{kind.name}@{fingerprint[:12]}", kind.lookup, rows, columns)


def foldings(settings: FeatureSettings) -> list[Folding]:
    """All that is folded of every week before a signal table can be computed."""
    return [*(tile_folding(kind, settings) for kind in tile_kinds().values()), *coverage_foldings()]


def has_levels(kind: TileKind) -> bool:
    """Whether some signal reads its running total over all history."""
    return any(each.start is None and each.measure.kind is kind for each in WINDOWED)


def sum_up(connection: Session, store: Store, manifest: Manifest, kind: TileKind, group: str) -> Manifest:
    """Keep the kind's running totals at a Monday every 13 weeks, so that levels need not be summed from the beginning.

    The totals at a Monday are written as tile rows of the day before it, marked late: no window that reads them reaches
    so far, and levels hold them. Where nothing came since the totals before, those stand; the floor has its own.
    """
    if not has_levels(kind):
        return manifest
    weeks = {date.fromisoformat(entry.week): path for path, entry in manifest.group(group).items()}
    summed = {date.fromisoformat(entry.week): path for path, entry in manifest.group(f"{group}/totals").items()}
    floor = {date.fromisoformat(manifest.floor)} if manifest.floor else set()
    mondays = sorted(floor.union(_mondays_of_totals(weeks)))
    manifest = manifest.without({path for monday, path in summed.items() if monday not in mondays})
    summed = {monday: path for monday, path in summed.items() if monday in mondays}
    sums = ", ".join(f"cast(sum({name}) as bigint) as {name}" for name, how in kind.folds.items() if how == "sum")
    for monday in mondays:
        if monday in summed:
            continue
        last = max((each for each in summed if each < monday), default=None)
        since = [path for week, path in weeks.items() if week < monday and (last is None or week >= last)]
        if not since and (monday not in floor or last is None):
            continue
        files = [store.path / path for path in ([summed[last]] if last is not None else []) + since]
        staged = store.scratch / f"totals-{kind.name}-{monday}.parquet"
        connection.execute(
            f"copy (select seller_id, date '{monday}' - 1 as day, true as late, cast(null as date) as until_on, {sums}"
            f" from {parquet(files)} group by seller_id order by seller_id)"
            f" to {literal(staged)} (format parquet, compression zstd)"
        )
        path, entry = store.adopt(staged, f"{group}/totals", monday, 0)
        summed[monday] = path
        manifest = manifest.with_files([(path, entry)])
    return manifest


def _mondays_of_totals(weeks: Collection[date]) -> list[date]:
    """Every 13th Monday that the longest window at the newest week does not reach."""
    if not weeks:
        return []
    first = min(weeks) + timedelta(days=_TOTALS_DAYS - (min(weeks) - _GRID_ORIGIN).days % _TOTALS_DAYS)
    reach = timedelta(days=LONGEST_DAYS - 7)
    return [first + timedelta(days=days) for days in range(0, (max(weeks) - reach - first).days, _TOTALS_DAYS)]


def tiles(store: Store, manifest: Manifest, kind: TileKind, group: str, cutoffs: Sequence[date]) -> str:
    """Table expression of the tile rows that windows and levels at these cutoffs need; later days may be among them."""
    oldest = min(cutoffs) - timedelta(days=LONGEST_DAYS)
    totals = {
        path: entry for path, entry in manifest.group(f"{group}/totals").items() if entry.week <= oldest.isoformat()
    }
    start = date.min if has_levels(kind) else oldest - timedelta(days=6)
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
    entity = "".join(f", null::varchar as {column}" for column in kind.entities)
    return (
        f"(select null::{seller} as seller_id, null::date as day, false as late, null::date as until_on{entity},"
        f" {measures} where false)"
    )
