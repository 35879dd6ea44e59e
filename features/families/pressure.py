"""Pressure on reviewers: staff hands out who they are, and they take their complaints back.

A look-up of contact data has a cause when it names a ticket that somebody else opened before it, about that seller. The
cheaper product of the trade is the author's address; what follows is a removal or a better rating by the author's own
hand, days later.
"""

from __future__ import annotations

from features.families.peers import rarity
from features.families.removals import NEGATIVES_AT_RISK, REVIEWS_ARRIVED
from features.families.review_counts import at_risk
from features.families.reviewer_look_ups import BUYER_REPORTS, FOLLOWED, LOOK_UPS, TAKE_BACKS, WITHIN_DAYS
from features.formulas import or_zero, share
from features.measures import LONGEST_DAYS, Measure, Together
from features.signal import Signal

_ACTIONS = ("reviews", "review_actions")
_TICKET = ("staff_access.ticket_id", "tickets", "tickets.opened_by", "tickets.seller_id")


def _looked(name: str, *more: str) -> Measure:
    return Measure(LOOK_UPS, name, ("staff_access", *more))


def _followed(name: str) -> Measure:
    return Measure(FOLLOWED, name, ("staff_access", *_ACTIONS))


_LOOK_UPS = _looked("look_ups")
_UNCAUSED = Together((_looked("look_ups_unticketed", "staff_access.ticket_id"), _looked("look_ups_flawed", *_TICKET)))
_OF_REVIEWERS, _FOLLOWED, _PROMPTED = map(
    _followed, ("look_ups_of_reviewers", "look_ups_followed", "take_backs_prompted")
)
_TAKE_BACKS = Measure(TAKE_BACKS, "take_backs", _ACTIONS)

_ADDRESSES = (
    "WSJ, 2018 and Aug 2021, through the press: reviewers' addresses are sold; refunds are then offered for an edit"
)

ALL_LOOK_UPS = Signal(
    name="contact_look_ups_91d",
    service="pressure",
    unit="look-ups",
    window_days=91,
    direction=0,
    no_events=0.0,
    why="How often staff looked at who reviews a seller: the size against which look-ups without a cause are seen.",
    source=_ADDRESSES,
    sentence="Staff looked up contact data of reviewers of this seller {value} times in 91 days; usual are {peer}.",
    formula=_LOOK_UPS.total(91),
)


def _uncaused(days: int) -> Signal:
    return Signal(
        name=f"contact_look_ups_without_cause_{days}d",
        service="pressure",
        unit="look-ups",
        window_days=days,
        direction=1,
        no_events=0.0,
        why="No ticket, or one of the same hand, of later or about another seller: nobody needed the address.",
        source=_ADDRESSES,
        sentence=(
            f"Staff looked up contact data of its reviewers {{value}} times in {days} days though no ticket asked;"
            " usual are {peer}."
        ),
        formula=_UNCAUSED.total(days),
    )


UNCAUSED_SHARE = Signal(
    name="contact_look_ups_without_cause_share_91d",
    service="pressure",
    unit="share",
    window_days=91,
    direction=1,
    no_events=None,
    why="Support looks up buyers because a ticket asks; a sale of addresses leaves look-ups that answer nobody.",
    source=_ADDRESSES,
    sentence="No ticket asked for {value} of the look-ups of its reviewers in 91 days; usual are {peer}.",
    formula=share(_UNCAUSED.total(91), _LOOK_UPS.total(91)),
)

BY_ONE = Signal(
    name="contact_look_ups_by_one_91d",
    service="pressure",
    unit="look-ups",
    window_days=91,
    direction=1,
    no_events=0.0,
    why="Support is shared work: one person who keeps looking up one seller's reviewers has a reason of his own.",
    source=_ADDRESSES,
    sentence="One person of the staff looked up its reviewers {value} times in 91 days; usual are {peer}.",
    formula=_LOOK_UPS.most_of_one(91),
)

RECORDS = Signal(
    name="contact_records_91d",
    service="pressure",
    unit="records",
    window_days=91,
    direction=1,
    no_events=0.0,
    why="A list of addresses is worth more than one: how much was shown counts beside how often.",
    source=_ADDRESSES,
    sentence="Staff was shown {value} records of its reviewers in 91 days; usual are {peer}.",
    formula=_looked("look_up_records", "staff_access.records").total(91),
)

FOLLOWED_SHARE = Signal(
    name="followed_look_up_share_91d",
    service="pressure",
    unit="share",
    window_days=91,
    direction=1,
    no_events=None,
    why="A look-up that serves support changes no review; one that was sold is followed by the author's retreat.",
    source=_ADDRESSES,
    sentence=(
        f"After {{value}} of the look-ups in 91 days that reviewer took a complaint back within {WITHIN_DAYS} days;"
        " usual are {peer}."
    ),
    formula=share(_FOLLOWED.total(91), _OF_REVIEWERS.total(91)),
)

PROMPTED = Signal(
    name="prompted_take_backs_91d",
    service="pressure",
    unit="reviews",
    window_days=91,
    direction=1,
    no_events=0.0,
    why="Bad reviews that their authors withdrew or raised soon after staff had looked up who they are.",
    source=_ADDRESSES,
    sentence=(
        f"Authors took back {{value}} bad reviews in 91 days, within {WITHIN_DAYS} days after staff looked them up;"
        " usual are {peer}."
    ),
    formula=_PROMPTED.total(91),
)

PROMPTED_SHARE = Signal(
    name="prompted_take_back_share_91d",
    service="pressure",
    unit="share",
    window_days=91,
    direction=1,
    no_events=None,
    why="Authors change their minds unasked too; that they do so mainly after a look-up is not chance.",
    source=_ADDRESSES,
    sentence="{value} of the bad reviews that authors took back in 91 days followed a look-up; usual are {peer}.",
    formula=share(_PROMPTED.total(91), _TAKE_BACKS.total(91)),
)

EXCESS = Signal(
    name="take_back_excess_after_look_ups_91d",
    service="pressure",
    unit="share difference",
    window_days=91,
    direction=1,
    no_events=0.0,
    why="Held against how often authors of its bad reviews take them back when nobody has looked them up.",
    source=_ADDRESSES,
    sentence=(
        "In 91 days authors took complaints back after a look-up {value} more often than without one; usual {peer}."
    ),
    formula=share(_FOLLOWED.total(91), _OF_REVIEWERS.total(91))
    - or_zero(share(_TAKE_BACKS.total(91) - _PROMPTED.total(91), at_risk(91, "_negative"))),
)


def _reports(name: str, what: str, why: str) -> Signal:
    return Signal(
        name=f"{name}_reports_91d",
        service="pressure",
        unit="reports",
        window_days=91,
        direction=1,
        no_events=0.0,
        why=why,
        source="WSJ, Aug 2021, through the press: sellers reach reviewers by mail and offer refunds, often repeatedly",
        sentence=f"Buyers reported {{value}} times in 91 days that this seller {what}; usual are {{peer}}.",
        formula=Measure(BUYER_REPORTS, f"{name}_reports", ("buyer_reports",)).total(91),
    )


OFF_PLATFORM = _reports(
    "off_platform", "wrote to them elsewhere", "Whoever writes to a reviewer at home was given the address."
)
PAID_REVIEW = _reports("paid_review", "offered money for a review", "An offer that is reported stands for many.")

SIGNALS: tuple[Signal, ...] = (
    ALL_LOOK_UPS,
    _uncaused(91),
    _uncaused(LONGEST_DAYS),
    UNCAUSED_SHARE,
    BY_ONE,
    RECORDS,
    FOLLOWED_SHARE,
    PROMPTED,
    PROMPTED_SHARE,
    EXCESS,
    OFF_PLATFORM,
    PAID_REVIEW,
    rarity(
        _uncaused(91),
        REVIEWS_ARRIVED,
        "gamma_poisson",
        "{value} of the sellers like it had so many look-ups of reviewers that no ticket asked for; usual is {peer}.",
        day_zero=True,
    ),
    rarity(
        PROMPTED,
        NEGATIVES_AT_RISK,
        "beta_binomial",
        "{value} of the sellers like it saw so many authors retreat after a look-up in 91 days; usual is {peer}.",
    ),
    *(
        rarity(
            reports,
            REVIEWS_ARRIVED,
            "gamma_poisson",
            f"{{value}} of the sellers like it had so many reports of {what} in 91 days; usual is {{peer}}.",
        )
        for reports, what in ((OFF_PLATFORM, "letters"), (PAID_REVIEW, "offers"))
    ),
)
