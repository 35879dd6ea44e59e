"""What befalls a seller's rivals at the hands of those who have to do with it, read in one go for two families."""

from __future__ import annotations

from features.families.reviewers import FIVES, ONES
from features.families.staff_service import (
    ACCOUNT_ACTS,
    LOOKUPS,
    RANKING_LOOKUPS,
    REVIEW_ACTS,
    SERVING,
    UNASKED_SUSPENSIONS,
)
from features.measures import OnRivals

READS = 2
"""Look-ups of how a seller's places come about, by one person, from which on they are taken to be read for somebody."""

_BEFELL = OnRivals(
    name="befell_rivals",
    reads=(REVIEW_ACTS, ACCOUNT_ACTS, LOOKUPS, RANKING_LOOKUPS, UNASKED_SUSPENSIONS, FIVES, ONES),
    days=91,
    columns=("lookups", "suspensions", "ones", "read"),
    rows=f"""
-- a row is a seller, another one, and what those did to it who acted on the first, praised it, or read its ranking
with serving as ({SERVING}),
few_served as (select actor_id from serving group by actor_id having count(*) <= {{max_sellers_linked}}),
few_read as (
  select actor_id from number_lookups_in_window group by actor_id having count(*) <= {{max_sellers_linked}}
),
few_judged as (
  select reviewer_id from stars_by_reviewer_in_window group by reviewer_id having count(*) <= {{max_sellers_linked}}
)
select
  s.seller_id, l.seller_id as other_id, l.lookups_without_cause as lookups, 0 as suspensions, 0 as ones, 0 as read
from number_lookups_in_window as l
join few_served as f on l.actor_id = f.actor_id
join serving as s on l.actor_id = s.actor_id
union all
select s.seller_id, a.seller_id, 0, a.unasked_suspensions, 0, 0
from account_service_in_window as a
join few_served as f on a.actor_id = f.actor_id
join serving as s on a.actor_id = s.actor_id
where a.unasked_suspensions > 0
union all
select mine.seller_id, other.seller_id, 0, 0, other.ones, 0
from stars_by_reviewer_in_window as other
join few_judged as f on other.reviewer_id = f.reviewer_id
join stars_by_reviewer_in_window as mine on other.reviewer_id = mine.reviewer_id
where other.ones > 0 and mine.fives > 0
union all
select mine.seller_id, other.seller_id, 0, 0, 0, other.lookups_without_cause
from number_lookups_in_window as other
join few_read as f on other.actor_id = f.actor_id
join number_lookups_in_window as mine on other.actor_id = mine.actor_id
where mine.ranking_lookups >= {READS}
""",
)

RIVAL_LOOKUPS = _BEFELL.number("lookups", REVIEW_ACTS, ACCOUNT_ACTS, LOOKUPS)
"""Look-ups of rivals' numbers without cause, by staff who acted on the seller and not on too many."""
RIVAL_SUSPENSIONS = _BEFELL.number("suspensions", REVIEW_ACTS, ACCOUNT_ACTS, UNASKED_SUSPENSIONS)
"""Suspensions of rivals without a ticket, by the same."""
RIVAL_ONES = _BEFELL.number("ones", FIVES, ONES)
"""One-star reviews of rivals by those who gave the seller five stars, and judged not too many."""
RIVALS_READ = _BEFELL.number("read", LOOKUPS, RANKING_LOOKUPS)
"""Look-ups of rivals' numbers without cause, by those who so read the ranking of the seller's products repeatedly."""
