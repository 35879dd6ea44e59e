"""The fixed market that an entrant joins: simulated once more, with all that no table tells of the weeks after entry.

The entrant is one of the market's own honest sellers who begins to buy help. Nothing of the market is drawn anew, so
every other row stays as it is, byte for byte; what a scheme changes is worked out from what is remembered here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt

from features.errors import WrongUse
from simulator.demand import Traded
from simulator.findings import Docket
from simulator.market import simulate
from simulator.population import Staff
from simulator.rings import Rings, Spells
from simulator.settings import SimulatorSettings
from simulator.world import World
from training.evasion.effort import WEEKS

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

AT_HAND_WEEKS = 45
"""Reviews older than this are not removed on order, as in `simulator.paid_removals`."""
STARS_OF_CRITICS = 2
_MOST_HOSTS = 800


@dataclass(frozen=True)
class StagedWeek:
    """A week of the fixed market: what trade came to, and what the shelf showed before it, by product."""

    traded: Traded
    shown_count: Floats
    shown_stars: Floats


@dataclass(frozen=True)
class Stage:
    """The market after its last week, and what it did in the weeks of an entrant.

    Attributes:
        world: population and shelf as they ended.
        entry: the week in which an entrant begins.
        weeks: of the entrant, the first first.
        staff: who worked where at entry.
        rings: bribed staff.
        hosts: row numbers of the honest sellers of whom one may become an entrant, in random order.

    """

    world: World
    entry: int
    weeks: tuple[StagedWeek, ...]
    staff: Staff
    rings: Rings
    hosts: Ints

    @property
    def entry_on(self) -> date:
        """The first day of an entrant."""
        return self.world.settings.market.start_on + timedelta(weeks=self.entry)

    def reviews_of(self, seller: int) -> Ints:
        """Row numbers of the reviews of what a seller sells, in the order of posting."""
        order, ends = self._reviews
        return np.sort(order[ends[seller] : ends[seller + 1]])

    def pairs_of(self, products: Ints) -> Ints:
        """Places among the searches' candidates of some products."""
        return np.flatnonzero(np.isin(self.world.searches.product, products))

    @cached_property
    def _reviews(self) -> tuple[Ints, Ints]:
        owner = self.world.products.seller[self.world.shelf.product]
        order = np.argsort(owner, kind="stable")
        return order, np.searchsorted(owner[order], np.arange(len(self.world.sellers.size) + 1))


class _Watcher:
    """Remembers the weeks from the entry on."""

    def __init__(self, entry: int) -> None:
        self.entry = entry
        self.weeks: list[StagedWeek] = []
        self.stage: Stage | None = None
        self._owner: Ints = np.empty(0, dtype=np.int64)
        self._staff: Staff | None = None

    def see(self, world: World, traded: Traded, week: int) -> None:
        if week == self.entry:
            self._owner = world.products.seller.copy()
            self._staff = Staff(**{name: values.copy() for name, values in vars(world.staff).items()})
        if self.entry <= week < self.entry + WEEKS:
            shelf = world.shelf
            self.weeks.append(StagedWeek(traded, shelf.shown_count.copy(), shelf.shown_stars.copy()))

    def end(self, world: World, spells: Spells, rings: Rings, docket: Docket) -> None:
        if self._staff is None or self.stage is not None:
            return
        hosts = _hosts(world, spells, docket, self._owner, self.entry)
        self.stage = Stage(world, self.entry, tuple(self.weeks), self._staff, rings, hosts)


def set_stage(settings: SimulatorSettings, entry_on: date) -> Stage:
    """Simulate the market again and remember the weeks from a date on.

    Raises:
        WrongUse: the market has no such week, or fewer than ``WEEKS`` after it, or consists of several marketplaces.

    """
    market = settings.market
    entry, odd = divmod((entry_on - market.start_on).days, 7)
    last = market.start_on + timedelta(weeks=market.weeks - WEEKS)
    if odd or entry < 1 or entry + WEEKS > market.weeks:
        raise WrongUse(
            f"--as-of {entry_on}: an entrant needs {WEEKS} simulated weeks and begins with one of the market's weeks,"
            f" {market.start_on + timedelta(weeks=1)}, a week later, ... or {last} at the latest"
        )
    if market.sellers > market.max_sellers_per_market:
        raise WrongUse(
            f"the market has {market.sellers:,} sellers in several marketplaces; the price of evasion is measured in"
            f" one of at most {market.max_sellers_per_market:,} sellers: simulate a smaller one"
        )
    watcher = _Watcher(entry)
    with TemporaryDirectory() as folder:
        simulate(Path(folder) / "data", Path(folder) / "truth", settings, watcher)
    if watcher.stage is None:
        raise WrongUse(f"--as-of {entry_on}: the market ended before the entrant's first week; give an earlier date")
    return watcher.stage


def critics_at_hand(world: World, sellers: Ints, week: int) -> Ints:
    """How many reviews each seller might have removed when a week begins."""
    review = np.flatnonzero(removable(world, week))
    owner = world.products.seller[world.shelf.product[review]]
    return np.bincount(owner, minlength=len(world.sellers.size))[sellers]


def removable(world: World, week: int) -> npt.NDArray[np.bool_]:
    """Which reviews an entrant can take down in a week: recent critics whom nobody else ever acts on.

    The simulator's own brokers leave alone what others are about to act on, too.
    """
    shelf, now = world.shelf, world.week_start(week)
    since = world.week_start(week - AT_HAND_WEEKS)
    untouched = shelf.visible & (shelf.settled == shelf.created)
    return np.asarray(untouched & (shelf.created >= since) & (shelf.created < now) & (shelf.rating <= STARS_OF_CRITICS))


def _hosts(world: World, spells: Spells, docket: Docket, owner: Ints, entry: int) -> Ints:
    """Honest sellers in random order, drawn with the weights of culprits: rather large ones with bad reviews.

    Without those who ever were guilty or investigated, whose listings changed hands, who were not open throughout,
    or who have too few critics to order a removal.
    """
    rules, sellers = world.settings.guilt, world.sellers
    count = len(sellers.size)
    able = (sellers.opened_week < entry - 13) & (sellers.closed_week > entry + WEEKS) & (docket.free_from == 0)
    able[spells.seller] = False
    moved = np.flatnonzero(owner != world.products.seller)
    able[owner[moved]] = able[world.products.seller[moved]] = False
    able &= critics_at_hand(world, np.arange(count), entry) >= world.settings.schemes.order_size
    need = -rules.quality_bias * sellers.quality / max(world.settings.reviews.seller_quality_sigma, 0.01)
    weight = sellers.size**rules.size_bias * np.exp(np.clip(need, -9, 9))
    random = np.random.default_rng([world.settings.market.seed, entry, 9])
    chance = np.log(random.random(count)) / weight
    order = np.argsort(-np.where(able, chance, -np.inf), kind="stable")
    return random.permutation(order[: min(int(able.sum()), _MOST_HOSTS)])
