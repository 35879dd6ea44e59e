"""Small random markets as plain rows, with everything that a delivery can throw at intake, and ways to deliver them.

A market is drawn from a ``random.Random``: a seeded one for fixed markets, one of Hypothesis for those that shrink.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import count, repeat
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from features.blank import IdKind, schema_of
from features.contract import TABLES

Row = dict[str, Any]
Market = dict[str, list[Row]]

FIRST_DAY = date(2023, 1, 2)
LAST_DAY = date(2024, 6, 30)
CUTOFFS = (date(2023, 8, 7), date(2024, 1, 3), date(2024, 5, 6), date(2024, 7, 1))
"""Days on which the signals of a random market are asked for: Mondays and a Wednesday, the last after every event."""

_TICK = timedelta(microseconds=1)
_DAY = timedelta(days=1)
_NOBODY = 99
"""A seller, product or review of that number is never delivered."""


def random_market(random: Random, size: int = 3, *, ties: bool = False) -> Market:
    """Draw a market of ``size`` sellers, keys being numbers; with ``ties``, rivals may be known at one instant."""
    sellers = _sellers(random, size)
    products = _products(random, sellers)
    reviews = _reviews(random, products)
    market: Market = {
        "sellers": sellers,
        "products": products,
        "reviews": reviews,
        "review_actions": list(_actions(random, reviews)),
        "search_ranks": list(_ranks(random, products)),
        "sales": list(_sales(random, products)),
        "account_actions": list(_account_actions(random, sellers)),
        "buyer_reports": list(_buyer_reports(random, sellers)),
        "verdicts": list(_verdicts(random, sellers)),
        "coverage": list(_coverage(random)),
    }
    numbers = repeat(None) if ties else count(1)
    return {name: [*rows, *_once_more(random, name, rows, numbers)] for name, rows in market.items() if rows}


def _day(random: Random, low: date = FIRST_DAY, high: date = LAST_DAY) -> date:
    return low + random.randrange((high - low).days + 1) * _DAY


def _moment(random: Random, low: date = FIRST_DAY) -> datetime:
    midnight = datetime.combine(_day(random, low), time())
    return midnight + random.choice((timedelta(0), _DAY - _TICK, timedelta(seconds=random.randrange(86_400))))


def _recorded(random: Random, happened: date | datetime) -> Row:
    """When the platform held it: not said, at once, soon, late, much too late, to the instant on the border, before."""
    start = happened if isinstance(happened, datetime) else datetime.combine(happened, time())
    delay = random.choice(
        (
            None,
            None,
            None,
            timedelta(0),
            timedelta(hours=random.randrange(72)),
            timedelta(days=random.randrange(29, 150), hours=5),
            28 * _DAY,
            28 * _DAY + _TICK,
            -5 * _DAY,
        )
    )
    return {} if delay is None else {"recorded_at": start + delay}


def _sellers(random: Random, size: int) -> list[Row]:
    rows = []
    for seller in range(1, size + 1):
        opened = _day(random, high=date(2023, 5, 1))
        first: Row = {
            "seller_id": seller,
            "marketplace": random.choice(("US", "US", "IT")),
            "category": random.choice(("garden", "toys")),
            "opened_on": opened,
            "owner_id": random.choice((None, 1)),
        }
        rows.append({**first, **_recorded(random, opened)})
        if random.randrange(4) == 0:
            valid = _day(random, opened + _DAY)
            rows.append({**first, "category": "tools", "valid_from": valid, **_recorded(random, valid)})
    return rows


def _products(random: Random, sellers: Sequence[Row]) -> list[Row]:
    """Draw listings: some never sold, some that change hands, once or often, known in any order, some of nobody."""
    rows = []
    numbers = sorted({row["seller_id"] for row in sellers})
    for product in range(1, len(numbers) + 2):
        listed = _day(random, high=date(2023, 6, 1))
        first: Row = {"product_id": product, "category": "garden", "listed_on": listed}
        rows.append({**first, "seller_id": random.choice(numbers), **_recorded(random, listed)})
        for valid in sorted({_day(random, listed + _DAY) for _ in range(random.choice((0, 0, 1, 2)))}):
            owner = random.choice((*numbers, *numbers, _NOBODY))
            rows.append({**first, "seller_id": owner, "valid_from": valid, **_recorded(random, valid)})
    return rows


def _reviews(random: Random, products: Sequence[Row]) -> list[Row]:
    rows = []
    numbers = sorted({row["product_id"] for row in products})
    for review in range(1, 8 * len(numbers)):
        created = _moment(random)
        row: Row = {
            "review_id": review,
            "product_id": random.choice((*numbers, *numbers, *numbers, _NOBODY)),
            "reviewer_id": random.randrange(1, 5),
            "rating": random.choice((1, 1, 2, 3, 4, 5, 5)) if random.randrange(20) else 9,
            "verified": random.randrange(2) == 0,
            "created_at": created,
        }
        rows.append({**row, **_recorded(random, created)})
    return rows


def _actions(random: Random, reviews: Sequence[Row]) -> Iterator[Row]:
    """Draw what is done to reviews: removed, restored, removed again, edited, in any order, some before the review."""
    for review in (*reviews, {"review_id": _NOBODY, "created_at": datetime.combine(FIRST_DAY, time())}):
        acted = review["created_at"] - random.choice((timedelta(0), timedelta(0), 3 * _DAY))
        keys = set()
        for _ in range(random.choice((1 if review["review_id"] == _NOBODY else 0, 1, 1, 2, 4))):
            acted += random.choice((timedelta(0), timedelta(hours=7), 2 * _DAY, 40 * _DAY, 120 * _DAY))
            kind = random.choice(("removed", "removed", "removed", "restored", "edited", "edited", "kept", "vanished"))
            if (acted, kind) in keys:
                continue
            keys.add((acted, kind))
            row: Row = {
                "review_id": review["review_id"],
                "acted_at": acted,
                "kind": kind,
                "actor_kind": random.choice(("staff", "staff", "staff", "reviewer", "automation", "robot")),
                "actor_id": random.choice((None, 7, 8)),
                "new_rating": random.choice((None, 1, 2, 4, 5)) if kind == "edited" else None,
            }
            yield {**row, **_recorded(random, acted)}


def _ranks(random: Random, products: Sequence[Row]) -> Iterator[Row]:
    """Draw what queries showed on some days: part of the products, sponsored places, and later corrections of both."""
    numbers = (*sorted({row["product_id"] for row in products}), _NOBODY)
    for query in range(1, random.choice((2, 3))):
        observed = _day(random, high=date(2023, 7, 1))
        for _ in range(random.randrange(1, 7)):
            places = random.sample(range(1, 40), len(numbers))
            bulk = _recorded(random, observed)
            for product, position in zip(numbers, places, strict=True):
                if random.randrange(5) < 2:
                    continue
                row: Row = {"product_id": product, "query_id": query, "observed_on": observed, "position": position}
                row["sponsored"] = random.randrange(6) == 0
                yield {**row, **(bulk if random.randrange(4) else _recorded(random, observed))}
                if random.randrange(6) == 0:
                    corrected = datetime.combine(observed, time()) + timedelta(
                        days=random.choice((0, 3, 9, 40)), hours=6
                    )
                    yield {**row, "position": random.randrange(1, 40), "recorded_at": corrected}
            observed += random.choice((1, 7, 7, 30, 100)) * _DAY


def _sales(random: Random, products: Sequence[Row]) -> Iterator[Row]:
    """Draw what products sold on some days, returns among it, and corrections soon, late, or while the day is new."""
    for product in (*sorted({row["product_id"] for row in products}), _NOBODY):
        sold = _day(random)
        for _ in range(random.choice((0, 2, 5, 9))):
            units = random.randrange(-2, 9)
            row: Row = {"product_id": product, "sold_on": sold, "units": units, "revenue": units * 2.5}
            yield {**row, **_recorded(random, sold)}
            if random.randrange(3) == 0:
                corrected = datetime.combine(sold, time()) + timedelta(days=random.choice((0, 9, 40)), hours=7)
                yield {**row, "units": 7, "revenue": random.choice((0.0, 20.25)), "recorded_at": corrected}
            sold += random.choice((1, 3, 12, 60)) * _DAY


def _account_actions(random: Random, sellers: Sequence[Row]) -> Iterator[Row]:
    for seller in sellers[: random.randrange(3)]:
        acted = _moment(random)
        kind = random.choice(("suspended", "appealed", "reinstated"))
        row: Row = {"seller_id": seller["seller_id"], "acted_at": acted, "kind": kind, "actor_kind": "staff"}
        yield {**row, **_recorded(random, acted)}


def _buyer_reports(random: Random, sellers: Sequence[Row]) -> Iterator[Row]:
    for report in range(random.randrange(3)):
        reported = _moment(random)
        seller = random.choice((sellers[0]["seller_id"], _NOBODY))
        row: Row = {"report_id": report, "seller_id": seller, "reported_at": reported, "kind": "paid_review"}
        yield {**row, **_recorded(random, reported)}


def _verdicts(random: Random, sellers: Sequence[Row]) -> Iterator[Row]:
    for _ in range(random.randrange(3)):
        decided = _moment(random)
        verdict = random.choice(("manipulated", "cleared"))
        row: Row = {"seller_id": sellers[0]["seller_id"], "decided_at": decided, "verdict": verdict, "route": "tip"}
        yield {**row, **_recorded(random, decided)}


def _coverage(random: Random) -> Iterator[Row]:
    for table in ("reviews", "review_actions", "search_ranks", "sales"):
        for marketplace in ("US", "IT"):
            since = random.choice((None, date(2021, 1, 1), date(2021, 1, 1), date(2023, 3, 1)))
            if since is not None:
                until = random.choice((None, None, None, date(2024, 2, 1)))
                row: Row = {"table_name": table, "marketplace": marketplace, "from_on": since, "to_on": until}
                yield {**row, **(_recorded(random, since) if since.year == 2023 else {})}


OTHER_CONTENT: dict[str, Callable[[Row], Row]] = {
    "sellers": lambda row: {"category": f"{row['category']} and more"},
    "products": lambda row: {"category": f"{row['category']} and more"},
    "reviews": lambda row: {"rating": 6 - row["rating"] if row["rating"] in {1, 2, 4, 5} else 1},
    "review_actions": lambda row: {"actor_kind": "automation" if row["actor_kind"] == "staff" else "staff"},
    "search_ranks": lambda row: {"position": row["position"] + 1},
    "sales": lambda row: {"units": row["units"] + 1},
}


def _once_more(random: Random, name: str, rows: Sequence[Row], numbers: Iterator[int | None]) -> Iterator[Row]:
    """Deliver some rows again, as they are or recorded at another time, and some keys with other content.

    A number keeps rivals for one key apart by as many microseconds; without it they may be known at one instant.
    """
    for row in rows:
        fate, apart = random.randrange(24), next(numbers)
        happened: date | datetime = row.get(TABLES[name].happened) or row[TABLES[name].happened_default or ""]
        if fate == 0:
            yield row
        elif fate == 1 and (apart is None or TABLES[name].repeat != "correction"):
            yield {key: value for key, value in row.items() if key != "recorded_at"} | _recorded(random, happened)
        elif fate == 2 and name in OTHER_CONTENT:
            start = happened if isinstance(happened, datetime) else datetime.combine(happened, time())
            recorded = start + (random.choice((1, 8, 50)) * _DAY + apart * _TICK if apart else timedelta(0))
            yield {**row, **OTHER_CONTENT[name](row), "recorded_at": recorded}


def known_at(name: str, row: Row) -> datetime:
    """When a row became known: the later of happening and being recorded."""
    table = TABLES[name]
    happened = row.get(table.happened) or row[table.happened_default or ""]
    if not isinstance(happened, datetime):
        happened = datetime.combine(happened, time())
    recorded = row.get("recorded_at")
    return happened if recorded is None else max(happened, recorded)


def telling_cutoffs(random: Random, market: Market, number: int) -> list[date]:
    """Cutoffs at which a row has just become known, is about to, or stands on either side of a window's beginning.

    Some are alone, others are followed by cutoffs whole weeks later: both ways of computing them are asked for.
    """
    rows = [
        (name, row)
        for name in ("review_actions", "reviews", "search_ranks", "products", "sales")
        for row in market.get(name, [])
    ]
    found = set()
    for _ in range(number):
        name, row = random.choice(rows)
        day = known_at(name, row).date() + random.choice((0, 1, 1, 28, 29, 91, 92, 182, 364, 365)) * _DAY
        found |= {day + weeks * 7 * _DAY for weeks in random.choice(((0,), (0,), (0, 1, 6)))}
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
