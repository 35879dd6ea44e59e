"""How the numbers of one seller come about, from its own rows alone: what people recompute by hand, done by SQL.

The facts, tiles, windows and formulas are those of the signal table; only the rows are fewer. What is told from rows of
other sellers too (places in search, work in a queue, neighbours, peers) does not come out of them and is left out.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from features.catalogue import CATALOGUE
from features.contract import TABLES
from features.engine import literal
from features.group_work import GROUP_WORK
from features.listings import LISTINGS
from features.lookups.query_days import OF_QUERY_DAYS
from features.lookups.tickets import OF_TICKETED_REVIEWS
from features.measures import TileKind, Windowed
from features.of_sellers import OF_SELLERS, open_all_rows
from features.settings import FeatureSettings
from features.signal import Signal
from features.store import Manifest, Store
from features.tiles import tile_folding
from features.windows import measure

_OTHERS_TOO = (OF_QUERY_DAYS, OF_TICKETED_REVIEWS)
"""Facts told from rows of other sellers too: a day shows places of many, and a ticket may be shared."""


@dataclass(frozen=True)
class Working:
    """One number and what it is made of.

    Attributes:
        signal: its name.
        formula: SQL over the measures.
        measures: value of each windowed measure, by the column that the formula reads.
        value: what comes out; None where it is missing.

    """

    signal: str
    formula: str
    measures: Mapping[str, int | None]
    value: float | None


def from_own_rows(signal: Signal) -> bool:
    """Whether a signal can be computed from the rows of its seller alone."""
    return signal.formula is not None and all(map(_own, signal.formula.inputs))


def _own(each: Windowed) -> bool:
    kind = each.measure.kind
    return isinstance(kind, TileKind) and kind.lookup not in _OTHERS_TOO and each.fold not in GROUP_WORK


def open_facts(connection: duckdb.DuckDBPyConnection, rows: Mapping[str, str]) -> None:
    """Open what facts read: a view of each table, the keys that may have been corrected, and who sold what when.

    Args:
        connection: a session of its own.
        rows: SQL of the rows of each table of the contract.

    """
    for name, table in TABLES.items():
        connection.execute(f"create or replace temp view {name} as {rows[name]}")
        connection.execute(
            f"create or replace temp view revised_{name} as select distinct {', '.join(table.key)} from {name}"
        )
    for name, query in LISTINGS.items():
        connection.execute(f"create or replace temp table {name} as {query}")


def open_own_rows(
    connection: duckdb.DuckDBPyConnection, store: Store, manifest: Manifest, seller: Any, as_of: date
) -> None:
    """Make ``NAME_own`` of each table, what was known of the seller before a cutoff, and open its facts."""
    open_all_rows(connection, store, manifest, [seller])
    for name in TABLES:
        rows = f"select * from {name}_all where known_at < date '{as_of}' and ({OF_SELLERS.get(name, 'false')})"
        connection.execute(f"create or replace temp table {name}_own as {rows}")
    open_facts(connection, {name: f"select * from {name}_own" for name in TABLES})


def statements(kinds: Collection[TileKind], settings: FeatureSettings) -> dict[str, str]:
    """SQL of the tile rows of each kind, by its name; it reads what ``open_facts`` opens."""
    return {kind.name: tile_folding(kind, settings).rows for kind in sorted(kinds, key=lambda each: each.name)}


def kinds_of(signals: Collection[Signal]) -> set[TileKind]:
    """The tile kinds that formulas over own rows read."""
    inputs = [each for signal in signals if signal.formula is not None for each in signal.formula.inputs]
    return {each.measure.kind for each in inputs if isinstance(each.measure.kind, TileKind)}


def work_out(
    connection: duckdb.DuckDBPyConnection,
    signals: Collection[Signal],
    seller: Any,
    as_of: date,
    tile_rows: Mapping[str, str],
) -> list[Working]:
    """Compute signals of one seller at a cutoff; coverage is not asked for.

    Args:
        connection: a session in which ``tile_rows`` can be read.
        signals: all of them ``from_own_rows``.
        seller: its id.
        as_of: the cutoff.
        tile_rows: SQL of the tile rows of each kind.

    """
    kinds = {kind.name: kind for kind in kinds_of(signals)}
    inputs = {each for signal in signals if signal.formula is not None for each in signal.formula.inputs}
    for name, kind in kinds.items():
        rows = f"select * from ({tile_rows[name]}) where seller_id = {literal(seller)}"
        connection.execute(f"create or replace temp table {name}_rows as {rows}")
        windowed = sorted((each for each in inputs if each.measure.kind == kind), key=lambda each: each.column)
        measure(connection, f"{name}_measures", f"{name}_rows", windowed, [as_of])
    return [_worked(connection, signal) for signal in signals]


def _worked(connection: duckdb.DuckDBPyConnection, signal: Signal) -> Working:
    formula = signal.formula
    if formula is None:
        raise ValueError(f"signal '{signal.name}' is no formula")
    inputs = sorted(formula.inputs, key=lambda each: each.column)
    empty = "null" if signal.no_events is None else repr(signal.no_events)
    joins = " ".join(
        f"left join {name}_measures on true" for name in sorted({each.measure.kind.name for each in inputs})
    )
    columns = ", ".join([f"coalesce(cast({formula.sql} as double), {empty})", *(each.column for each in inputs)])
    found = connection.execute(f"select {columns} from (select 1) as one {joins}").fetchone()
    value, *measures = found or ()
    counted = [None if number is None else int(number) for number in measures]
    return Working(signal.name, formula.sql, dict(zip([each.column for each in inputs], counted, strict=True)), value)


def told_of(name: str) -> list[Signal]:
    """The signals that a signal is told from, itself last: those that it compares, down to formulas."""
    signal = CATALOGUE[name]
    told = [signal.compared.of, signal.compared.exposure] if signal.compared else []
    told += [signal.neighbours.of] if signal.neighbours else []
    below = [each for other in told if other is not None for each in told_of(other.name)]
    return list({each.name: each for each in [*below, signal]}.values())
