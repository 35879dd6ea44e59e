"""Windowed measures at many cutoffs whole weeks apart: running sums over a dense grid of sellers and weeks.

A row of the grid is a week; all that lies before the reach of every window is one week, in row 1, and row 0 is empty.
Only whole numbers are added, so the outcome is that of one cutoff at a time, to the last bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from features.codes import coded
from features.engine import Session
from features.measures import LONGEST_DAYS, Windowed

Whole = NDArray[np.int64]

_WEEK = 7
_FIRST_END = LONGEST_DAYS // _WEEK + 1
"""The row of the week that ends at the first cutoff."""
_NOTHING = np.iinfo(np.int64).min


def on_grid(session: Session, tiles: str, windowed: Sequence[Windowed], cutoffs: Sequence[date]) -> pa.Table:
    """Return the measures: a row is a seller and cutoff, ``seller_id``, ``as_of`` and a column for each of them.

    Costs one grouping of the tile rows, and for each measure a pass over sellers x weeks.

    Args:
        session: one that can read the tiles.
        tiles: table expression of the tile rows; those that a correction replaced are left out.
        windowed: sums and extremes over windows of whole weeks.
        cutoffs: ascending, whole weeks apart.

    """
    ends = np.array([(cutoff - cutoffs[0]).days // _WEEK for cutoff in cutoffs]) + _FIRST_END
    rows = session.sql(_weekly(tiles, windowed, cutoffs)).to_arrow_table()
    place, sellers = coded(rows["seller_id"].combine_chunks())
    cells = rows["week"].to_numpy() * len(sellers) + place
    found: dict[str, pa.Array] = {}
    for name in dict.fromkeys(_column(each) for each in windowed):
        alike = [each for each in windowed if _column(each) == name]
        empty = 0 if alike[0].fold == "sum" else _NOTHING
        grid = np.full((int(ends[-1]) + 1, len(sellers)), empty)
        grid.reshape(-1)[cells] = rows[name].fill_null(empty).to_numpy()
        if alike[0].fold == "sum":
            np.cumsum(grid, axis=0, out=grid)
        found |= {each.column: _at(grid, each, ends) for each in alike}
    seller = pa.array(sellers, rows.schema.field("seller_id").type).take(
        pa.array(np.tile(np.arange(len(sellers)), len(ends)))
    )
    as_of = pa.array(np.repeat(np.array(cutoffs, dtype="datetime64[D]"), len(sellers)))
    return pa.table({"seller_id": seller, "as_of": as_of, **found})


def _weekly(tiles: str, windowed: Sequence[Windowed], cutoffs: Sequence[date]) -> str:
    """SQL: a row is a seller and a week with events, by its row in the grid."""
    age = f"floor(date_diff('day', date '{cutoffs[0]}', day) / {_WEEK}.0)"
    read = {
        _column(each): f"{each.fold}({name if each.counts_late_news else f'case when not late then {name} end'})"
        for each in windowed
        if (name := each.measure.name)
    }
    columns = ",\n  ".join(f"cast({sql} as bigint) as {name}" for name, sql in read.items())
    return f"""
select
  seller_id, greatest(cast({age} as bigint) + {_FIRST_END + 1}, 1) as week,
  {columns}
from {tiles} as tile
where day < date '{cutoffs[-1]}' and until_on is null
group by 1, 2
"""


def _column(each: Windowed) -> str:
    return f"{each.measure.name}_{each.fold}_{'all' if each.counts_late_news else 'fresh'}"


def _at(grid: Whole, each: Windowed, ends: Whole) -> pa.Array:
    """The measure of each seller at the cutoffs that end the weeks in these rows, cutoff by cutoff.

    The grid holds running sums down the weeks, or the extremes of each week.
    """
    last = ends - each.end // _WEEK
    before = np.zeros_like(ends) if each.start is None else ends - each.start // _WEEK
    if each.fold == "sum":
        return pa.array((grid[last] - grid[before]).reshape(-1))
    extremes = [grid[low + 1 : high + 1].max(axis=0) for low, high in zip(before, last, strict=True)]
    values = np.concatenate(extremes)
    return pa.array(values, mask=values == _NOTHING)
