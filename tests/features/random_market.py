"""Small random markets as plain rows, with everything that a delivery can throw at intake, and ways to deliver them.

A market is drawn from a ``random.Random``: a seeded one for fixed markets, one of Hypothesis for those that shrink.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import count, repeat
from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq

from features.blank import IdKind, schema_of
from features.contract import ALWAYS, TABLES
from tests.features import random_staff
from tests.features.random_moments import (
    DAY,
    FIRST_DAY,
    NOBODY,
    TICK,
    Market,
    Row,
    any_day,
    any_moment,
    recorded,
)

CUTOFFS = (date(2023, 8, 7), date(2024, 1, 3), date(2024, 5, 6), date(2024, 7, 1))
"""Days on which the signals of a random market are asked for: Mondays and a Wednesday, the last after every event."""


def random_market(random: Random, size: int = 3, *, ties: bool = False) -> Market:
    """Draw a market of ``size`` sellers, keys being numbers; with ``ties``, rivals may be known at one instant."""
    sellers = _sellers(random, size)
    products = _products(random, sellers)
    reviews = _reviews(random, products)
    actions = list(_actions(random, reviews))
    numbers, listed = sorted({row["seller_id"] for row in sellers}), sorted({row["product_id"] for row in products})
    account_actions = list(random_staff.account_actions(random, numbers, listed))
    accesses = list(random_staff.staff_access(random, numbers, listed, reviews))
    handled = [(row["ticket_id"], row["acted_at"]) for row in (*actions, *account_actions)]
    handled += [(row["ticket_id"], row["accessed_at"]) for row in accesses]
    market: Market = {
        "sellers": sellers,
        "products": products,
        "reviews": reviews,
        "review_actions": actions,
        "tickets": list(random_staff.tickets(random, numbers, handled)),
        "search_ranks": list(_ranks(random, products)),
        "sales": list(_sales(random, products)),
        "account_actions": account_actions,
        "staff_access": accesses,
        "staff": list(random_staff.staff(random)),
        "buyer_reports": list(random_staff.buyer_reports(random, numbers)),
        "verdicts": list(_verdicts(random, sellers)),
        "coverage": list(_coverage(random)),
    }
    apart = repeat(None) if ties else count(1)
    return {name: [*rows, *_once_more(random, name, rows, apart)] for name, rows in market.items() if rows}


def _sellers(random: Random, size: int) -> list[Row]:
    rows = []
    for seller in range(1, size + 1):
        opened = any_day(random, high=date(2023, 5, 1))
        first: Row = {
            "seller_id": seller,
            "marketplace": random.choice(("US", "US", "IT")),
            "category": random.choice(("garden", "toys")),
            "opened_on": opened,
            "owner_id": random.choice((None, 1)),
        }
        rows.append({**first, **recorded(random, opened)})
        if random.randrange(4) == 0:
            valid = any_day(random, opened + DAY)
            rows.append({**first, "category": "tools", "valid_from": valid, **recorded(random, valid)})
    return rows


def _products(random: Random, sellers: Sequence[Row]) -> list[Row]:
    """Draw listings: some never sold, some that change hands, once or often, known in any order, some of nobody."""
    rows = []
    numbers = sorted({row["seller_id"] for row in sellers})
    for product in range(1, len(numbers) + 2):
        listed = any_day(random, high=date(2023, 6, 1))
        first: Row = {"product_id": product, "category": "garden", "listed_on": listed}
        rows.append({**first, "seller_id": random.choice(numbers), **recorded(random, listed)})
        for valid in sorted({any_day(random, listed + DAY) for _ in range(random.choice((0, 0, 1, 2)))}):
            owner = random.choice((*numbers, *numbers, NOBODY))
            rows.append({**first, "seller_id": owner, "valid_from": valid, **recorded(random, valid)})
    return rows


def _reviews(random: Random, products: Sequence[Row]) -> list[Row]:
    rows = []
    numbers = sorted({row["product_id"] for row in products})
    for review in range(1, 8 * len(numbers)):
        created = any_moment(random)
        row: Row = {
            "review_id": review,
            "product_id": random.choice((*numbers, *numbers, *numbers, NOBODY)),
            "reviewer_id": random.randrange(1, 5),
            "rating": random.choice((1, 1, 2, 3, 4, 5, 5)) if random.randrange(20) else 9,
            "verified": random.randrange(2) == 0,
            "created_at": created,
        }
        rows.append({**row, **recorded(random, created)})
    return rows


def _actions(random: Random, reviews: Sequence[Row]) -> Iterator[Row]:
    """Draw what is done to reviews: removed, restored, removed again, edited, in any order, some before the review."""
    for review in (*reviews, {"review_id": NOBODY, "created_at": datetime.combine(FIRST_DAY, time())}):
        acted = review["created_at"] - random.choice((timedelta(0), timedelta(0), 3 * DAY))
        keys = set()
        for _ in range(random.choice((1 if review["review_id"] == NOBODY else 0, 1, 1, 2, 4))):
            acted += random.choice((timedelta(0), timedelta(hours=7), 2 * DAY, 40 * DAY, 120 * DAY))
            kind = random.choice(("removed", "removed", "removed", "restored", "edited", "edited", "kept", "vanished"))
            if (acted, kind) in keys:
                continue
            keys.add((acted, kind))
            row: Row = {
                "review_id": review["review_id"],
                "acted_at": acted,
                "kind": kind,
                "actor_kind": random.choice(("staff", "staff", "staff", "reviewer", "automation", "robot")),
                "actor_id": random.choice((None, *random_staff.STAFF)),
                "new_rating": random.choice((None, 1, 2, 4, 5)) if kind == "edited" else None,
                "reason": random.choice((None, "abuse", "abuse", "spam")),
                "queue": random.choice(random_staff.QUEUES),
                "trigger": random.choice((None, "reader_flag", "seller_flag", "none", "rumour")),
                "ticket_id": random_staff.some_ticket(random),
            }
            yield {**row, **recorded(random, acted)}


def _ranks(random: Random, products: Sequence[Row]) -> Iterator[Row]:
    """Draw what queries showed on some days: part of the products, sponsored places, and later corrections of both."""
    numbers = (*sorted({row["product_id"] for row in products}), NOBODY)
    for query in range(1, random.choice((2, 3))):
        observed = any_day(random, high=date(2023, 7, 1))
        for _ in range(random.randrange(1, 7)):
            places = random.sample(range(1, 40), len(numbers))
            bulk = recorded(random, observed)
            for product, position in zip(numbers, places, strict=True):
                if random.randrange(5) < 2:
                    continue
                row: Row = {"product_id": product, "query_id": query, "observed_on": observed, "position": position}
                row["sponsored"] = random.randrange(6) == 0
                yield {**row, **(bulk if random.randrange(4) else recorded(random, observed))}
                if random.randrange(6) == 0:
                    corrected = datetime.combine(observed, time()) + timedelta(
                        days=random.choice((0, 3, 9, 40)), hours=6
                    )
                    yield {**row, "position": random.randrange(1, 40), "recorded_at": corrected}
            observed += random.choice((1, 7, 7, 30, 100)) * DAY


def _sales(random: Random, products: Sequence[Row]) -> Iterator[Row]:
    for product in sorted({row["product_id"] for row in products}):
        for _ in range(random.randrange(3)):
            sold = any_day(random)
            row: Row = {"product_id": product, "sold_on": sold, "units": random.randrange(-1, 4), "revenue": 2.5}
            yield {**row, **recorded(random, sold)}
            if random.randrange(3) == 0:
                yield {**row, "units": 7, "recorded_at": datetime.combine(sold, time()) + timedelta(days=9)}


def _verdicts(random: Random, sellers: Sequence[Row]) -> Iterator[Row]:
    for _ in range(random.randrange(3)):
        decided = any_moment(random)
        verdict = random.choice(("manipulated", "cleared"))
        row: Row = {"seller_id": sellers[0]["seller_id"], "decided_at": decided, "verdict": verdict, "route": "tip"}
        yield {**row, **recorded(random, decided)}


def _coverage(random: Random) -> Iterator[Row]:
    for table in ("reviews", "review_actions", "search_ranks"):
        for marketplace in ("US", "IT"):
            since = random.choice((None, date(2021, 1, 1), date(2021, 1, 1), date(2023, 3, 1)))
            if since is not None:
                until = random.choice((None, None, None, date(2024, 2, 1)))
                row: Row = {"table_name": table, "marketplace": marketplace, "from_on": since, "to_on": until}
                yield {**row, **(recorded(random, since) if since.year == 2023 else {})}


OTHER_CONTENT: dict[str, Callable[[Row], Row]] = {
    "sellers": lambda row: {"category": f"{row['category']} and more"},
    "products": lambda row: {"category": f"{row['category']} and more"},
    "reviews": lambda row: {"rating": 6 - row["rating"] if row["rating"] in {1, 2, 4, 5} else 1},
    "review_actions": lambda row: {"actor_kind": "automation" if row["actor_kind"] == "staff" else "staff"},
    "search_ranks": lambda row: {"position": row["position"] + 1},
    "sales": lambda row: {"units": row["units"] + 1},
    "tickets": lambda row: {"opened_by": 7 if row["opened_by"] == 8 else 8},
    "account_actions": lambda row: {"actor_kind": "automation" if row["actor_kind"] == "staff" else "staff"},
    "staff_access": lambda row: {"resource": "other" if row["resource"] == "reviewer_contact" else "reviewer_contact"},
    "staff": lambda row: {"queue": "safety" if row["queue"] == "disputes" else "disputes"},
    "buyer_reports": lambda row: {"kind": "paid_review" if row["kind"] == "noise" else "noise"},
}


def _once_more(random: Random, name: str, rows: Sequence[Row], numbers: Iterator[int | None]) -> Iterator[Row]:
    """Deliver some rows again, as they are or recorded at another time, and some keys with other content.

    A number keeps rivals for one key apart by as many microseconds; without it they may be known at one instant.
    """
    for row in rows:
        fate, apart = random.randrange(24), next(numbers)
        happened = _happened(name, row)
        if fate == 0:
            yield row
        elif fate == 1 and (apart is None or TABLES[name].repeat != "correction"):
            yield {key: value for key, value in row.items() if key != "recorded_at"} | recorded(random, happened)
        elif fate == 2 and name in OTHER_CONTENT:
            start = happened if isinstance(happened, datetime) else datetime.combine(happened, time())
            late = start + (random.choice((1, 8, 50)) * DAY + apart * TICK if apart else timedelta(0))
            yield {**row, **OTHER_CONTENT[name](row), "recorded_at": late}


def known_at(name: str, row: Row) -> datetime:
    """When a row became known: the later of happening and being recorded."""
    happened = _happened(name, row)
    if not isinstance(happened, datetime):
        happened = datetime.combine(happened, time())
    held = row.get("recorded_at")
    return happened if held is None else max(happened, held)


def _happened(name: str, row: Row) -> date | datetime:
    """When it happened; of what is valid since always, the earliest day."""
    default = TABLES[name].happened_default
    happened: date | datetime | None = row.get(TABLES[name].happened) or (row[default] if default else None)
    return happened or date.fromisoformat(ALWAYS)


def telling_cutoffs(random: Random, market: Market, number: int) -> list[date]:
    """Cutoffs at which a row has just become known, is about to, or stands on either side of a window's beginning.

    Some are alone, others are followed by cutoffs whole weeks later: both ways of computing them are asked for.
    """
    rows = [
        (name, row)
        for name in ("review_actions", "reviews", "search_ranks", "products")
        for row in market.get(name, [])
    ]
    found = set()
    for _ in range(number):
        name, row = random.choice(rows)
        day = known_at(name, row).date() + random.choice((0, 1, 1, 28, 29, 91, 92, 182, 364, 365)) * DAY
        found |= {day + weeks * 7 * DAY for weeks in random.choice(((0,), (0,), (0, 1, 6)))}
    return sorted(found)


def text_keys(market: Market) -> Market:
    """The same market with strings for keys, which sort as the numbers do."""
    keys = {name: [column.name for column in table.columns if column.kind == "key"] for name, table in TABLES.items()}
    return {
        name: [row | {key: f"{row[key]:06d}" for key in keys[name] if row.get(key) is not None} for row in rows]
        for name, rows in market.items()
    }


def write_rows(path: Path, name: str, rows: Sequence[Row]) -> None:
    """Write rows as one Parquet file with the contract's types; optional columns that no row has are left out."""
    keys = [column.name for column in TABLES[name].columns if column.kind == "key"]
    ids: IdKind = "string" if any(isinstance(row.get(key), str) for row in rows for key in keys) else "integer"
    given = {column for row in rows for column in row}
    schema = pa.schema([each for each in schema_of(TABLES[name], ids) if each.name in given or not each.nullable])
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist([{each: row.get(each) for each in schema.names} for row in rows], schema), path)


def deliver_files(data: Path, market: Market) -> Path:
    """One file a table."""
    for name, rows in market.items():
        write_rows(data / f"{name}.parquet", name, rows)
    return data
