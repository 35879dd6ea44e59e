"""What a signal is: one declaration from which column, constraint, reason, page and fingerprint come."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

from features.measures import Formula

Direction = Literal[-1, 0, 1]
Unit = Literal["reviews", "removals", "observations", "share", "share difference", "stars", "log ratio", "percentile"]
NoEvents = float | Literal["compared"] | None
DayZero = Literal["beta_binomial", "gamma_poisson", "robust_z"]


@dataclass(frozen=True)
class Signal:
    """One column of the signal table.

    Attributes:
        name: the column; ends with its window, as in ``review_deletion_rate_91d``.
        service: the service on sale that it speaks of (``removals``, ``rank``), the unit of day zero.
        unit: what the number counts.
        window_days: days before the cutoff that it looks at.
        direction: 1 where more means more risk, -1 where less does, 0 where that is not known.
        no_events: its value when the data cover the window and nothing happened; None reads as missing (NaN);
            ``compared``: it is what comes out when that of the compared signal is ranked like any other.
        why: why an investigator should care.
        source: where the idea comes from.
        sentence: the reason in words, at most 200 characters; ``{value}`` and ``{peer}`` are filled in.
        formula: windowed measures combined; None for a comparison with peers.
        peers_of: the signal whose mid-rank percentile among the peers this is.
        day_zero: how its surprise against the peers is measured before any verdict; None keeps it out.
        exposure: for ``beta_binomial`` and ``gamma_poisson``, the signal that holds the trials or the exposure.

    """

    name: str
    service: str
    unit: Unit
    window_days: int
    direction: Direction
    no_events: NoEvents
    why: str
    source: str
    sentence: str
    formula: Formula | None = None
    peers_of: Signal | None = None
    day_zero: DayZero | None = None
    exposure: str | None = None

    @property
    def meaning(self) -> str:
        """What the number is, as SQL: its formula down to the facts, or the signal that is compared."""
        if self.peers_of is not None:
            return f"mid-rank percentile among peers of {self.peers_of.meaning}"
        formula = self.formula or Formula("null")
        facts = sorted({windowed.measure.kind.facts for windowed in formula.inputs})
        return " ".join([formula.sql, str(self.no_events), *facts])

    @property
    def fingerprint(self) -> str:
        """SHA-256 of its meaning, spaces aside."""
        return hashlib.sha256(" ".join(self.meaning.split()).encode()).hexdigest()
