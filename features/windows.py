"""SQL of windowed measures at one cutoff or at many, from the rows of a tile kind.

One cutoff is one pass of filtered sums. For many cutoffs, a week apart or several, days are first summed into weeks on
the grid of the cutoffs; running sums, and their differences over as many weeks as a window has, then give every cutoff
in one pass. Kinds with few rows are joined with the cutoffs whose windows hold them instead: for 52 cutoffs, 60,000
removals and 20,000 sellers 14 sums cost .6 CPU-s so, and 9.7 on the grid. All ways add whole numbers only, so they
agree to the last bit. What does not add up is read from the rows of each window, at one cutoff or at many.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date

from features.gathered import entities, is_gathered, streak
from features.measures import LONGEST_DAYS, Pairs, TileKind, Windowed

_WEEK = 7
_FEW_CUTOFFS = 2


def cutoff_table(cutoffs: Sequence[date]) -> str:
    """Table expression of the cutoffs, with the column ``as_of``."""
    dates = ", ".join(f"date '{cutoff}'" for cutoff in cutoffs)
    return f"(select unnest([{dates}]) as as_of)"


def measured(tiles: str, windowed: Sequence[Windowed], cutoffs: Sequence[date]) -> str:
    """SQL of the measures: a row is a seller and cutoff, ``seller_id``, ``as_of`` and a column for each of them.

    Args:
        tiles: table expression of the tile rows.
        windowed: measures of one tile kind over windows of whole weeks.
        cutoffs: at least one date.

    """
    added = [each for each in windowed if not is_gathered(each)]
    if len(cutoffs) <= _FEW_CUTOFFS and len(added) == len(windowed):
        return _direct(tiles, added, cutoffs)
    parts = [*_added(tiles, added, cutoffs), *_gathered(tiles, windowed, cutoffs)]
    each_part = ") union all (".join(_with_all(part, columns, windowed) for part, columns in parts)
    columns = ",\n  ".join(
        f"cast({'sum' if each.fold == 'sum' else 'max'}({each.column}) as bigint) as {each.column}" for each in windowed
    )
    return f"""
select seller_id, as_of,
  {columns}
from (({each_part})) as part
group by seller_id, as_of
"""


_Part = tuple[str, list[str]]
"""SQL of a row a seller and cutoff, and its columns beside these two."""


def _added(tiles: str, windowed: Sequence[Windowed], cutoffs: Sequence[date]) -> Iterator[_Part]:
    names = [each.column for each in windowed]
    if not windowed:
        return
    if len(cutoffs) <= _FEW_CUTOFFS or _has_few_rows(windowed[0].measure.kind):
        yield _direct(tiles, windowed, cutoffs), names
        return
    grids: dict[int, list[date]] = defaultdict(list)
    for cutoff in sorted(cutoffs):
        grids[cutoff.weekday()].append(cutoff)
    for each in grids.values():
        yield _on_grid(tiles, windowed, each), names
    yield _direct(f"(select * from {tiles} where until_on is not null)", windowed, cutoffs), names


def _has_few_rows(kind: TileKind | Pairs) -> bool:
    """Whether a grid of all sellers and weeks would cost more than its rows: kinds of entities, and pairs of days."""
    return isinstance(kind, Pairs) or kind.by is not None


def _gathered(tiles: str, windowed: Sequence[Windowed], cutoffs: Sequence[date]) -> Iterator[_Part]:
    of_entities = [each for each in windowed if each.fold in {"distinct", "most_of_one"}]
    by = getattr(windowed[0].measure.kind, "by", None)
    if of_entities and by is not None:
        yield entities(tiles, of_entities, by, cutoff_table(cutoffs)), [each.column for each in of_entities]
    for each in windowed:
        if each.fold == "streak":
            yield streak(tiles, each, cutoff_table(cutoffs)), [each.column]


def _with_all(part: str, columns: Sequence[str], windowed: Sequence[Windowed]) -> str:
    every = ", ".join(
        each.column if each.column in columns else f"cast(null as bigint) as {each.column}" for each in windowed
    )
    return f"select seller_id, as_of, {every} from ({part}) as part"


def _direct(tiles: str, windowed: Sequence[Windowed], cutoffs: Sequence[date]) -> str:
    columns = ",\n  ".join(_filtered(each) for each in windowed)
    starts = [each.start for each in windowed if each.start is not None]
    since = f" and day >= as_of - {max(starts)}" if len(starts) == len(windowed) else ""
    return f"""
select
  seller_id, as_of,
  {columns}
from {tiles} as tile
join {cutoff_table(cutoffs)} as cutoff on day < as_of and (until_on is null or until_on >= as_of){since}
group by seller_id, as_of
"""


def _filtered(each: Windowed) -> str:
    conditions = [f"day < as_of - {each.end}"] if each.end else []
    conditions += [f"day >= as_of - {each.start}"] if each.start is not None else []
    conditions += [] if each.counts_late_news else ["not late"]
    where = f" filter (where {' and '.join(conditions)})" if conditions else ""
    return f"cast({each.fold}({each.measure.name}){where} as bigint) as {each.column}"


def _on_grid(tiles: str, windowed: Sequence[Windowed], cutoffs: Sequence[date]) -> str:
    """SQL for cutoffs that lie whole weeks apart; rows that a correction replaced are left out.

    Week 0 ends at the first cutoff. All that lies before the reach of every window is one week, ``earliest``.
    """
    first = cutoffs[0]
    ends = [(cutoff - first).days // _WEEK for cutoff in cutoffs]
    earliest = -(LONGEST_DAYS // _WEEK) - 1
    week = f"greatest(cast(floor(date_diff('day', date '{first}', day) / {_WEEK}.0) as bigint) + 1, {earliest})"
    columns = {_weekly(each): _weekly_sum(each) for each in windowed}
    weekly = ",\n    ".join(f"{sql} as {name}" for name, sql in columns.items())
    running = ",\n    ".join(_running(windowed))
    spans = ",\n    ".join(_span(each) for each in windowed)
    names = ", ".join(each.column for each in windowed)
    return f"""
with weekly as (
  select seller_id, {week} as week,
    {weekly}
  from {tiles} as tile
  where day < date '{cutoffs[-1]}' and until_on is null
  group by 1, 2
),
grid as (
  select seller_id, week
  from (select distinct seller_id from weekly) as seller
  cross join (select unnest(generate_series({earliest}, {ends[-1]})) as week) as weeks
),
running as (
  select grid.seller_id, grid.week,
    {running}
  from grid
  left join weekly on grid.seller_id = weekly.seller_id and grid.week = weekly.week
),
spans as (
  select seller_id, week,
    {spans}
  from running
)
select seller_id, date '{first}' + cast({_WEEK} * week as integer) as as_of, {names}
from spans
where week in ({", ".join(map(str, ends))})
"""


def _weekly(each: Windowed) -> str:
    return f"{each.measure.name}_{each.fold}_{'all' if each.counts_late_news else 'fresh'}"


def _weekly_sum(each: Windowed) -> str:
    where = "" if each.counts_late_news else " filter (where not late)"
    return f"{each.fold}({each.measure.name}){where}"


def _running(windowed: Sequence[Windowed]) -> Iterator[str]:
    """Columns that are carried along the weeks: running totals of sums, the weeks' own values of extremes."""
    for each in {_weekly(each): each for each in windowed}.values():
        name = _weekly(each)
        if each.fold == "sum":
            yield f"sum(coalesce({name}, 0)) over (partition by grid.seller_id order by grid.week) as {name}"
        else:
            yield f"weekly.{name} as {name}"


def _span(each: Windowed) -> str:
    name, window = _weekly(each), "over (partition by seller_id order by week"
    end = each.end // _WEEK
    if each.fold == "max":
        rows = f"rows between {(each.start or 0) // _WEEK - 1} preceding and {end} preceding"
        return f"max({name}) {window} {rows}) as {each.column}"
    until = name if end == 0 else f"coalesce(lag({name}, {end}) {window}), 0)"
    if each.start is None:
        return f"{until} as {each.column}"
    return f"{until} - coalesce(lag({name}, {each.start // _WEEK}) {window}), 0) as {each.column}"
