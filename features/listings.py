"""Which seller a product belonged to when something happened, as far as that was known when it became known."""

from __future__ import annotations

LISTING_VERSIONS = """
-- a row is a version of a product's listing, numbered by the day from which it is valid
select
  p.product_id, p.seller_id, p.listed_on, cast(p.valid_from as timestamp) as valid_from,
  p.known_at as version_known_at, greatest(p.known_at, s.known_at) as known_at,
  row_number() over (partition by p.product_id order by p.valid_from) as version,
  lead(cast(p.valid_from as timestamp)) over (partition by p.product_id order by p.valid_from) as next_from
from products as p
join (select seller_id, min(known_at) as known_at from sellers group by seller_id) as s
  on p.seller_id = s.seller_id
"""

LISTING_SPANS = """
-- a row is a rectangle of time: what happened in one span and became known in the other belongs to this seller.
-- The version in force is the latest of those known; the first one also covers what came before it.
select
  i.product_id, i.seller_id, i.listed_on, i.known_at,
  case when j.version = 1 then timestamp '0001-01-01 00:00:00' else j.valid_from end as happened_from,
  coalesce(j.next_from, timestamp '9999-12-31 00:00:00') as happened_until,
  case when i.version = 1 then timestamp '0001-01-01 00:00:00' else i.version_known_at end as known_from,
  coalesce(min(k.version_known_at), timestamp '9999-12-31 00:00:00') as known_until
from listing_versions as j
join listing_versions as i on i.product_id = j.product_id and i.version <= j.version
left join listing_versions as k
  on k.product_id = j.product_id and k.version > i.version and k.version <= j.version
group by
  i.product_id, i.seller_id, i.listed_on, i.known_at, i.version, i.version_known_at,
  j.version, j.valid_from, j.next_from
having case when i.version = 1 then timestamp '0001-01-01 00:00:00' else i.version_known_at end
  < coalesce(min(k.version_known_at), timestamp '9999-12-31 00:00:00')
"""

LISTING_TRANSFERS = """
-- a row is a listing that came to another seller
select product_id, seller_id, valid_from as happened_at, known_at
from (
  select *, lag(seller_id) over (partition by product_id order by version) as old_seller_id
  from listing_versions
) as versions
where seller_id <> old_seller_id
"""
