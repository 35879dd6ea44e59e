"""Parquet files as Spark reads and writes them for the store."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
from sqlglot import exp

from features.errors import WrongUse

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.types import StructType

_VIEW = "parquet_{}"


class StoredParquet:
    """Opens the files that ``read_parquet([...])`` names as views.

    Files of one schema are read as one; columns that some lack are null, as with ``union_by_name``.
    """

    def __init__(self, spark: SparkSession) -> None:
        """Begin without views."""
        self._spark = spark
        self._views: dict[str, str] = {}
        self._schemas: dict[str, pa.Schema] = {}
        self._types: dict[str, StructType] = {}

    def opened(self, query: exp.Expr) -> exp.Expr:
        """The query, reading views in the place of files."""
        for read in list(query.find_all(exp.ReadParquet)):
            text = read.sql(dialect="duckdb")
            if text not in self._views:
                self._views[text] = self._open(read)
            read.replace(exp.to_identifier(self._views[text]))
        return query

    def _open(self, read: exp.ReadParquet) -> str:
        paths, *options = read.expressions
        named = any(each.this.name == "filename" for each in options)
        by_schema: dict[str, list[str]] = {}
        for path in (each.this for each in paths.expressions):
            by_schema.setdefault(self._schema_of(path), []).append(path)
        first, *more = (self._read(schema, alike, named=named) for schema, alike in by_schema.items())
        for each in more:
            first = first.unionByName(each, allowMissingColumns=True)
        view = _VIEW.format(len(self._views))
        first.createOrReplaceTempView(view)
        return view

    def _schema_of(self, path: str) -> str:
        if path not in self._schemas:
            self._schemas[path] = pq.read_schema(path).remove_metadata()
            refuse_nanoseconds(path, self._schemas[path])
        return str(self._schemas[path])

    def _read(self, schema: str, paths: Sequence[str], *, named: bool) -> DataFrame:
        places = [str(Path(path).absolute()) for path in paths]  # Spark may have been started in another folder
        if schema not in self._types:
            self._types[schema] = self._spark.read.parquet(places[0]).schema
        found = self._spark.read.schema(self._types[schema]).parquet(*places)
        if not named:
            return found
        path = "regexp_replace(url_decode(replace(_metadata.file_path, '+', '%2B')), '^file:(//)?(?=/)', '')"
        here = places[0].removesuffix(paths[0])
        return found.selectExpr("*", f"substr({path}, {len(here) + 1}) as filename")


def refuse_nanoseconds(path: str, schema: pa.Schema) -> None:
    """Spark reads no nanoseconds.

    Raises:
        WrongUse: the file holds them; the message says how to write it anew.

    """
    for field in schema:
        if pa.types.is_timestamp(field.type) and field.type.unit == "ns":
            raise WrongUse(
                f"{path}: column '{field.name}' is in nanoseconds, which Spark cannot read; write the file with"
                " microseconds (pyarrow and pandas: coerce_timestamps='us'), or run with --engine duckdb"
            )


def move_single_file(folder: Path, place: Path) -> None:
    """Take the one file that Spark has written in a folder, and remove the folder."""
    (written,) = folder.glob("part-*.parquet")
    written.replace(place)
    shutil.rmtree(folder)
