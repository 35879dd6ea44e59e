"""Removal of reviews: what was deleted, by whom, of which stars.

Paid removals skew negative, come in batches and often cite nothing; a platform's own removals skew positive. So the raw
rate says little, and negatives are held against positives, now against the own past, the seller against its peers.
"""

from __future__ import annotations

from features.families.peers import against_peers, expected, rarity
from features.families.review_states import NEGATIVE, POSITIVE, counted, review_steps
from features.formulas import Formula, log, share
from features.lookups.reviews import OF_REVIEWS
from features.measures import LONGEST_DAYS, Measure, TileKind, Together
from features.signal import Direction, Signal

USUAL_RATE = 0.03
"""Share of reviews that staff remove in ordinary life (Yelp trust report 2024); small sellers are drawn to it ..."""
PRIOR_REVIEWS = 20
"""... with the weight of this many reviews (a guess)."""

_BY = {"staff": "'staff'", "author": "'reviewer'", "automation": "'automation'"}

_PLAIN = {
    "came": "1",
    "came_negative": counted(NEGATIVE),
    "came_positive": counted(POSITIVE),
    "came_stars": "rating",
    "came_five": counted("rating = 5"),
    "came_five_unverified": counted("rating = 5 and not verified"),
}

REVIEW_ARRIVALS = TileKind(
    name="review_arrivals",
    folds=dict.fromkeys(_PLAIN, "sum"),
    lookup=OF_REVIEWS,
    facts=f"""
-- a row is a review that arrives at a seller and is shown there
{review_steps("reviews", "verified")}
select seller_id, known_at, happened_at, cast(null as date) as until_on,
  {", ".join(f"{sql} as {name}" for name, sql in _PLAIN.items())}
from held_posts
where holder = seller_id
""",
)

_FACTS = f"""
-- a row is one thing that happened to a review later, or that it arrived where another seller held the product
{review_steps()},
entries as (
  select seller_id, known_at, happened_at, 'arrived' as what, 1 as sign, rating, rating as posted,
    cast(null as varchar) as actor_kind, true as visible, false as withheld, false as withdrawn
  from held_posts where holder <> seller_id
  union all
  select holder, known_at, held_since, 'arrived', 1, rating, rating, null, true, false, false
  from held_posts where holder <> seller_id
  union all
  select holder, known_at, happened_at, 'standing', 1, rating, rating, null, true, false, false
  from held_posts where holder <> seller_id
  union all
  select holder, known_at, happened_at, 'standing', 1, rating, posted, null, visible, withheld, withdrawn
  from steps where step = 1
  union all
  select old_holder, known_at, happened_at, 'standing', -1, old_rating, posted, null,
    was_visible, was_withheld, was_withdrawn
  from steps where step = 1
  union all
  select holder, known_at, happened_at, 'arrived', 1, rating, posted, null, true, false, false
  from steps where kind = 'moved' and visible and holder <> old_holder
  union all
  select holder, known_at, happened_at, 'turned', 1, rating, posted, null, true, false, false
  from steps
  where kind = 'edited' and visible
    and (rating <= 2 and old_rating > 2 or rating >= 4 and old_rating < 4)
  union all
  select seller_id, known_at, happened_at, 'removed', 1, old_rating, posted, actor_kind, false, false, false
  from steps where kind = 'removed' and was_visible and not visible
)
select seller_id, known_at, happened_at, cast(null as date) as until_on, {{measures}}
from entries
"""


def _stood(condition: str, value: str = "1") -> str:
    return f"case when what = 'standing' and {condition} then sign * {value} else 0 end"


_MEASURES = {
    "arrived": counted("what = 'arrived'"),
    "arrived_negative": counted(f"what in ('arrived', 'turned') and {NEGATIVE}"),
    "arrived_positive": counted(f"what in ('arrived', 'turned') and {POSITIVE}"),
    "arrived_stars": "case when what = 'arrived' then rating else 0 end",
    "visible": _stood("visible"),
    "visible_negative": _stood(f"visible and {NEGATIVE}"),
    "visible_positive": _stood(f"visible and {POSITIVE}"),
    "visible_stars": _stood("visible", "rating"),
    "withheld": _stood("withheld"),
    "withheld_stars": _stood("withheld", "rating"),
    "withdrawn": _stood("withdrawn"),
    "withdrawn_stars": _stood("withdrawn", "rating"),
    "raised_stars": _stood("(visible or withheld or withdrawn) and rating > posted", "(rating - posted)"),
    "removed": counted("what = 'removed'"),
    **{f"removed_{by}": counted(f"what = 'removed' and actor_kind = {kind}") for by, kind in _BY.items()},
    "removed_automation_five": counted("what = 'removed' and actor_kind = 'automation' and rating = 5"),
    "removed_staff_negative": counted(f"what = 'removed' and actor_kind = 'staff' and {NEGATIVE}"),
    "removed_staff_positive": counted(f"what = 'removed' and actor_kind = 'staff' and {POSITIVE}"),
}

REVIEW_CHANGES = TileKind(
    name="review_changes",
    folds=dict.fromkeys(_MEASURES, "sum"),
    lookup=OF_REVIEWS,
    facts=_FACTS.replace("{measures}", ",\n  ".join(f"{sql} as {name}" for name, sql in _MEASURES.items())),
)

_REVIEWS = ("reviews",)
_REMOVALS = ("reviews", "review_actions")


def _measure(name: str, needs: tuple[str, ...] = _REMOVALS) -> Together:
    """A measure of changes; what arrives, or stands, is also counted where reviews simply arrive and stay."""
    plain = name.replace("visible", "came").replace("arrived", "came")
    arrivals = (Measure(REVIEW_ARRIVALS, plain, needs),) if plain in _PLAIN else ()
    return Together((*arrivals, Measure(REVIEW_CHANGES, name, needs)))


ARRIVED = _measure("arrived", _REVIEWS)
ARRIVED_STARS = _measure("arrived_stars")
VISIBLE, VISIBLE_STARS = _measure("visible"), _measure("visible_stars")
WITHHELD, WITHHELD_STARS = _measure("withheld"), _measure("withheld_stars")
WITHDRAWN, WITHDRAWN_STARS = _measure("withdrawn"), _measure("withdrawn_stars")
RAISED_STARS = _measure("raised_stars")
REMOVED_STAFF = _measure("removed_staff")
FIVES_REMOVED_BY_AUTOMATION = Measure(REVIEW_CHANGES, "removed_automation_five", _REMOVALS)
FIVES_CAME = Measure(REVIEW_ARRIVALS, "came_five", _REVIEWS)
UNVERIFIED_FIVES_CAME = Measure(REVIEW_ARRIVALS, "came_five_unverified", _REVIEWS)


def at_risk(days: int, stars: str = "") -> Formula:
    """Reviews that could be removed: visible when the window began, or arrived in it."""
    return _measure(f"visible{stars}").before(days) + _measure(f"arrived{stars}").total(days)


_RAISED_BY_RIVALS: Direction = 0
"""A rival's flood that staff takes down raises these: what tells of a purchase is in ``features.families.floods``."""

_PRESS = "WSJ, 16 Sep 2018, through the press: about $300 for one deleted negative review, five at least"
_PURGE = "ReviewMeta on the purge of October 2016: a platform's own removals skew positive (mean 4.75 stars)"


def _deletion_rate(days: int) -> Signal:
    return Signal(
        name=f"review_deletion_rate_{days}d",
        service="removals",
        unit="share",
        window_days=days,
        direction=_RAISED_BY_RIVALS,
        no_events=0.0,
        why="Bribed staff delete reviews; ordinary moderation deletes some too, so compare before judging.",
        source=_PRESS,
        sentence=f"Staff removed {{value}} of the reviews at hand in {days} days; usual are {{peer}}.",
        formula=share(REMOVED_STAFF.total(days), at_risk(days)),
    )


def _deletion_rate_of(stars: str, days: int) -> Signal:
    return Signal(
        name=f"{stars}_deletion_rate_{days}d",
        service="removals",
        unit="share",
        window_days=days,
        direction=_RAISED_BY_RIVALS,
        no_events=0.0,
        why="What is paid for is the removal of one and two stars; honest removals are mostly of four and five.",
        source=_PURGE,
        sentence=f"Staff removed {{value}} of the {stars} reviews at hand in {days} days; usual are {{peer}}.",
        formula=share(_measure(f"removed_staff_{stars}").total(days), at_risk(days, f"_{stars}")),
    )


def smoothed_rate(removed: Formula, of: Formula) -> Formula:
    """The rate at which reviews are removed, drawn to the usual one where there are few."""
    return (removed + USUAL_RATE * PRIOR_REVIEWS) / (of + float(PRIOR_REVIEWS))


def smoothed_rate_of(stars: str, days: int) -> Formula:
    """The rate at which staff removes reviews of these stars, drawn to the usual one."""
    return smoothed_rate(_measure(f"removed_staff_{stars}").total(days), at_risk(days, f"_{stars}"))


def _excess(days: int) -> Signal:
    return Signal(
        name=f"negative_deletion_excess_{days}d",
        service="removals",
        unit="log ratio",
        window_days=days,
        direction=1,
        no_events=0.0,
        why="A moderator who follows the rules removes praise more often than complaints; a bribed one the reverse.",
        source=_PURGE,
        sentence=(
            f"Staff removed negative reviews {{value}} times as often as positive ones in {days} days;"
            " usual is {peer} times."
        ),
        formula=log(smoothed_rate_of("negative", days)) - log(smoothed_rate_of("positive", days)),
    )


def _deletion_rate_by(by: str, days: int) -> Signal:
    return Signal(
        name=f"{by}_deletion_rate_{days}d",
        service="removals",
        unit="share",
        window_days=days,
        direction=0,
        no_events=0.0,
        why="Removals by authors may follow pressure, by automation bought reviews; both have honest causes.",
        source="ReviewMeta: four causes of a removal; Trustpilot 2024: 90 % of removed fakes by automation",
        sentence=f"{{value}} of the reviews at hand in {days} days were removed by {by}; usual are {{peer}}.",
        formula=share(_measure(f"removed_{by}").total(days), at_risk(days)),
    )


NEGATIVE_REMOVALS = Signal(
    name="negative_removals_91d",
    service="removals",
    unit="removals",
    window_days=91,
    direction=_RAISED_BY_RIVALS,
    no_events=0.0,
    why="Brokers sell at least five removals at a time: a handful is already a purchase.",
    source=_PRESS,
    sentence="Staff removed {value} negative reviews in 91 days; usual are {peer}.",
    formula=_measure("removed_staff_negative").total(91),
)

NEGATIVES_AT_RISK = Signal(
    name="negatives_at_risk_91d",
    service="removals",
    unit="reviews",
    window_days=91,
    direction=0,
    no_events=0.0,
    why="How many negative reviews there were to remove: the size against which removals are seen.",
    source="exposure of negative_removals_91d",
    sentence="{value} negative reviews were visible or arrived in 91 days; usual are {peer}.",
    formula=at_risk(91, "_negative"),
)

STAFF_REMOVALS = Signal(
    name="staff_removals_91d",
    service="removals",
    unit="removals",
    window_days=91,
    direction=_RAISED_BY_RIVALS,
    no_events=0.0,
    why="The count behind the rate: ten of a hundred say more than one of ten.",
    source=_PRESS,
    sentence="Staff removed {value} reviews in 91 days; usual are {peer}.",
    formula=REMOVED_STAFF.total(91),
)

REVIEWS_AT_RISK = Signal(
    name="reviews_at_risk_91d",
    service="removals",
    unit="reviews",
    window_days=91,
    direction=0,
    no_events=0.0,
    why="How many reviews there were to remove: the size against which removals are seen.",
    source="exposure of staff_removals_91d",
    sentence="{value} reviews were visible or arrived in 91 days; usual are {peer}.",
    formula=at_risk(91),
)

REVIEWS_ARRIVED = Signal(
    name="reviews_arrived_91d",
    service="removals",
    unit="reviews",
    window_days=91,
    direction=0,
    no_events=0.0,
    why="The size of the seller, against which every count is seen.",
    source="exposure",
    sentence="{value} reviews arrived in 91 days; usual are {peer}.",
    formula=ARRIVED.total(91),
)

STAFF_SHARE = Signal(
    name="staff_share_of_removals_91d",
    service="removals",
    unit="share",
    window_days=91,
    direction=0,
    no_events=None,
    why="Most honest removals are by automation and authors; a seller whose reviews fall to staff alone stands out.",
    source="Yelp 2024: 3 % of reviews removed by staff, 2 % by their author; Trustpilot 2024: 90 % by automation",
    sentence="{value} of the reviews removed in 91 days were removed by staff; usual are {peer}.",
    formula=share(REMOVED_STAFF.total(91), _measure("removed").total(91)),
)


def _share_removed(by: str, stars: str) -> Formula:
    removed = _measure(f"removed_{by}{stars}")
    return share(removed.total(91), at_risk(91, stars))


def _share_removed_before(by: str, stars: str) -> Formula:
    """The share in the 364 days before the cutoff, up to the window: of what was visible then, or arrived."""
    at_risk = _measure(f"visible{stars}").before(LONGEST_DAYS) + _measure(f"arrived{stars}").earlier(91)
    return share(_measure(f"removed_{by}{stars}").earlier(91), at_risk)


def _change(name: str, by: str, stars: str, direction: Direction, sentence: str) -> Signal:
    return Signal(
        name=f"{name}_deletion_change_91d",
        service="removals",
        unit="share difference",
        window_days=LONGEST_DAYS,
        direction=direction,
        no_events=0.0,
        why="A bought service begins on a day: the seller's own earlier level is the fairest comparison there is.",
        source="ethogram, LANL: comparing each entity with its own past found what population detectors missed",
        sentence=f"{sentence} in 91 days is {{value}} above the months before; usual {{peer}}.",
        formula=_share_removed(by, stars) - _share_removed_before(by, stars),
    )


_WINDOWS = (28, 91, LONGEST_DAYS)

EXCESS_91 = _excess(91)

SIGNALS: tuple[Signal, ...] = (
    *(_deletion_rate(days) for days in _WINDOWS),
    *(_deletion_rate_of(stars, days) for stars in ("negative", "positive") for days in _WINDOWS),
    *(_excess(days) for days in _WINDOWS),
    _deletion_rate_by("author", 91),
    _deletion_rate_by("automation", 91),
    NEGATIVE_REMOVALS,
    NEGATIVES_AT_RISK,
    STAFF_REMOVALS,
    REVIEWS_AT_RISK,
    REVIEWS_ARRIVED,
    STAFF_SHARE,
    _change("negative", "staff", "_negative", 1, "Staff's share of negative reviews removed"),
    _change("positive", "staff", "_positive", 0, "Staff's share of positive reviews removed"),
    _change("review", "staff", "", _RAISED_BY_RIVALS, "Staff's share of reviews removed"),
    _change("author", "author", "", 0, "The authors' share of reviews removed"),
    _change("automation", "automation", "", 0, "The share of reviews that automation removed"),
    against_peers(_deletion_rate(91)),
    against_peers(_deletion_rate_of("negative", 91)),
    against_peers(EXCESS_91),
    expected(
        NEGATIVE_REMOVALS,
        NEGATIVES_AT_RISK,
        "beta_binomial",
        "By its own 91 days and its peers', staff remove {value} of its negative reviews; usual are {peer}.",
    ),
    rarity(
        NEGATIVE_REMOVALS,
        NEGATIVES_AT_RISK,
        "beta_binomial",
        "{value} of the sellers like it lost so many negative reviews to staff in 91 days; usual is {peer}.",
    ),
    expected(
        STAFF_REMOVALS,
        REVIEWS_AT_RISK,
        "gamma_poisson",
        "By its own 91 days and its peers', staff remove {value} for each review at hand; usual are {peer}.",
    ),
    rarity(
        STAFF_REMOVALS,
        REVIEWS_AT_RISK,
        "gamma_poisson",
        "{value} of the sellers like it lost so many reviews to staff in 91 days; usual is {peer}.",
    ),
)
