"""The figures by which cases are judged, on invented rows."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.cases import best_constant, bins, precision_at_recall, recall_at_precision

TRUE = np.array([1.0, 1.0, 0.0, 1.0, 0.0, 1.0])
PROBABILITY = np.array([0.95, 0.9, 0.7, 0.5, 0.3, 0.1])


def test_the_best_constant_is_the_middle_of_what_is_true() -> None:
    assert best_constant(np.array([2.0, 10.0, 50.0])) == 4.0  # 6 weeks: off by 4, 4 and 44


def test_recall_at_a_precision_is_that_of_the_longest_good_list() -> None:
    assert recall_at_precision(TRUE, PROBABILITY, 0.75) == pytest.approx(3 / 4)  # three of the first four
    assert recall_at_precision(TRUE, PROBABILITY, 0.8) == pytest.approx(2 / 4)
    assert recall_at_precision(1 - TRUE, PROBABILITY, 0.8) == 0.0


def test_precision_at_a_recall_is_that_of_the_shortest_list() -> None:
    assert precision_at_recall(TRUE, PROBABILITY, 0.5) == 1.0
    assert precision_at_recall(TRUE, PROBABILITY, 0.75) == pytest.approx(3 / 4)


def test_bins_hold_stated_beside_observed() -> None:
    assert bins(TRUE, PROBABILITY)[-1] == "0.8-1.0: 2 rows, stated 0.93, observed 1.00"
    assert len(bins(TRUE, PROBABILITY)) == 5
