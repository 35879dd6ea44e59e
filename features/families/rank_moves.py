"""Places in search, as moves: how far a product rose or fell between two observations of a query.

An improvement is found once, when the observation becomes known, against the observation of the query that was last
known then. A query observed on a day shows all places down to its largest; a product not among them stood one below.
"""

from __future__ import annotations

from features.families.review_states import counted
from features.listings import in_force
from features.lookups.query_days import OF_QUERY_DAYS
from features.measures import Measure, TileKind

MICRO = 1_000_000
"""Logarithms are kept as whole millionths, so that sums and extremes do not depend on their order."""

LEAP = 693_147
"""Millionths of the logarithm of 2: a place twice as high, or twice as low, as at the last look."""

_MEASURES = {
    "observations": "1",
    "gain": "greatest(rise, 0)",
    "rise": "rise",
    "swing": "abs(rise)",
    "own_gain": "case when advertised then 0 else greatest(rise, 0) end",
    "leaps": counted(f"rise >= {LEAP} and not advertised"),
    "drops": counted(f"rise <= -{LEAP}"),
}

RANK_MOVES = TileKind(
    name="rank_moves",
    folds={name: "max" if name.endswith("gain") else "sum" for name in _MEASURES},
    lookup=OF_QUERY_DAYS,
    facts=f"""
-- a row is an organic place of a product in a query on a day, beside its place when the query was last observed
with places as (
  select
    s.seller_id, s.listed_on, r.product_id, r.query_id, r.observed_on, r.sponsored, r.position,
    greatest(r.known_at, s.listing_known_at) as known_at, r.known_at as row_known_at
  from search_ranks as r
  join listing_spans as s
    on r.product_id = s.product_id
    and {in_force("cast(r.observed_on as timestamp)", "greatest(r.known_at, s.listing_known_at)")}
),
-- a row is what was known of a place until it was corrected; few were
versions as (
  select
    seller_id, listed_on, product_id, query_id, observed_on, sponsored, position, known_at,
    cast(null as timestamp) as replaced_at
  from places anti join revised_search_ranks using (product_id, query_id, observed_on, sponsored)
  union all
  select
    seller_id, listed_on, product_id, query_id, observed_on, sponsored, position, known_at,
    lead(known_at) over (
      partition by query_id, observed_on, product_id, sponsored order by known_at, row_known_at, position
    ) as replaced_at
  from places semi join revised_search_ranks using (product_id, query_id, observed_on, sponsored)
),
query_days as (
  select
    query_id, observed_on, max(case when replaced_at is null then position end) as depth,
    min(known_at) as first_known_at, max(known_at) as last_known_at
  from versions
  group by query_id, observed_on
),
carried as (
  select
    query_id, observed_on, first_known_at,
    max(observed_on) over (
      partition by query_id order by first_known_at, observed_on
      rows between unbounded preceding and 1 preceding
    ) as prior_on
  from query_days
),
-- an observation older than the one carried is late news: it opens no comparison
compared as (
  select
    c.query_id, c.observed_on, c.prior_on, p.depth as prior_depth,
    p.last_known_at <= c.first_known_at as settled
  from carried as c
  join query_days as p on c.query_id = p.query_id and c.prior_on = p.observed_on
  where c.prior_on < c.observed_on
),
-- a row is a product with a paid place on one of the two days that are compared, and since when that was known
paid as (
  select product_id, query_id, observed_on, min(known_at) as known_at from versions where sponsored group by 1, 2, 3
),
advertised as (
  select product_id, query_id, observed_on, min(known_at) as known_at
  from (
    select product_id, query_id, observed_on, known_at from paid
    union all
    select p.product_id, p.query_id, c.observed_on, p.known_at
    from paid as p
    join compared as c on p.query_id = c.query_id and p.observed_on = c.prior_on
  ) as either
  group by 1, 2, 3
),
-- the few rows of earlier days that were not wholly known by then: no join has to hold all the others for them
unsettled as (
  select v.product_id, v.query_id, v.observed_on, v.sponsored, v.position, v.known_at, v.replaced_at
  from versions as v
  semi join (select query_id, prior_on from compared where not settled) as c
    on v.query_id = c.query_id and v.observed_on = c.prior_on
),
placed as (
  select
    o.seller_id, o.listed_on, o.product_id, o.query_id, o.observed_on, o.known_at, o.replaced_at, o.position,
    c.prior_on, p.position as prior_position, c.prior_depth
  from versions as o
  join compared as c on o.query_id = c.query_id and o.observed_on = c.observed_on and c.settled
  left join versions as p
    on o.product_id = p.product_id and o.query_id = p.query_id and c.prior_on = p.observed_on
    and not p.sponsored and p.replaced_at is null
  where not o.sponsored
  union all
  -- read an unsettled day as it was known to each later row
  select
    o.seller_id, o.listed_on, o.product_id, o.query_id, o.observed_on, o.known_at, o.replaced_at, o.position,
    c.prior_on,
    max(case when r.product_id = o.product_id and not r.sponsored then r.position end) as prior_position,
    max(r.position) as prior_depth
  from versions as o
  join compared as c on o.query_id = c.query_id and o.observed_on = c.observed_on and not c.settled
  -- some row of the day is always known by then; an outer join keeps the planner from joining whole queries first
  left join unsettled as r
    on c.query_id = r.query_id and c.prior_on = r.observed_on
    and r.known_at <= o.known_at and (r.replaced_at is null or r.replaced_at > o.known_at)
  where not o.sponsored
  group by
    o.seller_id, o.listed_on, o.product_id, o.query_id, o.observed_on, o.known_at, o.replaced_at, o.position, c.prior_on
),
moves as (
  select
    p.seller_id, cast(p.observed_on as timestamp) as happened_at, p.known_at,
    cast(p.replaced_at as date) as until_on, coalesce(a.known_at <= p.known_at, false) as advertised,
    cast(round({MICRO} * ln(1.0 * coalesce(p.prior_position, p.prior_depth + 1) / p.position)) as bigint) as rise
  from placed as p
  left join advertised as a
    on p.product_id = a.product_id and p.query_id = a.query_id and p.observed_on = a.observed_on
  where p.prior_position is not null or p.listed_on <= p.prior_on
)
select
  seller_id, known_at, happened_at, until_on,
  {", ".join(f"{sql} as {name}" for name, sql in _MEASURES.items())}
from moves
where until_on is null or until_on > cast(known_at as date)
""",
)


def _measure(name: str) -> Measure:
    return Measure(RANK_MOVES, name, ("search_ranks",))


GAIN, OWN_GAIN = _measure("gain"), _measure("own_gain")
LEAPS, DROPS = _measure("leaps"), _measure("drops")
RISE, OBSERVATIONS, SWINGS = _measure("rise"), _measure("observations"), _measure("swing")
