"""Ten pairs of models of each kind; the hundred of each are `make prove`'s."""

from benchmarks.gate import trial


def test_the_gate_promotes_no_equal_model_and_most_better_ones() -> None:
    equal = [trial(seed, better=False) for seed in range(10)]
    better = [trial(1000 + seed, better=True) for seed in range(10)]
    assert max(each.overlap for each in equal) < 0.95
    assert sum(each.changes for each in equal) <= 1
    assert sum(each.changes for each in better) >= 7
    assert 0.12 < sum(each.gain for each in better) / 10 < 0.22
