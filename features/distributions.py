"""Upper tails of overdispersed counts, with their digits kept where they are small."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, betaln, gammaln

Floats = NDArray[np.float64]

SMALLEST = 1e-300
LEAST_SPREAD = 1e-6
"""Below it the logarithms of the gamma function lose more digits than the spread is worth."""
ENOUGH = 1e-12
"""A tail's sum is cut when the next term is this small a part of it."""


def gamma_poisson_tail(counts: Floats, exposure: Floats, rate: Floats, spread: Floats) -> Floats:
    """P(X > x) + P(X = x) / 2 of a Poisson count whose rate is gamma with shape 1 / spread."""
    expected = rate * exposure
    shape = 1 / np.maximum(spread, LEAST_SPREAD)
    odds = expected / (shape + expected)
    log_mass = (
        gammaln(counts + shape)
        - gammaln(shape)
        - gammaln(counts + 1)
        + shape * np.log1p(-odds)
        + counts * np.log(np.maximum(odds, SMALLEST))
    )
    return np.asarray(np.clip(betainc(counts + 1, shape, odds) + np.exp(log_mass) / 2, SMALLEST, 1.0))


def beta_binomial_tail(successes: Floats, trials: Floats, first: Floats, second: Floats) -> Floats:
    """P(X > x) + P(X = x) / 2, summed from x away from the mean, so that small tails keep their digits."""
    log_mass = (
        gammaln(trials + 1)
        - gammaln(successes + 1)
        - gammaln(trials - successes + 1)
        + betaln(successes + first, trials - successes + second)
        - betaln(first, second)
    )
    upward = successes >= trials * first / (first + second)
    ahead = np.where(upward, trials - successes, successes)
    # seen from below, the lower tail is the upper tail of the failures
    beyond = _sum_beyond(
        np.where(upward, successes, trials - successes),
        trials,
        np.where(upward, first, second),
        np.where(upward, second, first),
        ahead,
    )
    mass = np.exp(log_mass)
    outer = mass * (0.5 + beyond)
    return np.asarray(np.clip(np.where(upward, outer, 1 - outer), SMALLEST, 1.0))


def _sum_beyond(at: Floats, trials: Floats, first: Floats, second: Floats, ahead: Floats) -> Floats:
    """Sum of the masses above ``at`` in units of the mass at it, by the ratio of neighbours."""
    total, term, here = np.zeros(len(at)), np.ones(len(at)), at.copy()
    running = np.flatnonzero(ahead > 0)
    while len(running) > 0:
        x, n, a, b = here[running], trials[running], first[running], second[running]
        term[running] *= (n - x) * (a + x) / ((x + 1) * (n - x - 1 + b))
        total[running] += term[running]
        here[running] += 1
        going = (here[running] < n) & (term[running] > ENOUGH * (total[running] + 0.5))
        running = running[going]
    return total
