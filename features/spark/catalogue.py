"""Tables of a catalogue as a delivery: days that the store has not taken in are staged as files, then read like any.

A catalogue tells no file from another, so what was taken in is known by the day of ``recorded_at`` and its rows: a day
with more rows is read again (those held already are counted as delivered again), one with fewer stops the run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from features.contract import TABLES, Table
from features.delivery import Delivery, inspect
from features.errors import ContractBroken, WrongUse
from features.store import InputFile

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_DAY = "recorded_on"


def is_catalogue(data: Path) -> bool:
    """Whether DATA names a schema of a catalogue, ``catalog.schema``, and no folder."""
    parts = str(data).split(".")
    return len(parts) == 2 and all(part.isidentifier() for part in parts) and not data.exists()


def stage_catalogue(
    spark: SparkSession, name: str, taken: Mapping[str, InputFile], key_types: Mapping[str, str], folder: Path
) -> Delivery:
    """Write the days that are new, or have grown, as files of a delivery; its inputs are the days of each table.

    Args:
        spark: a session in UTC that knows the catalogue.
        name: ``catalog.schema``.
        taken: what the store has taken in.
        key_types: the store's type for each entity's keys.
        folder: a new folder for the files, under the store's scratch.

    Raises:
        WrongUse: there is no such schema.
        ContractBroken: a table has no ``recorded_at``, a row lacks it, a day has lost rows, or a schema is wrong.

    """
    if not spark.catalog.databaseExists(name):
        raise WrongUse(f"{name}: no such folder, and no such schema of a catalogue that Spark knows")
    problems: list[str] = []
    days: dict[str, InputFile] = {}
    folder.mkdir(parents=True)
    for table in TABLES.values():
        if spark.catalog.tableExists(f"{name}.{table.name}"):
            found = _days_of(spark, name, table, problems)
            days.update({f"{name}/{table.name}/{_DAY}={day}": each for day, each in found.items()})
            problems += _lost(name, table, found, taken)
            grown = [day for day, each in found.items() if _rows(name, table, day, taken) < each.rows]
            _stage(spark.table(f"{name}.{table.name}"), table, grown, folder / table.name)
    if problems:
        raise ContractBroken("the data break the event contract:\n" + "\n".join(f"- {each}" for each in problems))
    return replace(inspect(folder, {}, key_types), files=days)


def _days_of(spark: SparkSession, name: str, table: Table, problems: list[str]) -> dict[date, InputFile]:
    """The rows of each day on which some were recorded."""
    rows = spark.table(f"{name}.{table.name}")
    if "recorded_at" not in rows.columns:
        problems.append(
            f"{table.name}.recorded_at: required column is missing in {name}.{table.name}; a catalogue's table has"
            " no files by which to tell what is new: add when each row was recorded, or deliver files"
        )
        return {}
    counted = rows.groupBy(rows["recorded_at"].cast("date").alias(_DAY)).count().collect()
    found = {row[_DAY]: InputFile(table.name, row["count"], 0, "") for row in counted}
    if None in found:
        problems.append(
            f"{table.name}.recorded_at: {found.pop(None).rows:,} rows of {name}.{table.name} have none; a table of a"
            " catalogue needs it in every row"
        )
    return dict(sorted(found.items()))


def _rows(name: str, table: Table, day: date, taken: Mapping[str, InputFile]) -> int:
    before = taken.get(f"{name}/{table.name}/{_DAY}={day}")
    return 0 if before is None else before.rows


def _lost(name: str, table: Table, found: Mapping[date, InputFile], taken: Mapping[str, InputFile]) -> Iterator[str]:
    prefix = f"{name}/{table.name}/{_DAY}="
    for path, before in taken.items():
        if path.startswith(prefix):
            day = date.fromisoformat(path.removeprefix(prefix))
            rows = found[day].rows if day in found else 0
            if rows < before.rows:
                yield (
                    f"{name}.{table.name}: {before.rows - rows:,} of the {before.rows:,} rows recorded on {day} are"
                    " gone since it was taken in; what was delivered once stays: restore them"
                )


def _stage(rows: DataFrame, table: Table, days: list[date], folder: Path) -> None:
    """Write these days, a folder each, beside an empty file that tells the schema."""
    columns = [column.name for column in table.columns if column.name in rows.columns]
    chosen = rows.select(*columns, "recorded_at") if "recorded_at" in rows.columns else rows.select(*columns)
    folder.mkdir()
    pq.write_table(chosen.limit(0).toArrow(), folder / "schema.parquet")
    if days:
        by_day = chosen.withColumn(_DAY, chosen["recorded_at"].cast("date"))
        by_day = by_day.where(by_day[_DAY].isin(days)).repartition(_DAY)
        by_day.write.option("compression", "zstd").partitionBy(_DAY).parquet(str((folder / "days").absolute()))
