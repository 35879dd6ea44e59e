"""The rows that share a review: it, what was done to it, and who holds its listing."""

from __future__ import annotations

from features.lookups.lookup import Lookup

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
