"""What a marketplace has handed in: its files, and whether their schemas keep the contract."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from features.contract import TABLES, Column, Kind, Table
from features.errors import ContractBroken, WrongUse
from features.store import InputFile, file_digest, file_stamp

_SQL_TYPES = {True: "bigint", False: "varchar"}


def _is_string(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _is_whole(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) and kind != pa.uint64())


_ALLOWED: dict[Kind, tuple[str, Callable[[pa.DataType], bool]]] = {
    "key": ("a string or a 64-bit integer", lambda kind: _is_string(kind) or _is_whole(kind)),
    "text": ("a string", _is_string),
    "moment": ("a timestamp", lambda kind: bool(pa.types.is_timestamp(kind))),
    "date": ("a date", lambda kind: bool(pa.types.is_date(kind))),
    "whole": ("an integer", _is_whole),
    "real": (
        "a number",
        lambda kind: bool(_is_whole(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)),
    ),
    "flag": ("a boolean", lambda kind: bool(pa.types.is_boolean(kind))),
}


@dataclass(frozen=True)
class KeyType:
    """The SQL type of an entity's keys, and the file that says so."""

    entity: str
    kind: str
    where: str


@dataclass(frozen=True)
class DeliveredTable:
    """The files of one table that the store has not taken in as they are.

    Attributes:
        table: its contract.
        fresh: files to read, by their path relative to the data set.
        columns: all columns that these files hold.
        reals: columns that some file holds as floating point.
        key_types: the types of its keys, file by file.

    """

    table: Table
    fresh: Mapping[str, InputFile]
    columns: frozenset[str]
    reals: frozenset[str]
    key_types: tuple[KeyType, ...]


@dataclass(frozen=True)
class Delivery:
    """A data set: every table found, and every file with its digest."""

    data: Path
    tables: Mapping[str, DeliveredTable]
    files: Mapping[str, InputFile]

    @property
    def missing(self) -> list[str]:
        """Tables of the contract that were not handed in."""
        return [name for name in TABLES if name not in self.tables]


def inspect(data: Path, taken: Mapping[str, InputFile], key_types: Mapping[str, str]) -> Delivery:
    """Find the files of every table and check the schemas of those that are new.

    Args:
        data: the folder of the data set.
        taken: files taken in earlier, by their path relative to ``data``.
        key_types: the store's type for each entity's keys.

    Raises:
        WrongUse: there is no such folder.
        ContractBroken: a required table or column is missing, a file cannot be read, a type is wrong, or a file that
            was taken in has changed or lost rows. Every problem found is named.

    """
    if not data.is_dir():
        raise WrongUse(
            f"{data}: no such folder; DATA is a folder with one Parquet file or folder per table, or, with"
            " --engine spark, catalog.schema"
        )
    problems: list[str] = []
    tables: dict[str, DeliveredTable] = {}
    files: dict[str, InputFile] = {}
    for table in TABLES.values():
        found = _files_of(data, table)
        if found is None:
            if table.required:
                problems.append(
                    f"{table.name}: required table is missing: {data}/{table.name}.parquet or {table.name}/"
                )
            continue
        entries = {str(path.relative_to(data)): path for path in found}
        tables[table.name], listed = _inspect_table(table, entries, taken, problems)
        files.update(listed)
    problems += _mixed_key_types(tables.values(), key_types)
    if problems:
        raise ContractBroken("the data break the event contract:\n" + "\n".join(f"- {problem}" for problem in problems))
    return Delivery(data, tables, files)


def absent_columns(data: Path) -> dict[str, list[str]]:
    """The optional columns that no file of a table holds, by table; only schemas are read."""
    absent = {}
    for table in TABLES.values():
        held = {name for path in _files_of(data, table) or () for name in pq.read_schema(path).names}
        absent[table.name] = [column.name for column in table.columns if held and column.name not in held]
    return {name: columns for name, columns in absent.items() if columns}


def _files_of(data: Path, table: Table) -> list[Path] | None:
    single, folder = data / f"{table.name}.parquet", data / table.name
    if folder.is_dir():
        return sorted(folder.rglob("*.parquet"))
    return [single] if single.is_file() else None


def _inspect_table(
    table: Table, entries: Mapping[str, Path], taken: Mapping[str, InputFile], problems: list[str]
) -> tuple[DeliveredTable, dict[str, InputFile]]:
    listed: dict[str, InputFile] = {}
    fresh: dict[str, InputFile] = {}
    schemas: dict[str, pa.Schema] = {}
    for name, path in entries.items():
        if not path.is_file():
            problems.append(f"{name}: is no file (a folder, or a link to nothing); deliver it again, or remove it")
            continue
        stamp, before = file_stamp(path), taken.get(name)
        if before is not None and before.stamp == stamp:
            listed[name] = before
            continue
        digest = file_digest(path)
        if before is not None and before.sha256 == digest:
            listed[name] = replace(before, stamp=stamp)
            continue
        try:
            with pq.ParquetFile(path) as file:
                rows, schema = file.metadata.num_rows, file.schema_arrow
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            problems.append(f"{name}: not a readable Parquet file (cut short, or another format): {error}")
            continue
        doubled = _doubled(table, schema)
        if doubled:
            problems.append(f"{table.name}.{doubled[0]}: stands twice in {name}; each column has a name of its own")
            continue
        schemas[name] = schema
        if before is not None:
            problems += _changed(table, name, before, rows)
        listed[name] = fresh[name] = InputFile(table.name, rows, path.stat().st_size, digest, stamp)
    problems += _schema_problems(table, schemas)
    columns = frozenset(column for schema in schemas.values() for column in schema.names)
    reals = frozenset(field.name for schema in schemas.values() for field in schema if pa.types.is_floating(field.type))
    return DeliveredTable(table, fresh, columns, reals, tuple(_key_types(schemas, table))), listed


def _changed(table: Table, name: str, before: InputFile, rows: int) -> Iterator[str]:
    if "/" in name:
        yield f"{name}: has changed since it was taken in; files of a folder never change, add a new one instead"
    elif rows < before.rows:
        yield (
            f"{name}: shrank from {before.rows:,} to {rows:,} rows; {table.name} is replaced by a longer file each"
            " week, what was delivered once stays"
        )


def _schema_problems(table: Table, schemas: Mapping[str, pa.Schema]) -> Iterator[str]:
    for name, schema in schemas.items():
        for column in table.columns:
            if column.name not in schema.names:
                if not column.optional:
                    yield f"{table.name}.{column.name}: required column is missing in {name}"
                continue
            wanted, allowed = _ALLOWED[column.kind]
            kind = schema.field(column.name).type
            if not (allowed(kind) or _reads_as_null_or_whole(column, kind)):
                yield f"{table.name}.{column.name}: must be {wanted}, found {kind} in {name}"
        if "recorded_at" in schema.names and not pa.types.is_timestamp(schema.field("recorded_at").type):
            yield f"{table.name}.recorded_at: must be a timestamp, found {schema.field('recorded_at').type} in {name}"


def _doubled(table: Table, schema: pa.Schema) -> list[str]:
    """Columns of the contract that stand twice; case does not tell two columns apart, as it does not in SQL."""
    times = Counter(name.lower() for name in schema.names)
    return [name for name in (*(column.name for column in table.columns), "recorded_at") if times[name] > 1]


def _reads_as_null_or_whole(column: Column, kind: pa.DataType) -> bool:
    """Whether the type is what some writers make of an optional column: all null, or whole numbers beside NaN."""
    return column.optional and bool(pa.types.is_null(kind) or (column.kind == "whole" and pa.types.is_floating(kind)))


def _key_types(schemas: Mapping[str, pa.Schema], table: Table) -> Iterator[KeyType]:
    for column in table.columns:
        for file, schema in schemas.items():
            if column.entity is None or column.name not in schema.names:
                continue
            kind = schema.field(column.name).type
            if not pa.types.is_null(kind):
                yield KeyType(column.entity, _SQL_TYPES[_is_whole(kind)], file)


def _mixed_key_types(tables: Iterable[DeliveredTable], held: Mapping[str, str]) -> Iterator[str]:
    seen = {entity: KeyType(entity, kind, "the store") for entity, kind in held.items()}
    for key in (key for delivered in tables for key in delivered.key_types if key.entity != "person"):
        before = seen.setdefault(key.entity, key)
        if before.kind != key.kind:
            yield (
                f"keys of a {key.entity} are {before.kind} in {before.where} and {key.kind} in {key.where};"
                " one type for the same key in every table"
            )
            seen[key.entity] = key
