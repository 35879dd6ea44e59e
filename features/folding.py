"""Folds landed rows week by week: what is missing, and no more at once than fits into memory.

What is folded of a week is a function of the landed rows alone. Weeks are missing because they are new, or because
late news may have changed them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial

from features.contract import TABLES
from features.engine import Session
from features.inputs import index_query_days, open_inputs
from features.landed import WEEK, landed
from features.listings import LISTING_TABLES
from features.lookups.lookup import Lookup
from features.progress import counted
from features.settings import EngineSettings
from features.store import Manifest, Store
from features.week_files import parts, weeks_of, write_weeks


@dataclass(frozen=True)
class Folding:
    """One thing that is folded of every week.

    Attributes:
        name: told to who waits.
        group: the store's group of its files; it carries the fingerprint of all that they depend on.
        lookup: the landed rows that it reads.
        rows: SQL of its rows, with the Monday of their week as ``week``; it reads the inputs of the lookup.
        columns: SQL list of what is stored of them.

    """

    name: str
    group: str
    lookup: Lookup
    rows: str = field(repr=False)
    columns: str = field(repr=False)


def fold(
    connection: Session,
    store: Store,
    manifest: Manifest,
    foldings: Iterable[Folding],
    settings: EngineSettings,
    progress: Callable[[str], None] = lambda _: None,
) -> Manifest:
    """Fold what is missing of every week that can hold facts; the manifest returned is uncommitted."""
    manifest = index_query_days(connection, store, manifest, settings)
    by_lookup = defaultdict(list)
    for folding in foldings:
        by_lookup[folding.lookup].append(folding)
    for lookup, alike in by_lookup.items():
        weeks = weeks_of_facts(connection, store, manifest, lookup.reads)
        missing = {each: weeks - weeks_of(manifest, each.group) for each in alike}
        folded = f"folding {', '.join(each.name for each in alike)}"
        weeks_at_once = parts(manifest, lookup.reads, set().union(*missing.values()), settings)
        for part in counted(weeks_at_once, progress, folded, partial(_to_last_day, folded), len):
            open_inputs(connection, store, manifest, lookup, part)
            for each in alike:
                chosen = sorted(missing[each] & set(part))
                if chosen:
                    manifest = write_weeks(connection, store, manifest, each.group, chosen, each.rows, each.columns)
    return manifest


def _to_last_day(step: str, weeks: Sequence[date]) -> str:
    return f"{step}, {weeks[0]} to {weeks[-1] + timedelta(days=6)}"


def weeks_of_facts(connection: Session, store: Store, manifest: Manifest, events: Collection[str]) -> set[date]:
    """Mondays of the weeks in which a fact of these tables can have become known: none is known before its event."""
    weeks = set().union(*(weeks_of(manifest, f"events/{name}") for name in events))
    if not weeks:
        return set()
    key_types = manifest.identity.get("key_types", {})
    for name in LISTING_TABLES:
        rows = landed(store, manifest, TABLES[name], key_types)
        found = connection.execute(f"select distinct {WEEK} from ({rows}) where {WEEK} >= date '{min(weeks)}'")
        weeks |= {week for (week,) in found.fetchall()}
    return {week for week in weeks if week.isoformat() >= manifest.floor}
