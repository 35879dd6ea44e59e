"""From signal rows and labels to a fitted model, its card, and figures that no row has seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from features.signal import Signal
from model.bundle import Card, base_margin, card_signals, library_versions
from model.calibration import Calibration, fit_calibration
from model.classifier import directions_of
from model.metrics import METRICS, Estimate, estimate
from model.settings import ClassifierSettings, Configuration
from training.learned import chosen_signals, final_fit, fold_fits, known_signals, learned_rows, signals_of

FEWEST_CASES = 2
"""Cases with a culprit, and cases without one, below which there is no fold to judge a model by."""


@dataclass(frozen=True)
class Fit:
    """A fitted model that has not been stored yet.

    Attributes:
        booster: LightGBM's text.
        card: what it says of itself.
        rows: the training rows with their out-of-fold ``margin`` added.
        estimates: figures by name, with intervals.

    """

    booster: str
    card: Card
    rows: pd.DataFrame
    estimates: Mapping[str, Estimate]


def obstacle(
    rows: pd.DataFrame, panel: pd.DataFrame, catalogue: Mapping[str, Signal], settings: ClassifierSettings
) -> str:
    """Say why no model can be learned from these rows; empty if one can."""
    positive = rows.loc[rows["label"] == 1, "case"].nunique()
    if positive < FEWEST_CASES:
        return f"{positive} case(s) with a culprit, {FEWEST_CASES} are needed to fit a model and to judge it"
    other = rows.loc[~rows["case"].isin(rows.loc[rows["label"] == 1, "case"]), "case"].nunique()
    if other < FEWEST_CASES:
        return f"{other} case(s) without a culprit, {FEWEST_CASES} are needed to fit a model and to judge it"
    names = tuple(chosen_signals(catalogue, settings))
    if not known_signals(signals_of(rows, panel, names)):
        return f"all {len(names)} signals are missing in all {len(rows)} training rows; no table feeds any of them"
    return ""


def fit_model(
    rows: pd.DataFrame,
    panel: pd.DataFrame,
    catalogue: Mapping[str, Signal],
    configuration: Configuration,
    as_of: date,
    *,
    progress: Callable[[str], None],
    notes: Sequence[str] = (),
) -> Fit:
    """Choose the number of trees by case folds, fit on all rows, calibrate and measure.

    Unknown rows are learned from as negatives of weight ``classifier.unknown_weight``.

    Args:
        rows: training rows with ``label``, ``weight``, ``case``, for which ``obstacle`` is empty.
        panel: the signal table that holds them.
        catalogue: declarations of the signals; ``chosen_signals`` of them are learned from.
        configuration: all settings.
        as_of: the date before which everything was known.
        progress: told each step.
        notes: what else must be said wherever the model is used.

    """
    settings = configuration.classifier
    learned = learned_rows(rows, panel, catalogue, settings)
    progress(f"fitting {len(learned.splits)} case folds on {len(rows):,} rows, {learned.positive.sum():,} positive")
    folded = fold_fits(learned, settings)
    progress(f"fitting the model with {folded.trees} trees")
    final = final_fit(learned, settings, folded.trees)
    used = learned.used
    measured = rows.assign(margin=folded.margins)
    calibration = calibrate(measured, configuration)
    estimates = measure(measured, configuration)
    left_out = [name for name in chosen_signals(catalogue, settings) if name not in used]
    card = Card(
        signals=card_signals(used, tuple(used), directions_of(used, settings.monotone)),
        calibration=calibration,
        base=base_margin(final.booster_, settings.bags),
        trained_as_of=as_of,
        first_cutoff=rows["as_of"].min().date(),
        last_cutoff=rows["as_of"].max().date(),
        rows=count_labels(rows),
        positive_cases=int(rows.loc[learned.positive, "case"].nunique()),
        trees=folded.trees,
        bags=settings.bags,
        metrics={name: _or_none(found.value) for name, found in estimates.items()},
        configuration=configuration.digest,
        libraries=library_versions(),
        notes=(*notes_of(calibration, len(learned.splits), left_out), *notes),
    )
    return Fit(final.booster_, card, measured, estimates)


def count_labels(rows: pd.DataFrame) -> dict[str, int]:
    """Training rows by label."""
    return {
        "positive": int((rows["label"] == 1).sum()),
        "negative": int((rows["label"] == 0).sum()),
        "unknown": int(rows["label"].isna().sum()),
    }


def calibrate(measured: pd.DataFrame, configuration: Configuration) -> Calibration:
    """Fit the calibration on one row a design verdict: the last before its investigation, out of fold."""
    judged = measured[measured["label"].notna() & measured["selection_probability"].notna()]
    verdicts = judged.sort_values("as_of", kind="stable").drop_duplicates(["seller_id", "decided_at"], keep="last")
    return fit_calibration(
        verdicts["margin"].to_numpy(),
        verdicts["label"].to_numpy(),
        verdicts["selection_probability"].to_numpy(),
        configuration.calibration,
    )


def measure(measured: pd.DataFrame, configuration: Configuration) -> dict[str, Estimate]:
    """Measure the out-of-fold margins, on the last training row of each seller.

    ``judged.*`` looks at the sellers with a verdict alone, ``drawn.*`` also at the drawn unknown ones, which count as
    not found: a ranking, not a rate.
    """
    last = measured.sort_values("as_of", kind="stable").drop_duplicates("seller_id", keep="last")
    populations = {"judged": last[last["label"].notna()], "drawn": last}
    return {
        f"{population}.{metric.name}": estimate(
            metric,
            (rows["label"] == 1).to_numpy(dtype=float),
            rows["margin"].to_numpy(),
            rows["case"].to_numpy(),
            budget=configuration.alerts.budget,
            seed=configuration.classifier.seed,
        )
        for population, rows in populations.items()
        for metric in METRICS.values()
    }


def notes_of(calibration: Calibration, folds: int, left_out: Sequence[str]) -> tuple[str, ...]:
    """Sentences that must be said wherever the model is used."""
    notes = ["A reason to look, not a finding."]
    if not calibration.calibrated:
        notes.append(f"The score is an index, not a probability: {calibration.reason}.")
    if folds < 5:
        notes.append(f"Few cases: judged by {folds} folds only.")
    if left_out:
        notes.append(f"Missing in every training row, so not learned from: {', '.join(left_out)}.")
    return tuple(notes)


def _or_none(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
