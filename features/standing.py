"""Which of the delivered rows stand: one row for each key that says one thing, whatever came in which order.

The outcome is a function of the set of rows ever delivered. That is why a row that was landed earlier can be replaced
(an earlier ``recorded_at`` turns up), and why ties are broken by content and never by file or time of arrival.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from features.contract import Table
from features.engine import Session, count
from features.reading import contract_columns

CONTRADICTION = "contradicts_key"
ORPHAN = "orphan"


@dataclass(frozen=True)
class Standing:
    """The temporary tables that ``settle`` leaves behind for one table, and what it counted.

    ``standing``: rows to land (contract columns, known_at, file). ``stale``: rows landed earlier that no longer stand
    (contract columns, known_at). ``contradicting``: rows to quarantine (contract columns, file, delivered in this run).
    """

    standing: str
    stale: str
    contradicting: str
    redelivered: int


def settle(connection: Session, table: Table) -> Standing:
    """Decide which rows of the tables ``candidates_NAME`` and ``alike_NAME`` stand.

    The latter holds the landed rows among which one can have the key of a candidate. A candidate row has the contract's
    columns, ``known_at``, ``file`` and ``delivered`` (false: it waited since an earlier run, or is ``withdrawn_NAME``
    because its parent no longer stands). Only keys that occur twice are looked at closely; others stand as they are.
    """
    name = table.name
    columns = ", ".join(contract_columns(table))
    keys = ", ".join(table.key)
    same_key = " and ".join(_equal(table, column) for column in table.key)
    connection.execute(f"""
-- a row is a key that occurs more than once among new and held rows
create or replace temp table contested_{name} as
select {keys} from candidates_{name} group by {keys} having count(*) > 1
union
select {", ".join(f"held.{key}" for key in table.key)}
from alike_{name} as held semi join candidates_{name} as other on {same_key.replace("mine.", "held.")}
""")
    connection.execute(f"""
-- a row is an event with a contested key: all rows of equal content
create or replace temp table events_{name} as
with contested_rows as (
  select {_prefixed(table)}, mine.known_at, mine.file, mine.delivered, false as held
  from candidates_{name} as mine semi join contested_{name} as other on {same_key}
  union all
  select {_prefixed(table)}, mine.known_at, null, false, true
  from alike_{name} as mine semi join contested_{name} as other on {same_key}
), events as (
  select
    {columns},
    min(known_at) as known_at,
    min(known_at) filter (where held) as held_known_at,
    count(*) filter (where delivered) as deliveries,
    bool_or(not delivered) as seen_before,
    min(file) as file
  from contested_rows
  group by {columns}
)
select
  *,
  {_stands(table)} as stands
from events
""")
    connection.execute(f"""
-- a row is new to the store and stands
create or replace temp view standing_{name} as
select {_prefixed(table)}, mine.known_at, mine.file
from candidates_{name} as mine anti join contested_{name} as other on {same_key}
union all
select {columns}, known_at, file from events_{name}
where stands and (held_known_at is null or held_known_at <> known_at)
""")
    connection.execute(f"""
-- a row was landed in an earlier run and no longer stands as it was, or has lost its parent
create or replace temp view stale_{name} as
select {columns}, held_known_at as known_at from events_{name}
where held_known_at is not null and (not stands or held_known_at <> known_at)
union all
select {columns}, known_at from withdrawn_{name}
""")
    connection.execute(f"""
-- a row has the key of another one that stands, and says something else
create or replace temp view contradicting_{name} as
select {columns}, file, deliveries > 0 as delivered from events_{name} where not stands
""")
    redelivered = count(
        connection,
        f"select sum(deliveries - case when seen_before or deliveries = 0 then 0 else 1 end) from events_{name}",
    )
    return Standing(f"standing_{name}", f"stale_{name}", f"contradicting_{name}", redelivered)


def _stands(table: Table) -> str:
    """SQL: does the event stand? Corrections and versions all do; of contradictions the first, ties by content.

    People's columns decide last, since their pseudonyms differ from store to store.
    """
    if table.repeat != "first":
        return "true"
    others = [column.name for column in table.columns if not column.personal]
    people = [column.name for column in table.columns if column.personal]
    order = ", ".join(["known_at", f"md5({row_as_json(others)})", *people])
    return f"row_number() over (partition by {', '.join(table.key)} order by {order}) = 1"


def row_as_json(columns: Sequence[str]) -> str:
    """SQL of the row as JSON text: what is put aside, and how two contents are told apart."""
    return f"to_json(struct_pack({', '.join(f'{column} := {column}' for column in columns)}))::varchar"


def _equal(table: Table, column: str) -> str:
    nullable = table.column(column).optional and column != table.happened
    return f"mine.{column} {'is not distinct from' if nullable else '='} other.{column}"


def _prefixed(table: Table) -> str:
    return ", ".join(f"mine.{column}" for column in contract_columns(table))
