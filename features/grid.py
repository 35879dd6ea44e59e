"""Windowed measures at many cutoffs whole weeks apart: running sums over a dense grid of sellers and weeks.

Week 0 ends at the first cutoff. All that lies before the reach of every window is one week, the earliest. Only whole
numbers are added, so the outcome is that of one cutoff at a time, to the last bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from features.engine import Session
from features.measures import LONGEST_DAYS, Windowed

Whole = NDArray[np.int64]

_WEEK = 7
_EARLIEST = -(LONGEST_DAYS // _WEEK) - 1
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
    ends = np.array([(cutoff - cutoffs[0]).days // _WEEK for cutoff in cutoffs]) - _EARLIEST
    session.execute(f"create or replace temp table weekly as {_weekly(tiles, windowed, cutoffs)}")
    sellers = session.sql("select distinct seller_id from weekly order by seller_id").to_arrow_table()
    session.register("sellers_of_weekly", sellers.append_column("place", pa.array(range(len(sellers)), pa.int64())))
    columns, found = dict.fromkeys(_column(each) for each in windowed), dict[str, Whole]()
    session.execute(
        "create or replace temp table cells as select place, weekly.* exclude seller_id"
        " from weekly join sellers_of_weekly using (seller_id)"
    )
    for name in columns:
        grid = np.full((len(sellers), int(ends[-1]) + 1), _NOTHING)
        cells = session.sql(f"select place, week, {name} as value from cells where {name} is not null").fetchnumpy()
        grid[cells["place"], cells["week"] - _EARLIEST] = cells["value"]
        for each in windowed:
            if _column(each) == name:
                found[each.column] = _at(grid, each, ends).ravel()
    session.unregister("sellers_of_weekly")
    session.execute("drop table weekly; drop table cells")
    places = np.repeat(np.arange(len(sellers)), len(ends))
    as_of = pa.array(list(cutoffs), pa.date32()).take(pa.array(np.tile(np.arange(len(ends)), len(sellers))))
    measures = {name: pa.array(values, mask=values == _NOTHING) for name, values in found.items()}
    return pa.table({"seller_id": sellers["seller_id"].take(pa.array(places)), "as_of": as_of, **measures})


def _weekly(tiles: str, windowed: Sequence[Windowed], cutoffs: Sequence[date]) -> str:
    """SQL: a row is a seller and a week of the grid with events."""
    age = f"floor(date_diff('day', date '{cutoffs[0]}', day) / {_WEEK}.0)"
    sums = {
        _column(each): f"{each.fold}({each.measure.name}){'' if each.counts_late_news else ' filter (where not late)'}"
        for each in windowed
    }
    columns = ",\n  ".join(f"cast({sql} as bigint) as {name}" for name, sql in sums.items())
    return f"""
select
  seller_id, greatest(cast({age} as bigint) + 1, {_EARLIEST}) as week,
  {columns}
from {tiles} as tile
where day < date '{cutoffs[-1]}' and until_on is null
group by 1, 2
"""


def _column(each: Windowed) -> str:
    return f"{each.measure.name}_{each.fold}_{'all' if each.counts_late_news else 'fresh'}"


def _at(grid: Whole, each: Windowed, ends: Whole) -> Whole:
    """The measure at the cutoffs that end the weeks at these places: sellers x cutoffs."""
    until = ends - each.end // _WEEK
    since = np.zeros_like(ends) if each.start is None else ends - each.start // _WEEK + 1
    if each.fold == "max":
        return np.stack([grid[:, low : high + 1].max(axis=1) for low, high in zip(since, until, strict=True)], axis=1)
    running = np.cumsum(np.where(grid == _NOTHING, 0, grid), axis=1)
    before = running[:, since - 1] if each.start is not None else 0
    return running[:, until] - before
