"""Reviews as customers write them, and what authors and machines do to them afterwards."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from simulator.clock import DAY, SECOND, instants_in_week, recorded_after
from simulator.moderation import Work, honest_work, report_actions
from simulator.schema import code
from simulator.shelf import BOUGHT, FLOOD, HONEST
from simulator.world import World

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Random = np.random.Generator

_VERIFIED = np.array([1.0, 0.97, 0.55, 0.97])  # of the usual share, by origin: a flood seldom bought anything


def stock_shelves(world: World) -> None:
    """Reviews from before the start, for products that were listed then."""
    settings, random = world.settings, world.random("reviews")
    weeks = settings.market.stock_weeks
    begin = np.maximum(world.products.listed_day + 1, world.start // DAY - 7 * weeks)
    days = np.maximum(0, world.start // DAY - begin)
    pace = settings.demand.units_per_seller * len(world.sellers.size) / len(days) * world.products.appeal
    product = np.repeat(np.arange(len(days)), random.poisson(settings.reviews.per_unit * pace * days / 7))
    at = begin[product] * DAY + (random.random(len(product)) * days[product] * 86_400).astype(np.int64) * SECOND
    order = np.argsort(at, kind="stable")
    post(world, product[order], reviewers_for(world, random, product[order]), None, at[order], HONEST)


def receive(world: World, week: int) -> None:
    """The week's reviews of what was sold."""
    random, rules = world.random("reviews"), world.settings.reviews
    chance = min(1.0, rules.per_unit * (1 + world.drift(week)))
    product = np.repeat(np.arange(len(world.units)), random.binomial(world.units, chance))
    at = instants_in_week(random, len(product), world.week_start(week))
    post(world, product, reviewers_for(world, random, product), None, at, HONEST)


def post(world: World, product: Ints, reviewer: Ints, rating: Ints | None, at: Ints, origin: int) -> Ints:
    """Put reviews on the shelf and report them; without a rating the stars follow the product's quality."""
    random, rules = world.random("stars"), world.settings.reviews
    if rating is None:
        merit = world.products.quality + world.quality_shift
        latent = merit[product] + random.logistic(0, 1, len(product))
        rating = 1 + np.searchsorted(np.array(rules.thresholds), latent)
    recorded = recorded_after(world.random("review recording"), at, world.settings.recording, leaf=False)
    review = world.shelf.post(product, reviewer, rating, at, recorded, origin)
    verified = random.random(len(product)) < rules.verified_share * _VERIFIED[origin]
    world.delivery.add(
        "reviews",
        recorded,
        {
            "review_id": review,
            "product_id": product,
            "reviewer_id": reviewer,
            "rating": rating,
            "verified": verified.astype(np.int64),
            "created_at": at,
        },
    )
    return review


def reviewers_for(world: World, random: Random, product: Ints) -> Ints:
    """Customers: a few write much, and most keep to a few categories."""
    pool = world.counters["reviewer"]
    kinds = len(world.settings.population.categories)
    any_one = (pool * random.random(len(product)) ** 2).astype(np.int64)
    block = pool // kinds
    faithful = random.random(len(product)) < 0.6
    return np.where(faithful, world.products.category[product] * block + any_one // kinds, any_one)


def fates(world: World, week: int, zealous: Bools, flagging: Bools, trouble: Bools) -> Work:
    """What becomes of the week's new reviews; returns those that staff will examine.

    The masks say which sellers care for critics, flag them all, or have delivery trouble now.
    """
    random, rules = world.random("fates"), world.settings.reviews
    moderation, alike, shelf = world.settings.moderation, world.settings.look_alikes, world.shelf
    review = np.arange(shelf.first_since(0), shelf.count)
    star = shelf.rating[review].astype(np.int64) - 1
    seller = world.products.seller[shelf.product[review]]
    critical = star <= 1
    care = np.where(zealous[seller] & critical, alike.zealous_factor, 1.0)
    steps = np.stack(
        [
            np.array(rules.author_removed_by_star)[star] * (1 + (care - 1) * 0.5),
            np.array(rules.author_edited_by_star)[star] * care,
            np.array(rules.automation_removed_by_star)[star],
            np.array(moderation.flagged_by_star)[star]
            * np.where(flagging[seller] & (star <= 2), alike.serial_flagger_factor, 1.0)
            * (1 + world.drift(week)),
        ]
    ).cumsum(axis=0)
    fate = (random.random(len(review)) >= steps).sum(axis=0)
    take_back(world, random, review[fate == 0], rules.author_delay_days)
    change_stars(world, random, review[fate == 1], rules.author_delay_days)
    remove_by_machine(world, random, review[fate == 2], rules.automation_delay_days)
    return _flagged(world, random, review[fate == 3], trouble)


def take_back(world: World, random: Random, review: Ints, delay_days: float, not_before: int = 0) -> Ints:
    """Authors remove their reviews; returns when."""
    at = np.maximum(world.shelf.settled[review], not_before) + _later(random, len(review), delay_days)
    report_actions(
        world,
        review,
        at,
        code("action", "removed"),
        {"actor_kind": code("actor_kind", "reviewer"), "trigger": code("trigger", "none")},
    )
    world.shelf.remove(review, at)
    return at


def change_stars(world: World, random: Random, review: Ints, delay_days: float, not_before: int = 0) -> Ints:
    """Authors change their stars, critics mostly upwards; returns when."""
    old = world.shelf.rating[review].astype(np.int64)
    up = random.random(len(review)) < np.where(old <= 3, 0.8, 0.4)
    step = np.where(old <= 2, random.integers(1, 4, len(review)), 1)
    new = np.where(up, old + step, old - 1)
    new = np.where(new > 5, 4, np.where(new < 1, 2, new))
    at = np.maximum(world.shelf.settled[review], not_before) + _later(random, len(review), delay_days)
    new = np.where(new == old, np.where(old == 5, 4, old + 1), new)
    report_actions(
        world,
        review,
        at,
        code("action", "edited"),
        {
            "actor_kind": code("actor_kind", "reviewer"),
            "trigger": code("trigger", "none"),
            "new_rating": new,
        },
    )
    world.shelf.rate_anew(review, new, at)
    return at


def remove_by_machine(world: World, random: Random, review: Ints, delay_days: float, not_before: int = 0) -> None:
    """Automation removes what it takes for fake."""
    at = np.maximum(world.shelf.settled[review], not_before) + _later(random, len(review), delay_days)
    reason = random.choice([code("reason", r) for r in ("incentivised", "duplicate", "policy")], len(review))
    report_actions(
        world,
        review,
        at,
        code("action", "removed"),
        {
            "actor_kind": code("actor_kind", "automation"),
            "trigger": code("trigger", "automation"),
            "reason": reason,
        },
    )
    world.shelf.remove(review, at)


def _flagged(world: World, random: Random, review: Ints, trouble: Bools) -> Work:
    rules, shelf = world.settings.moderation, world.shelf
    star = shelf.rating[review].astype(np.int64) - 1
    day = shelf.created[review] // DAY + 1 + random.exponential(rules.flag_delay_days, len(review)).astype(np.int64)
    seller = world.products.seller[shelf.product[review]]
    chance = np.array(rules.removed_if_flagged_by_star)[star]
    late_parcels = trouble[seller] & (star <= 1)
    chance = np.where(late_parcels, world.settings.look_alikes.delivery_removed_share + 0.15, chance)
    return honest_work(
        review,
        np.arange(len(review)),
        day,
        flag_triggers(random, star <= 2),
        reasons_for(random, star <= 2, late_parcels),
        chance,
    )


def flag_triggers(random: Random, critical: Bools) -> Ints:
    """What drew attention: sellers flag critics, readers and machines flag praise."""
    names = ("reader_flag", "seller_flag", "automation", "none")
    codes = np.array([code("trigger", name) for name in names])
    against = np.searchsorted([0.08, 0.80, 0.90], random.random(len(critical)))
    praise = np.searchsorted([0.08, 0.20, 0.86], random.random(len(critical)))
    return codes[np.where(critical, against, praise)]


def reasons_for(random: Random, critical: Bools, late_parcels: Bools) -> Ints:
    """The rule cited: critics are off topic, praise is incentivised, some cite none."""
    against = np.array([code("reason", name) for name in ("off_topic", "delivery", "abusive", "conflict_of_interest")])
    praise = np.array(
        [code("reason", name) for name in ("incentivised", "duplicate", "policy", "conflict_of_interest")]
    )
    place = np.searchsorted([0.4, 0.65, 0.85], random.random(len(critical)))
    reason = np.where(critical, against[place], praise[place])
    reason = np.where(late_parcels, code("reason", "delivery"), reason)
    return np.where(random.random(len(critical)) < 0.1, -1, reason)


def _later(random: Random, count: int, mean_days: float) -> Ints:
    return (random.exponential(mean_days * 86_400, count) + 1800).astype(np.int64) * SECOND


__all__ = ["BOUGHT", "FLOOD", "fates", "post", "receive", "stock_shelves"]
