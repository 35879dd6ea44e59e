"""Which rows of history the facts of newly known rows need, so that a new week never reads history as a whole.

A fact is known when the last of its rows is. So the facts of some weeks come from the rows of these weeks and from
those rows known before that share a key with them: the review of a removal, the last rank of a product and query.
"""

from __future__ import annotations

from dataclasses import dataclass, field

REVISED = "lookups/revised_{}"
"""The store's group of the keys of a table of which several rows stand: it may list too many, never too few."""


@dataclass(frozen=True)
class Lookup:
    """How the rows are found that facts of certain weeks are made of, and which facts a late row changes.

    All SQL reads ``listing_versions`` and ``listing_holders``, the weeks to fold as ``weeks_to_fold``
    (Mondays), and of each table that is read the rows known in these weeks (``new_TABLE``), before the last of them
    (``old_TABLE``) and at any other time (``other_TABLE``), and of the old ones those whose listing may have become
    known after they did (``ahead_TABLE``). Facts also read ``revised_TABLE``: the keys that were ever corrected.

    Attributes:
        reads: tables of the contract with events.
        touched: SQL of the table ``touched``: keys of which something became known in the weeks to fold.
        inputs: by table, SQL of the rows of other weeks that share a key with ``touched``.
        weeks: by table, SQL of the weeks in whose files ``other_TABLE`` has to be read.
        changed: SQL of the instants at which facts are known that a row of ``late_TABLE`` may change; null says that
            this cannot be told. It reads all rows there are now as ``TABLE``, and ``query_days``.

    """

    reads: tuple[str, ...]
    touched: str
    inputs: dict[str, str] = field(hash=False)
    changed: str
    weeks: dict[str, str] = field(default_factory=dict, hash=False)


OF_REVIEWS = Lookup(
    reads=("reviews", "review_actions"),
    touched="""
-- a row is a review of which something became known: it, what was done to it, its listing, or who holds it
select review_id from new_reviews
union
select review_id from new_review_actions
union
select review_id from ahead_reviews where product_id in (
  select product_id from listing_versions
    where cast(date_trunc('week', listing_known_at) as date) in (select week from weeks_to_fold)
)
union
select review_id from old_reviews where product_id in (
  select product_id from listing_holders
    where cast(date_trunc('week', known_from) as date) in (select week from weeks_to_fold)
)
""",
    inputs={
        "reviews": "select * from old_reviews where review_id in (select review_id from touched)",
        "review_actions": "select * from old_review_actions where review_id in (select review_id from touched)",
    },
    changed="""
with posts as (
  select r.review_id, r.product_id, greatest(r.known_at, l.listing_known_at) as known_at
  from reviews as r
  join listing_versions as l on r.product_id = l.product_id and l.version = 1
  where r.review_id in (select review_id from late_reviews union select review_id from late_review_actions)
)
select known_at from posts
union
select greatest(a.known_at, p.known_at) from review_actions as a join posts as p on a.review_id = p.review_id
union
select h.known_from from listing_holders as h join posts as p on h.product_id = p.product_id
""",
)

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
