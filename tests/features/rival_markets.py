"""Markets, and rows of some, in which sellers have staff, reviewers and queries in common."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random

from tests.features.random_moments import DAY, Market, Row
from tests.features.twin_events import midnight

_STAFF = range(5, 10)


def befallen_rivals(praise: Row, instant: datetime) -> Market:
    """What befalls the rivals, sellers 2 and 3, of seller 1 of a calm market, on whom something bursts at an instant.

    Days later they lose some of twenty old complaints each, the second to the moderator of the burst, who also suspends
    it and looks up its sales; who praises the first praises and pans the second; both stand near each other in queries.

    Args:
        praise: a review of five stars by who also praises seller 1 in the burst.
        instant: of the burst.

    """
    later = instant + 20 * DAY
    old = [(100 * number + each, number) for number in (2, 3) for each in range(20)]
    reviews = [{**praise, "review_id": review, "product_id": number, "rating": 1} for review, number in old]
    new = {**praise, "product_id": 2, "created_at": later}
    pan = {**new, "review_id": 124, "rating": 1}
    reviews += [{**new, "review_id": 122}, {**new, "review_id": 123, "product_id": 3, "reviewer_id": 6}, pan]
    removed = {"acted_at": later, "kind": "removed", "actor_kind": "staff"}
    suspended = {"seller_id": 2, "acted_at": later, "kind": "suspended", "actor_kind": "staff", "actor_id": 7}
    lookup = {"access_id": 2, "actor_id": 7, "accessed_at": later, "resource": "sales_report", "seller_id": 2}
    return {
        "reviews": reviews,
        "review_actions": [
            *({**removed, "review_id": review, "actor_id": 7} for review in (200, 201, 202)),
            {**removed, "review_id": 300, "actor_id": 8},
        ],
        "search_ranks": [
            place
            for query in (11, 12, 13)
            for place in (_place(1, query, instant.date(), 4), _place(2, query, later.date(), 24))
        ],
        "account_actions": [suspended],
        "staff_access": [lookup],
    }


def _place(product: int, query: int, observed_on: date, position: int) -> Row:
    row: Row = {"product_id": product, "query_id": query, "observed_on": observed_on, "position": position}
    return {**row, "sponsored": False}


def crowded_market(market: Market, random: Random, sellers: int = 6) -> tuple[Market, list[date]]:
    """Draw a market in which much happens within weeks, among few people, and cutoffs about them.

    Staff, reviewers and sellers meet so often that each kind of company is kept by somebody. One seller is seen in no
    query.

    Args:
        market: a calm one, whose rows are the model.
        random: draws.
        sellers: how many there are.

    """
    start = midnight(date(2024, 3, 4))
    seller, listing, review = (market[name][0] for name in ("sellers", "products", "reviews"))
    market["sellers"] = [{**seller, "seller_id": number} for number in range(1, sellers + 1)]
    market["products"] = [{**listing, "product_id": number, "seller_id": number} for number in range(1, sellers + 1)]
    for number in range(100, 100 + 20 * sellers):
        created = start + random.randrange(60) * DAY + timedelta(seconds=number)
        more = {"product_id": random.randrange(1, sellers + 1), "reviewer_id": random.randrange(1, 3 * sellers)}
        rated = {"rating": random.choice((1, 1, 1, 5, 5, 4)), "verified": random.randrange(3) > 0}
        market["reviews"].append({**review, **more, **rated, "review_id": number, "created_at": created})
        if random.randrange(2):
            acted = {"acted_at": created + random.randrange(40) * DAY, "actor_id": random.choice((*_STAFF, None))}
            by = random.choice(("staff", "staff", "automation"))
            market["review_actions"].append({"review_id": number, "kind": "removed", "actor_kind": by, **acted})
            _served(random, market, number, acted["acted_at"], sellers)
    for week in range(6):
        for query in range(1, 6):
            places = random.sample(range(1, 50), sellers)
            day = start.date() + 7 * week * DAY
            market["search_ranks"] += [
                _place(number, query, day, place) for number, place in enumerate(places, 1) if number != sellers - 1
            ]
    return market, [start.date() + days * DAY for days in (30, 65, 100, 120, 140)]


def _served(random: Random, market: Market, number: int, moment: datetime, sellers: int) -> None:
    """Add a look-up, a suspension or a ticket about a seller, in the hands of somebody, under a ticket or not."""
    what = random.choice(("tickets", "account_actions", "staff_access", "staff_access", "staff_access"))
    who, whom = random.choice(_STAFF), random.randrange(1, sellers + 1)
    its_ticket = 10_000 + number
    under = random.choice((None, None, its_ticket, 1_000))
    rows: Market = {
        "tickets": [{"opened_at": moment, "opened_by_kind": "seller", "assigned_to": who}],
        "account_actions": [
            {
                "acted_at": moment,
                "kind": random.choice(("suspended", "reinstated")),
                "actor_kind": "staff",
                "actor_id": who,
                "ticket_id": under,
            }
        ],
        "staff_access": [
            {
                "access_id": number,
                "actor_id": who,
                "accessed_at": moment,
                "resource": "sales_report",
                "ticket_id": under,
            }
        ],
    }
    named = {"ticket_id": number} if what == "tickets" else {}
    market.setdefault(what, []).extend({**row, **named, "seller_id": whom} for row in rows[what])
    if under == its_ticket:
        about = {"ticket_id": its_ticket, "opened_at": moment, "opened_by_kind": "staff"}
        market.setdefault("tickets", []).append({**about, "seller_id": random.randrange(1, sellers + 1)})
