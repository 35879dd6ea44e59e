"""Review work of staff: assignments to moderators, decisions, tickets, and what they leave behind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simulator.clock import DAY, MINUTE, SECOND, times_of_day
from simulator.look_ups import look_up
from simulator.schema import code
from simulator.world import World

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Random = np.random.Generator

_OPENER = np.array(
    [0, 1, 2, 3, 3, 4]
)  # opened_by_kind for each trigger: reader, seller, automation, staff, staff, other


@dataclass
class Work:
    """Reviews to be examined, one entry each; entries of one `group` are one piece of work (at most one ticket).

    `chance` of removal is before the moderator's strictness; `actor` and `scheme` are -1 for honest work;
    `ticketless` is the chance that no ticket is cited, -1 for the moderator's own habit.
    """

    review: Ints
    group: Ints
    day: Ints
    trigger: Ints
    reason: Ints
    chance: Floats
    actor: Ints
    ticketless: Floats
    scheme: Ints
    cover: Bools

    def without(self, taken: Ints) -> Work:
        """The entries whose review nobody else has taken up."""
        return self._only(~np.isin(self.review, taken))

    def still_visible(self, visible: Bools) -> Work:
        """The entries whose review nothing has taken down since they were planned; `visible` is by review."""
        return self._only(visible[self.review])

    def first_of_each(self) -> Work:
        """Each review once: its first entry."""
        _, first = np.unique(self.review, return_index=True)
        return self._only(np.sort(first))

    def _only(self, chosen: npt.NDArray[np.generic]) -> Work:
        return Work(**{name: values[chosen] for name, values in vars(self).items()})


def honest_work(review: Ints, group: Ints, day: Ints, trigger: Ints, reason: Ints, chance: Floats) -> Work:
    """Work that nobody paid for."""
    nobody = np.full(len(review), -1, dtype=np.int64)
    return Work(
        review, group, day, trigger, reason, chance, nobody, nobody.astype(float), nobody, np.zeros(len(review), bool)
    )


def joined(works: list[Work]) -> Work:
    """All work of a week; groups of different lists stay apart."""
    offset, parts = 0, []
    for work in works:
        parts.append({**vars(work), "group": work.group + offset})
        offset += int(work.group.max(initial=-1)) + 1
    return Work(**{name: np.concatenate([part[name] for part in parts]) for name in parts[0]})


def examine(world: World, work: Work, week: int) -> None:
    """Assign, decide and report a week's work."""
    if len(work.review) == 0:
        return
    random = world.random("moderation")
    lead, group, place = _assignments(work, world.settings.moderation.max_reviews_per_ticket)
    order = np.lexsort((place, group))
    work = Work(**{name: values[order] for name, values in vars(work).items()})
    group, place = group[order], place[order]
    lead = np.flatnonzero(np.concatenate([[True], group[1:] != group[:-1]]))
    actor = _assigned(world, random, work, lead, group)
    began = work.day[lead] * DAY + times_of_day(random, len(lead))
    gaps = random.integers(20, 240, len(group)) * SECOND
    acted = began[group] + np.where(place > 0, np.cumsum(gaps) - np.cumsum(gaps)[lead][group], 0)
    removed = _decisions(world, random, work, actor[group])
    ticket = _tickets(world, random, work, lead, group, actor, began, week)
    _report(world, work, group, actor, acted, removed, ticket)
    _look_into(world, random, work, lead, actor, began, ticket)
    _restore_some(world, random, work, actor[group], acted, removed)


def _assignments(work: Work, most: int) -> tuple[Ints, Ints, Ints]:
    """Split groups into assignments of at most `most` reviews: first entries, number and place of each entry."""
    order = np.argsort(work.group, kind="stable")
    sorted_group = work.group[order]
    first = np.searchsorted(sorted_group, sorted_group)
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order)) - first
    _, group = np.unique(work.group * 10_000 + place // most, return_inverse=True)
    return order, group, place % most


def _assigned(world: World, random: Random, work: Work, lead: Ints, group: Ints) -> Ints:
    """The moderator of each assignment: of the queue, sometimes of another, sometimes a specialist for negatives."""
    staff, rules = world.staff, world.settings.moderation
    crowd = np.flatnonzero(staff.role == code("role", "moderator"))
    roster = crowd[np.argsort(staff.queue[crowd], kind="stable")]
    queue = _queue(world, work.review[lead])
    low = np.searchsorted(staff.queue[roster], queue)
    high = np.searchsorted(staff.queue[roster], queue, side="right")
    chance = random.random(len(lead))
    actor = roster[np.minimum(low + (chance * (high - low)).astype(np.int64), len(roster) - 1)]
    elsewhere = ((random.random(len(lead)) < rules.other_queue_share) & (high - low > 1)) | (high == low)
    actor = np.where(elsewhere, roster[(chance * len(roster)).astype(np.int64)], actor)
    specialists = roster[staff.specialist[roster]]
    stars = np.bincount(group, world.shelf.rating[work.review]) / np.bincount(group)
    if len(specialists):
        special = (stars <= 2.5) & (random.random(len(lead)) < 0.25)
        actor = np.where(special, specialists[(chance * len(specialists)).astype(np.int64)], actor)
    return np.where(work.actor[lead] >= 0, work.actor[lead], actor)


def _queue(world: World, review: Ints) -> Ints:
    return world.queue_of_category[world.products.category[world.shelf.product[review]]]


def _decisions(world: World, random: Random, work: Work, actor: Ints) -> Bools:
    odds = np.log(np.clip(work.chance, 1e-9, 1 - 1e-9) / (1 - np.clip(work.chance, 1e-9, 1 - 1e-9)))
    chance = 1 / (1 + np.exp(-(odds + world.staff.strictness[actor])))
    return (random.random(len(actor)) < chance) | (work.scheme >= 0)


def _tickets(
    world: World, random: Random, work: Work, lead: Ints, group: Ints, actor: Ints, began: Ints, week: int
) -> Ints:
    """Ticket of each assignment, -1 where none is cited."""
    habit = np.clip(world.staff.ticketless[actor] + 0.4 * world.drift(week), 0, 1)
    ticketless = np.where(work.ticketless[lead] >= 0, work.ticketless[lead], habit)
    ticketed = random.random(len(lead)) >= ticketless
    ticket = np.full(len(lead), -1, dtype=np.int64)
    count = int(ticketed.sum())
    ticket[ticketed] = world.number_rows("ticket", count)
    youngest = np.zeros(len(lead), dtype=np.int64)
    np.maximum.at(youngest, group, world.shelf.created[work.review])
    before = (random.exponential(36 * 3600, len(lead)) + 300).astype(np.int64) * SECOND
    opened = np.maximum(youngest + MINUTE, began - before)[ticketed]
    seller = world.products.seller[world.shelf.product[work.review[lead]]][ticketed]
    kind = _OPENER[work.trigger[lead]][ticketed]
    reviewer = random.integers(0, max(1, world.counters["reviewer"]), count)
    opener = np.select(
        [kind == 0, kind == 1, kind == 3],
        [
            world.identity.of("reviewer", reviewer),
            world.identity.of("seller", seller),
            world.identity.of("staff", actor[ticketed]),
        ],
        -1,
    )
    moderators = np.flatnonzero(world.staff.role == code("role", "moderator"))
    other = moderators[random.integers(0, len(moderators), count)]
    moved = random.random(count) < world.settings.moderation.reassigned_share
    world.delivery.add(
        "tickets",
        world.recorded("tickets", opened, leaf=False),
        {
            "ticket_id": ticket[ticketed],
            "opened_at": opened,
            "opened_by_kind": kind,
            "opened_by": opener,
            "seller_id": seller,
            "queue": _queue(world, work.review[lead])[ticketed],
            "assigned_to": np.where(moved, other, actor[ticketed]),
        },
    )
    return ticket


def _report(world: World, work: Work, group: Ints, actor: Ints, acted: Ints, removed: Bools, ticket: Ints) -> None:
    shelf = world.shelf
    report_actions(
        world,
        work.review,
        acted,
        np.where(removed, code("action", "removed"), code("action", "kept")),
        {
            "actor_kind": code("actor_kind", "staff"),
            "actor_id": world.identity.of("staff", actor[group]),
            "reason": np.where(removed, work.reason, -1),
            "queue": _queue(world, work.review),
            "trigger": work.trigger,
            "ticket_id": ticket[group],
        },
    )
    gone, left = work.review[removed], work.review[~removed]
    seller = world.products.seller[shelf.product[work.review]]
    weight = np.where(shelf.rating[work.review] <= 2, 1.0, 0.2) * removed
    world.suspicion += np.bincount(seller, weight, minlength=len(world.suspicion))
    paid = np.flatnonzero(work.scheme >= 0)
    world.truth.add(
        "review_actions",
        len(paid),
        {
            "review_id": work.review[paid],
            "acted_at": acted[paid],
            "seller_id": seller[paid],
            "actor_id": actor[group][paid],
            "scheme": work.scheme[paid],
            "cover": work.cover[paid].astype(np.int64),
        },
    )
    shelf.remove(gone, acted[removed])
    shelf.settle(left, acted[~removed])


def report_actions(
    world: World, review: Ints, acted: Ints, kind: Ints | int, columns: dict[str, npt.NDArray[np.generic] | int]
) -> None:
    """Report acts on reviews; the store never holds an act before its review."""
    recorded = world.recorded("review_actions", acted, leaf=True)
    recorded = np.maximum(recorded, world.shelf.recorded[review] + SECOND)
    world.delivery.add("review_actions", recorded, {"review_id": review, "acted_at": acted, "kind": kind, **columns})


def _look_into(world: World, random: Random, work: Work, lead: Ints, actor: Ints, began: Ints, ticket: Ints) -> None:
    """Moderators look something up for some of their work."""
    chosen = np.flatnonzero(random.random(len(lead)) < world.settings.look_ups.per_assignment)
    review = work.review[lead[chosen]]
    contact = random.random(len(chosen)) < 0.35
    resource = np.where(
        contact,
        code("resource", "reviewer_contact"),
        np.where(random.random(len(chosen)) < 0.7, code("resource", "account_notes"), code("resource", "other")),
    )
    at = began[chosen] - random.integers(30, 600, len(chosen)) * SECOND
    seller = world.products.seller[world.shelf.product[review]]
    look_up(world, actor[chosen], at, resource, seller, ticket[chosen], np.where(contact, review, -1))


def _restore_some(world: World, random: Random, work: Work, actor: Ints, acted: Ints, removed: Bools) -> None:
    """Some removals are appealed and undone by somebody of the queue."""
    rules = world.settings.moderation
    chosen = np.flatnonzero(removed & (random.random(len(removed)) < rules.restored_share))
    delay = (random.exponential(rules.restored_delay_days * 86_400, len(chosen)) + 3600).astype(np.int64) * SECOND
    restore(world, work.review[chosen], acted[chosen] + delay, _colleague(world, random, actor[chosen]))


def restore(world: World, review: Ints, at: Ints, actor: Ints) -> None:
    """Put reviews back and report it."""
    report_actions(
        world,
        review,
        at,
        code("action", "restored"),
        {
            "actor_kind": code("actor_kind", "staff"),
            "actor_id": world.identity.of("staff", actor),
            "queue": _queue(world, review),
            "trigger": code("trigger", "other"),
        },
    )
    world.shelf.restore(review, at)


def _colleague(world: World, random: Random, actor: Ints) -> Ints:
    moderators = np.flatnonzero(world.staff.role == code("role", "moderator"))
    return np.where(random.random(len(actor)) < 0.3, actor, moderators[random.integers(0, len(moderators), len(actor))])
