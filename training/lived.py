"""The data set of a backtest whose verdicts follow the lists: all tables as they are, the verdicts as they come."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.blank import IdKind, schema_of
from features.contract import TABLES
from features.errors import WrongUse

Investigate = Callable[[pd.DataFrame, date], pd.DataFrame]
"""Decides the sellers listed at a date: ``seller_id``, ``route`` and ``selection_probability`` in, rows of the
contract's verdicts out, decided after that date."""

STEERED = ("alert", "disagreement")
"""Routes by which a model's own list led to a verdict; in another life it would have led elsewhere."""
_BEFORE = "before.parquet"


def open_life(data: Path, life: Path, since: date) -> None:
    """Make a data set beside another one: its tables by link, and its verdicts but for those that lists steered since.

    What an investigation began before ``since`` is kept, and what came by other routes. Running it again changes
    nothing.

    Raises:
        WrongUse: the data set has no folder.

    """
    if not data.is_dir():
        raise WrongUse(f"{data}: no such folder; give the folder of the data set")
    (life / "verdicts").mkdir(parents=True, exist_ok=True)
    for table in sorted(data.iterdir()):
        link = life / table.name
        if table.stem != "verdicts" and not link.is_symlink():
            link.symlink_to(table.resolve())
    if not (life / "verdicts" / _BEFORE).is_file():
        _write(life / "verdicts" / _BEFORE, kept_verdicts(read_verdicts(data), since))


def kept_verdicts(verdicts: pa.Table, since: date) -> pa.Table:
    """Verdicts but for those that a list steered since a date, and the appeals against them."""
    rows = verdicts.to_pandas()
    began = pd.to_datetime(rows["opened_at"]).fillna(pd.to_datetime(rows["decided_at"])).dt.tz_localize(None)
    steered = rows["route"].isin(STEERED) & (began >= pd.Timestamp(since))
    appealed = (rows["route"] == "appeal") & rows["case_id"].isin(rows.loc[steered, "case_id"].dropna())
    return verdicts.filter(pa.array((~(steered | appealed)).to_numpy()))


def read_verdicts(data: Path) -> pa.Table:
    """The verdicts of a data set with all columns of the contract; none gives a table without rows.

    Raises:
        WrongUse: there are no sellers either, by which to know the type of the keys.

    """
    files = _files(data, "verdicts")
    tables = [pq.ParquetFile(file).read() for file in files]
    schema = schema_of(TABLES["verdicts"], _kind_of_ids(data))
    if not tables:
        return schema.empty_table()
    given = pa.concat_tables(tables, promote_options="permissive")
    fields = [given.schema.field(each.name) if each.name in given.column_names else each for each in schema]
    columns = [
        given[each.name] if each.name in given.column_names else pa.nulls(len(given), each.type) for each in fields
    ]
    return pa.table(columns, pa.schema(fields))


def add_verdicts(life: Path, on: date, verdicts: pd.DataFrame) -> None:
    """Deliver the verdicts of one week's list, as a file of its own; once."""
    file = life / "verdicts" / f"listed-{on}.parquet"
    if verdicts.empty or file.is_file():
        return
    schema = pq.read_schema(life / "verdicts" / _BEFORE)
    columns = {
        field.name: pa.array(verdicts[field.name], field.type, from_pandas=True)
        if field.name in verdicts
        else pa.nulls(len(verdicts), field.type)
        for field in schema
    }
    _write(file, pa.table(columns, schema))


def _kind_of_ids(data: Path) -> IdKind:
    files = _files(data, "sellers")
    if not files:
        raise WrongUse(f"{data}: no table 'sellers'; give the folder of the data set")
    return "integer" if pa.types.is_integer(pq.read_schema(files[0]).field("seller_id").type) else "string"


def _files(data: Path, table: str) -> list[Path]:
    one = data / f"{table}.parquet"
    return [one] if one.is_file() else sorted((data / table).rglob("*.parquet"))


def _write(path: Path, table: pa.Table) -> None:
    """Write whole or not at all, without a file that intake could take for a table."""
    beside = path.parent / f".{path.name}.{os.getpid()}"
    pq.write_table(table, beside)
    beside.replace(path)
