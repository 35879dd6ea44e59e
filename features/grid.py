"""Windowed measures at many cutoffs: running sums over a dense grid of sellers and spans of days.

A row of the grid is the days between two neighbours among all instants at which a window begins or ends. Row 1 holds
what lies before all of them, row 0 nothing. Only whole numbers are added, so the outcome is that
of one cutoff at a time, to the last bit.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from features.codes import coded
from features.engine import Session
from features.measures import Windowed

Whole = NDArray[np.int64]

_NOTHING = np.iinfo(np.int64).min


def on_grid(session: Session, tiles: str, windowed: Sequence[Windowed], cutoffs: Sequence[date]) -> pa.Table:
    """Return the measures: a row is a seller and cutoff, ``seller_id``, ``as_of`` and a column for each of them.

    Costs one grouping of the tile rows, and for each measure a pass over sellers x spans.

    Args:
        session: one that can read the tiles.
        tiles: table expression of the tile rows; those that a correction replaced are left out.
        windowed: sums and extremes over windows.
        cutoffs: ascending.

    """
    edges = sorted({cutoff - timedelta(days=days) for cutoff in cutoffs for days in _bounds(windowed)})
    rows = session.sql(_by_span(tiles, windowed, edges)).to_arrow_table()
    place, sellers = coded(rows["seller_id"].combine_chunks())
    cells = rows["span"].to_numpy() * len(sellers) + place
    found: dict[str, pa.Array] = {}
    for name in dict.fromkeys(_column(each) for each in windowed):
        alike = [each for each in windowed if _column(each) == name]
        empty = 0 if alike[0].fold == "sum" else _NOTHING
        grid = np.full((len(edges) + 1, len(sellers)), empty)
        grid.reshape(-1)[cells] = rows[name].fill_null(empty).to_numpy()
        if alike[0].fold == "sum":
            np.cumsum(grid, axis=0, out=grid)
        found |= {each.column: _at(grid, each, _spans(each, cutoffs, edges)) for each in alike}
    seller = pa.array(sellers, rows.schema.field("seller_id").type).take(
        pa.array(np.tile(np.arange(len(sellers)), len(cutoffs)))
    )
    as_of = pa.array(np.repeat(np.array(cutoffs, dtype="datetime64[D]"), len(sellers)))
    return pa.table({"seller_id": seller, "as_of": as_of, **found})


def _bounds(windowed: Sequence[Windowed]) -> set[int]:
    """Days before a cutoff at which windows begin and end."""
    return {days or 0 for each in windowed for days in (each.start, each.end)}


def _by_span(tiles: str, windowed: Sequence[Windowed], edges: Sequence[date]) -> str:
    """SQL: a row is a seller and a span with events, by its row in the grid."""
    *inner, end = edges
    spans = reversed([f"when day >= date '{edge}' then {row}" for row, edge in enumerate(inner, start=2)])
    read = {
        _column(each): f"{each.fold}({name if each.counts_late_news else f'case when not late then {name} end'})"
        for each in windowed
        if (name := each.measure.name)
    }
    columns = ",\n  ".join(f"cast({sql} as bigint) as {name}" for name, sql in read.items())
    return f"""
select
  seller_id, case {" ".join(spans)} else 1 end as span,
  {columns}
from {tiles} as tile
where day < date '{end}' and until_on is null
group by 1, 2
"""


def _column(each: Windowed) -> str:
    return f"{each.measure.name}_{each.fold}_{'all' if each.counts_late_news else 'fresh'}"


def _spans(each: Windowed, cutoffs: Sequence[date], edges: Sequence[date]) -> tuple[Whole, Whole]:
    """The rows of the last spans before the window and in it, at each cutoff."""

    def ending(days: int) -> Whole:
        return np.array([bisect(edges, cutoff - timedelta(days=days)) for cutoff in cutoffs])

    return np.zeros(len(cutoffs), dtype=np.int64) if each.start is None else ending(each.start), ending(each.end)


def _at(grid: Whole, each: Windowed, spans: tuple[Whole, Whole]) -> pa.Array:
    """The measure of each seller in the windows after one span and up to another, cutoff by cutoff.

    The grid holds running sums, or the extremes of each span.
    """
    before, last = spans
    if each.fold == "sum":
        return pa.array((grid[last] - grid[before]).reshape(-1))
    extremes = [grid[low + 1 : high + 1].max(axis=0) for low, high in zip(before, last, strict=True)]
    values = np.concatenate(extremes)
    return pa.array(values, mask=values == _NOTHING)
