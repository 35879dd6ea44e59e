"""Since when a seller does what it is listed for: one change in its own weekly counts, against its peers' trend.

Each kind of count is Poisson with a rate that is a multiple of what the market lets expect of a seller with as many
reviews. The multiple is unknown before the change and during the scheme, and the kind may not have changed at all. With
gamma priors all that integrates exactly, so that every first and last week has its probability; nothing is sampled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import gammaln, logsumexp

from features.weeks import mondays_of
from model.arrays import Floats
from scoring.cases.facts import Facts

KINDS = ("one hand", "removals", "take-backs", "look-ups", "internals", "standing", "fives")

_SIZE_WEEKS = 26
"""Weeks of reviews that tell how large a seller is at a time."""

_OF_NEGATIVES = ("one hand", "removals", "take-backs")
"""Kinds that happen to negative reviews: a flood brings more of them without any scheme ..."""

_TROUBLE_WEEKS = 13
"""... so that a seller's part of the negatives of so many weeks says what is usual."""

_TREND_WEEKS = 9
"""Weeks over which the market's counts are smoothed."""

_CHANGES = 0.5
"""Chance that a scheme shows in a kind of count."""

_ENDED = 0.25
"""Chance that the scheme has ended before the cutoff."""

_ENDED_WITHIN_WEEKS = 52
"""What ended earlier is no longer in the signals for which the seller is listed."""

_UNSEEN = 0.15
"""Chance that no counted kind shows the scheme, and that what changed has another cause."""

_BEFORE = (1.0, 1.5)
"""Shape and mean of a seller's multiple in ordinary life: sellers differ much in what befalls them."""
_DURING = ((1.5, 3.0), (1.5, 10.0), (1.5, 40.0))
"""Shape and mean of the multiples that a scheme may bring, each as likely (guesses: broad, and above ordinary)."""

_AGAIN = "praised again"
"""Praise by authors who praise the seller again within three months: buyers rarely do."""

_TEMPERED = {"fives": 0.05}
"""Power of the likelihood where counts vary far more than Poisson's: praise follows sales and seasons."""


@dataclass(frozen=True)
class Onset:
    """The first week of a seller's scheme.

    Attributes:
        on: the median.
        low: 10 % quantile.
        high: 90 % quantile.
        begun: for each week of the facts, the chance that the scheme had begun by its end.

    """

    on: date
    low: date
    high: date
    begun: Floats


def onsets(facts: Facts, sellers: list[Any]) -> dict[Any, Onset]:
    """The onset of each of these sellers."""
    counts = {kind: counted(facts, kind, sellers) for kind in KINDS}
    expected = {kind: peers_trend(facts, kind, sellers) for kind in KINDS}
    again = facts.praise["same"] > 1
    counts[_AGAIN] = _by_week(facts, sellers, facts.praise[again])
    expected[_AGAIN] = expected["fives"] * (again.sum() + 0.5) / (len(again) + 0.5)
    return {
        seller: _onset(
            facts,
            first_weeks(
                {kind: values[place] for kind, values in counts.items()},
                {kind: values[place] for kind, values in expected.items()},
            ),
        )
        for place, seller in enumerate(sellers)
    }


def counted(facts: Facts, kind: str, sellers: list[Any]) -> Floats:
    """Weekly counts, shape (sellers, weeks)."""
    rows = facts.weekly[facts.weekly["kind"] == kind]
    return _table(facts, sellers, rows["seller_id"], rows["week"], rows["count"].to_numpy(dtype=np.float64))


def _by_week(facts: Facts, sellers: list[Any], reviews: pd.DataFrame) -> Floats:
    """How many of some reviews came in each week, shape (sellers, weeks)."""
    return _table(facts, sellers, reviews["seller_id"], mondays_of(reviews["created_at"]), np.ones(len(reviews)))


def _table(facts: Facts, sellers: list[Any], of_seller: pd.Series, of_week: Any, counts: Floats) -> Floats:
    """Sums of counts, shape (sellers, weeks)."""
    table = np.zeros((len(sellers), len(facts.weeks)))
    row = pd.Index(sellers).get_indexer(of_seller)
    week = facts.weeks.get_indexer(pd.to_datetime(of_week))
    known = (row >= 0) & (week >= 0)
    np.add.at(table, (row[known], week[known]), counts[known])
    return table


def market_counts(facts: Facts, kind: str) -> Floats:
    """Weekly counts of all sellers together."""
    rows = facts.market[facts.market["kind"] == kind]
    found = rows.assign(week=pd.to_datetime(rows["week"])).groupby("week")["count"].sum().reindex(facts.weeks)
    return np.asarray(found.fillna(0.0), dtype=np.float64)


def peers_trend(facts: Facts, kind: str, sellers: list[Any]) -> Floats:
    """What the market lets expect of each seller and week, by the seller's part of its reviews or negatives."""
    base, weeks = ("negatives", _TROUBLE_WEEKS) if kind in _OF_NEGATIVES else ("reviews", _SIZE_WEEKS)
    own, everybody = _trailing(counted(facts, base, sellers), weeks), _trailing(market_counts(facts, base), weeks)
    share = (own + 0.5) / np.maximum(everybody + 0.5, 1.0)
    return np.asarray(_smoothed(market_counts(facts, kind)) * np.minimum(share, 1.0))


def _smoothed(values: Floats) -> Floats:
    return np.asarray(pd.Series(values).rolling(_TREND_WEEKS, min_periods=1, center=True).mean())


def _trailing(values: Floats, weeks: int) -> Floats:
    """Sums over so many weeks up to each week; before as many are known, over the first ones."""
    total = np.concatenate([np.zeros((*values.shape[:-1], 1)), np.cumsum(values, axis=-1)], axis=-1)
    end = np.minimum(np.maximum(np.arange(values.shape[-1]) + 1, weeks), values.shape[-1])
    return np.asarray(total[..., end] - total[..., np.maximum(end - weeks, 0)])


def first_weeks(counts: Mapping[str, Floats], expected: Mapping[str, Floats]) -> Floats:
    """The probability of each week to be the scheme's first.

    Args:
        counts: weekly counts by kind, each of shape (weeks,).
        expected: what the peers let expect, by kind and alike.

    """
    weeks = len(next(iter(counts.values())))
    first, end = np.triu_indices(weeks + 1, 1)
    before: Floats = np.full(len(first), np.log(_ENDED / weeks))
    before[end == weeks] = np.log(1 - _ENDED)
    before[end < weeks - _ENDED_WITHIN_WEEKS] = -np.inf
    evidence = before
    for kind, values in counts.items():
        evidence = evidence + _changed(values, expected[kind], first, end, _TEMPERED.get(kind, 1.0))
    return (1 - _UNSEEN) * _by_first(evidence, first, weeks) + _UNSEEN * _by_first(before, first, weeks)


def _by_first(evidence: Floats, first: Any, weeks: int) -> Floats:
    """Probabilities of the first weeks from the log evidence of each pair of first and last."""
    chance = np.bincount(first, np.exp(evidence - evidence.max()), minlength=weeks)
    return np.asarray(chance / chance.sum())


def _changed(counts: Floats, expected: Floats, first: Any, end: Any, power: float) -> Floats:
    """Log evidence of each pair of first week and week after the last, beside no change at all."""
    count, usual = (np.concatenate([[0.0], np.cumsum(values)]) for values in (counts, expected))
    inside, usual_inside = count[end] - count[first], usual[end] - usual[first]
    outside, usual_outside = count[-1] - inside, usual[-1] - usual_inside
    ordinary = _evidence(outside, usual_outside, *_BEFORE)
    during = _evidence_of_scheme(inside, usual_inside)
    never = _evidence(count[-1:], usual[-1:], *_BEFORE)
    gain = power * (ordinary + during - never)
    return np.asarray(np.logaddexp(np.log(_CHANGES) + gain, np.log(1 - _CHANGES)))


def raised(count: Floats, usual: Floats) -> Floats:
    """Log odds that counts are a scheme's, and not ordinary ones, where both are as likely before.

    Args:
        count: what was seen.
        usual: what ordinary life lets expect of it.

    """
    return np.asarray(_evidence_of_scheme(count, usual) - _evidence(count, usual, *_BEFORE))


def _evidence_of_scheme(count: Floats, usual: Floats) -> Floats:
    each = [_evidence(count, usual, *prior) for prior in _DURING]
    return np.asarray(logsumexp(each, axis=0) - np.log(len(_DURING)))


def _evidence(count: Floats, usual: Floats, shape: float, mean: float) -> Floats:
    """Log probability of counts whose rate is `usual` times a gamma variable, but for what no change alters."""
    rate = shape / mean
    return np.asarray(
        shape * np.log(rate) - (shape + count) * np.log(rate + usual) + gammaln(shape + count) - gammaln(shape)
    )


def _onset(facts: Facts, first: Floats) -> Onset:
    begun = np.cumsum(first)

    def quantile(share: float) -> date:
        week: date = facts.weeks[min(int(np.searchsorted(begun, share)), len(begun) - 1)].date()
        return min(week, facts.as_of - timedelta(days=1))

    return Onset(quantile(0.5), quantile(0.1), quantile(0.9), begun)
