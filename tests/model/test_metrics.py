import math

import numpy as np
import pytest

from model.figures import calibration_in_the_large, calibration_slope, observed_over_expected
from model.metrics import METRICS, Metric, difference, estimate

LABELS = np.array([1.0, 0, 1, 0, 0])
SCORES = np.array([0.9, 0.8, 0.7, 0.6, 0.5])
ONES = np.ones(5)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("average_precision", (1 + 2 / 3) / 2),
        ("roc_auc", 5 / 6),
        ("precision_at_budget", 1 / 2),
        ("recall_at_budget", 1 / 2),
        ("mean_log2_rank", (1 + math.log2(3)) / 2),  # ranks 1 and 3, the budget of 2 stands for the first
    ],
)
def test_culprits_at_places_one_and_three_of_five(name: str, answer: float) -> None:
    assert METRICS[name](LABELS, SCORES, ONES, 2) == pytest.approx(answer)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("average_precision", 2 / 5),
        ("roc_auc", 1 / 2),
        ("precision_at_budget", 2 / 5),
        ("recall_at_budget", 2 / 5),
        ("mean_log2_rank", math.log2(3)),
    ],
)
def test_scores_that_are_all_equal_get_the_mean_of_the_places(name: str, answer: float) -> None:
    assert METRICS[name](LABELS, np.zeros(5), ONES, 2) == pytest.approx(answer)


@pytest.fixture(params=METRICS.values(), ids=METRICS.keys())
def metric(request: pytest.FixtureRequest) -> Metric:
    found: Metric = request.param
    return found


@pytest.fixture
def market() -> tuple[np.ndarray, np.ndarray]:
    """Return 500 sellers, a tenth of them culprits with higher scores, with ties."""
    random = np.random.default_rng(1)
    labels = (np.arange(500) % 10 == 0).astype(float)
    return labels, np.round(random.normal(labels), 1)


def test_a_metric_stays_in_its_range(metric: Metric, market: tuple[np.ndarray, np.ndarray]) -> None:
    labels, scores = market
    for ranking in (scores, -scores, labels, -labels, np.zeros(500)):
        assert metric.low <= metric(labels, ranking, np.ones(500), 20) <= metric.high


def test_no_order_is_better_than_the_true_one_or_worse_than_its_reverse(
    metric: Metric, market: tuple[np.ndarray, np.ndarray]
) -> None:
    labels, scores = market
    best, usual, worst = (metric(labels, ranking, np.ones(500), 20) for ranking in (labels, scores, -labels))
    assert (best > usual > worst) if metric.greater_is_better else (best < usual < worst)


def test_only_the_order_of_the_scores_counts(metric: Metric, market: tuple[np.ndarray, np.ndarray]) -> None:
    labels, scores = market
    ones = np.ones(500)
    assert metric(labels, np.exp(scores), ones, 20) == metric(labels, scores, ones, 20)


def test_the_order_of_the_rows_does_not_count(metric: Metric, market: tuple[np.ndarray, np.ndarray]) -> None:
    labels, scores = market
    turned = np.random.default_rng(2).permutation(500)
    ones = np.ones(500)
    assert metric(labels[turned], scores[turned], ones, 20) == pytest.approx(metric(labels, scores, ones, 20))


def test_a_weight_of_two_is_the_row_twice(metric: Metric, market: tuple[np.ndarray, np.ndarray]) -> None:
    labels, scores = market
    times = 1 + np.arange(500) % 2
    repeated = metric(np.repeat(labels, times), np.repeat(scores, times), np.ones(times.sum()), 20)
    assert metric(labels, scores, times.astype(float), 20) == pytest.approx(repeated)


def test_a_row_of_weight_zero_is_not_there(metric: Metric, market: tuple[np.ndarray, np.ndarray]) -> None:
    labels, scores = market
    kept = np.arange(500) % 3 > 0
    without = metric(labels[kept], scores[kept], np.ones(kept.sum()), 20)
    assert metric(labels, scores, kept.astype(float), 20) == without


@pytest.mark.parametrize("labels", [np.zeros(5), np.ones(5)], ids=["no-culprit", "culprits-only"])
def test_one_class_has_no_figure(metric: Metric, labels: np.ndarray) -> None:
    assert math.isnan(metric(labels, SCORES, ONES, 2))


def test_a_missing_score_has_no_figure(metric: Metric) -> None:
    assert math.isnan(metric(LABELS, np.where(SCORES > 0.8, np.nan, SCORES), ONES, 2))


@pytest.mark.parametrize(
    ("culprits", "method"), [(9, "count"), (10, "jackknife"), (39, "jackknife"), (40, "bootstrap")]
)
def test_the_number_of_positive_cases_chooses_the_interval(metric: Metric, culprits: int, method: str) -> None:
    labels = (np.arange(400) < culprits).astype(float)
    scores = np.random.default_rng(3).normal(labels)
    found = estimate(metric, labels, scores, np.arange(400), budget=20, seed=1)
    assert (found.method, found.positive_cases) == (method, culprits)
    assert math.isnan(found.low) == (method == "count")
    assert method == "count" or found.low < found.value < found.high


def test_rows_of_one_case_are_one_observation() -> None:
    labels = (np.arange(400) < 20).astype(float)
    scores = np.random.default_rng(3).normal(labels)
    cases = np.arange(400)
    once = estimate(METRICS["roc_auc"], labels, scores, cases, budget=20, seed=1)
    fivefold = [np.tile(column, 5) for column in (labels, scores, cases)]
    five_times = estimate(METRICS["roc_auc"], *fivefold, budget=20, seed=1)
    assert five_times.positive_cases == 20
    assert five_times.error == pytest.approx(once.error)


@pytest.mark.parametrize(("culprits", "times", "least"), [(20, 60, 52), (60, 20, 16)], ids=["jackknife", "bootstrap"])
def test_19_of_20_intervals_hold_the_truth(culprits: int, times: int, least: int) -> None:
    truth = 0.7602  # two normals one deviation apart
    covered = 0
    for seed in range(times):
        labels = (np.arange(400) < culprits).astype(float)
        scores = np.random.default_rng(seed).normal(labels)
        found = estimate(METRICS["roc_auc"], labels, scores, np.arange(400), budget=20, seed=seed)
        covered += found.low <= truth <= found.high
    assert covered >= least


def test_a_better_challenger_has_a_gain_above_zero_in_every_metric(metric: Metric) -> None:
    labels = (np.arange(400) < 30).astype(float)
    random = np.random.default_rng(3)
    weak, strong = random.normal(labels), random.normal(3 * labels)
    found = difference(metric, labels, strong, weak, np.arange(400), budget=20, seed=1)
    assert found.low > 0
    assert difference(metric, labels, weak, strong, np.arange(400), budget=20, seed=1).high < 0


def test_a_model_beside_itself_has_a_gain_of_exactly_zero(
    metric: Metric, market: tuple[np.ndarray, np.ndarray]
) -> None:
    labels, scores = market
    found = difference(metric, labels, scores, scores, np.arange(500), budget=20, seed=1)
    assert (found.value, found.low, found.high) == (0, 0, 0)


def test_observed_over_expected_of_the_top_two() -> None:
    assert observed_over_expected(LABELS, SCORES, ONES, 2) == pytest.approx(1 / 1.7)


@pytest.mark.parametrize(("factor", "slope"), [(1.0, 1.0), (2.0, 0.5), (0.5, 2.0)])
def test_scores_that_are_too_bold_have_a_slope_below_one(factor: float, slope: float) -> None:
    random = np.random.default_rng(1)
    odds = random.normal(-2, 2, 50_000)
    labels = (random.uniform(size=50_000) < 1 / (1 + np.exp(-odds))).astype(float)
    bold = 1 / (1 + np.exp(-factor * odds))
    assert calibration_slope(labels, bold, np.ones(50_000)) == pytest.approx(slope, rel=0.05)


def test_scores_that_promise_half_are_small_in_the_large() -> None:
    labels = np.array([1.0, 0, 0, 0])
    assert calibration_in_the_large(labels, np.full(4, 0.1), np.ones(4)) == pytest.approx(math.log(3))
    assert math.isnan(calibration_in_the_large(np.zeros(4), np.full(4, 0.1), np.ones(4)))


def test_one_class_has_no_slope() -> None:
    assert math.isnan(calibration_slope(np.zeros(5), SCORES, ONES))
