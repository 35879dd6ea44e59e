"""Training rows as a classifier takes them, its case folds and the fit on all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.signal import SCHEME_OF_SERVICE, Signal, learnable
from model.arrays import Floats
from model.baseline import day_zero, day_zero_tails
from model.classifier import FoldFits, OfPart, SellerRiskClassifier, classifier_of, fit_folds
from model.settings import ClassifierSettings
from training.split import CaseFolds

_MOST_SURPRISE = 12.0
"""Beyond this, -log10 of a tail says how badly the peers fit it, not how suspicious a seller is."""


@dataclass(frozen=True)
class Learned:
    """Rows as a classifier takes them.

    Attributes:
        signals: one row a training row, the columns that have a value somewhere.
        used: declarations of these columns.
        positive: whether a row counts as a culprit; the unknown do not.
        weights: weight a row, the unknown ones reduced.
        splits: training and test positions of each case fold.
        of_services: by service, what concerns its model alone: it leaves out the culprits of whom only other schemes
            were found, as whether they bought this one too is not known, and begins from what day zero holds of it.

    """

    signals: pd.DataFrame
    used: Mapping[str, Signal]
    positive: npt.NDArray[np.bool_]
    weights: Floats
    splits: Sequence[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]
    of_services: Mapping[str, OfPart]


def chosen_signals(catalogue: Mapping[str, Signal], settings: ClassifierSettings) -> dict[str, Signal]:
    """The signals that the settings let a model learn from; a retired one is not among them.

    Sizes and habits have no direction of risk. Verdicts come where somebody looked, and large sellers are looked at
    more: a model that knows the size learns that. And a service that tells nothing beside the others is only noise.
    """
    return {
        name: signal
        for name, signal in learnable(catalogue).items()
        if (settings.signals == "all" or signal.direction != 0) and signal.service not in settings.not_learned
    }


def learned_rows(
    rows: pd.DataFrame, panel: pd.DataFrame, catalogue: Mapping[str, Signal], settings: ClassifierSettings
) -> Learned:
    """Rows for which ``obstacle`` is empty, as a classifier takes them."""
    signals = signals_of(rows, panel, tuple(chosen_signals(catalogue, settings)))
    used = {name: catalogue[name] for name in known_signals(signals)}
    positive = (rows["label"] == 1).to_numpy()
    weights = rows["weight"].where(rows["label"].notna(), rows["weight"] * settings.unknown_weight).to_numpy()
    folds = min(settings.folds, rows.loc[positive, "case"].nunique())
    splits = list(CaseFolds(folds, settings.seed).split(rows, rows["label"], rows["case"]))
    tails = day_zero_tails(catalogue)
    held = day_zero(signals_of(rows, panel, tuple(tails)), catalogue).surprise.clip(upper=_MOST_SURPRISE)
    before = held.reindex(columns=list(SCHEME_OF_SERVICE), fill_value=0.0)
    of_services = {
        service: OfPart(
            left_out,
            before[service].to_numpy(),
            told_by=tuple(name for name, of in tails.items() if of.service == service and name in used),
        )
        for service, left_out in found_otherwise(rows).items()
    }
    return Learned(signals[list(used)], used, positive, weights, splits, of_services)


def found_otherwise(rows: pd.DataFrame) -> dict[str, npt.NDArray[np.bool_]]:
    """By service, the rows of culprits of whom other schemes were found, and not its own."""
    found = [set(schemes.split()) for schemes in rows["schemes"].fillna("")]
    return {
        service: np.array([bool(schemes) and scheme not in schemes for schemes in found], dtype=bool)
        for service, scheme in SCHEME_OF_SERVICE.items()
    }


def fold_fits(learned: Learned, settings: ClassifierSettings) -> FoldFits:
    """What the case folds say of these settings."""
    classifier = classifier_of(_one_thread(settings), learned.used, settings.max_trees)
    return fit_folds(
        classifier,
        learned.signals,
        learned.positive.astype(int),
        learned.splits,
        learned.weights,
        of_parts=learned.of_services,
    )


def final_fit(learned: Learned, settings: ClassifierSettings, trees: int) -> SellerRiskClassifier:
    """Fit on all rows."""
    classifier = classifier_of(_one_thread(settings), learned.used, trees)
    return classifier.fit(learned.signals, learned.positive.astype(int), learned.weights, learned.of_services)


def _one_thread(settings: ClassifierSettings) -> ClassifierSettings:
    """On so few rows LightGBM's threads mostly wait: two on two busy cores cost 57 CPU-s where one costs 5."""
    return settings.model_copy(update={"threads": 1})


def known_signals(signals: pd.DataFrame) -> tuple[str, ...]:
    """Names of the columns that have a value in some row."""
    return tuple(name for name in signals.columns if signals[name].notna().any())


def signals_of(rows: pd.DataFrame, panel: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """The signals of the rows, in their order."""
    keys = ["seller_id", "as_of"]
    return rows[keys].merge(panel[[*keys, *names]], on=keys, how="left", validate="one_to_one")[list(names)]
