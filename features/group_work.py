"""SQL of a seller's work beside all work done in the same groups, such as queues: what these let expect.

What a group does is summed over all sellers and the same window, the seller itself included, at the cutoff; so nothing
is stored that a later cutoff would have to correct. Costs as the other readings of rows (``features.gathered``): rows
times windows over the distance of the cutoffs. Expected numbers are rounded to whole parts of one (``FINE``).
"""

from __future__ import annotations

from collections.abc import Callable

from features.gathered import held, inside
from features.measures import FINE, Windowed


def _rows(tiles: str, each: Windowed, cutoffs: str, columns: str) -> str:
    return f"""
  select seller_id, as_of, {columns}
  from {tiles} as tile
  join {cutoffs} as cutoff on {held(each.start or 0)}
  where {inside(each)}"""


def _in_parts(number: str) -> str:
    return f"cast(round({FINE!r} * ({number})) as bigint)"


def expected(tiles: str, each: Windowed, cutoffs: str) -> str:
    """SQL of the sum that a seller's trials give when each goes as often so as the trials of its group."""
    within, trials = each.beside
    events = each.measure.name
    part = _in_parts("cast(own_trials as double) * all_events / nullif(all_trials, 0)")
    return f"""
select seller_id, as_of, cast(sum({part}) as bigint) as {each.column}
from (
  select
    seller_id, as_of, own_trials,
    sum(own_events) over (partition by as_of, {within}) as all_events,
    sum(own_trials) over (partition by as_of, {within}) as all_trials
  from (
    select seller_id, as_of, {within}, sum({events}) as own_events, sum({trials}) as own_trials
    from ({_rows(tiles, each, cutoffs, f"{within}, {events}, {trials}")}) as tile_row
    where {within} is not null
    group by seller_id, as_of, {within}
  ) as own
) as beside
group by seller_id, as_of
"""


def most_beyond(tiles: str, each: Windowed, cutoffs: str) -> str:
    """SQL of the most of one entity, in groups where it did something, less its part of what is done in these."""
    by, within = each.beside
    name = each.measure.name
    part = _in_parts("own - cast(own_group as double) * all_of_one / nullif(all_group, 0)")
    return f"""
select seller_id, as_of, cast(max(beyond) as bigint) as {each.column}
from (
  select seller_id, as_of, {by}, sum({part}) as beyond
  from (
    select
      seller_id, as_of, {by}, own,
      sum(own) over (partition by as_of, seller_id, {within}) as own_group,
      sum(own) over (partition by as_of, {by}, {within}) as all_of_one,
      sum(own) over (partition by as_of, {within}) as all_group
    from (
      select seller_id, as_of, {by}, {within}, sum({name}) as own
      from ({_rows(tiles, each, cutoffs, f"{by}, {within}, {name}")}) as tile_row
      where {by} is not null and {within} is not null and {name} > 0
      group by seller_id, as_of, {by}, {within}
    ) as own
  ) as beside
  group by seller_id, as_of, {by}
) as entity
group by seller_id, as_of
"""


def elsewhere(tiles: str, each: Windowed, cutoffs: str) -> str:
    """SQL of the sum over entities in groups in which less of their work lay than in another."""
    by, within, work = each.beside
    name = each.measure.name
    return f"""
select seller_id, as_of, cast(sum(case when all_here < all_most then own else 0 end) as bigint) as {each.column}
from (
  select
    seller_id, as_of, own, all_here,
    max(all_here) over (partition by as_of, {by}) as all_most
  from (
    select
      seller_id, as_of, {by}, own,
      sum(own_work) over (partition by as_of, {by}, {within}) as all_here
    from (
      select seller_id, as_of, {by}, {within}, sum({name}) as own, sum({work}) as own_work
      from ({_rows(tiles, each, cutoffs, f"{by}, {within}, {name}, {work}")}) as tile_row
      where {by} is not null and {within} is not null
      group by seller_id, as_of, {by}, {within}
    ) as own
  ) as here
) as beside
group by seller_id, as_of
"""


GROUP_WORK: dict[str, Callable[[str, Windowed, str], str]] = {
    "expected": expected,
    "most_beyond": most_beyond,
    "elsewhere": elsewhere,
}
"""By the name of the fold."""
