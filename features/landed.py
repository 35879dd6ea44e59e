"""Landed rows as tables: what the store holds of each table of the contract, typed even when it holds nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

from features.contract import Table
from features.engine import literal, parquet
from features.reading import sql_type
from features.store import Manifest, Store

WEEK = "cast(date_trunc('week', known_at) as date)"
"""SQL of the Monday of the week in which a row became known: a landed row lies in the folder of that week."""


def has_floor(table: Table) -> bool:
    """Whether rows of the table come in no more once their week was pruned: of all events, verdicts aside."""
    return not table.versioned and table.repeat != "version"


def landed(
    store: Store,
    manifest: Manifest,
    table: Table,
    key_types: Mapping[str, str],
    weeks: Collection[date] | None = None,
) -> str:
    """SQL of the table's landed rows: the contract's columns and ``known_at``.

    Args:
        store: where they lie.
        manifest: which of its files are live.
        table: the table of the contract.
        key_types: ``bigint`` or ``varchar`` by entity.
        weeks: Mondays of the weeks to read; None reads all.

    """
    files = manifest.group(f"events/{table.name}")
    condition = ""
    if weeks is not None and table.versioned:
        condition = f" where {WEEK} in ({', '.join(literal(week) + '::date' for week in weeks)})"
    elif weeks is not None:
        wanted = {week.isoformat() for week in weeks}
        files = {path: entry for path, entry in files.items() if entry.week in wanted}
    return f"select * from {parquet(store.paths(files))}{condition}" if files else no_rows(table, key_types)


def no_rows(table: Table, key_types: Mapping[str, str]) -> str:
    """SQL of an empty table with the types in which its rows would be landed."""
    columns = [f"null::{sql_type(column, key_types)} as {column.name}" for column in table.columns]
    return f"select {', '.join(columns)}, null::timestamp as known_at where false"
