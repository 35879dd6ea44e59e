"""How probably a removal by staff was bought: ordinary removals of the queue and hand beside those of the listed.

A removal of a listed seller's negative review is either ordinary or bought. How ordinary ones look is counted where
nobody is listed, in the same queue, and for tickets in the same hands. How bought ones look is learned from those of
hands that keep coming back to a seller far more than their part of the queue's work: work is shared out, orders are
not.
The share that is bought begins with the seller's guilt, the time since its onset, and how many more of its negatives
were removed than the market's practice lets expect.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from features.weeks import mondays_of
from model.arrays import Floats
from scoring.cases.facts import Facts
from scoring.cases.onset import Onset, counted, market_counts
from scoring.cases.statements import RETURNS, SEEN

_PRIOR_REMOVALS = 20.0
"""Removals of all queues that are added to those of one queue or hand, so that few say little."""
_PRIOR_BOUGHT = 10.0
"""Ordinary removals that are added to the bought ones, so that what is bought is never a cell of its own."""
_RETURNING = (0.04, 0.06, 0.05, 0.05, 0.1, 0.7)
"""How often the hand of a bought removal comes back to the seller, by `together_class` (a guess: a broker has few
moderators, and an order is rarely the last)."""
_WEIGHTIEST = 1.3
"""The most that any other look of a removal says, in log-odds: what is alike in honest trouble must not add up."""
_LEAST, _MOST, _RAREST = 0.02, 0.98, 1e-6
_HELPERS_PRAISE = 0.05
"""Chance that a listed member of staff's removal of praise was made to hide others (a guess)."""
_STRANGERS = 0.1
"""Chance of guilt of a seller that is not listed, where a listed member of staff removed its negatives (a guess)."""


def bought_chances(facts: Facts, guilt: Mapping[Any, float], onset: Mapping[Any, Onset]) -> pd.Series:
    """The probability that each removal was illegitimate, on the index of `facts.decisions`.

    Args:
        facts: decisions and what is ordinary.
        guilt: probability that each listed seller runs a scheme.
        onset: of each listed seller.

    """
    rows = facts.decisions
    chance = pd.Series(0.0, rows.index)
    negative = rows["negative"].to_numpy(dtype=bool)
    chance[~negative] = np.where(rows.loc[~negative, "by_helper"], _HELPERS_PRAISE, 0.0)
    if negative.any():
        looked = rows[negative]
        prior = _prior(facts, looked, guilt, onset)
        chance[negative] = _posterior(looked, facts.ordinary, prior)
    return chance.rename("probability")


def _prior(facts: Facts, rows: pd.DataFrame, guilt: Mapping[Any, float], onset: Mapping[Any, Onset]) -> Floats:
    """Chance before anything is seen of the removal itself."""
    beyond = _beyond_practice(facts, list(onset), onset)
    week = facts.weeks.get_indexer(mondays_of(rows["acted_at"]))
    found = np.empty(len(rows))
    for place, (seller, at) in enumerate(zip(rows["seller_id"], week, strict=True)):
        if seller in onset:
            found[place] = guilt[seller] * onset[seller].begun[max(at, 0)] * beyond[seller]
        else:
            found[place] = _STRANGERS
    return np.clip(found, 0.0, _MOST)


def _beyond_practice(facts: Facts, sellers: Sequence[Any], onset: Mapping[Any, Onset]) -> dict[Any, float]:
    """The share of each seller's removals of negatives since its onset that the market's practice does not explain."""
    removed, arrived = (counted(facts, kind, list(sellers)) for kind in ("negatives removed", "negatives"))
    practice = market_counts(facts, "negatives removed").sum() / max(market_counts(facts, "negatives").sum(), 1.0)
    shares = {}
    for place, seller in enumerate(sellers):
        begun = onset[seller].begun
        seen = float(removed[place] @ begun)
        usual = practice * float(arrived[place] @ begun)
        shares[seller] = float(np.clip((seen - usual) / max(seen, 1.0), _LEAST, _MOST))
    return shares


def _posterior(rows: pd.DataFrame, ordinary: pd.DataFrame, prior: Floats) -> Floats:
    """Chances after what is seen of each removal; columns of `SEEN` are taken to be independent of each other."""
    returning = np.asarray(_RETURNING)[rows[RETURNS]]
    odds = logit(np.maximum(prior, _RAREST)) + np.log(returning) - np.log(_usual(rows, ordinary, RETURNS, range(6)))
    for column in SEEN:
        levels = sorted(set(rows[column]) | set(ordinary[column]))
        codes = pd.Categorical(rows[column], levels).codes
        bought = _bought(codes, prior * returning, _histogram(ordinary, column, levels))[codes]
        evidence = np.log(bought) - np.log(_usual(rows, ordinary, column, levels))
        odds = odds + np.clip(evidence, -_WEIGHTIEST, _WEIGHTIEST)
    return np.asarray(expit(odds))


def _bought(codes: Any, weight: Floats, overall: Floats) -> Floats:
    """Shares of each level among the bought."""
    counts = np.bincount(codes, weight, minlength=len(overall)) + _PRIOR_BOUGHT * overall
    return np.asarray(counts / counts.sum())


def _histogram(rows: pd.DataFrame, column: str, levels: Sequence[Any]) -> Floats:
    """Shares of each level, none of them 0."""
    counts = rows.groupby(column)["count"].sum().reindex(levels).fillna(0.0).to_numpy(dtype=np.float64) + 0.5
    return np.asarray(counts / counts.sum())


def _usual(rows: pd.DataFrame, ordinary: pd.DataFrame, column: str, levels: Sequence[Any]) -> Floats:
    """How common each row's level is among the ordinary removals of its queue; of tickets, of its hand."""
    by = "actor_id" if column == "fit" else "queue"
    overall = _histogram(ordinary, column, levels)
    table = ordinary.pivot_table(index=by, columns=column, values="count", aggfunc="sum", fill_value=0)
    table = table.reindex(columns=levels, fill_value=0)
    shares = (table + _PRIOR_REMOVALS * overall).div(table.sum(axis=1) + _PRIOR_REMOVALS, axis=0)
    own = shares.reindex(rows[by]).to_numpy()
    found = np.where(np.isnan(own), overall, own)
    return np.asarray(found[np.arange(len(rows)), pd.Categorical(rows[column], levels).codes])
