"""Simulates marketplaces week by week and writes their tables and, apart, the truth."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from simulator.accounts import change_hands, enter, enter_staff, police
from simulator.clock import instants_in_week
from simulator.demand import Traded, open_trade, trade
from simulator.findings import Docket, take_down
from simulator.look_alikes import Episodes, crowd_reviews, plan_episodes, rightful_work, stir
from simulator.look_ups import routine
from simulator.moderation import Work, examine, joined
from simulator.paid_removals import paid_removals
from simulator.population import NEVER
from simulator.reviewing import fates, receive, stock_shelves
from simulator.rings import Rings, Spells, helpers, note_guilt, plan_guilt
from simulator.schema import code
from simulator.schemes import (
    buy_reviews,
    buyer_report,
    pressure,
    sabotage,
    sell_data,
    sell_standing,
)
from simulator.settings import SimulatorSettings
from simulator.truth import SETTINGS
from simulator.verdicts import investigate, open_docket
from simulator.world import World, found_world

Ints = npt.NDArray[np.int64]


class Witness(Protocol):
    """Sees what no table tells, without touching it."""

    def see(self, world: World, traded: Traded, week: int) -> None:
        """Look at a week right after its trade."""

    def end(self, world: World, spells: Spells, rings: Rings, docket: Docket) -> None:
        """Look at a market after its last week."""


def simulate(out: Path, truth: Path, settings: SimulatorSettings, witness: Witness | None = None) -> None:
    """Write a marketplace below `out` and what is true of it below `truth`.

    `OUT/TABLE/recorded_on=DATE/part.parquet` holds what was recorded in the week that ends on DATE, and
    `TRUTH/settings.json` from what the market was made. More sellers than
    `max_sellers_per_market` become further marketplaces, simulated one after the other, so that memory is bounded.
    The same settings give the same bytes.
    """
    truth.mkdir(parents=True, exist_ok=True)
    (truth / SETTINGS).write_text(settings.model_dump_json(indent=1) + "\n", encoding="utf-8")
    left, number = settings.market.sellers, 0
    while left > 0:
        sellers = min(left, settings.market.max_sellers_per_market)
        _simulate_market(found_world(out, truth, settings, number, sellers), witness)
        left, number = left - sellers, number + 1


def _simulate_market(world: World, witness: Witness | None) -> None:
    market = world.settings.market
    world.number_rows("reviewer", round(world.settings.population.reviewers_per_seller * len(world.sellers.size)))
    world.number_rows("owner", len(world.sellers.size))
    spells, rings = plan_guilt(world)
    episodes = plan_episodes(world)
    trading, docket = open_trade(world), open_docket(world)
    stock_shelves(world)
    enter_staff(world)
    take_down_in = round(world.settings.events.takedown_at_share * market.weeks)
    for week in range(market.weeks):
        world.counters["week"] = week
        world.shelf.begin_week(week)
        enter(world, week)
        change_hands(world, week)
        stir(world, episodes, week)
        traded = trade(world, trading, week)
        if witness is not None:
            witness.see(world, traded, week)
        if week == take_down_in >= 0:
            take_down(world, docket, spells, rings, week)
        work = _post_and_plan(world, episodes, spells, rings, week)
        examine(world, work, week)
        pressure(world, spells, rings, week)
        sell_data(world, spells, rings, week)
        factor, helper = sell_standing(world, spells, rings, week)
        police(world, week, episodes.of("wrong_suspension", week), factor, helper)
        routine(world, week, episodes.of("key_account", week))
        _mistaken_reports(world, episodes, week)
        investigate(world, docket, spells, rings, week)
        _end_unserved(world, spells, rings, week)
        world.delivery.write_until(week)
    for table in ("reviews", "review_actions"):
        world.delivery.complete_day(table, market.weeks - 1)
    world.delivery.write_until(market.weeks)
    note_guilt(world, spells, rings)
    world.truth.write()
    if witness is not None:
        witness.end(world, spells, rings, docket)


def _post_and_plan(world: World, episodes: Episodes, spells: Spells, rings: Rings, week: int) -> Work:
    """All reviews of the week, honest or not, and all work that staff take up in it."""
    receive(world, week)
    crowd_reviews(world, episodes, week)
    buy_reviews(world, spells, week)
    sabotage(world, spells, week)
    flagged = fates(
        world,
        week,
        _mask(world, episodes.of("zealous_service", week)),
        _mask(world, episodes.of("serial_flagger", week)),
        _mask(world, episodes.of("delivery_trouble", week)),
    )
    planned = [flagged, *rightful_work(world, week)]
    honest = [work.still_visible(world.shelf.visible) for work in planned]  # a purge takes down what was to be swept
    moderators = int((world.staff.role == code("role", "moderator")).sum())
    usual = sum(len(work.review) for work in honest) / moderators
    taken = np.concatenate([work.review for work in honest])
    paid = []
    for work in paid_removals(world, spells, rings, week, usual):
        paid.append(work.without(taken))
        taken = np.concatenate([taken, work.review])
    return joined([*[work.first_of_each() for work in [joined(honest)]], *paid])


def _mistaken_reports(world: World, episodes: Episodes, week: int) -> None:
    """Buyers report sellers without cause, more often those whose service writes to its critics."""
    random, shelf = world.random("mistaken reports"), world.shelf
    review = np.arange(shelf.first_since(0), shelf.count)
    seller = world.products.seller[shelf.product[review]]
    zealous = _mask(world, episodes.of("zealous_service", week))[seller]
    chance = world.settings.look_ups.buyer_reports_per_review * np.where(zealous, 6.0, 1.0)
    told = random.random(len(review)) < chance
    contact = random.random(len(review)) < np.where(zealous, 0.85, 0.4)
    at = instants_in_week(random, len(review), world.week_start(week))
    for kind, chosen in (("off_platform_contact", told & contact), ("paid_review", told & ~contact)):
        buyer_report(world, random, seller[chosen], shelf.reviewer[review[chosen]], at[chosen], kind)


def _end_unserved(world: World, spells: Spells, rings: Rings, week: int) -> None:
    """Schemes end when the account closes, and those that need staff when all the broker's staff are caught."""
    random = world.random("unserved")
    gone = (world.sellers.closed_week[spells.seller] <= week) & spells.guilty(week)
    spells.end[gone] = np.maximum(week, spells.onset[gone] + 1)
    for scheme in ("paid_removal", "reviewer_pressure", "paid_standing", "data_purchase"):
        running = spells.running(scheme, week)
        unserved = running[helpers(world, random, rings, spells.ring[running], scheme) < 0]
        spells.end[unserved] = np.maximum(week, spells.onset[unserved] + 1)


def _mask(world: World, sellers: Ints) -> npt.NDArray[np.bool_]:
    mask = np.zeros(len(world.sellers.size), dtype=bool)
    mask[sellers] = True
    return mask


__all__ = ["NEVER", "Witness", "simulate"]
