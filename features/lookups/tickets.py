"""The rows that share a ticket: removals by staff made under it, their reviews, and the ticket itself.

A ticket may come after what names it, or never, and serves reviews of several sellers. So news of a ticket, or of one
of its reviews, needs all reviews of that ticket; those are few.
"""

from __future__ import annotations

from features.lookups.lookup import Lookup
from features.lookups.reviews import OF_REVIEWS


def _handled(actions: str) -> str:
    return (
        f"select review_id, ticket_id from {actions}"
        " where kind = 'removed' and actor_kind = 'staff' and ticket_id is not null"
    )


OF_TICKETED_REVIEWS = Lookup(
    reads=("reviews", "review_actions", "tickets"),
    touched=f"""
-- a row is a review removed under a ticket of which something became known, be it by another review
with handled as (
  {_handled("new_review_actions")}
  union all
  {_handled("old_review_actions")}
),
news as (
  {OF_REVIEWS.touched}
)
select distinct review_id, ticket_id from handled
where ticket_id in (
  select ticket_id from new_tickets
  union
  select ticket_id from handled where review_id in (select review_id from news)
)
""",
    inputs={
        "reviews": "select * from old_reviews where review_id in (select review_id from touched)",
        "review_actions": "select * from old_review_actions where review_id in (select review_id from touched)",
        "tickets": "select * from old_tickets where ticket_id in (select ticket_id from touched)",
    },
    changed=f"""
with handled as (
  {_handled("review_actions")}
),
affected_tickets as (
  select ticket_id from late_tickets
  union
  select ticket_id from handled
  where review_id in (select review_id from late_reviews union select review_id from late_review_actions)
),
affected as (select distinct review_id from handled where ticket_id in (select ticket_id from affected_tickets)),
posts as (
  select r.review_id, r.product_id, greatest(r.known_at, l.listing_known_at) as known_at
  from reviews as r
  join listing_versions as l on r.product_id = l.product_id and l.version = 1
  where r.review_id in (select review_id from affected)
)
select known_at from posts
union
select greatest(a.known_at, p.known_at) from review_actions as a join posts as p on a.review_id = p.review_id
union
select h.known_from from listing_holders as h join posts as p on h.product_id = p.product_id
union
select known_at from tickets where ticket_id in (select ticket_id from affected_tickets)
""",
)
