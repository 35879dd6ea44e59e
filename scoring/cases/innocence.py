"""What could explain a case innocently: each explanation is tested with a number, and says whether it fits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from features.families.floods import FLOOD, FLOOD_TIMES
from features.weeks import mondays_of
from model.arrays import Floats
from scoring.cases.facts import Facts
from scoring.cases.onset import Onset, counted, market_counts
from scoring.own_past import LONE_SHARE

Fits = Literal["yes", "no", "unknown"]

_HALF = 0.5
"""Share of what stands out from which on an explanation explains it."""
_FLOOD_DAYS = 42
"""Days in which a flood is cleared."""
_CRISIS_TIMES, _CRISIS_WEEKS = 2.0, 13
"""Times its usual share of negatives, over so many weeks, that make a delivery crisis."""
_SURGE_TIMES, _SURGE_WEEKS = 2.0, 8
"""Times its usual sales, over so many weeks, that make a surge."""
_ORDINARY = 1.5
"""Times what the market lets expect, up to which a rate is ordinary."""
_OF_COMPLAINTS = 3.0
"""The same in a delivery crisis: complaints that are not about the product break most policies (a guess)."""
_APPEAL_HOURS = 24
"""Hours that an appeal is looked at, at least, by somebody who weighs it."""
_LEAST = 3.0
_LISTED_FOR = 0.4
"""Share of what speaks against the seller that schemes must have for what explains them to explain the case."""


@dataclass(frozen=True)
class Explanation:
    """One innocent explanation of a case.

    Attributes:
        name: which.
        fits: whether it explains most of what stands out, and the seller is listed for that; unknown where the data
            cannot tell.
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
class _Seller:
    """What the tests read of one seller: weekly counts, events, the weeks since its onset."""

    facts: Facts
    weekly: Mapping[str, Floats]
    market: Mapping[str, Floats]
    since: Floats
    removals: pd.DataFrame
    accounts: pd.DataFrame
    purged: int

    def rate(self, weeks: Any) -> float:
        """Removals of negatives for each negative that came, in some weeks; NaN without any."""
        return _ratio(self.weekly["negatives removed"][weeks].sum(), self.weekly["negatives"][weeks].sum())

    @property
    def practice(self) -> float:
        """The same of the whole market, in all weeks."""
        return _ratio(self.market["negatives removed"].sum(), self.market["negatives"].sum())

    @property
    def removed_as_usual(self) -> bool:
        """Whether since the onset no larger part of its negatives was removed than of others'."""
        return self.rate(self.since) <= _ORDINARY * self.practice or not self.weekly["negatives removed"].any()


_KINDS = ("negatives removed", "negatives", "reviews", "units", "fives")


def explanations(
    facts: Facts, onset: Mapping[Any, Onset], schemes: Mapping[Any, Sequence[Mapping[str, Any]]]
) -> dict[Any, list[Explanation]]:
    """All innocent explanations of each listed seller, the fitting ones first.

    Args:
        facts: events and weekly counts.
        onset: of each listed seller.
        schemes: what each is listed for, as `scoring.cases.guilt.schemes` tells it.

    """
    sellers = list(onset)
    counts = {kind: counted(facts, kind, sellers) for kind in _KINDS}
    market = {kind: market_counts(facts, kind) for kind in _KINDS}
    removals = dict(list(facts.decisions[facts.decisions["listed"]].groupby("seller_id")))
    accounts = dict(list(facts.accounts.groupby("seller_id")))
    purged = facts.purges.groupby("seller_id")["own"].sum()
    found = {}
    for place, seller in enumerate(sellers):
        case = _Seller(
            facts=facts,
            weekly={kind: table[place] for kind, table in counts.items()},
            market=market,
            since=np.asarray(facts.weeks >= pd.Timestamp(onset[seller].low)),
            removals=removals.get(seller, facts.decisions.iloc[:0]),
            accounts=accounts.get(seller, facts.accounts.iloc[:0]),
            purged=int(purged.get(seller, 0)),
        )
        shares = {each["scheme"]: each["share"] for each in schemes[seller]}
        tested = [_for_what_it_is_listed(test(case), explained, shares) for test, explained in _TESTS.items()]
        found[seller] = sorted(tested, key=lambda each: ("yes", "unknown", "no").index(each.fits))
    return found


def _rival_flood(case: _Seller) -> Explanation:
    """A burst of one and two stars by others, which staff rightly clear within weeks."""
    negatives = case.weekly["negatives"]
    usual = float(np.median(negatives))
    flooded = case.facts.weeks[negatives >= max(FLOOD, FLOOD_TIMES * usual)]
    removed = case.removals[case.removals["negative"].to_numpy(dtype=bool)]
    of_flood = mondays_of(removed["created_at"]).isin(flooded) & (removed["age_days"] <= _FLOOD_DAYS)
    share = _ratio(float(of_flood.sum()), float(len(removed)))
    text = (
        f"{int(of_flood.sum())} of {len(removed)} removed negatives came in {len(flooded)} weeks of a flood of one and"
        f" two stars and were removed within {_FLOOD_DAYS} days."
    )
    return _explained("rival_flood", share, 0.0, share >= _HALF, text)


def _policy_purge(case: _Seller) -> Explanation:
    """A policy that took down praise of many sellers at once."""
    removed = len(case.removals)
    share = _ratio(case.purged, removed)
    text = f"{case.purged} of {removed} removals by staff were of praise of many sellers of the queue in one week."
    return _explained("policy_purge", share, 0.0, share >= _HALF, text)


def _delivery_crisis(case: _Seller) -> Explanation:
    """Trouble that brought complaints, of which staff removed not much more than complaints let expect."""
    negatives, reviews = case.weekly["negatives"], case.weekly["reviews"]
    usual = _ratio(negatives.sum(), reviews.sum())
    bad, all_of_them = (pd.Series(values).rolling(_CRISIS_WEEKS).sum().to_numpy() for values in (negatives, reviews))
    shares = np.where((all_of_them >= _LEAST) & (bad >= _LEAST), bad / np.maximum(all_of_them, 1.0), 0.0)
    worst = int(np.argmax(shares)) if len(shares) else 0
    share = float(shares[worst])
    weeks = slice(max(worst - _CRISIS_WEEKS + 1, 0), worst + _CRISIS_WEEKS)
    part = _ratio(case.weekly["negatives removed"][weeks].sum(), case.weekly["negatives removed"].sum())
    ordinary = case.rate(weeks) <= _OF_COMPLAINTS * max(case.practice, 0.0)
    text = (
        f"In its worst {_CRISIS_WEEKS} weeks {_percent(share)} of its reviews were negative, usually {_percent(usual)};"
        f" {_percent(part)} of its removed negatives fall into them and the weeks after."
    )
    return _explained(
        "delivery_crisis", share, usual, share >= _CRISIS_TIMES * usual and part >= _HALF and ordinary, text
    )


def _sales_surge(case: _Seller) -> Explanation:
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


def _queue_owner(case: _Seller) -> Explanation:
    """A queue with one owner: that the same hand comes back says nothing."""
    removed = case.removals[case.removals["negative"].to_numpy(dtype=bool)]
    if not len(removed):
        return _explained("queue_owner", 0.0, None, fits=False, text="No negative review of it was removed by staff.")
    queue = str(removed["queue"].value_counts(sort=True).sort_index(kind="stable").idxmax())
    shares = case.facts.owners.set_index("queue")["share"]
    share, usual = float(shares.get(queue, np.nan)), float(shares.median())
    text = f"One hand did {_percent(share)} of the removals of negatives in the queue that works its reviews."
    return _explained("queue_owner", share, usual, share >= LONE_SHARE, text)


def _honest_appeal(case: _Seller) -> Explanation:
    """Returns that answer an appeal, take their time and have a ticket."""
    if "account_actions" not in case.facts.tables:
        return Explanation("honest_appeal", "unknown", None, None, "What was done to its account is not known.")
    staff = case.accounts["actor_kind"] == "staff"
    returns = case.accounts[(staff & (case.accounts["kind"] == "reinstated")).to_numpy(dtype=bool)]
    after = returns["acted_at"] - pd.to_datetime(returns["appealed_at"])
    honest = int((after >= pd.Timedelta(hours=_APPEAL_HOURS)).sum())
    share = _ratio(honest, len(returns))
    text = f"{honest} of {len(returns)} returns of its account or listings answer an appeal, a day or more after it."
    return _explained("honest_appeal", share, None, bool(share >= LONE_SHARE and case.removed_as_usual), text)


def _size(case: _Seller) -> Explanation:
    """A large seller: more of everything, at the market's rate."""
    removed = float(case.weekly["negatives removed"][case.since].sum())
    rate, practice = case.rate(case.since), case.practice
    text = (
        f"Since then staff removed {removed:.0f} negatives, {_percent(rate)} of as many as came; in the whole market"
        f" {_percent(practice)}."
    )
    return _explained("size", rate, practice, bool(removed >= _LEAST and rate <= practice), text)


_TESTS: Mapping[Callable[[_Seller], Explanation], frozenset[str]] = {
    _rival_flood: frozenset({"paid_removal"}),
    _policy_purge: frozenset({"bought_reviews"}),
    _delivery_crisis: frozenset({"paid_removal"}),
    _sales_surge: frozenset({"paid_removal", "bought_reviews"}),
    _queue_owner: frozenset({"paid_removal"}),
    _honest_appeal: frozenset({"paid_standing"}),
    _size: frozenset({"paid_removal"}),
}
"""All tests, each with the schemes that such honest life looks like: a flood explains no look-up of reviewers."""


def _for_what_it_is_listed(found: Explanation, explained: frozenset[str], shares: Mapping[str, float]) -> Explanation:
    """What fits, unless the seller is listed for something else."""
    listed_for = sum(share for scheme, share in shares.items() if scheme in explained)
    if found.fits != "yes" or listed_for >= _LISTED_FOR:
        return found
    return replace(found, fits="no", text=f"{found.text} But most of what it is listed for is of another kind.")


def _explained(name: str, value: float, usual: float | None, fits: bool, text: str) -> Explanation:  # noqa: FBT001
    """An explanation whose number is known; a share of nothing explains nothing."""
    known = bool(np.isfinite(value))
    known_usual = None if usual is None or not np.isfinite(usual) else float(usual)
    return Explanation(name, "yes" if fits else "no", float(value) if known else None, known_usual, text)


def _ratio(part: float, whole: float) -> float:
    """NaN where there is nothing to share."""
    return float(part) / float(whole) if whole > 0 else float("nan")


def _percent(share: float) -> str:
    """A share in words.

    >>> _percent(0.25), _percent(float("nan"))
    ('25%', 'none')
    """
    return f"{share:.0%}" if np.isfinite(share) else "none"
