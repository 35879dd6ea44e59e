"""Facts of pressure on reviewers, in SQL: look-ups of who they are, what they took back, and what buyers report."""

from __future__ import annotations

from features.families.review_states import NEGATIVE, counted
from features.listings import done_to, in_force
from features.lookups.accounts import OF_BUYER_REPORTS
from features.lookups.look_ups import CONTACT, OF_LOOK_UPS, OWN
from features.lookups.reviews import OF_REVIEWS
from features.measures import TileKind

WITHIN_DAYS = 21
"""Days in which what an author takes back is held to follow a look-up (a guess: letters, an offer, a reply)."""

_LISTED = "greatest(a.known_at, s.listing_known_at)"
_OF_REVIEW = done_to("a.accessed_at", "r.review_id")
_WRITTEN = "greatest(a.known_at, r.known_at, s.listing_known_at)"
_ABOUT = "a.access_id, a.actor_id, a.accessed_at, a.records, a.ticket_id, a.reviewer_id, a.review_id"

_LOOKED_UP = f"""
-- a row is a look-up of a reviewer's contact data, with the seller that it is about, known when both are
with look_ups as (
  select {_ABOUT}, a.seller_id, a.known_at
  from staff_access as a
  where a.{CONTACT} and a.seller_id is not null
  union all
  select {_ABOUT}, s.seller_id, {_LISTED}
  from staff_access as a
  join listing_spans as s on a.product_id = s.product_id and {in_force("a.accessed_at", _LISTED)}
  where a.{CONTACT} and a.seller_id is null
  union all
  select {_ABOUT}, s.seller_id, {_WRITTEN}
  from staff_access as a
  join reviews as r on a.review_id = r.review_id
  join listing_spans as s on r.product_id = s.product_id and {in_force(_OF_REVIEW, _WRITTEN)}
  where a.{CONTACT} and a.seller_id is null and a.product_id is null
)"""

_LOOK_UP_MEASURES = {
    "look_ups": counted("what = 'looked'"),
    "look_up_records": "case when what = 'looked' then coalesce(records, 0) else 0 end",
    "look_ups_unticketed": counted("what = 'looked' and ticket_id is null"),
    "look_ups_flawed": counted(
        "what = 'seen' and (opened_by = actor_id or opened_at > happened_at or about <> seller_id)"
    ),
}

LOOK_UPS = TileKind(
    name="look_ups",
    folds=dict.fromkeys(_LOOK_UP_MEASURES, "sum"),
    lookup=OF_LOOK_UPS,
    by="actor_id",
    facts=f"""
{_LOOKED_UP},
facts_of_look_ups as (
  select seller_id, known_at, accessed_at as happened_at, actor_id, records, ticket_id, 'looked' as what,
    actor_id as opened_by, known_at as opened_at, seller_id as about
  from look_ups
  union all
  select l.seller_id, greatest(l.known_at, t.known_at), l.accessed_at, l.actor_id, l.records, l.ticket_id, 'seen',
    t.opened_by, t.opened_at, t.seller_id
  from look_ups as l join tickets as t on l.ticket_id = t.ticket_id
)
select
  seller_id, known_at, happened_at, cast(null as date) as until_on, actor_id,
  {", ".join(f"{sql} as {name}" for name, sql in _LOOK_UP_MEASURES.items())}
from facts_of_look_ups
""",
)

_OWN_ACT = done_to("a.acted_at", "r.review_id")
_OWN_KNOWN = "greatest(a.known_at, r.known_at, s.listing_known_at)"

_TAKEN_BACK = f"""
-- a row is a negative review that its author removed, or gave more stars than it was posted with
taken_back as (
  select
    a.review_id, a.kind, r.reviewer_id, s.seller_id, a.acted_at as happened_at, {_OWN_KNOWN} as known_at
  from review_actions as a
  join reviews as r on a.review_id = r.review_id
  join listing_spans as s on r.product_id = s.product_id and {in_force(_OWN_ACT, _OWN_KNOWN)}
  where a.{OWN.replace(" and ", " and a.")} and r.{NEGATIVE} and (a.kind = 'removed' or a.new_rating > r.rating)
)"""

TAKE_BACKS = TileKind(
    name="take_backs",
    folds={"take_backs": "sum"},
    lookup=OF_REVIEWS,
    facts=f"""
with {_TAKEN_BACK}
select seller_id, known_at, happened_at, cast(null as date) as until_on, 1 as take_backs from taken_back
""",
)

FOLLOWED = TileKind(
    name="followed_look_ups",
    folds=dict.fromkeys(("look_ups_of_reviewers", "look_ups_followed", "take_backs_prompted"), "sum"),
    lookup=OF_LOOK_UPS,
    facts=f"""
{_LOOKED_UP},
{_TAKEN_BACK},
-- the reviewer of a look-up that names a review only is known when the review is
of_reviewers as (
  select l.access_id, l.seller_id, l.accessed_at, l.reviewer_id, l.known_at
  from look_ups as l where l.reviewer_id is not null
  union all
  select l.access_id, l.seller_id, l.accessed_at, r.reviewer_id,
    greatest(l.known_at, r.known_at, v.listing_known_at)
  from look_ups as l
  join reviews as r on l.review_id = r.review_id
  join listing_versions as v on r.product_id = v.product_id and v.version = 1
  where l.reviewer_id is null
),
followed as (
  select l.access_id, l.seller_id, l.accessed_at, t.review_id, t.kind, t.happened_at,
    greatest(l.known_at, t.known_at) as known_at
  from of_reviewers as l
  join taken_back as t
    on l.reviewer_id = t.reviewer_id and l.seller_id = t.seller_id
    and t.happened_at >= l.accessed_at and t.happened_at <= l.accessed_at + interval '{WITHIN_DAYS}' day
)
select seller_id, known_at, accessed_at as happened_at, cast(null as date) as until_on,
  1 as look_ups_of_reviewers, 0 as look_ups_followed, 0 as take_backs_prompted
from of_reviewers
union all
select seller_id, min(known_at), accessed_at, null, 0, 1, 0
from followed group by access_id, seller_id, accessed_at
union all
select seller_id, min(known_at), happened_at, null, 0, 0, 1
from followed group by review_id, kind, seller_id, happened_at
""",
)

_REPORT_MEASURES = {
    "off_platform_reports": counted("r.kind = 'off_platform_contact'"),
    "paid_review_reports": counted("r.kind = 'paid_review'"),
}

BUYER_REPORTS = TileKind(
    name="buyer_reports",
    folds=dict.fromkeys(_REPORT_MEASURES, "sum"),
    lookup=OF_BUYER_REPORTS,
    facts=f"""
-- a row is what a buyer reports of a seller, known with the seller's account
select
  r.seller_id, greatest(r.known_at, s.known_at) as known_at, r.reported_at as happened_at,
  cast(null as date) as until_on,
  {", ".join(f"{sql} as {name}" for name, sql in _REPORT_MEASURES.items())}
from buyer_reports as r
join (select seller_id, min(known_at) as known_at from sellers group by seller_id) as s on r.seller_id = s.seller_id
""",
)
