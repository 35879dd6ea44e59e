"""Signals held against those of some weeks before."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from features.catalogue import CATALOGUE
from model.settings import Configuration, DriftSettings
from training.drift import TELLING, _odds, signal_drift, stability_index, told_apart

NAN = float("nan")
FIRST = TELLING[0]


@pytest.fixture
def settings(configuration: Configuration) -> DriftSettings:
    return configuration.drift


def table(week: int, shift: float = 0.0, sellers: int = 400) -> pd.DataFrame:
    """Sellers at a cutoff; all signals are drawn anew, the first one moved by ``shift``."""
    values = np.random.default_rng(week).normal(size=(sellers, len(CATALOGUE)))
    rows = pd.DataFrame(values, columns=list(CATALOGUE))
    rows[FIRST] += shift
    return rows.assign(seller_id=range(sellers), as_of=pd.Timestamp("2024-01-01") + pd.Timedelta(weeks=week))


def pairs(shift: float) -> list[tuple[pd.DataFrame, pd.DataFrame]]:
    weeks = [table(8, shift), *(table(week) for week in reversed(range(8)))]
    return list(pairwise(weeks))


def test_where_no_signal_has_a_value_at_both_cutoffs_nothing_tells_them_apart(settings: DriftSettings) -> None:
    empty = table(1)
    empty[list(CATALOGUE)] = NAN
    area, by = told_apart(empty, table(0), settings)
    assert np.isnan(area)
    assert by == ()


def test_the_index_of_equal_values_is_zero_and_of_half_moved_ones_as_worked_by_hand() -> None:
    """15 and 5 beside 10 and 10; half a row is added to each of four bins: up to 0, up to 1, above, missing."""
    before, now = np.array([0.0, 1.0] * 10), np.array([0.0] * 15 + [1.0] * 5)
    assert stability_index(before, before) == 0.0
    moved = (15.5 - 10.5) / 22 * np.log(15.5 / 10.5) + (5.5 - 10.5) / 22 * np.log(5.5 / 10.5)
    assert stability_index(now, before) == pytest.approx(moved)


def test_values_that_go_missing_are_a_change() -> None:
    before = np.arange(100.0)
    now = np.where(np.arange(100) < 30, NAN, before)
    assert stability_index(now, before) > 0.25


def test_a_signal_without_a_value_has_no_index() -> None:
    assert np.isnan(stability_index(np.array([NAN, NAN]), np.array([1.0, 2.0])))


def test_only_the_signal_that_moved_is_an_alarm(settings: DriftSettings) -> None:
    found = signal_drift(pairs(1.5), settings)
    assert [each.signal for each in found if each.alarm] == [FIRST]
    assert found[0].signal == FIRST
    assert found[0].index > found[0].usual


def test_an_unchanged_market_has_no_alarm(settings: DriftSettings) -> None:
    assert not any(each.alarm for each in signal_drift(pairs(0.0), settings))


def test_an_area_of_a_half_has_even_odds() -> None:
    assert _odds(np.array([0.5, 0.75])).tolist() == pytest.approx([1.0, 3.0])


def test_with_few_earlier_pairs_there_is_no_alarm(settings: DriftSettings) -> None:
    assert not any(each.alarm for each in signal_drift(pairs(9.0)[:5], settings))


def test_a_classifier_tells_a_moved_market_apart_and_no_other(settings: DriftSettings) -> None:
    same, _ = told_apart(table(1), table(0), settings)
    moved, by = told_apart(table(1, 3.0), table(0), settings)
    assert 0.4 < same < 0.6
    assert moved > 0.9
    assert by[0] == FIRST
