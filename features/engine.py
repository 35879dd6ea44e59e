"""DuckDB as the jobs use it: bounded, quiet, in UTC, spilling into a folder of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from features.locks import make_store
from features.settings import EngineSettings


@contextmanager
def connect(settings: EngineSettings, scratch: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open an in-memory database whose spill files live, and die, in a folder under ``scratch``."""
    make_store(scratch.parent)
    scratch.mkdir(exist_ok=True, mode=0o700)
    with TemporaryDirectory(prefix="duckdb-", dir=scratch) as spill:
        options: dict[str, str | bool | int | float | list[str]] = {
            "threads": settings.threads,
            "memory_limit": f"{settings.memory_limit_mb}MB",
            "temp_directory": spill,
            "preserve_insertion_order": "false",
            "autoinstall_known_extensions": "false",
        }
        connection = duckdb.connect(":memory:", config=options)
        connection.execute("set enable_progress_bar = false")
        connection.execute("set timezone = 'UTC'")
        try:
            yield connection
        finally:
            connection.close()


def literal(value: object) -> str:
    """The value as a quoted SQL string."""
    return "'" + str(value).replace("'", "''") + "'"


def parquet(files: Sequence[Path], *, named: bool = False) -> str:
    """The table expression that reads these Parquet files; with ``named``, their path is the column ``filename``."""
    paths = ", ".join(literal(path) for path in files)
    extra = ", filename=true" if named else ""
    return f"read_parquet([{paths}], union_by_name=true, hive_partitioning=false{extra})"


def count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    """The single whole number that the query returns; null reads as 0."""
    row = connection.execute(query).fetchone()
    return 0 if row is None or row[0] is None else int(row[0])
