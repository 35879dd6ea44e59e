"""Whether other settings or signals find culprits with shorter lists, judged at past cutoffs at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import t as student

from model.arrays import Floats
from model.metrics import METRICS
from training.halvings import Comparison, jackknife, log_places
from training.plain import without_nan
from training.slices import SLICED_BY

FEWEST_IN_VETO = 20
"""Culprits from which a slice may veto."""


@dataclass(frozen=True)
class OriginRanks:
    """Both models' order of the sellers who were undecided at a past cutoff.

    Attributes:
        on: the cutoff.
        sellers: one row a seller: ``champion`` and ``challenger`` (margins), ``label`` (1 for a culprit whom a route
            found later that neither steers, else 0), ``weight`` of the culprit, ``case`` and the columns ``SLICED_BY``.

    """

    on: date
    sellers: pd.DataFrame


@dataclass(frozen=True)
class SliceLoss:
    """A slice with enough culprits: the challenger's gain there in halvings, and how surely it is a loss."""

    name: str
    culprits: int
    gain: float
    chance: float
    vetoes: bool


@dataclass(frozen=True)
class Change:
    """What past cutoffs say of other settings or signals.

    Attributes:
        origins: the cutoffs that could be judged, the first first.
        culprits: different sellers found later.
        comparison: gain in halvings of the list over all cutoffs, with cases as what is independent.
        least: the smallest gain that these cases could have shown; NaN under two cases.
        recall: at the budget, champion and challenger, mean over the cutoffs.
        average_precision: champion and challenger, mean over the cutoffs; whoever was not found counts as innocent.
        slices: those with enough culprits.
        obstacle: why nothing was compared; empty if it was.

    """

    origins: tuple[date, ...]
    culprits: int
    comparison: Comparison
    least: float
    recall: tuple[float, float]
    average_precision: tuple[float, float]
    slices: tuple[SliceLoss, ...]
    obstacle: str = ""

    @property
    def losses(self) -> tuple[SliceLoss, ...]:
        """Slices in which the challenger surely loses."""
        return tuple(each for each in self.slices if each.vetoes)

    @property
    def wins(self) -> bool:
        """Whether the challenger surely gains, and surely loses in no slice."""
        return self.comparison.low > 0 and not self.losses

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``json.dumps``; NaN becomes None."""
        plain: dict[str, Any] = without_nan(asdict(self))
        return plain


def not_compared(obstacle: str) -> Change:
    """A change of which past cutoffs say nothing, and why."""
    nothing = float("nan")
    none = (nothing, nothing)
    return Change((), 0, Comparison(0, nothing, nothing, nothing), nothing, none, none, (), obstacle)


def compare_over_origins(origins: Sequence[OriginRanks], budget: int, significance: float) -> Change:
    """Compare both orders over all cutoffs; a culprit counts at each cutoff before it was found.

    Args:
        origins: at least one cutoff.
        budget: places within it are equally good.
        significance: one-sided level of the interval and of the slices' vetoes together.

    """
    culprits = pd.concat([_gains(each, budget) for each in origins], ignore_index=True)
    overall = _compared(culprits, significance)
    return Change(
        origins=tuple(each.on for each in origins),
        culprits=int(culprits["seller_id"].nunique()),
        comparison=overall,
        least=overall.gain - overall.low,
        recall=_mean_of("recall_at_budget", origins, budget),
        average_precision=_mean_of("average_precision", origins, budget),
        slices=_slices(culprits, significance),
    )


def _gains(origin: OriginRanks, budget: int) -> pd.DataFrame:
    """The culprits of a cutoff, each with by how many halvings the list that finds it got shorter."""
    found = origin.sellers[origin.sellers["label"] == 1]
    places = {
        model: log_places(found[model], origin.sellers[model].to_numpy(), budget)
        for model in ("champion", "challenger")
    }
    return found.assign(gain=places["champion"] - places["challenger"])


def _compared(culprits: pd.DataFrame, significance: float) -> Comparison:
    return jackknife(
        culprits["case"].to_numpy(), culprits["gain"].to_numpy(), culprits["weight"].to_numpy(), significance
    )


def _slices(culprits: pd.DataFrame, significance: float) -> tuple[SliceLoss, ...]:
    """Losses by slice, after Holm: the k-th surest loss of n vetoes below the level through n - k + 1."""
    found = []
    for column in SLICED_BY:
        for value, part in culprits.groupby(column, sort=True):
            told, count = _compared(part, significance), int(part["seller_id"].nunique())
            if count >= FEWEST_IN_VETO and told.cases > 1:
                name = f"{column} {value}"
                found.append(SliceLoss(name, count, told.gain, chance_of_loss(told, significance), vetoes=False))
    found.sort(key=lambda each: each.chance)
    vetoes, judged = True, []
    for number, each in enumerate(found):
        vetoes = vetoes and each.chance < significance / (len(found) - number)
        judged.append(SliceLoss(each.name, each.culprits, each.gain, each.chance, vetoes))
    return tuple(judged)


def chance_of_loss(told: Comparison, significance: float) -> float:
    """How often chance alone would show a loss as large, one-sided; 1 where nothing varies and nothing is lost."""
    freedom = told.cases - 1
    error = (told.gain - told.low) / float(student.ppf(1 - significance, freedom))
    if error == 0:
        return 0.0 if told.gain < 0 else 1.0
    return float(student.cdf(told.gain / error, freedom))


def _mean_of(metric: str, origins: Sequence[OriginRanks], budget: int) -> tuple[float, float]:
    def mean(model: str) -> float:
        figures = [_figure(metric, each.sellers, model, budget) for each in origins]
        known = [figure for figure in figures if np.isfinite(figure)]  # a cutoff without a culprit has none
        return float(np.mean(known)) if known else float("nan")

    return mean("champion"), mean("challenger")


def _figure(metric: str, sellers: pd.DataFrame, model: str, budget: int) -> float:
    labels: Floats = sellers["label"].to_numpy(dtype=float)
    return METRICS[metric](labels, sellers[model].to_numpy(dtype=float), np.ones(len(sellers)), budget)
