"""An account's life: suspensions, appeals, reinstatements, warnings, opened categories, closings, sold listings."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from simulator.clock import DAY, HOUR, SECOND, WEEK, instants_in_week
from simulator.look_ups import one_of_role, open_support_tickets
from simulator.schema import code
from simulator.world import World, day_of

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Random = np.random.Generator

FOREVER = 1 << 60


def enter(world: World, week: int) -> None:
    """Report the sellers, products and staff that are new this week (in the first week: all so far)."""
    sellers, products, random = world.sellers, world.products, world.random("entries")
    fresh = np.flatnonzero((sellers.opened_week == week) | ((week == 0) & (sellers.opened_week < 0)))
    at = sellers.opened_day[fresh] * DAY + random.integers(0, 86_400, len(fresh)) * SECOND
    world.delivery.add(
        "sellers",
        at,
        {
            "seller_id": fresh,
            "marketplace": 0,
            "category": sellers.category[fresh],
            "opened_on": sellers.opened_day[fresh],
            "owner_id": sellers.owner[fresh],
        },
    )
    listed = np.flatnonzero((products.listed_week == week) | ((week == 0) & (products.listed_week < 0)))
    at = (products.listed_day[listed] + 1) * DAY
    world.delivery.add(
        "products",
        at,
        {
            "product_id": listed,
            "seller_id": products.seller[listed],
            "category": products.category[listed],
            "listed_on": products.listed_day[listed],
        },
    )


def enter_staff(world: World) -> None:
    """Report who works here, as of before the start."""
    staff, random = world.staff, world.random("staff entries")
    count = len(staff.role)
    world.delivery.add(
        "staff",
        world.start - random.integers(30, 900, count) * DAY,
        {
            "actor_id": np.arange(count),
            "role": staff.role,
            "queue": staff.queue,
            "site": staff.site,
            "shared": staff.shared.astype(np.int64),
        },
    )


def change_hands(world: World, week: int) -> None:
    """Listings are sold, accounts move to another category or owner, moderators to another queue."""
    random, rules, now = world.random("changes"), world.settings.population, world.week_start(week)
    open_now = np.flatnonzero(world.open_sellers(week))
    listed = np.flatnonzero(world.active_products(week))
    sold = listed[random.random(len(listed)) < rules.listings_sold_per_year / 52]
    if len(open_now) and len(sold):
        world.products.seller[sold] = open_now[random.integers(0, len(open_now), len(sold))]
        _version(
            world,
            "products",
            now,
            {
                "product_id": sold,
                "seller_id": world.products.seller[sold],
                "category": world.products.category[sold],
                "listed_on": world.products.listed_day[sold],
            },
        )
    moved = open_now[random.random(len(open_now)) < rules.sellers_moved_per_year / 52]
    if len(moved):
        kinds = len(rules.categories)
        other = random.random(len(moved)) < 0.5
        world.sellers.category[moved[other]] = random.integers(0, kinds, int(other.sum()))
        world.sellers.owner[moved[~other]] = world.number_rows("owner", int((~other).sum()))
        _version(
            world,
            "sellers",
            now,
            {
                "seller_id": moved,
                "marketplace": np.zeros(len(moved), dtype=np.int64),
                "category": world.sellers.category[moved],
                "opened_on": world.sellers.opened_day[moved],
                "owner_id": world.sellers.owner[moved],
            },
        )
    _move_staff(world, random, now)


def _version(world: World, table: str, now: int, columns: dict[str, npt.NDArray[np.generic] | int]) -> None:
    count = len(next(iter(v for v in columns.values() if not isinstance(v, int))))
    at = now + world.random("changes").integers(60, 20_000, count) * SECOND
    world.delivery.add(table, at, {**columns, "valid_from": now // DAY})


def _move_staff(world: World, random: Random, now: int) -> None:
    staff = world.staff
    crowd = np.flatnonzero(staff.role == code("role", "moderator"))
    alone = np.bincount(staff.queue[crowd])[staff.queue[crowd]] < 3
    moves = (random.random(len(crowd)) < world.settings.staff.moved_per_year / 52) & ~alone
    movers = crowd[moves]
    if len(movers):
        peopled = crowd[~alone]
        staff.queue[movers] = staff.queue[peopled[random.integers(0, len(peopled), len(movers))]]
        _version(
            world,
            "staff",
            now,
            {
                "actor_id": movers,
                "role": staff.role[movers],
                "queue": staff.queue[movers],
                "site": staff.site[movers],
                "shared": staff.shared[movers].astype(np.int64),
            },
        )


def police(world: World, week: int, wrongly: Ints, factor: Floats, helper: Ints) -> None:
    """The week's suspensions and what follows.

    `factor` multiplies a seller's risk; `helper` is the bribed specialist who reinstates it, -1 for none.
    """
    random, rules, now = world.random("accounts"), world.settings.accounts, world.week_start(week)
    able = world.open_sellers(week) & (world.sellers.suspended_until <= now)
    risk = rules.suspended_per_year / 52 * factor * np.exp(-0.5 * world.sellers.quality)
    hit = np.flatnonzero(able & (random.random(len(able)) < risk))
    _suspend(world, random, hit, np.full(len(hit), -1), helper[hit], week, quick=False)
    wrong = np.setdiff1d(wrongly[able[wrongly]], hit)
    _suspend(world, random, wrong, np.full(len(wrong), -1), np.full(len(wrong), -1), week, quick=True)
    listed = np.flatnonzero(world.active_products(week))
    chance = rules.listing_suspended_per_year / 52 * len(able) / max(len(listed), 1)
    product = listed[random.random(len(listed)) < chance * factor[world.products.seller[listed]]]
    seller = world.products.seller[product]
    _suspend(world, random, seller, product, helper[seller], week, quick=False)
    _minor(world, random, "warned", rules.warned_per_year, np.flatnonzero(able), week)
    _minor(world, random, "category_opened", rules.category_opened_per_year, np.flatnonzero(able), week)
    closing = np.flatnonzero((world.sellers.closed_week == week) & (world.sellers.opened_week < week))
    at = instants_in_week(random, len(closing), now)
    report(world, "closed", closing, at, by="seller")


def suspend_listings(world: World, random: Random, product: Ints, week: int) -> None:
    """Suspend listings after complaints; they return honestly."""
    seller = world.products.seller[product]
    _suspend(world, random, seller, product, np.full(len(product), -1), week, quick=False)


def _suspend(
    world: World, random: Random, seller: Ints, product: Ints, helper: Ints, week: int, *, quick: bool
) -> None:
    rules, count = world.settings.accounts, len(seller)
    if count == 0:
        return
    at = instants_in_week(random, count, world.week_start(week))
    machine = (random.random(count) < rules.by_automation_share) | quick
    specialist = one_of_role(world, random, np.full(count, code("role", "account_specialist")))
    reason = random.integers(0, 5, count)
    kind = np.where(machine, code("account_actor_kind", "automation"), code("account_actor_kind", "staff"))
    report(
        world,
        "suspended",
        seller,
        at,
        actor=np.where(machine, -1, specialist),
        by=kind,
        product_id=product,
        reason=reason,
    )
    appeals = (random.random(count) < rules.appealed_share) | quick
    appealed = at + _later(random, count, 0.5 if quick else rules.appeal_days)
    report(world, "appealed", seller[appeals], appealed[appeals], by="seller", product_id=product[appeals])
    helped = helper >= 0
    returns = (appeals & (random.random(count) < rules.reinstated_share)) | quick | helped
    usual = appealed + _later(random, count, 1.0 if quick else rules.reinstatement_days)
    swift = at + _later(random, count, world.settings.schemes.standing_reinstatement_days)
    back = np.where(helped, np.where(appeals, np.maximum(swift, appealed + HOUR), swift), usual)
    actor = np.where(helped, helper, one_of_role(world, random, np.full(count, code("role", "account_specialist"))))
    _reinstate(world, random, seller[returns], back[returns], actor[returns], helped[returns], product[returns])
    until = np.where(returns, back, FOREVER)
    account = product < 0
    world.sellers.suspended_until[seller[account]] = until[account]
    world.products.suspended_until[product[~account]] = until[~account]
    lost = account & ~returns
    closing = at + random.integers(20, 90, count) * DAY
    report(world, "closed", seller[lost], closing[lost], actor=specialist[lost])
    world.sellers.closed_week[seller[lost]] = np.maximum(world.week_of(closing[lost]), week + 1)


def _reinstate(world: World, random: Random, seller: Ints, at: Ints, actor: Ints, helped: Bools, product: Ints) -> None:
    forged = world.settings.schemes.forged_ticket_share
    ticketed = random.random(len(seller)) < np.where(helped, forged, 0.8)
    ticket = open_support_tickets(world, seller, at, actor, ticketed)
    report(world, "reinstated", seller, at, actor=actor, ticket=ticket, product_id=product)
    sold = np.flatnonzero(helped)
    world.truth.add(
        "account_actions",
        len(sold),
        {
            "seller_id": seller[sold],
            "acted_at": at[sold],
            "kind": code("account_action", "reinstated"),
            "actor_id": actor[sold],
            "scheme": code("scheme", "paid_standing"),
        },
    )


def _minor(world: World, random: Random, kind: str, per_year: float, able: Ints, week: int) -> None:
    seller = able[random.random(len(able)) < per_year / 52]
    at = instants_in_week(random, len(seller), world.week_start(week))
    actor = one_of_role(world, random, np.full(len(seller), code("role", "account_specialist")))
    ticketed = random.random(len(seller)) < (0.8 if kind == "category_opened" else 0.3)
    ticket = open_support_tickets(world, seller, at, actor, ticketed)
    reason = code("account_reason", "application" if kind == "category_opened" else "performance")
    report(world, kind, seller, at, actor=actor, ticket=ticket, reason=reason)


def report(
    world: World,
    kind: str,
    seller: Ints,
    at: Ints,
    *,
    actor: Ints | int = -1,
    by: str | Ints = "staff",
    ticket: Ints | int = -1,
    **details: Ints | int,
) -> None:
    """Report acts on accounts or listings; -1 is null, `by` is the kind of actor, `details` are further columns."""
    who = code("account_actor_kind", by) if isinstance(by, str) else by
    staff = np.full(len(seller), actor, dtype=np.int64) if isinstance(actor, int) else actor
    columns: dict[str, npt.NDArray[np.generic] | int] = {
        "seller_id": seller,
        "acted_at": at,
        "kind": code("account_action", kind),
        "actor_kind": who,
        "actor_id": world.identity.of("staff", staff),
        "queue": np.where(staff >= 0, world.staff.queue[np.maximum(staff, 0)], -1),
        "ticket_id": ticket,
        **details,
    }
    world.delivery.add("account_actions", world.recorded("account_actions", at, leaf=True), columns)


def _later(random: Random, count: int, mean_days: float) -> Ints:
    return (random.exponential(mean_days * 86_400, count) + 1800).astype(np.int64) * SECOND


__all__ = ["WEEK", "change_hands", "day_of", "enter", "enter_staff", "police", "report", "suspend_listings"]
