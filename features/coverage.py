"""Since when a table, or an optional column of it, holds rows in a marketplace: before that a signal is missing, not 0.

The first rows of a week are kept like a tile; a row of the optional table ``coverage`` overrules them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import duckdb

from features.contract import TABLES, Table
from features.engine import literal, parquet
from features.landed import landed
from features.store import Manifest, Store
from features.tiles import open_landed

GROUP = "tiles/coverage"
EVERYWHERE = "*"
"""Marketplace of rows that name neither seller, product nor review: they speak of all."""

_SELLER_MARKETS = "(select seller_id, min(marketplace) as marketplace from sellers group by seller_id)"
_PRODUCT_MARKETS = f"""(
  select p.product_id, min(m.marketplace) as marketplace
  from products as p join {_SELLER_MARKETS} as m on p.seller_id = m.seller_id
  group by p.product_id
)"""


def note_first_rows(connection: duckdb.DuckDBPyConnection, store: Store, manifest: Manifest) -> Manifest:
    """Find the first rows of every week that has landed rows and no note; the manifest returned is uncommitted."""
    noted = {entry.week for entry in manifest.group(GROUP).values()}
    known = {entry.week for name in TABLES for entry in manifest.group(f"events/{name}").values()}
    missing = [date.fromisoformat(week) for week in sorted(known - noted)]
    if not missing:
        return manifest
    open_landed(connection, store, manifest)
    key_types = manifest.identity.get("key_types", {})
    for table in TABLES.values():
        rows = landed(store, manifest, table, key_types, missing)
        connection.execute(f"create or replace temp view new_{table.name} as {rows}")
    queries = " union all ".join(f"({_first_rows(table)})" for table in TABLES.values())
    connection.execute(f"create or replace temp table first_rows as {queries}")
    entries = []
    for week in missing:
        staged = store.scratch / f"coverage-{week}.parquet"
        connection.execute(
            f"copy (select source, marketplace, day from first_rows where week = date '{week}' order by all)"
            f" to {literal(staged)} (format parquet)"
        )
        entries.append(store.adopt(staged, GROUP, week, 0))
    return manifest.with_files(entries)


def _first_rows(table: Table) -> str:
    """SQL: a row is a week, a source (table, or table.column if optional), a marketplace and its first day."""
    first = "min(cast(e.known_at as date))"
    days = [f"{literal(table.name)}, {first}"]
    days += [
        f"{literal(f'{table.name}.{column.name}')}, {first} filter (where e.{column.name} is not null)"
        for column in table.columns
        if column.optional
    ]
    pairs = ", ".join(f"{{'source': {day.split(', ', 1)[0]}, 'day': {day.split(', ', 1)[1]}}}" for day in days)
    join, marketplace = _marketplace(table)
    return f"""
select week, first.source as source, marketplace, first.day as day
from (
  select cast(date_trunc('week', e.known_at) as date) as week, {marketplace} as marketplace, unnest([{pairs}]) as first
  from new_{table.name} as e {join}
  group by 1, 2
)
where first.day is not null
"""


def _marketplace(table: Table) -> tuple[str, str]:
    parents = dict(table.parents)
    if table.name in {"sellers", "coverage"}:
        return "", "e.marketplace"
    if "seller_id" in parents:
        return f"join {_SELLER_MARKETS} as m on e.seller_id = m.seller_id", "m.marketplace"
    if "product_id" in parents:
        return f"join {_PRODUCT_MARKETS} as m on e.product_id = m.product_id", "m.marketplace"
    if "review_id" in parents:
        reviewed = f"join reviews as r on e.review_id = r.review_id join {_PRODUCT_MARKETS} as m"
        return f"{reviewed} on r.product_id = m.product_id", "m.marketplace"
    return "", f"'{EVERYWHERE}'"


def covered(store: Store, manifest: Manifest, needs: Iterable[tuple[str, int]], cutoff: date) -> str:
    """SQL: a row is a marketplace, with a boolean for each source and days: is the window covered at the cutoff?

    The window is covered when the source's first row lies at or before its first day, or, where ``coverage`` has rows
    of the table and marketplace, when one of them spans it. An optional column only has to have been seen.
    """
    early = {path: entry for path, entry in manifest.group(GROUP).items() if entry.week < cutoff.isoformat()}
    firsts = parquet(store.paths(early or manifest.group(GROUP)))
    key_types = manifest.identity.get("key_types", {})
    declared = landed(store, manifest, TABLES["coverage"], key_types)
    flags = ",\n  ".join(
        f"coalesce({_flag(source, days, cutoff)}, false) as {flag_name(source, days)}" for source, days in sorted(needs)
    )
    return f"""
with first_days as (
  select source, marketplace, min(day) as day from {firsts} where day < date '{cutoff}' group by source, marketplace
),
marketplaces as (select distinct marketplace from first_days where source = 'sellers'),
facts as (
  select m.marketplace, f.source, f.day, cast(null as date) as from_on, cast(null as date) as to_on
  from marketplaces as m join first_days as f on f.marketplace = m.marketplace or f.marketplace = '{EVERYWHERE}'
  union all
  select marketplace, table_name, null, from_on, coalesce(to_on, date '9999-12-31') from ({declared})
  where known_at < date '{cutoff}'
)
select
  marketplace,
  {flags}
from facts
group by marketplace
"""


def _flag(source: str, days: int, cutoff: date) -> str:
    if "." in source:
        return f"bool_or(source = {literal(source)} and day is not null)"
    start = f"date '{cutoff}' - {days}"
    own = f"filter (where source = {literal(source)} and from_on is not null)"
    spans = f"bool_or(from_on <= {start} and to_on >= date '{cutoff}' - 1) {own}"
    return f"coalesce({spans}, min(day) filter (where source = {literal(source)}) <= {start})"


def flag_name(source: str, days: int) -> str:
    """The column that says whether the source covers the window."""
    return f"covers_{source.replace('.', '_')}_{days}d"
