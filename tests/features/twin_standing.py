"""The naive twin of what is done to accounts and listings: suspended, appealed, returned, opened to a category."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from tests.features.random_moments import Market, Row
from tests.features.twin_stories import Happening

if TYPE_CHECKING:
    from tests.features.twin import View

NAN = math.nan
_YEAR = 364
_AGAIN = timedelta(days=182)
_LONGEST = timedelta(days=64)
_EDGES = tuple(timedelta(hours=6 * 2**number) for number in range(9))


def on_accounts(rows: Market) -> Iterator[Happening]:
    """Yield every action, and what became known of it: a bad ticket, an appeal, a return before."""
    for row in rows["account_actions"]:
        yield Happening(
            row["seller_id"], "done", row["counts_from"], row["acted_at"], person=row["actor_id"], about=row
        )
        for ticket in rows["tickets"]:
            if ticket["ticket_id"] == row["ticket_id"] and _is_bad(row, ticket):
                yield _also(row, "with a bad ticket", ticket)
        before = [other for other in rows["account_actions"] if _is_before(other, row)]
        if _is_return(row):
            for edge in _EDGES:
                appeals = [each for each in before if each["kind"] == "appealed" and _gap(each, row) < edge]
                if appeals:
                    first = min(appeals, key=lambda each: each["counts_from"])
                    yield _also(row, f"appealed within {edge}", first)
        returns = [each for each in before if each["kind"] == "reinstated" and _gap(each, row) <= _AGAIN]
        if row["kind"] == "suspended" and returns:
            yield _also(row, "suspended again", min(returns, key=lambda each: each["counts_from"]))


def _also(row: Row, what: str, other: Row) -> Happening:
    known = max(row["counts_from"], other["counts_from"])
    return Happening(row["seller_id"], what, known, row["acted_at"], person=row["actor_id"], about=row)


def _is_bad(row: Row, ticket: Row) -> bool:
    own = row["actor_id"] is not None and ticket["opened_by"] == row["actor_id"]
    return own or ticket["opened_at"] > row["acted_at"] or ticket["seller_id"] not in {None, row["seller_id"]}


def _is_before(other: Row, row: Row) -> bool:
    same = (other["seller_id"], other["product_id"]) == (row["seller_id"], row["product_id"])
    return same and other["acted_at"] <= row["acted_at"]


def _gap(other: Row, row: Row) -> timedelta:
    gap: timedelta = row["acted_at"] - other["acted_at"]
    return gap


def _is_return(row: Row) -> bool:
    return bool(row["kind"] == "reinstated" and row["actor_kind"] == "staff")


def _done(view: View, kind: str, what: str = "done") -> list[Row]:
    return [each.about for each in view.within(_YEAR, what) if each.about["kind"] == kind]


def _by_staff(view: View, kind: str, what: str = "done") -> list[Row]:
    return [row for row in _done(view, kind, what) if row["actor_kind"] == "staff"]


def _suspended(*, listing: bool) -> Callable[[View], float]:
    def meaning(view: View) -> float:
        return len([row for row in _done(view, "suspended") if (row["product_id"] is not None) == listing])

    return meaning


def _irregular(view: View, *kinds: str) -> float:
    unasked = [row for kind in kinds for row in _by_staff(view, kind) if row["ticket_id"] is None]
    return len(unasked) + sum(len(_by_staff(view, kind, "with a bad ticket")) for kind in kinds)


def _share(part: float, whole: float) -> float:
    return NAN if whole == 0 else min(part / whole, 1.0)


def _of_returns(part: Callable[[View], float]) -> Callable[[View], float]:
    return lambda view: _share(part(view), len(_by_staff(view, "reinstated")))


def _appealed(view: View, edge: timedelta) -> int:
    return view.count(_YEAR, f"appealed within {edge}")


def _unappealed(view: View) -> float:
    returns = len(_by_staff(view, "reinstated"))
    return (returns - _appealed(view, _LONGEST)) / returns if returns else NAN


def _days(view: View) -> float:
    """The middle of the bin in which half of the appeals that were granted had been answered, in days."""
    granted = _appealed(view, _LONGEST)
    if granted == 0:
        return NAN
    longer = [edge for edge in _EDGES[:-1] if 2 * (granted - _appealed(view, edge)) > granted]
    begins = longer[-1] if longer else _EDGES[0] / 2
    return begins / timedelta(days=1) * math.sqrt(2)


def _by_one(view: View) -> float:
    people = Counter(row["actor_id"] for row in _by_staff(view, "reinstated") if row["actor_id"] is not None)
    return max(people.values(), default=0)


MEANINGS: dict[str, Callable[[View], float]] = {
    "reviews_arrived_364d": lambda view: view.count(_YEAR, "arrived"),
    "account_suspensions_364d": _suspended(listing=False),
    "listing_suspensions_364d": _suspended(listing=True),
    "suspensions_after_return_364d": lambda view: view.count(_YEAR, "suspended again"),
    "returns_by_staff_364d": lambda view: len(_by_staff(view, "reinstated")),
    "irregular_returns_364d": lambda view: _irregular(view, "reinstated"),
    "irregular_category_openings_364d": lambda view: _irregular(view, "category_opened"),
    "irregular_standing_actions_364d": lambda view: _irregular(view, "reinstated", "category_opened"),
    "returns_by_one_364d": _by_one,
    "irregular_return_share_364d": _of_returns(lambda view: _irregular(view, "reinstated")),
    "same_day_return_share_364d": _of_returns(lambda view: _appealed(view, timedelta(days=1))),
    "unappealed_return_share_364d": _unappealed,
    "days_from_appeal_to_return_364d": _days,
}
"""What each signal means, by its name; NaN where it says nothing, which reads as no events."""

_TABLE = "account_actions"
_BAD = (
    _TABLE,
    "account_actions.ticket_id",
    "account_actions.actor_id",
    "tickets",
    "tickets.opened_by",
    "tickets.seller_id",
)

NEEDS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(MEANINGS, (_TABLE,)),
    **dict.fromkeys((name for name in MEANINGS if name.startswith("irregular")), _BAD),
    "returns_by_one_364d": (_TABLE, "account_actions.actor_id"),
    "reviews_arrived_364d": ("reviews",),
}
"""Tables and columns that each of them needs."""
