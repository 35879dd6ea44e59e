"""Since when a table, or an optional column of it, holds rows in a marketplace: before that a signal is missing, not 0.

The first days are kept in one small file, brought up to date whenever rows are landed; a row of the optional table
``coverage`` overrules them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import duckdb

from features.contract import TABLES, Table
from features.engine import literal, parquet
from features.landed import landed
from features.store import Manifest, Store

GROUP = "coverage"
EVERYWHERE = "*"
"""Marketplace of rows that name neither seller, product nor review: they speak of all."""

_SELLER_MARKETS = "(select seller_id, min(marketplace) as marketplace from {sellers} group by seller_id)"
_PRODUCT_MARKETS = f"""(
  select p.product_id, min(m.marketplace) as marketplace
  from {{products}} as p join {_SELLER_MARKETS} as m on p.seller_id = m.seller_id
  group by p.product_id
)"""


def note_first_days(connection: duckdb.DuckDBPyConnection, store: Store, manifest: Manifest, *, anew: bool) -> Manifest:
    """Bring the first days up to date with the rows that were landed; the manifest returned is uncommitted.

    Args:
        connection: the session of the intake, with ``landing_NAME`` for every table.
        store: where the file lies.
        manifest: lists the landed files, those of this intake included.
        anew: read all landed rows, because some were taken back; otherwise the new ones are enough.

    """
    key_types = manifest.identity.get("key_types", {})
    rows = {name: f"({landed(store, manifest, table, key_types)})" for name, table in TABLES.items()}
    old = [] if anew else store.paths(manifest.group(GROUP))
    parts = [f"select * from {parquet(old)}"] if old else []
    for name, table in TABLES.items():
        source = rows[name] if anew else f"landing_{name}"
        parts.append(_first_days(table, source, rows))
    staged = store.scratch / "coverage.parquet"
    connection.execute(
        f"copy (select source, marketplace, min(day) as day from ({' union all '.join(parts)})"
        f" where day is not null group by source, marketplace order by all) to {literal(staged)} (format parquet)"
    )
    newest = max(date.fromisoformat(entry.week) for entry in manifest.files.values())
    return manifest.without(set(manifest.group(GROUP))).with_files([store.adopt(staged, GROUP, newest, 0)])


def _first_days(table: Table, source: str, rows: dict[str, str]) -> str:
    """SQL: a row is a source (the table, or table.column where that is optional), a marketplace and its first day."""
    first = "min(cast(e.known_at as date))"
    days = {table.name: first}
    days |= {
        f"{table.name}.{column.name}": f"{first} filter (where e.{column.name} is not null)"
        for column in table.columns
        if column.optional
    }
    pairs = ", ".join(f"{{'source': {literal(name)}, 'day': {day}}}" for name, day in days.items())
    join, marketplace = _marketplace(table)
    return f"""
select first.source as source, marketplace, first.day as day
from (
  select {marketplace} as marketplace, unnest([{pairs}]) as first
  from {source} as e {join.format(**rows)}
  group by 1
)
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
        reviewed = f"join {{reviews}} as r on e.review_id = r.review_id join {_PRODUCT_MARKETS} as m"
        return f"{reviewed} on r.product_id = m.product_id", "m.marketplace"
    return "", f"'{EVERYWHERE}'"


def covered(store: Store, manifest: Manifest, needs: Iterable[tuple[str, int]], cutoffs: str) -> str:
    """SQL: a row is a cutoff and marketplace, with a boolean for each source and days: is the window covered?

    The window is covered when the source's first row lies at or before its first day, or, where ``coverage`` has rows
    of the table and marketplace, when one of them spans it. An optional column only has to have been seen.

    Args:
        store: where the first days lie.
        manifest: which files are live.
        needs: sources and the days that their windows reach back.
        cutoffs: table expression of the cutoffs, with the column ``as_of``.

    """
    first_days = parquet(store.paths(manifest.group(GROUP)))
    declared = landed(store, manifest, TABLES["coverage"], manifest.identity.get("key_types", {}))
    flags = ",\n  ".join(
        f"coalesce({_flag(source, days)}, false) as {flag_name(source, days)}" for source, days in sorted(needs)
    )
    return f"""
select
  as_of, marketplace,
  {flags}
from (
  select c.as_of, m.marketplace, f.source, f.day, cast(null as date) as from_on, cast(null as date) as to_on
  from {cutoffs} as c
  cross join (select distinct marketplace from {first_days} where source = 'sellers') as m
  join {first_days} as f
    on (f.marketplace = m.marketplace or f.marketplace = '{EVERYWHERE}') and f.day < c.as_of
  union all
  select c.as_of, d.marketplace, d.table_name, null, d.from_on, coalesce(d.to_on, date '9999-12-31')
  from {cutoffs} as c join ({declared}) as d on d.known_at < c.as_of
)
group by as_of, marketplace
"""


def _flag(source: str, days: int) -> str:
    if "." in source:
        return f"bool_or(source = {literal(source)} and day is not null)"
    own = f"filter (where source = {literal(source)} and from_on is not null)"
    spans = f"bool_or(from_on <= as_of - {days} and to_on >= as_of - 1) {own}"
    return f"coalesce({spans}, min(day) filter (where source = {literal(source)}) <= as_of - {days})"


def flag_name(source: str, days: int) -> str:
    """The column that says whether the source covers the window."""
    return f"covers_{source.replace('.', '_')}_{days}d"
