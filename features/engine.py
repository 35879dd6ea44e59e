"""The engines that run the features' SQL: DuckDB on this machine, bounded and quiet, or Spark."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeGuard

import duckdb

from features.locks import make_scratch, own_folder
from features.settings import EngineSettings

if TYPE_CHECKING:
    from features.spark.session import SparkConnection


class Rows(Protocol):
    """The outcome of a statement."""

    def fetchone(self) -> tuple[Any, ...] | None:
        """The next row; None where there is none."""

    def fetchall(self) -> list[tuple[Any, ...]]:
        """All rows."""


class Session(Protocol):
    """What features ask of an engine: statements in DuckDB's words, in UTC. A connection of DuckDB is one."""

    def execute(self, query: str, parameters: Any = None, /) -> Rows:
        """Run statements; the rows are those of the last."""

    def sql(self, query: str, /) -> Any:
        """Run a query; its rows come as ``to_arrow_table`` or ``to_arrow_reader``."""

    def register(self, view_name: str, python_object: Any, /) -> Any:
        """Open a table of this process as a view."""

    def unregister(self, view_name: str, /) -> Any:
        """Close such a view."""


def on_spark(session: Session) -> TypeGuard[SparkConnection]:
    """Whether a session is Spark's; asked so, jobs on DuckDB import nothing of the other engine."""
    return not isinstance(session, duckdb.DuckDBPyConnection)


def open_session(settings: EngineSettings, scratch: Path) -> AbstractContextManager[Session]:
    """Open a session of the engine that the settings name; what it spills lives, and dies, under ``scratch``.

    Raises:
        WrongUse: Spark is asked for and not installed.

    """
    if settings.name == "spark":
        from features.spark.start import connect as connect_spark  # noqa: PLC0415  (imports only what is asked for)

        return connect_spark(scratch)
    return connect(settings, scratch)


@contextmanager
def connect(settings: EngineSettings, scratch: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open an in-memory DuckDB whose spill files live, and die, in a folder under ``scratch``."""
    make_scratch(scratch)
    with own_folder(scratch, "duckdb-") as spill:
        options: dict[str, str | bool | int | float | list[str]] = {
            "threads": settings.threads,
            "memory_limit": f"{settings.memory_limit_mb}MB",
            "temp_directory": str(spill),
            "preserve_insertion_order": "false",
            "allocator_background_threads": "true",
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


def count(session: Session, query: str) -> int:
    """The single whole number that the query returns; null reads as 0."""
    rows = session.execute(query).fetchall()  # to the end: a connection does nothing else before
    return int(rows[0][0] or 0) if rows else 0
