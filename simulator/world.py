"""The state of one market between two weeks, and what all its parts share."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from simulator.clock import DAY, WEEK, instant_of, recorded_after
from simulator.delivery import Delivery
from simulator.identity import Identity
from simulator.population import (
    Products,
    Searches,
    Sellers,
    Staff,
    hire_staff,
    list_products,
    open_searches,
    queue_of_category,
    settle_sellers,
    vocabularies,
)
from simulator.settings import SimulatorSettings
from simulator.shelf import Shelf
from simulator.truth import Truth

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Random = np.random.Generator


@dataclass
class World:
    """One market: its population, its shelf, where its rows go, and its counters."""

    settings: SimulatorSettings
    number: int
    start: int
    marketplace: str
    identity: Identity
    delivery: Delivery
    truth: Truth
    sellers: Sellers
    products: Products
    searches: Searches
    staff: Staff
    shelf: Shelf
    queue_of_category: Ints
    lift: Floats
    boost: Floats
    quality_shift: Floats
    suspicion: Floats
    units: Ints
    counters: dict[str, int] = field(default_factory=dict)
    _streams: dict[str, Random] = field(default_factory=dict)

    def random(self, part: str) -> Random:
        """The part's own stream of chance: what one part draws changes no other part's draws."""
        if part not in self._streams:
            entropy = [self.settings.market.seed, self.number, zlib.crc32(part.encode())]
            self._streams[part] = np.random.Generator(np.random.PCG64(np.random.SeedSequence(entropy)))
        return self._streams[part]

    def number_rows(self, entity: str, count: int) -> Ints:
        """Fresh row numbers of an entity."""
        first = self.counters.get(entity, 0)
        self.counters[entity] = first + count
        return np.arange(first, first + count, dtype=np.int64)

    def week_start(self, week: int) -> int:
        """First instant of a week."""
        return self.start + week * WEEK

    def week_of(self, instants: Ints) -> Ints:
        """Week in which an instant falls."""
        return (instants - self.start) // WEEK

    def open_sellers(self, week: int) -> Bools:
        """Which sellers opened before this week and have not closed."""
        return (self.sellers.opened_week < week) & (self.sellers.closed_week > week)

    def active_products(self, week: int) -> Bools:
        """Which products can be bought in a week."""
        now = self.week_start(week)
        seller = self.products.seller
        trading = self.open_sellers(week) & (self.sellers.suspended_until <= now)
        return (self.products.listed_week < week) & trading[seller] & (self.products.suspended_until <= now)

    def drift(self, week: int) -> float:
        """How far the market has drifted, in years times the yearly drift."""
        return self.settings.events.drift_per_year * week / 52

    def recorded(self, part: str, happened: Ints, *, leaf: bool) -> Ints:
        """When the platform's store first held events of a part."""
        return recorded_after(self.random(f"{part} recording"), happened, self.settings.recording, leaf=leaf)


def found_world(out: Path, truth: Path, settings: SimulatorSettings, number: int, sellers: int) -> World:
    """One market of the given number of sellers before its first week."""
    market = settings.market
    start = instant_of(market.start_on)
    name = market.marketplaces[number] if number < len(market.marketplaces) else f"M{number + 1}"
    identity = Identity(market.seed, number)
    words = vocabularies(settings.population, name)
    part = "part" if number == 0 else f"part_{number + 1}"
    seed = np.random.SeedSequence([market.seed, number, zlib.crc32(b"population")])
    random = np.random.Generator(np.random.PCG64(seed))
    people = settle_sellers(random, sellers, settings, start)
    products = list_products(random, people, settings, start)
    searches = open_searches(random, products, settings)
    count = len(products.seller)
    delivery = Delivery(out, part, start, market.weeks, identity, words, text_ids=market.ids == "string")
    return World(
        settings=settings,
        number=number,
        start=start,
        marketplace=name,
        identity=identity,
        delivery=delivery,
        truth=Truth(truth, part, delivery),
        sellers=people,
        products=products,
        searches=searches,
        staff=hire_staff(random, people, settings),
        shelf=Shelf(count, start, market.weeks),
        queue_of_category=queue_of_category(settings.population),
        lift=np.ones(count),
        boost=np.zeros(count),
        quality_shift=np.zeros(count),
        suspicion=np.zeros(sellers),
        units=np.zeros(count, dtype=np.int64),
    )


def day_of(instants: Ints) -> Ints:
    """Days since 1970 of instants; null stays null."""
    return np.where(instants < 0, -1, instants // DAY)
