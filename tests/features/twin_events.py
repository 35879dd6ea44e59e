"""The naive twin, first half: which rows count, from when, and to whom they belong; loops over rows and nothing else.

Written from the contract. A row counts from the instant at which it and all its parents are known; of rows with one key
the first stands, or, where corrections are allowed, the last one known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from features.contract import TABLES
from tests.features.random_market import known_at
from tests.features.random_moments import Market, Row

FOREVER = datetime.combine(date.max, time())


def counted(market: Market) -> Market:
    """The rows that stand, each with ``counts_from``; parents come before children in the contract's tables."""
    found: Market = {}
    for name, table in TABLES.items():
        found[name] = []
        for row in _standing(name, [row for row in market.get(name, []) if _keeps_rules(name, row)]):
            moments = [row["counts_from"]]
            for column, parent in table.parents:
                moments.append(_first_counts(found[parent], column, row[column]))
            if None not in moments:
                found[name].append({**row, "counts_from": max(moments)})
    return found


def _keeps_rules(name: str, row: Row) -> bool:
    if name == "reviews":
        return bool(1 <= row["rating"] <= 5)
    return True


def _first_counts(rows: list[Row], column: str, key: Any) -> datetime | None:
    return min((row["counts_from"] for row in rows if row[column] == key), default=None)


def _standing(name: str, rows: list[Row]) -> list[Row]:
    """One row for each key and content, the earliest; of several contents of a key the first, unless they correct."""
    events: list[Row] = []
    for row in sorted(rows, key=lambda each: known_at(name, each)):
        event = {**_completed(name, row), "counts_from": known_at(name, row)}
        if not any(_same(event, other) for other in events):
            events.append(event)
    if TABLES[name].repeat != "first":
        return events
    standing: dict[tuple[Any, ...], Row] = {}
    for event in events:
        standing.setdefault(tuple(event[column] for column in TABLES[name].key), event)
    return list(standing.values())


def _same(one: Row, other: Row) -> bool:
    return all(one[column] == other[column] for column in one if column != "counts_from")


def _completed(name: str, row: Row) -> Row:
    """The contract's columns of a row, what is absent as null, enumerations outside their list as ``other``."""
    table = TABLES[name]
    content: Row = {column.name: row.get(column.name) for column in table.columns}
    if content[table.happened] is None and table.happened_default is not None:
        content[table.happened] = content[table.happened_default]
    for column in table.columns:
        if column.values and content[column.name] is not None and content[column.name] not in column.values:
            content[column.name] = "other"
    return content


def as_known(rows: list[Row], moment: datetime, key: tuple[str, ...]) -> list[Row]:
    """The rows known at a moment, that instant included; of corrections of one key, the last."""
    last: dict[tuple[Any, ...], Row] = {}
    for row in sorted(rows, key=lambda each: each["counts_from"]):
        if row["counts_from"] <= moment:
            last[tuple(row[column] for column in key)] = row
    return list(last.values())


def midnight(day: date) -> datetime:
    """The first instant of a day."""
    return datetime.combine(day, time())


@dataclass(frozen=True)
class Listings:
    """Who sold a product when, as far as that was known."""

    versions: list[Row]

    def known(self, product: Any, moment: datetime) -> list[Row]:
        """The versions of a product's listing known at a moment, by the day from which they are valid."""
        mine = [row for row in self.versions if row["product_id"] == product and row["counts_from"] <= moment]
        return sorted(mine, key=lambda row: row["valid_from"])

    def in_force(self, product: Any, happened: datetime, moment: datetime) -> Row:
        """The version in force when something happened, as known at a moment; the first covers what came before it."""
        known = self.known(product, moment)
        begun = [row for row in known if midnight(row["valid_from"]) <= happened]
        return begun[-1] if begun else known[0]

    def holders(self, product: Any) -> list[Row]:
        """Versions that gave the product another holder when they became known: the seller of the latest then."""
        found: list[Row] = []
        for moment in sorted({row["counts_from"] for row in self.known(product, FOREVER)}):
            latest = self.known(product, moment)[-1]
            if not found or found[-1]["seller_id"] != latest["seller_id"]:
                found.append({**latest, "counts_from": moment})
        return found


@dataclass(frozen=True)
class Covered:
    """Which table covers which window in which marketplace."""

    first_days: dict[tuple[str, str], list[date]]
    declared: list[Row]

    def __call__(self, table: str, marketplace: str, days: int, cutoff: date) -> bool:
        """Whether the table's rows go back to the window's first day, or the marketplace declares that they do."""
        days_seen = [day for day in self.first_days.get((table, marketplace), []) if day < cutoff]
        if "." in table:  # an optional column only has to have been seen
            return bool(days_seen)
        start = date.fromordinal(cutoff.toordinal() - days)
        spans = [
            row
            for row in self.declared
            if (row["table_name"], row["marketplace"]) == (table, marketplace) and row["counts_from"] < midnight(cutoff)
        ]
        if spans:
            last = date.fromordinal(cutoff.toordinal() - 1)
            return any(row["from_on"] <= start and (row["to_on"] or date.max) >= last for row in spans)
        return bool(days_seen) and min(days_seen) <= start


def coverage_of(rows: Market, listings: Listings) -> Covered:
    """Note the days on which each table's rows became known in each marketplace: that of the seller then."""
    days: dict[tuple[str, str], list[date]] = {}
    marketplaces = {row["seller_id"]: row["marketplace"] for row in rows["sellers"]}
    products = {row["review_id"]: row["product_id"] for row in rows["reviews"]}
    finders: dict[str, Callable[[Row], Any]] = {
        "reviews": lambda row: row["product_id"],
        "review_actions": lambda row: products[row["review_id"]],
        "search_ranks": lambda row: row["product_id"],
    }
    for name, product_of in finders.items():
        for row in rows[name]:
            happened = row[TABLES[name].happened]
            if not isinstance(happened, datetime):
                happened = midnight(happened)
            seller = listings.in_force(product_of(row), happened, row["counts_from"])["seller_id"]
            _note(days, name, row, [marketplaces[seller]])
    for name in ("tickets", "staff_access"):  # their rows name nobody for whom they would wait
        for row in rows[name]:
            _note(days, name, row, {*marketplaces.values()})
    for name in ("account_actions", "buyer_reports"):
        for row in rows[name]:
            _note(days, name, row, [marketplaces[row["seller_id"]]])
    return Covered(days, rows["coverage"])


def _note(days: dict[tuple[str, str], list[date]], name: str, row: Row, marketplaces: Iterable[str]) -> None:
    for source in (name, *(f"{name}.{column}" for column, value in row.items() if value is not None)):
        for marketplace in marketplaces:
            days.setdefault((source, marketplace), []).append(row["counts_from"].date())
