"""Scores held against verdicts, worked out by hand."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest
from scipy.special import logit

from model.bundle import Bundle
from model.settings import CalibrationSettings
from training.reliability import reliability_of

SETTINGS = CalibrationSettings(min_design_verdicts=4, min_selection_probability=0.005)
SCORES = np.array([0.9, 0.8, 0.5, 0.1, 0.1])


def bundle(*, calibrated: bool = True) -> Bundle:
    """A bundle whose margins are the log-odds of its scores."""
    calibration = SimpleNamespace(calibrated=calibrated, reason="" if calibrated else "too few")
    card = SimpleNamespace(calibration=calibration)
    fake: Any = SimpleNamespace(card=card, scores=lambda margins: 1 / (1 + np.exp(-margins)))
    return cast("Bundle", fake)


def rows(verdict: list[float], chance: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"verdict": verdict, "selection_probability": chance})


def test_each_verdict_counts_by_the_inverse_of_its_chance() -> None:
    # the last was drawn with a chance of 1 in 4 and stands for four; the third has no verdict, the second no chance
    judged = rows([1, 1, math.nan, 0, 1], [1, math.nan, 1, 1, 0.25])
    found = reliability_of("a", bundle(), judged, logit(SCORES), SETTINGS)
    assert found.verdicts == 3
    top = found.tops[0]
    assert (top.top, top.verdicts) == (100, 3)
    assert top.observed_over_expected == pytest.approx((1 + 4) / (0.9 + 0.1 + 4 * 0.1))
    promised, share = (0.9 + 0.1 + 4 * 0.1) / 6, 5 / 6
    assert found.in_the_large == pytest.approx(logit(share) - logit(promised))


def test_a_smaller_chance_than_is_trusted_counts_as_the_smallest_that_is() -> None:
    judged = rows([1, 0, 0, 0, 1], [1, 1, 1, 1, 1e-6])
    found = reliability_of("a", bundle(), judged, logit(SCORES), SETTINGS)
    assert found.tops[0].observed_over_expected == pytest.approx((1 + 200) / (0.9 + 0.8 + 0.5 + 0.1 + 200 * 0.1))


def test_an_index_is_not_held_against_verdicts() -> None:
    found = reliability_of("a", bundle(calibrated=False), rows([1, 0, 1, 0, 0], [1] * 5), logit(SCORES), SETTINGS)
    assert (found.calibrated, found.reason, found.verdicts, found.tops) == (False, "too few", 5, ())
    assert math.isnan(found.slope)


def test_no_design_verdict_measures_nothing() -> None:
    found = reliability_of("a", bundle(), rows([1, 0, 1, 0, 0], [math.nan] * 5), logit(SCORES), SETTINGS)
    assert (found.verdicts, found.tops) == (0, ())
    assert math.isnan(found.in_the_large)
