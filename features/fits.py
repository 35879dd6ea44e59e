"""What a count, a share or a number is among its peers: distributions fitted to groups, their tails and expectations.

Every group is described by its own figures drawn towards those of its parent group, by ``sellers / (sellers + 30)``, so
that a small group does not invent its own normality. Distributions are fitted by moments, first to counts cut at the
highest usual rate, then without the sellers that were a surprise, so that culprits do not widen what they are compared
with. Sellers that are alike are one kind with a number; kinds are added in their order, so that neither the order of
the sellers nor the number of threads changes a bit of any figure. Two counts and a number cost .1 CPU-s for 20,000
sellers and 1.1 for 200,000.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr

from features.codes import Codes, from_zero, told_apart
from features.distributions import LEAST_SPREAD, SMALLEST, Floats, beta_binomial_tail, gamma_poisson_tail

OWN_SELLERS = 30.0
"""Sellers at which a group's own figures weigh as much as its parent's."""
USUAL_SHARE = 0.98
"""Share of the sellers of a parent group whose rates are taken as they are in the first fit."""
BULK_TAIL = 0.001
"""Sellers with a smaller tail are left out of the second fit."""
HEAVY_TAIL_FREEDOM = 4.0
"""Degrees of freedom of Student's t for robust z: signals have heavier tails than the normal."""
MEANING = f"{OWN_SELLERS} {USUAL_SHARE} {BULK_TAIL} {HEAVY_TAIL_FREEDOM} moments, cut, then the bulk"
"""Changes when the figures do: tables that were stored before are made again."""


@dataclass(frozen=True)
class Members:
    """Sellers in groups; one row a seller and group that it belongs to.

    Attributes:
        groups: code of the group, 0, 1, 2 ...
        parents: code of the group's parent, 0, 1, 2 ...
        in_parent: whether the row counts in the parent; each seller of a parent does so once.

    """

    groups: Codes
    parents: Codes
    in_parent: NDArray[np.bool_]

    def only(self, rows: NDArray[np.bool_]) -> Members:
        """The members in some rows; groups keep their order."""
        return Members(from_zero(self.groups[rows]), from_zero(self.parents[rows]), self.in_parent[rows])


@dataclass(frozen=True)
class Fitted:
    """Of each row: the chance of a peer to have more (or, half, as many), and the expected rate of this seller."""

    tails: Floats
    expected: Floats


@dataclass(frozen=True)
class _Kinds:
    """Sellers of one group with the same numbers, in order; ``which`` is the kind of each row."""

    events: Floats
    size: Floats
    groups: Codes
    parents: Codes
    in_group: Floats
    in_parent: Floats
    which: Codes


def gamma_poisson(counts: Floats, exposure: Floats, members: Members) -> Fitted:
    """Fit counts, given exposure, whose rates vary as a gamma distribution within a group.

    Args:
        counts: events a seller, not negative; no NaN.
        exposure: above 0.
        members: their groups.

    """
    kinds = _kinds(counts, exposure, members)
    rate, spread = _moments(_usual(kinds), kinds, np.ones(len(kinds.events), dtype=bool), binomial=False)
    bulk = gamma_poisson_tail(kinds.events, kinds.size, rate, spread) > BULK_TAIL
    rate, spread = _moments(kinds.events, kinds, bulk, binomial=False)
    shape = 1 / np.maximum(spread, LEAST_SPREAD)
    expected = rate * (kinds.events + shape) / (rate * kinds.size + shape)
    return Fitted(gamma_poisson_tail(kinds.events, kinds.size, rate, spread)[kinds.which], expected[kinds.which])


def beta_binomial(successes: Floats, trials: Floats, members: Members) -> Fitted:
    """Fit successes among trials, whose chance varies as a beta distribution within a group.

    Args:
        successes: 0 to trials, whole numbers.
        trials: at least 1.
        members: their groups.

    """
    kinds = _kinds(successes, trials, members)
    first = np.minimum(_usual(kinds), kinds.size)
    shares = _beta(*_moments(first, kinds, np.ones(len(first), dtype=bool), binomial=True))
    bulk = beta_binomial_tail(kinds.events, kinds.size, *shares) > BULK_TAIL
    yes, no = _beta(*_moments(kinds.events, kinds, bulk, binomial=True))
    expected = (kinds.events + yes) / (kinds.size + yes + no)
    return Fitted(beta_binomial_tail(kinds.events, kinds.size, yes, no)[kinds.which], expected[kinds.which])


def robust_tails(values: Floats, members: Members) -> Floats:
    """Upper tails of distances from the median in units of the MAD; NaN where the MAD is 0, as for rare counts."""
    everyone = np.ones(len(values), dtype=bool)
    own, parent = (
        _median_and_mad(values, codes, counted)
        for codes, counted in ((members.groups, everyone), (members.parents, members.in_parent))
    )
    weight = _own_weight(np.bincount(members.groups))[members.groups]
    median = weight * own[0] + (1 - weight) * parent[0]
    deviation = weight * own[1] + (1 - weight) * parent[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = (values - median) / (1.4826 * deviation)
    tails = np.clip(stdtr(HEAVY_TAIL_FREEDOM, -distance), SMALLEST, 1.0)
    return np.where((own[1] > 0) & (parent[1] > 0), tails, np.nan)


def _kinds(events: Floats, size: Floats, members: Members) -> _Kinds:
    which = members.groups
    for column in (events, size):
        which = told_apart(which, column)
    in_group = np.bincount(which)
    first = np.empty(len(in_group), dtype=np.intp)
    first[which[::-1]] = np.arange(len(which))[::-1]
    in_parent = np.asarray(np.bincount(which, members.in_parent.astype(float)), dtype=np.float64)
    return _Kinds(
        events[first],
        size[first],
        members.groups[first],
        members.parents[first],
        np.asarray(in_group, dtype=np.float64),
        in_parent,
        which,
    )


def _own_weight(sellers: NDArray[Any]) -> Floats:
    return np.asarray(sellers / (sellers + OWN_SELLERS))


def _moments(events: Floats, kinds: _Kinds, kept: NDArray[np.bool_], *, binomial: bool) -> tuple[Floats, Floats]:
    """Mean rate and spread (1 / gamma shape, or the correlation within beta-binomial trials) for each kind."""
    weight = _own_weight(np.bincount(kinds.groups, kinds.in_group))[kinds.groups]
    groups, parents = (kinds.groups, kinds.in_group * kept), (kinds.parents, kinds.in_parent * kept)
    rate = weight * _ratio(events, kinds.size, *groups, added=0.5)
    rate += (1 - weight) * _ratio(events, kinds.size, *parents, added=0.5)
    if binomial:
        variance = kinds.size * rate * (1 - rate)
        surplus, most = (events - kinds.size * rate) ** 2 - variance, variance * (kinds.size - 1)
    else:
        surplus, most = (events - kinds.size * rate) ** 2 - kinds.size * rate, (kinds.size * rate) ** 2
    spread = weight * _ratio(surplus, most, *groups) + (1 - weight) * _ratio(surplus, most, *parents)
    return rate, np.maximum(spread, 0.0)


def _ratio(above: Floats, below: Floats, codes: Codes, sellers: Floats, added: float = 0.0) -> Floats:
    """Sum over sum by group; with half an event added no rate is 0."""
    sums = [np.bincount(codes, part * sellers) for part in (above, below)]
    ratio = (sums[0] + added) / np.where(sums[1] > 0, sums[1], np.inf if added == 0 else 1.0)
    return np.asarray(ratio[codes])


def _usual(kinds: _Kinds) -> Floats:
    """Events, cut at the rate that most sellers of the parent group stay under, but never below one."""
    sellers = kinds.in_parent.astype(np.intp)
    rates, parents = np.repeat(kinds.events / kinds.size, sellers), np.repeat(kinds.parents, sellers)
    return np.minimum(
        kinds.events, np.maximum(_quantiles(rates, parents, USUAL_SHARE)[kinds.parents] * kinds.size, 1.0)
    )


def _median_and_mad(values: Floats, codes: Codes, counted: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    median = _quantiles(values[counted], codes[counted], 0.5)[codes]
    distance = np.abs(values - median)
    return median, _quantiles(distance[counted], codes[counted], 0.5)[codes]


def _quantiles(values: Floats, codes: Codes, share: float) -> Floats:
    """The quantile of each group, between two neighbours if it falls there; every code occurs."""
    ordered = values[np.lexsort((values, codes))]
    counts = np.bincount(codes)
    starts = np.cumsum(counts) - counts
    place = share * (counts - 1)
    low, high = ordered[starts + np.floor(place).astype(int)], ordered[starts + np.ceil(place).astype(int)]
    return np.asarray(low + (high - low) * (place % 1))


def _beta(share: Floats, spread: Floats) -> tuple[Floats, Floats]:
    """Both parameters of the beta distribution with this mean and correlation within trials."""
    share = np.clip(share, 1e-9, 1 - 1e-9)
    size = 1 / np.clip(spread, LEAST_SPREAD, 0.99) - 1
    return share * size, (1 - share) * size
