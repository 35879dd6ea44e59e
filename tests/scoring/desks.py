"""Assignments of invented desks, in the form in which the staff are scored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pandas as pd

from model.settings import StaffSettings

FIRST_MONDAY = datetime.fromisoformat("2024-01-01 09:00")
Row = dict[str, Any]

SETTINGS = StaffSettings(staff_scoring="pseudonymous", staff_scoring_by_site={}, false_share=0.05, exchanges=400)


def assignment(week: int, actor_id: int, seller_id: str, **more: Any) -> Row:
    """A ticketed removal of negative reviews in the queue `garden`."""
    happened = FIRST_MONDAY + timedelta(weeks=week)
    row: Row = {"desk": "moderation", "actor_id": actor_id, "seller_id": seller_id, "happened_at": happened}
    row |= {"week": happened.replace(hour=0), "place": "garden", "kind": "removed negatives", "bought": True}
    return {**row, "uncaused": False, "pieces": 3, "negatives_removed": 3, "weight": 1.0, **more}


PLAIN: Row = {"kind": "kept positives", "bought": False, "negatives_removed": 0}


def drawn_work(random: Random, actors: Iterable[int], a_week: int, sellers: int, **more: Any) -> Iterator[Row]:
    """A year in which any of the actors may get any assignment of any of the sellers."""
    on_duty = list(actors)
    for week in range(52):
        for _ in range(a_week):
            yield assignment(week, random.choice(on_duty), f"seller {random.randrange(sellers):03}", **more)


def honest_queue(seed: int, actors: Iterable[int] = range(1, 13)) -> list[Row]:
    """A year of a queue in which everybody gets any work: as much of it could be bought as could not."""
    random, on_duty = Random(seed), list(actors)  # noqa: S311  (work, not a secret)
    return [*drawn_work(random, on_duty, 30, 150), *drawn_work(random, on_duty, 30, 150, **PLAIN)]


def frame(rows: Iterable[Row]) -> pd.DataFrame:
    """Rows in the order in which they happened."""
    return pd.DataFrame(list(rows)).sort_values(["desk", "happened_at"], kind="stable", ignore_index=True)


def crowd(actors: Iterable[int], **more: Any) -> pd.DataFrame:
    """People who may be named."""
    rows: Row = {"actor_id": list(actors), "role": "moderator", "named": True, "found_on": pd.NaT}
    return pd.DataFrame({**rows, **more})
