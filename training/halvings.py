"""By how many halvings the list that finds a culprit got shorter, with an interval over cases."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import t as student

from model.arrays import Floats


@dataclass(frozen=True)
class Comparison:
    """By how many halvings the list that finds a culprit got shorter with the challenger; negative is a loss.

    Attributes:
        cases: cases with a culprit that neither model knew.
        gain: mean over those culprits of log2 of the ranks' ratio; NaN without any.
        low: lower end of the one-sided interval; NaN under two cases.
        high: upper end of the one-sided interval; NaN under two cases.

    """

    cases: int
    gain: float
    low: float
    high: float


def compare_ranks(
    culprits: pd.DataFrame, pool_champion: Floats, pool_challenger: Floats, budget: int, significance: float
) -> Comparison:
    """Compare at which place each model would have listed culprits that it did not know.

    Args:
        culprits: one row a culprit: ``case``, ``champion`` and ``challenger`` (margins).
        pool_champion: the champion's margins of the sellers then undecided.
        pool_challenger: the challenger's, of the same sellers.
        budget: places within it are equally good.
        significance: one-sided level of the interval.

    """
    gains = log_places(culprits["champion"], pool_champion, budget) - log_places(
        culprits["challenger"], pool_challenger, budget
    )
    return jackknife(culprits["case"].to_numpy(), gains, np.ones(len(gains)), significance)


def jackknife(cases: npt.NDArray[np.generic], gains: Floats, weights: Floats, significance: float) -> Comparison:
    """The weighted mean gain with its interval, by deleting one case at a time.

    Args:
        cases: the case of each culprit; culprits of one case are one observation.
        gains: halvings a culprit.
        weights: weight a culprit, above 0.
        significance: one-sided level of the interval.

    """
    nothing = float("nan")
    if len(gains) == 0:
        return Comparison(0, nothing, nothing, nothing)
    names, codes = np.unique(cases.astype(str), return_inverse=True)
    gain = float(np.average(gains, weights=weights))
    if len(names) < 2:
        return Comparison(len(names), gain, nothing, nothing)
    totals, sizes = np.bincount(codes, gains * weights), np.bincount(codes, weights)
    without = (totals.sum() - totals) / (sizes.sum() - sizes)
    spread = np.sqrt((len(names) - 1) / len(names) * ((without - without.mean()) ** 2).sum())
    reach = float(student.ppf(1 - significance, len(names) - 1) * spread)
    return Comparison(len(names), gain, gain - reach, gain + reach)


def log_places(margins: pd.Series, pool: Floats, budget: int) -> Floats:
    """log2 of the places that these margins take in a pool's order, the budget at least; a tie takes the first."""
    ahead = len(pool) - np.searchsorted(np.sort(pool), margins.to_numpy(dtype=float), side="right")
    places: Floats = np.maximum(ahead + 1.0, float(budget))
    return np.log2(places)
