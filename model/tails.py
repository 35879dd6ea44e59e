"""How surprising a count, a share or a number is among its peers: upper tails of distributions fitted to groups.

Every group is described by its own figures drawn towards those of its parent group, by ``sellers / (sellers + 30)``, so
that a small group does not invent its own normality. Distributions are fitted twice, first to counts cut at the highest
usual rate, then without the sellers that were a surprise, so that culprits do not widen what they are compared with.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, betaln, gammaln, stdtr

from model.arrays import Floats

Codes = NDArray[np.intp]

OWN_SELLERS = 30.0
"""Sellers at which a group's own figures weigh as much as its parent's."""
USUAL_SHARE = 0.98
"""Share of the sellers of a parent group whose rates are taken as they are in the first fit."""
BULK_TAIL = 0.001
"""Sellers with a smaller tail are left out of the second fit."""
SMALLEST = 1e-300
HEAVY_TAIL_FREEDOM = 4.0
"""Degrees of freedom of Student's t for robust z: signals have heavier tails than the normal."""
ENOUGH = 1e-12
"""A tail's sum is cut when the next term is this small a part of it."""


def gamma_poisson_tails(counts: Floats, exposure: Floats, groups: Codes, parents: Codes) -> Floats:
    """Mid-p upper tails of counts, given exposure, whose rates vary as a gamma distribution within a group.

    Args:
        counts: events a seller, not negative; no NaN.
        exposure: above 0.
        groups: code of the peer group of each seller, 0, 1, 2 ...
        parents: code of the parent group of each seller.

    Returns:
        Tails from 0 to 1, in the sellers' order.

    """
    first = _usual(counts, exposure, parents)
    everyone = np.ones(len(counts), dtype=bool)
    tails = _gamma_poisson(counts, exposure, *_moments(first, exposure, groups, parents, everyone, binomial=False))
    bulk = tails > BULK_TAIL
    return _gamma_poisson(counts, exposure, *_moments(counts, exposure, groups, parents, bulk, binomial=False))


def beta_binomial_tails(successes: Floats, trials: Floats, groups: Codes, parents: Codes) -> Floats:
    """Mid-p upper tails of successes among trials whose chance varies as a beta distribution within a group.

    Args:
        successes: 0 to trials, whole numbers.
        trials: at least 1.
        groups: code of the peer group of each seller.
        parents: code of the parent group of each seller.

    """
    first = np.minimum(_usual(successes, trials, parents), trials)
    everyone = np.ones(len(successes), dtype=bool)
    one, which = _unlike(groups, successes, trials)
    share, spread = _moments(first, trials, groups, parents, everyone, binomial=True)
    bulk = _beta_binomial(successes[one], trials[one], share[one], spread[one])[which] > BULK_TAIL
    share, spread = _moments(successes, trials, groups, parents, bulk, binomial=True)
    return _beta_binomial(successes[one], trials[one], share[one], spread[one])[which]


def _unlike(*columns: NDArray[Any]) -> tuple[Codes, Codes]:
    """Positions of one row of each kind, and the kind of every row: sellers of a group share a few small counts."""
    code = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        values, rank = np.unique(column, return_inverse=True)
        code = np.unique(code * len(values) + rank, return_inverse=True)[1]
    _, first, which = np.unique(code, return_index=True, return_inverse=True)
    return first, which


def robust_tails(values: Floats, groups: Codes, parents: Codes) -> Floats:
    """Upper tails of distances from the median in units of the MAD; NaN where the MAD is 0, as for rare counts."""
    own, parent = _median_and_mad(values, groups), _median_and_mad(values, parents)
    weight = _own_weight(groups)
    median = weight * own[0] + (1 - weight) * parent[0]
    deviation = weight * own[1] + (1 - weight) * parent[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = (values - median) / (1.4826 * deviation)
    tails = np.clip(stdtr(HEAVY_TAIL_FREEDOM, -distance), SMALLEST, 1.0)
    return np.where((own[1] > 0) & (parent[1] > 0), tails, np.nan)


def cauchy_combination(tails: Floats) -> Floats:
    """One tail a row from several that may depend on each other; NaN are left out, 1.0 where all are NaN.

    Tails over .9 count as .9: one very ordinary service must not cancel a surprising one.
    """
    known = ~np.isnan(tails)
    bounded = np.clip(np.where(known, tails, 0.5), SMALLEST, 0.9)
    small = bounded < 1e-8
    cotangent = np.where(small, 1 / (np.pi * bounded), np.tan(np.pi * (0.5 - np.where(small, 0.5, bounded))))
    mean = (cotangent * known).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    large = mean > 1e8
    combined = np.where(large, 1 / (np.pi * np.where(large, mean, 1.0)), 0.5 - np.arctan(mean) / np.pi)
    return np.where(known.any(axis=1), combined, 1.0)


def _own_weight(groups: Codes) -> Floats:
    sellers = np.bincount(groups)
    return np.asarray((sellers / (sellers + OWN_SELLERS))[groups])


def _moments(
    events: Floats, size: Floats, groups: Codes, parents: Codes, kept: NDArray[np.bool_], *, binomial: bool
) -> tuple[Floats, Floats]:
    """Mean rate and spread (1 / gamma shape, or the correlation within beta-binomial trials) for each seller."""
    weight = _own_weight(groups)
    parent_rate = _group_rate(events, size, parents, kept)
    rate = weight * _group_rate(events, size, groups, kept) + (1 - weight) * parent_rate
    if binomial:
        variance = size * rate * (1 - rate)
        surplus, most = (events - size * rate) ** 2 - variance, variance * (size - 1)
    else:
        surplus, most = (events - size * rate) ** 2 - size * rate, (size * rate) ** 2
    own, parent = (_ratio(surplus, most, codes, kept) for codes in (groups, parents))
    return rate, np.maximum(weight * own + (1 - weight) * parent, 0.0)


def _group_rate(events: Floats, size: Floats, codes: Codes, kept: NDArray[np.bool_]) -> Floats:
    """Events over size by group, with half an event added so that no rate is 0."""
    return _ratio(events, size, codes, kept, added=0.5)


def _ratio(above: Floats, below: Floats, codes: Codes, kept: NDArray[np.bool_], added: float = 0.0) -> Floats:
    sums = [np.bincount(codes, np.where(kept, part, 0.0)) for part in (above, below)]
    ratio = (sums[0] + added) / np.where(sums[1] > 0, sums[1], np.inf if added == 0 else 1.0)
    return np.asarray(ratio[codes])


def _usual(events: Floats, size: Floats, parents: Codes) -> Floats:
    """Events, cut at the rate that most sellers of the parent group stay under, but never below one."""
    return np.minimum(events, np.maximum(_group_quantile(events / size, parents, USUAL_SHARE) * size, 1.0))


def _median_and_mad(values: Floats, codes: Codes) -> tuple[Floats, Floats]:
    median = _group_quantile(values, codes, 0.5)
    return median, _group_quantile(np.abs(values - median), codes, 0.5)


def _group_quantile(values: Floats, codes: Codes, share: float) -> Floats:
    """The quantile of each seller's group, between two neighbours if it falls there; every code occurs."""
    ordered = values[np.lexsort((values, codes))]
    counts = np.bincount(codes)
    starts = np.cumsum(counts) - counts
    place = share * (counts - 1)
    low, high = ordered[starts + np.floor(place).astype(int)], ordered[starts + np.ceil(place).astype(int)]
    return np.asarray((low + (high - low) * (place % 1))[codes])


def _gamma_poisson(counts: Floats, exposure: Floats, rate: Floats, spread: Floats) -> Floats:
    """P(X > x) + P(X = x) / 2 of a Poisson count whose rate is gamma with shape 1 / spread."""
    expected = rate * exposure
    shape = 1 / np.maximum(spread, 1e-9)
    odds = expected / (shape + expected)
    log_mass = (
        gammaln(counts + shape)
        - gammaln(shape)
        - gammaln(counts + 1)
        + shape * np.log1p(-odds)
        + counts * np.log(np.maximum(odds, SMALLEST))
    )
    return np.asarray(np.clip(betainc(counts + 1, shape, odds) + np.exp(log_mass) / 2, SMALLEST, 1.0))


def _beta_binomial(successes: Floats, trials: Floats, share: Floats, spread: Floats) -> Floats:
    share = np.clip(share, 1e-9, 1 - 1e-9)
    size = 1 / np.clip(spread, 1e-6, 0.99) - 1
    return _beta_binomial_mid_tail(successes, trials, share * size, (1 - share) * size)


def _beta_binomial_mid_tail(successes: Floats, trials: Floats, first: Floats, second: Floats) -> Floats:
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
