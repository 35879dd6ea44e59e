"""Since when a table, or an optional column of it, holds rows in a marketplace: before that a signal is missing, not 0.

The first days of each week are folded like tiles, from the instants from which rows count; a row of the optional table
``coverage`` overrules them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable

from features.catalogue import WINDOWED, tile_kinds
from features.contract import TABLES, Table
from features.engine import literal, parquet
from features.folding import Folding
from features.landed import WEEK, landed
from features.listings import LISTINGS, done_to, in_force
from features.lookups.lookup import Lookup
from features.store import Manifest, Store

EVERYWHERE = "*"
"""Marketplace of rows that name neither seller, product nor review: they speak of all."""

_GROUP = "tiles/first_days"

_SELLERS = (
    "(select seller_id, min(known_at) as known_at, min_by(marketplace, valid_from) as marketplace"
    " from sellers group by seller_id)"
)


def _sources() -> dict[str, list[str]]:
    """Which tables' first days are asked for by some signal, and which of their optional columns."""
    needs = sorted({need for each in WINDOWED for need in each.measure.needs})
    tables: dict[str, list[str]] = {need.split(".")[0]: [] for need in needs}
    for need in needs:
        table, _, column = need.partition(".")
        tables[table] += [column] if column else []
    return tables


def coverage_foldings() -> list[Folding]:
    """How the first days are folded, table by table; each reads what the facts of the table read."""
    lookups = {kind.lookup for kind in tile_kinds().values()}
    return [_first_days(TABLES[name], columns, _plainest(lookups, name)) for name, columns in _sources().items()]


def _plainest(lookups: Collection[Lookup], name: str) -> Lookup:
    """The lookup that reads the table and the fewest others: those that join more may need fewer of its rows."""
    return min((each for each in lookups if name in each.reads), key=lambda each: (len(each.reads), each.reads))


def _first_days(table: Table, columns: list[str], lookup: Lookup) -> Folding:
    """A row is a week, a source (the table, or table.column), a marketplace and the first day in that week."""
    first = "min(cast(known_at as date))"
    selects = [
        (
            f"select {WEEK} as week, {literal(table.name)} as source, marketplace, {first} as day"
            " from counted group by 1, 3"
        )
    ]
    selects += [
        f"select {WEEK}, {literal(f'{table.name}.{column}')}, marketplace, {first} from counted"
        f" where {column} is not null group by 1, 3"
        for column in columns
    ]
    rows = f"with counted as ({_counted(table)}) {' union all '.join(selects)}"
    fingerprint = hashlib.sha256(" ".join([rows, *LISTINGS.values()]).encode()).hexdigest()
    group = f"{_GROUP}_{table.name}@{fingerprint[:12]}"
    return Folding(f"first days of {table.name}", group, lookup, rows, "source, marketplace, day")


def _counted(table: Table) -> str:
    """SQL: a row is a row of the table with its marketplace and the instant from which it counts."""
    parents, happened = dict(table.parents), f"cast(e.{table.happened} as timestamp)"
    if "product_id" in parents:
        known = "greatest(e.known_at, s.listing_known_at)"
        return f"""
select e.* replace ({known} as known_at), m.marketplace
from {table.name} as e
join listing_spans as s on e.product_id = s.product_id and {in_force(happened, known)}
join {_SELLERS} as m on s.seller_id = m.seller_id
"""
    if "review_id" in parents:
        known = "greatest(e.known_at, r.known_at, s.listing_known_at)"
        return f"""
select e.* replace ({known} as known_at), m.marketplace
from {table.name} as e
join reviews as r on e.review_id = r.review_id
join listing_spans as s on r.product_id = s.product_id and {in_force(done_to(happened, "r.review_id"), known)}
join {_SELLERS} as m on s.seller_id = m.seller_id
"""
    if "seller_id" in parents:
        return f"""
select e.* replace (greatest(e.known_at, m.known_at) as known_at), m.marketplace
from {table.name} as e
join {_SELLERS} as m on e.seller_id = m.seller_id
"""
    return f"select *, '{EVERYWHERE}' as marketplace from {table.name}"


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
    files = [path for folding in coverage_foldings() for path in store.paths(manifest.group(folding.group))]
    days = parquet(files) if files else "(select null as source, null as marketplace, null::date as day where false)"
    first_days = f"(select source, marketplace, min(day) as day from {days} group by source, marketplace)"
    key_types = manifest.identity.get("key_types", {})
    declared = landed(store, manifest, TABLES["coverage"], key_types)
    sellers = landed(store, manifest, TABLES["sellers"], key_types)
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
  cross join (select distinct marketplace from ({sellers})) as m
  left join {first_days} as f
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
