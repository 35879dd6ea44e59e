"""Writes event tables of any size in seconds, to measure the engine on; nothing in them means anything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Literal

import duckdb

START = date(2023, 1, 2)
WEEKS = 104
_PLACES, _POOL = 20, 30

Keys = Literal["integer", "text"]


@dataclass(frozen=True)
class Size:
    """How much is written over all weeks; each seller has three products."""

    sellers: int
    reviews: int
    actions: int
    ranks: int


SIZES = {
    "XS": Size(2_000, 200_000, 20_000, 600_000),
    "S": Size(20_000, 2_000_000, 200_000, 6_000_000),
    "M": Size(50_000, 5_000_000, 500_000, 15_000_000),
    "L": Size(200_000, 20_000_000, 2_000_000, 60_000_000),
}


def cutoff(weeks: int) -> date:
    """The Monday after so many weeks."""
    return START + timedelta(weeks=weeks)


def write_market(folder: Path, size: Size, keys: Keys = "integer") -> None:
    """Write the four required tables and ``search_ranks``; reviews, actions and ranks in a file for each week.

    An action comes within 30 days of its review. Each query shows the same 30 products, 20 at a time, once a week.
    Text keys have 36 characters, as UUIDs do, and no order.
    """
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute("set preserve_insertion_order = false; set enable_progress_bar = false; select setseed(0.5)")
        for name, query in _tables(size).items():
            connection.execute(f"create temp table {name} as {query}")
        for name in _tables(size):
            _write(connection, folder, name, keys)


def _tables(size: Size) -> dict[str, str]:
    products, queries = 3 * size.sellers, size.ranks // (_PLACES * WEEKS)
    start, end = f"timestamp '{START}'", f"timestamp '{cutoff(WEEKS)}'"
    each = size.reviews // size.actions
    return {
        "sellers": f"""
select i as seller_id, 'M' || (i % 4) as marketplace, 'C' || (i % 12) as category, date '2022-01-01' as opened_on
from range({size.sellers}) as t(i)""",
        "products": f"""
select i as product_id, i // 3 as seller_id, 'C' || (i // 3 % 12) as category, date '2022-01-01' as listed_on
from range({products}) as t(i)""",
        "reviews": f"""
select i as review_id, cast(floor(power(random(), 3) * {products}) as bigint) as product_id,
  cast(floor(random() * {size.reviews // 2}) as bigint) as reviewer_id,
  cast(1 + floor(5 * sqrt(random())) as bigint) as rating, random() < 0.8 as verified,
  {start} + to_microseconds(cast(random() * {7 * WEEKS} * 86400e6 as bigint)) as created_at
from range({size.reviews}) as t(i)""",
        "review_actions": f"""
select review_id,
  least(created_at + to_microseconds(cast(random() * 30 * 86400e6 as bigint)), {end} - interval 1 second) as acted_at,
  case when random() < 0.7 then 'removed' when random() < 0.5 then 'kept' else 'edited' end as kind,
  case when random() < 0.4 then 'staff' when random() < 0.5 then 'automation' else 'reviewer' end as actor_kind,
  cast(floor(random() * 500) as bigint) as actor_id, case when random() < 0.5 then 1 else 5 end as new_rating
from reviews where review_id % {each} = 0""",
        "search_ranks": f"""
select (q * 37 + (p * 7 + cast(hash(q, w) % {_POOL} as bigint)) % {_POOL} * 101) % {products} as product_id,
  q as query_id, date '{START}' + cast(7 * w as integer) as observed_on, p as position, false as sponsored
from range({queries}) as a(q), range({WEEKS}) as b(w), range(1, {_PLACES + 1}) as c(p)""",
    }


def write_late_day(data: Path, folder: Path, week: int, keys: Keys) -> None:
    """Write more reviews and ranks of one day of that week: those of the week, of other reviews and another day."""
    folder.mkdir(parents=True)
    with duckdb.connect() as connection:
        for name, change in {
            "reviews": "-review_id as review_id" if keys == "integer" else "reverse(review_id) as review_id",
            "search_ranks": "cast(observed_on + 3 as date) as observed_on",
        }.items():
            day = "dayofweek(created_at) = 3" if name == "reviews" else "true"
            part = f"read_parquet('{data}/{name}/week={week}/*.parquet')"
            connection.execute(
                f"copy (select * replace ({change}) from {part} where {day}) to '{folder / name}.parquet'"
            )


_HAPPENED = {"reviews": "created_at", "review_actions": "acted_at", "search_ranks": "observed_on"}

WEEKLY = tuple(_HAPPENED)
"""The tables that come in a file for each week."""


def _write(connection: duckdb.DuckDBPyConnection, folder: Path, name: str, keys: Keys) -> None:
    (folder / name).mkdir(parents=True)
    columns = ", ".join(
        f"{_text(column)} as {column}" if keys == "text" and column.endswith("_id") else column
        for (column,) in connection.execute(f"select column_name from (describe {name})").fetchall()
    )
    if name not in _HAPPENED:
        connection.execute(f"copy (select {columns} from {name}) to '{folder / name / 'all.parquet'}' (format parquet)")
        return
    week = f"date_diff('day', date '{START}', cast({_HAPPENED[name]} as date)) // 7"
    connection.execute(
        f"copy (select {columns}, {week} as week from {name}) to '{folder / name}'"
        " (format parquet, partition_by (week), overwrite_or_ignore)"
    )


def _text(column: str) -> str:
    return f"cast(md5('{column}' || {column}) as uuid)::varchar"
