"""The shown rating: how far it stands above what reviewers gave, and what else than new reviews has moved it.

The shown rating is the mean of the stars of all visible reviews of a seller. Put back are reviews that staff or their
author took away, and what was edited upwards since it was posted.
"""

from __future__ import annotations

from collections.abc import Callable

from features.families.peers import robust_tail
from features.families.review_counts import (
    ARRIVED,
    ARRIVED_STARS,
    RAISED_STARS,
    VISIBLE,
    VISIBLE_STARS,
    WITHDRAWN,
    WITHDRAWN_STARS,
    WITHHELD,
    WITHHELD_STARS,
)
from features.formulas import Formula, not_negative, or_zero, smaller
from features.measures import LONGEST_DAYS, Together
from features.signal import Signal

PRIOR_SHARE = 0.1
"""Of the year's reviews so many are added, at the seller's own mean, to either side of a change of stars (a guess)."""

_PRESS = "WSJ, 16 Sep 2018, through the press: about $300 for one deleted negative review, five at least"
_REFUNDS = "WSJ, Aug 2021: refunds and gifts are offered for an edited or a deleted review"

_At = Callable[[Together], Formula]


def _now(of: Together) -> Formula:
    return of.level()


def _days_ago(days: int) -> _At:
    return lambda of: of.before(days)


def _uplift(at: _At) -> Formula:
    """The shown rating minus the one with the reviews put back that staff removed; 0 where nothing is shown."""
    shown = at(VISIBLE_STARS) / at(VISIBLE)
    return or_zero(shown - (at(VISIBLE_STARS) + at(WITHHELD_STARS)) / (at(VISIBLE) + at(WITHHELD)))


def _above_posted(at: _At) -> Formula:
    """The shown rating minus the one with all put back; 0 where nothing is shown."""
    stars = at(VISIBLE_STARS) + at(WITHHELD_STARS) + at(WITHDRAWN_STARS) - at(RAISED_STARS)
    reviews = at(VISIBLE) + at(WITHHELD) + at(WITHDRAWN)
    return or_zero(at(VISIBLE_STARS) / at(VISIBLE) - stars / reviews)


def _shown(at: _At) -> Formula:
    return at(VISIBLE_STARS) / at(VISIBLE)


def _by_arrivals_alone(days: int) -> Formula:
    """The rating that would be shown if reviews had only arrived since the window began."""
    then = _days_ago(days)
    arrived, stars = ARRIVED.level() - ARRIVED.before(days), ARRIVED_STARS.level() - ARRIVED_STARS.before(days)
    return (VISIBLE_STARS.before(days) + stars) / (then(VISIBLE) + arrived)


def _incoming_change(days: int) -> Formula:
    """Mean stars that arrived, minus those of the months before; either is drawn to the mean of all that ever did."""
    prior = ARRIVED.total(LONGEST_DAYS) * PRIOR_SHARE
    stars = ARRIVED_STARS.level() / ARRIVED.level() * prior
    now = (ARRIVED_STARS.total(days) + stars) / (ARRIVED.total(days) + prior)
    return now - (ARRIVED_STARS.earlier(days) + stars) / (ARRIVED.earlier(days) + prior)


RATING_UPLIFT = Signal(
    name="rating_uplift_364d",
    service="rating",
    unit="stars",
    window_days=LONGEST_DAYS,
    direction=1,
    no_events=0.0,
    why="What the buyer of removals pays for: the shown rating above the one with the removed reviews put back.",
    source=_PRESS,
    sentence="Removals by staff lift the shown rating by {value} stars more than a year before; usual are {peer}.",
    formula=_uplift(_now) - _uplift(_days_ago(LONGEST_DAYS)),
)

ABOVE_POSTED = Signal(
    name="rating_above_posted_364d",
    service="rating",
    unit="stars",
    window_days=LONGEST_DAYS,
    direction=1,
    no_events=0.0,
    why="A bad review goes in three ways: staff remove it, its author is paid to remove it, or to make it a good one.",
    source=f"{_PRESS}; {_REFUNDS}",
    sentence=(
        "Removals by staff and authors, and edits, lift the shown rating by {value} stars more than a year before;"
        " usual are {peer}."
    ),
    formula=_above_posted(_now) - _above_posted(_days_ago(LONGEST_DAYS)),
)

SHOWN_CHANGE = Signal(
    name="shown_rating_change_91d",
    service="rating",
    unit="stars",
    window_days=91,
    direction=0,
    no_events=0.0,
    why="What buyers see; it is read beside what came in.",
    source=_PRESS,
    sentence="The shown rating rose by {value} stars in 91 days; usual are {peer}.",
    formula=or_zero(_shown(_now) - _shown(_days_ago(91))),
)

INCOMING_CHANGE = Signal(
    name="incoming_rating_change_91d",
    service="rating",
    unit="stars",
    window_days=LONGEST_DAYS,
    direction=0,
    no_events=0.0,
    why="Whether its buyers became happier: the honest reason for which a shown rating rises.",
    source="inferred: a shown rating follows the reviews that arrive",
    sentence="Reviews that arrived in 91 days have {value} stars more than those of months before; usual are {peer}.",
    formula=_incoming_change(91),
)

OVER_INCOMING = Signal(
    name="rating_rise_over_incoming_91d",
    service="rating",
    unit="stars",
    window_days=LONGEST_DAYS,
    direction=1,
    no_events=0.0,
    why="A rating that rises while its buyers are no happier than before has been helped.",
    source="Zhu et al., TKDE 2015: rating evidence beside rank evidence",
    sentence=(
        "In 91 days the shown rating rose by {value} stars more than the stars of the reviews that arrived; usual are"
        " {peer}."
    ),
    formula=or_zero(_shown(_now) - _shown(_days_ago(91))) - or_zero(_incoming_change(91)),
)

BEYOND_ARRIVALS = Signal(
    name="rating_rise_beyond_arrivals_91d",
    service="rating",
    unit="stars",
    window_days=91,
    direction=1,
    no_events=0.0,
    why="New reviews move a rating by so much and no more; the rest is what was taken away, put back or edited.",
    source=f"{_PRESS}; {_REFUNDS}",
    sentence="In 91 days the shown rating rose by {value} stars more than its new reviews explain; usual are {peer}.",
    formula=or_zero(_shown(_now) - _by_arrivals_alone(91)),
)

FALL_UNDONE = Signal(
    name="rating_fall_undone_28d",
    service="rating",
    unit="stars",
    window_days=28,
    direction=1,
    no_events=0.0,
    why="A purchase answers a fall: bad reviews arrive, and what they cost is given back within weeks.",
    source=f"inferred from {_PRESS}",
    sentence="In 28 days new reviews cost {value} stars that removals and edits gave back; usual are {peer}.",
    formula=not_negative(
        smaller(or_zero(_shown(_days_ago(28)) - _by_arrivals_alone(28)), or_zero(_shown(_now) - _by_arrivals_alone(28)))
    ),
)

SIGNALS: tuple[Signal, ...] = (
    RATING_UPLIFT,
    ABOVE_POSTED,
    SHOWN_CHANGE,
    INCOMING_CHANGE,
    OVER_INCOMING,
    BEYOND_ARRIVALS,
    FALL_UNDONE,
    robust_tail(
        ABOVE_POSTED,
        "{value} of the sellers like it have a rating lifted so far by removals and edits; usual is {peer}.",
        day_zero=True,
    ),
)
