"""Files of derived rows, one a week, and how many weeks are worked on at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.engine import Session, on_spark
from features.settings import EngineSettings
from features.store import Manifest, Store, StoredFile

_ROWS_A_MB = 1_000
"""Rows of events that are worked on at once, for each megabyte of the memory limit."""
_WEEK = "week_of_file"
_ROWS_A_BATCH = 100_000
_ROWS_A_GROUP = 122_880
"""Rows of a row group of a file, as DuckDB writes them itself."""


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
    session: Session,
    store: Store,
    manifest: Manifest,
    group: str,
    weeks: Sequence[date],
    rows: str,
    columns: str,
) -> Manifest:
    """Write a file for each of these weeks, ordered by all columns; the manifest returned is uncommitted.

    Args:
        session: one in which the tables that ``rows`` reads are open.
        store: where the files lie.
        manifest: what is live.
        group: the files' group.
        weeks: Mondays; a week without rows gets an empty file.
        rows: SQL of the rows, with ``week`` (date), their Monday.
        columns: SQL list of what is written of them.

    """
    wanted = ", ".join(f"date '{week}'" for week in weeks)
    query = f"select week as {_WEEK}, {columns} from ({rows}) where week in ({wanted})"
    if on_spark(session):
        staged = session.write_weeks(query, weeks, store.scratch / group.replace("/", "-"))
        return manifest.with_files(store.adopt(path, group, week, count) for week, path, count in staged)
    reader = session.sql(f"{query} order by all").to_arrow_reader(_ROWS_A_BATCH)
    entries = [_write(store, group, week, table) for week, table in _by_week(reader, weeks)]
    return manifest.with_files(entries)


def _by_week(reader: pa.RecordBatchReader, weeks: Sequence[date]) -> Iterator[tuple[date, pa.Table]]:
    """Cut rows, sorted by their week, into a table for each of the weeks; the week itself is left out."""
    schema = pa.schema([field for field in reader.schema if field.name != _WEEK])
    held: dict[date, list[pa.RecordBatch]] = {}
    empty = set(weeks)
    for batch in reader:
        mondays = batch.column(_WEEK)
        for week in mondays.unique().to_pylist():
            for done in [earlier for earlier in held if earlier != week]:
                yield done, pa.Table.from_batches(held.pop(done), schema)
            rows = batch.drop_columns(_WEEK).filter(pc.equal(mondays, week))
            held.setdefault(week, []).append(rows)
            empty.discard(week)
    for week, rows in held.items():
        yield week, pa.Table.from_batches(rows, schema)
    for week in sorted(empty):
        yield week, schema.empty_table()


def _write(store: Store, group: str, week: date, rows: pa.Table) -> tuple[str, StoredFile]:
    staged = store.scratch / f"{group.replace('/', '-')}-{week}.parquet"
    pq.write_table(rows, staged, compression="zstd", row_group_size=_ROWS_A_GROUP, store_schema=False)
    return store.adopt(staged, group, week, rows.num_rows)
