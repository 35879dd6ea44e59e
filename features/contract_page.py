"""Writes the page of the event contract from its tables: ``python -m features.contract_page`` in the repository."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from features.contract import TABLES, VERSION, Column, Table

PAGE = Path("docs") / "contract.md"

_HEAD = f"""# The event contract, version {VERSION}

What a marketplace hands in. Four tables are required; every other one makes the result better, and so does every
column that may be null. The tables below are written from `features/contract.py` by `python -m
features.contract_page`; a test fails when they are stale. `scrubwatch init DIR` writes every table without a row,
with the right names and types; `scrubwatch check DATA` says what keeps the contract and what does not.

## Rules for every table

- **A folder is a data set.** A table is `NAME.parquet`, replaced by a longer one each time, or a folder `NAME/` of
  Parquet files to which files are added and in which none changes (the fast way). A file that shrank or lost rows
  stops the run. Columns that the contract does not know are ignored; the order of columns is free.
- **Keys** are opaque: strings or 64-bit integers, one type for the same key in every table. Timestamps are UTC,
  zoned or naive, and are kept in microseconds. Dates are UTC dates: what bears a date counts from the next
  day's cutoff on.
- **Two clocks.** Each table has a column that says when a thing happened, and may have `recorded_at` (timestamp):
  when the platform's own store first held the row, never when it was exported. A row is *known* at the later of the
  two. At a cutoff only what was known before its first instant counts; a window of n days holds what became known
  in the n days before it.
- **Late rows**, known more than `contract.late_after_days` after they happened, count in the windows of 364 days
  and in levels only: a backfill must not look like a burst. History loaded in bulk is declared with
  `contract.recorded_from`.
- **The same key twice.** Same content: a delivery repeated, counted, the earliest stands. Other content: what the
  table says below. A row counts once its parents are there; until then it waits, and after 28 days it is an orphan.
- **A row that breaks a rule** goes to `quarantine/NAME.parquet` in the store, with the rule and the file. It is
  counted, never dropped silently. A run stops before it writes anything if a required table or column is missing or
  has the wrong type, if too many new rows are quarantined (`contract.max_quarantined_share`), or if a feed has
  stalled (`contract.max_age_days`): silence looks like innocence.
- **Not covered is not zero.** A signal is missing where its table is missing, begins later, or is null in every row
  that it needs. The table `coverage` says where a table begins later than its rows suggest.
- A value outside an enumeration reads as `other` and is counted.

An event belongs to the seller, category, role and queue in force when it happened: selling a listing moves none of
its past. `owner_id` joins accounts of one owner for splits and budgets; it is never evidence. Removed reviews must
be exported from the log, not from the live table, from which they are gone.
"""

_SAYS = {
    "sellers": "A seller account, or what changed about it on a day. One account a marketplace.",
    "products": "A listing, or what changed about it on a day.",
    "reviews": "A review that became visible at some time, with the stars that were first posted.",
    "review_actions": "Something that was done to a review; `kept` is examined and left.",
    "tickets": "A request on which staff act.",
    "search_ranks": "The place of a product in a search. All places down to the largest of a query and day were seen.",
    "sales": "Units and revenue of a product on a day, in one currency; the price is revenue / units.",
    "account_actions": "Something that was done to an account, or to the listing that is named.",
    "staff_access": "A look by a member of staff at data that few may see.",
    "staff": "A member of staff, or what changed about the role on a day. A `shared` login is never accused.",
    "buyer_reports": "A complaint by a buyer about what a seller did.",
    "verdicts": "What an investigation found. A seller without a verdict is unknown, not innocent.",
    "staff_verdicts": "What an investigation of a member of staff found.",
    "coverage": "Where a table begins, or ends, in a marketplace.",
}

_REPEATS = {
    "first": "the first stands and the other is quarantined",
    "correction": "a correction, which replaces the earlier row from the moment it is known",
    "version": "the later one replaces the earlier, of the same case, from the moment it is known",
}

_KINDS = {
    "key": "key",
    "text": "string",
    "moment": "timestamp",
    "date": "date",
    "whole": "integer",
    "real": "number",
    "flag": "boolean",
}


def page(tables: Mapping[str, Table]) -> str:
    """The page of these tables, required ones first."""
    ordered = sorted(tables.values(), key=lambda table: not table.required)
    return "\n".join([_HEAD, *map(_section, ordered)])


def _section(table: Table) -> str:
    required = " (required)" if table.required else ""
    key = ", ".join(f"`{name}`" for name in table.key)
    rows = [f"| `{column.name}` | {_type(column)} | {_null(table, column)} |" for column in table.columns]
    return "\n".join(
        [
            f"## {table.name}{required}\n",
            f"{_SAYS[table.name]} A row is named by {key} and happens at `{table.happened}`.",
            f"Same key, other content: {_REPEATS[table.repeat]}.\n",
            "| column | type | where it is null |",
            "| --- | --- | --- |",
            *rows,
            "",
        ]
    )


def _type(column: Column) -> str:
    if column.values:
        return ", ".join(f"`{value}`" for value in column.values)
    if column.low is not None:
        return f"{_KINDS[column.kind]}, {column.low:g} " + ("or more" if column.high is None else f"to {column.high:g}")
    parent = "" if column.parent is None else f", found in `{column.parent}`"
    return _KINDS[column.kind] + parent


def _null(table: Table, column: Column) -> str:
    if not column.optional:
        return "never"
    if column.name == table.happened:
        return "always so" if table.happened_default is None else f"reads as `{table.happened_default}`"
    return "unknown"


if __name__ == "__main__":
    PAGE.write_text(page(TABLES), encoding="utf-8")
