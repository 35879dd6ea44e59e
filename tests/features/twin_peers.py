"""The naive twin, last part: sellers beside their peers, each comparison told from its definition, seller by seller."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from statistics import median

from features.catalogue import CATALOGUE
from features.signal import Comparison, Signal
from tests.features.random_moments import Row

NAN = math.nan
_PARTS = ("marketplace", "category", "size_band")
_OWN_SELLERS, _USUAL, _SURPRISE, _LEAST_SPREAD, _LEAST_CHANCE = 30, 0.98, 0.001, 1e-6, 1e-9


def compare_with_peers(sellers: list[Row], least: int) -> None:
    """Add to the sellers of one cutoff their group, and every signal that is a comparison."""
    for seller in sellers:
        seller["peers"], seller["parents"], seller["peer_group"] = sellers, sellers, "any/any/any"
        for same in (_PARTS[:1], (_PARTS[0], _PARTS[2]), _PARTS):
            peers = [other for other in sellers if all(other[each] == seller[each] for each in same)]
            if len(peers) >= least:
                parts = [seller[each] if each in same else "any" for each in _PARTS]
                seller["peers"], seller["peer_group"] = peers, "/".join(parts)
        if seller["peer_group"] != "any/any/any":
            seller["parents"] = [other for other in sellers if other["marketplace"] == seller["marketplace"]]
        seller["peer_sellers"] = len(seller["peers"])
    for signal in CATALOGUE.values():
        if signal.compared is not None:
            _tell(signal, signal.compared, sellers)


def _tell(signal: Signal, compared: Comparison, sellers: list[Row]) -> None:
    known = [seller for seller in sellers if _is_known(seller, compared)]
    if compared.fit is None or compared.fit == "robust_z":
        tell = _mid_rank if compared.fit is None else _robust_tail
        told = [
            tell(
                seller[compared.of.name],
                *([peer[compared.of.name] for peer in seller[who] if peer in known] for who in ("peers", "parents")),
            )
            if seller in known
            else NAN
            for seller in sellers
        ]
    else:
        fit = _Fit(known, compared)
        told = [getattr(fit, compared.read)(seller) if seller in known else NAN for seller in sellers]
    for seller, value in zip(sellers, told, strict=True):
        seller[signal.name] = value


def _is_known(seller: Row, compared: Comparison) -> bool:
    exposed = compared.exposure is None or seller[compared.exposure.name] > 0
    return exposed and not math.isnan(seller[compared.of.name])


def _mid_rank(own: float, peers: list[float], _: list[float]) -> float:
    below = len([value for value in peers if value < own])
    return (below + peers.count(own) / 2) / len(peers)


def _robust_tail(own: float, peers: list[float], parents: list[float]) -> float:
    weight = len(peers) / (len(peers) + _OWN_SELLERS)
    middles = median(peers), median(parents)
    spreads = [
        median([abs(value - middle) for value in values])
        for values, middle in zip((peers, parents), middles, strict=True)
    ]
    if 0 in spreads:
        return NAN
    middle, spread = (weight * one + (1 - weight) * other for one, other in (middles, spreads))
    far = (own - middle) / (1.4826 * spread)
    return 0.5 - 3 / 8 * far / math.sqrt(1 + far**2 / 4) * (1 - far**2 / (12 + 3 * far**2))  # Student's t, 4 degrees


def _as_chance(rate: float) -> float:
    """A rate between none and all: half an event more than there were trials is no chance."""
    return min(max(rate, 1e-9), 1 - 1e-9)


class _Fit:
    """A distribution for each seller, from its peers and, for small groups, from their marketplace."""

    def __init__(self, known: list[Row], compared: Comparison) -> None:
        assert compared.exposure is not None
        self.known, self.binomial = known, compared.fit == "beta_binomial"
        self.size = {id(seller): seller[compared.exposure.name] for seller in known}
        self.counts = {id(seller): min(seller[compared.of.name], self._most(seller)) for seller in known}
        usual = {id(seller): min(self.counts[id(seller)], max(self._usual_count(seller), 1.0)) for seller in known}
        cut = {id(seller): min(usual[id(seller)], self._most(seller)) for seller in known}
        first = self._parameters(cut, lambda *_: True)

        def no_surprise(seller: Row, judge: Row) -> bool:
            return self._tail(seller, first[id(judge)]) > _SURPRISE

        self.found = self._parameters(self.counts, no_surprise)

    def tail(self, seller: Row) -> float:
        """How likely a peer has more, or (half) as many."""
        return self._tail(seller, self.found[id(seller)])

    def expected(self, seller: Row) -> float:
        """The rate that the seller's own figures and those of its peers together let expect."""
        rate, spread = self.found[id(seller)]
        count, size = self.counts[id(seller)], self.size[id(seller)]
        if self.binomial:
            weight = 1 / min(spread, 0.99) - 1
            return (count + _as_chance(rate) * weight) / (size + weight)
        return (count + 1 / spread) / (size + 1 / spread / rate)

    def _most(self, seller: Row) -> float:
        return self.size[id(seller)] if self.binomial else math.inf

    def _usual_count(self, seller: Row) -> float:
        rates = sorted(self.counts[id(other)] / self.size[id(other)] for other in self._among(seller, "parents"))
        place = _USUAL * (len(rates) - 1)
        low, high = rates[math.floor(place)], rates[math.ceil(place)]
        return (low + (high - low) * (place % 1)) * self.size[id(seller)]

    def _among(self, seller: Row, who: str) -> list[Row]:
        return [other for other in self.known if any(other is each for each in seller[who])]

    def _parameters(self, counts: dict[int, float], kept: Callable[[Row, Row], bool]) -> dict[int, tuple[float, float]]:
        """Rate and spread for each seller; ``kept`` says whether a seller counts in the group of another one."""
        bulk = {
            id(seller): (
                [other for other in self._among(seller, "peers") if kept(other, seller)],
                [other for other in self._among(seller, "parents") if kept(other, other)],
            )
            for seller in self.known
        }
        rates = {
            id(seller): self._mixed(
                seller,
                *(
                    (sum(counts[id(each)] for each in sellers) + 0.5) / (self._all(sellers) or 1.0)
                    for sellers in bulk[id(seller)]
                ),
            )
            for seller in self.known
        }
        spreads = {}
        for seller in self.known:
            peers, parents = bulk[id(seller)]
            own = self._spread([(counts[id(each)], self.size[id(each)], rates[id(seller)]) for each in peers])
            wider = self._spread([(counts[id(each)], self.size[id(each)], rates[id(each)]) for each in parents])
            spreads[id(seller)] = max(self._mixed(seller, own, wider), _LEAST_SPREAD)
        return {name: (self._possible(rate), spreads[name]) for name, rate in rates.items()}

    def _possible(self, rate: float) -> float:
        """A chance lies between 0 and 1, even where half an event was added to one of one."""
        return min(max(rate, _LEAST_CHANCE), 1 - _LEAST_CHANCE) if self.binomial else rate

    def _all(self, sellers: Iterable[Row]) -> float:
        return float(sum(self.size[id(each)] for each in sellers))

    def _mixed(self, seller: Row, own: float, parent: float) -> float:
        sellers = len(self._among(seller, "peers"))
        return (sellers * own + _OWN_SELLERS * parent) / (sellers + _OWN_SELLERS)

    def _spread(self, sellers: list[tuple[float, float, float]]) -> float:
        """By how much counts vary beyond chance, over the most that they could."""
        beyond, most = 0.0, 0.0
        for count, size, rate in sellers:
            chance = size * rate * (1 - rate) if self.binomial else size * rate
            beyond += (count - size * rate) ** 2 - chance
            most += chance * (size - 1) if self.binomial else (size * rate) ** 2
        return beyond / most if most > 0 else 0.0

    def _tail(self, seller: Row, parameters: tuple[float, float]) -> float:
        count, size = round(self.counts[id(seller)]), self.size[id(seller)]
        masses = [self._mass(number, size, *parameters) for number in range(count + 1)]
        return 1 - sum(masses) + masses[-1] / 2

    def _mass(self, number: int, size: float, rate: float, spread: float) -> float:
        """The chance of exactly this number, as a product of its factors."""
        if not self.binomial:
            shape = 1 / spread
            odds = rate * size / (shape + rate * size)
            return math.prod((shape + each) / (each + 1) * odds for each in range(number)) * (1 - odds) ** shape
        weight, chance_of_one = 1 / min(spread, 0.99) - 1, _as_chance(rate)
        yes, no, trials = chance_of_one * weight, (1 - chance_of_one) * weight, round(size)
        chance = math.prod((yes + each) / (yes + no + each) for each in range(number))
        chance *= math.prod((no + each) / (yes + no + number + each) for each in range(trials - number))
        return math.comb(trials, number) * chance
