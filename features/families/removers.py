"""Removal of negative reviews by staff, one by one: by how many people, of what age, for how long.

A bought service has a person who gives it, a batch that is ordered and a time for which it is paid; moderation is
shared work, quick, and comes and goes.
"""

from __future__ import annotations

from features.families.review_states import counted, negatives_removed
from features.formulas import binned_median, share
from features.lookups.reviews import OF_REVIEWS
from features.measures import LONGEST_DAYS, Measure, TileKind
from features.signal import Signal

_HOURS = tuple(3 * 2**number for number in range(13))
"""Edges of the bins of ages, from 3 hours by factors of two to 512 days."""


_BY_STAFF = "select review_id from review_actions where kind = 'removed' and actor_kind = 'staff'"
_REMOVED = f"(select review_id, product_id, rating, created_at, known_at from reviews where review_id in ({_BY_STAFF}))"

_MEASURES = {
    "negatives_removed": counted("true"),
    "negatives_removed_by_known": counted("actor_id is not null"),
    "negatives_removed_unticketed": counted("ticket_id is null"),
    **{
        f"negatives_removed_from_{hours}h": counted(f"happened_at >= created_at + interval '{hours}' hour")
        for hours in _HOURS
    },
}

STAFF_REMOVALS = TileKind(
    name="staff_removals",
    folds=dict.fromkeys(_MEASURES, "sum"),
    lookup=OF_REVIEWS,
    by="actor_id",
    facts=f"""
-- a row is a removal of a visible negative review by staff
{negatives_removed(_REMOVED)}
select
  seller_id, known_at, happened_at, cast(null as date) as until_on, actor_id,
  {", ".join(f"{sql} as {name}" for name, sql in _MEASURES.items())}
from removals
""",
)


def _measure(name: str, *more: str) -> Measure:
    return Measure(STAFF_REMOVALS, name, ("reviews", "review_actions", *more))


NEGATIVES_REMOVED = _measure("negatives_removed")
BY_KNOWN = _measure("negatives_removed_by_known", "review_actions.actor_id")
UNTICKETED = _measure("negatives_removed_unticketed", "review_actions.ticket_id")

_HELPER = (
    "DOJ, Sep 2020, through the press: some ten insiders served hundreds of sellers; that few hands show is inferred"
)


def _removing_staff(days: int) -> Signal:
    return Signal(
        name=f"removing_staff_{days}d",
        service="removals",
        unit="people",
        window_days=days,
        direction=0,
        no_events=0.0,
        why="Moderation is shared work: many removals by one or two people are rarer than the same by many.",
        source=_HELPER,
        sentence=f"{{value}} people of the staff removed its negative reviews in {days} days; usual are {{peer}}.",
        formula=BY_KNOWN.distinct(days),
    )


MOST_BY_ONE = Signal(
    name="negative_removals_by_one_91d",
    service="removals",
    unit="removals",
    window_days=91,
    direction=1,
    no_events=0.0,
    why="Who is paid by a seller comes back to the same seller: the most that one person removed for it.",
    source=_HELPER,
    sentence="One person of the staff removed {value} of its negative reviews in 91 days; usual are {peer}.",
    formula=BY_KNOWN.most_of_one(91),
)

SHARE_OF_ONE = Signal(
    name="share_of_one_remover_91d",
    service="removals",
    unit="share",
    window_days=91,
    direction=0,
    no_events=None,
    why="The queue hands out work at random: one hand behind most removals for a seller was not drawn by it.",
    source=_HELPER,
    sentence="One person made {value} of the removals of its negative reviews by staff in 91 days; usual are {peer}.",
    formula=share(BY_KNOWN.most_of_one(91), BY_KNOWN.total(91)),
)

REMOVED_AGE = Signal(
    name="removed_negative_age_91d",
    service="removals",
    unit="days",
    window_days=91,
    direction=0,
    no_events=None,
    why="Moderation follows a report within days; a buyer has old complaints cleared, or new ones within hours.",
    source="inferred: moderation answers reports, an order has no such clock; ages count by factors of two",
    sentence="Half of the bad reviews that staff removed in 91 days were under {value} days old; usual is {peer}.",
    formula=binned_median(
        {hours / 24: _measure(f"negatives_removed_from_{hours}h").total(91) for hours in _HOURS},
        NEGATIVES_REMOVED.total(91),
    ),
)

STREAK = Signal(
    name="removal_weeks_in_a_row_364d",
    service="removals",
    unit="weeks",
    window_days=LONGEST_DAYS,
    direction=1,
    no_events=0.0,
    why="A service that is paid for goes on, week after week; honest removals come in bursts and stop.",
    source="inferred: a service that is paid for goes on while it is paid",
    sentence="In 364 days staff removed its negative reviews in up to {value} weeks in a row; usual are {peer}.",
    formula=NEGATIVES_REMOVED.streak(LONGEST_DAYS),
)

SIGNALS: tuple[Signal, ...] = (
    _removing_staff(91),
    _removing_staff(LONGEST_DAYS),
    MOST_BY_ONE,
    SHARE_OF_ONE,
    REMOVED_AGE,
    STREAK,
)
