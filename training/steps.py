"""What a job is given besides its data and settings, and how long each of its steps took."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from features.intake_report import NOTHING_ALLOWED, Allowances, IntakeReport


@dataclass(frozen=True)
class Surroundings:
    """What the command line knows and a job may not look up itself.

    Attributes:
        tracking_uri: an MLflow server; None keeps runs in the store.
        wait_seconds: how long another run may hold the store.
        allow: deviations from the data's freshness that a person accepts.
        progress: told each step, and what happens within it.
        clock: seconds, from any origin; for durations only.
        now: the time of day, for the audit log only.
        who: who asks, for the audit log.

    """

    tracking_uri: str | None = None
    wait_seconds: float = 600
    allow: Allowances = NOTHING_ALLOWED
    progress: Callable[[str], None] = lambda _: None
    clock: Callable[[], float] = time.perf_counter
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    who: str = "the weekly job"


def told(intake: IntakeReport) -> tuple[str, ...]:
    """What a person should be told of an intake, once: missing tables, its messages, what was allowed by hand."""
    missing = f"not handed in, so what needs them is missing: {', '.join(intake.missing)}"
    return (*((missing,) if intake.missing else ()), *intake.messages, *intake.marks)


class Steps:
    """A job's steps: tells each to a listener and measures it.

    Args:
        tell: told the name of a step when it begins, or what happens within it.
        clock: seconds, from any origin.

    """

    def __init__(self, tell: Callable[[str], None], clock: Callable[[], float]) -> None:
        """Start the clock; the first step begins with ``begin``."""
        self.tell = tell
        self._clock = clock
        self._name = ""
        self._since = clock()
        self._seconds: dict[str, float] = {}

    def begin(self, name: str) -> None:
        """End the step that runs, and begin this one."""
        self._end()
        self._name = name
        self.tell(name)

    def seconds(self) -> dict[str, float]:
        """Seconds by step, in order, the running one included; rounded to milliseconds."""
        self._end()
        return {name: round(taken, 3) for name, taken in self._seconds.items()}

    def _end(self) -> None:
        now = self._clock()
        if self._name:
            self._seconds[self._name] = self._seconds.get(self._name, 0.0) + now - self._since
        self._since = now
