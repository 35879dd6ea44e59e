"""What honest life could leave the events of a case: seven tests of one seller, each with its number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import rel_entr

from features.families.floods import FLOOD, FLOOD_TIMES
from features.weeks import mondays_of
from model.arrays import Floats
from scoring.cases.facts import Facts
from scoring.own_past import LONE_SHARE

Fits = Literal["yes", "no", "unknown"]

_HALF = 0.5
"""Share of the removals from which on a circumstance explains them."""
_PART = 0.35
"""Share of the removed negatives from which on an episode explains them."""
_FLOOD_DAYS = 42
"""Days in which a flood is cleared."""
_CRISIS_WEEKS = range(8, 15)
"""Weeks that a delivery crisis may last: a flood is shorter (a guess)."""
_CRISIS_TIMES, _CRISIS_LIKELIER = 1.2, 10.0
"""Times its usual share of negatives, and times likelier than one share in all weeks, that make a delivery crisis."""
_CRISIS_SETTLED = 4
"""Weeks after a crisis in which what it brought is still removed (a guess)."""
_SURGE_TIMES, _SURGE_WEEKS = 2.0, 8
"""Times its usual sales, over so many weeks, that make a surge."""
_ORDINARY = 1.5
"""Times what the market lets expect, up to which a rate is ordinary."""
_OF_COMPLAINTS = 12.0
"""Times the usual odds of removal, in a crisis: complaints not about the product break most policies (a guess)."""
_APPEAL_HOURS, _APPEALED = 24, 2 / 3
"""Hours that an appeal is looked at, at least, by somebody who weighs it, and share of the returns that answer one."""
_LEAST = 3.0


@dataclass(frozen=True)
class Explanation:
    """One innocent explanation of a case.

    Attributes:
        name: which.
        fits: whether it explains the case; unknown where the data cannot tell.
        value: the number it was tested with; None where there is none.
        usual: what that number usually is; None where that is not known.
        text: both in words.

    """

    name: str
    fits: Fits
    value: float | None
    usual: float | None
    text: str


@dataclass(frozen=True)
class SellerLife:
    """What the tests read of one seller: weekly counts, events, the weeks since its onset.

    Attributes:
        facts: of all listed sellers.
        weekly: its counts by kind, on `facts.weeks`.
        market: the same of all sellers together.
        since: which weeks its onset, at the earliest, leaves.
        removals: of its reviews by staff; `likely`: it probably belongs to a scheme.
        accounts: what was done to its account and listings.
        purged: removals of its praise with that of many others.
        likely: other events that probably belong to a scheme.

    """

    facts: Facts
    weekly: Mapping[str, Floats]
    market: Mapping[str, Floats]
    since: Floats
    removals: pd.DataFrame
    accounts: pd.DataFrame
    purged: int
    likely: int

    def rate(self, weeks: Any) -> float:
        """Removals of negatives for each negative that came, in some weeks; NaN without any."""
        return _ratio(self.weekly["negatives removed"][weeks].sum(), self.weekly["negatives"][weeks].sum())

    @property
    def practice(self) -> float:
        """The same of the whole market, in all weeks."""
        return _ratio(self.market["negatives removed"].sum(), self.market["negatives"].sum())

    @property
    def flood(self) -> float:
        """Negatives in a week from which on they are a flood."""
        return max(FLOOD, FLOOD_TIMES * float(np.median(self.weekly["negatives"])))

    @cached_property
    def of_flood(self) -> npt.NDArray[np.bool_]:
        """Which removals are of negatives that came in a flood, and were soon taken down."""
        flooded = self.facts.weeks[self.weekly["negatives"] >= self.flood]
        soon = (self.removals["age_days"] <= _FLOOD_DAYS).to_numpy()
        negative = self.removals["negative"].to_numpy(dtype=bool)
        return np.asarray(soon & negative & mondays_of(self.removals["created_at"]).isin(flooded))

    def standing_out(self, explanation: str) -> int:
        """How many events probably belong to a scheme, but for the removals that a flood explains."""
        likely = self.removals["likely"].to_numpy(dtype=bool)
        return self.likely + int((likely & ~self.of_flood if explanation == "rival_flood" else likely).sum())

    @property
    def removed_as_usual(self) -> bool:
        """Whether since the onset no larger part of its negatives was removed than of others'."""
        return self.rate(self.since) <= _ORDINARY * self.practice or not self.weekly["negatives removed"].any()


def rival_flood(case: SellerLife) -> Explanation:
    """A burst of one and two stars by others, which staff rightly clear within weeks."""
    weeks = int((case.weekly["negatives"] >= case.flood).sum())
    of_flood, removed = int(case.of_flood.sum()), int(case.removals["negative"].sum())
    share = _ratio(of_flood, removed)
    text = (
        f"{of_flood} of {removed} removed negatives came in {weeks} weeks of a flood of one and two stars and were"
        f" removed within {_FLOOD_DAYS} days."
    )
    return _explained("rival_flood", share, 0.0, share >= _PART, text)


def policy_purge(case: SellerLife) -> Explanation:
    """A policy that took down praise of many sellers at once."""
    removed = len(case.removals)
    share = _ratio(case.purged, removed)
    text = f"{case.purged} of {removed} removals by staff were of praise of many sellers of the queue in one week."
    return _explained("policy_purge", share, 0.0, share >= _HALF, text)


def delivery_crisis(case: SellerLife) -> Explanation:
    """Trouble that brought complaints, of which staff removed not much more than complaints let expect."""
    negatives, reviews, removed = (case.weekly[kind] for kind in ("negatives", "reviews", "negatives removed"))
    first, end, gain = _worst_time(np.minimum(negatives, case.flood), reviews)
    share = _ratio(negatives[first:end].sum(), reviews[first:end].sum())
    usual = _ratio(negatives.sum() - negatives[first:end].sum(), reviews.sum() - reviews[first:end].sum())
    weeks = slice(first, end + _CRISIS_SETTLED)
    part = _ratio(removed[weeks].sum(), removed.sum())
    ordinary = _odds(case.rate(weeks)) <= _OF_COMPLAINTS * _odds(case.practice)
    text = (
        f"In its worst {end - first} weeks {_percent(share)} of its reviews were negative, otherwise {_percent(usual)};"
        f" {_percent(part)} of its removed negatives fall into them and the {_CRISIS_SETTLED} weeks after."
    )
    trouble = gain >= np.log(_CRISIS_LIKELIER) and share >= _CRISIS_TIMES * usual
    fits = bool(trouble and part >= _PART and ordinary)
    return _explained("delivery_crisis", share, usual, fits, text)


def _worst_time(negatives: Floats, reviews: Floats) -> tuple[int, int, float]:
    """First week and week after the last of the time whose negatives stand out most, and their log likelihood ratio.

    Kulldorff's scan statistic (1997, Communications in Statistics: Theory and Methods 26, 1481) over the weeks of one
    seller, with its reviews as what is at risk.
    """
    worst = (0, 0, 0.0)
    came, at_risk = (np.concatenate([[0.0], np.cumsum(values)]) for values in (negatives, reviews))
    for length in _CRISIS_WEEKS:
        inside = came[length:] - came[:-length]
        expected = came[-1] * (at_risk[length:] - at_risk[:-length]) / max(at_risk[-1], 1.0)
        outside, expected_outside = came[-1] - inside, came[-1] - expected
        ratio = rel_entr(inside, expected) + rel_entr(outside, expected_outside)
        ratio = np.where((inside > expected) & np.isfinite(ratio), ratio, 0.0)
        if len(ratio) and ratio.max() > worst[2]:
            begin = int(np.argmax(ratio))
            worst = (begin, begin + length, float(ratio[begin]))
    return worst


def sales_surge(case: SellerLife) -> Explanation:
    """A promotion: more sales bring more reviews, and more of all that happens to reviews."""
    units, reviews = case.weekly["units"], case.weekly["fives"]
    if "sales" not in case.facts.tables or not units.any():
        return Explanation("sales_surge", "unknown", None, None, "Its sales are not known.")
    usual = float(np.median(units[units > 0]))
    level = pd.Series(units).rolling(_SURGE_WEEKS, min_periods=1).mean().to_numpy()
    level = np.where(case.since, level, 0.0)
    peak = int(np.argmax(level))
    times = _ratio(level[peak], usual)
    weeks = slice(max(peak - _SURGE_WEEKS + 1, 0), peak + 1)
    of_sales = _ratio(reviews[weeks].sum(), units[weeks].sum())
    otherwise = _ratio(reviews.sum(), units.sum())
    text = (
        f"In its best {_SURGE_WEEKS} weeks since then it sold {times:.1f} times its usual week, with"
        f" {_percent(of_sales)} as many five-star reviews (otherwise {_percent(otherwise)})."
    )
    fits = times >= _SURGE_TIMES and of_sales <= _ORDINARY * otherwise and case.removed_as_usual
    return _explained("sales_surge", times, 1.0, fits, text)


def queue_owner(case: SellerLife) -> Explanation:
    """A queue with one owner: that the same hand comes back says nothing."""
    removed = case.removals[case.removals["negative"].to_numpy(dtype=bool)]
    if not len(removed):
        return _explained("queue_owner", 0.0, None, fits=False, text="No negative review of it was removed by staff.")
    queue = str(removed["queue"].value_counts(sort=True).sort_index(kind="stable").idxmax())
    shares = case.facts.owners.set_index("queue")["share"]
    share, usual = float(shares.get(queue, np.nan)), float(shares.median())
    text = f"One hand did {_percent(share)} of the removals of negatives in the queue that works its reviews."
    return _explained("queue_owner", share, usual, share >= LONE_SHARE, text)


def honest_appeal(case: SellerLife) -> Explanation:
    """Returns that answer an appeal, take their time and have a ticket."""
    if "account_actions" not in case.facts.tables:
        return Explanation("honest_appeal", "unknown", None, None, "What was done to its account is not known.")
    staff = case.accounts["actor_kind"] == "staff"
    returns = case.accounts[(staff & (case.accounts["kind"] == "reinstated")).to_numpy(dtype=bool)]
    after = returns["acted_at"] - pd.to_datetime(returns["appealed_at"])
    honest = int((after >= pd.Timedelta(hours=_APPEAL_HOURS)).sum())
    share = _ratio(honest, len(returns))
    text = f"{honest} of {len(returns)} returns of its account or listings answer an appeal, a day or more after it."
    return _explained("honest_appeal", share, None, share >= _APPEALED, text)


def size(case: SellerLife) -> Explanation:
    """A large seller: more of everything, at the market's rate."""
    removed = float(case.weekly["negatives removed"][case.since].sum())
    rate, practice = case.rate(case.since), case.practice
    text = (
        f"Since then staff removed {removed:.0f} negatives, {_percent(rate)} of as many as came; in the whole market"
        f" {_percent(practice)}."
    )
    return _explained("size", rate, practice, bool(removed >= _LEAST and rate <= practice), text)


def _explained(name: str, value: float, usual: float | None, fits: bool, text: str) -> Explanation:  # noqa: FBT001
    """An explanation whose number is known; a share of nothing explains nothing."""
    known = bool(np.isfinite(value))
    known_usual = None if usual is None or not np.isfinite(usual) else float(usual)
    return Explanation(name, "yes" if fits else "no", float(value) if known else None, known_usual, text)


def _ratio(part: float, whole: float) -> float:
    """NaN where there is nothing to share."""
    return float(part) / float(whole) if whole > 0 else float("nan")


def _odds(share: float) -> float:
    """Of a share.

    >>> _odds(0.75), _odds(1.0)
    (3.0, inf)
    """
    return share / (1 - share) if share < 1 else share * np.inf


def _percent(share: float) -> str:
    """A share in words.

    >>> _percent(0.25), _percent(float("nan"))
    ('25%', 'none')
    """
    return f"{share:.0%}" if np.isfinite(share) else "none"
