"""The naive twin of what staff does under tickets and in queues: what counts from when, and what each signal means."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.features.random_moments import Market, Row
from tests.features.twin_events import Listings
from tests.features.twin_stories import Happening

if TYPE_CHECKING:
    from tests.features.twin import View

NAN = math.nan
_YEAR = 364
_OLD = timedelta(days=28)


def under_tickets(happenings: list[Happening], tickets: list[Row]) -> Iterator[Happening]:
    """Yield, of each negative removal by staff that names a ticket, what is wrong with it, and whom else it served."""
    removals = [each for each in happenings if is_taken(each) and each.about["ticket_id"] is not None]
    for removal in removals:
        ticket_id = removal.about["ticket_id"]
        for ticket in (row for row in tickets if row["ticket_id"] == ticket_id):
            flaws = {
                "own": removal.person is not None and ticket["opened_by"] == removal.person,
                "later": ticket["opened_at"] > removal.happened,
                "foreign": ticket["seller_id"] not in {None, removal.seller},
            }
            yield _again(removal, "seen", [ticket["counts_from"]], flaws)
        others = [
            each.counts_from
            for each in removals
            if each.about["ticket_id"] == ticket_id and each.seller != removal.seller
        ]
        if others:
            yield _again(removal, "shared", [min(others)], {})


def is_taken(each: Happening) -> bool:
    """Whether it is the removal of a negative review by staff."""
    return each.what == "removed" and each.actor == "staff" and each.stars <= 2


def _again(removal: Happening, what: str, moments: list[Any], about: Row) -> Happening:
    known = max([removal.counts_from, *moments])
    return Happening(removal.seller, what, known, removal.happened, person=removal.person, about=about)


def in_queues(rows: Market, listings: Listings) -> Iterator[Happening]:
    """Yield every time that staff removed or kept, in a queue, a review that was posted as a negative one."""
    reviews = {row["review_id"]: row for row in rows["reviews"]}
    for row in rows["review_actions"]:
        review = reviews[row["review_id"]]
        if row["actor_kind"] != "staff" or row["kind"] not in {"removed", "kept"} or row["queue"] is None:
            continue
        if review["rating"] > 2:
            continue
        known = row["counts_from"]
        seller = listings.in_force(review["product_id"], row["acted_at"], known)["seller_id"]
        age = row["acted_at"] - review["created_at"]
        yield Happening(seller, "examined", known, row["acted_at"], person=row["actor_id"], age=age, about=row)


def _share(part: float, whole: float) -> float:
    return NAN if whole == 0 else min(part / whole, 1.0)


def _taken(view: View, days: int) -> list[Happening]:
    return [each for each in view.within(days, "removed") if is_taken(each)]


def _unticketed(view: View, days: int) -> int:
    return len([each for each in _taken(view, days) if each.about["ticket_id"] is None])


def _flawed_share(flaw: str) -> Callable[[View], float]:
    def meaning(view: View) -> float:
        seen = view.within(91, "seen")
        return _share(len([each for each in seen if each.about[flaw]]), len(seen))

    return meaning


def _shared_share(view: View) -> float:
    return _share(len(view.within(91, "shared")), len(_taken(view, 91)) - _unticketed(view, 91))


def _irregular(days: int) -> Callable[[View], float]:
    def meaning(view: View) -> float:
        flawed = [each for each in view.within(days, "seen") if any(each.about.values())]
        return _unticketed(view, days) + len(flawed)

    return meaning


def _in_one_ticket(view: View) -> float:
    tickets = Counter(each.about["ticket_id"] for each in _taken(view, 91))
    return max((number for ticket, number in tickets.items() if ticket is not None), default=0)


def _in_one_day(view: View) -> float:
    days = Counter((each.person, each.counts_from.date()) for each in _taken(view, 91) if each.person is not None)
    return max(days.values(), default=0)


def _examined(view: View, *, removed: bool = False) -> list[Happening]:
    return [each for each in view.within(91, "examined") if not removed or each.about["kind"] == "removed"]


def _by_all(view: View) -> list[Happening]:
    return [each for each in view.of_all(91, "examined") if each.about["kind"] == "removed"]


def _expected(view: View) -> float:
    """Each examined review goes as often as its queue removes."""
    return sum(
        _part_of(view.of_all(91, "examined"), each, lambda other: other.about["kind"] == "removed")
        for each in _examined(view)
    )


def _part_of(work: list[Happening], one: Happening, such: Callable[[Happening], bool]) -> float:
    """How much of the work in the same queue is such."""
    queue = [each for each in work if each.about["queue"] == one.about["queue"]]
    return len([each for each in queue if such(each)]) / len(queue)


def _beyond_queue(view: View) -> float:
    return math.log((len(_examined(view, removed=True)) + 1) / (_expected(view) + 1))


def _most_beyond(name: str) -> Callable[[View], float]:
    def meaning(view: View) -> float:
        """Of each person, or reason, its removals for the seller less what its part of its queues lets expect."""
        own = [each for each in _examined(view, removed=True) if each.about[name] is not None]
        work = [each for each in _by_all(view) if each.about[name] is not None]
        beyond: dict[Any, float] = defaultdict(float)
        for one in {(each.about[name], each.about["queue"]): each for each in own}.values():
            queue = [each for each in own if each.about["queue"] == one.about["queue"]]
            part = _part_of(work, one, lambda other, one=one: other.about[name] == one.about[name])  # type: ignore[misc]
            mine = [each for each in queue if each.about[name] == one.about[name]]
            beyond[one.about[name]] += len(mine) - len(queue) * part
        removed = len(_examined(view, removed=True))
        return max(beyond.values(), default=0) / removed if removed else NAN

    return meaning


def _elsewhere(view: View) -> float:
    """Removals by people who examined more in another queue."""
    work = Counter((each.person, each.about["queue"]) for each in view.of_all(91, "examined"))
    removed = _examined(view, removed=True)
    outside = [
        each
        for each in removed
        if each.person is not None
        and work[each.person, each.about["queue"]] < max(n for (person, _), n in work.items() if person == each.person)
    ]
    return _share(len(outside), len(removed))


def _old_beyond(view: View) -> float:
    removed = _examined(view, removed=True)
    old = len([each for each in removed if each.age >= _OLD])
    usual = sum(_part_of(_by_all(view), each, lambda other: other.age >= _OLD) for each in removed)
    return (old - usual) / len(removed) if removed else NAN


MEANINGS: dict[str, Callable[[View], float]] = {
    "unticketed_removal_share_91d": lambda view: _share(_unticketed(view, 91), len(_taken(view, 91))),
    **{f"{flaw}_ticket_removal_share_91d": _flawed_share(flaw) for flaw in ("own", "later", "foreign")},
    "shared_ticket_removal_share_91d": _shared_share,
    **{f"irregular_removals_{days}d": _irregular(days) for days in (91, _YEAR)},
    "negative_removals_in_one_ticket_91d": _in_one_ticket,
    "negative_removals_by_one_in_a_day_91d": _in_one_day,
    "queue_negative_removals_91d": lambda view: len(_examined(view, removed=True)),
    "queue_expected_removals_91d": _expected,
    "examined_removal_share_91d": lambda view: _share(len(_examined(view, removed=True)), len(_examined(view))),
    "removals_beyond_queue_91d": _beyond_queue,
    "one_remover_beyond_queue_91d": _most_beyond("actor_id"),
    "reason_beyond_queue_91d": _most_beyond("reason"),
    "removals_outside_usual_queue_share_91d": _elsewhere,
    "old_removals_beyond_queue_91d": _old_beyond,
}
"""What each signal means, by its name; NaN where it says nothing, which reads as no events."""

_ACTIONS = ("reviews", "review_actions")
_TICKETS = (*_ACTIONS, "review_actions.ticket_id")
_OPENED_BY = ("tickets", "tickets.opened_by", "review_actions.actor_id")
_QUEUES = (*_ACTIONS, "review_actions.queue")
_BY = (*_QUEUES, "review_actions.actor_id")

NEEDS: dict[str, tuple[str, ...]] = {
    "unticketed_removal_share_91d": _TICKETS,
    "own_ticket_removal_share_91d": (*_TICKETS, *_OPENED_BY),
    "later_ticket_removal_share_91d": (*_TICKETS, "tickets"),
    "foreign_ticket_removal_share_91d": (*_TICKETS, "tickets", "tickets.seller_id"),
    "shared_ticket_removal_share_91d": _TICKETS,
    "irregular_removals_91d": (*_TICKETS, *_OPENED_BY, "tickets.seller_id"),
    "irregular_removals_364d": (*_TICKETS, *_OPENED_BY, "tickets.seller_id"),
    "negative_removals_in_one_ticket_91d": _TICKETS,
    "negative_removals_by_one_in_a_day_91d": (*_ACTIONS, "review_actions.actor_id"),
    "queue_negative_removals_91d": _QUEUES,
    "queue_expected_removals_91d": _QUEUES,
    "examined_removal_share_91d": _QUEUES,
    "removals_beyond_queue_91d": _QUEUES,
    "one_remover_beyond_queue_91d": _BY,
    "reason_beyond_queue_91d": (*_QUEUES, "review_actions.reason"),
    "removals_outside_usual_queue_share_91d": _BY,
    "old_removals_beyond_queue_91d": _QUEUES,
}
"""Tables and columns that each of them needs."""
