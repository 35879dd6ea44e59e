"""Delivered rows as the contract means them: cast, pseudonymised, with ``known_at`` and the first rule they break."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from features.contract import ALWAYS, Column, Table
from features.delivery import DeliveredTable
from features.engine import literal, parquet

EARLIEST, LATEST = "1970-01-01", "2200-01-01"
"""Instants outside these are mistakes of an export, not events."""


@dataclass(frozen=True)
class Rule:
    """A rule of the contract: its name, the column it speaks of, and the SQL condition of a row that breaks it."""

    name: str
    column: str
    broken: str
    asks: str


def rules(table: Table, *, reals: frozenset[str] = frozenset()) -> Iterator[Rule]:
    """Every rule that a row of the table is held to, in the order in which they are tried.

    Args:
        table: the table of the contract.
        reals: optional whole-number columns that were delivered as floating point.

    """
    for column in table.columns:
        name = column.name
        if not column.optional:
            yield Rule(f"{name}_missing", name, f"{name} is null", "a value in every row")
        if column.low is not None or column.high is not None:
            yield _range_rule(column)
        if column.kind == "real":
            yield Rule(f"{name}_not_finite", name, f"not isfinite({name})", "a finite number")
        if column.kind == "whole" and name in reals:
            yield Rule(f"{name}_not_whole", name, f"raw_{name} <> floor(raw_{name})", "a whole number")
    for name, moment in ((table.happened, _happened(table)), ("recorded_at", "recorded_at")):
        broken = f"{moment} < date '{EARLIEST}' or {moment} >= date '{LATEST}'"
        yield Rule(f"{name}_out_of_range", name, broken, f"a time from {EARLIEST} to {LATEST}")
    if table.name == "verdicts":
        yield Rule("judged_period_backwards", "covers_to", "covers_to < covers_from", "covers_from before covers_to")
        yield Rule("ended_before_onset", "ended_on", "ended_on < onset_on", "onset_on before ended_on")
        yield Rule("opened_after_decided", "opened_at", "opened_at > decided_at", "opened_at before decided_at")


def _range_rule(column: Column) -> Rule:
    bounds = [f"{column.name} < {column.low:g}"] if column.low is not None else []
    bounds += [f"{column.name} > {column.high:g}"] if column.high is not None else []
    asks = " and ".join(bound.replace("<", "≥").replace(">", "≤") for bound in bounds)
    return Rule(f"{column.name}_out_of_range", column.name, " or ".join(bounds), asks)


def contract_columns(table: Table) -> list[str]:
    """The columns that are landed, in order, without the clock."""
    return [column.name for column in table.columns]


def landed_columns(table: Table) -> str:
    """SQL list of the columns of a landed row: the contract's, and ``known_at``."""
    return ", ".join([*contract_columns(table), "known_at"])


def reading(delivered: DeliveredTable, data: Path, key_types: Mapping[str, str], recorded_from: date | None) -> str:
    """SQL that reads delivered files as contract rows.

    A row is a delivered row: the contract's columns, ``known_at``, ``file``, ``rule`` (null for a good row) and
    ``other_values`` (how many enumeration values were not in their list). The pseudonyms' key is the variable
    ``privacy_key`` of the session.

    Args:
        delivered: which columns the files hold.
        data: the folder of the data set.
        key_types: ``bigint`` or ``varchar`` by entity.
        recorded_from: what happened before it is known when it happened.

    """
    table = delivered.table
    source, prefix = parquet([data / file for file in delivered.fresh], named=True), f"{data}/"
    casts = [f"{_cast(column, delivered, key_types)} as {column.name}" for column in table.columns]
    casts += [
        f"try_cast({name} as double) as raw_{name}"
        for name in sorted(delivered.reals)
        if any(column.name == name and column.kind == "whole" for column in table.columns)
    ]
    recorded = moment("recorded_at") if "recorded_at" in delivered.columns else "null::timestamp"
    whens = "\n    ".join(f"when {rule.broken} then '{rule.name}'" for rule in rules(table, reals=delivered.reals))
    columns = ",\n  ".join(_filled(table, column) for column in table.columns)
    happened = f"cast({_happened(table)} as timestamp)"
    known = f"greatest({happened}, coalesce(recorded_at, {happened}))"
    if recorded_from is not None:
        known = f"case when {happened} < date '{recorded_from}' then {happened} else {known} end"
    return f"""
-- a row is a delivered row of {table.name}, cast but not yet judged
with cast_rows as (
  select
    {", ".join(casts)},
    {recorded} as recorded_at,
    {_other_values(delivered)} as other_values,
    replace(filename, {literal(prefix)}, '') as file
  from {source}
)
select
  {columns},
  {known} as known_at,
  file,
  other_values,
  case
    {whens}
  end as rule
from cast_rows
"""


def _cast(column: Column, delivered: DeliveredTable, key_types: Mapping[str, str]) -> str:
    name, kind = column.name, sql_type(column, key_types)
    if name not in delivered.columns:
        return f"null::{kind}"
    if column.personal:
        return pseudonym(name)
    if column.values:
        return f"case when {name} in {_sql_list(column.values)} then {name} when {name} is not null then 'other' end"
    if column.kind == "whole" and name in delivered.reals:
        return f"case when isfinite({name}) then try_cast({name} as bigint) end"
    return moment(name) if column.kind == "moment" else f"try_cast({name} as {kind})"


def sql_type(column: Column, key_types: Mapping[str, str]) -> str:
    """The SQL type in which a column is landed; people are 60-bit pseudonyms."""
    if column.personal:
        return "bigint"
    if column.kind == "key":
        return key_types.get(column.entity or "", "varchar")
    kinds = {"text": "varchar", "moment": "timestamp", "date": "date", "whole": "bigint", "real": "double"}
    return kinds.get(column.kind, "boolean")


def moment(name: str) -> str:
    """SQL of a timestamp of any unit, zoned or naive, as naive UTC; null where it does not fit."""
    return f"try_cast(try_cast({name} as timestamptz) as timestamp)"


def pseudonym(expression: str) -> str:
    """SQL of a person's keyed pseudonym: 60 bits of a hash nested as in HMAC, under the session's ``privacy_key``."""
    inner = f"sha256(getvariable('privacy_key') || ':inner:' || cast({expression} as varchar))"
    outer = f"sha256(getvariable('privacy_key') || ':outer:' || {inner})"
    return f"case when {expression} is not null then cast('0x' || substr({outer}, 1, 15) as bigint) end"


def _filled(table: Table, column: Column) -> str:
    return f"{_happened(table)} as {column.name}" if column.name == table.happened else column.name


def _happened(table: Table) -> str:
    if table.happened_default is not None:
        return f"coalesce({table.happened}, {table.happened_default})"
    if table.column(table.happened).optional:
        return f"coalesce({table.happened}, date '{ALWAYS}')"
    return table.happened


def _other_values(delivered: DeliveredTable) -> str:
    strange = [
        f"coalesce(({column.name} not in {_sql_list(column.values)})::bigint, 0)"
        for column in delivered.table.columns
        if column.values and column.name in delivered.columns
    ]
    return " + ".join(strange) or "0::bigint"


def _sql_list(values: tuple[str, ...]) -> str:
    return "(" + ", ".join(f"'{value}'" for value in values) + ")"
