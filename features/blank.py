"""A folder to begin with: the commented configuration, and every table of the contract without a row."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq

from features.contract import TABLES, Column, Kind, Table
from features.errors import WrongUse

IdKind = Literal["string", "integer"]

_ARROW_TYPES: dict[Kind, pa.DataType] = {
    "text": pa.string(),
    "moment": pa.timestamp("us"),
    "date": pa.date32(),
    "whole": pa.int64(),
    "real": pa.float64(),
    "flag": pa.bool_(),
}
_ID_TYPES: dict[IdKind, pa.DataType] = {"string": pa.string(), "integer": pa.int64()}


def schema_of(table: Table, ids: IdKind) -> pa.Schema:
    """The table's columns in the contract's order, then ``recorded_at``; required columns are not nullable.

    >>> from features.contract import TABLES
    >>> schema_of(TABLES["sales"], "string").names
    ['product_id', 'sold_on', 'units', 'revenue', 'recorded_at']
    """
    fields = [pa.field(column.name, _arrow_type(column, ids), nullable=column.optional) for column in table.columns]
    return pa.schema([*fields, pa.field("recorded_at", pa.timestamp("us"))])


def write_blank(folder: Path, ids: IdKind) -> list[Path]:
    """Write ``scrubwatch.yaml``, ``README.md`` and ``data/NAME.parquet`` for every table; returns what was written.

    Raises:
        WrongUse: something lies in the folder already; nothing is overwritten.

    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise WrongUse(f"{folder}: exists already and nothing is overwritten; name a new folder")
    (folder / "data").mkdir(parents=True)
    written = []
    for name, given in (("scrubwatch.yaml", "scrubwatch.yaml"), ("README.md", "start.md")):
        text = files("configs").joinpath(given).read_text(encoding="utf-8")
        (folder / name).write_text(text.replace("DIR", str(folder)) if name == "README.md" else text, encoding="utf-8")
        written.append(folder / name)
    for table in TABLES.values():
        place = folder / "data" / f"{table.name}.parquet"
        pq.write_table(schema_of(table, ids).empty_table(), place)
        written.append(place)
    return written


def _arrow_type(column: Column, ids: IdKind) -> pa.DataType:
    return _ID_TYPES[ids] if column.kind == "key" else _ARROW_TYPES[column.kind]
