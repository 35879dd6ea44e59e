"""Counts and numbers among their peers: literal answers, and what simulated peers must give."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import betabinom, nbinom

from features.fits import Members, beta_binomial, gamma_poisson, robust_tails


def one_group(sellers: int) -> Members:
    nobody_else = np.zeros(sellers, dtype=np.intp)
    return Members(nobody_else, nobody_else, np.ones(sellers, dtype=bool))


def test_tails_of_beta_binomial_peers_are_uniform() -> None:
    random = np.random.default_rng(1)
    trials = random.integers(50, 500, 20_000).astype(float)
    successes = betabinom.rvs(trials.astype(int), 3, 40, random_state=random).astype(float)
    tails = beta_binomial(successes, trials, one_group(20_000)).tails
    for share in (0.1, 0.01, 0.001):
        assert np.mean(tails < share) == pytest.approx(share, rel=0.5)


def test_tails_of_gamma_poisson_peers_are_uniform() -> None:
    random = np.random.default_rng(1)
    exposure = random.uniform(50, 500, 20_000)
    counts = nbinom.rvs(3, 3 / (3 + 0.1 * exposure), random_state=random).astype(float)
    tails = gamma_poisson(counts, exposure, one_group(20_000)).tails
    for share in (0.1, 0.01, 0.001):
        assert np.mean(tails < share) == pytest.approx(share, rel=0.5)


def test_a_removal_of_half_the_reviews_is_a_surprise_and_one_of_a_hundred_is_none() -> None:
    trials = np.full(2_002, 100.0)
    successes = np.concatenate([np.arange(2_000) % 4, [50.0, 1.0]])
    tails = beta_binomial(successes, trials, one_group(2_002)).tails
    assert tails[-2] < 1e-20
    assert 0.3 < tails[-1] < 0.9


def test_three_of_three_is_less_of_a_surprise_than_thirty_of_thirty() -> None:
    random = np.random.default_rng(5)
    trials = np.concatenate([np.full(5_000, 30.0), [3.0, 30.0]])
    successes = np.concatenate([random.binomial(30, 0.1, 5_000), [3.0, 30.0]])
    tails = beta_binomial(successes, trials, one_group(5_002)).tails
    assert tails[-1] < tails[-2] < 0.02


def test_culprits_do_not_widen_what_they_are_compared_with() -> None:
    random = np.random.default_rng(5)
    honest = random.poisson(2, 5_000).astype(float)
    alone = gamma_poisson(np.append(honest, 20.0), np.ones(5_001), one_group(5_001)).tails
    joined = np.concatenate([honest, np.full(20, 60.0), [20.0]])
    among = gamma_poisson(joined, np.ones(5_021), one_group(5_021)).tails
    assert among[-1] < alone[-1] * 1e4
    assert among[-1] < 1e-6


def test_a_small_group_is_drawn_towards_its_marketplace() -> None:
    counts = np.concatenate([np.full(1_000, 2.0), np.full(3, 30.0)])
    groups = np.concatenate([np.zeros(1_000), np.ones(3)]).astype(np.intp)
    tails = gamma_poisson(
        counts, np.ones(1_003), Members(groups, np.zeros(1_003, dtype=np.intp), np.ones(1_003, dtype=bool))
    ).tails
    assert tails[-1] < 0.02


def test_a_group_where_nothing_ever_happens_gives_a_middling_tail() -> None:
    tails = beta_binomial(np.zeros(100), np.full(100, 10.0), one_group(100)).tails
    assert ((tails > 0.4) & (tails <= 0.6)).all()


def test_robust_z_is_unknown_where_half_of_the_peers_are_equal() -> None:
    values = np.concatenate([np.zeros(60), np.arange(40.0)])
    assert np.isnan(robust_tails(values, one_group(100))).all()


def test_the_median_has_a_robust_tail_of_one_half() -> None:
    tails = robust_tails(np.arange(101.0), one_group(101))
    assert tails[50] == pytest.approx(0.5)
    assert tails[100] < 0.13 < tails[60]


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_the_sellers_changes_no_bit(seed: int) -> None:
    random = np.random.default_rng(seed)
    sellers, order = 500, random.permutation(500)
    counts, size = random.poisson(3, sellers).astype(float), random.integers(3, 40, sellers).astype(float)
    groups, parents = random.integers(0, 6, sellers), np.zeros(sellers, dtype=np.intp)
    members = Members(groups, parents, np.ones(sellers, dtype=bool))
    turned = Members(groups[order], parents, members.in_parent)
    for fit in (gamma_poisson, beta_binomial):
        straight, shuffled = (
            fit(np.minimum(counts, size), size, members),
            fit(np.minimum(counts, size)[order], size[order], turned),
        )
        assert (straight.tails[order] == shuffled.tails).all()
        assert (straight.expected[order] == shuffled.expected).all()
    values = random.normal(size=sellers)
    assert (robust_tails(values, members)[order] == robust_tails(values[order], turned)).all()


def test_the_expected_rate_lies_between_the_sellers_own_and_that_of_its_peers() -> None:
    random = np.random.default_rng(3)
    trials = np.append(random.integers(50, 500, 5_000), [2, 400]).astype(float)
    successes = np.append(betabinom.rvs(trials[:-2].astype(int), 3, 40, random_state=random), [1, 200]).astype(float)
    few, many = beta_binomial(successes, trials, one_group(5_002)).expected[-2:]
    # the peers' chance is beta(3, 40): with 1 of 2 it is (1 + 3) / (2 + 43), with 200 of 400 (200 + 3) / (400 + 43)
    assert few == pytest.approx(4 / 45, rel=0.05)
    assert many == pytest.approx(203 / 443, rel=0.02)


def test_the_expected_number_weighs_the_peers_by_how_alike_they_are() -> None:
    random = np.random.default_rng(3)
    exposure = np.append(random.uniform(50, 500, 20_000), [1.0, 1000.0])
    counts = np.append(nbinom.rvs(3, 3 / (3 + 0.1 * exposure[:-2]), random_state=random), [1, 500]).astype(float)
    few, many = gamma_poisson(counts, exposure, one_group(20_002)).expected[-2:]
    # rates are gamma with shape 3 and mean .1: (1 + 3) / (1 + 30), and (500 + 3) / (1000 + 30)
    assert few == pytest.approx(4 / 31, rel=0.05)
    assert many == pytest.approx(503 / 1030, rel=0.01)
