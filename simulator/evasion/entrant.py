"""An entrant's half year: what is done for it, what its sales and places become, what that brings and costs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simulator.clock import DAY, HOUR
from simulator.evasion.acts import Player
from simulator.evasion.ledger import Effect, Rows
from simulator.evasion.stage import Stage, StagedWeek
from simulator.evasion.strategy import Bought, Strategy

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Entrant:
    """What became of one seller that began to buy help.

    Attributes:
        host: its row number.
        bought: what it paid for.
        usual: its expected revenue over the weeks without the scheme, US dollars.
        extra: what the scheme adds to that.
        rows: its rows: table, when recorded, columns.

    """

    host: int
    bought: Bought
    usual: float
    extra: float
    rows: tuple[Rows, ...]


def enter(stage: Stage, host: int, strategy: Strategy, seed: Sequence[int], number: int) -> Entrant:
    """Let a host play a strategy; the same seed gives the same half year.

    Args:
        stage: the fixed market.
        host: row number of the seller.
        strategy: how it buys.
        seed: of all chance in it, with the host's number.
        number: keeps the keys of its rows apart from those of the others in the same copy.

    """
    host = int(host)
    player = Player(stage, host, strategy, np.random.default_rng([*seed, host]), number)
    acts = player.play()
    usual, extra, rows = _Sales(stage, host, acts.effects, np.random.default_rng([*seed, host, 1])).trade()
    return Entrant(host, acts.bought(strategy, player.helpers), usual, extra, (*acts.rows, *rows))


class _Sales:
    """Sales and places of a host's products, week by week, beside those of the fixed market.

    The rate of the fixed market, all luck included, is multiplied by what the changed rating and place are worth in
    `simulator.demand`; of the rivals' places none is changed.
    """

    def __init__(self, stage: Stage, host: int, effects: list[Effect], random: np.random.Generator) -> None:
        world = stage.world
        self._stage, self._random = stage, random
        self._product = np.flatnonzero(world.products.seller == host)
        pairs = stage.pairs_of(self._product)
        self._pair = pairs
        self._of = np.searchsorted(self._product, world.searches.product[pairs])
        self._query = world.searches.query[pairs]
        ends = np.append(world.searches.first[1:], len(world.searches.product))
        self._bounds = world.searches.first[self._query], ends[self._query]
        self._shows = defaultdict(list)
        for effect in effects:
            self._shows[effect.week + 1].append(effect)
        count = len(self._product)
        self._count, self._stars, self._pace = np.zeros(count), np.zeros(count), np.zeros(count)

    def trade(self) -> tuple[float, float, list[Rows]]:
        """Expected revenue without the scheme, what the scheme adds, and the corrected rows."""
        usual = extra = 0.0
        rows: list[Rows] = []
        for number, week in enumerate(self._stage.weeks):
            for effect in self._shows.get(number, ()):
                place = int(np.searchsorted(self._product, effect.product))
                self._count[place] += effect.reviews
                self._stars[place] += effect.stars
            traded = week.traded
            rate, price = traded.rate[self._product], traded.price[self._product]
            usual += float((rate * price).sum())
            if not (self._count.any() or self._stars.any() or self._pace.any()):
                continue
            ratio, rows_of_places = self._ratio(week)
            more = rate * (ratio - 1)
            extra += float((more * price).sum())
            units = traded.units[self._product]
            sold = units + self._random.poisson(np.maximum(more, 0))
            sold -= self._random.binomial(units, np.clip(1 - ratio, 0, 1))
            self._pace = 0.75 * self._pace + 0.25 * (sold - units)
            rows += [*rows_of_places, *self._sales(week, units, sold, number)]
        return usual, extra, rows

    def _ratio(self, week: StagedWeek) -> tuple[Floats, list[Rows]]:
        """By how much each product sells more, and its changed places."""
        rules, traded = self._stage.world.settings.demand, week.traded
        count, stars = week.shown_count[self._product], week.shown_stars[self._product]
        edge = _edge(count + self._count, stars + self._stars) - _edge(count, stars)
        pace = traded.pace[self._product]
        lift = rules.sales_weight * (np.log1p(np.maximum(pace + self._pace, 0)) - np.log1p(pace))
        lift += rules.rating_weight * edge
        before = self._places(week, np.zeros(len(self._pair)))
        after = self._places(week, lift[self._of])
        wish_before, wish_after = self._wish(before), self._wish(after)
        ratio = np.exp(0.3 * edge) * wish_after / np.maximum(wish_before, 1e-300)
        active = traded.active[self._product]
        return np.where(active, ratio, 1.0), self._moved(week, before, after, active)

    def _places(self, week: StagedWeek, lift: Floats) -> Ints:
        standing, buyable = week.traded.standing, week.traded.active[self._stage.world.searches.product]
        place = np.ones(len(self._pair), dtype=np.int64)
        for number, (low, high) in enumerate(zip(*self._bounds, strict=True)):
            own = self._pair[number]
            better = buyable[low:high] & (standing[low:high] > standing[own] + lift[number])
            place[number] += int(better.sum()) - int(better[own - low])
        return place

    def _wish(self, place: Ints) -> Floats:
        world = self._stage.world
        rules = world.settings.demand
        usual = (np.arange(1, rules.candidates_per_query + 1.0) ** -rules.place_exponent).sum()
        clicks = world.searches.weight[self._query] * place.astype(float) ** -rules.place_exponent / usual
        found = np.bincount(self._of, clicks, minlength=len(self._product))
        direct = world.products.appeal[self._product] / len(world.products.appeal)
        return np.asarray(rules.direct_share * direct + (1 - rules.direct_share) * found)

    def _moved(self, week: StagedWeek, before: Ints, after: Ints, active: Bools) -> list[Rows]:
        shown = self._stage.world.settings.demand.places_shown
        moved = (after != before) & (after <= shown) & active[self._of]
        query = self._query[moved]
        columns = {
            "product_id": self._product[self._of[moved]],
            "query_id": query,
            "observed_on": week.traded.looked_on[query],
            "position": after[moved],
            "sponsored": 0,
        }
        return [("search_ranks", week.traded.looked_recorded[query] + HOUR, columns)] if moved.any() else []

    def _sales(self, week: StagedWeek, units: Ints, sold: Ints, number: int) -> list[Rows]:
        """Rows for what sold otherwise: corrections of the market's own, and days on which nothing had sold."""
        changed = np.flatnonzero(sold != units)
        if not len(changed):
            return []
        known = week.traded.sales
        product = self._product[changed]
        at = np.minimum(np.searchsorted(known["product_id"], product), len(known["product_id"]) - 1)
        listed = known["product_id"][at] == product
        monday = self._stage.world.week_start(self._stage.entry + number) // DAY
        day = np.where(listed, known["sold_on"][at], monday + self._random.integers(0, 7, len(product)))
        recorded = np.where(listed, known["recorded_at"][at], (day + 1) * DAY + 2 * HOUR) + HOUR
        revenue = np.round(sold[changed] * week.traded.price[product], 2)
        columns: dict[str, npt.NDArray[np.generic] | int] = {
            "product_id": product,
            "sold_on": day,
            "units": sold[changed],
            "revenue": revenue,
        }
        return [("sales", recorded, columns)]


def _edge(count: Floats, stars: Floats) -> Floats:
    """Shown rating above 4.2, as `simulator.demand` takes it."""
    count = np.maximum(count, 0)
    return np.asarray((stars / np.maximum(count, 1) - 4.2) * count / (count + 10))
