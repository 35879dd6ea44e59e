"""Markets altered so that a law says what becomes of the signals, and a calm one in which something happens."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from features.contract import TABLES
from tests.features.random_market import OTHER_CONTENT, known_at
from tests.features.random_moments import DAY, NOBODY, Market, Row
from tests.features.rival_markets import befallen_rivals
from tests.features.twin_events import midnight

_MEANWHILE = 20 * DAY
_COMPLAINTS = (*range(21, 40), *range(101, 112))
"""Numbers of thirty reviews of one star."""


def without_later(market: Market, cutoff: date) -> Market:
    """Only what was known before the cutoff."""
    kept = {name: [row for row in rows if known_at(name, row).date() < cutoff] for name, rows in market.items()}
    return {name: rows for name, rows in kept.items() if rows}


def otherwise_later(market: Market, cutoff: date) -> Market:
    """What was not known before the cutoff says something else."""
    return {
        name: [
            row | OTHER_CONTENT[name](row) if name in OTHER_CONTENT and known_at(name, row).date() >= cutoff else row
            for row in rows
        ]
        for name, rows in market.items()
    }


def moved_later(market: Market, cutoff: date) -> Market:
    """Every listing is sold on the day of the cutoff, to each of the other sellers one after the other."""
    sellers = sorted({row["seller_id"] for row in market["sellers"]})
    sold = [
        {**row, "seller_id": seller, "valid_from": cutoff + days * DAY, "recorded_at": None}
        for row in market["products"]
        for days, seller in enumerate(sellers)
    ]
    return {**market, "products": [*market["products"], *sold]}


def found_later(market: Market, cutoff: date) -> Market:
    """Much that happened before comes to light at the cutoff's first instant: sold listings, removals, corrections."""
    then, before = {"recorded_at": midnight(cutoff)}, cutoff - 40 * DAY
    seller, query = market["sellers"][0]["seller_id"], 1
    removed = {"kind": "removed", "actor_kind": "staff", "new_rating": None, **then}
    ranked = {"query_id": query, "observed_on": before, "position": 1, "sponsored": False, **then}
    products = sorted({row["product_id"] for row in market["products"]})
    more: Market = {
        "products": [{**row, "seller_id": seller, "valid_from": before, **then} for row in market["products"]],
        "reviews": [{**row, "review_id": 1_000 + row["review_id"], **then} for row in market["reviews"]],
        "review_actions": [
            {"review_id": row["review_id"], "acted_at": max(row["created_at"], midnight(before)), **removed}
            for row in market["reviews"]
            if row["created_at"] < midnight(cutoff)
        ],
        "search_ranks": [{"product_id": product, **ranked} for product in products],
        "tickets": _tickets_of_nobody(midnight(before), then),
        "staff_access": [
            {**row, "access_id": 1_000 + row["access_id"], **then} for row in market.get("staff_access", [])
        ],
        "account_actions": [
            {
                "seller_id": row["seller_id"],
                "acted_at": midnight(before),
                "kind": "reinstated",
                "actor_kind": "staff",
                **then,
            }
            for row in market["sellers"]
        ],
        "buyer_reports": [
            {"report_id": 1_000, "seller_id": seller, "reported_at": midnight(before), "kind": "paid_review", **then}
        ],
    }
    contrary = {
        name: [row | OTHER_CONTENT[name](row) | then for row in market.get(name, [])]
        for name in OTHER_CONTENT
        if name not in {"sellers", "products"}
    }
    names = {**market, **more, **contrary}
    return {name: [*market.get(name, []), *more.get(name, []), *contrary.get(name, [])] for name in names}


def _tickets_of_nobody(opened_at: datetime, then: Row) -> list[Row]:
    """The ticket that many rows name and nobody delivered."""
    row: Row = {"ticket_id": NOBODY, "opened_at": opened_at, "opened_by_kind": "staff", "opened_by": 7, "seller_id": 1}
    return [{**row, **then}]


def doubled(market: Market) -> Market:
    """Every seller has everything twice: products, reviews and queries of other names to which the same happens."""
    return _with_copies(market, _COPIED)


def split(market: Market) -> Market:
    """Everything twice, as in ``doubled``, the second half of each seller being an account of its own."""
    return _with_copies(market, _COPIED | {"seller_id", "ticket_id"})


_COPIED = {"product_id", "review_id", "query_id", "report_id", "access_id"}


def _with_copies(market: Market, renamed: set[str]) -> Market:
    """Add a copy, under other names, of every row whose key has one of them."""

    def copy(row: Row) -> Row:
        return {key: value + 1_000 if key in renamed and value is not None else value for key, value in row.items()}

    twice = {name: [*rows, *map(copy, rows)] for name, rows in market.items() if renamed & set(TABLES[name].key)}
    return {**market, **twice}


def calm_market(*, reviewed: bool) -> Market:
    """Draw three sellers of a listing each and full coverage; the first has old reviews, or nobody has any.

    Reviews 1 to 4 have one star, all others of product 1 five; reviews that nobody has are of an unknown product.
    Review 9 was withdrawn at once by its author, so that every column of an action has been seen.
    """
    opened = date(2021, 1, 1)
    reviews = [
        {
            "review_id": review,
            "product_id": 1 if reviewed else 99,
            "reviewer_id": review,
            "rating": 1 if review <= 4 else 5,
            "verified": True,
            "created_at": midnight(opened) + review * DAY,
        }
        for review in (*range(1, 9), *range(40, 50))
    ]
    withdrawn = {**reviews[0], "review_id": 9, "product_id": 1, "rating": 3}
    return {
        "sellers": [
            {"seller_id": seller, "marketplace": "US", "category": "garden", "opened_on": opened}
            for seller in (1, 2, 3)
        ],
        "products": [
            {"product_id": product, "seller_id": product, "category": "garden", "listed_on": opened}
            for product in (1, 2, 3)
        ],
        "reviews": [*reviews, withdrawn],
        "review_actions": [
            {"review_id": 1, "acted_at": midnight(opened) + 9 * DAY, "kind": "kept", "actor_kind": "staff"},
            {"review_id": 9, "acted_at": midnight(opened) + 9 * DAY, "kind": "removed", "actor_kind": "reviewer"}
            | {"actor_id": 6, "queue": "disputes", "reason": "regret", "ticket_id": 2},
        ],
        "tickets": [
            {
                "ticket_id": ticket,
                "opened_at": midnight(opened),
                "opened_by_kind": "staff",
                "opened_by": 7,
                "assigned_to": 6,
                "seller_id": 2,
            }
            for ticket in (1, 2)
        ],
        "search_ranks": [_rank(1, opened, 40), _rank(99, opened, 60)],
        "staff_access": [
            {"access_id": 9, "actor_id": 6, "accessed_at": midnight(opened), "resource": "other", "seller_id": 1}
            | {"records": 1, "ticket_id": 2}
        ],
        "account_actions": [
            {"seller_id": 1, "acted_at": midnight(opened), "kind": "warned", "actor_kind": "staff"}
            | {"actor_id": 6, "ticket_id": 2}
        ],
        "coverage": [{"table_name": name, "marketplace": "US", "from_on": date(2020, 1, 1)} for name in TABLES],
    }


def with_burst(market: Market, instant: datetime) -> Market:
    """Add something of every kind that happens to seller 1 of a calm market at one instant, or on its day.

    A removal and a look-up days before it leave every window before the instant does; the rivals differ among
    themselves meanwhile, and befalls them what is done by those who have to do with the first.
    """
    earlier = {"review_id": 3, "acted_at": instant - 5 * DAY, "kind": "removed", "actor_kind": "staff", "actor_id": 7}
    kept = {"kind": "kept", "queue": "disputes"}
    done: Row = {"seller_id": 1, "actor_kind": "staff", "actor_id": 7}
    more: dict[str, list[Row]] = {
        "reviews": [
            {**market["reviews"][0], "review_id": 20, "created_at": instant},
            {**market["reviews"][4], "review_id": 90, "created_at": instant},
            *({**market["reviews"][0], "review_id": review, "product_id": 2} for review in _COMPLAINTS),
            *_rival_reviews(instant + _MEANWHILE),
        ],
        "review_actions": [
            earlier,
            {**earlier, "review_id": 21, "ticket_id": 1},
            *_removals(instant),
            *({**earlier, "review_id": review, "acted_at": instant, **kept} for review in (4, 21)),
            {**earlier, "review_id": 22, "acted_at": instant, "actor_id": 8, "queue": "disputes", "reason": "rule 22"},
            {"review_id": 4, "acted_at": instant, "kind": "edited", "actor_kind": "reviewer", "new_rating": 2},
            *_rival_removals(instant + _MEANWHILE),
        ],
        "search_ranks": [_rank(1, instant.date(), 2), *_rivals(instant.date() + _MEANWHILE)],
        "sales": [{"product_id": 1, "sold_on": instant.date(), "units": 9, "revenue": 9.0}],
        "account_actions": [
            *({**done, "acted_at": instant, "kind": kind} for kind in _KINDS),
            {**done, "acted_at": instant - 5 * DAY, "kind": "suspended", "product_id": 1, "recorded_at": instant},
        ],
        "buyer_reports": [
            {"report_id": report, "seller_id": 1, "reported_at": instant, "kind": kind}
            for report, kind in ((1, "paid_review"), (2, "off_platform_contact"))
        ],
        "staff_access": [
            {"access_id": 1, "actor_id": 7, "accessed_at": instant, "resource": "reviewer_contact", "review_id": 4}
            | {"records": 2},
            *(
                {
                    "access_id": 10 + number,
                    "actor_id": 7,
                    "accessed_at": at,
                    "resource": "ranking_internals",
                    "seller_id": 1,
                }
                for number, at in enumerate((instant - 5 * DAY, instant, instant))
            ),
        ],
    }
    befallen = befallen_rivals(market["reviews"][4], instant)
    names = {**market, **more, **befallen}
    return {name: [*market.get(name, []), *more.get(name, []), *befallen.get(name, [])] for name in names}


def meeting_market() -> tuple[Market, list[date]]:
    """Draw a market in which instants meet, and cutoffs that meet them.

    A listing is sold at an instant at which a review comes and a place is observed; that becomes known at the instant
    at which older reviews do; a place is corrected on the day of a cutoff.
    """
    market = calm_market(reviewed=True)
    sold, known = date(2024, 3, 4), midnight(date(2024, 3, 11))
    product = {"product_id": 1, "seller_id": 2, "category": "garden", "listed_on": date(2021, 1, 1)}
    review = market["reviews"][0]
    more: Market = {
        "products": [{**product, "valid_from": sold, "recorded_at": known}],
        "reviews": [
            {**review, "review_id": 31, "created_at": midnight(sold), "recorded_at": known + DAY},
            {**review, "review_id": 32, "created_at": midnight(sold) - DAY, "recorded_at": known},
            {**review, "review_id": 33, "created_at": midnight(sold) - DAY, "recorded_at": known + DAY},
        ],
        "review_actions": list(_removals(midnight(sold))),
        "search_ranks": [
            _rank(1, sold, 9),
            _rank(2, sold, 20),
            {**_rank(1, sold, 4), "recorded_at": known + timedelta(hours=6)},
            {**_rank(2, sold, 2), "recorded_at": known},
            {**_rank(2, sold + 7 * DAY, 3), "recorded_at": known},
        ],
    }
    together = {name: [*rows, *more.get(name, [])] for name, rows in market.items()}
    return together, [date(2024, 3, 4), date(2024, 3, 5), date(2024, 3, 11), date(2024, 3, 12), date(2024, 3, 13)]


_KINDS = ("suspended", "appealed", "reinstated", "category_opened")


def _removals(instant: datetime) -> Iterator[Row]:
    for review, actor_kind in ((1, "staff"), (2, "staff"), (5, "staff"), (6, "reviewer"), (7, "automation")):
        row: Row = {"review_id": review, "acted_at": instant, "kind": "removed", "actor_kind": actor_kind}
        ticket = 1 if review == 1 else None
        yield {**row, "actor_id": 7, "queue": "disputes", "reason": f"rule {review}", "ticket_id": ticket}


def _rivals(day: date) -> list[Row]:
    return [_rank(2, day, 1), _rank(3, day, 2)]


def _rival_reviews(instant: datetime) -> Iterator[Row]:
    """Many reviews of five stars for either rival and one of one star: 60 of product 2, 80 of product 3."""
    for first, product, count in ((60, 2, 13), (80, 3, 15)):
        for review in range(first, first + count):
            row: Row = {"review_id": review, "product_id": product, "reviewer_id": review, "verified": True}
            yield {**row, "rating": 1 if review == first else 5, "created_at": instant}


def _rival_removals(instant: datetime) -> Iterator[Row]:
    """The authors withdraw what has one star."""
    for review in (60, 80):
        row: Row = {"review_id": review, "acted_at": instant + DAY, "kind": "removed", "actor_kind": "reviewer"}
        yield {**row, "actor_id": 6}


def _rank(product: int, observed_on: date, position: int) -> Row:
    row: Row = {"product_id": product, "query_id": 1, "observed_on": observed_on, "position": position}
    return {**row, "sponsored": False}
