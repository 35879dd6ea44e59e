"""The rows about staff's look-ups of reviewers: their tickets, the reviews they name, and what the authors did then.

A look-up names a seller, a product or a review, none of which it waits for: each may become known after it did. What an
author took back is held against all look-ups of that author, so that news of one needs the others.
"""

from __future__ import annotations

from features.lookups.lookup import Lookup
from features.lookups.reviews import OF_REVIEWS

CONTACT = "resource = 'reviewer_contact'"
OWN = "actor_kind = 'reviewer' and kind in ('removed', 'edited')"

_ACCESS = "access_id, product_id, review_id, reviewer_id, ticket_id"


def _named(accesses: str, posts: str) -> str:
    return f"""
-- a row is a look-up of contact data and whose
  select
    a.access_id, a.ticket_id, a.review_id, coalesce(a.product_id, p.product_id) as product_id,
    coalesce(a.reviewer_id, p.reviewer_id) as reviewer_id
  from ({accesses}) as a left join ({posts}) as p on a.review_id = p.review_id
"""


def _own_reviews(actions: str, posts: str) -> str:
    return f"""
-- a row is a negative review of which its author did something
  select review_id, reviewer_id from ({posts}) as p
  where rating <= 2 and review_id in (select review_id from ({actions}) as a)
"""


def _all(table: str, columns: str, condition: str = "true") -> str:
    return (
        f"select {columns} from new_{table} where {condition}"
        f" union all select {columns} from old_{table} where {condition}"
    )


_POSTS = "review_id, reviewer_id, product_id, rating"

OF_LOOK_UPS = Lookup(
    reads=("staff_access", "tickets", "reviews", "review_actions"),
    names=("products",),
    touched=f"""
with named as ({_named(_all("staff_access", _ACCESS, CONTACT), _all("reviews", _POSTS))}),
own_reviews as ({_own_reviews(_all("review_actions", "review_id", OWN), _all("reviews", _POSTS))}),
news_of_reviews as (
  {OF_REVIEWS.touched}
),
news as (
  select access_id, reviewer_id from named
  where access_id in (select access_id from new_staff_access)
    or ticket_id in (select ticket_id from new_tickets)
    or review_id in (select review_id from news_of_reviews)
    or product_id in (
      select product_id from listing_versions
      where cast(date_trunc('week', listing_known_at) as date) in (select week from weeks_to_fold)
    )
),
reviewers as (
  select reviewer_id from news where reviewer_id is not null
  union
  select reviewer_id from own_reviews where review_id in (select review_id from news_of_reviews)
)
-- a row is a look-up of which something became known, or of a reviewer of whom it did; or what such a one took back
select access_id, ticket_id, review_id from named
where access_id in (select access_id from news) or reviewer_id in (select reviewer_id from reviewers)
union all
select null, null, review_id from own_reviews
where reviewer_id in (select reviewer_id from reviewers)
  and reviewer_id in (select reviewer_id from named where reviewer_id is not null)
""",
    inputs={
        "staff_access": "select * from old_staff_access where access_id in (select access_id from touched)",
        "tickets": "select * from old_tickets where ticket_id in (select ticket_id from touched)",
        "reviews": "select * from old_reviews where review_id in (select review_id from touched)",
        "review_actions": (
            f"select * from old_review_actions where {OWN} and review_id in (select review_id from touched)"
        ),
    },
    changed=f"""
with named as ({_named(f"select {_ACCESS} from staff_access where {CONTACT}", f"select {_POSTS} from reviews")}),
own_reviews as (
  {_own_reviews(f"select review_id from review_actions where {OWN}", f"select {_POSTS} from reviews")}
),
late as (
  select access_id, reviewer_id from named
  where access_id in (select access_id from late_staff_access)
    or ticket_id in (select ticket_id from late_tickets)
    or review_id in (select review_id from late_reviews)
    or product_id in (select product_id from late_products)
),
reviewers as (
  select reviewer_id from late where reviewer_id is not null
  union
  select reviewer_id from own_reviews
  where review_id in (select review_id from late_review_actions union select review_id from late_reviews)
),
affected as (
  select access_id, ticket_id, review_id, product_id from named
  where access_id in (select access_id from late) or reviewer_id in (select reviewer_id from reviewers)
  union all
  select null, null, review_id, null from own_reviews where reviewer_id in (select reviewer_id from reviewers)
)
-- what is made of several rows is known when one of them is
select known_at from staff_access where access_id in (select access_id from affected)
union
select known_at from tickets where ticket_id in (select ticket_id from affected)
union
select known_at from reviews where review_id in (select review_id from affected)
union
select known_at from review_actions where {OWN} and review_id in (select review_id from affected)
union
select listing_known_at from listing_versions where product_id in (
  select product_id from affected
  union
  select product_id from reviews where review_id in (select review_id from affected)
)
""",
)
