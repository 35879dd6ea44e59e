"""The ceiling: how far the product's signals and classifier would come if they learned from the whole truth."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.signal import Signal
from model.classifier import classifier_of, fit_folds
from model.settings import ClassifierSettings
from simulator.judge import culprits_at, ring_of_sellers
from training.learned import known_signals
from training.split import CaseFolds

Floats = npt.NDArray[np.float64]
Folds = list[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]

STEP_CUTOFFS = 3
"""Every third cutoff of the training panel is learned from: a quarter of a year apart, and a quarter of the time."""


def ceiling_scores(
    panel: pd.DataFrame,
    judged: pd.DataFrame,
    truth: Path,
    catalogue: Mapping[str, Signal],
    settings: ClassifierSettings,
) -> Floats:
    """Out-of-fold margins of the judged rows, learned from the truth of all other rings' sellers.

    Args:
        panel: signals of all sellers at past cutoffs.
        judged: signals of all sellers at the last cutoff.
        truth: the truth's folder.
        catalogue: declarations of the signals.
        settings: the product's classifier.

    """
    cutoffs = sorted(panel["as_of"].unique())[::-STEP_CUTOFFS]
    past = panel[panel["as_of"].isin(cutoffs)]
    rows = pd.concat([past, judged], ignore_index=True)
    guilty = truly_guilty(truth, rows)
    weights = 1 / rows.groupby("seller_id")["seller_id"].transform("size")
    signals = rows[list(known_signals(rows[list(catalogue)]))]
    used = {name: catalogue[name] for name in signals.columns}
    classifier = classifier_of(settings.model_copy(update={"threads": 1}), used, settings.max_trees)
    folds = ring_folds(rows, guilty, truth, settings)
    return fit_folds(classifier, signals, guilty.astype(int), folds, weights).margins[len(past) :]


def truly_guilty(truth: Path, rows: pd.DataFrame) -> Floats:
    """1 for each row whose seller runs a scheme at the row's cutoff, else 0."""
    dates: dict[pd.Timestamp, date] = {cutoff: cutoff.date() for cutoff in rows["as_of"].unique()}
    culprits = culprits_at(truth, list(dates.values()))
    found = rows[["seller_id", "as_of"]].merge(culprits, how="left", on=["seller_id", "as_of"], indicator=True)
    return np.asarray(found["_merge"] == "both", dtype=np.float64)


def ring_folds(rows: pd.DataFrame, guilty: Floats, truth: Path, settings: ClassifierSettings) -> Folds:
    """Folds that split neither a ring nor a seller."""
    sellers = rows["seller_id"].astype(str)
    ring = rows["seller_id"].map(ring_of_sellers(truth)).astype(object)
    group = np.where(ring.notna(), "ring:" + ring.astype(str), "seller:" + sellers)
    return list(CaseFolds(settings.folds, settings.seed).split(rows, guilty, group))
