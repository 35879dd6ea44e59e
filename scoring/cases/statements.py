"""SQL of the facts of cases, over the tables that `scoring.work.open_work` and `scoring.cases.facts` open."""

from __future__ import annotations

from features.listings import done_to, in_force

PRAISED_WITHIN_DAYS = 91
"""Days around a five-star review in which its author's praise of other sellers counts."""

_FIT = """case
    when d.ticket_id is null then 'none'
    when t.ticket_id is null then 'unknown'
    when t.opened_at > d.acted_at or t.opened_by = d.actor_id or t.seller_id <> d.seller_id then 'wrong'
    else 'fits' end"""

_CLASSES = """
  case when age_days < 14 then 0 when age_days < 60 then 1 when age_days < 182 then 2 else 3 end as age_class,
  case when batch < 2 then 0 when batch < 4 then 1 else 2 end as batch_class,
  case when returns = 0 then 0 when returns < 1.5 * by_chance then 1 when returns < 3 * by_chance then 2
    when returns < 6 * by_chance or returns = 1 then 3 when returns < 3 then 4 else 5 end as together_class"""
"""The last: on how many further days the same hand came back to the seller, beside what its part of the queue's work
lets expect of it, given what other hands removed of that seller. One further day may be the same job continued."""

_REMOVALS = f"""
-- a row is a removal by staff, with what can be told of it by itself and beside the other removals
with described as (
  select
    d.review_id, d.seller_id, d.actor_id, d.acted_at, d.created_at, d.rating, d.negative, d.queue, d.trigger, d.reason,
    d.ticket_id, t.opened_at as ticket_opened_at, {_FIT} as fit,
    coalesce(d.own_queue <> d.queue, false) as off_queue,
    date_diff('day', d.created_at, d.acted_at) as age_days,
    l.seller_id is not null as listed, h.actor_id is not null as by_helper
  from decisions as d
  left join tickets as t on d.ticket_id = t.ticket_id
  left join listed as l on d.seller_id = l.seller_id
  left join helpers as h on d.actor_id = h.actor_id
  where d.removed
),
numbered as (
  select
    *,
    row_number() over (partition by seller_id, actor_id, negative, cast(acted_at as date) order by review_id) as place
  from described
),
counted as (
  select
    *,
    count(*) over (partition by seller_id, actor_id, negative, cast(acted_at as date)) as batch,
    count(*) filter (where place = 1) over (partition by seller_id, actor_id, negative) as by_pair,
    count(*) filter (where place = 1) over (partition by seller_id, negative) as of_seller,
    count(*) filter (where place = 1) over (partition by queue, actor_id, negative) as by_actor,
    count(*) filter (where place = 1) over (partition by queue, negative) as of_queue
  from numbered
),
by_hand as (
  select
    *,
    by_pair - 1 as returns,
    (of_seller - by_pair + 1) * (by_actor - by_pair + 1) / cast(
      greatest(of_queue - of_seller - (by_actor - by_pair), 0) + 1 as double
    ) as by_chance
  from counted
)
select *, {_CLASSES} from by_hand
"""

SEEN = ("age_class", "fit", "trigger", "batch_class", "off_queue")
"""What a removal looks like by itself: the columns by which it is compared with ordinary ones."""

RETURNS = "together_class"
"""How often its hand comes back to the seller, 0 to 5."""

_ALL_REVIEWS = """
-- a row is a review of a product that a listed seller holds now, as its page shows it
with held as (
  select product_id, arg_max(seller_id, version) as seller_id from listing_versions group by product_id
),
theirs as (
  select r.review_id, h.seller_id, r.reviewer_id, r.rating as posted, r.verified, r.created_at
  from reviews as r
  join held as h on r.product_id = h.product_id
  where h.seller_id in (select seller_id from listed)
),
done as (
  select
    review_id,
    max(case when kind = 'removed' then acted_at end) as removed_at,
    max(case when kind = 'restored' then acted_at end) as restored_at,
    arg_max(new_rating, acted_at) filter (where kind = 'edited' and new_rating is not null) as new_rating
  from all_actions
  where review_id in (select review_id from theirs)
  group by review_id
)
select
  t.review_id, t.seller_id, t.reviewer_id, t.verified, t.created_at, coalesce(d.new_rating, t.posted) as rating,
  d.removed_at is null or coalesce(d.restored_at >= d.removed_at, false) as visible
from theirs as t
left join done as d on t.review_id = d.review_id
"""

_PRAISE = f"""
-- a row is a visible five-star review of a listed seller, and how many others its author praised around that time
with fives as (
  select s.review_id, s.seller_id, s.reviewer_id, s.verified, s.created_at
  from shown as s, (select min(day) as first_on from review_arrivals) as a
  where s.visible and s.rating = 5 and s.created_at >= a.first_on
),
authors as (select distinct reviewer_id from fives),
praised as (
  select r.reviewer_id, v.seller_id, r.created_at
  from reviews as r
  join listing_spans as v
    on r.product_id = v.product_id and {in_force("r.created_at", "greatest(r.known_at, v.listing_known_at)", "v")}
  where r.rating = 5 and r.reviewer_id in (select reviewer_id from authors)
)
select
  f.review_id, f.seller_id, f.reviewer_id, f.verified, f.created_at,
  count(distinct case when p.seller_id <> f.seller_id then p.seller_id end) as others,
  count(*) filter (where p.seller_id = f.seller_id) as same
from fives as f
join praised as p
  on f.reviewer_id = p.reviewer_id
  and p.created_at >= f.created_at - interval {PRAISED_WITHIN_DAYS} day
  and p.created_at <= f.created_at + interval {PRAISED_WITHIN_DAYS} day
group by f.review_id, f.seller_id, f.reviewer_id, f.verified, f.created_at
"""

_WEEKLY = """
-- a row is a kind of event, a seller and a week; removals are counted in assignments
select 'removals' as kind, seller_id, cast(date_trunc('week', acted_at) as date) as week,
  count(distinct (actor_id, coalesce(cast(ticket_id as varchar), cast(cast(acted_at as date) as varchar)))) as count
from removals where negative group by all
union all
select 'one hand', seller_id, cast(date_trunc('week', acted_at) as date),
  count(distinct (actor_id, coalesce(cast(ticket_id as varchar), cast(cast(acted_at as date) as varchar))))
from removals where negative and together_class > 3 group by all
union all
select 'negatives removed', seller_id, cast(date_trunc('week', acted_at) as date), count(*)
from removals where negative group by all
union all
select 'look-ups', seller_id, cast(date_trunc('week', accessed_at) as date), count(*)
from looked where tool = 'reviewer_contact' and not with_cause group by all
union all
select 'internals', seller_id, cast(date_trunc('week', accessed_at) as date), count(*)
from looked where tool = 'ranking_internals' and not with_cause group by all
union all
select 'take-backs', seller_id, cast(date_trunc('week', day) as date), sum(take_backs) from take_backs group by all
union all
select 'standing', seller_id, cast(date_trunc('week', day) as date), sum(returns + openings)
from account_standing group by all
union all
select 'reviews', seller_id, cast(date_trunc('week', day) as date), sum(came) from review_arrivals group by all
union all
select 'negatives', seller_id, cast(date_trunc('week', day) as date), sum(came_negative) from review_arrivals
group by all
union all
select 'fives', seller_id, cast(date_trunc('week', day) as date), sum(came_five) from review_arrivals group by all
union all
select 'units', seller_id, cast(date_trunc('week', day) as date), sum(units) from sales_days group by all
union all
select 'cents', seller_id, cast(date_trunc('week', day) as date), sum(cents) from sales_days group by all
"""

STEPS = {
    "removals": _REMOVALS,
    "weekly": _WEEKLY,
    "shown": _ALL_REVIEWS,
}
"""Tables that the results are read from, in the order in which they are made."""

_MANY_SELLERS = 10

RESULTS = {
    "weekly": """
select kind, seller_id, week, cast(count as bigint) as count from weekly
where seller_id in (select seller_id from listed) and count <> 0 order by all""",
    "market": """
select kind, week, cast(sum(count) as bigint) as count, count(distinct seller_id) as sellers
from weekly group by kind, week order by all""",
    "decisions": """
select r.*, coalesce(s.visible, false) as visible
from removals as r left join shown as s on r.review_id = s.review_id
where r.listed or r.by_helper order by r.seller_id, r.acted_at, r.review_id""",
    "ordinary": f"""
select queue, actor_id, {", ".join((*SEEN, RETURNS))}, count(*) as count
from removals where negative and not listed group by all order by all""",
    "take_backs": f"""
select a.review_id, v.seller_id, a.kind, a.acted_at, r.reviewer_id, r.rating, a.new_rating
from review_actions as a
join reviews as r on a.review_id = r.review_id
join listing_spans as v on r.product_id = v.product_id
  and {in_force(done_to("a.acted_at", "r.review_id"), "greatest(a.known_at, r.known_at, v.listing_known_at)", "v")}
where a.actor_kind = 'reviewer' and r.rating <= 2
  and (a.kind = 'removed' or a.kind = 'edited' and a.new_rating > r.rating)
  and v.seller_id in (
    select seller_id from listed union select seller_id from looked where actor_id in (select actor_id from helpers)
  )
order by v.seller_id, a.acted_at, a.review_id, a.kind""",
    "look_ups": """
select access_id, seller_id, actor_id, accessed_at, resource, tool, coalesce(reviewer_id, -1) as reviewer_id,
  with_cause, actor_id in (select actor_id from helpers) as by_helper,
  seller_id in (select seller_id from listed) as listed
from looked
where seller_id in (select seller_id from listed) or actor_id in (select actor_id from helpers)
order by seller_id, accessed_at, access_id""",
    "accounts": """
select a.seller_id, a.acted_at, a.kind, a.actor_kind, coalesce(a.actor_id, -1) as actor_id,
  a.product_id is null as of_account, a.ticket_id is null as ticketless,
  coalesce(t.opened_at > a.acted_at or t.opened_by = a.actor_id or t.seller_id <> a.seller_id, false) as strange,
  max(case when a.kind = 'appealed' then a.acted_at end) over earlier as appealed_at,
  max(case when a.kind = 'suspended' then a.acted_at end) over earlier as suspended_at
from account_actions as a left join tickets as t on a.ticket_id = t.ticket_id
where a.seller_id in (select seller_id from listed)
window earlier as (
  partition by a.seller_id, a.product_id order by a.acted_at, a.kind rows between unbounded preceding and 1 preceding
)
order by a.seller_id, a.acted_at, a.kind""",
    "reports": """
select report_id, seller_id, reported_at, kind from buyer_reports
where seller_id in (select seller_id from listed) order by seller_id, reported_at, report_id""",
    "ratings": """
select seller_id, cast(count(*) filter (where visible) as bigint) as reviews,
  cast(sum(rating) filter (where visible) as bigint) as stars
from shown group by seller_id order by seller_id""",
    "praise": f"{_PRAISE} order by f.seller_id, f.created_at, f.review_id",
    "purges": f"""
-- a row is a seller's share in a week in which one reason took down praise of many sellers of a queue
with praise as (
  select r.queue, r.reason, cast(date_trunc('week', r.acted_at) as date) as week, r.seller_id
  from removals as r where not r.negative and r.reason <> ''
),
large as (
  select queue, reason, week, count(distinct seller_id) as sellers, count(*) as removed
  from praise group by queue, reason, week having count(distinct seller_id) >= {_MANY_SELLERS}
)
select p.seller_id, p.queue, p.reason, p.week, l.sellers, l.removed, count(*) as own
from praise as p join large as l on p.queue = l.queue and p.reason = l.reason and p.week = l.week
where p.seller_id in (select seller_id from listed)
group by all order by all""",
    "owners": """
select queue, cast(max(done) as double) / sum(done) as share, cast(sum(done) as bigint) as removed
from (select queue, actor_id, count(*) as done from removals where negative group by queue, actor_id)
group by queue order by queue""",
}
"""What is read of them, by the name of the frame."""
