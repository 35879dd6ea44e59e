"""The other schemes of the guilty, week by week; every act is noted in the truth."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from simulator.accounts import report, suspend_listings
from simulator.clock import instants_in_week
from simulator.look_alikes import leading_product, open_only
from simulator.look_ups import look_up, open_support_tickets
from simulator.paid_removals import negatives_of
from simulator.reviewing import change_stars, post, remove_by_machine, take_back
from simulator.rings import Rings, Spells, helpers
from simulator.schema import code
from simulator.shelf import BOUGHT, FLOOD
from simulator.world import World

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Random = np.random.Generator


def pressure(world: World, spells: Spells, rings: Rings, week: int) -> None:
    """Critics' addresses are sold; some critics yield to the seller, some report it."""
    random, rules = world.random("pressure"), world.settings.schemes
    running = spells.running("reviewer_pressure", week)
    helper = helpers(world, random, rings, spells.ring[running], "reviewer_pressure")
    running, helper = running[helper >= 0], helper[helper >= 0]
    count = random.poisson(rules.pressured_per_week * spells.pace[running])
    review, owner = negatives_of(world, random, spells.seller[running], count, week)
    seller, actor = spells.seller[running][owner], helper[owner]
    at = instants_in_week(random, len(review), world.week_start(week))
    ticket = open_support_tickets(world, seller, at, actor, random.random(len(at)) < rules.forged_ticket_share)
    access = look_up(world, actor, at, np.full(len(at), code("resource", "reviewer_contact")), seller, ticket, review)
    _note_look_ups(world, access, actor, seller, world.shelf.reviewer[review], at, "reviewer_pressure")
    fate = random.random(len(review))
    yields, share = fate < rules.pressure_yields_share, 0.6 * rules.pressure_yields_share
    gone, softened = review[fate < share], review[yields & (fate >= share)]
    after = world.week_start(week + 1)
    removed_at = take_back(world, random, gone, 9.0, after)
    edited_at = change_stars(world, random, softened, 9.0, after)
    _note_acts(world, np.concatenate([gone, softened]), np.concatenate([removed_at, edited_at]), "reviewer_pressure")
    told = random.random(len(review)) < rules.pressure_reported_share
    world.suspicion += 2.0 * np.bincount(seller[told], minlength=len(world.suspicion))
    buyer_report(world, random, seller[told], world.shelf.reviewer[review[told]], at[told], "off_platform_contact")


def buy_reviews(world: World, spells: Spells, week: int) -> None:
    """Praise from the ring's writers; machines find some of it months later, some readers report it."""
    random, rules, shelf = world.random("bought reviews"), world.settings.schemes, world.shelf
    running = spells.running("bought_reviews", week)
    running = running[np.isin(spells.seller[running], open_only(world, spells.seller[running], week))]
    count = random.poisson(rules.bought_per_week * spells.pace[running])
    product = np.repeat(leading_product(world)[spells.seller[running]], count)
    ring = np.repeat(spells.ring[running], count)
    pool, writer = world.counters["reviewer"], _writers(world, random, ring)
    stars = np.where(random.random(len(ring)) < 0.88, 5, 4)
    at = instants_in_week(random, len(ring), world.week_start(week))
    review = post(world, product, writer, stars, at, BOUGHT)
    seller = np.repeat(spells.seller[running], count)
    world.truth.add(
        "reviews", len(review), {"review_id": review, "seller_id": seller, "scheme": code("scheme", "bought_reviews")}
    )
    told = random.random(len(seller)) < rules.bought_reported_share
    buyer_report(world, random, seller[told], random.integers(0, pool, int(told.sum())), at[told], "paid_review")
    first, now = shelf.first_since(52), world.week_start(week)
    able = (shelf.origin[first:] == BOUGHT) & shelf.visible[first:] & (shelf.settled[first:] < now)
    weekly = 7 * rules.bought_found_share / rules.bought_found_delay_days
    found = first + np.flatnonzero(able & (random.random(len(able)) < weekly))
    remove_by_machine(world, random, found, 2.0, now)


def _writers(world: World, random: Random, ring: Ints) -> Ints:
    """A writer for each review wanted of a ring: mostly one of its regulars, else an account used once."""
    pool, regulars = world.counters["reviewer"], world.settings.schemes.ring_reviewers
    regular = (ring * 7919 * regulars + random.integers(0, regulars, len(ring)) * 31) % pool
    return np.where(random.random(len(ring)) < 0.35, random.integers(0, pool, len(ring)), regular)


def sell_standing(world: World, spells: Spells, rings: Rings, week: int) -> tuple[Floats, Ints]:
    """Open categories for clients; returns each seller's risk of suspension and who reinstates it (-1: nobody)."""
    random, rules, sellers = world.random("standing"), world.settings.schemes, len(world.sellers.size)
    running = spells.running("paid_standing", week)
    helper = helpers(world, random, rings, spells.ring[running], "paid_standing")
    running, helper = running[helper >= 0], helper[helper >= 0]
    factor, by_seller = np.ones(sellers), np.full(sellers, -1, dtype=np.int64)
    factor[spells.seller[running]] = rules.standing_suspension_factor
    by_seller[spells.seller[running]] = helper
    opens = random.random(len(running)) < rules.standing_categories_per_year / 52 * spells.pace[running]
    seller, actor = spells.seller[running][opens], helper[opens]
    at = instants_in_week(random, len(seller), world.week_start(week))
    ticket = open_support_tickets(world, seller, at, actor, random.random(len(at)) < rules.forged_ticket_share)
    reason = code("account_reason", "application")
    report(world, "category_opened", seller, at, actor=actor, ticket=ticket, reason=reason)
    opened = code("account_action", "category_opened")
    world.truth.add(
        "account_actions",
        len(at),
        {
            "seller_id": seller,
            "acted_at": at,
            "kind": opened,
            "actor_id": actor,
            "scheme": code("scheme", "paid_standing"),
        },
    )
    return factor, by_seller


def sell_data(world: World, spells: Spells, rings: Rings, week: int) -> None:
    """Rivals' reports and the ranking's workings are looked up for clients, whose places improve."""
    random, rules = world.random("data"), world.settings.schemes
    running = spells.running("data_purchase", week)
    helper = helpers(world, random, rings, spells.ring[running], "data_purchase")
    running, helper = running[helper >= 0], helper[helper >= 0]
    count = random.poisson(rules.data_look_ups_per_week * spells.pace[running])
    client, actor = np.repeat(spells.seller[running], count), np.repeat(helper, count)
    own = random.random(len(client)) < 0.35
    seller = np.where(own, client, rivals(world, random, client))
    at = instants_in_week(random, len(seller), world.week_start(week))
    ticket = open_support_tickets(world, seller, at, actor, random.random(len(at)) < rules.forged_ticket_share)
    kinds = np.array([code("resource", name) for name in ("ranking_internals", "sales_report", "account_notes")])
    resource = kinds[np.where(own, 0, 1 + (random.random(len(own)) < 0.2))]
    access = look_up(world, actor, at, resource, seller, ticket)
    _note_look_ups(world, access, actor, client, np.full(len(at), -1), at, "data_purchase")
    informed = np.zeros(len(world.sellers.size))
    informed[spells.seller[running]] = rules.data_rank_boost
    world.boost = informed[world.products.seller]


def sabotage(world: World, spells: Spells, week: int) -> None:
    """Rivals are flooded with one star, and sometimes reported until a listing is suspended."""
    random, rules = world.random("sabotage"), world.settings.schemes
    running = spells.running("sabotage", week)
    strikes = running[random.random(len(running)) < rules.sabotage_floods_per_year / 52 * spells.pace[running]]
    rival, first = np.unique(rivals(world, random, spells.seller[strikes]), return_index=True)
    strikes = strikes[first]
    able = np.isin(rival, open_only(world, rival, week)) & (rival != spells.seller[strikes])
    rival, strikes = rival[able], strikes[able]
    product = np.repeat(
        leading_product(world)[rival],
        random.poisson(rules.sabotage_reviews * np.sqrt(np.maximum(world.sellers.size[rival], 0.2))),
    )
    of_rival = world.products.seller[product]
    ring = spells.ring[strikes][np.searchsorted(rival, of_rival)]
    stars = 1 + random.binomial(1, 0.12, len(product))
    at = instants_in_week(random, len(product), world.week_start(week))
    review = post(world, product, _writers(world, random, ring), stars, at, FLOOD)
    scheme = code("scheme", "sabotage")
    world.truth.add("reviews", len(review), {"review_id": review, "seller_id": of_rival, "scheme": scheme})
    reported = rival[random.random(len(rival)) < rules.sabotage_reports]
    suspend_listings(world, random, leading_product(world)[reported], week)


def rivals(world: World, random: Random, seller: Ints) -> Ints:
    """For each seller another one that competes with its leading product in a query."""
    searches = world.searches
    order = np.argsort(searches.product, kind="stable")
    at = order[np.searchsorted(searches.product[order], leading_product(world)[seller])]
    query = searches.query[at]
    ends = np.append(searches.first[1:], len(searches.product))
    low, high = searches.first[query], ends[query]
    other = low + (random.random(len(seller)) * (high - low)).astype(np.int64)
    return world.products.seller[searches.product[other]]


def buyer_report(world: World, random: Random, seller: Ints, reviewer: Ints, at: Ints, kind: str) -> None:
    """Buyers report a seller, some days after the cause."""
    when = at + random.integers(3600, 9 * 86_400, len(at)) * 1_000_000
    known = random.random(len(at)) < 0.8
    world.delivery.add(
        "buyer_reports",
        world.recorded("buyer_reports", when, leaf=True),
        {
            "report_id": world.number_rows("report", len(at)),
            "seller_id": seller,
            "reviewer_id": np.where(known, reviewer, -1),
            "reported_at": when,
            "kind": code("report", kind),
        },
    )


def _note_look_ups(
    world: World, access: Ints, actor: Ints, seller: Ints, reviewer: Ints, at: Ints, scheme: str
) -> None:
    world.truth.add(
        "staff_access",
        len(access),
        {
            "access_id": access,
            "actor_id": actor,
            "seller_id": seller,
            "reviewer_id": reviewer,
            "accessed_at": at,
            "scheme": code("scheme", scheme),
        },
    )


def _note_acts(world: World, review: Ints, at: Ints, scheme: str) -> None:
    seller = world.products.seller[world.shelf.product[review]]
    world.truth.add(
        "review_actions",
        len(review),
        {"review_id": review, "acted_at": at, "seller_id": seller, "scheme": code("scheme", scheme), "cover": 0},
    )
