"""Random markets in runs and files: taken in, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.contract import TABLES
from features.engine import parquet
from features.intake import take_in
from features.landed import landed
from features.panel import signals_at
from features.store import Store
from model.settings import Configuration
from tests.features.random_market import known_at, write_rows
from tests.features.random_moments import FIRST_DAY, Market

SMALL_GROUP = 3
"""Sellers; peers of a market of a handful."""
SMALL_LINKS = 4
"""Sellers; who has to do with more of them links nobody."""


def for_small_markets(configuration: Configuration, key_file: Path, threads: int = 2) -> Configuration:
    """The configuration with peer groups that a handful of sellers fills, any quarantine, and a key for all stores."""
    key_file.write_text("the same pseudonyms in every store", encoding="utf-8")
    changed = {
        "contract": configuration.contract.model_copy(update={"min_quarantined_rows": 1_000}),
        "privacy": configuration.privacy.model_copy(update={"key_file": key_file}),
        "engine": configuration.engine.model_copy(update={"threads": threads}),
        "peers": configuration.peers.model_copy(update={"min_group_sellers": SMALL_GROUP}),
        "relations": configuration.relations.model_copy(update={"max_sellers_linked": SMALL_LINKS}),
    }
    return configuration.model_copy(update=changed)


def take_in_runs(
    folder: Path, runs: Sequence[Market], settings: Configuration, ask_between: Sequence[date] = ()
) -> Store:
    """Take in one run after the other, each with files of its own; in between signals are asked for, and so made."""
    store = Store(folder / "store")
    for number, run in enumerate(runs):
        for name, rows in run.items():
            write_rows(folder / "data" / name / f"{number}.parquet", name, rows)
        take_in(folder / "data", store, None, settings)
        if ask_between:
            signals_at(store, ask_between, settings)
    return store


def signals_of(folder: Path, market: Market, cutoffs: Sequence[date], settings: Configuration) -> pd.DataFrame:
    """The signals of a market that is delivered at once."""
    return signals_at(take_in_runs(folder, [market], settings), cutoffs, settings)


_HALF_A_YEAR_IN = FIRST_DAY.toordinal() + 182


@dataclass(frozen=True)
class Outcome:
    """What a store holds: landed, waiting and quarantined rows by table, and tile rows, each sorted."""

    landed: dict[str, list[str]]
    waiting: dict[str, list[str]]
    quarantined: dict[str, list[str]]
    tiles: dict[str, list[str]]


def outcome(store: Store) -> Outcome:
    """Read a store."""
    manifest = store.manifest()
    pending = {name: store.paths(manifest.group(f"pending/{name}")) for name in TABLES}
    quarantine = {name: [path] for name in TABLES if (path := store.path / "quarantine" / f"{name}.parquet").exists()}
    groups = sorted({entry.group for entry in manifest.files.values() if entry.group.startswith("tiles/")})
    with duckdb.connect() as connection:

        def rows(query: str) -> list[str]:
            return sorted(map(repr, connection.execute(query).fetchall()))

        return Outcome(
            {
                name: rows(landed(store, manifest, table, manifest.identity["key_types"]))
                for name, table in TABLES.items()
            },
            {name: rows(f"select * exclude file from {parquet(paths)}") for name, paths in pending.items() if paths},
            {name: rows(f"select distinct row, rule from {parquet(paths)}") for name, paths in quarantine.items()},
            {name: rows(f"select * from {parquet(store.paths(manifest.group(name)))}") for name in groups},
        )


def as_it_arrived(random: Random, market: Market) -> list[Market]:
    """The market as it came in: its first half year, then twelve weeks a run; rows without a clock may come late."""
    runs: dict[int, Market] = {}
    for name, rows in market.items():
        for row in rows:
            late = timedelta(days=0 if "recorded_at" in row else random.choice((0, 0, 0, 60)))
            number = max(0, (known_at(name, row) + late).toordinal() - _HALF_A_YEAR_IN) // 84
            runs.setdefault(number, {}).setdefault(name, []).append(row)
    first, *later = (runs[number] for number in sorted(runs))
    for name in (name for name, table in TABLES.items() if table.required and name not in first):
        first[name] = next(run for run in later if name in run).pop(name)
    return [run for run in (first, *later) if run]


def scattered(random: Random, market: Market, runs: int) -> list[Market]:
    """The market's rows in any order, in any of these runs, some of them in several; the first run has all tables."""
    parts: list[Market] = [{} for _ in range(runs)]
    for name, rows in market.items():
        for row in random.sample(rows, len(rows)):
            for number in {random.randrange(runs) for _ in range(random.choice((1, 1, 1, 2)))}:
                parts[number].setdefault(name, []).append(row)
        if TABLES[name].required and name not in parts[0]:
            parts[0][name] = [random.choice(rows)]
    return [part for part in parts if part]


def one_file_a_table_in_reverse(folder: Path, market: Market, settings: Configuration) -> Store:
    """Deliver single files."""
    for name, rows in market.items():
        write_rows(folder / "data" / f"{name}.parquet", name, rows[::-1])
    return _taken_in(folder, settings)


def a_folder_for_each_day_of_arrival(folder: Path, market: Market, settings: Configuration) -> Store:
    """Deliver partitions, one file for each row."""
    for name, rows in market.items():
        for number, row in enumerate(rows):
            day = f"recorded_on={known_at(name, row).date()}"
            write_rows(folder / "data" / name / day / f"{number}.parquet", name, [row])
    return _taken_in(folder, settings)


def every_row_three_times(folder: Path, market: Market, settings: Configuration) -> Store:
    """Deliver everything twice in one file, and then again."""
    return take_in_runs(folder, [{name: [*rows, *rows] for name, rows in market.items()}, market], settings)


def clocks_of_another_zone_and_columns_of_nobody(folder: Path, market: Market, settings: Configuration) -> Store:
    """Deliver zoned nanoseconds, columns in another order, and one that the contract does not know."""
    for name, rows in market.items():
        path = folder / "data" / f"{name}.parquet"
        write_rows(path, name, rows)
        table = pq.read_table(path)
        for position, field in enumerate(table.schema):
            if pa.types.is_timestamp(field.type):
                zoned = pc.assume_timezone(table.column(position), "UTC").cast(pa.timestamp("ns", "America/New_York"))
                table = table.set_column(position, field.name, zoned)
        table = table.append_column("of_nobody", pa.nulls(len(table), pa.string()))
        pq.write_table(table.select(table.column_names[::-1]), path)
    return _taken_in(folder, settings)


def _taken_in(folder: Path, settings: Configuration) -> Store:
    store = Store(folder / "store")
    take_in(folder / "data", store, None, settings)
    return store


Layout = Callable[[Path, Market, Configuration], Store]
LAYOUTS: tuple[Layout, ...] = (
    one_file_a_table_in_reverse,
    a_folder_for_each_day_of_arrival,
    every_row_three_times,
    clocks_of_another_zone_and_columns_of_nobody,
)
