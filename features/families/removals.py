"""Removal of reviews: what was deleted, by whom, of which stars.

Paid removals skew negative, come in batches and often cite nothing; a platform's own removals skew positive. So the raw
rate says little, and negatives are held against positives, now against the own past, the seller against its peers.
"""

from __future__ import annotations

from features.families.peers import against_peers, expected, rarity
from features.families.review_counts import ARRIVED, REMOVED_STAFF, at_risk, of_reviews
from features.formulas import Formula, log, share
from features.measures import LONGEST_DAYS
from features.signal import Direction, Signal

USUAL_RATE = 0.03
"""Share of reviews that staff remove in ordinary life (Yelp trust report 2024); small sellers are drawn to it ..."""
PRIOR_REVIEWS = 20
"""... with the weight of this many reviews (a guess)."""

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
        formula=share(of_reviews(f"removed_staff_{stars}").total(days), at_risk(days, f"_{stars}")),
    )


def smoothed_rate(removed: Formula, of: Formula) -> Formula:
    """The rate at which reviews are removed, drawn to the usual one where there are few."""
    return (removed + USUAL_RATE * PRIOR_REVIEWS) / (of + float(PRIOR_REVIEWS))


def smoothed_rate_of(stars: str, days: int) -> Formula:
    """The rate at which staff removes reviews of these stars, drawn to the usual one."""
    return smoothed_rate(of_reviews(f"removed_staff_{stars}").total(days), at_risk(days, f"_{stars}"))


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
        formula=share(of_reviews(f"removed_{by}").total(days), at_risk(days)),
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
    formula=of_reviews("removed_staff_negative").total(91),
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
    formula=share(REMOVED_STAFF.total(91), of_reviews("removed").total(91)),
)


def _share_removed(by: str, stars: str) -> Formula:
    removed = of_reviews(f"removed_{by}{stars}")
    return share(removed.total(91), at_risk(91, stars))


def _share_removed_before(by: str, stars: str) -> Formula:
    """The share in the 364 days before the cutoff, up to the window: of what was visible then, or arrived."""
    at_risk = of_reviews(f"visible{stars}").before(LONGEST_DAYS) + of_reviews(f"arrived{stars}").earlier(91)
    return share(of_reviews(f"removed_{by}{stars}").earlier(91), at_risk)


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
