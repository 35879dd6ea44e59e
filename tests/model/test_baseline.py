import dataclasses

import numpy as np
import pandas as pd
import pytest
from scipy.stats import betabinom, nbinom

from features.signal import Signal
from model.baseline import day_zero
from model.tails import beta_binomial_tails, cauchy_combination, gamma_poisson_tails, robust_tails

ONE_GROUP = np.zeros(20_000, dtype=np.intp)


def test_tails_of_beta_binomial_peers_are_uniform() -> None:
    random = np.random.default_rng(1)
    trials = random.integers(50, 500, 20_000).astype(float)
    successes = betabinom.rvs(trials.astype(int), 3, 40, random_state=random).astype(float)
    tails = beta_binomial_tails(successes, trials, ONE_GROUP, ONE_GROUP)
    for share in (0.1, 0.01, 0.001):
        assert np.mean(tails < share) == pytest.approx(share, rel=0.5)


def test_tails_of_gamma_poisson_peers_are_uniform() -> None:
    random = np.random.default_rng(1)
    exposure = random.uniform(50, 500, 20_000)
    counts = nbinom.rvs(3, 3 / (3 + 0.1 * exposure), random_state=random).astype(float)
    tails = gamma_poisson_tails(counts, exposure, ONE_GROUP, ONE_GROUP)
    for share in (0.1, 0.01, 0.001):
        assert np.mean(tails < share) == pytest.approx(share, rel=0.5)


def test_a_removal_of_half_the_reviews_is_a_surprise_and_one_of_a_hundred_is_none() -> None:
    trials = np.full(2_002, 100.0)
    successes = np.concatenate([np.arange(2_000) % 4, [50.0, 1.0]])
    tails = beta_binomial_tails(successes, trials, ONE_GROUP[:2_002], ONE_GROUP[:2_002])
    assert tails[-2] < 1e-20
    assert 0.3 < tails[-1] < 0.9


def test_three_of_three_is_less_of_a_surprise_than_thirty_of_thirty() -> None:
    random = np.random.default_rng(5)
    trials = np.concatenate([np.full(5_000, 30.0), [3.0, 30.0]])
    successes = np.concatenate([random.binomial(30, 0.1, 5_000), [3.0, 30.0]])
    tails = beta_binomial_tails(successes, trials, ONE_GROUP[:5_002], ONE_GROUP[:5_002])
    assert tails[-1] < tails[-2] < 0.02


def test_culprits_do_not_widen_what_they_are_compared_with() -> None:
    random = np.random.default_rng(5)
    honest = random.poisson(2, 5_000).astype(float)
    alone = gamma_poisson_tails(np.append(honest, 20.0), np.ones(5_001), ONE_GROUP[:5_001], ONE_GROUP[:5_001])
    joined = np.concatenate([honest, np.full(20, 60.0), [20.0]])
    among = gamma_poisson_tails(joined, np.ones(5_021), ONE_GROUP[:5_021], ONE_GROUP[:5_021])
    assert among[-1] < alone[-1] * 1e4
    assert among[-1] < 1e-6


def test_a_small_group_is_drawn_towards_its_marketplace() -> None:
    counts = np.concatenate([np.full(1_000, 2.0), np.full(3, 30.0)])
    groups = np.concatenate([np.zeros(1_000), np.ones(3)]).astype(np.intp)
    tails = gamma_poisson_tails(counts, np.ones(1_003), groups, np.zeros(1_003, dtype=np.intp))
    assert tails[-1] < 0.02


def test_a_group_where_nothing_ever_happens_gives_a_middling_tail() -> None:
    tails = beta_binomial_tails(np.zeros(100), np.full(100, 10.0), ONE_GROUP[:100], ONE_GROUP[:100])
    assert ((tails > 0.4) & (tails <= 0.6)).all()


def test_robust_z_is_unknown_where_half_of_the_peers_are_equal() -> None:
    values = np.concatenate([np.zeros(60), np.arange(40.0)])
    assert np.isnan(robust_tails(values, ONE_GROUP[:100], ONE_GROUP[:100])).all()


def test_the_median_has_a_robust_tail_of_one_half() -> None:
    tails = robust_tails(np.arange(101.0), ONE_GROUP[:101], ONE_GROUP[:101])
    assert tails[50] == pytest.approx(0.5)
    assert tails[100] < 0.13 < tails[60]


@pytest.mark.parametrize(
    ("tails", "combined"),
    [
        ([0.02, 0.02], 0.02),
        ([0.5, np.nan], 0.5),
        ([np.nan, np.nan], 1.0),
        ([1e-10, 0.5], 2e-10),
        ([1e-200, 0.9], 2e-200),
        ([1.0, 1.0], 0.9),
    ],
    ids=["equal", "one-known", "none-known", "one-small", "one-tiny", "both-one"],
)
def test_the_cauchy_combination_of_two(tails: list[float], combined: float) -> None:
    assert cauchy_combination(np.array([tails])) == pytest.approx([combined], rel=1e-6)


def test_an_ordinary_service_does_not_cancel_a_surprising_one() -> None:
    assert cauchy_combination(np.array([[1e-4, 1.0]]))[0] < 3e-4


def test_those_who_stand_out_stand_first(signal_table: pd.DataFrame, catalogue: dict[str, Signal]) -> None:
    strength = day_zero(signal_table, catalogue).strength
    assert (strength.sort_values(ascending=False).index[:15] < 20).all()


def test_strength_is_finite_and_not_negative(signal_table: pd.DataFrame, catalogue: dict[str, Signal]) -> None:
    signal_table.loc[3, "bursts_91d"] = 1e6
    strength = day_zero(signal_table, catalogue).strength
    assert np.isfinite(strength).all()
    assert (strength >= 0).all()
    assert strength.idxmax() == 3


def test_a_seller_of_whom_nothing_is_known_stands_last(
    signal_table: pd.DataFrame, catalogue: dict[str, Signal]
) -> None:
    signal_table.loc[5, list(catalogue)] = np.nan
    strength = day_zero(signal_table, catalogue).strength
    assert strength[5] == 0
    assert (strength.drop(5) > 0).sum() >= 390


def test_a_service_without_a_known_signal_is_unknown(signal_table: pd.DataFrame, catalogue: dict[str, Signal]) -> None:
    signal_table["rank_jump_28d"] = np.nan
    found = day_zero(signal_table, catalogue)
    assert found.services["rank"].isna().all()
    assert found.services["removals"].notna().sum() > 350


def test_only_signals_declared_for_day_zero_are_read(signal_table: pd.DataFrame, catalogue: dict[str, Signal]) -> None:
    found = day_zero(signal_table, catalogue)
    assert list(found.signals) == ["deletion_rate_91d", "bursts_91d", "rank_jump_28d"]
    assert list(found.services) == ["removals", "rank"]


def test_a_signal_whose_direction_is_unknown_is_left_out(
    signal_table: pd.DataFrame, catalogue: dict[str, Signal]
) -> None:
    catalogue["bursts_91d"] = dataclasses.replace(catalogue["bursts_91d"], direction=0)
    assert "bursts_91d" not in day_zero(signal_table, catalogue).signals


def test_where_less_is_riskier_the_lower_tail_counts(signal_table: pd.DataFrame, catalogue: dict[str, Signal]) -> None:
    for name in ("deletion_rate_91d", "bursts_91d", "rank_jump_28d"):
        less = dataclasses.replace(catalogue[name], direction=-1)
        upper = day_zero(signal_table, {**catalogue}).signals[name]
        lower = day_zero(signal_table, {**catalogue, name: less}).signals[name]
        known = upper.notna()
        assert upper[known].rank().corr(lower[known].rank()) < -0.9


def test_a_beta_binomial_signal_without_trials_is_refused(
    signal_table: pd.DataFrame, catalogue: dict[str, Signal]
) -> None:
    broken = dataclasses.replace(catalogue["deletion_rate_91d"], exposure=None)
    with pytest.raises(ValueError, match="'deletion_rate_91d': day zero 'beta_binomial' needs an exposure"):
        day_zero(signal_table, {**catalogue, "deletion_rate_91d": broken})


def test_cutoffs_are_compared_with_themselves_only(signal_table: pd.DataFrame, catalogue: dict[str, Signal]) -> None:
    later = signal_table.assign(as_of=pd.Timestamp("2024-06-10"), bursts_91d=signal_table["bursts_91d"] * 5)
    both = day_zero(pd.concat([signal_table, later], ignore_index=True), catalogue).strength
    assert (both[:400].to_numpy() == day_zero(signal_table, catalogue).strength.to_numpy()).all()


def test_the_order_of_the_rows_changes_no_order_of_sellers(
    signal_table: pd.DataFrame, catalogue: dict[str, Signal]
) -> None:
    shuffled = signal_table.sample(frac=1, random_state=1)
    turned = day_zero(shuffled, catalogue).strength.reindex(signal_table.index)
    assert turned.to_numpy() == pytest.approx(day_zero(signal_table, catalogue).strength.to_numpy(), rel=1e-9)
