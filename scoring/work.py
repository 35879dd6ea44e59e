"""The work of the staff in the year before a cutoff, in assignments: one piece of work of one person for one seller.

An assignment is a ticket, else what one person did for one seller on one day (UTC): many reviews of one ticket are one
decision, not many. Three desks work: moderation (reviews removed or kept), standing (accounts suspended, reinstated
and the like) and look-ups in internal tools. What a seller could buy of a desk is told apart from its other work.
"""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd

from features.contract import TABLES
from features.engine import Session, open_session
from features.landed import landed
from features.listings import LISTING_TABLES, LISTINGS, in_force
from features.store import Manifest, Store
from features.verdict_rows import verdict_rows
from model.settings import Configuration

MODERATION, STANDING, LOOK_UPS = DESKS = ("moderation", "standing", "look-ups")

LOOK_BACK = timedelta(days=364)

_READ = ("review_actions", "tickets", "account_actions", "staff_access", "staff", "staff_verdicts", "verdicts")

_TICKETS_BEFORE = timedelta(days=182)
"""How long before the work its tickets are looked for; an older one is not found, which speaks neither way."""

_STAFF_THEN = """
-- a row is a spell of a member of staff in a role and queue; the first covers what came before it
select
  actor_id, role, queue,
  case when lag(valid_from) over versions is null then timestamp '0001-01-01' else cast(valid_from as timestamp) end
    as from_at,
  coalesce(cast(lead(valid_from) over versions as timestamp), timestamp '9999-12-31') as until_at
from staff
window versions as (partition by actor_id order by valid_from, known_at)
"""

_DECISIONS = f"""
-- a row is a review that a member of staff removed or kept, with how often the queue removes reviews like it
with decided as (
  select
    a.review_id, a.actor_id, s.seller_id, a.acted_at, r.created_at, a.ticket_id, a.kind = 'removed' as removed,
    r.rating <= 2 as negative, coalesce(a.queue, t.queue, '') as queue, t.queue as own_queue,
    coalesce(a.trigger, '') as trigger, coalesce(a.reason, '') as reason, r.rating,
    case when a.acted_at < r.created_at + interval 30 day then 0
      when a.acted_at < r.created_at + interval 182 day then 1 else 2 end as age
  from review_actions as a
  join reviews as r on a.review_id = r.review_id
  join listing_spans as s
    on r.product_id = s.product_id and {in_force("a.acted_at", "greatest(a.known_at, r.known_at, s.listing_known_at)")}
  left join staff_then as t on a.actor_id = t.actor_id and a.acted_at >= t.from_at and a.acted_at < t.until_at
  where a.actor_kind = 'staff' and a.actor_id is not null and a.kind in ('removed', 'kept')
)
select
  *,
  (count(*) filter (where removed) over alike + 1.0) / (count(*) over alike + 2.0) as usual
from decided
window alike as (partition by queue, rating, trigger, age)
"""

_MODERATION = """
-- a row is an assignment of moderation; bought is what a seller could buy of it, the removal of negative reviews
with reviews_of as (
  select d.*, t.opened_at > d.acted_at or t.opened_by = d.actor_id or t.seller_id <> d.seller_id as strange
  from decisions as d
  left join tickets as t on d.ticket_id = t.ticket_id
)
select
  actor_id, seller_id, min(acted_at) as happened_at, min(queue) as place,
  count(*) as pieces,
  count(*) filter (where negative and removed) as negatives_removed,
  negatives_removed > 0 as bought,
  case when negatives_removed > 0 then 'removed negatives' when 2 * count(*) filter (where negative) >= count(*)
    then 'kept negatives' when bool_or(removed) then 'removed positives' else 'kept positives' end as kind,
  ticket_id is null or coalesce(bool_or(strange), false) as uncaused,
  coalesce(avg(1 - usual) filter (where negative and removed), 1.0) as weight
from reviews_of
group by actor_id, seller_id, ticket_id, case when ticket_id is null then cast(acted_at as date) end
"""

_STANDING = """
-- a row is an assignment on accounts; bought: the account or a listing came back, or a category was opened to it
select
  a.actor_id, a.seller_id, min(a.acted_at) as happened_at, min(coalesce(a.queue, s.queue, s.role, '')) as place,
  count(*) as pieces, 0::bigint as negatives_removed, a.kind in ('reinstated', 'category_opened') as bought, a.kind,
  a.ticket_id is null or coalesce(bool_or(
    t.opened_at > a.acted_at or t.opened_by = a.actor_id or t.seller_id <> a.seller_id
  ), false) as uncaused,
  1.0::double as weight
from account_actions as a
left join tickets as t on a.ticket_id = t.ticket_id
left join staff_then as s on a.actor_id = s.actor_id and a.acted_at >= s.from_at and a.acted_at < s.until_at
where a.actor_kind = 'staff' and a.actor_id is not null and a.kind not in ('appealed')
group by a.actor_id, a.seller_id, a.kind, a.ticket_id, case when a.ticket_id is null then cast(a.acted_at as date) end
"""

_LOOKED = f"""
-- a row is a look-up of a known seller's affairs, with whether something asked for it
with of_seller as (
  select
    l.* replace (coalesce(l.seller_id, s.seller_id) as seller_id, coalesce(l.reviewer_id, r.reviewer_id) as reviewer_id)
  from staff_access as l
  left join reviews as r on l.review_id = r.review_id
  left join listing_spans as s
    on l.seller_id is null and coalesce(l.product_id, r.product_id) = s.product_id
    and {in_force("l.accessed_at", "greatest(l.known_at, s.listing_known_at)")}
),
investigated as (
  select distinct l.access_id
  from of_seller as l
  join cases as c on l.seller_id = c.seller_id and l.accessed_at >= c.opened_at and l.accessed_at <= c.decided_at
)
select
    l.*, coalesce(d.role, '') as place,
    case when l.resource in ('reviewer_contact', 'sales_report', 'ranking_internals') then l.resource else 'other' end
      as tool,
    coalesce(
      l.ticket_id is not null and coalesce(
        t.opened_at <= l.accessed_at and (t.opened_by is null or t.opened_by <> l.actor_id)
          and (t.seller_id is null or t.seller_id = l.seller_id), true
      )
      or w.actor_id is not null or i.access_id is not null, false
    ) as with_cause
  from of_seller as l
  left join tickets as t on l.ticket_id = t.ticket_id
  left join work_days as w
    on l.actor_id = w.actor_id and l.seller_id = w.seller_id and cast(l.accessed_at as date) = w.worked_on
  left join staff_then as d on l.actor_id = d.actor_id and l.accessed_at >= d.from_at and l.accessed_at < d.until_at
  left join investigated as i on l.access_id = i.access_id
  where l.seller_id is not null
"""

_LOOK_UPS = """
-- a row is what one person looked up of one seller on a day in one tool; bought: what is for sale, without a cause
select
  actor_id, seller_id, min(accessed_at) as happened_at, min(place) as place,
  count(*) as pieces, 0::bigint as negatives_removed, tool <> 'other' and not with_cause as bought,
  tool || case when with_cause then ' with a cause' else '' end as kind, not with_cause as uncaused,
  1.0::double as weight
from looked
group by actor_id, seller_id, tool, with_cause, cast(accessed_at as date)
"""

_WORK_DAYS = """
-- a row is a day on which a member of staff worked on reviews or the account of a seller, or the day before it
select distinct actor_id, seller_id, cast(acted_at as date) - days as worked_on
from (
  select actor_id, seller_id, acted_at from decisions
  union all
  select actor_id, seller_id, acted_at from account_actions where actor_id is not null
)
cross join (values (0), (1)) as around(days)
"""


_CASES = """
-- a row is an investigation of a seller that a verdict has ended
select seller_id, coalesce(opened_at, decided_at - interval {} week) as opened_at, decided_at from verdicts
"""

_CLEARED = """
-- a row is a member of staff whose last verdict found an innocent explanation for what came before it
select actor_id, max(decided_at) as decided_at
from staff_verdicts
group by actor_id
having arg_max(verdict, decided_at) = 'cleared'
"""


def assignments_at(store: Store, as_of: date, configuration: Configuration) -> pd.DataFrame:
    """Return every assignment that became known in the 364 days before a cutoff.

    Work that a verdict has cleared is left out, as if its member of staff had not been on duty.

    Columns: desk, actor_id (pseudonym), seller_id, happened_at, week (its Monday), place (marketplace, and queue or,
    for look-ups, role), kind, bought (a seller could have bought it), uncaused (no ticket, or one that came later, was
    opened by the actor, or is of another seller), pieces (reviews, actions or look-ups), negatives_removed, weight (0
    to 1: how unusual it is in the queue to do this to reviews like these). In the order in which the work happened;
    ids decide last.
    """
    manifest = store.manifest()
    with open_session(configuration.engine, store.scratch) as session:
        open_work(session, store, manifest, as_of, LOOK_BACK, configuration.labels.investigation_weeks)
        session.execute(f"create temp table cleared as {_CLEARED}")
        parts = zip(DESKS, (_MODERATION, _STANDING, _LOOK_UPS), strict=True)
        together = " union all ".join(f"select '{desk}' as desk, * from ({query})" for desk, query in parts)
        rows = session.sql(f"""
select
  w.* replace (m.marketplace || ' ' || w.place as place),
  cast(date_trunc('week', w.happened_at) as timestamp) as week
from ({together}) as w
join (select seller_id, arg_max(marketplace, valid_from) as marketplace from sellers group by seller_id) as m
  on w.seller_id = m.seller_id
left join cleared as c on w.actor_id = c.actor_id and w.happened_at < c.decided_at
where c.actor_id is null
order by desk, happened_at, pieces, negatives_removed, weight, kind, place, w.actor_id, w.seller_id
""")
        return rows.to_arrow_table().to_pandas()


def open_work(
    session: Session,
    store: Store,
    manifest: Manifest,
    as_of: date,
    look_back: timedelta,
    investigation_weeks: int,
) -> None:
    """Let the session see each table as it was known at the cutoff: the work of a while, and what it was on.

    Beside the tables of the contract it sees those of `features.listings`, and `cases` (investigations that a verdict
    ended), `staff_then` (roles and queues), `decisions` (reviews that staff removed or kept), `work_days` and `looked`
    (look-ups, with their seller and whether something asked for them).
    """
    key_types = manifest.identity.get("key_types", {})
    for name in (*LISTING_TABLES, *_READ, "reviews"):
        rows = verdict_rows(store, manifest)
        if name != "verdicts":
            rows = landed(store, manifest, TABLES[name], key_types, _weeks(manifest, name, as_of, look_back))
        since = f" and known_at >= date '{as_of - look_back}'" if name in _WORK else ""
        session.execute(f"create temp view {name} as select * from ({rows}) where known_at < date '{as_of}'{since}")
    for name, query in LISTINGS.items():
        session.execute(f"create temp table {name} as {query}")
    session.execute(f"create temp table cases as {_CASES.format(investigation_weeks)}")
    steps = {"staff_then": _STAFF_THEN, "decisions": _DECISIONS, "work_days": _WORK_DAYS, "looked": _LOOKED}
    for name, query in steps.items():
        session.execute(f"create temp table {name} as {query}")


_WORK = frozenset({"review_actions", "account_actions", "staff_access"})


def _weeks(manifest: Manifest, name: str, as_of: date, look_back: timedelta) -> list[date] | None:
    """Mondays of the weeks of a table that matter; None: all of them, as any may hold what is asked for."""
    if name not in _WORK and name != "tickets":
        return None
    since = as_of - look_back - (_TICKETS_BEFORE if name == "tickets" else timedelta(0)) - timedelta(days=6)
    weeks = {date.fromisoformat(entry.week) for entry in manifest.group(f"events/{name}").values()}
    return sorted(week for week in weeks if since <= week < as_of)
