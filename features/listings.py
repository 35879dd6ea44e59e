"""Which seller a product belonged to when something happened, as far as that was known when it became known.

What happened at h and counts from k belongs to the latest version of the listing, by ``valid_from``, that is not after
h and was known at k with its seller's account; where none is, to the earliest of those known. What a product shows
belongs to its holder: the seller of the latest version known by then.
"""

from __future__ import annotations

LISTING_VERSIONS = """
-- a row is a version of a product's listing, numbered by the day from which it is valid, known with its seller
with versions as (
  select
    p.product_id, p.seller_id, p.listed_on, cast(p.valid_from as timestamp) as valid_from,
    greatest(p.known_at, s.known_at) as known_at
  from products as p
  join (select seller_id, min(known_at) as known_at from sellers group by seller_id) as s
    on p.seller_id = s.seller_id
),
several as (select product_id from versions group by product_id having count(*) > 1)
select
  product_id, seller_id, listed_on, valid_from, known_at,
  1 as version, cast(null as timestamp) as next_from, known_at as listing_known_at
from versions
where product_id not in (select product_id from several)
union all
select
  product_id, seller_id, listed_on, valid_from, known_at,
  row_number() over (partition by product_id order by valid_from) as version,
  lead(valid_from) over (partition by product_id order by valid_from) as next_from,
  min(known_at) over (partition by product_id) as listing_known_at
from versions
where product_id in (select product_id from several)
"""

LISTING_SPANS = """
-- a row is a rectangle of time: what happened in one span and became known in the other belongs to this seller
with several as (select * from listing_versions where product_id in (
  select product_id from listing_versions where version > 1
))
select
  product_id, seller_id, listed_on, listing_known_at,
  timestamp '0001-01-01 00:00:00' as happened_from, timestamp '9999-12-31 00:00:00' as happened_until,
  known_at as known_from, timestamp '9999-12-31 00:00:00' as known_until
from listing_versions
where product_id not in (select product_id from several)
union all
select
  i.product_id, i.seller_id, i.listed_on, i.listing_known_at,
  case when j.version = 1 then timestamp '0001-01-01 00:00:00' else j.valid_from end as happened_from,
  coalesce(j.next_from, timestamp '9999-12-31 00:00:00') as happened_until,
  i.known_at as known_from,
  coalesce(min(better.known_at), timestamp '9999-12-31 00:00:00') as known_until
from several as j
join several as i on i.product_id = j.product_id
left join several as better
  on better.product_id = j.product_id
  and (
    i.version <= j.version and better.version > i.version and better.version <= j.version
    or i.version > j.version and better.version < i.version
  )
group by
  i.product_id, i.seller_id, i.listed_on, i.listing_known_at, i.version, i.known_at,
  j.version, j.valid_from, j.next_from
having i.known_at < coalesce(min(better.known_at), timestamp '9999-12-31 00:00:00')
"""

LISTING_HOLDERS = """
-- a row is a span of knowledge in which a product that had several sellers is held by this one
with steps as (
  select product_id, known_at, max(version) as version
  from listing_versions
  where product_id in (
    select product_id from listing_versions group by product_id having min(seller_id) <> max(seller_id)
  )
  group by product_id, known_at
),
latest as (
  select
    product_id, known_at,
    max(version) over (
      partition by product_id order by known_at rows between unbounded preceding and current row
    ) as version
  from steps
),
sold as (
  select
    l.product_id, l.known_at, v.seller_id, v.valid_from,
    lag(v.seller_id) over (partition by l.product_id order by l.known_at) as old_seller_id
  from latest as l
  join listing_versions as v on l.product_id = v.product_id and l.version = v.version
)
select
  product_id, seller_id, valid_from as happened_at, known_at as known_from,
  coalesce(
    lead(known_at) over (partition by product_id order by known_at), timestamp '9999-12-31 00:00:00'
  ) as known_until
from sold
where old_seller_id is null or seller_id <> old_seller_id
"""

LISTINGS = {
    "listing_versions": LISTING_VERSIONS,
    "listing_spans": LISTING_SPANS,
    "listing_holders": LISTING_HOLDERS,
}
"""The tables that facts read beside the landed ones, in the order in which they are made."""

LISTING_TABLES = ("sellers", "products")
"""The tables of the contract from which these are made."""


def done_to(happened: str, key: str) -> str:
    """SQL of an instant, told with the key of the row to which something was done then, which is never null.

    A planner that knows the instant without that row may first join what was done with all spans of that time, a
    thousand times the rows that are wanted, and only then with the row that tells the product.
    """
    return f"case when {key} is not null then {happened} end"


def in_force(happened: str, known: str, span: str = "s") -> str:
    """SQL of the join with ``listing_spans`` on what happened and from when it counts, its listing being known."""
    return (
        f"{happened} >= {span}.happened_from and {happened} < {span}.happened_until"
        f" and {known} >= {span}.known_from and {known} < {span}.known_until"
    )
