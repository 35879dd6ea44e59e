"""How much more two work together than chance would have them: staff and sellers, counted in assignments.

Within a stratum (a queue, a week, a kind of work) any of those on duty could have got any assignment. So the members
of staff of a stratum's assignments may be exchanged, and what stays the same whoever got what is no evidence: how much
a person works, how strict the person is, how much a seller gives to do.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.stats import gamma, norm

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

_TIMES_MORE = np.array([2.0, 4.0, 8.0, 16.0])
"""How many times more a helper may work for a client than chance would have it; equally likely."""

CLIENTS_SHARE = 0.02
"""Share of the sellers that a helper serves, before anything is known of them; a guess, and few by reason."""

_MOST_LABELS = 20_000_000
_FEWEST_ROUNDS = 200
"""Labels that are exchanged in all, and rounds that are made whatever they cost."""

_COUNTED = 10
"""Exchanges that reach what was observed, from which on their share is the tail; below, a fitted curve is."""


@dataclass(frozen=True)
class Shares:
    """Assignments, one entry each: whose, for whom, in which stratum, and what it weighs (about 1); codes from 0."""

    actor: Ints
    seller: Ints
    stratum: Ints
    weight: Floats


@dataclass(frozen=True)
class Pairs:
    """Pairs with two or more assignments, by actor and seller; a single one is no evidence.

    Attributes:
        actor: code of the member of staff.
        seller: code of the seller.
        count: assignments of the pair.
        expected: how many chance would give it.
        evidence: logarithm of how much likelier the pair's assignments are if some sellers are clients, 0 or more.

    """

    actor: Ints
    seller: Ints
    count: Ints
    expected: Floats
    evidence: Floats

    def beyond(self, plain: Pairs, keepers: Bools) -> Pairs:
        """The same pairs, but those of keepers where chance gives as many times more as it seems to in plain work.

        Who keeps a seller's account has much of the seller's other work too, and is no helper for that.
        """
        apart = 1 + max(int(self.seller.max(initial=0)), int(plain.seller.max(initial=0)))
        more = dict(zip((plain.actor * apart + plain.seller).tolist(), plain.count / plain.expected, strict=True))
        of_keepers = np.flatnonzero(keepers[self.actor])
        key = (self.actor * apart + self.seller)[of_keepers]
        expected, evidence = self.expected.copy(), self.evidence.copy()
        expected[of_keepers] *= [max(1.0, more.get(pair, 1.0)) for pair in key.tolist()]
        evidence[of_keepers] = _evidence(self.count[of_keepers].astype(np.float64), expected[of_keepers])
        return replace(self, expected=expected, evidence=evidence)

    @property
    def client_chance(self) -> Floats:
        """Chance that the seller is a client, beginning from the share of clients."""
        return np.asarray(np.clip(1 - (1 - CLIENTS_SHARE) * np.exp(-self.evidence), 0, 1))


def _evidence(weight: Floats, expected: Floats) -> Floats:
    gain = weight[:, None] * np.log(_TIMES_MORE) - expected[:, None] * (_TIMES_MORE - 1)
    likelier = np.exp(np.minimum(gain, 500.0)).mean(axis=1)
    return np.asarray(np.log1p(CLIENTS_SHARE * np.maximum(likelier - 1, 0)))


class Duty:
    """Who was on duty when, and so how many assignments chance gives to a pair."""

    def __init__(self, work: Shares) -> None:
        """Count the assignments of each stratum, and each actor's among them."""
        self._actors = int(work.actor.max(initial=-1)) + 1
        self._sellers = int(work.seller.max(initial=-1)) + 1
        self._duty, self._on_duty = np.unique(work.stratum * self._actors + work.actor, return_counts=True)
        self._order = np.argsort(work.seller, kind="stable")
        self._number = np.bincount(work.seller, minlength=self._sellers)
        self._first = np.cumsum(self._number) - self._number
        self._share = 1 / np.bincount(work.stratum)[work.stratum]
        self._work = work

    def pairs(self, actor: Ints) -> Pairs:
        """The pairs that there would be if the assignments were these actors'."""
        work = self._work
        key, place, count = np.unique(actor * self._sellers + work.seller, return_inverse=True, return_counts=True)
        weight = _summed(place, work.weight, len(key))
        several = count >= 2
        who, whom = key[several] // self._sellers, key[several] % self._sellers
        expected, weighted = self._expected(who, whom)
        return Pairs(who, whom, count[several], expected, _evidence(weight[several], weighted))

    def _expected(self, actor: Ints, seller: Ints) -> tuple[Floats, Floats]:
        """Assignments that chance gives to each pair, and their weight: the actor's share of each of the seller's."""
        number = self._number[seller]
        pair = np.repeat(np.arange(len(seller)), number)
        offset = np.arange(len(pair)) - np.repeat(np.cumsum(number) - number, number)
        assignment = self._order[self._first[seller][pair] + offset]
        wanted = self._work.stratum[assignment] * self._actors + actor[pair]
        place = np.minimum(np.searchsorted(self._duty, wanted), len(self._duty) - 1)
        share = np.where(self._duty[place] == wanted, self._on_duty[place], 0) * self._share[assignment]
        return _summed(pair, share, len(seller)), _summed(pair, share * self._work.weight[assignment], len(seller))


@dataclass(frozen=True)
class Surprise:
    """What was observed of each member of staff, beside what exchanging them within strata gives.

    Attributes:
        pairs: as observed.
        observed: evidence of each actor over all sellers.
        exchanged: the same of each exchange: a row an exchange, a column an actor.

    """

    pairs: Pairs
    observed: Floats
    exchanged: Floats

    @property
    def deviation(self) -> Floats:
        """Standard deviations between observed and exchanged; NaN where exchanging changes nothing."""
        spread = self.exchanged.std(axis=0)
        return np.asarray((self.observed - self.exchanged.mean(axis=0)) / np.where(spread > 0, spread, np.nan))

    def tail(self, deviation: Floats) -> Floats:
        """Chance that exchanging gives each actor this deviation or more; NaN where the deviation is."""
        mean, spread = self.exchanged.mean(axis=0), self.exchanged.std(axis=0)
        known = np.nan_to_num(deviation)
        reached = (self.exchanged >= mean + known * spread - 1e-9).sum(axis=0)
        share = (reached + 1.0) / (len(self.exchanged) + 1.0)
        skewness = ((self.exchanged - mean) ** 3).mean(axis=0) / np.where(spread > 0, spread, 1.0) ** 3
        fitted = np.minimum(share, _curve(known, skewness))
        return np.where(np.isnan(deviation), np.nan, np.where(reached >= _COUNTED, share, fitted))


def _curve(deviation: Floats, skewness: Floats) -> Floats:
    """Upper tail, so many standard deviations from the mean, of the gamma distribution of that skewness (Pearson)."""
    shape = 4 / np.maximum(skewness, 0.05) ** 2
    return np.asarray(np.maximum(gamma.sf(shape + deviation * np.sqrt(shape), shape), norm.sf(deviation)))


def surprise(work: Shares, actors: int, rounds: int, random: np.random.Generator) -> Surprise:
    """Exchange the staff of each stratum's assignments many times; the same assignments and seed give the same."""
    duty = Duty(work)
    rounds = min(rounds, max(_FEWEST_ROUNDS, _MOST_LABELS // max(1, len(work.actor))))
    order = np.argsort(work.stratum, kind="stable")
    lots = work.stratum[order].astype(np.float64)
    exchanged = np.empty((rounds, actors))
    lucky = np.empty_like(work.actor)
    for number in range(rounds):
        lucky[order] = work.actor[order][np.argsort(lots + random.random(len(order)), kind="stable")]
        exchanged[number] = _of_actors(duty.pairs(lucky), actors)
    pairs = duty.pairs(work.actor)
    return Surprise(pairs, _of_actors(pairs, actors), exchanged)


def _of_actors(pairs: Pairs, actors: int) -> Floats:
    return _summed(pairs.actor, pairs.evidence, actors)


def _summed(code: Ints, values: Floats, codes: int) -> Floats:
    return np.asarray(np.bincount(code, values, minlength=codes), dtype=np.float64)


def beyond_habit(bought: Floats, plain: Floats, group: Ints) -> Floats:
    """Deviations of work that could be bought, beyond what habit alone carries; NaN stay.

    Some work is shared out by person: accounts have keepers. That shows in the work that nobody buys too, so only what
    goes beyond the deviation there counts, the actor's own or the median of the group, if that is more; in units of the
    group's spread there, of a quarter of that habit, or of 1, whichever is most.
    """
    middle = medians(plain, group)
    spread = np.maximum(1.0, 1.4826 * np.nan_to_num(medians(np.abs(plain - middle), group)))
    habit = np.maximum(np.nan_to_num(np.fmax(plain, middle)), 0)
    return np.asarray((bought - habit) / np.maximum(spread, habit / 4))


def medians(values: Floats, group: Ints) -> Floats:
    """The median of each entry's group; NaN where the group has no value.

    >>> medians(np.array([1.0, 3.0, np.nan, 8.0, np.nan]), np.array([0, 0, 0, 1, 2])).tolist()
    [2.0, 2.0, 2.0, 8.0, nan]
    """
    found = np.full(len(values), np.nan)
    for each in np.unique(group):
        known = values[(group == each) & ~np.isnan(values)]
        if len(known):
            found[group == each] = np.median(known)
    return found
