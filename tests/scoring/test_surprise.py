import numpy as np
import pytest

from scoring.surprise import Duty, Shares, beyond_habit, surprise


def shares(*rows: tuple[int, int, int]) -> Shares:
    """Assignments of (actor, seller, stratum), each of weight 1."""
    actor, seller, stratum = np.array(rows, dtype=np.int64).T
    return Shares(actor, seller, stratum, np.ones(len(rows)))


def test_a_pair_is_expected_to_have_the_actors_share_of_each_of_the_sellers_strata() -> None:
    # Stratum 0: actor 0 does 2 of 4; stratum 1: 1 of 2. Seller 0 has two assignments in the first, one in the second.
    work = shares((0, 0, 0), (0, 0, 0), (1, 1, 0), (1, 2, 0), (0, 1, 1), (1, 0, 1))
    pairs = Duty(work).pairs(work.actor)
    assert pairs.actor.tolist() == [0]
    assert pairs.seller.tolist() == [0]
    assert pairs.count.tolist() == [2]
    assert pairs.expected.tolist() == pytest.approx([2 * 2 / 4 + 1 / 2])


def test_a_single_assignment_is_no_evidence() -> None:
    work = shares((0, 0, 0), (1, 1, 0), (0, 2, 1), (1, 3, 1))
    assert len(Duty(work).pairs(work.actor).count) == 0


def test_more_assignments_of_one_pair_are_more_evidence() -> None:
    def evidence(meetings: int) -> float:
        together = [(0, 0, week) for week in range(meetings)]
        others = [(actor, 10 * week + actor, week) for week in range(8) for actor in range(1, 6)]
        work = shares(*together, *others)
        return float(Duty(work).pairs(work.actor).evidence.max())

    assert 0 < evidence(3) < evidence(5) < evidence(8)


def test_alone_in_every_stratum_nothing_can_be_said() -> None:
    work = shares(*[(0, week % 3, week) for week in range(30)])
    found = surprise(work, 1, 100, np.random.default_rng(1))
    assert np.isnan(found.deviation).tolist() == [True]
    assert np.isnan(found.tail(found.deviation)).tolist() == [True]


def test_the_tail_of_what_nobody_helped_is_spread_evenly() -> None:
    random = np.random.default_rng(3)
    tails = []
    for _ in range(12):
        work = Shares(
            random.integers(0, 10, 800), random.integers(0, 60, 800), np.sort(random.integers(0, 40, 800)), np.ones(800)
        )
        found = surprise(work, 10, 200, random)
        tails.extend(found.tail(found.deviation))
    # 120 tails: the counts below each bound are binomial, and three standard errors are allowed.
    for bound in (0.1, 0.25, 0.5):
        assert abs(np.mean(np.array(tails) <= bound) - bound) < 3 * np.sqrt(bound * (1 - bound) / len(tails))


def test_only_what_goes_beyond_habit_counts() -> None:
    bought = np.array([5.0, 50.0, 50.0, np.nan])
    plain = np.array([0.0, 40.0, 0.0, 2.0])
    # The first two keep to themselves (no spread beside the least of 1); 10 beyond a habit of 40 is one quarter of it.
    apart = beyond_habit(bought, plain, np.arange(4))
    assert apart[:3].tolist() == [5.0, 1.0, 50.0]
    assert np.isnan(apart[3])


def test_a_habit_of_the_group_counts_for_all_of_it() -> None:
    # Median 40, spread 1.4826 x 1 (the deviations are 0, 1 and 1): the last has no habit of its own, and shares theirs.
    apart = beyond_habit(np.array([60.0, 60.0, 60.0]), np.array([40.0, 41.0, 39.0]), np.zeros(3, dtype=np.int64))
    assert apart.tolist() == pytest.approx([20 / 10, 19 / 10.25, 20 / 10])
