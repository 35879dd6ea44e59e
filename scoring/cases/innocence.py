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
_LISTED_FOR = 0.75
"""Share of what speaks against the seller that the scheme which a circumstance looks like must have."""
_STAND_OUT = 3
"""Events that probably belong to a scheme, from which on nothing innocent explains a case (a guess)."""

_EPISODES: Sequence[Callable[[SellerLife], Explanation]] = (rival_flood, delivery_crisis, sales_surge)
"""What happened to a seller and is seen by itself."""

_CIRCUMSTANCES: Mapping[Callable[[SellerLife], Explanation], str] = {
    policy_purge: "bought_reviews",
    queue_owner: "paid_removal",
    honest_appeal: "paid_standing",
    size: "paid_removal",
}
"""What many sellers share, each with the scheme that it looks like."""


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
        tested = [test(case) for test in _EPISODES]
        tested += [_if_listed_for_it(test(case), shares.get(scheme, 0.0)) for test, scheme in _CIRCUMSTANCES.items()]
        left = [_unless_events_stand_out(each, case) for each in tested]
        found[seller] = sorted(left, key=lambda each: ("yes", "unknown", "no").index(each.fits))
    return found


def _unless_events_stand_out(found: Explanation, case: SellerLife) -> Explanation:
    """What fits, unless too many events stand out that it does not explain."""
    standing_out = case.standing_out(found.name)
    return found if standing_out < _STAND_OUT else _not(found, f"{standing_out} events stand out by themselves.")


def _if_listed_for_it(found: Explanation, listed_for: float) -> Explanation:
    """What fits, unless the seller is listed for something else."""
    return found if listed_for >= _LISTED_FOR else _not(found, "most of what it is listed for is of another kind.")


def _not(found: Explanation, but: str) -> Explanation:
    """What does not fit after all."""
    return replace(found, fits="no", text=f"{found.text} But {but}") if found.fits == "yes" else found
