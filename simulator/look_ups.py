"""Look-ups in internal tools: with each piece of work, out of routine, and by key account managers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from simulator.clock import instants_in_week
from simulator.schema import code
from simulator.world import World

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_ROUTINE = {"support": 0.6, "analyst": 0.3, "account_specialist": 0.1}
# Chance of each resource by who looks (reviewer_contact, sales_report, ranking_internals, account_notes, other).
_RESOURCES = np.array([0.28, 0.20, 0.12, 0.32, 0.08])


def look_up(
    world: World, actor: Ints, at: Ints, resource: Ints, seller: Ints, ticket: Ints, review: Ints | None = None
) -> Ints:
    """Report look-ups and return their row numbers; with a review they show one reviewer's contact."""
    count = len(actor)
    access = world.number_rows("access", count)
    random = world.random("look-up details")
    absent = np.full(count, -1, dtype=np.int64)
    reviews = absent if review is None else review
    seen = np.maximum(reviews, 0)
    about = reviews >= 0
    world.delivery.add(
        "staff_access",
        world.recorded("staff_access", at, leaf=True),
        {
            "access_id": access,
            "actor_id": actor,
            "accessed_at": at,
            "resource": resource,
            "seller_id": seller,
            "product_id": np.where(about, world.shelf.product[seen], -1) if world.shelf.count else absent,
            "review_id": reviews,
            "reviewer_id": np.where(about, world.shelf.reviewer[seen], -1) if world.shelf.count else absent,
            "records": np.where(about, 1, random.geometric(0.15, count)),
            "ticket_id": ticket,
        },
    )
    return access


def routine(world: World, week: int, key_account_managed: Ints) -> None:
    """The week's honest look-ups, most with a ticket, and those of key account managers, mostly without."""
    random, rules = world.random("look-ups"), world.settings.look_ups
    able = np.flatnonzero(world.open_sellers(week))
    if len(able) == 0:
        return
    count = random.poisson(rules.per_seller_week * len(able))
    weight = np.sqrt(world.sellers.size[able])
    routine_sellers = random.choice(able, count, p=weight / weight.sum())
    managed = np.repeat(key_account_managed, random.poisson(rules.key_account_per_week, len(key_account_managed)))
    seller = np.concatenate([routine_sellers, managed])
    role = random.choice([code("role", name) for name in _ROUTINE], len(seller), p=list(_ROUTINE.values()))
    actor = one_of_role(world, random, role)
    personal = np.flatnonzero(world.staff.role == code("role", "account_specialist"))
    manager = personal[seller % len(personal)]
    actor = np.where(np.arange(len(seller)) >= count, manager, actor)
    at = instants_in_week(random, len(seller), world.week_start(week))
    chance = np.where(np.arange(len(seller)) < count, rules.with_ticket_share - 0.3 * world.drift(week), 0.15)
    ticketed = random.random(len(seller)) < chance
    ticket = open_support_tickets(world, seller, at, actor, ticketed)
    resource = random.choice(len(_RESOURCES), len(seller), p=_RESOURCES)
    review = _a_recent_review(world, random, seller, resource == code("resource", "reviewer_contact"))
    missing = (resource == code("resource", "reviewer_contact")) & (review < 0)
    resource = np.where(missing, code("resource", "account_notes"), resource)
    look_up(world, actor, at, resource, seller, ticket, review)


def one_of_role(world: World, random: np.random.Generator, role: Ints) -> Ints:
    """For each wanted role one of its members."""
    actor = np.empty(len(role), dtype=np.int64)
    for kind in np.unique(role):
        members = np.flatnonzero(world.staff.role == kind)
        chosen = role == kind
        actor[chosen] = members[random.integers(0, len(members), int(chosen.sum()))]
    return actor


def open_support_tickets(world: World, seller: Ints, at: Ints, actor: Ints, ticketed: Bools) -> Ints:
    """Open a ticket of each seller some hours before; returns its row number, -1 where none was wanted."""
    random = world.random("support tickets")
    ticket = np.full(len(seller), -1, dtype=np.int64)
    count = int(ticketed.sum())
    if count == 0:
        return ticket
    ticket[ticketed] = world.number_rows("ticket", count)
    before = (random.exponential(20 * 3600, count) + 300).astype(np.int64) * 1_000_000
    opened = at[ticketed] - before
    world.delivery.add(
        "tickets",
        world.recorded("tickets", opened, leaf=False),
        {
            "ticket_id": ticket[ticketed],
            "opened_at": opened,
            "opened_by_kind": code("opened_by_kind", "seller"),
            "opened_by": world.identity.of("seller", seller[ticketed]),
            "seller_id": seller[ticketed],
            "queue": world.staff.queue[actor[ticketed]],
            "assigned_to": actor[ticketed],
        },
    )
    return ticket


def _a_recent_review(world: World, random: np.random.Generator, seller: Ints, wanted: Bools) -> Ints:
    """One recent review of the seller where a reviewer's contact was looked up, if there is one."""
    review = np.full(len(seller), -1, dtype=np.int64)
    if world.shelf.count == 0:
        return review
    first = world.shelf.first_since(8)
    owner = world.products.seller[world.shelf.product[first:]]
    order = np.argsort(owner, kind="stable")
    low, high = np.searchsorted(owner[order], seller), np.searchsorted(owner[order], seller, side="right")
    able = wanted & (high > low)
    place = low + (random.random(len(seller)) * (high - low)).astype(np.int64)
    review[able] = first + order[place[able]]
    later = world.shelf.created[np.maximum(review, 0)] > world.week_start(world.counters["week"])
    return np.where(later, -1, review)
