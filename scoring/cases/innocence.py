"""What could explain a case innocently: each explanation is tested with a number, and says whether it fits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from scoring.cases.chances import LIKELY, Chances
from scoring.cases.facts import Facts
from scoring.cases.honest_life import (
    Explanation,
    SellerLife,
    delivery_crisis,
    honest_appeal,
    policy_purge,
    queue_owner,
    rival_flood,
    sales_surge,
    size,
)
from scoring.cases.onset import Onset, counted, market_counts

_KINDS = ("negatives removed", "negatives", "reviews", "units", "fives")
_LISTED_FOR = 0.5
"""Share of what speaks against the seller that the schemes which a circumstance explains must have."""
_STAND_OUT = 3
"""Events that probably belong to a scheme, from which on nothing innocent explains a case (a guess)."""

_TESTS: Mapping[Callable[[SellerLife], Explanation], frozenset[str]] = {
    rival_flood: frozenset({"paid_removal"}),
    policy_purge: frozenset({"bought_reviews"}),
    delivery_crisis: frozenset({"paid_removal"}),
    sales_surge: frozenset({"paid_removal", "bought_reviews"}),
    queue_owner: frozenset({"paid_removal"}),
    honest_appeal: frozenset({"paid_standing"}),
    size: frozenset({"paid_removal"}),
}
"""All tests, each with the schemes that such honest life looks like: a flood explains no look-up of reviewers."""

_EPISODES = frozenset({"rival_flood", "delivery_crisis", "sales_surge"})
"""What happened to a seller and is seen by itself; the others are circumstances, which many sellers share."""


def explanations(
    facts: Facts,
    onset: Mapping[Any, Onset],
    schemes: Mapping[Any, Sequence[Mapping[str, Any]]],
    removal_chance: pd.Series,
    chances: Chances,
) -> dict[Any, list[Explanation]]:
    """All innocent explanations of each listed seller, the fitting ones first.

    Args:
        facts: events and weekly counts.
        onset: of each listed seller.
        schemes: what each is listed for, as `scoring.cases.guilt.schemes` tells it.
        removal_chance: that each removal belongs to a scheme, on the index of `facts.decisions`.
        chances: of the other events.

    """
    sellers = list(onset)
    counts = {kind: counted(facts, kind, sellers) for kind in _KINDS}
    market = {kind: market_counts(facts, kind) for kind in _KINDS}
    decisions = facts.decisions.assign(likely=removal_chance >= LIKELY)
    removals = dict(list(decisions[decisions["listed"]].groupby("seller_id")))
    accounts = dict(list(facts.accounts.groupby("seller_id")))
    purged = facts.purges.groupby("seller_id")["own"].sum()
    likely = chances.likely(facts)
    found = {}
    for place, seller in enumerate(sellers):
        case = SellerLife(
            facts=facts,
            weekly={kind: table[place] for kind, table in counts.items()},
            market=market,
            since=np.asarray(facts.weeks >= pd.Timestamp(onset[seller].low)),
            removals=removals.get(seller, decisions.iloc[:0]),
            accounts=accounts.get(seller, facts.accounts.iloc[:0]),
            purged=int(purged.get(seller, 0)),
            likely=int(likely.get(seller, 0)),
        )
        shares = {each["scheme"]: each["share"] for each in schemes[seller]}
        tested = [
            _weighed(explanation, explained, shares, case.standing_out(explanation.name))
            for test, explained in _TESTS.items()
            for explanation in [test(case)]
        ]
        found[seller] = sorted(tested, key=lambda each: ("yes", "unknown", "no").index(each.fits))
    return found


def _weighed(
    found: Explanation, explained: frozenset[str], shares: Mapping[str, float], standing_out: int
) -> Explanation:
    """What fits, unless too much stands out that it does not explain, or the seller is listed for something else."""
    if found.fits != "yes":
        return found
    if standing_out >= _STAND_OUT:
        return replace(found, fits="no", text=f"{found.text} But {standing_out} events stand out by themselves.")
    listed_for = sum(share for scheme, share in shares.items() if scheme in explained)
    if found.name in _EPISODES or listed_for >= _LISTED_FOR:
        return found
    return replace(found, fits="no", text=f"{found.text} But most of what it is listed for is of another kind.")
