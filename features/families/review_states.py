"""SQL of what becomes of reviews: their arrival, and their state after everything that became known of them."""

from __future__ import annotations

from features.listings import done_to, in_force

NEGATIVE, POSITIVE = "rating <= 2", "rating >= 4"


def counted(condition: str) -> str:
    """SQL that counts a row for which the condition holds."""
    return f"case when {condition} then 1 else 0 end"


def review_steps(reviews: str = "reviews", *more: str) -> str:
    """SQL of common table expressions, ``posts`` to ``steps``, about the reviews that the table expression yields.

    A row of ``posts`` is a review with the seller of its product when it was written; a row of ``steps`` is a review
    after something of it became known, beside how it stood before. Posts also carry these ``more`` columns of reviews.
    """
    columns = "".join(f", {column}" for column in more)
    return f"""
with posts as (
  select
    r.review_id, r.product_id, r.rating, r.created_at as happened_at, s.seller_id{columns},
    greatest(r.known_at, s.listing_known_at) as known_at
  from {reviews} as r
  join listing_spans as s
    on r.product_id = s.product_id
    and {in_force("r.created_at", "greatest(r.known_at, s.listing_known_at)")}
),
-- a row is a review with the seller whose product shows it when it becomes known
held_posts as (
  select
    p.review_id, p.product_id, p.rating, p.happened_at, p.known_at, p.seller_id{columns},
    coalesce(h.seller_id, p.seller_id) as holder, h.happened_at as held_since
  from posts as p
  left join listing_holders as h
    on p.product_id = h.product_id and p.known_at >= h.known_from and p.known_at < h.known_until
),
changes as (
  select
    a.review_id, a.acted_at as happened_at, greatest(a.known_at, p.known_at) as known_at,
    a.kind, a.new_rating, a.actor_kind, s.seller_id
  from review_actions as a
  join posts as p on a.review_id = p.review_id
  join listing_spans as s
    on p.product_id = s.product_id
    and {in_force(done_to("a.acted_at", "p.review_id"), "greatest(a.known_at, p.known_at)")}
  where a.kind in ('removed', 'restored', 'edited')
  union all
  select
    p.review_id, h.happened_at, h.known_from as known_at,
    'moved' as kind, null as new_rating, null as actor_kind, h.seller_id
  from posts as p
  join listing_holders as h on p.product_id = h.product_id and h.known_from > p.known_at
),
history as (
  select review_id, happened_at, known_at, 0 as step, 'posted' as kind, rating as new_rating,
    null as actor_kind, holder as seller_id
  from held_posts
  where review_id in (select review_id from changes)
  union all
  select review_id, happened_at, known_at, 1 as step, kind, new_rating, actor_kind, seller_id
  from changes
),
-- the state of a review after each thing that became known: the known actions in the order in which they happened
states as (
  select
    review_id, happened_at, known_at, step, kind, actor_kind, seller_id,
    max(case when kind = 'removed' then happened_at end) over known as removed_at,
    max(case when kind = 'restored' then happened_at end) over known as restored_at,
    max_by(
      case when kind = 'removed' then actor_kind end, case when kind = 'removed' then happened_at end
    ) over known as removed_by,
    max(case when kind = 'posted' then new_rating end) over known as posted,
    coalesce(
      max_by(
        case when kind = 'edited' then new_rating end,
        case when kind = 'edited' and new_rating is not null then happened_at end
      ) over known,
      max(case when kind = 'posted' then new_rating end) over known
    ) as rating,
    coalesce(
      max_by(case when kind = 'moved' then seller_id end, case when kind = 'moved' then known_at end) over known,
      max(case when kind = 'posted' then seller_id end) over known
    ) as holder
  from history
  window known as (
    partition by review_id order by known_at, step, happened_at, kind
    rows between unbounded preceding and current row
  )
),
seen as (
  select
    review_id, happened_at, known_at, step, kind, actor_kind, seller_id, posted, rating, holder, removed_by,
    removed_at is null or coalesce(restored_at >= removed_at, false) as visible
  from states
),
shown as (
  select
    review_id, happened_at, known_at, step, kind, actor_kind, seller_id, posted, rating, holder, visible,
    not visible and removed_by = 'staff' as withheld,
    not visible and removed_by = 'reviewer' as withdrawn
  from seen
),
steps as (
  select
    review_id, happened_at, known_at, step, kind, actor_kind, seller_id, posted, rating, holder,
    visible, withheld, withdrawn,
    lag(rating) over before as old_rating,
    lag(holder) over before as old_holder,
    lag(visible) over before as was_visible,
    lag(withheld) over before as was_withheld,
    lag(withdrawn) over before as was_withdrawn
  from shown
  window before as (partition by review_id order by known_at, step, happened_at, kind)
)
"""


def negatives_removed(reviews: str) -> str:
    """SQL of common table expressions down to ``removals``, about the reviews that the table expression yields.

    A row of ``removals`` is a removal of a visible negative review by staff.
    """
    return f"""{review_steps(reviews)},
removals as (
  select
    s.review_id, s.seller_id, s.known_at, s.happened_at, p.happened_at as created_at, a.actor_id, a.ticket_id
  from (select review_id, seller_id, known_at, happened_at, kind, old_rating as rating from steps
    where kind = 'removed' and actor_kind = 'staff' and was_visible and not visible) as s
  join posts as p on s.review_id = p.review_id
  join review_actions as a on s.review_id = a.review_id and s.happened_at = a.acted_at and s.kind = a.kind
  where s.{NEGATIVE}
)
"""
