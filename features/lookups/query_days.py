"""The places of a query on a day, beside those of the day on which it was last observed before."""

from __future__ import annotations

from features.lookups.lookup import Lookup

QUERY_DAYS_OF_WEEKS = """
-- a row is a query observed on a day, as far as it became known in these weeks; ahead: before one of its listings
select
  r.query_id, r.observed_on, cast(date_trunc('week', r.known_at) as date) as week,
  min(r.known_at) as known_at, bool_or(r.known_at < l.listing_known_at) as ahead
from new_search_ranks as r
join listing_versions as l on r.product_id = l.product_id and l.version = 1
group by r.query_id, r.observed_on, cast(date_trunc('week', r.known_at) as date)
"""
"""SQL of the index ``query_days``: made of each week of landed ranks once."""

QUERY_DAYS_NEEDED = """
-- a row is a row of the index that may matter: all of the last weeks, and of queries of which they do not tell all
with wanted as (
  select query_id, min(observed_on) as first_on
  from (
    select query_id, observed_on from new_search_ranks
    union all
    select query_id, observed_on from ahead_search_ranks
  )
  group by query_id
),
told as (
  select w.query_id
  from wanted as w
  cross join (select min(week) as since from recent_query_days) as r
  join recent_query_days as i
    on w.query_id = i.query_id and i.observed_on >= r.since and i.known_at < cast(w.first_on as timestamp)
  where w.first_on >= r.since
)
select * from recent_query_days
union all
select * from older_query_days
where query_id in (select query_id from wanted) and query_id not in (select query_id from told)
  or query_id in (select query_id from older_query_days where ahead)
  or query_id in (select query_id from recent_query_days where ahead)
"""
"""SQL of the part of the index that the lookup below reads, from its last weeks and from those before them."""

OF_QUERY_DAYS = Lookup(
    reads=("search_ranks",),
    touched="""
with days as (
  select query_id, observed_on from new_search_ranks
  union
  select query_id, observed_on from ahead_search_ranks where product_id in (
    select product_id from listing_versions
    where cast(date_trunc('week', listing_known_at) as date) in (select week from weeks_to_fold)
  )
),
firsts as (
  select d.query_id, min(i.known_at) as known_at
  from days as d
  join query_days as i on d.query_id = i.query_id and d.observed_on = i.observed_on
  group by d.query_id
),
-- days known before all that is touched: only the last of them can be what a touched day is compared with
line as (
  select i.query_id, max(i.observed_on) as observed_on, cast(null as timestamp) as known_at
  from query_days as i
  join firsts as f on i.query_id = f.query_id and i.known_at < f.known_at
  group by i.query_id
  union all
  select i.query_id, i.observed_on, min(i.known_at) as known_at
  from query_days as i
  join firsts as f on i.query_id = f.query_id and i.known_at >= f.known_at
  group by i.query_id, i.observed_on
),
carried as (
  select
    query_id, observed_on,
    max(observed_on) over (
      partition by query_id order by known_at nulls first, observed_on
      rows between unbounded preceding and 1 preceding
    ) as prior_on
  from line
)
-- a row is a query observed on a day: one of which something became known, or the one it is compared with
select query_id, observed_on from days
union
select c.query_id, c.prior_on
from carried as c
join days as d on c.query_id = d.query_id and c.observed_on = d.observed_on
where c.prior_on is not null
union
-- where a listing became known after its place, the order of the days is not that of the index: take them all
select query_id, observed_on from query_days
where query_id in (select query_id from query_days where ahead) and query_id in (select query_id from days)
""",
    inputs={
        "search_ranks": """
select r.* from other_search_ranks as r
semi join touched as t on r.query_id = t.query_id and r.observed_on = t.observed_on
"""
    },
    weeks={
        "search_ranks": """
select distinct i.week
from query_days as i semi join touched as t on i.query_id = t.query_id and i.observed_on = t.observed_on
"""
    },
    changed="""
with days as (select distinct query_id, observed_on from late_search_ranks),
carried as (
  select
    query_id, observed_on,
    max(observed_on) over (
      partition by query_id order by known_at, observed_on rows between unbounded preceding and 1 preceding
    ) as prior_on
  from (
    select query_id, observed_on, min(known_at) as known_at
    from (
      select query_id, observed_on, known_at from query_days
      union all
      select query_id, observed_on, known_at from late_search_ranks
    )
    where query_id in (select query_id from days)
    group by query_id, observed_on
  )
),
compared as (
  select query_id, observed_on from days
  union
  select c.query_id, c.observed_on
  from carried as c
  join days as d on c.query_id = d.query_id and c.prior_on = d.observed_on
)
select i.known_at
from query_days as i semi join compared as c on i.query_id = c.query_id and i.observed_on = c.observed_on
union
select greatest(r.known_at, l.listing_known_at)
from late_search_ranks as r
join listing_versions as l on r.product_id = l.product_id and l.version = 1
union
-- unknown: the order of these days is not that of the index
select null where exists (
  select 1 from query_days where ahead and query_id in (select query_id from days)
) or exists (
  select 1 from late_search_ranks as r
  join listing_versions as l on r.product_id = l.product_id and l.version = 1 and r.known_at < l.listing_known_at
)
""",
)
