"""The naive twin of pressure on reviewers: look-ups, what the authors took back then, and what buyers report."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.features.random_moments import Market, Row
from tests.features.twin_events import FOREVER, Listings
from tests.features.twin_stories import Happening

if TYPE_CHECKING:
    from tests.features.twin import View

NAN = math.nan
_YEAR = 364
_WITHIN = timedelta(days=21)


def pressed(rows: Market, listings: Listings) -> Iterator[Happening]:
    """Yield look-ups of reviewers, what is wrong with their tickets, what was taken back, and reports."""
    reviews = {row["review_id"]: row for row in rows["reviews"]}
    taken_back = list(_taken_back(rows, reviews, listings))
    yield from taken_back
    look_ups = list(_look_ups(rows, reviews, listings))
    yield from look_ups
    for look_up in look_ups:
        yield from _seen(look_up, rows["tickets"])
        known = _reviewer_known(look_up, reviews)
        if known < FOREVER:
            yield Happening(look_up.seller, "looked up reviewer", known, look_up.happened)
        followed = [_both(look_up, each, reviews) for each in taken_back if _follows(each, look_up, reviews)]
        if followed:
            yield Happening(look_up.seller, "followed", min(followed), look_up.happened)
    for each in taken_back:
        prompted = [_both(look_up, each, reviews) for look_up in look_ups if _follows(each, look_up, reviews)]
        if prompted:
            yield Happening(each.seller, "prompted", min(prompted), each.happened)
    for row in rows["buyer_reports"]:
        yield Happening(row["seller_id"], row["kind"], row["counts_from"], row["reported_at"])


def _taken_back(rows: Market, reviews: dict[Any, Row], listings: Listings) -> Iterator[Happening]:
    for row in rows["review_actions"]:
        review = reviews[row["review_id"]]
        raised = row["kind"] == "edited" and (row["new_rating"] or 0) > review["rating"]
        if row["actor_kind"] == "reviewer" and review["rating"] <= 2 and (row["kind"] == "removed" or raised):
            seller = listings.in_force(review["product_id"], row["acted_at"], row["counts_from"])["seller_id"]
            person = review["reviewer_id"]
            yield Happening(seller, "taken back", row["counts_from"], row["acted_at"], person=person)


def _look_ups(rows: Market, reviews: dict[Any, Row], listings: Listings) -> Iterator[Happening]:
    for row in rows["staff_access"]:
        if row["resource"] != "reviewer_contact":
            continue
        known, seller = row["counts_from"], row["seller_id"]
        if seller is None:
            product = row["product_id"]
            if product is None and row["review_id"] in reviews:
                review = reviews[row["review_id"]]
                product, known = review["product_id"], max(known, review["counts_from"])
            versions = listings.known(product, FOREVER)
            if not versions:
                continue
            known = max(known, min(version["counts_from"] for version in versions))
            seller = listings.in_force(product, row["accessed_at"], known)["seller_id"]
        yield Happening(seller, "looked up", known, row["accessed_at"], person=row["actor_id"], about=row)


def _seen(look_up: Happening, tickets: list[Row]) -> Iterator[Happening]:
    for ticket in tickets:
        if ticket["ticket_id"] != look_up.about["ticket_id"]:
            continue
        own = ticket["opened_by"] == look_up.person
        foreign = ticket["seller_id"] not in {None, look_up.seller}
        if own or foreign or ticket["opened_at"] > look_up.happened:
            known = max(look_up.counts_from, ticket["counts_from"])
            yield Happening(look_up.seller, "looked up with a bad ticket", known, look_up.happened)


def _reviewer_known(look_up: Happening, reviews: dict[Any, Row]) -> datetime:
    """From when it is known whom it was about; never, if no review that it names comes."""
    if look_up.about["reviewer_id"] is not None:
        return look_up.counts_from
    review = reviews.get(look_up.about["review_id"])
    return max(look_up.counts_from, review["counts_from"]) if review else FOREVER


def _both(look_up: Happening, taken_back: Happening, reviews: dict[Any, Row]) -> datetime:
    return max(_reviewer_known(look_up, reviews), taken_back.counts_from)


def _follows(taken_back: Happening, look_up: Happening, reviews: dict[Any, Row]) -> bool:
    about = look_up.about
    reviewer = about["reviewer_id"] or reviews.get(about["review_id"], {}).get("reviewer_id")
    same = reviewer == taken_back.person and look_up.seller == taken_back.seller
    return same and timedelta(0) <= taken_back.happened - look_up.happened <= _WITHIN


def _share(part: float, whole: float) -> float:
    return NAN if whole == 0 else min(part / whole, 1.0)


def _uncaused(view: View, days: int) -> int:
    without = [each for each in view.within(days, "looked up") if each.about["ticket_id"] is None]
    return len(without) + view.count(days, "looked up with a bad ticket")


def _by_one(view: View) -> float:
    return max(Counter(each.person for each in view.within(91, "looked up")).values(), default=0)


def _followed_share(view: View) -> float:
    return _share(view.count(91, "followed"), view.count(91, "looked up reviewer"))


def _excess(view: View) -> float:
    unasked = _share(view.count(91, "taken back") - view.count(91, "prompted"), view.at_risk(91, (1, 2)))
    return _followed_share(view) - (0.0 if math.isnan(unasked) else unasked)


MEANINGS: dict[str, Callable[[View], float]] = {
    "contact_look_ups_91d": lambda view: view.count(91, "looked up"),
    "contact_look_ups_without_cause_91d": lambda view: _uncaused(view, 91),
    "contact_look_ups_without_cause_364d": lambda view: _uncaused(view, _YEAR),
    "contact_look_ups_without_cause_share_91d": lambda view: _share(_uncaused(view, 91), view.count(91, "looked up")),
    "contact_look_ups_by_one_91d": _by_one,
    "contact_records_91d": lambda view: sum(each.about["records"] or 0 for each in view.within(91, "looked up")),
    "followed_look_up_share_91d": _followed_share,
    "prompted_take_backs_91d": lambda view: view.count(91, "prompted"),
    "prompted_take_back_share_91d": lambda view: _share(view.count(91, "prompted"), view.count(91, "taken back")),
    "take_back_excess_after_look_ups_91d": _excess,
    "off_platform_reports_91d": lambda view: view.count(91, "off_platform_contact"),
    "paid_review_reports_91d": lambda view: view.count(91, "paid_review"),
}
"""What each signal means, by its name; NaN where it says nothing, which reads as no events."""

_ACTIONS = ("reviews", "review_actions")
_CAUSE = ("staff_access", "staff_access.ticket_id", "tickets", "tickets.opened_by", "tickets.seller_id")

NEEDS: dict[str, tuple[str, ...]] = {
    "contact_look_ups_91d": ("staff_access",),
    "contact_look_ups_without_cause_91d": _CAUSE,
    "contact_look_ups_without_cause_364d": _CAUSE,
    "contact_look_ups_without_cause_share_91d": _CAUSE,
    "contact_look_ups_by_one_91d": ("staff_access",),
    "contact_records_91d": ("staff_access", "staff_access.records"),
    "followed_look_up_share_91d": ("staff_access", *_ACTIONS),
    "prompted_take_backs_91d": ("staff_access", *_ACTIONS),
    "prompted_take_back_share_91d": ("staff_access", *_ACTIONS),
    "take_back_excess_after_look_ups_91d": ("staff_access", *_ACTIONS),
    "off_platform_reports_91d": ("buyer_reports",),
    "paid_review_reports_91d": ("buyer_reports",),
}
"""Tables and columns that each of them needs."""
