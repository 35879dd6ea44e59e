"""The rows about what staff did to an account and looked up of it: each with its ticket, seller and listing.

Tickets name sellers, and look-ups tickets and products, for which they do not wait: each may become known later.
"""

from __future__ import annotations

from features.lookups.lookup import Lookup

ACCOUNTS = "(select seller_id, min(known_at) as known_at from sellers group by seller_id)"
"""Table expression: a row is a seller and the instant from which its account is known."""

OF_ACCOUNT_SERVICE = Lookup(
    reads=("account_actions", "tickets"),
    names=("sellers",),
    touched=f"""
-- a row is a seller whose account becomes known in these weeks, perhaps after something was done to it
select seller_id from {ACCOUNTS} as account
where cast(date_trunc('week', known_at) as date) in (select week from weeks_to_fold)
""",
    inputs={
        "account_actions": "select * from old_account_actions where seller_id in (select seller_id from touched)",
        "tickets": "select * from old_tickets where seller_id in (select seller_id from touched)",
    },
    changed=f"""
with affected as (
  select seller_id, known_at from late_account_actions
  union all
  select seller_id, known_at from late_tickets
  union all
  select seller_id, known_at from tickets where seller_id in (select seller_id from late_sellers)
)
select greatest(e.known_at, a.known_at) from affected as e join {ACCOUNTS} as a on e.seller_id = a.seller_id
""",
)

OF_NUMBER_LOOKUPS = Lookup(
    reads=("staff_access", "tickets"),
    names=("products",),
    touched="""
-- a row is a look-up of which something became known: it, its ticket, or the listing of the product that it names
select access_id, ticket_id from new_staff_access
union
select access_id, ticket_id from old_staff_access where ticket_id in (select ticket_id from new_tickets)
union
select access_id, ticket_id from old_staff_access where seller_id is null and product_id in (
  select product_id from listing_versions
  where cast(date_trunc('week', listing_known_at) as date) in (select week from weeks_to_fold)
)
""",
    inputs={
        "staff_access": "select * from old_staff_access where access_id in (select access_id from touched)",
        "tickets": "select * from old_tickets where ticket_id in (select ticket_id from touched)",
    },
    changed="""
with affected as (
  select seller_id, product_id, ticket_id, known_at from staff_access
  where access_id in (select access_id from late_staff_access)
    or ticket_id in (select ticket_id from late_tickets)
    or product_id in (select product_id from late_products)
),
located as (
  select ticket_id, known_at from affected where seller_id is not null
  union all
  select a.ticket_id, greatest(a.known_at, l.listing_known_at) as known_at
  from affected as a
  join listing_versions as l on a.product_id = l.product_id and l.version = 1
  where a.seller_id is null
)
select known_at from located
union
select greatest(l.known_at, t.known_at) from located as l join tickets as t on l.ticket_id = t.ticket_id
""",
)
