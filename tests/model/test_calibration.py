import numpy as np
import pytest

from model.calibration import fit_calibration
from model.settings import CalibrationSettings

SETTINGS = CalibrationSettings(min_design_verdicts=200, min_selection_probability=0.005)


def _verdicts(count: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return margins, and outcomes whose log-odds are 0.5 * margin - 2."""
    random = np.random.default_rng(seed)
    margins = random.normal(scale=3, size=count)
    return margins, (random.uniform(size=count) < 1 / (1 + np.exp(2 - margins / 2))).astype(float)


def test_the_line_that_made_the_outcomes_is_found() -> None:
    margins, outcomes = _verdicts(40_000)
    found = fit_calibration(margins, outcomes, np.ones(40_000), SETTINGS)
    assert (found.slope, found.intercept) == (pytest.approx(0.5, abs=0.03), pytest.approx(-2, abs=0.06))
    assert found.calibrated
    assert found.reason == ""
    assert found.prevalence == pytest.approx(outcomes.mean())


def test_verdicts_chosen_by_suspicion_are_weighed_back() -> None:
    margins, outcomes = _verdicts(400_000)
    probability = np.where(margins > 3, 1.0, 0.05)
    chosen = np.random.default_rng(2).uniform(size=400_000) < probability
    found = fit_calibration(margins[chosen], outcomes[chosen], probability[chosen], SETTINGS)
    assert (found.slope, found.intercept) == (pytest.approx(0.5, abs=0.05), pytest.approx(-2, abs=0.1))
    assert found.prevalence == pytest.approx(outcomes.mean(), abs=0.01)


def test_199_verdicts_give_an_index() -> None:
    margins, outcomes = _verdicts(199)
    found = fit_calibration(margins, outcomes, np.ones(199), SETTINGS)
    assert not found.calibrated
    assert (found.slope, found.intercept, found.prevalence, found.verdicts) == (1.0, 0.0, None, 199)
    assert "199 verdicts" in found.reason
    assert "200 are needed" in found.reason


def test_tips_do_not_count_towards_the_200() -> None:
    margins, outcomes = _verdicts(300)
    probability = np.where(np.arange(300) < 150, 1.0, np.nan)
    assert fit_calibration(margins, outcomes, probability, SETTINGS).verdicts == 150


def test_tips_do_not_move_the_line() -> None:
    margins, outcomes = _verdicts(600)
    probability = np.where(np.arange(600) < 300, 0.5, np.nan)
    with_tips = fit_calibration(margins, np.where(np.isnan(probability), 1.0, outcomes), probability, SETTINGS)
    assert with_tips == fit_calibration(margins[:300], outcomes[:300], probability[:300], SETTINGS)


@pytest.mark.parametrize(("outcome", "absent"), [(1.0, "cleared"), (0.0, "manipulated")])
def test_verdicts_of_one_kind_give_an_index(outcome: float, absent: str) -> None:
    found = fit_calibration(np.arange(300), np.full(300, outcome), np.ones(300), SETTINGS)
    assert not found.calibrated
    assert f"is '{absent}'" in found.reason


def test_no_verdict_gives_an_index() -> None:
    assert not fit_calibration([], [], [], SETTINGS).calibrated


def test_a_small_probability_is_clipped_and_reported() -> None:
    margins, outcomes = _verdicts(300)
    tiny = np.where(np.arange(300) < 7, 1e-6, 1.0)
    clipped = np.where(np.arange(300) < 7, 0.005, 1.0)
    found = fit_calibration(margins, outcomes, tiny, SETTINGS)
    assert found.clipped == 7
    assert found.slope == fit_calibration(margins, outcomes, clipped, SETTINGS).slope


def test_a_ranking_that_is_upside_down_gives_an_index() -> None:
    margins, outcomes = _verdicts(1000)
    found = fit_calibration(-margins, outcomes, np.ones(1000), SETTINGS)
    assert (found.slope, found.calibrated) == (1.0, False)
    assert "higher margins were not found guilty more often" in found.reason


def test_margins_that_are_all_equal_give_an_index() -> None:
    outcomes = (np.arange(400) % 4 == 0).astype(float)
    assert not fit_calibration(np.full(400, 1.5), outcomes, np.ones(400), SETTINGS).calibrated


def test_perfectly_separated_verdicts_do_not_become_certainties() -> None:
    margins = np.linspace(-3, 3, 400)
    scores = fit_calibration(margins, margins > 0, np.ones(400), SETTINGS).scores(margins)
    assert 1e-12 < scores.min() < 0.001
    assert 0.2 < scores[190] < 0.5 < scores[209] < 0.8


@pytest.mark.parametrize("scale", [0.01, 100.0])
def test_the_unit_of_the_margins_changes_no_score(scale: float) -> None:
    margins, outcomes = _verdicts(500)
    plain = fit_calibration(margins, outcomes, np.ones(500), SETTINGS).scores(margins)
    scaled = fit_calibration(margins * scale, outcomes, np.ones(500), SETTINGS).scores(margins * scale)
    assert scaled == pytest.approx(plain, abs=1e-4)
