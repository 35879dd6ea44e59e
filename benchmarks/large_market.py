"""Writes event tables of any size in seconds, to measure the engine on; nothing in them means anything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

START = date(2023, 1, 2)
_PLACES, _POOL = 20, 30


@dataclass(frozen=True)
class Size:
    """How much is written: rows of reviews, actions and ranks over all weeks, and sellers with three products each."""

    sellers: int
    reviews: int
    actions: int
    ranks: int
    weeks: int = 104


SIZES = {
    "XS": Size(2_000, 200_000, 20_000, 600_000),
    "S": Size(20_000, 2_000_000, 200_000, 6_000_000),
    "L": Size(200_000, 20_000_000, 2_000_000, 60_000_000),
}


def write_market(folder: Path, size: Size) -> None:
    """Write the four required tables and ``search_ranks``, reviews, actions and ranks in a file for each week."""
    connection = duckdb.connect()
    connection.execute("set threads = 2; set preserve_insertion_order = false; select setseed(0.5)")
    products = 3 * size.sellers
    days, queries = 7 * size.weeks, size.ranks // (_PLACES * size.weeks)
    start = f"timestamp '{START}'"
    tables = {
        "sellers": f"""
select i as seller_id, 'M' || (i % 4) as marketplace, 'C' || (i % 12) as category, date '2022-01-01' as opened_on
from range({size.sellers}) as t(i)""",
        "products": f"""
select i as product_id, i // 3 as seller_id, 'C' || (i // 3 % 12) as category, date '2022-01-01' as listed_on
from range({products}) as t(i)""",
        "reviews": f"""
select i as review_id, cast(floor(power(random(), 3) * {products}) as bigint) as product_id,
  cast(floor(random() * {size.reviews // 2}) as bigint) as reviewer_id, cast(1 + floor(5 * sqrt(random())) as bigint) as rating,
  random() < 0.8 as verified, {start} + to_microseconds(cast(random() * {days} * 86400e6 as bigint)) as created_at
from range({size.reviews}) as t(i)""",
        "review_actions": f"""
select i * {size.reviews // size.actions} as review_id, least(created_at
  + to_microseconds(cast(random() * 30 * 86400e6 as bigint)), {start} + interval {days} day - interval 1 second) as acted_at,
  case when random() < 0.7 then 'removed' when random() < 0.5 then 'kept' else 'edited' end as kind,
  case when random() < 0.4 then 'staff' when random() < 0.5 then 'automation' else 'reviewer' end as actor_kind,
  case when random() < 0.5 then 1 else 5 end as new_rating
from range({size.actions}) as t(i) join reviews on review_id = i * {size.reviews // size.actions}""",
        "search_ranks": f"""
select (q * 37 + (p * 7 + cast(hash(q, w) % {_POOL} as bigint)) % {_POOL} * 101) % {products} as product_id, q as query_id,
  date '{START}' + cast(7 * w as integer) as observed_on, p as position, false as sponsored
from range({queries}) as a(q), range({size.weeks}) as b(w), range(1, {_PLACES + 1}) as c(p)""",
    }
    happened = {"reviews": "created_at", "review_actions": "acted_at", "search_ranks": "observed_on"}
    for name, query in tables.items():
        connection.execute(f"create temp table {name} as {query}")
        (folder / name).mkdir(parents=True)
        if name not in happened:
            connection.execute(f"copy {name} to '{folder / name / 'all.parquet'}' (format parquet)")
            continue
        week = f"date_diff('day', date '{START}', cast({happened[name]} as date)) // 7"
        connection.execute(
            f"copy (select *, {week} as week from {name}) to '{folder / name}'"
            " (format parquet, partition_by (week), overwrite_or_ignore)"
        )
