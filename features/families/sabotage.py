"""Sabotage of rivals: suspended by staff who serve the seller, and badly reviewed by those who praise it."""

from __future__ import annotations

from features.families.bought_reviews import PRAISING
from features.families.peers import rarity
from features.families.reviewers import FIVES, ONES
from features.families.staff_service import ACCOUNT_ACTS, REVIEW_ACTS, SERVING, UNASKED_SUSPENSIONS
from features.measures import OnRivals
from features.signal import Signal

_HARMED = OnRivals(
    name="harm_to_rivals",
    reads=(REVIEW_ACTS, ACCOUNT_ACTS, UNASKED_SUSPENSIONS, FIVES, ONES),
    days=91,
    columns=("rival_suspensions", "rival_ones"),
    rows=f"""
-- a row is a seller, another one, and what those did to the other who acted on the first, or praised it
with serving as ({SERVING}),
few_served as (select actor_id from serving group by actor_id having count(*) <= {{max_sellers_linked}}),
few_praised as (
  select reviewer_id from stars_by_reviewer_in_window group by reviewer_id
  having count(*) <= {{max_sellers_linked}}
)
select
  s.seller_id, a.seller_id as other_id, a.unasked_suspensions as rival_suspensions, 0 as rival_ones
from account_service_in_window as a
join few_served as f on a.actor_id = f.actor_id
join serving as s on a.actor_id = s.actor_id
where a.unasked_suspensions > 0
union all
select mine.seller_id, other.seller_id, 0, other.ones
from stars_by_reviewer_in_window as other
join few_praised as f on other.reviewer_id = f.reviewer_id
join stars_by_reviewer_in_window as mine on other.reviewer_id = mine.reviewer_id
where other.ones > 0 and mine.fives > 0
""",
)

_SOURCE = "DOJ, Sep 2020, through the press: rivals suspended, rivals flooded with fake negative reviews"

SUSPENSIONS = Signal(
    name="rival_suspensions_91d",
    service="sabotage",
    unit="suspensions",
    window_days=91,
    direction=1,
    no_events=0.0,
    why="A suspension that nobody asked for, of a rival, by who serves the seller, helps the seller.",
    source=_SOURCE,
    sentence="Staff who acted on it suspended its rivals {value} times without a ticket in 91 days; usual {peer}.",
    formula=_HARMED.number("rival_suspensions", REVIEW_ACTS, UNASKED_SUSPENSIONS),
)

ONE_STARS = Signal(
    name="rival_one_stars_91d",
    service="sabotage",
    unit="complaints",
    window_days=91,
    direction=1,
    no_events=0.0,
    why="A buyer may like one lamp and not the next; a crowd that praises one seller and pans its rivals is hired.",
    source=_SOURCE,
    sentence="Those who gave it five stars gave its rivals {value} reviews of one star in 91 days; usual are {peer}.",
    formula=_HARMED.number("rival_ones", FIVES, ONES),
)

SIGNALS: tuple[Signal, ...] = (
    SUSPENSIONS,
    ONE_STARS,
    rarity(
        ONE_STARS,
        PRAISING,
        "gamma_poisson",
        "{value} of the sellers like it had so many rivals panned by those who praised it in 91 days; usual is {peer}.",
        day_zero=True,
    ),
)
