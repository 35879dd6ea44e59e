"""A market whose tables cover everything, and in which a handful of staff is busy for some weeks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from random import Random

from features.contract import TABLES
from tests.features.random_market import random_market
from tests.features.random_moments import DAY, Market, Row, any_moment, recorded
from tests.features.random_staff import QUEUES, STAFF, some_ticket

BUSY_FROM = date(2024, 3, 1)
_REVIEWS = 60


def busy_market(random: Random, size: int = 6) -> tuple[Market, list[date]]:
    """Draw the market, and cutoffs before, in and after its busy weeks."""
    market = random_market(random, size)
    covered: list[Row] = [
        {"table_name": name, "marketplace": marketplace, "from_on": date(2020, 1, 1)}
        for name in TABLES
        for marketplace in ("US", "IT")
    ]
    reviews = list(_complaints(random, sorted({row["product_id"] for row in market["products"]})))
    actions = list(_decisions(random, reviews))
    market["reviews"] += reviews
    market["review_actions"] += actions
    market["staff_access"] = [*market.get("staff_access", []), *_look_ups(random, reviews, actions)]
    sellers = sorted({row["seller_id"] for row in market["sellers"]})
    held = {(row["seller_id"], row["acted_at"], row["kind"]) for row in market.get("account_actions", [])}
    market["account_actions"] = [
        *market.get("account_actions", []),
        *(row for row in _returns(random, sellers) if (row["seller_id"], row["acted_at"], row["kind"]) not in held),
    ]
    market["coverage"] = covered
    return market, [date(2024, 4, 1), date(2024, 5, 6), date(2024, 6, 12), date(2024, 7, 1), date(2024, 8, 5)]


def _complaints(random: Random, products: Sequence[int]) -> Iterator[Row]:
    """Yield complaints, nearly all about few products, so that one ticket and one queue meet several sellers."""
    for review in range(_REVIEWS):
        created = any_moment(random, BUSY_FROM)
        row: Row = {
            "review_id": 500 + review,
            "product_id": random.choice(products),
            "reviewer_id": random.randrange(1, 5),
            "rating": random.choice((1, 1, 2, 4)),
            "verified": True,
            "created_at": created,
        }
        yield {**row, **(recorded(random, created) if random.randrange(3) == 0 else {})}


def _decisions(random: Random, reviews: Sequence[Row]) -> Iterator[Row]:
    for review in reviews:
        acted = review["created_at"] + random.choice((1, 2, 30)) * DAY + timedelta(seconds=random.randrange(9_000))
        row: Row = {
            "review_id": review["review_id"],
            "acted_at": acted,
            "kind": random.choice(("removed", "removed", "removed", "kept", "edited")),
            "actor_kind": random.choice(("staff", "staff", "staff", "reviewer")),
            "actor_id": random.choice((None, *STAFF, *STAFF)),
            "new_rating": 5,
            "reason": random.choice((None, "abuse", "abuse", "spam")),
            "queue": random.choice(QUEUES),
            "trigger": "none",
            "ticket_id": some_ticket(random),
        }
        yield {**row, **(recorded(random, acted) if random.randrange(3) == 0 else {})}


def _look_ups(random: Random, reviews: Sequence[Row], actions: Sequence[Row]) -> Iterator[Row]:
    """Yield look-ups of authors, up to some weeks before something is done to their reviews."""
    acted = {row["review_id"]: row["acted_at"] for row in actions}
    for review in random.sample(reviews, len(reviews) // 2):
        accessed = acted[review["review_id"]] - random.choice((0, 1, 20, 21, 22)) * DAY
        row: Row = {
            "access_id": 500 + review["review_id"],
            "actor_id": random.choice(STAFF),
            "accessed_at": accessed,
            "resource": "reviewer_contact",
            "product_id": random.choice((None, None, review["product_id"])),
            "review_id": random.choice((None, review["review_id"])),
            "reviewer_id": random.choice((None, review["reviewer_id"])),
            "records": random.choice((None, 1, 3)),
            "ticket_id": some_ticket(random),
        }
        yield {**row, **(recorded(random, accessed) if random.randrange(3) == 0 else {})}


def _returns(random: Random, sellers: Sequence[int]) -> Iterator[Row]:
    """Yield suspensions, appeals and returns, hours or weeks apart."""
    for seller in sellers:
        acted = any_moment(random, BUSY_FROM)
        for kind in ("suspended", "appealed", "reinstated", "category_opened", "suspended", "appealed", "reinstated"):
            acted += random.choice((timedelta(hours=5), timedelta(hours=6), 2 * DAY, 9 * DAY, 65 * DAY))
            row: Row = {
                "seller_id": seller,
                "acted_at": acted,
                "kind": kind,
                "product_id": random.choice((None, None, None, seller)),
                "actor_kind": "staff",
                "actor_id": random.choice((None, *STAFF)),
                "ticket_id": some_ticket(random),
            }
            yield {**row, **(recorded(random, acted) if random.randrange(3) == 0 else {})}
