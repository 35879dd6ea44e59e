"""Files of derived rows, one a week, and how many weeks are worked on at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from datetime import date

import duckdb
import pyarrow.parquet as pq

from features.engine import literal
from features.settings import EngineSettings
from features.store import Manifest, Store

_ROWS_A_MB = 1_000
"""Rows of events that are worked on at once, for each megabyte of the memory limit."""


def weeks_of(manifest: Manifest, group: str) -> set[date]:
    """Mondays of the weeks of which the group has a file."""
    return {date.fromisoformat(entry.week) for entry in manifest.group(group).values()}


def parts(
    manifest: Manifest, tables: Collection[str], weeks: Collection[date], settings: EngineSettings
) -> Iterator[Sequence[date]]:
    """Split the weeks so that the rows that landed in each part fit into memory."""
    rows: Counter[date] = Counter()
    for name in tables:
        for entry in manifest.group(f"events/{name}").values():
            rows[date.fromisoformat(entry.week)] += entry.rows
    limit, held, part = settings.memory_limit_mb * _ROWS_A_MB, 0, list[date]()
    for week in sorted(weeks):
        held += rows[week]
        if part and held > limit:
            yield part
            held, part = rows[week], []
        part.append(week)
    if part:
        yield part


def write_weeks(
    connection: duckdb.DuckDBPyConnection,
    store: Store,
    manifest: Manifest,
    group: str,
    weeks: Sequence[date],
    rows: str,
    columns: str,
) -> Manifest:
    """Write a file for each of these weeks, ordered by all columns; the manifest returned is uncommitted.

    Args:
        connection: a session in which the tables that ``rows`` reads are open.
        store: where the files lie.
        manifest: what is live.
        group: the files' group.
        weeks: Mondays; a week without rows gets an empty file.
        rows: SQL of the rows, with ``week`` (date), their Monday.
        columns: SQL list of what is written of them.

    """
    wanted = ", ".join(f"date '{week}'" for week in weeks)
    connection.execute(f"create temp table rows_of_weeks as select * from ({rows}) where week in ({wanted})")
    with_rows = {week for (week,) in connection.execute("select distinct week from rows_of_weeks").fetchall()}
    entries, empty = [], b""
    for week in weeks:
        staged = store.scratch / f"{group.replace('/', '-')}-{week}.parquet"
        if week in with_rows or not empty:
            connection.execute(
                f"copy (select {columns} from rows_of_weeks where week = date '{week}' order by all)"
                f" to {literal(staged)} (format parquet, compression zstd)"
            )
            empty = empty if week in with_rows else staged.read_bytes()
        else:
            staged.write_bytes(empty)
        entries.append(store.adopt(staged, group, week, pq.read_metadata(staged).num_rows if week in with_rows else 0))
    connection.execute("drop table rows_of_weeks")
    return manifest.with_files(entries)
