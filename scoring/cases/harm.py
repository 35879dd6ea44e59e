"""What a scheme brought: the rating without it, and the money since its onset beside what would have come anyhow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from scoring.cases.facts import Facts
from scoring.cases.onset import Onset, counted, market_counts

_LEAST_WEEKS = 8
"""Weeks before the onset without which a seller has no own level."""


@dataclass(frozen=True)
class Harm:
    """Of one seller; None where it cannot be told.

    Attributes:
        shown_rating: mean of the visible reviews of what it holds.
        restored_rating: the same if its illegitimately removed reviews were counted, weighed by their probability.
        revenue: money since the onset.
        excess: revenue since the onset beyond its own level before, carried on by the market's trend; may be negative.

    """

    shown_rating: float | None
    restored_rating: float | None
    revenue: float | None
    excess: float | None


def harms(facts: Facts, removal_chance: pd.Series, onset: Mapping[Any, Onset]) -> dict[Any, Harm]:
    """The harm of each listed seller.

    Args:
        facts: ratings, decisions and weekly sales.
        removal_chance: probability that a removal was illegitimate, on the index of `facts.decisions`.
        onset: of each listed seller.

    """
    sellers = list(onset)
    gone = facts.decisions[~facts.decisions["visible"].to_numpy(dtype=bool)]
    weight = removal_chance.reindex(gone.index)
    missing = weight.groupby(gone["seller_id"]).sum()
    missing_stars = (weight * gone["rating"]).groupby(gone["seller_id"]).sum()
    ratings = facts.ratings.set_index("seller_id")
    sold = counted(facts, "cents", sellers) / 100
    trend = market_counts(facts, "cents") / 100
    found = {}
    for place, seller in enumerate(sellers):
        shown = restored = None
        reviews = int(ratings["reviews"].get(seller, 0))
        if reviews:
            stars, more = float(ratings["stars"][seller]), float(missing.get(seller, 0.0))
            shown = stars / reviews
            restored = (stars + float(missing_stars.get(seller, 0.0))) / (reviews + more)
        revenue, excess = _money(facts, onset[seller], sold[place], trend) if "sales" in facts.tables else (None, None)
        found[seller] = Harm(shown, restored, revenue, excess)
    return found


def _money(facts: Facts, onset: Onset, sold: Any, trend: Any) -> tuple[float | None, float | None]:
    """Revenue since the onset, and by how much it exceeds the level before it times the market's growth."""
    if not sold.any():
        return None, None
    since = np.asarray(facts.weeks >= pd.Timestamp(onset.on))
    revenue, others = float(sold[since].sum()), trend - sold
    before = np.flatnonzero(~since)
    before = before[before >= np.flatnonzero(sold)[0]]
    if len(before) < _LEAST_WEEKS or others[before].sum() <= 0:
        return revenue, None
    usual = float(sold[before].sum() / others[before].sum() * others[since].sum())
    return revenue, revenue - usual
