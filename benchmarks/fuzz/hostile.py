"""Hostile data sets: a small honest market to which a few bad things are done, drawn from a seed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from features.blank import IdKind, schema_of
from features.contract import TABLES

Market = dict[str, pa.Table]
Harm = Callable[[Random, Market, Path], None]
"""Does one bad thing to the tables, or, once they are written, to the files in a folder."""

CANARY = "/tmp/scrubwatch-fuzz-canary"  # noqa: S108  (nothing may ever write it)
TEXTS = (
    "",
    " ",
    "'",
    '"',
    "''; drop table sellers; --",
    f"x' || (select 1)) to '{CANARY}'; --",
    f"'); copy (select 1) to '{CANARY}'; --",
    "<script>alert(1)</script>",
    "line\nbreak\r\n\tand tab",
    "nul\x00inside",
    "\u202eright to left",
    "\U0001f600",
    "e\u0301",
    "NaN",
    "null",
    "{id}",
    "${jndi:ldap://x}",
    "../../etc/passwd",
    "%s%n",
    "a" * 100_000,
)
PERSON = "staff.or.reviewer."
"""How every id of a person begins, where ids are strings: it may stand in no message and no file of a store."""
WHOLES = (-(2**63), 2**63 - 1, 2**53 + 1, -1, 0, 6, 2**31)
REALS = (float("nan"), float("inf"), float("-inf"), 1e308, -1e308, 5e-324, -0.0, 1e15)
YEARS = (1, 1582, 1899, 1969, 1970, 2199, 2200, 9999)
TYPES: tuple[pa.DataType, ...] = (
    pa.int8(), pa.int32(), pa.uint64(), pa.int64(), pa.float16(), pa.float32(), pa.float64(), pa.decimal128(38, 6),
    pa.string(), pa.large_string(), pa.string_view(), pa.binary(), pa.dictionary(pa.int8(), pa.string()), pa.bool_(),
    pa.null(), pa.date32(), pa.date64(), pa.time64("us"), pa.duration("us"), pa.timestamp("s"), pa.timestamp("ms"),
    pa.timestamp("ns"), pa.timestamp("us", "Asia/Kathmandu"), pa.list_(pa.int64()), pa.struct([("a", pa.int64())]),
)  # fmt: skip
NAMES = ("rule", "file", "filename", "known_at", "other_values", "raw_rating", "delivered", "select", 'a"b', "x y", "é")


def honest(seed: int, ids: IdKind) -> Market:
    """A market of four sellers and a dozen rows a table, all of which keep the contract."""
    random = Random(seed)  # noqa: S311  (a market, not a secret)
    rows: dict[str, list[dict[str, Any]]] = {
        name: [_row(random, name, number) for number in range(4 if table.versioned else 14)]
        for name, table in TABLES.items()
    }
    tables = {}
    for name, given in rows.items():
        schema = pa.schema([field.with_nullable(nullable=True) for field in schema_of(TABLES[name], ids)])
        keys = {column.name: column.personal for column in TABLES[name].columns if column.kind == "key"}
        told = [{**row, **{key: _id(row.get(key), ids, personal) for key, personal in keys.items()}} for row in given]
        tables[name] = pa.Table.from_pylist(told, schema)
    return tables


def hostile(seed: int, market: Market, folder: Path) -> list[str]:
    """Write a market with up to six bad things done to it; returns what was done."""
    random = Random(seed)  # noqa: S311
    tables = {name: table for name, table in market.items() if TABLES[name].required or random.random() < 0.4}
    done = []
    for _ in range(random.randrange(1, 6)):
        harm = random.choice(IN_TABLES)
        harm(random, tables, folder)
        done.append(harm.__name__)
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        _write(random, folder, name, table)
    if random.random() < 0.3:
        harm = random.choice(IN_FILES)
        harm(random, tables, folder)
        done.append(harm.__name__)
    return done


def _row(random: Random, name: str, number: int) -> dict[str, Any]:
    """A row of the contract whose keys lie among a few, so that most rows have their parents."""
    row: dict[str, Any] = {}
    for column in TABLES[name].columns:
        own = column.name == TABLES[name].key[0] and column.parent is None
        if column.optional and random.random() < 0.3:
            row[column.name] = None
        elif column.kind == "key":
            row[column.name] = number if own else random.randrange(4)
        elif column.values:
            row[column.name] = random.choice(column.values)
        elif column.kind == "text":
            row[column.name] = random.choice(("US", "garden", "reviews"))
        else:
            row[column.name] = _value(random, column.kind)
    if name in ("sellers", "products"):
        row |= {"valid_from": None, "opened_on": date(2023, 1, 1), "listed_on": date(2023, 1, 1)}
    if name == "verdicts":
        row |= dict.fromkeys(("opened_at", "onset_on", "ended_on", "covers_from", "covers_to"))
        row["selection_probability"] = None
    return {key: value for key, value in row.items() if key in {column.name for column in TABLES[name].columns}}


def _value(random: Random, kind: str) -> Any:
    moment = datetime(2024, 1, 1) + timedelta(minutes=random.randrange(60 * 24 * 120))  # noqa: DTZ001
    drawn = {"moment": moment, "date": moment.date(), "whole": random.randrange(1, 6), "flag": random.random() < 0.5}
    return drawn.get(kind, round(random.uniform(0, 100), 2))


def _id(value: Any, kind: str, personal: bool) -> Any:  # noqa: FBT001
    return value if value is None or kind == "integer" else f"{PERSON if personal else 'k'}{value}"


def _any_column(random: Random, tables: Market) -> tuple[str, int]:
    name = random.choice(sorted(tables))
    return name, random.randrange(tables[name].num_columns) if tables[name].num_columns else 0


def bad_values(random: Random, tables: Market, _: Path) -> None:
    """Put hostile values of the column's own type into some rows."""
    name, place = _any_column(random, tables)
    if tables[name].num_columns == 0 or tables[name].num_rows == 0:
        return
    field = tables[name].schema.field(place)
    bad = _bad(random, field.type)
    share = random.choice((0.1, 0.5, 1.0))
    values = [bad() if random.random() < share else value for value in _plain(tables[name], place)]
    tables[name] = _replaced(tables[name], place, field.name, values, field.type)


def _bad(random: Random, kind: pa.DataType) -> Callable[[], Any]:
    def when() -> datetime:
        return datetime(random.choice(YEARS), random.choice((1, 12)), random.choice((1, 31)), 23, 59, 59, 999_999)  # noqa: DTZ001

    if pa.types.is_date(kind):
        return lambda: random.choice((None, when().date()))
    if pa.types.is_timestamp(kind):
        return lambda: random.choice((None, when()))
    if pa.types.is_integer(kind):
        return lambda: random.choice((None, *WHOLES))
    if pa.types.is_floating(kind):
        return lambda: random.choice((None, *REALS))
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return lambda: random.choice((None, *TEXTS))
    return lambda: None


def other_type(random: Random, tables: Market, _: Path) -> None:
    """Deliver a column in another type."""
    name, place = _any_column(random, tables)
    if tables[name].num_columns == 0:
        return
    field, kind = tables[name].schema.field(place), random.choice(TYPES)
    try:
        column = tables[name].column(place).cast(kind, safe=False)
    except (pa.ArrowException, NotImplementedError):
        column = pa.nulls(len(tables[name]), kind)
    tables[name] = tables[name].set_column(place, pa.field(field.name, kind), column)


def columns_gone_or_strange(random: Random, tables: Market, _: Path) -> None:
    """Drop, double, rename or add a column."""
    name, place = _any_column(random, tables)
    table = tables[name]
    if table.num_columns == 0:
        return
    field, what = table.schema.field(place), random.randrange(5)
    if what == 0:
        tables[name] = table.remove_column(place)
    elif what == 1:
        tables[name] = table.append_column(field, table.column(place))
    elif what == 2:
        tables[name] = table.rename_columns(
            [*table.column_names[:place], field.name.upper(), *table.column_names[place + 1 :]]
        )
    elif what == 3:
        tables[name] = table.select([])
    else:
        added = random.choice((*NAMES, field.name.upper()))
        tables[name] = table.append_column(pa.field(added, pa.string()), pa.array(["x"] * len(table), pa.string()))


def contradictions(random: Random, tables: Market, _: Path) -> None:
    """Deliver rows again with other content and other clocks, some backwards."""
    name, place = _any_column(random, tables)
    table = tables[name]
    if table.num_columns == 0 or table.num_rows == 0:
        return
    twice = table.take([random.randrange(len(table)) for _ in range(len(table))])
    values = _plain(twice, place)
    random.shuffle(values)
    twice = _replaced(twice, place, table.column_names[place], values, table.schema.field(place).type)
    tables[name] = pa.concat_tables([table, twice])


def cycles(random: Random, tables: Market, _: Path) -> None:
    """Let listings and accounts change hands in circles, each known before the other or long after."""
    for name in ("sellers", "products"):
        table = tables[name]
        if "recorded_at" not in table.column_names or table.num_rows == 0 or "valid_from" not in table.column_names:
            continue
        several = pa.concat_tables([table] * 3)
        start = datetime(2024, 1, 1, tzinfo=UTC).replace(tzinfo=None)
        days = [start.date() + timedelta(days=random.randrange(100)) for _ in range(len(several))]
        known = [start + timedelta(days=random.randrange(-400, 400)) for _ in range(len(several))]
        for column, values in (("valid_from", days), ("recorded_at", known)):
            place = several.column_names.index(column)
            several = _replaced(several, place, column, values, several.schema.field(place).type)
        tables[name] = several


def crowd(random: Random, tables: Market, _: Path) -> None:
    """Give one seller a great many rows."""
    if random.random() > 0.02 or "review_id" not in tables["reviews"].column_names or not len(tables["reviews"]):
        return
    many = tables["reviews"].take([0] * 300_000)
    place = many.column_names.index("review_id")
    kind = many.schema.field(place).type
    try:
        keys = pa.array(range(1_000, 1_000 + len(many))).cast(kind)
    except (pa.ArrowException, NotImplementedError):
        return
    tables["reviews"] = pa.concat_tables([tables["reviews"], many.set_column(place, "review_id", keys)])


def no_rows(random: Random, tables: Market, _: Path) -> None:
    """Empty a table, or take it away."""
    name = random.choice(sorted(tables))
    if random.random() < 0.5 and not TABLES[name].required:
        del tables[name]
    else:
        tables[name] = tables[name].slice(0, 0)


def _plain(table: pa.Table, place: int) -> list[Any]:
    try:
        return list(table.column(place).to_pylist())
    except (ValueError, OverflowError, pa.ArrowException):
        return [None] * len(table)


def _replaced(table: pa.Table, place: int, name: str, values: list[Any], kind: pa.DataType) -> pa.Table:
    try:
        column = pa.array(values, kind)
    except (pa.ArrowException, OverflowError, ValueError, TypeError, NotImplementedError):
        column = pa.nulls(len(table), kind)
    return table.set_column(place, pa.field(name, kind), column)


def _write(random: Random, folder: Path, name: str, table: pa.Table) -> None:
    place = folder / f"{name}.parquet"
    try:
        if random.random() < 0.3 and len(table) > 1:
            (folder / name).mkdir()
            half = len(table) // 2
            odd = random.choice(("b", "it's", 'quo"te', "new\nline", "per%20cent", "a=b", "[1]", "*"))
            pq.write_table(table.slice(0, half), folder / name / "a.parquet")
            pq.write_table(table.slice(half), folder / name / f"{odd}.parquet")
        else:
            pq.write_table(table, place, row_group_size=random.choice((5, 1_000_000)))
    except (pa.ArrowException, NotImplementedError, OSError):
        place.write_bytes(b"PAR1")


def cut(random: Random, _: Market, folder: Path) -> None:
    """Cut a file short, to nothing at all sometimes."""
    file = _any_file(random, folder)
    content = file.read_bytes()
    file.write_bytes(content[: random.choice((0, 3, 4, 8, len(content) // 2, len(content) - 1))])


def flipped(random: Random, _: Market, folder: Path) -> None:
    """Change some bytes of a file."""
    file = _any_file(random, folder)
    content = bytearray(file.read_bytes())
    for _number in range(random.choice((1, 1, 30))):
        content[random.randrange(len(content))] = random.randrange(256)
    file.write_bytes(bytes(content))


def strange_files(random: Random, _: Market, folder: Path) -> None:
    """Put links, folders and other things where tables are expected."""
    file, what = _any_file(random, folder), random.randrange(5)
    name = file.name
    file.unlink()
    if what == 0:
        file.symlink_to(folder / name)
    elif what == 1:
        file.symlink_to("/nowhere/at all")
    elif what == 2:
        file.mkdir()
    elif what == 3:
        file.write_text("seller_id,marketplace\n1,US\n")
    else:
        shutil.rmtree(folder / "reviews", ignore_errors=True)
        (folder / "reviews").mkdir(exist_ok=True)


def _any_file(random: Random, folder: Path) -> Path:
    return random.choice(sorted(path for path in folder.rglob("*.parquet") if path.is_file()))


IN_TABLES: tuple[Harm, ...] = (
    bad_values, bad_values, bad_values, bad_values, other_type, columns_gone_or_strange, contradictions, cycles, crowd,
    no_rows,
)  # fmt: skip
IN_FILES: tuple[Harm, ...] = (cut, flipped, strange_files)
