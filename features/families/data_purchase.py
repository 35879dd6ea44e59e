"""Purchase of data: staff who act on a seller look up the sales and search metrics of its rivals.

Somebody who works on a seller's cases has no cause to read what sells at the seller next to it in search.
"""

from __future__ import annotations

from features.families.peers import rarity
from features.families.staff_service import ACCOUNT_ACTS, LOOKUPS, REVIEW_ACTS, SERVING
from features.measures import Crossing, OnRivals
from features.signal import Signal

_SERVICE = (REVIEW_ACTS, ACCOUNT_ACTS)

_SERVED = Crossing(
    name="served_by_staff",
    reads=_SERVICE,
    days=91,
    rows=f"""
-- a row is a seller on whom known staff acted
with serving as ({SERVING})
select seller_id, count(*) as serving from serving group by seller_id
""",
)

_LOOKED_UP = OnRivals(
    name="lookups_of_rivals",
    reads=(*_SERVICE, LOOKUPS),
    days=91,
    columns=("rival_lookups",),
    rows=f"""
-- a row is a seller, another one, and how often one who acted on the first looked up the other's numbers without cause
with serving as ({SERVING}),
few as (select actor_id from serving group by actor_id having count(*) <= {{max_sellers_linked}})
select s.seller_id, l.seller_id as other_id, l.lookups_without_cause as rival_lookups
from number_lookups_in_window as l
join few as f on l.actor_id = f.actor_id
join serving as s on l.actor_id = s.actor_id
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
    formula=_SERVED.number("serving", REVIEW_ACTS),
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
    formula=_LOOKED_UP.number("rival_lookups", REVIEW_ACTS, LOOKUPS),
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
)
