"""What a signal is: one declaration from which column, constraint, reason, page and fingerprint come."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from features.formulas import Formula
from features.measures import Relation

Service = Literal[
    "removals",
    "pressure",
    "rank",
    "rating",
    "data_purchase",
    "standing",
    "bought_reviews",
    "sabotage",
    "neighbours",
    "sales",
]
SCHEME_OF_SERVICE: Mapping[Service, str] = {
    "removals": "paid_removal",
    "pressure": "reviewer_pressure",
    "bought_reviews": "bought_reviews",
    "standing": "paid_standing",
    "data_purchase": "data_purchase",
    "sabotage": "sabotage",
}
"""The scheme that a service's signals speak of; those of rating, rank, sales and neighbours speak of any."""

Direction = Literal[-1, 0, 1]
Unit = Literal[
    "reviews",
    "removals",
    "look-ups",
    "records",
    "reports",
    "actions",
    "observations",
    "units",
    "people",
    "suspensions",
    "complaints",
    "weeks",
    "days",
    "share",
    "expected share",
    "expected number",
    "share difference",
    "stars",
    "log ratio",
    "percentile",
    "tail",
]
NoEvents = float | Literal["compared"] | None
Fit = Literal["beta_binomial", "gamma_poisson", "robust_z"]
Read = Literal["percentile", "expected", "tail"]


@dataclass(frozen=True)
class Comparison:
    """How a signal is held against those of the peers.

    Attributes:
        of: the signal that is compared.
        read: ``percentile`` is the mid-rank; ``expected`` the number that the seller's own and its peers' figures
            together let expect; ``tail`` how likely a peer is at least as far on the risky side.
        fit: what the peers are taken to be: ``beta_binomial``, a count among trials; ``gamma_poisson``, a count for an
            exposure; ``robust_z``, any number, by median and MAD; None for the percentile.
        exposure: the signal that holds the trials or the exposure.

    """

    of: Signal
    read: Read
    fit: Fit | None = None
    exposure: Signal | None = None

    @property
    def meaning(self) -> str:
        """What is compared, down to the facts."""
        if self.fit is None:
            return f"mid-rank percentile among peers of {self.of.meaning}"
        size = "" if self.exposure is None else f" for {self.exposure.meaning}"
        return f"{self.read} by {self.fit} among peers of {self.of.meaning}{size}"


@dataclass(frozen=True)
class Neighbours:
    """How a signal is read from the sellers to whom a seller is related.

    Attributes:
        of: the signal that is read, a formula or a comparison with peers.
        over: what makes sellers neighbours.
        read: ``mean`` weighs each neighbour by how strongly it is linked; ``riskiest`` is the value of the neighbour
            that is farthest on the signal's risky side. Neighbours for which it is missing are left out.

    """

    of: Signal
    over: Relation
    read: Literal["mean", "riskiest"]

    @property
    def meaning(self) -> str:
        """What is read, down to the facts."""
        return f"{self.read} among neighbours by {self.over.facts} of {self.of.meaning}"


@dataclass(frozen=True)
class Retired:
    """Since when, and why, no new model learns from a signal; it is computed as long as some model reads it."""

    since: date
    why: str


@dataclass(frozen=True)
class Signal:
    """One column of the signal table.

    Attributes:
        name: the column; ends with its window, as in ``review_deletion_rate_91d``.
        service: the service on sale that it speaks of (``removals``, ``rank``), the unit of day zero.
        unit: what the number counts.
        window_days: days before the cutoff that it looks at.
        direction: 1 where more means more risk, -1 where less does, 0 where that is not known or rivals can raise it.
        no_events: its value when the data cover the window and nothing happened; None reads as missing (NaN);
            ``compared``: it is what comes out when that of the compared signal is ranked like any other.
        why: why an investigator should care.
        source: where the idea comes from.
        sentence: the reason in words, at most 200 characters; ``{value}`` and ``{peer}`` are filled in.
        formula: windowed measures combined; None for what is told from the signals of other sellers.
        compared: how it is held against the peers, if it is such a comparison.
        neighbours: how it is read from related sellers, if it is such a reading.
        day_zero: whether the order of sellers before any verdict reads this tail.
        retired: set when no new model shall learn from it.

    """

    name: str
    service: Service
    unit: Unit
    window_days: int
    direction: Direction
    no_events: NoEvents
    why: str
    source: str
    sentence: str
    formula: Formula | None = None
    compared: Comparison | None = None
    neighbours: Neighbours | None = None
    day_zero: bool = False
    retired: Retired | None = None

    @property
    def meaning(self) -> str:
        """What the number is, as SQL: its formula down to the facts, or what other sellers' signals it is told from."""
        told = self.compared or self.neighbours
        if told is not None:
            return told.meaning
        formula = self.formula or Formula("null")
        facts = sorted({windowed.measure.kind.facts for windowed in formula.inputs})
        return " ".join([formula.sql, str(self.no_events), *facts])

    @property
    def fingerprint(self) -> str:
        """SHA-256 of its meaning, spaces aside."""
        return hashlib.sha256(" ".join(self.meaning.split()).encode()).hexdigest()


def learnable(catalogue: Mapping[str, Signal]) -> dict[str, Signal]:
    """The signals that a new model may learn from: all that are not retired."""
    return {name: signal for name, signal in catalogue.items() if signal.retired is None}
