"""SQL of what does not add up over days: entities and streaks, read from the rows of each window.

A row enters every cutoff whose window holds it, so the cost grows with rows times windows over the distance of the
cutoffs: meant for kinds whose rows are few, such as removals by staff. With 60,000 rows one cutoff costs .02 CPU-s, 52
weekly ones .8 for three measures of entities and 1.2 for a streak of 364 days. All answers are exact whole numbers.
"""

from __future__ import annotations

from collections.abc import Sequence

from features.measures import Windowed

_WEEK = 7


def is_gathered(each: Windowed) -> bool:
    """Whether it is read from the rows of its window, not summed or compared day by day."""
    return each.fold not in {"sum", "max"}


def entities(tiles: str, windowed: Sequence[Windowed], by: str, cutoffs: str) -> str:
    """SQL of the entities in windows: how many have a sum above 0, and the largest sum of one.

    Args:
        tiles: table expression of the tile rows.
        windowed: measures with the fold ``distinct`` or ``most_of_one``.
        by: the column that names the entity; rows in which it is null are left out.
        cutoffs: table expression of the cutoffs, with the column ``as_of``.

    """
    sums = {f"{each.measure.name}_in_{each.start}d": each for each in windowed}
    summed = ",\n    ".join(
        f"sum(case when {inside(each)} then {each.measure.name} end) as {n}" for n, each in sums.items()
    )
    columns = ",\n  ".join(
        f"cast(count(case when {name} > 0 then 1 end) as bigint) as {each.column}"
        if each.fold == "distinct"
        else f"cast(max({name}) as bigint) as {each.column}"
        for each in windowed
        if (name := f"{each.measure.name}_in_{each.start}d")
    )
    return f"""
select
  seller_id, as_of,
  {columns}
from (
  select
    seller_id, as_of, {by},
    {summed}
  from {tiles} as tile
  join {cutoffs} as cutoff on {held(max(each.start or 0 for each in windowed))}
  where {by} is not null
  group by seller_id, as_of, {by}
) as entity
group by seller_id, as_of
"""


def streak(tiles: str, each: Windowed, cutoffs: str) -> str:
    """SQL of the longest run of weeks with the measure above 0; week 0 is the one that ends at the cutoff.

    Weeks in a row keep their distance to their number in order: a run is what shares that distance.
    """
    week = f"cast(floor(date_diff('day', day, as_of - 1) / {_WEEK}.0) as bigint)"
    return f"""
select seller_id, as_of, cast(max(weeks) as bigint) as {each.column}
from (
  select seller_id, as_of, count(*) as weeks
  from (
    select seller_id, as_of, week - row_number() over (partition by seller_id, as_of order by week) as run
    from (
      select distinct seller_id, as_of, {week} as week
      from {tiles} as tile
      join {cutoffs} as cutoff on {held(each.start or 0)}
      where {each.measure.name} > 0 and {inside(each)}
    ) as weeks
  ) as runs
  group by seller_id, as_of, run
) as longest
group by seller_id, as_of
"""


def held(days: int) -> str:
    """SQL: a tile row became known in the days before a cutoff, and no correction has replaced it since."""
    return f"day >= as_of - {days} and day < as_of and (until_on is null or until_on >= as_of)"


def inside(each: Windowed) -> str:
    """SQL: a tile row that is held lies in the window, and is no late news where that does not count."""
    return f"day >= as_of - {each.start}" + ("" if each.counts_late_news else " and not late")
