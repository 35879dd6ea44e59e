"""Removal of negative reviews that came in floods, beside removal of others.

A flood of one and two stars is what rivals send, and what staff rightly takes down; it leaves a seller with many
removals in few days, as a purchase does. Nobody who pays to be rid of complaints has them come all in one week.
"""

from __future__ import annotations

from features.families.peers import against_peers, expected, rarity
from features.families.removals import smoothed_rate, smoothed_rate_of
from features.families.review_counts import at_risk
from features.families.review_states import NEGATIVE, negatives_removed
from features.formulas import log, not_negative, share
from features.lookups.reviews import OF_REVIEWS
from features.measures import Crossing, Measure, TileKind
from features.signal import Signal

FLOOD, FLOOD_TIMES = 5, 4
"""Negatives in a week, and times the seller's usual week, that make a flood (a guess)."""
_DAYS = 91
_OTHER_WEEKS = _DAYS // 7 - 1

_EDITED = "select review_id from review_actions where kind = 'edited'"
_COMPLAINTS = (
    "(select review_id, product_id, rating, created_at, known_at from reviews"
    f" where {NEGATIVE} or review_id in ({_EDITED}))"
)

NEGATIVES_BY_WEEK = TileKind(
    name="negatives_by_week",
    folds={"came": "sum", "removed": "sum"},
    lookup=OF_REVIEWS,
    by="posted_week",
    facts=f"""
-- a row is a negative review that was written, or the removal of a visible one by staff, with the week of its writing
{negatives_removed(_COMPLAINTS)}
select
  seller_id, known_at, happened_at, cast(null as date) as until_on,
  cast(date_trunc('week', happened_at) as date) as posted_week, 1 as came, 0 as removed
from posts where {NEGATIVE}
union all
select seller_id, known_at, happened_at, null, cast(date_trunc('week', created_at) as date), 0, 1
from removals
""",
)
_CAME = Measure(NEGATIVES_BY_WEEK, "came", ("reviews",))


def _of_floods(measure: str) -> str:
    flooded = f"came >= {FLOOD} and {_OTHER_WEEKS} * came >= {FLOOD_TIMES} * came_else"
    return f"case when {flooded} then {measure} else 0 end"


_IN_FLOODS = Crossing(
    name="floods",
    reads=(_CAME, Measure(NEGATIVES_BY_WEEK, "removed", ("reviews", "review_actions"))),
    days=_DAYS,
    rows=f"""
-- a row is a seller: its negatives that staff removed, those of them that came in the week of a flood, and all of these
with weeks as (
  select seller_id, came, removed, sum(came) over (partition by seller_id) - came as came_else
  from negatives_by_week_in_window
)
select
  seller_id,
  cast(sum(removed) as bigint) as removed,
  cast(sum({_of_floods("removed")}) as bigint) as removed_of_floods,
  cast(sum({_of_floods("came")}) as bigint) as came_in_floods
from weeks
group by seller_id
having sum(removed) > 0 or sum({_of_floods("came")}) > 0
""",
)

_REMOVED, _REMOVED_OF_FLOODS = _IN_FLOODS.number("removed"), _IN_FLOODS.number("removed_of_floods")
_CAME_IN_FLOODS = _IN_FLOODS.number("came_in_floods", _CAME)
_SOURCE = (
    "DOJ, Sep 2020, through the press: rivals flooded with fake negative reviews; that they come at once is inferred"
)

FLOODED_SHARE = Signal(
    name="flooded_removal_share_91d",
    service="removals",
    unit="share",
    window_days=_DAYS,
    direction=-1,
    no_events=None,
    why="Staff that takes down what rivals sent does its work: removal of complaints that came at once is no purchase.",
    source=_SOURCE,
    sentence="{value} of its bad reviews that staff removed in 91 days had come in weeks of a flood; usual are {peer}.",
    formula=share(_REMOVED_OF_FLOODS, _REMOVED),
)

_BEYOND = _REMOVED - _REMOVED_OF_FLOODS
_AT_RISK = not_negative(at_risk(_DAYS, "_negative") - _CAME_IN_FLOODS)

BEYOND_FLOODS = Signal(
    name="negative_removals_beyond_floods_91d",
    service="removals",
    unit="removals",
    window_days=_DAYS,
    direction=1,
    no_events=0.0,
    why="What is bought is removal of complaints as they come: who is flooded by a rival must not look like a buyer.",
    source=_SOURCE,
    sentence="Staff removed {value} bad reviews that came in no flood in 91 days; usual are {peer}.",
    formula=_BEYOND,
)

AT_RISK_BEYOND_FLOODS = Signal(
    name="negatives_at_risk_beyond_floods_91d",
    service="removals",
    unit="reviews",
    window_days=_DAYS,
    direction=0,
    no_events=0.0,
    why="How many negative reviews of no flood there were to remove: the size against which removals are seen.",
    source="exposure of negative_removals_beyond_floods_91d",
    sentence="{value} bad reviews that came in no flood were visible or arrived in 91 days; usual are {peer}.",
    formula=_AT_RISK,
)

RATE_BEYOND_FLOODS = Signal(
    name="negative_deletion_rate_beyond_floods_91d",
    service="removals",
    unit="share",
    window_days=_DAYS,
    direction=1,
    no_events=0.0,
    why="How many of the complaints that came one by one are gone: a rival who floods a seller does not raise it.",
    source=_SOURCE,
    sentence="Staff removed {value} of the bad reviews at hand that came in no flood in 91 days; usual are {peer}.",
    formula=share(_BEYOND, _AT_RISK),
)

EXCESS_BEYOND_FLOODS = Signal(
    name="negative_deletion_excess_beyond_floods_91d",
    service="removals",
    unit="log ratio",
    window_days=_DAYS,
    direction=1,
    no_events=0.0,
    why="A moderator who follows the rules removes praise more often than complaints that come one by one.",
    source=_SOURCE,
    sentence=(
        "Floods apart, staff removed negative reviews {value} times as often as positive ones in 91 days;"
        " usual is {peer} times."
    ),
    formula=log(smoothed_rate(_BEYOND, _AT_RISK)) - log(smoothed_rate_of("positive", _DAYS)),
)

BEYOND_FLOODS_RARITY = rarity(
    BEYOND_FLOODS,
    AT_RISK_BEYOND_FLOODS,
    "beta_binomial",
    "{value} of the sellers like it lost so many bad reviews of no flood to staff in 91 days; usual is {peer}.",
    day_zero=True,
)

SIGNALS: tuple[Signal, ...] = (
    FLOODED_SHARE,
    BEYOND_FLOODS,
    AT_RISK_BEYOND_FLOODS,
    RATE_BEYOND_FLOODS,
    EXCESS_BEYOND_FLOODS,
    against_peers(RATE_BEYOND_FLOODS),
    against_peers(EXCESS_BEYOND_FLOODS),
    expected(
        BEYOND_FLOODS,
        AT_RISK_BEYOND_FLOODS,
        "beta_binomial",
        "By its own 91 days and its peers', staff remove {value} of its bad reviews of no flood; usual are {peer}.",
    ),
    BEYOND_FLOODS_RARITY,
)
