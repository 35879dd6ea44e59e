"""Removals of negative reviews on order: bribed moderators, batches, forged tickets, cover."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simulator.clock import DAY
from simulator.moderation import Work
from simulator.reviewing import reasons_for
from simulator.rings import Rings, Spells, helpers
from simulator.schema import code
from simulator.shelf import pick
from simulator.world import World

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Random = np.random.Generator

_NEGATIVES = np.array([1.0, 0.85, 0.12, 0, 0])


@dataclass
class Practice:
    """How carefully rings work now: after a takedown, smaller orders, more forged tickets, more cover."""

    intensity: float
    forged: float
    cover: float
    order: float


def practice(world: World, week: int) -> Practice:
    """The rings' habits in a week."""
    rules, events = world.settings.schemes, world.settings.events
    began = round(events.takedown_at_share * world.settings.market.weeks)
    if events.takedown_at_share >= 0 and week > began:
        return Practice(events.takedown_intensity, 0.95, max(0.4, rules.cover_removals_share), 2.0)
    return Practice(1.0, rules.forged_ticket_share, rules.cover_removals_share, rules.order_size)


def paid_removals(world: World, spells: Spells, rings: Rings, week: int, decisions: float) -> list[Work]:
    """Removals of negatives on order; `decisions` is what a moderator decides in a usual week."""
    random, habits = world.random("paid removals"), practice(world, week)
    running = spells.running("paid_removal", week)
    helper = helpers(world, random, rings, spells.ring[running], "paid_removal")
    running, helper = running[helper >= 0], helper[helper >= 0]
    wish = spells.removals[running] * habits.intensity
    batch = np.maximum(habits.order, 1) * (1 + random.exponential(0.4, len(running)))
    in_orders = spells.seller[running] % 2 == 0
    ordered = np.where(random.random(len(running)) < wish / batch, batch.astype(np.int64), 0)
    count = np.where(in_orders, ordered, random.poisson(wish))
    review, owner = negatives_of(world, random, spells.seller[running], count, week)
    actor = helper[owner]
    kept = _within_reach(world, random, actor, decisions)
    review, owner, actor = review[kept], owner[kept], actor[kept]
    work = _paid_work(world, random, review, owner, actor, week, habits.forged, cover=False)
    return [work, _cover(world, random, actor, week, habits)]


def negatives_of(world: World, random: Random, seller: Ints, count: Ints, week: int) -> tuple[Ints, Ints]:
    """Visible negatives of the sellers, and for each the place of its seller in the list."""
    wanted = np.zeros(len(world.sellers.size), dtype=np.int64)
    wanted[seller] = count
    place = np.zeros(len(wanted), dtype=np.int64)
    place[seller] = np.arange(len(seller))
    now = world.week_start(week)
    review = pick(random, world.shelf, world.products.seller, wanted, _NEGATIVES, weeks_back=45, before=now)
    return review, place[world.products.seller[world.shelf.product[review]]]


def _within_reach(world: World, random: Random, actor: Ints, decisions: float) -> Bools:
    """Keep what each bribed moderator can hide among a usual week's decisions."""
    share = world.settings.schemes.max_share_of_decisions
    allowed = np.floor(share / max(1 - share, 1e-9) * decisions + random.random(len(world.staff.role)))
    order = np.argsort(actor, kind="stable")
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order)) - np.searchsorted(actor[order], actor[order])
    return np.asarray(place < allowed[actor])


def _paid_work(
    world: World, random: Random, review: Ints, owner: Ints, actor: Ints, week: int, forged: float, *, cover: bool
) -> Work:
    groups, group = np.unique(owner, return_inverse=True)
    day = world.week_start(week) // DAY + random.integers(0, 7, len(groups))
    triggers = np.array([code("trigger", name) for name in ("seller_flag", "reader_flag", "automation", "none")])
    trigger = triggers[np.searchsorted([0.7, 0.77, 0.85], random.random(len(groups)))]
    reason = reasons_for(random, np.full(len(groups), not cover), np.zeros(len(groups), dtype=bool))
    return Work(
        review=review,
        group=group,
        day=day[group],
        trigger=trigger[group],
        reason=reason[group],
        chance=np.ones(len(review)),
        actor=actor,
        ticketless=np.full(len(review), 1 - forged),
        scheme=np.full(len(review), code("scheme", "paid_removal")),
        cover=np.full(len(review), cover),
    )


def _cover(world: World, random: Random, actor: Ints, week: int, habits: Practice) -> Work:
    """Removals of strangers' praise, so that the moderator's stars look usual."""
    shelf, now = world.shelf, world.week_start(week)
    first = shelf.first_since(26)
    hiding = actor[random.random(len(actor)) < habits.cover]
    able = first + np.flatnonzero((shelf.rating[first:] >= 4) & shelf.visible[first:] & (shelf.settled[first:] < now))
    hiding = hiding[: len(able)]
    review = random.choice(able, len(hiding), replace=False) if len(hiding) else np.empty(0, dtype=np.int64)
    return _paid_work(world, random, review, np.arange(len(review)), hiding, week, habits.forged, cover=True)
