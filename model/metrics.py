"""Every metric once, with its range and its good direction, and intervals over cases: found together is found once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from model.arrays import Floats
from model.figures import average_precision, mean_log2_rank, precision_at_budget, recall_at_budget, roc_auc

MANY_CASES = 40
"""Positive cases from which the bootstrap is used; below, the jackknife."""
FEW_CASES = 10
"""Positive cases below which the count stands instead of an interval."""
DRAWS = 400
BLOCKS = 40
CONFIDENCE = 0.95

Measure = Callable[[Floats, Floats, Floats, int], float]
"""Labels (1 culprit, 0 not), scores (larger first), weights, budget; positive and negative weight both above 0."""


@dataclass(frozen=True)
class Metric:
    """One way to judge a ranking.

    Attributes:
        name: as tracked.
        low: least value possible.
        high: greatest value possible; infinite where the market's size sets it.
        greater_is_better: the good direction.
        measure: the figure; NaN where there is no positive or no negative. Ties share the mean of their places.

    """

    name: str
    low: float
    high: float
    greater_is_better: bool
    measure: Measure

    def __call__(self, labels: Floats, scores: Floats, weights: Floats, budget: int) -> float:
        """The figure, or NaN where it has no meaning."""
        kept = weights > 0
        labels, scores, weights = labels[kept], scores[kept], weights[kept]
        if len(np.unique(labels)) < 2 or np.isnan(scores).any():
            return float("nan")
        return self.measure(labels, scores, weights, budget)


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("average_precision", 0.0, 1.0, greater_is_better=True, measure=average_precision),
        Metric("roc_auc", 0.0, 1.0, greater_is_better=True, measure=roc_auc),
        Metric("precision_at_budget", 0.0, 1.0, greater_is_better=True, measure=precision_at_budget),
        Metric("recall_at_budget", 0.0, 1.0, greater_is_better=True, measure=recall_at_budget),
        Metric("mean_log2_rank", 0.0, float("inf"), greater_is_better=False, measure=mean_log2_rank),
    )
}


@dataclass(frozen=True)
class Estimate:
    """A figure with its interval.

    Attributes:
        name: of the metric.
        value: the figure on all rows.
        low: lower 95 % bound; NaN where there is only a count.
        high: upper bound.
        method: ``jackknife``, ``bootstrap``, or ``count`` where the positive cases are too few for an interval.
        positive_cases: independent cases with a culprit.
        error: standard error; NaN where there is only a count.

    """

    name: str
    value: float
    low: float
    high: float
    method: Literal["jackknife", "bootstrap", "count"]
    positive_cases: int
    error: float


def estimate(
    metric: Metric, labels: Floats, scores: Floats, cases: NDArray[np.generic], *, budget: int, seed: int
) -> Estimate:
    """The figure with a 95 % interval over cases.

    Args:
        metric: what is measured.
        labels: 1 culprit, 0 not.
        scores: larger first.
        cases: the case of each row; rows of one case are not independent.
        budget: length of the list.
        seed: of the bootstrap.

    """
    return _with_interval(lambda weights: metric(labels, scores, weights, budget), metric.name, labels, cases, seed)


def difference(
    metric: Metric,
    labels: Floats,
    challenger: Floats,
    champion: Floats,
    cases: NDArray[np.generic],
    *,
    budget: int,
    seed: int,
) -> Estimate:
    """How much better the challenger is on the same rows, paired; above 0 is better, whatever the metric."""
    sign = 1.0 if metric.greater_is_better else -1.0

    def gain(weights: Floats) -> float:
        return sign * (metric(labels, challenger, weights, budget) - metric(labels, champion, weights, budget))

    return _with_interval(gain, metric.name, labels, cases, seed)


def _with_interval(
    figure: Callable[[Floats], float], name: str, labels: Floats, cases: NDArray[np.generic], seed: int
) -> Estimate:
    codes = np.unique(cases, return_inverse=True)[1]
    guilty = np.bincount(codes, labels) > 0
    positive = int(guilty.sum())
    value = figure(np.ones(len(labels)))
    nothing = float("nan")
    if positive < FEW_CASES or np.isnan(value):
        return Estimate(name, value, nothing, nothing, "count", positive, nothing)
    if positive < MANY_CASES:
        error = _jackknife_error(figure, codes, guilty)
        reach = float(student.ppf((1 + CONFIDENCE) / 2, positive - 1)) * error
        return Estimate(name, value, value - reach, value + reach, "jackknife", positive, error)
    drawn = _bootstrap(figure, codes, guilty, seed)
    low, high = np.nanquantile(drawn, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Estimate(name, value, float(low), float(high), "bootstrap", positive, float(np.nanstd(drawn, ddof=1)))


def _jackknife_error(figure: Callable[[Floats], float], codes: NDArray[np.intp], guilty: NDArray[np.bool_]) -> float:
    """Delete one positive case at a time, and the other cases in blocks, each a stratum of its own."""
    innocent = np.flatnonzero(~guilty)
    blocks = [np.array([case]) for case in np.flatnonzero(guilty)]
    strata = [blocks, [innocent[start::BLOCKS] for start in range(min(BLOCKS, len(innocent)))]]
    variance = 0.0
    for stratum in strata:
        left = np.array([figure((~np.isin(codes, block)).astype(np.float64)) for block in stratum])
        if len(left) > 1:
            variance += (len(left) - 1) / len(left) * float(((left - left.mean()) ** 2).sum())
    return float(np.sqrt(variance))


def _bootstrap(
    figure: Callable[[Floats], float], codes: NDArray[np.intp], guilty: NDArray[np.bool_], seed: int
) -> Floats:
    """Draw cases with replacement, those with a culprit and the others apart."""
    generator = np.random.default_rng(seed)
    groups = [np.flatnonzero(guilty), np.flatnonzero(~guilty)]
    figures = []
    for _ in range(DRAWS):
        times = np.zeros(len(guilty))
        for group in groups:
            if len(group) > 0:
                times += np.bincount(generator.choice(group, len(group)), minlength=len(guilty))
        figures.append(figure(times[codes]))
    return np.array(figures)
