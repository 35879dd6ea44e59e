"""Who was listed at the cutoff before, as the store remembers it."""

from __future__ import annotations

from datetime import date

from features.store import Store
from features.whole_file import read_file
from scoring.cases.history import GROUP
from scoring.report.content import Earlier


def earlier_run(store: Store, as_of: date) -> Earlier | None:
    """The last cutoff before this one that was scored, with the cases of those who were listed then."""
    kept = {date.fromisoformat(entry.week): path for path, entry in store.manifest().group(GROUP).items()}
    before = max((cutoff for cutoff in kept if cutoff < as_of), default=None)
    if before is None:
        return None
    cases = read_file(store.path / kept[before], [("last_listed_on", "=", before)]).to_pylist()
    return Earlier(before, {case["case_id"]: case["seller_id"] for case in cases})
