"""SQL of pairs: days with events beside the days before and after them, joined when a window asks for them.

Both sides are tiles already: a seller's few days with events and its days with values. Their join is exact, costs the
days with events times the days with values in reach, and stores nothing, where facts made by the join would have to be
folded from both sides each week: every new place in search meets the removals of the last weeks. 60,000 removals beside
2,080,000 days with places cost .2 CPU-s at one cutoff and .9 at 52.
"""

from __future__ import annotations

from typing import Literal

from features.measures import Pairs


def paired(pairs: Pairs, events: str, values: str) -> str:
    """Table expression of the pairs as tile rows, from the tile rows of the events and of the values.

    Its rows are more than one a seller and day; their sums are what counts.
    """
    signs: dict[Literal["before", "after"], str] = {"before": "<", "after": ">"}
    sums = ",\n    ".join(
        f"case when value.day {sign} event.day then value.{each.name} else 0 end as {pairs.column(each, when)}"
        for each in pairs.around
        for when, sign in signs.items()
    )
    return f"""(
  select
    value.seller_id, greatest(value.day, event.day) as day, false as late, value.until_on,
    {sums}
  from (
    select distinct seller_id, day from {events} as tile where {pairs.events.name} > 0 and not late
  ) as event
  join {values} as value
    on value.seller_id = event.seller_id
    and value.day >= event.day - {pairs.days} and value.day <= event.day + {pairs.days} and value.day <> event.day
  where not value.late
)"""
