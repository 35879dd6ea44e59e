"""The rows that tell of one day's sales of a product: the first, and its corrections."""

from __future__ import annotations

from features.lookups.lookup import Lookup

OF_SALES = Lookup(
    reads=("sales",),
    touched="""
-- a row is a product's day of which a correction became known, or what was known of it became known with its listing
select n.product_id, n.sold_on
from new_sales as n semi join revised_sales as r on n.product_id = r.product_id and n.sold_on = r.sold_on
union
select product_id, sold_on from ahead_sales where product_id in (
  select product_id from listing_versions
    where cast(date_trunc('week', listing_known_at) as date) in (select week from weeks_to_fold)
)
""",
    inputs={
        "sales": """
select o.* from other_sales as o
semi join touched as t on o.product_id = t.product_id and o.sold_on = t.sold_on
"""
    },
    weeks={
        "sales": """
-- a row is a week in which something of these days can have become known before: their own, or a later one
select distinct cast(week as date)
from (
  select unnest(generate_series(date_trunc('week', t.since), w.until, interval 7 day)) as week
  from (select min(sold_on) as since from touched) as t
  cross join (select max(week) as until from weeks_to_fold) as w
)
"""
    },
    changed="""
-- a row that becomes known is a fact, and the rows of its day that became known after it differ from it
select greatest(r.known_at, l.listing_known_at)
from sales as r
semi join (select product_id, sold_on, min(known_at) as known_at from late_sales group by product_id, sold_on) as t
  on r.product_id = t.product_id and r.sold_on = t.sold_on and r.known_at >= t.known_at
join listing_versions as l on r.product_id = l.product_id and l.version = 1
""",
    ends=False,
)
