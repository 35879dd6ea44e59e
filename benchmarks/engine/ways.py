"""The ways that are measured, each in a process of its own: ``python -m benchmarks.engine.ways WAY ARGUMENTS``."""

from __future__ import annotations

import cProfile
import sys
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import duckdb

import configs
from benchmarks.engine.frames import signals_with_pandas
from benchmarks.engine.market import SIZES, WEEKS, Keys, cutoff, write_late_day, write_market
from features.contract import TABLES
from features.coverage import coverage_foldings
from features.engine import connect
from features.folding import fold
from features.intake import take_in
from features.landed import landed
from features.listings import LISTINGS
from features.measures import TileKind
from features.panel import signal_files, signal_tables
from features.settings import read_settings
from features.store import Manifest, Store
from model.settings import Configuration

CUTOFFS = tuple(cutoff(week) for week in range(WEEKS - 51, WEEKS + 1))
"""The last 52 weekly cutoffs of the market."""

SOME = (CUTOFFS[0], CUTOFFS[25], CUTOFFS[51])
"""Of which the plain query is measured: one statement costs what another costs, but for the rows before it."""


def settings() -> Configuration:
    """The configuration that ships."""
    return read_settings(configs.SHIPPED, Configuration)


def make(data: str, size: str, keys: Keys) -> None:
    """Write the market; here, because a process that starts another hands its own peak of memory on to it."""
    write_market(Path(data), SIZES[size], keys)


def make_late(data: str, folder: str, keys: Keys) -> None:
    """Write rows of a day of a year ago."""
    write_late_day(Path(data), Path(folder), WEEKS - 52, keys)


def land(data: str, store: str) -> None:
    """Take a data set in, and no more."""
    take_in(Path(data), Store(Path(store)), None, settings())


def engine(store: str) -> None:
    """Fold the landed rows and store the weekly tables, as the jobs do."""
    signal_files(Store(Path(store)), CUTOFFS, settings())


def next_cutoff(data: str, store: str) -> None:
    """Take in what the store does not hold, and compute the signals of the last cutoff."""
    take_in(Path(data), Store(Path(store)), CUTOFFS[-1], settings())
    signal_files(Store(Path(store)), CUTOFFS[-1:], settings())


def profile(data: str, store: str) -> None:
    """Do what ``next_cutoff`` does, and print a table of where its CPU goes, all threads together."""
    profiler = cProfile.Profile(time.process_time)
    profiler.runcall(next_cutoff, data, store)
    profiler.create_stats()
    found = {(Path(file).name, name): spent for (file, _, name), (_, _, _, spent, _) in profiler.stats.items()}
    spent = {told: found[step] for told, step in _STEPS.items()}
    whole = found["ways.py", next_cutoff.__name__]
    spent["all else"] = whole - sum(spent.values())
    print("| step | CPU-s | share |\n| --- | ---: | ---: |")
    for told, seconds in spent.items():
        print(f"| {told} | {seconds:.1f} | {seconds / whole:.0%} |")


_STEPS = {
    "checking and landing the new rows": ("intake.py", "take_in"),
    "folding them, with what they touch in history": ("folding.py", "fold"),
    "running totals": ("tiles.py", "sum_up"),
    "measures over windows": ("windows.py", "measure"),
    "what is read across sellers": ("across.py", "read_across"),
    "formulas": ("panel.py", "_valued"),
    "comparisons with the peers": ("peers.py", "with_peers"),
    "neighbours": ("neighbours.py", "with_neighbours"),
    "writing the table": ("panel.py", "_write"),
}
"""Steps of a new week, none within another: what is told, and the function by its file and name."""


def rebuild(store: str) -> None:
    """Fold all weeks again and compute the signals of the last cutoff."""
    signal_files(Store(Path(store)), CUTOFFS[-1:], settings())


def plain(store: str) -> None:
    """Compute the same signals with one statement for each of three cutoffs, straight from the landed rows."""
    for each in SOME:
        _from_raw_rows(Store(Path(store)), [each])


def tuned(store: str) -> None:
    """Compute the same signals with one query over all landed rows, with running sums over a grid of weeks."""
    _from_raw_rows(Store(Path(store)), CUTOFFS)


def pandas(data: str) -> None:
    """Compute those signals that need no more than pandas, all events in memory."""
    signals_with_pandas(Path(data), CUTOFFS)


def scan(data: str) -> None:
    """Sum every number and find the last of every instant in all history of three tables."""
    with duckdb.connect(config={"threads": settings().engine.threads}) as connection:
        for name in ("reviews", "review_actions", "search_ranks"):
            files = f"read_parquet('{data}/{name}/**/*.parquet')"
            kinds = connection.execute(f"select column_name, column_type from (describe select * from {files})")
            sums = [
                f"{'max' if kind in {'DATE', 'TIMESTAMP', 'VARCHAR'} else 'sum'}({column})"
                for column, kind in kinds.fetchall()
                if kind != "BOOLEAN"
            ]
            connection.execute(f"select {', '.join(sums)} from {files}").fetchall()


def _from_raw_rows(store: Store, cutoffs: Sequence[date]) -> None:
    chosen = settings()
    with store.writing(), connect(chosen.engine, store.scratch) as connection:
        manifest = store.commit(fold(connection, store, store.manifest(), coverage_foldings(), chosen.engine))
    with store.writing(), connect(chosen.engine, store.scratch) as connection:
        _open_raw_rows(connection, store, manifest, cutoffs[-1])

        late = f"known_at > happened_at + interval '{chosen.contract.late_after_days}' day as late"

        def rows_of(kind: TileKind) -> str:
            return f"(select *, cast(known_at as date) as day, {late} from ({kind.facts}))"

        for _ in signal_tables(connection, store, manifest, cutoffs, chosen, rows_of):
            pass


def _open_raw_rows(connection: duckdb.DuckDBPyConnection, store: Store, manifest: Manifest, before: date) -> None:
    for table in TABLES.values():
        rows = landed(store, manifest, table, manifest.identity["key_types"])
        connection.execute(
            f"create or replace temp view {table.name} as select * from ({rows}) where known_at < date '{before}'"
        )
    for name, query in LISTINGS.items():
        connection.execute(f"create or replace temp table {name} as {query}")
    for table in (each for each in TABLES.values() if each.repeat == "correction"):
        keys = ", ".join(table.key)
        connection.execute(
            f"create or replace temp view revised_{table.name} as"
            f" select {keys} from {table.name} group by {keys} having count(*) > 1"
        )


WAYS: dict[str, Callable[..., None]] = {
    way.__name__: way
    for way in (make, make_late, land, engine, next_cutoff, profile, rebuild, plain, tuned, pandas, scan)
}

if __name__ == "__main__":
    WAYS[sys.argv[1]](*sys.argv[2:])
