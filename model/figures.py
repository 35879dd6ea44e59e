"""Figures that judge a ranking or a probability; labels are 1 (culprit) and 0, larger scores stand first.

A ranking's figures need positive and negative weight; ties share the mean of their places.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, logit

from model.arrays import Floats


def average_precision(labels: Floats, scores: Floats, weights: Floats, budget: int) -> float:  # noqa: ARG001  every metric is called alike
    """Mean precision over the places of the culprits, a tie being one place."""
    found, listed = _by_place(labels, scores, weights)
    gained = np.diff(found, prepend=0.0)
    return float((gained * found / listed).sum() / found[-1])


def roc_auc(labels: Floats, scores: Floats, weights: Floats, budget: int) -> float:  # noqa: ARG001  every metric is called alike
    """Chance that a culprit stands above another seller, a tie counting half."""
    found, listed = _by_place(labels, scores, weights)
    passed = listed - found
    ahead = np.diff(found, prepend=0.0) * (passed[-1] - passed + np.diff(passed, prepend=0.0) / 2)
    return float(ahead.sum() / (found[-1] * passed[-1]))


def precision_at_budget(labels: Floats, scores: Floats, weights: Floats, budget: int) -> float:
    """Share of culprits among the first ``budget`` sellers, or among all if there are fewer."""
    found, listed = _by_place(labels, scores, weights)
    places = min(float(budget), listed[-1])
    return float(np.interp(places, [0.0, *listed], [0.0, *found]) / places)


def recall_at_budget(labels: Floats, scores: Floats, weights: Floats, budget: int) -> float:
    """Share of the culprits that stand among the first ``budget`` sellers."""
    found, listed = _by_place(labels, scores, weights)
    return float(np.interp(min(float(budget), listed[-1]), [0.0, *listed], [0.0, *found]) / found[-1])


def mean_log2_rank(labels: Floats, scores: Floats, weights: Floats, budget: int) -> float:
    """Mean over culprits of log2(max(rank, budget)): one less is a list half as long that finds them.

    Weighted rows take as many ranks as they weigh; a tie takes its middle rank.
    """
    found, listed = _by_place(labels, scores, weights)
    size = np.diff(listed, prepend=0.0)
    rank = listed - (size - 1) / 2
    return float(np.average(np.log2(np.maximum(rank, budget)), weights=np.diff(found, prepend=0.0)))


def observed_over_expected(labels: Floats, scores: Floats, weights: Floats, top: int) -> float:
    """Culprits found over culprits promised among the ``top`` highest probabilities; 1 is right."""
    order = np.argsort(-scores, kind="stable")[:top]
    expected = float((scores * weights)[order].sum())
    return float((labels * weights)[order].sum()) / expected if expected > 0 else float("nan")


def calibration_in_the_large(labels: Floats, scores: Floats, weights: Floats) -> float:
    """Observed minus promised share of culprits, in log-odds: 0 is right, above 0 the scores are too small."""
    share, promised = np.average(labels, weights=weights), np.average(scores, weights=weights)
    return float(logit(share) - logit(promised)) if 0 < share < 1 else float("nan")


def calibration_slope(labels: Floats, scores: Floats, weights: Floats) -> float:
    """Slope of the outcome's log-odds on the score's: 1 is right, below 1 is too bold, NaN for one class."""
    if len(np.unique(labels[weights > 0])) < 2:
        return float("nan")
    evidence = logit(np.clip(scores, 1e-9, 1 - 1e-9))

    def loss(line: Floats) -> tuple[float, Floats]:
        odds = line[0] * evidence + line[1]
        residual = weights * (expit(odds) - labels)
        value = float((weights * (np.logaddexp(0, odds) - labels * odds)).sum())
        return value / weights.sum(), np.array([residual @ evidence, residual.sum()]) / weights.sum()

    return float(minimize(loss, np.array([1.0, 0.0]), jac=True, method="BFGS").x[0])


def _by_place(labels: Floats, scores: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Weight of culprits and of all sellers down to each distinct score, highest first."""
    order = np.argsort(-scores, kind="stable")
    last = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))
    return np.cumsum((labels * weights)[order])[last], np.cumsum(weights[order])[last]
