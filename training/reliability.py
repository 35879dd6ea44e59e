"""What scores promised, beside what was found where the chance of being looked at is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from model.arrays import Floats
from model.bundle import Bundle
from model.figures import calibration_in_the_large, calibration_slope, observed_over_expected
from model.settings import CalibrationSettings

TOPS = (100, 1000)


class TopPromise(NamedTuple):
    """The sellers with the highest scores.

    Attributes:
        top: how many they are.
        verdicts: design verdicts among them.
        observed_over_expected: culprits found over culprits promised; 1 is right, NaN without a verdict.

    """

    top: int
    verdicts: int
    observed_over_expected: float


@dataclass(frozen=True)
class Reliability:
    """How far a model's scores are the probabilities that they are read as.

    Attributes:
        model: its label.
        calibrated: false means that the score is an index, and nothing below is measured.
        reason: why it is not calibrated; empty if it is.
        verdicts: design verdicts on the tested sellers.
        tops: observed over expected among the highest scores.
        in_the_large: log-odds of the observed less those of the promised share; above 0 scores are too small.
        slope: of the outcome's log-odds on the score's; below 1 scores are too bold.

    """

    model: str
    calibrated: bool
    reason: str
    verdicts: int
    tops: tuple[TopPromise, ...]
    in_the_large: float
    slope: float


def reliability_of(
    label: str, bundle: Bundle, rows: pd.DataFrame, margins: Floats, settings: CalibrationSettings
) -> Reliability:
    """Hold a model's scores against verdicts, each weighted by the inverse of its chance.

    Args:
        label: the model's.
        bundle: the model.
        rows: tested sellers with ``verdict`` (1 manipulated, 0 cleared, NaN none) and ``selection_probability``.
        margins: the model's, in the order of the rows.
        settings: the smallest chance that is trusted.

    """
    calibration = bundle.card.calibration
    scores = bundle.scores(margins)
    chance = rows["selection_probability"].to_numpy(dtype=np.float64)
    verdict = rows["verdict"].to_numpy(dtype=np.float64)
    drawn = ~np.isnan(verdict) & (chance > 0)
    weights = 1 / np.maximum(chance, settings.min_selection_probability)
    measured = calibration.calibrated and bool(drawn.any())
    place = np.empty(len(scores), dtype=np.int64)
    place[np.argsort(-scores, kind="stable")] = np.arange(len(scores))
    found = (verdict[drawn], scores[drawn], weights[drawn])
    return Reliability(
        model=label,
        calibrated=calibration.calibrated,
        reason=calibration.reason,
        verdicts=int(drawn.sum()),
        tops=tuple(_promised(top, verdict, scores, weights, drawn & (place < top)) for top in TOPS if measured),
        in_the_large=calibration_in_the_large(*found) if measured else float("nan"),
        slope=calibration_slope(*found) if measured else float("nan"),
    )


def _promised(top: int, verdict: Floats, scores: Floats, weights: Floats, among: npt.NDArray[np.bool_]) -> TopPromise:
    ratio = observed_over_expected(verdict[among], scores[among], weights[among], top)
    return TopPromise(top, int(among.sum()), ratio)
