"""When a margin may be read as a probability: Platt's line on verdicts whose chance of being looked at is known."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from pydantic import BaseModel, ConfigDict
from scipy.optimize import minimize
from scipy.special import expit

from model.arrays import Floats
from model.settings import CalibrationSettings

USUAL_SLOPE = 2.5
"""Log-odds by which one standard deviation of the margins usually moves a score, at most."""
LEAST_SLOPE = 1e-4
"""Below this the margins say nothing about the verdicts."""


class Calibration(BaseModel):
    """The line from margins to log-odds, and whether what comes out is a probability.

    Attributes:
        slope: above 0; 1 while not calibrated.
        intercept: 0 while not calibrated.
        prevalence: weighted share of culprits among the design verdicts; None while not calibrated.
        calibrated: false means that the score is an index: ordered, but no probability.
        verdicts: design verdicts that were there.
        clipped: of those, how many had a smaller selection probability than is trusted.
        reason: why it is not calibrated; empty if it is.

    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    slope: float
    intercept: float
    prevalence: float | None
    calibrated: bool
    verdicts: int
    clipped: int
    reason: str

    def log_odds(self, margins: ArrayLike) -> Floats:
        """Log-odds of the margins, in their order."""
        return self.slope * np.asarray(margins, dtype=np.float64) + self.intercept

    def scores(self, margins: ArrayLike) -> Floats:
        """Scores from 0 to 1: probabilities if calibrated, else an index."""
        return np.asarray(expit(self.log_odds(margins)), dtype=np.float64)


def fit_calibration(
    margins: ArrayLike,
    outcomes: ArrayLike,
    selection_probability: ArrayLike,
    settings: CalibrationSettings,
) -> Calibration:
    """Fit the line on design verdicts, each weighted by the inverse of its selection probability.

    Args:
        margins: out-of-fold margin a verdict; NaN is left out.
        outcomes: 1 for manipulated, 0 for cleared; NaN is left out.
        selection_probability: chance that the seller was looked at; NaN (tips, earlier practice) is left out.
        settings: how many verdicts are enough, and the smallest probability that is trusted.

    """
    columns = np.array([margins, outcomes, selection_probability], dtype=np.float64)
    kept = ~np.isnan(columns).any(axis=0) & (columns[2] > 0)
    margin, outcome, probability = columns[:, kept]
    clipped = int((probability < settings.min_selection_probability).sum())
    reason = _refusal(outcome, settings)
    if reason:
        return _index(len(outcome), clipped, reason)
    weights = 1 / np.maximum(probability, settings.min_selection_probability)
    slope, intercept = _platt(margin, outcome, weights)
    if slope == 0:
        reason = f"among {len(outcome)} verdicts higher margins were not found guilty more often"
        return _index(len(outcome), clipped, reason)
    return Calibration(
        slope=slope,
        intercept=intercept,
        prevalence=float(np.average(outcome, weights=weights)),
        calibrated=True,
        verdicts=len(outcome),
        clipped=clipped,
        reason="",
    )


def _refusal(outcome: Floats, settings: CalibrationSettings) -> str:
    if len(outcome) < settings.min_design_verdicts:
        return (
            f"{len(outcome)} verdicts with a known selection probability, "
            f"{settings.min_design_verdicts} are needed (calibration.min_design_verdicts)"
        )
    for found, name in ((1, "manipulated"), (0, "cleared")):
        if not (outcome == found).any():
            return f"none of the {len(outcome)} verdicts with a known selection probability is '{name}'"
    return ""


def _index(verdicts: int, clipped: int, reason: str) -> Calibration:
    return Calibration(
        slope=1.0,
        intercept=0.0,
        prevalence=None,
        calibrated=False,
        verdicts=verdicts,
        clipped=clipped,
        reason=reason,
    )


def _platt(margin: Floats, outcome: Floats, weights: Floats) -> tuple[float, float]:
    """Slope and intercept of the weighted logistic line.

    It is fitted on standardised margins, with weights scaled to the number of verdicts and a normal prior of deviation
    ``USUAL_SLOPE`` on the slope, so that perfectly separated verdicts do not make every score 0 or 1.

    Returns:
        Slope, 0.0 where it would not be above 0, and intercept.

    """
    scaled = weights * len(weights) / weights.sum()
    center, scale = margin.mean(), margin.std() or 1.0
    standard = (margin - center) / scale

    def loss(line: Floats) -> tuple[float, Floats]:
        odds = line[0] * standard + line[1]
        residual = scaled * (expit(odds) - outcome)
        value = (scaled * (np.logaddexp(0, odds) - outcome * odds)).sum() + (line[0] / USUAL_SLOPE) ** 2 / 2
        return float(value), np.array([residual @ standard + line[0] / USUAL_SLOPE**2, residual.sum()])

    share = np.average(outcome, weights=weights)
    start = np.array([1.0, np.log(share / (1 - share))])
    options = {"ftol": 1e-14, "gtol": 1e-8}
    line = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0, None), (None, None)], options=options).x
    slope = float(line[0] / scale) if line[0] > LEAST_SLOPE else 0.0
    return slope, float(line[1] - slope * center)
