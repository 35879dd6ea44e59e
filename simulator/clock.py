"""Time in the simulator: microseconds since 1970 in UTC, weeks from the start date on, and the delay of records."""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt

from simulator.settings import RecordingSettings

Ints = npt.NDArray[np.int64]
Random = np.random.Generator

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WEEK = 7 * DAY
EPOCH = date(1970, 1, 1)

# Share of a day's events by hour: quiet at night, most in the evening (guess).
_HOURS = np.array([2, 1, 1, 1, 1, 2, 3, 4, 5, 5, 5, 5, 6, 5, 5, 5, 5, 6, 7, 8, 8, 7, 5, 3], dtype=float)
_HOUR_ENDS = np.cumsum(_HOURS / _HOURS.sum())


def instant_of(day: date) -> int:
    """First instant of a day in microseconds."""
    return (day - EPOCH).days * DAY


def times_of_day(random: Random, count: int) -> Ints:
    """Moments within a day, in whole seconds, as microseconds after midnight."""
    hours = np.minimum(np.searchsorted(_HOUR_ENDS, random.random(count)), 23).astype(np.int64)
    return hours * HOUR + random.integers(0, 3600, count) * SECOND


def instants_in_week(random: Random, count: int, week_start: int) -> Ints:
    """Moments spread over the seven days of a week."""
    return week_start + random.integers(0, 7, count) * DAY + times_of_day(random, count)


def recorded_after(random: Random, happened: Ints, settings: RecordingSettings, *, leaf: bool) -> Ints:
    """When the platform's own store first held each event.

    Minutes for most, days for some. Only leaves (tables without children) can be later than a parent may be awaited.
    """
    count = len(happened)
    kind = random.random(count)
    delay = random.exponential(settings.usual_delay_minutes * MINUTE, count)
    days = random.uniform(0.1, settings.slow_delay_days, count) * DAY
    delay = np.where(kind < settings.slow_share, days, delay)
    if leaf:
        very_late = random.uniform(settings.slow_delay_days, settings.late_delay_days, count) * DAY
        delay = np.where(kind < settings.late_share, very_late, delay)
    return happened + (delay // SECOND).astype(np.int64) * SECOND
