"""Which staff acted on which seller: facts by member of staff."""

from __future__ import annotations

from features.families.review_states import counted
from features.listings import done_to, in_force
from features.lookups.reviews import OF_REVIEWS
from features.lookups.staff_service import ACCOUNTS, OF_ACCOUNT_SERVICE, OF_NUMBER_LOOKUPS
from features.measures import Measure, TileKind

_KNOWN = "greatest(a.known_at, s.listing_known_at)"
_REVIEW_KNOWN = "greatest(a.known_at, r.known_at, s.listing_known_at)"

REVIEW_SERVICE = TileKind(
    name="review_service",
    folds={"review_acts": "sum"},
    lookup=OF_REVIEWS,
    by="actor_id",
    facts=f"""
-- a row is an action of a known member of staff on a review, with the seller of its product at that time
select
  s.seller_id, {_REVIEW_KNOWN} as known_at, a.acted_at as happened_at, cast(null as date) as until_on, a.actor_id,
  1 as review_acts
from review_actions as a
join reviews as r on a.review_id = r.review_id
join listing_spans as s
  on r.product_id = s.product_id and {in_force(done_to("a.acted_at", "r.review_id"), _REVIEW_KNOWN)}
where a.actor_kind = 'staff' and a.actor_id is not null
""",
)

ACCOUNT_SERVICE = TileKind(
    name="account_service",
    folds={"account_acts": "sum", "unasked_suspensions": "sum"},
    lookup=OF_ACCOUNT_SERVICE,
    by="actor_id",
    facts=f"""
-- a row is an action of a known member of staff on an account or its product, or a ticket about it in such hands
with acts as (
  select
    seller_id, known_at, acted_at as happened_at, actor_id,
    {counted("kind = 'suspended' and ticket_id is null")} as unasked_suspensions
  from account_actions
  where actor_kind = 'staff' and actor_id is not null
  union all
  select seller_id, known_at, opened_at, assigned_to, 0 from tickets where assigned_to is not null
)
select
  a.seller_id, greatest(a.known_at, s.known_at) as known_at, a.happened_at, cast(null as date) as until_on, a.actor_id,
  1 as account_acts, a.unasked_suspensions
from acts as a
join {ACCOUNTS} as s on a.seller_id = s.seller_id
""",
)

NUMBER_LOOKUPS = TileKind(
    name="number_lookups",
    folds={"lookups_without_cause": "sum", "ranking_lookups": "sum"},
    lookup=OF_NUMBER_LOOKUPS,
    by="actor_id",
    facts=f"""
-- a row is a look-up of a seller's sales or search metrics, without a ticket or with one about another seller
with lookups as (
  select actor_id, accessed_at, ticket_id, seller_id, product_id, known_at, resource
  from staff_access
  where resource in ('sales_report', 'ranking_internals')
),
located as (
  select actor_id, accessed_at, ticket_id, seller_id, known_at, resource from lookups where seller_id is not null
  union all
  select a.actor_id, a.accessed_at, a.ticket_id, s.seller_id, {_KNOWN} as known_at, a.resource
  from lookups as a
  join listing_spans as s on a.product_id = s.product_id and {in_force("a.accessed_at", _KNOWN)}
  where a.seller_id is null
),
without_cause as (
  select seller_id, known_at, accessed_at, actor_id, resource from located where ticket_id is null
  union all
  select l.seller_id, greatest(l.known_at, t.known_at), l.accessed_at, l.actor_id, l.resource
  from located as l
  join tickets as t on l.ticket_id = t.ticket_id and l.seller_id <> t.seller_id
)
select
  seller_id, known_at, accessed_at as happened_at, cast(null as date) as until_on, actor_id,
  1 as lookups_without_cause, {counted("resource = 'ranking_internals'")} as ranking_lookups
from without_cause
""",
)

REVIEW_ACTS = Measure(REVIEW_SERVICE, "review_acts", ("reviews", "review_actions", "review_actions.actor_id"))
ACCOUNT_ACTS = Measure(
    ACCOUNT_SERVICE,
    "account_acts",
    ("account_actions", "account_actions.actor_id", "tickets", "tickets.assigned_to"),
)
UNASKED_SUSPENSIONS = Measure(
    ACCOUNT_SERVICE,
    "unasked_suspensions",
    ("account_actions", "account_actions.actor_id", "account_actions.ticket_id"),
)
_WITHOUT_CAUSE = ("staff_access", "staff_access.ticket_id", "tickets")
LOOKUPS = Measure(NUMBER_LOOKUPS, "lookups_without_cause", _WITHOUT_CAUSE)
RANKING_LOOKUPS = Measure(NUMBER_LOOKUPS, "ranking_lookups", _WITHOUT_CAUSE)

SERVING = """
-- a row is a seller and a member of staff who acted on it
select seller_id, actor_id from review_service_in_window where review_acts > 0
union
select seller_id, actor_id from account_service_in_window where account_acts > 0
"""
"""SQL of who serves whom, for what is read across sellers; it reads REVIEW_ACTS and ACCOUNT_ACTS."""
