"""The company a seller keeps: what its neighbours show, those who share staff or five-star reviewers with it.

Inside help is sold by few people to many sellers, and bought praise is written by one crowd for many. A moderator or a
reviewer who has to do with very many sellers tells nothing of any of them.
"""

from __future__ import annotations

from collections.abc import Iterator

from features.families.floods import BEYOND_FLOODS_RARITY
from features.families.ranks import JUMP_91
from features.families.removals import EXCESS_91
from features.families.removers import BY_KNOWN
from features.families.reviewers import FIVES
from features.families.surprise import surprise
from features.measures import Relation
from features.signal import Neighbours, Signal

_DAYS = 91

BY_STAFF = Relation(
    name="sellers_sharing_staff",
    reads=(BY_KNOWN,),
    days=_DAYS,
    rows=f"""
-- a row is a seller and a member of staff who removed more for it than all removals of both let expect
with work as (
  select seller_id, actor_id, negatives_removed_by_known as events
  from staff_removals_in_window where negatives_removed_by_known > 0
),
actors as (select actor_id, count(*) as sellers, sum(events) as events from work group by actor_id),
sellers as (select seller_id, sum(events) as events from work group by seller_id),
everybody as (select sum(events) as events from work),
expected as (
  select
    w.seller_id, w.actor_id, cast(w.events as double) as events,
    cast(a.events as double) * cast(s.events as double) / cast(e.events as double) as expected
  from work as w
  join actors as a on w.actor_id = a.actor_id
  join sellers as s on w.seller_id = s.seller_id
  cross join everybody as e
  where a.sellers between 2 and {{max_sellers_linked}}
)
select seller_id, actor_id as entity, {surprise("events", "expected")} as strength
from expected
where events > expected
""",
)

BY_REVIEWERS = Relation(
    name="sellers_sharing_reviewers",
    reads=(FIVES,),
    days=_DAYS,
    rows="""
-- a row is a seller and a reviewer who gave five stars to it and to others; one over their number is a pair's weight
with given as (select seller_id, reviewer_id from stars_by_reviewer_in_window where fives > 0),
reviewers as (select reviewer_id, count(*) as sellers from given group by reviewer_id)
select g.seller_id, g.reviewer_id as entity, 1 / sqrt(cast(r.sellers as double)) as strength
from given as g
join reviewers as r on g.reviewer_id = r.reviewer_id
where r.sellers between 2 and {max_sellers_linked}
""",
)

_RINGS = "DOJ, Sep 2020, through the press: some ten insiders served hundreds of sellers"
_GRAPHS = (
    "GADBench, NeurIPS 2023: trees on neighbour aggregates beat graph networks; He et al., PNAS 2022: shared reviewers"
)

_SHOWN = {
    BEYOND_FLOODS_RARITY: "{value} of the sellers like {them} lost so many bad reviews of no flood to staff",
    EXCESS_91: "staff removed negative reviews of {them} {value} times as often as positive ones",
    JUMP_91: "a product of {them} rose to a place {value} times as high between two looks",
}


def _of_neighbours(of: Signal, over: Relation, shared: str, source: str) -> Iterator[Signal]:
    name = of.name.removesuffix(f"_{_DAYS}d")
    for read, them in (("mean", "them, on average,"), ("riskiest", "one of them")):
        yield Signal(
            name=f"{name}_{'mean' if read == 'mean' else 'extreme'}_by_{over.name.rsplit('_', 1)[1]}_{_DAYS}d",
            service="neighbours",
            unit=of.unit,
            window_days=_DAYS,
            direction=of.direction,
            no_events=None,
            why=f"Who is served by the same hands is served alike: {of.name} of those that share {shared}.",
            source=source,
            sentence=(
                f"Of the sellers that share {shared} with it: {_SHOWN[of].replace('{them}', them)} in {_DAYS} days;"
                " usual {peer}."
            ),
            neighbours=Neighbours(of, over, "mean" if read == "mean" else "riskiest"),
        )


SIGNALS: tuple[Signal, ...] = (
    *(each for of in _SHOWN for each in _of_neighbours(of, BY_STAFF, "helping staff", _RINGS)),
    *(each for of in _SHOWN for each in _of_neighbours(of, BY_REVIEWERS, "five-star reviewers", _GRAPHS)),
)
