"""Honest episodes that look like guilt, market-wide events, and the routine sweeps of moderators."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simulator.clock import DAY, instants_in_week
from simulator.moderation import Work, honest_work
from simulator.population import NEVER
from simulator.reviewing import flag_triggers, post, reasons_for, remove_by_machine
from simulator.schema import WORDS, code
from simulator.shelf import DEAL, FLOOD, pick
from simulator.world import World

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Random = np.random.Generator

# Shortest and longest episode in weeks (guesses).
_WEEKS = {
    "review_bomb": (1, 2),
    "delivery_trouble": (4, 14),
    "zealous_service": (20, 80),
    "deal_club": (1, 4),
    "viral": (2, 4),
    "serial_flagger": (20, 80),
    "key_account": (20, 80),
    "wrong_suspension": (1, 1),
    "swindled": (4, 4),
}
_PRAISE, _CRITICS = np.array([0, 0, 0, 0.3, 1.0]), np.array([1.0, 1.0, 0.3, 0, 0])
_PURGE_WEEKS = 3


@dataclass
class Episodes:
    """One entry an episode: a kind of trouble that a seller has from week `first` to before week `end`."""

    kind: Ints
    seller: Ints
    first: Ints
    end: Ints

    def of(self, kind: str, week: int) -> Ints:
        """Sellers in such an episode in a week."""
        running = (self.first <= week) & (self.end > week) & (self.kind == code("explanation", kind))
        return np.unique(self.seller[running])


def plan_episodes(world: World) -> Episodes:
    """Draw all honest episodes and note them in the truth."""
    random, rules, weeks = world.random("episodes"), world.settings.look_alikes, world.settings.market.weeks
    sellers = len(world.sellers.size)
    weight = world.sellers.size**0.4
    kinds, who, first, end = [], [], [], []
    for name in WORDS["explanation"]:
        low, high = _WEEKS[name]
        span = weeks + (low + high) / 2
        count = random.poisson(getattr(rules, f"{name}_per_year") * sellers * span / 52)
        begin = (random.random(count) * span - (low + high) / 2).astype(np.int64)
        kinds.append(np.full(count, code("explanation", name)))
        who.append(random.choice(sellers, count, p=weight / weight.sum()))
        first.append(begin)
        end.append(begin + random.integers(low, high + 1, count))
    episodes = Episodes(*(np.concatenate(parts).astype(np.int64) for parts in (kinds, who, first, end)))
    world.truth.add(
        "look_alikes",
        len(episodes.kind),
        {
            "explanation": episodes.kind,
            "seller_id": episodes.seller,
            "from_on": world.start // DAY + 7 * episodes.first,
            "to_on": world.start // DAY + 7 * episodes.end,
        },
    )
    return episodes


def stir(world: World, episodes: Episodes, week: int) -> None:
    """Let the week's episodes and the crisis act on demand, quality and reviews."""
    rules, events, products = world.settings.look_alikes, world.settings.events, world.products
    world.lift = np.where(_has(world, episodes.of("viral", week))[products.seller], rules.viral_lift, 1.0)
    trouble = _has(world, episodes.of("delivery_trouble", week))[products.seller]
    world.quality_shift = np.where(trouble, rules.delivery_quality_shift, 0.0) - 0.3 * world.drift(week)
    began = round(events.crisis_at_share * world.settings.market.weeks)
    if 0 <= began <= week < began + events.crisis_weeks:
        kinds = len(world.settings.population.categories)
        hit = np.arange(kinds) < np.ceil(events.crisis_category_share * kinds)
        world.quality_shift = world.quality_shift + np.where(hit[products.category], events.crisis_quality_shift, 0.0)


def crowd_reviews(world: World, episodes: Episodes, week: int) -> None:
    """Strangers bomb a seller with one star, deal hunters praise what they got cheaply."""
    random, rules = world.random("crowds"), world.settings.look_alikes
    bombed = open_only(world, episodes.of("review_bomb", week), week)
    flood(world, random, bombed, rules.review_bomb_reviews, week)
    praised = open_only(world, episodes.of("deal_club", week), week)
    size = np.sqrt(world.sellers.size[praised])
    seller = np.repeat(praised, random.poisson(rules.deal_club_reviews * size))
    product = leading_product(world)[seller]
    pool = world.counters["reviewer"]
    hunters = max(1, round(pool * world.settings.population.deal_hunters_share))
    reviewer = pool - 1 - random.integers(0, hunters, len(product))
    stars = 3 + random.binomial(2, 0.85, len(product))
    post(world, product, reviewer, stars, instants_in_week(random, len(product), world.week_start(week)), DEAL)


def flood(world: World, random: Random, seller: Ints, mean: float, week: int) -> Ints:
    """Post one and two stars on each seller's leading product; returns their row numbers."""
    count = random.poisson(mean * np.sqrt(np.maximum(world.sellers.size[seller], 0.2)))
    product = np.repeat(leading_product(world)[seller], count)
    reviewer = random.integers(0, world.counters["reviewer"], len(product))
    stars = 1 + random.binomial(1, 0.12, len(product))
    return post(world, product, reviewer, stars, instants_in_week(random, len(product), world.week_start(week)), FLOOD)


def rightful_work(world: World, week: int) -> list[Work]:
    """What staff take up by themselves this week: sweeps, floods, the purge."""
    return [*_sweeps(world, week), _flood_removals(world, week), *_purge(world, week)]


def leading_product(world: World) -> Ints:
    """For each seller its product of the greatest appeal, among those it holds now."""
    order = np.lexsort((world.products.appeal, world.products.seller))
    leading = np.zeros(len(world.sellers.size), dtype=np.int64)
    leading[world.products.seller[order]] = order
    return leading


def open_only(world: World, sellers: Ints, week: int) -> Ints:
    """Those of the sellers whose leading product can be bought."""
    able = world.active_products(week)[leading_product(world)[sellers]]
    holds = np.bincount(world.products.seller, minlength=len(world.sellers.size))[sellers] > 0
    return sellers[able & holds]


def _has(world: World, sellers: Ints) -> Bools:
    mask = np.zeros(len(world.sellers.size), dtype=bool)
    mask[sellers] = True
    return mask


def _sweeps(world: World, week: int) -> list[Work]:
    random, rules, shelf = world.random("sweeps"), world.settings.moderation, world.shelf
    first, new = shelf.first_since(13), shelf.count - shelf.first_since(0)
    works = []
    for critical, share, chance in (
        (True, rules.negative_sweep_share, rules.removed_in_negative_sweep),
        (False, 1 - rules.negative_sweep_share, rules.removed_in_positive_sweep),
    ):
        count = random.poisson(rules.sweeps_per_review * share * new * (1 + world.drift(week)))
        seeds = random.integers(first, max(shelf.count, first + 1), count) if shelf.count > first else np.empty(0, int)
        wanted = np.zeros(len(world.sellers.size), dtype=np.int64)
        size = np.minimum(random.geometric(1 / rules.sweep_size_mean, len(seeds)), rules.max_reviews_per_ticket)
        wanted[world.products.seller[shelf.product[seeds]]] = size
        lean = _CRITICS if critical else _PRAISE
        works.append(_worked(world, random, wanted, lean, chance, week, 26))
    return works


def _worked(world: World, random: Random, wanted: Ints, lean: Floats, chance: float, week: int, back: int) -> Work:
    shelf, now = world.shelf, world.week_start(week)
    review = pick(random, shelf, world.products.seller, wanted, lean, weeks_back=back, before=now)
    seller = world.products.seller[shelf.product[review]]
    groups, group = np.unique(seller, return_inverse=True)
    critical = np.full(len(groups), lean[0] > 0)
    nothing = np.zeros(len(groups), dtype=bool)
    return honest_work(
        review,
        group,
        now // DAY + random.integers(0, 7, len(groups))[group],
        flag_triggers(random, critical)[group],
        reasons_for(random, critical, nothing)[group],
        np.full(len(review), chance),
    )


def _flood_removals(world: World, week: int) -> Work:
    """Each week part of the floods of the last month is examined, in batches."""
    random, shelf = world.random("flood removals"), world.shelf
    now = world.week_start(week)
    first = shelf.first_since(5)
    seller_hit = random.random(len(world.sellers.size)) < 0.6
    able = (shelf.origin[first:] == FLOOD) & shelf.visible[first:] & (shelf.settled[first:] < now)
    able &= seller_hit[world.products.seller[shelf.product[first:]]]
    review = first + np.flatnonzero(able)
    groups, group = np.unique(world.products.seller[shelf.product[review]], return_inverse=True)
    trigger = np.where(random.random(len(groups)) < 0.75, code("trigger", "seller_flag"), code("trigger", "authority"))
    return honest_work(
        review,
        group,
        now // DAY + random.integers(0, 7, len(groups))[group],
        trigger[group],
        reasons_for(random, np.ones(len(groups), bool), np.zeros(len(groups), bool))[group],
        np.full(len(review), world.settings.look_alikes.review_bomb_removed_share),
    )


def _purge(world: World, week: int) -> list[Work]:
    """A policy change takes down praise, half by machine, half by staff."""
    events, random, shelf = world.settings.events, world.random("purge"), world.shelf
    began = round(events.purge_at_share * world.settings.market.weeks)
    if events.purge_at_share < 0 or not began <= week < began + _PURGE_WEEKS:
        return []
    first, now = shelf.first_since(52), world.week_start(week)
    able = (shelf.rating[first:] >= 4) & shelf.visible[first:] & (shelf.settled[first:] < now)
    weight = np.where(shelf.origin[first:] == DEAL, 4.0, 1.0) * np.where(shelf.rating[first:] == 4, 1.4, 1.0)
    chosen = able & (random.random(len(able)) < weight * events.purge_removed_share / _PURGE_WEEKS)
    review = first + np.flatnonzero(chosen)
    machine = random.random(len(review)) < 0.5
    remove_by_machine(world, random, review[machine], 2.0, now)
    review = review[~machine]
    groups, group = np.unique(world.products.seller[shelf.product[review]], return_inverse=True)
    return [
        honest_work(
            review,
            group,
            now // DAY + random.integers(0, 7, len(groups))[group],
            np.full(len(review), code("trigger", "authority")),
            np.full(len(review), code("reason", "policy")),
            np.full(len(review), 0.97),
        )
    ]


__all__ = ["NEVER", "Episodes", "crowd_reviews", "plan_episodes", "rightful_work", "stir"]
