"""Purchase of data: staff looks up sales and search metrics of a seller's rivals, and how its own places come about.

Somebody who works on a seller's cases has no cause to read what sells at the seller next to it in search. Who sells
numbers need not work on cases, but reads again and again how the buyer's places come about, and then what its rivals
sell. Whose sales are read is no sign by itself: that befalls the rivals of those who buy.
"""

from __future__ import annotations

from features.families import befell_rivals
from features.families.peers import rarity
from features.families.rank_moves import OBSERVATIONS, RISE
from features.families.ranks import rise_around
from features.families.removals import REVIEWS_ARRIVED
from features.families.staff_service import ACCOUNT_ACTS, RANKING_LOOKUPS, REVIEW_ACTS, SERVING
from features.measures import Crossing, Pairs
from features.signal import Signal

_SERVED = Crossing(
    name="served_by_staff",
    reads=(REVIEW_ACTS, ACCOUNT_ACTS),
    days=91,
    rows=f"""
-- a row is a seller on whom known staff acted
with serving as ({SERVING})
select seller_id, count(*) as serving from serving group by seller_id
""",
)

_SOURCE = "WSJ, 16 Sep 2018, and DOJ, Sep 2020, through the press: staff sold internal sales and search metrics"

SERVING_STAFF = Signal(
    name="serving_staff_91d",
    service="data_purchase",
    unit="people",
    window_days=91,
    direction=0,
    no_events=0.0,
    why="How many of the staff had to do with it: the size against which their look-ups of rivals are seen.",
    source="exposure of rival_lookups_91d",
    sentence="{value} people of the staff acted on it in 91 days; usual are {peer}.",
    formula=_SERVED.number("serving"),
)

RIVAL_LOOKUPS = Signal(
    name="rival_lookups_91d",
    service="data_purchase",
    unit="look-ups",
    window_days=91,
    direction=1,
    no_events=0.0,
    why="Who works for a seller and reads its rivals' numbers without a request reads them for somebody.",
    source=_SOURCE,
    sentence="Staff who served it looked up its rivals' numbers {value} times without cause in 91 days; usual {peer}.",
    formula=befell_rivals.RIVAL_LOOKUPS,
)

RANKING_LOOKUPS_91 = Signal(
    name="ranking_lookups_91d",
    service="data_purchase",
    unit="look-ups",
    window_days=91,
    direction=1,
    no_events=0.0,
    why="Who sells the workings of the ranking reads them of the buyer, and no ticket asks for it.",
    source=_SOURCE,
    sentence="How its places come about was looked up {value} times without cause in 91 days; usual are {peer}.",
    formula=RANKING_LOOKUPS.total(91),
)

RANKING_LOOKUPS_BY_ONE_91 = Signal(
    name="ranking_lookups_by_one_91d",
    service="data_purchase",
    unit="look-ups",
    window_days=91,
    direction=1,
    no_events=0.0,
    why="A curious colleague looks once: who comes back to one seller's ranking reads it for somebody.",
    source=_SOURCE,
    sentence="One person looked up {value} times without cause how its places come about in 91 days; usual {peer}.",
    formula=RANKING_LOOKUPS.most_of_one(91),
)

RIVALS_READ = Signal(
    name="rival_lookups_by_readers_91d",
    service="data_purchase",
    unit="look-ups",
    window_days=91,
    direction=1,
    no_events=0.0,
    why="Who reads how a seller's places come about, and then the numbers of its rivals, reads them for that seller.",
    source=_SOURCE,
    sentence="Who kept reading how its places come about looked up its rivals {value} times in 91 days; usual {peer}.",
    formula=befell_rivals.RIVALS_READ,
)

_AROUND_LOOKUPS = Pairs("rank_around_lookups", RANKING_LOOKUPS, (RISE, OBSERVATIONS), 28)

RISE_AFTER_LOOKUPS = Signal(
    name="rank_rise_after_lookups_91d",
    service="data_purchase",
    unit="log ratio",
    window_days=91,
    direction=1,
    no_events=0.0,
    why="Numbers are bought for what can be done with them: places that rise after they were read, and not before.",
    source=_SOURCE,
    sentence=(
        "In 28 days after look-ups of its ranking places rose {value} times as fast as in 28 before (within 91 days);"
        " usual {peer}."
    ),
    formula=rise_around(_AROUND_LOOKUPS),
)

SIGNALS: tuple[Signal, ...] = (
    SERVING_STAFF,
    RIVAL_LOOKUPS,
    rarity(
        RIVAL_LOOKUPS,
        SERVING_STAFF,
        "gamma_poisson",
        "{value} of the sellers like it had so many look-ups of rivals by its staff in 91 days; usual is {peer}.",
        day_zero=True,
    ),
    RANKING_LOOKUPS_91,
    RANKING_LOOKUPS_BY_ONE_91,
    RIVALS_READ,
    RISE_AFTER_LOOKUPS,
    rarity(
        RANKING_LOOKUPS_BY_ONE_91,
        REVIEWS_ARRIVED,
        "gamma_poisson",
        "{value} of the sellers like it had their ranking read so often by one person in 91 days; usual is {peer}.",
        day_zero=True,
    ),
)
