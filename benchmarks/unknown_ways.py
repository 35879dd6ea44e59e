"""Ways to learn from sellers without a verdict, and verdicts made worse: what the shipped way is held against."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.linear_model import LogisticRegression

from features.catalogue import CATALOGUE
from model.arrays import Floats
from model.baseline import day_zero, day_zero_tails
from model.classifier import classifier_of
from model.settings import ClassifierSettings
from simulator.judge import ring_of_sellers
from training.learned import Learned, signals_of

TREES = 160
"""Of every way; case folds would choose for each, at ten times the cost."""
_FALSELY_CLEARED, _FALSELY_ACCUSED = 0.2, 0.02
_LARGEST_WEIGHT = 10.0
_SIZE = "reviews_arrived_91d"
_DAY_ZERO_SHARE = 0.005
"""Share of the unknown rows that self-training takes for culprits, those of most day-zero strength ..."""
_DAY_ZERO_WEIGHT = 0.5
"""... at this part of their weight."""


@dataclass(frozen=True)
class Lesson:
    """Which rows are learned from, some twice, as what, and how much each weighs."""

    at: npt.NDArray[np.int64]
    positive: npt.NDArray[np.int64]
    weights: Floats


@dataclass(frozen=True)
class Taken:
    """Training rows, the panel that holds all their signals, the rows as a classifier takes them, and its settings."""

    rows: pd.DataFrame
    panel: pd.DataFrame
    learned: Learned
    settings: ClassifierSettings

    @property
    def unknown(self) -> npt.NDArray[np.bool_]:
        """Rows of sellers without a verdict."""
        return np.asarray(self.rows["label"].isna())


Way = Callable[[Taken], Lesson]
"""A way to learn from the unknown."""


def taken_as_negative(taken: Taken) -> Lesson:
    """As shipped: the unknown are negatives of less weight."""
    return _all(taken.learned.positive, taken.learned.weights)


def _all(positive: npt.NDArray[np.bool_], weights: Floats) -> Lesson:
    return Lesson(np.arange(len(positive)), positive.astype(np.int64), weights)


def _full_weight(taken: Taken) -> Lesson:
    return _all(taken.learned.positive, taken.rows["weight"].to_numpy())


def _left_out(taken: Taken) -> Lesson:
    at = np.flatnonzero(~taken.unknown)
    return Lesson(at, taken.learned.positive[at].astype(np.int64), taken.learned.weights[at])


def _positive_unlabelled(taken: Taken) -> Lesson:
    """Elkan and Noto 2008: an unknown row is a culprit with the chance that its out-of-fold probability tells."""
    rows, learned = taken.rows, taken.learned
    found = np.full(len(rows), np.nan)
    classifier = classifier_of(taken.settings, learned.used, TREES)
    for train, test in learned.splits:
        of_services = {service: of.at(train) for service, of in learned.of_services.items()}
        labels, weights = learned.positive[train].astype(int), rows["weight"].iloc[train]
        classifier.fit(learned.signals.iloc[train], labels, weights, of_services)
        found[test] = classifier.predict_proba(learned.signals.iloc[test])[:, 1]
    named = float(np.average(found[learned.positive], weights=rows["weight"][learned.positive]))
    odds = found / np.maximum(1 - found, 1e-6)
    chance = np.clip(odds * (1 - named) / max(named, 1e-6), 0.0, 1.0)
    unknown = np.flatnonzero(taken.unknown)
    weights = learned.weights.copy()
    weights[unknown] *= 1 - chance[unknown]
    return Lesson(
        at=np.concatenate([np.arange(len(rows)), unknown]),
        positive=np.concatenate([learned.positive.astype(np.int64), np.ones(len(unknown), dtype=np.int64)]),
        weights=np.concatenate([weights, learned.weights[unknown] * chance[unknown]]) + 1e-12,
    )


def _by_delay(taken: Taken) -> Lesson:
    """A row weighs as the share of found culprits who were found within the time that has passed since it."""
    rows, learned = taken.rows, taken.learned
    until = rows["as_of"].max()
    found = rows[learned.positive].groupby("seller_id").agg(first=("as_of", "min"), decided=("decided_at", "max"))
    delays = np.sort((found["decided"] - found["first"]).dt.days.to_numpy())
    waited = (until - rows["as_of"]).dt.days.to_numpy()
    share = (np.searchsorted(delays, waited, side="right") + 1) / (len(delays) + 1)
    return _all(learned.positive, np.where(taken.unknown, learned.weights * share, learned.weights))


def _by_propensity(taken: Taken) -> Lesson:
    """A judged row weighs by the inverse of the chance that a seller of its size is judged."""
    learned, judged = taken.learned, ~taken.unknown
    size = np.log1p(signals_of(taken.rows, taken.panel, [_SIZE]).fillna(0).to_numpy(dtype=np.float64))
    chance = LogisticRegression().fit(size, judged, sample_weight=taken.rows["weight"]).predict_proba(size)[:, 1]
    inverse = np.clip(judged.mean() / chance, 1 / _LARGEST_WEIGHT, _LARGEST_WEIGHT)
    return _all(learned.positive, np.where(judged, learned.weights * inverse, learned.weights))


def _self_trained(taken: Taken) -> Lesson:
    """The unknown rows of most day-zero strength are culprits of half their weight."""
    signals = signals_of(taken.rows, taken.panel, list(day_zero_tails(CATALOGUE)))
    strength = day_zero(signals, CATALOGUE).strength.to_numpy()
    first = np.argsort(np.where(taken.unknown, -strength, np.inf), kind="stable")
    guilty = np.isin(np.arange(len(strength)), first[: round(_DAY_ZERO_SHARE * taken.unknown.sum())])
    weights = np.where(guilty, taken.rows["weight"] * _DAY_ZERO_WEIGHT, taken.learned.weights)
    return _all(taken.learned.positive | guilty, weights)


UNKNOWN_WAYS: dict[str, Way] = {
    "negatives of full weight": _full_weight,
    "left out, verdicts alone": _left_out,
    "positive-unlabelled weights": _positive_unlabelled,
    "delay weights": _by_delay,
    "propensity by size": _by_propensity,
    "self-training once by day zero": _self_trained,
}
"""What is held against the shipped way."""


def noisy(rows: pd.DataFrame, truth: Path, seed: int) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield training rows with worse verdicts, by name: a fifth of the found called cleared, or half of all gone."""
    random = np.random.default_rng(seed)
    found = rows.loc[rows["label"] == 1, "seller_id"].unique()
    cleared = np.setdiff1d(rows.loc[rows["label"] == 0, "seller_id"].unique(), found)
    accused = random.choice(cleared, round(_FALSELY_ACCUSED * len(cleared)), replace=False)
    some = random.choice(found, round(_FALSELY_CLEARED * len(found)), replace=False)
    rings = pd.factorize(ring_of_sellers(truth).reindex(found), use_na_sentinel=False)[0]
    by_ring = found[np.argsort(random.permutation(rings.max() + 1)[rings], kind="stable")]
    yield "a fifth cleared wrongly, 2 % accused", _told(_told(rows, some, 0.0), accused, 1.0)
    yield "the same, ring by ring", _told(_told(rows, by_ring[: len(some)], 0.0), accused, 1.0)
    judged = rows.loc[rows["label"].notna(), "seller_id"].unique()
    gone = random.choice(judged, len(judged) // 2, replace=False)
    yield "half of them gone", _told(rows, gone, np.nan)


def _told(rows: pd.DataFrame, sellers: npt.NDArray[Any], label: float) -> pd.DataFrame:
    """The rows with another label where these sellers have one, and no schemes then."""
    turned = rows["seller_id"].isin(sellers) & rows["label"].notna()
    return rows.assign(label=rows["label"].mask(turned, label), schemes=rows["schemes"].mask(turned))
