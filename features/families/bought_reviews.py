"""Praise that is bought: written by a crowd that praises others too, at once, without a purchase, and later removed.

Reviewers for hire work through lists: the same people praise several buyers of praise within weeks. Automation finds
part of it late, and then what it removed had five stars.
"""

from __future__ import annotations

from features.families.peers import against_peers, expected, rarity
from features.families.rank_moves import MICRO
from features.families.review_counts import FIVES_CAME, FIVES_REMOVED_BY_AUTOMATION, UNVERIFIED_FIVES_CAME
from features.families.reviewers import FIVES
from features.formulas import log, share
from features.measures import LONGEST_DAYS, Crossing
from features.signal import Signal

_IN_COMMON = Crossing(
    name="praise_in_common",
    reads=(FIVES,),
    days=91,
    rows=f"""
-- a row is a seller: its five-star reviewers, those who praised others too, and the most in common with one other
with given as (select seller_id, reviewer_id from stars_by_reviewer_in_window where fives > 0),
reviewers as (
  select reviewer_id from given group by reviewer_id having count(*) between 2 and {{max_sellers_linked}}
),
shared as (select g.seller_id, g.reviewer_id from given as g semi join reviewers as r on g.reviewer_id = r.reviewer_id),
sizes as (select seller_id, cast(count(*) as double) as reviewers from given group by seller_id),
in_common as (
  select mine.seller_id, other.seller_id as other_id, count(*) as reviewers
  from shared as mine
  join shared as other on mine.reviewer_id = other.reviewer_id and mine.seller_id < other.seller_id
  group by mine.seller_id, other.seller_id
),
beyond_chance as (
  select
    c.seller_id, c.other_id,
    ln((c.reviewers + 1) / (a.reviewers * b.reviewers / t.reviewers + 1)) as excess
  from in_common as c
  join sizes as a on c.seller_id = a.seller_id
  join sizes as b on c.other_id = b.seller_id
  cross join (select cast(count(distinct reviewer_id) as double) as reviewers from given) as t
),
closest as (
  select seller_id, max(excess) as excess
  from (select seller_id, excess from beyond_chance union all select other_id, excess from beyond_chance) as both_ways
  group by seller_id
)
select
  s.seller_id, cast(s.reviewers as bigint) as praising, coalesce(n.praising, 0) as praising_others,
  cast(round({MICRO} * greatest(coalesce(c.excess, 0), 0)) as bigint) as closest
from sizes as s
left join (select seller_id, count(*) as praising from shared group by seller_id) as n on s.seller_id = n.seller_id
left join closest as c on s.seller_id = c.seller_id
""",
)

_CROWD = (
    "He, Hollenbeck, Proserpio 2022, and PNAS 2022: buyers of fake reviews share reviewers, which is costly to hide"
)
_FAKES = "Trustpilot 2024: 7.4 % of reviews fake, 90 % of them removed by automation, five stars the most"

PRAISING = Signal(
    name="five_star_reviewers_91d",
    service="bought_reviews",
    unit="people",
    window_days=91,
    direction=0,
    no_events=0.0,
    why="How many people praised it: the size against which those who praise others too are seen.",
    source="exposure of shared_five_star_reviewers_91d",
    sentence="{value} people gave it five stars in 91 days; usual are {peer}.",
    formula=_IN_COMMON.number("praising"),
)

SHARED = Signal(
    name="shared_five_star_reviewers_91d",
    service="bought_reviews",
    unit="people",
    window_days=91,
    direction=1,
    no_events=0.0,
    why="A crowd for hire praises one buyer after the other; ordinary buyers rarely praise twice in three months.",
    source=_CROWD,
    sentence="{value} of those who gave it five stars in 91 days gave five to other sellers too; usual are {peer}.",
    formula=_IN_COMMON.number("praising_others"),
)

CLOSEST = Signal(
    name="five_star_reviewers_in_common_91d",
    service="bought_reviews",
    unit="log ratio",
    window_days=91,
    direction=1,
    no_events=0.0,
    why="Two sellers with the same crowd bought it in the same place: the most in common with any one other seller.",
    source=_CROWD,
    sentence=(
        "With one other seller it has {value} times as many five-star reviewers of 91 days in common as their sizes let"
        " expect; usual are {peer}."
    ),
    formula=_IN_COMMON.number("closest") / float(MICRO),
)

LARGEST_DAY = Signal(
    name="five_star_day_91d",
    service="bought_reviews",
    unit="reviews",
    window_days=91,
    direction=1,
    no_events=0.0,
    why="What is ordered is delivered at once: the most five-star reviews that came on one day.",
    source=_CROWD,
    sentence="On one day of 91 {value} reviews of five stars came; usual are {peer}.",
    formula=FIVES_CAME.largest(91),
)

ARRIVED = Signal(
    name="five_stars_arrived_91d",
    service="bought_reviews",
    unit="reviews",
    window_days=91,
    direction=0,
    no_events=0.0,
    why="How much praise came: the size against which its largest day is seen.",
    source="exposure of five_star_day_91d",
    sentence="{value} reviews of five stars came in 91 days; usual are {peer}.",
    formula=FIVES_CAME.total(91),
)

DAY_CHANGE = Signal(
    name="five_star_day_change_91d",
    service="bought_reviews",
    unit="log ratio",
    window_days=LONGEST_DAYS,
    direction=1,
    no_events=0.0,
    why="A busy seller has busy days: the largest counts against the seller's own largest in the months before.",
    source="ethogram, LANL: comparing each entity with its own past found what population detectors missed",
    sentence="The busiest day of five-star reviews in 91 has {value} times those of the busiest before; usual {peer}.",
    formula=log(FIVES_CAME.largest(91) + 1.0) - log(FIVES_CAME.largest_earlier(91) + 1.0),
)

REMOVED_LATER = Signal(
    name="five_stars_removed_by_automation_182d",
    service="bought_reviews",
    unit="share",
    window_days=182,
    direction=1,
    no_events=0.0,
    why="Automation finds bought praise late: what it removes of five stars, for each that came, tells who buys.",
    source=_FAKES,
    sentence="Automation removed {value} as many five-star reviews as came in 182 days; usual are {peer}.",
    formula=share(FIVES_REMOVED_BY_AUTOMATION.total(182), FIVES_CAME.total(182)),
)

UNVERIFIED = Signal(
    name="unverified_five_stars_91d",
    service="bought_reviews",
    unit="share",
    window_days=91,
    direction=1,
    no_events=None,
    why="Praise without a purchase is the cheapest to buy.",
    source=_FAKES,
    sentence="{value} of the five-star reviews of 91 days came without a purchase; usual are {peer}.",
    formula=share(UNVERIFIED_FIVES_CAME.total(91), FIVES_CAME.total(91)),
)

SIGNALS: tuple[Signal, ...] = (
    PRAISING,
    SHARED,
    CLOSEST,
    LARGEST_DAY,
    ARRIVED,
    DAY_CHANGE,
    REMOVED_LATER,
    UNVERIFIED,
    against_peers(CLOSEST),
    against_peers(REMOVED_LATER),
    against_peers(UNVERIFIED),
    expected(
        SHARED,
        PRAISING,
        "beta_binomial",
        "By its own 91 days and its peers', {value} of its five-star reviewers praise others too; usual are {peer}.",
    ),
    rarity(
        SHARED,
        PRAISING,
        "beta_binomial",
        "{value} of the sellers like it share so many of their five-star reviewers of 91 days; usual is {peer}.",
        day_zero=True,
    ),
    rarity(
        LARGEST_DAY,
        ARRIVED,
        "gamma_poisson",
        "{value} of the sellers like it had so busy a day of five-star reviews in 91 days; usual is {peer}.",
    ),
)
