"""What strategies of evasion come to: cost, gain, and the chance of standing on a list; the price read from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd
from scipy.stats import beta

INFEASIBLE = float("inf")


class Strategy(Protocol):
    """A way to buy help; equal ones are one."""

    @property
    def label(self) -> str:
        """How tables name it."""

    @property
    def idle(self) -> bool:
        """Whether nothing is bought."""


@dataclass(frozen=True)
class Outcome:
    """What a strategy came to over some sellers.

    Attributes:
        strategy: its label.
        sellers: how many played it.
        cost: mean, US dollars.
        gain: mean of the extra revenue as a share of the usual.
        profit: mean profit before any fine, US dollars.
        fine: mean fine of whoever is found, US dollars.
        chance: by model, the chance of standing on the budget list within the weeks, audits included.
        low: by model, the lower end of its 95 % interval.
        high: by model, the upper end.

    """

    strategy: str
    sellers: int
    cost: float
    gain: float
    profit: float
    fine: float
    chance: Mapping[str, float]
    low: Mapping[str, float]
    high: Mapping[str, float]

    def expected_profit(self, model: str) -> float:
        """Profit less the fine of those listed."""
        return self.profit - self.chance[model] * self.fine


def outcome_of(strategy: str, played: pd.DataFrame, models: Sequence[str], audited: float) -> Outcome:
    """The outcome of a strategy.

    Args:
        strategy: its label.
        played: a row a seller: cost, gain, profit, fine, and a boolean a model.
        models: names of these columns.
        audited: chance that random audits alone list a seller within the weeks.

    """
    count = len(played)
    listed = {model: int(played[model].sum()) for model in models}

    def with_audits(share: float) -> float:
        return 1 - (1 - share) * (1 - audited)

    return Outcome(
        strategy=strategy,
        sellers=count,
        cost=float(played["cost"].mean()),
        gain=float(played["gain"].mean()),
        profit=float(played["profit"].mean()),
        fine=float(played["fine"].mean()),
        chance={model: with_audits(hits / count) for model, hits in listed.items()},
        low={m: with_audits(float(beta.ppf(0.025, k, count - k + 1)) if k else 0.0) for m, k in listed.items()},
        high={
            m: with_audits(float(beta.ppf(0.975, k + 1, count - k)) if k < count else 1.0) for m, k in listed.items()
        },
    )


def price(outcomes: Sequence[Outcome], model: str, gain: float, chance: float) -> float:
    """The least cost of a strategy with at least this gain and at most this chance; infinite where none has both.

    An upper bound: only what was searched counts.
    """
    found = cheapest(outcomes, model, gain, chance)
    return INFEASIBLE if found is None else found.cost


def cheapest(outcomes: Sequence[Outcome], model: str, gain: float, chance: float) -> Outcome | None:
    """The strategy whose cost the price is; None where none will do."""
    able = [each for each in outcomes if each.gain >= gain and each.chance[model] <= chance]
    return min(able, key=lambda each: (each.cost, each.strategy), default=None)


def stealthiest(outcomes: Sequence[Outcome], model: str, gain: float) -> Outcome | None:
    """The strategy with at least this gain that is least likely to be listed; None where none gains so much."""
    able = [each for each in outcomes if each.gain >= gain]
    return min(able, key=lambda each: (each.chance[model], each.cost, each.strategy), default=None)


def most_profitable(outcomes: Sequence[Outcome], model: str) -> Outcome:
    """The strategy with the greatest expected profit under the fine; buying nothing is one."""
    return max(outcomes, key=lambda each: (each.expected_profit(model), each.strategy))


def frontier(outcomes: Sequence[Outcome], model: str) -> list[Outcome]:
    """The strategies than which none gains more at a smaller chance: the least chance first."""
    best, kept = -np.inf, []
    for each in sorted(outcomes, key=lambda each: (each.chance[model], -each.gain)):
        if each.gain > best:
            best = each.gain
            kept.append(each)
    return kept
