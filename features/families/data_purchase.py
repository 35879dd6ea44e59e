"""Purchase of data: staff who act on a seller look up the sales and search metrics of its rivals.

Somebody who works on a seller's cases has no cause to read what sells at the seller next to it in search.
"""

from __future__ import annotations

from features.families import befell_rivals
from features.families.peers import rarity
from features.families.staff_service import ACCOUNT_ACTS, REVIEW_ACTS, SERVING
from features.measures import Crossing
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
