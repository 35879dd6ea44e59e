"""Hides people who may not be told apart in what is shown or handed on: staff of sites that are not scored."""

from __future__ import annotations

from datetime import date

import duckdb

from features.contract import TABLES
from features.store import Store
from model.settings import Configuration
from scoring.people import people_at

_COLUMNS = [(name, column) for name, table in TABLES.items() for column in table.columns]
_STAFF = [(name, column.name) for name, column in _COLUMNS if column.entity == "staff"]
_PEOPLE = [(name, column.name) for name, column in _COLUMNS if column.entity == "person"]


def mask_unnamed(
    connection: duckdb.DuckDBPyConnection, store: Store, as_of: date, configuration: Configuration
) -> None:
    """Put -1, -2, ... in the place of these people's pseudonyms in ``NAME_own``, so that they still count as people.

    The numbers say nothing outside of this session. Shared logins are masked too.

    Args:
        connection: in which the seller's rows are open.
        store: the staff's table.
        as_of: the cutoff.
        configuration: engine and staff.

    """
    people = people_at(store, as_of, configuration)
    unnamed = people.loc[~people["named"], "actor_id"].tolist()
    if not configuration.staff.scores(None):
        known = people["actor_id"].tolist()
        seen = {person for name, column in _STAFF for person in _distinct(connection, name, column)}
        unnamed += sorted(seen - set(known))
    masks = {person: -number for number, person in enumerate(sorted(unnamed), start=1)}
    connection.execute("create or replace temp table masks (person bigint, mask bigint)")
    if masks:
        connection.executemany("insert into masks values (?, ?)", [list(pair) for pair in masks.items()])
    for name, column in (*_STAFF, *_PEOPLE):
        connection.execute(
            f"update {name}_own set {column} = (select mask from masks where person = {column})"
            f" where {column} in (select person from masks)"
        )


def _distinct(connection: duckdb.DuckDBPyConnection, name: str, column: str) -> list[int]:
    found = connection.execute(f"select distinct {column} from {name}_own where {column} is not null").fetchall()
    return [person for (person,) in found]
