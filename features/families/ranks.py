"""A higher place in search that is sold: rises at once, beyond the seller's own unrest, its sales and its peers."""

from __future__ import annotations

from collections.abc import Callable

from features.families.peers import against_peers, rarity, robust_tail
from features.families.rank_moves import DROPS, GAIN, LEAPS, MICRO, OBSERVATIONS, OWN_GAIN, RISE, SWINGS
from features.families.removers import NEGATIVES_REMOVED
from features.families.sales import price_change, units_growth
from features.formulas import Formula, log, not_negative, or_zero, share
from features.measures import LONGEST_DAYS, Measure, Pairs
from features.signal import Signal

_SOURCE = (
    "DOJ, Sep 2020, through the press: search metrics sold; Zhu et al., TKDE 2015: mine the periods of unusual rank"
)


def _logs(micro: Formula) -> Formula:
    return micro / float(MICRO)


def _jump(days: int) -> Signal:
    return Signal(
        name=f"rank_jump_{days}d",
        service="rank",
        unit="log ratio",
        window_days=days,
        direction=1,
        no_events=0.0,
        why="A place in search that is given, not earned, comes at once.",
        source=_SOURCE,
        sentence=f"In {days} days a product rose to a place {{value}} times as high between two looks; usual {{peer}}.",
        formula=_logs(GAIN.largest(days)),
    )


def _change(days: int) -> Signal:
    return Signal(
        name=f"rank_jump_change_{days}d",
        service="rank",
        unit="log ratio",
        window_days=LONGEST_DAYS,
        direction=1,
        no_events=0.0,
        why="Some niches are restless: a jump counts against the seller's own largest jump before.",
        source=_SOURCE,
        sentence=f"The largest rise in {days} days is {{value}} times the largest before; usual {{peer}} times.",
        formula=_logs(GAIN.largest(days) - GAIN.largest_earlier(days)),
    )


JUMP_91 = _jump(91)

SWING = Signal(
    name="rank_swing_91d",
    service="rank",
    unit="log ratio",
    window_days=91,
    direction=0,
    no_events=0.0,
    why="How restless the seller's places are anyway: the noise in which a jump is seen.",
    source=_SOURCE,
    sentence="Between two observations in 91 days a place changed by a factor of {value} on average; usual {peer}.",
    formula=_logs(SWINGS.total(91) / OBSERVATIONS.total(91)),
)

_AROUND_REMOVALS = Pairs("rank_around_removals", NEGATIVES_REMOVED, (RISE, OBSERVATIONS), 28)


def rise_around(pairs: Pairs) -> Formula:
    """The mean rise between two observations after events less that before them, either 0 where there are none."""

    def mean(when: Callable[[Measure], Measure]) -> Formula:
        return or_zero(when(RISE).total(91) / when(OBSERVATIONS).total(91))

    return _logs(mean(pairs.after) - mean(pairs.before))


AFTER_REMOVALS = Signal(
    name="rank_rise_after_removals_91d",
    service="rank",
    unit="log ratio",
    window_days=91,
    direction=1,
    no_events=0.0,
    why="Removals are bought for what follows: places that rise in the 28 days after them and not in those before.",
    source=_SOURCE,
    sentence=(
        "In 28 days after staff removed bad reviews places rose {value} times as fast as in 28 before (within 91 days);"
        " usual {peer}."
    ),
    formula=rise_around(_AROUND_REMOVALS),
)

_OF_THE_LARGEST = 1.781072
"""e to Euler's constant: 1 + 1/2 + ... + 1/n is ln(1 + 1.781 n) within .023, and 0 for none."""


def _surprise(days: int) -> Signal:
    usual = SWINGS.earlier(days) / OBSERVATIONS.earlier(days)
    return Signal(
        name=f"rank_jump_surprise_{days}d",
        service="rank",
        unit="log ratio",
        window_days=LONGEST_DAYS,
        direction=1,
        no_events=None,
        why="Who is looked at often and moves a lot has a large jump by chance: this is what the jump is beyond that.",
        source=(
            "Renyi 1953: the largest of n exponentials is 1 + 1/2 + ... + 1/n times their mean; that swings are such is"
            " a guess"
        ),
        sentence=(
            f"The largest rise in {days} days is {{value}} times what its usual swings and so many looks let expect;"
            " usual {peer} times."
        ),
        formula=_logs(GAIN.largest(days) - usual * log(OBSERVATIONS.total(days) * _OF_THE_LARGEST + 1.0)),
    )


BEYOND_SALES = Signal(
    name="rank_jump_beyond_sales_28d",
    service="rank",
    unit="log ratio",
    window_days=LONGEST_DAYS,
    direction=1,
    no_events=None,
    why="A place is earned by sales, a lower price or an advertisement; what none of them explains was given.",
    source=(
        "DOJ, Sep 2020, through the press: rank is sold; Chevalier and Goolsbee 2003: sales go about as 1 / rank; the"
        " days of sales are a guess"
    ),
    sentence=(
        "A product without an advertisement rose in 28 days {value} times as high as earlier sales and price explain;"
        " usual {peer}."
    ),
    formula=_logs(OWN_GAIN.largest(28))
    - not_negative(units_growth(28, until=14))
    - not_negative(price_change(28, until=14) * -1.0),
)

LEAPS_SEEN = Signal(
    name="rank_leaps_91d",
    service="rank",
    unit="observations",
    window_days=91,
    direction=1,
    no_events=0.0,
    why="Once may be luck: how often a product without an advertisement stood twice as high as at the last look.",
    source=_SOURCE,
    sentence="In 91 days a product without an advertisement rose to a place twice as high {value} times; usual {peer}.",
    formula=LEAPS.total(91),
)

PLACES_SEEN = Signal(
    name="rank_observations_91d",
    service="rank",
    unit="observations",
    window_days=91,
    direction=0,
    no_events=0.0,
    why="How often its places were looked at: the size against which leaps are seen.",
    source="exposure of rank_leaps_91d",
    sentence="Its places in search were compared with those of the last look {value} times in 91 days; usual {peer}.",
    formula=OBSERVATIONS.total(91),
)

LEAPS_HELD = Signal(
    name="rank_leaps_held_91d",
    service="rank",
    unit="share",
    window_days=91,
    direction=0,
    no_events=None,
    why="A restless place falls as often as it leaps; one that is held for a fee, or earned, stays.",
    source="Zhu et al., TKDE 2015: a manipulated rank has a rising, a maintaining and a falling phase",
    sentence="Of its leaps in search in 91 days {value} were not followed by a fall as deep; usual are {peer}.",
    formula=share(not_negative(LEAPS.total(91) - DROPS.total(91)), LEAPS.total(91)),
)

SIGNALS: tuple[Signal, ...] = (
    _jump(28),
    JUMP_91,
    _jump(LONGEST_DAYS),
    _change(28),
    _change(91),
    SWING,
    AFTER_REMOVALS,
    _surprise(28),
    _surprise(91),
    BEYOND_SALES,
    LEAPS_SEEN,
    PLACES_SEEN,
    LEAPS_HELD,
    against_peers(_jump(28)),
    against_peers(JUMP_91),
    against_peers(_surprise(28)),
    robust_tail(
        _jump(28),
        "{value} of the sellers like it saw so large a rise in 28 days; usual is {peer}.",
        day_zero=True,
    ),
    rarity(
        LEAPS_SEEN,
        PLACES_SEEN,
        "beta_binomial",
        "{value} of the sellers like it, looked at as often, had so many leaps in search in 91 days; usual is {peer}.",
    ),
)
