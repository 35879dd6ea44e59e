"""What staff does in a random market: tickets, look-ups, actions on accounts, who works where; and buyers' reports.

Tickets are opened before, at or after what names them, about that seller or another one, by the same hand or not; some
that are named never come.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from random import Random

from tests.features.random_moments import DAY, FIRST_DAY, NOBODY, Row, any_day, any_moment, recorded

STAFF = (7, 8)
"""Members of staff who do things."""
QUEUES = ("disputes", "safety", None)
TICKETS = 6
"""Tickets are numbered from 1 to so many, each of which may never come."""

_KINDS = ("suspended", "appealed", "reinstated", "warned", "closed", "category_opened", "vanished")
_RESOURCES = ("reviewer_contact", "reviewer_contact", "sales_report", "ranking_internals", "account_notes", "cellar")


def some_ticket(random: Random) -> int | None:
    """Name a ticket: none, one that may come, or one that never does."""
    return random.choice((None, None, *range(1, TICKETS + 1), NOBODY))


def tickets(random: Random, sellers: Sequence[int], handled: Sequence[tuple[int, datetime]]) -> Iterator[Row]:
    """Draw tickets, most of them around the instant at which something is done under them.

    Args:
        random: draws.
        sellers: their numbers.
        handled: ticket and instant of what names one.

    """
    for ticket in range(1, TICKETS + 1):
        if random.randrange(6) == 0:
            continue
        instants = [moment for named, moment in handled if named == ticket] or [any_moment(random)]
        opened = max(random.choice(instants) + random.choice((-3, -1, 0, 0, 2, 40)) * DAY, _start())
        row: Row = {
            "ticket_id": ticket,
            "opened_at": opened,
            "opened_by_kind": random.choice(("staff", "staff", "seller", "reader", "automation")),
            "opened_by": random.choice((None, *STAFF)),
            "seller_id": random.choice((None, *sellers, NOBODY)),
            "queue": random.choice(QUEUES),
            "assigned_to": random.choice((None, *STAFF)),
        }
        yield {**row, **recorded(random, opened)}


def account_actions(random: Random, sellers: Sequence[int], products: Sequence[int]) -> Iterator[Row]:
    """Draw what is done to accounts and their products: suspended, appealed, returned, again and in any order."""
    for seller in (*sellers, NOBODY):
        acted, keys = any_moment(random), set()
        for _ in range(random.choice((0, 1, 3, 6))):
            acted += random.choice((0, 0, 1, 2, 20, 60)) * DAY
            kind = random.choice((*_KINDS[:3], *_KINDS))
            if (acted, kind) in keys:
                continue
            keys.add((acted, kind))
            row: Row = {
                "seller_id": seller,
                "acted_at": acted,
                "kind": kind,
                "product_id": random.choice((None, None, *products, NOBODY)),
                "actor_kind": random.choice(("staff", "staff", "seller", "automation", "robot")),
                "actor_id": random.choice((None, *STAFF)),
                "queue": random.choice(QUEUES),
                "ticket_id": some_ticket(random),
            }
            yield {**row, **recorded(random, acted)}


def staff_access(
    random: Random, sellers: Sequence[int], products: Sequence[int], reviews: Sequence[Row]
) -> Iterator[Row]:
    """Draw look-ups that name a seller, a product, a review or nobody, some of them before the review was written."""
    for access in range(1, random.choice((2, 3 * len(sellers) + 2))):
        review = random.choice((*reviews, {"review_id": NOBODY, "reviewer_id": NOBODY, "created_at": _start()}))
        accessed = random.choice((any_moment(random), review["created_at"] + random.choice((-1, 0, 1, 9)) * DAY))
        about: Row = random.choice(
            (
                {"seller_id": random.choice((*sellers, NOBODY))},
                {"product_id": random.choice((*products, NOBODY))},
                {"review_id": review["review_id"], "reviewer_id": review["reviewer_id"]},
                {"review_id": review["review_id"], "reviewer_id": review["reviewer_id"]},
                {"seller_id": random.choice(sellers), "reviewer_id": review["reviewer_id"]},
                {"product_id": random.choice(products), "review_id": review["review_id"]},
                {},
            )
        )
        row: Row = {
            "access_id": access,
            "actor_id": random.choice(STAFF),
            "accessed_at": max(accessed, _start()),
            "resource": random.choice(_RESOURCES),
            "records": random.choice((None, 0, 1, 40)),
            "ticket_id": some_ticket(random),
        }
        yield {**row, **about, **recorded(random, row["accessed_at"])}


def staff(random: Random) -> Iterator[Row]:
    """Draw who works in which queue, since always or from a day on; some change it, some are not listed."""
    for actor in STAFF[: random.randrange(len(STAFF) + 1)]:
        since = random.choice((None, FIRST_DAY))
        row: Row = {"actor_id": actor, "role": "moderator", "queue": random.choice(QUEUES), "shared": False}
        yield {**row, "valid_from": since, **(recorded(random, since) if since else {})}
        if random.randrange(2) == 0:
            moved = any_day(random, FIRST_DAY + DAY)
            yield {**row, "queue": random.choice(QUEUES), "valid_from": moved, **recorded(random, moved)}


def buyer_reports(random: Random, sellers: Sequence[int]) -> Iterator[Row]:
    """Draw what buyers report, of sellers and of nobody."""
    for report in range(1, random.choice((1, 2, 2 * len(sellers) + 2))):
        reported = any_moment(random)
        row: Row = {
            "report_id": report,
            "seller_id": random.choice((*sellers, NOBODY)),
            "reviewer_id": random.choice((None, 1, 2)),
            "reported_at": reported,
            "kind": random.choice(("off_platform_contact", "paid_review", "paid_review", "noise")),
        }
        yield {**row, **recorded(random, reported)}


def _start() -> datetime:
    return datetime.combine(date(FIRST_DAY.year, 1, 1), time())
