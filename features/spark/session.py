"""A session of Spark that is spoken to like one of DuckDB, as far as features need it.

Tables are folders of Parquet in the run's scratch folder: they outlive the executor that made them, and the plan of
what reads them begins there. Views are plans. Only the rows that are fetched come to the driver.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
from sqlglot import exp

from features.errors import ScrubwatchError
from features.spark.dialect import VARIABLE, in_spark, parse
from features.spark.files import StoredParquet, move_single_file

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_FOLDER = "table-{}"


class Rows:
    """The outcome of a statement: nothing is computed before it is asked for."""

    def __init__(self, found: DataFrame | None) -> None:
        """Hold the plan; None for statements that return nothing."""
        self._found = found

    def fetchall(self) -> list[tuple[Any, ...]]:
        """All rows."""
        return [] if self._found is None else [tuple(row) for row in self._found.collect()]

    def fetchone(self) -> tuple[Any, ...] | None:
        """The first row; None where there is none."""
        found = [] if self._found is None else self._found.take(1)
        return tuple(found[0]) if found else None

    def to_arrow_table(self) -> pa.Table:
        """All rows, as a table on the driver."""
        if self._found is None:
            raise ScrubwatchError("a statement without rows was asked for them")
        return self._found.toArrow()

    def to_arrow_reader(self, batch_rows: int) -> pa.RecordBatchReader:
        """All rows in batches of at most so many; the driver holds them all."""
        return self.to_arrow_table().to_reader(batch_rows)


class SparkConnection:
    """Runs DuckDB's statements on Spark.

    Args:
        spark: a session of its own, in UTC.
        scratch: a folder that the driver and all executors reach under this path.

    """

    def __init__(self, spark: SparkSession, scratch: Path) -> None:
        """Begin without tables."""
        self.spark = spark
        self._scratch = scratch
        self._parquet = StoredParquet(spark)
        self._tables: dict[str, list[Path]] = {}
        self._made = 0

    def execute(self, text: str, values: Sequence[str] = ()) -> Rows:
        """Run statements; the rows are those of the last.

        Raises:
            ScrubwatchError: a kind of statement that is not known here.

        """
        found = Rows(None)
        for statement in parse(text):
            found = self._run(statement.copy(), values)
        return found

    def sql(self, text: str) -> Rows:
        """Run a query."""
        return self.execute(text)

    def register(self, name: str, rows: pa.Table) -> None:
        """Open a table of the driver as a view."""
        self.spark.createDataFrame(rows).createOrReplaceTempView(name)

    def unregister(self, name: str) -> None:
        """Close such a view."""
        self.spark.catalog.dropTempView(name)

    def query(self, statement: str) -> DataFrame:
        """The plan of a query in DuckDB's words."""
        return self._plan(parse(statement)[0].copy())

    def write_weeks(self, query: str, weeks: Sequence[date], folder: Path) -> Iterator[tuple[date, Path, int]]:
        """Write a file for each of these weeks, ordered by all columns; yields the week, its file and its rows.

        Args:
            query: its first column is the Monday of the week, which is not written.
            weeks: Mondays; a week without rows gets an empty file.
            folder: a new folder.

        """
        folder, found = folder.absolute(), self.query(query)
        week, *columns = found.columns
        # Spark orders what it hands to a writer by the folder first, and keeps an order that begins with it.
        ordered = found.repartition(week).sortWithinPartitions(week, *columns)
        ordered.write.option("compression", "zstd").partitionBy(week).parquet(str(folder))
        empty = set(weeks)
        for place in sorted(folder.glob(f"{week}=*/part-*.parquet")):
            monday = date.fromisoformat(place.parent.name.partition("=")[2])
            empty.discard(monday)
            yield monday, place, pq.read_metadata(place).num_rows
        schema = found.drop(week).limit(0).toArrow().schema if empty else pa.schema([])
        for monday in sorted(empty):
            place = folder / f"{monday}.parquet"
            pq.write_table(schema.empty_table(), place, compression="zstd", store_schema=False)
            yield monday, place, 0
        shutil.rmtree(folder)

    def _run(self, statement: exp.Expr, values: Sequence[str]) -> Rows:
        match statement:
            case exp.Create():
                self._create(statement)
            case exp.Insert():
                self._insert(statement)
            case exp.Delete():
                self._delete(statement)
            case exp.Drop():
                self._drop(str(next(statement.find_all(exp.Table)).name))
            case exp.Copy():
                self._copy(statement)
            case exp.Set():
                self._set(statement, values)
            case exp.Query():
                return Rows(self._plan(statement))
            case _:
                raise ScrubwatchError(f"the engine spark knows no such statement: {statement.sql(dialect='duckdb')}")
        return Rows(None)

    def _plan(self, query: exp.Expr) -> DataFrame:
        return self.spark.sql(in_spark(self._parquet.opened(query)))

    def _create(self, statement: exp.Create) -> None:
        name = statement.this.name
        if statement.args.get("exists") and self.spark.catalog.tableExists(name):
            return
        found = self._plan(statement.expression)
        if statement.kind == "VIEW":
            found.createOrReplaceTempView(name)
        else:
            self._keep(name, found)

    def _keep(self, name: str, found: DataFrame) -> None:
        """Write a table, and only then let go of the one whose place it takes: its plan may read that one."""
        place = self._write(found)
        self._drop(name)
        self._tables[name] = [place]
        self._open(name, found)

    def _write(self, found: DataFrame) -> Path:
        self._made += 1
        place = self._scratch / _FOLDER.format(self._made)
        found.write.parquet(str(place))
        return place

    def _open(self, name: str, like: DataFrame) -> None:
        places = [str(place) for place in self._tables[name]]
        self.spark.read.schema(like.schema).parquet(*places).createOrReplaceTempView(name)

    def _insert(self, statement: exp.Insert) -> None:
        name = statement.this.name
        held, more = self.spark.table(name), self._plan(statement.expression)
        fitting = [
            more[place].cast(field.dataType).alias(field.name)
            for place, field in zip(more.columns, held.schema, strict=True)
        ]
        self._tables[name].append(self._write(more.select(fitting)))
        self._open(name, held)

    def _delete(self, statement: exp.Delete) -> None:
        name = statement.this.name
        condition = in_spark(statement.args["where"].this)
        self._keep(name, self.spark.table(name).where(f"not coalesce({condition}, false)"))

    def _drop(self, name: str) -> None:
        self.spark.catalog.dropTempView(name)
        for place in self._tables.pop(name, []):
            shutil.rmtree(place)

    def _copy(self, statement: exp.Copy) -> None:
        place, source = Path(statement.args["files"][0].this).absolute(), statement.this
        query = source.this if isinstance(source, exp.Subquery) else exp.select("*").from_(source.copy())
        found = self._plan(query)
        params = {each.this.name: each.expression for each in statement.args["params"]}
        if "partition_by" in params:
            column = params["partition_by"].this.name
            found.repartition(column).write.option("compression", "zstd").mode("overwrite").partitionBy(column).parquet(
                str(place)
            )
            return
        folder = place.with_name(f"{place.name}.parts")
        found.coalesce(1).write.option("compression", "zstd").parquet(str(folder))
        move_single_file(folder, place)

    def _set(self, statement: exp.Set, values: Sequence[str]) -> None:
        name = statement.expressions[0].this.this.name
        self.register(VARIABLE.format(name), pa.table({"value": pa.array(list(values), pa.string())}))
