"""What every table of a random market is drawn from: days, instants on borders, and when a row was recorded."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

Row = dict[str, Any]
Market = dict[str, list[Row]]

FIRST_DAY = date(2023, 1, 2)
LAST_DAY = date(2024, 6, 30)

TICK = timedelta(microseconds=1)
DAY = timedelta(days=1)
NOBODY = 99
"""A seller, product, review or ticket of that number is never delivered."""


def any_day(random: Random, low: date = FIRST_DAY, high: date = LAST_DAY) -> date:
    """Draw a day."""
    return low + random.randrange((high - low).days + 1) * DAY


def any_moment(random: Random, low: date = FIRST_DAY) -> datetime:
    """Draw the first or last instant of a day, or any second of it."""
    midnight = datetime.combine(any_day(random, low), time())
    return midnight + random.choice((timedelta(0), DAY - TICK, timedelta(seconds=random.randrange(86_400))))


def recorded(random: Random, happened: date | datetime) -> Row:
    """When the platform held it: not said, at once, soon, late, much too late, to the instant on the border, before."""
    start = happened if isinstance(happened, datetime) else datetime.combine(happened, time())
    delay = random.choice(
        (
            None,
            None,
            None,
            timedelta(0),
            timedelta(hours=random.randrange(72)),
            timedelta(days=random.randrange(29, 150), hours=5),
            28 * DAY,
            28 * DAY + TICK,
            -5 * DAY,
        )
    )
    return {} if delay is None else {"recorded_at": start + delay}
