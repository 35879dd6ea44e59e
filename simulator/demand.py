"""A week of trade: search places follow sales and ratings, sales follow places, and both are reported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from simulator.clock import DAY, HOUR, times_of_day
from simulator.world import World

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

UNRANKED = 1_000_000


@dataclass(frozen=True)
class Traded:
    """What a week of trade came to; entries by product, or by candidate of a query as in `Searches`.

    Attributes:
        active: products that could be bought.
        pace: of sales, as search saw it.
        standing: of each candidate, in log points.
        rate: units that were to be expected, with all that was known and all that was luck.
        units: sold.
        price: charged for a unit.
        sales: the reported rows: product_id, sold_on, units, revenue, recorded_at.
        looked_on: day on which each query was looked at.
        looked_recorded: when its places were recorded.

    """

    active: Bools
    pace: Floats
    standing: Floats
    rate: Floats
    units: Ints
    price: Floats
    sales: dict[str, npt.NDArray[Any]]
    looked_on: Ints
    looked_recorded: Ints


@dataclass
class Trade:
    """What demand remembers from week to week: pace of sales, wobble of relevance, running promotions."""

    pace: Floats
    wobble: Floats
    promoted_until: Ints
    advertised: Bools


def open_trade(world: World) -> Trade:
    """The state before the first week: every product sells at the pace of its appeal."""
    random, rules = world.random("demand"), world.settings.demand
    count = len(world.products.seller)
    per_product = rules.units_per_seller * len(world.sellers.size) / count
    return Trade(
        pace=per_product * world.products.appeal,
        wobble=random.normal(0, rules.rank_noise, len(world.searches.product)),
        promoted_until=np.full(count, -1, dtype=np.int64),
        advertised=random.random(count) < rules.advertised_share,
    )


def trade(world: World, state: Trade, week: int) -> Traded:
    """Rank, sell and report one week; leaves the units sold in `world.units`."""
    random, rules = world.random("demand"), world.settings.demand
    active = world.active_products(week)
    starts = active & (random.random(len(active)) < rules.promotions_per_year / 52)
    state.promoted_until[starts] = week + random.integers(1, 4, int(starts.sum()))
    promoted = state.promoted_until > week
    state.wobble = 0.8 * state.wobble + random.normal(0, 0.6 * rules.rank_noise, len(state.wobble))
    standing = _standing(world, state, promoted)
    place = _places(world, standing, active)
    expected = _expected_units(world, place, week) * np.where(promoted, rules.promotion_lift, 1.0)
    rate = np.where(active, expected * world.lift, 0) * random.gamma(8, 1 / 8, len(active))
    units = random.poisson(rate)
    world.units = units
    pace, state.pace = state.pace, 0.75 * state.pace + 0.25 * units
    sales = _report_sales(world, units, promoted, week)
    looked_on, looked_recorded = _report_places(world, place, promoted | state.advertised, active, week)
    price = world.products.price * np.where(promoted, 0.8, 1.0)
    return Traded(active, pace, standing, rate, units, price, sales, looked_on, looked_recorded)


def _standing(world: World, state: Trade, promoted: Bools) -> Floats:
    """Relevance of each candidate of each query, in log points."""
    rules, product = world.settings.demand, world.searches.product
    merit = rules.sales_weight * np.log1p(state.pace) + rules.rating_weight * _shown_rating_edge(world)
    merit += world.boost + 0.3 * promoted
    return merit[product] + world.searches.relevance + state.wobble


def _shown_rating_edge(world: World) -> Floats:
    """Shown rating above 4.2, trusted more the more reviews there are."""
    count = np.maximum(world.shelf.shown_count, 0)
    mean = world.shelf.shown_stars / np.maximum(count, 1)
    return np.asarray((mean - 4.2) * count / (count + 10))


def _places(world: World, standing: Floats, active: Bools) -> Ints:
    """Place of each candidate in its query, 1 at the top; `UNRANKED` for what cannot be bought."""
    searches = world.searches
    buyable = active[searches.product]
    order = np.lexsort((np.where(buyable, -standing, np.inf), searches.query))
    query = searches.query[order]
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order)) - searches.first[query] + 1
    return np.where(buyable, place, UNRANKED)


def _expected_units(world: World, place: Ints, week: int) -> Floats:
    rules, searches = world.settings.demand, world.searches
    products = len(world.products.seller)
    total = rules.units_per_seller * len(world.sellers.size) * (1 + rules.growth_per_year * week / 52)
    season = 1 + rules.season_amplitude * np.sin(2 * np.pi * (week + 3 * world.products.category) / 52)
    clicks = place.astype(float) ** -rules.place_exponent
    usual = (np.arange(1, rules.candidates_per_query + 1.0) ** -rules.place_exponent).sum()
    found = np.bincount(searches.product, searches.weight[searches.query] * clicks / usual, minlength=products)
    direct = world.products.appeal / products
    wish = rules.direct_share * direct + (1 - rules.direct_share) * found
    return np.asarray(total * wish * season * np.exp(0.3 * _shown_rating_edge(world)))


def _report_sales(world: World, units: Ints, promoted: Bools, week: int) -> dict[str, npt.NDArray[Any]]:
    """Report the week's sales and later corrections of some; returns the rows as first reported."""
    random, rules = world.random("sales"), world.settings.demand
    product = np.flatnonzero(units > 0)
    day = world.week_start(week) // DAY + random.integers(0, 7, len(product))
    price = world.products.price[product] * np.where(promoted[product], 0.8, 1.0)
    price *= random.uniform(0.97, 1.03, len(product))
    sold = units[product]
    recorded = world.recorded("sales", (day + 1) * DAY + random.integers(1, 6, len(product)) * HOUR, leaf=True)
    rows: dict[str, npt.NDArray[Any]] = {
        "product_id": product,
        "sold_on": day,
        "units": sold,
        "revenue": np.round(sold * price, 2),
    }
    world.delivery.add("sales", recorded, {**rows})
    fixed = np.flatnonzero((random.random(len(product)) < rules.correction_share) & (sold > 1))
    left = sold[fixed] - random.integers(1, sold[fixed])
    later = recorded[fixed] + random.integers(1, 21, len(fixed)) * DAY
    world.delivery.add(
        "sales",
        later,
        {
            "product_id": product[fixed],
            "sold_on": day[fixed],
            "units": left,
            "revenue": np.round(left * price[fixed], 2),
        },
    )
    return {**rows, "recorded_at": recorded}


def _report_places(world: World, place: Ints, sponsored: Bools, active: Bools, week: int) -> tuple[Ints, Ints]:
    """Report the first page of each query; returns on which day it was looked at, and when that was recorded."""
    random, searches = world.random("places"), world.searches
    queries = len(searches.first)
    day = world.week_start(week) // DAY + random.integers(0, 7, queries)
    recorded = (day + 1) * DAY + times_of_day(random, queries) // 4
    shown = np.flatnonzero(place <= world.settings.demand.places_shown)
    query = searches.query[shown]
    world.delivery.add(
        "search_ranks",
        recorded[query],
        {
            "product_id": searches.product[shown],
            "query_id": query,
            "observed_on": day[query],
            "position": place[shown],
            "sponsored": 0,
        },
    )
    paying = np.flatnonzero((sponsored & active)[searches.product])
    paying = paying[np.lexsort((random.random(len(paying)), searches.query[paying]))]
    query = searches.query[paying]
    first = np.searchsorted(query, query)
    slot = np.arange(len(query)) - first + 1
    kept = slot <= 3
    world.delivery.add(
        "search_ranks",
        recorded[query[kept]],
        {
            "product_id": searches.product[paying[kept]],
            "query_id": query[kept],
            "observed_on": day[query[kept]],
            "position": slot[kept],
            "sponsored": 1,
        },
    )
    return day, recorded
