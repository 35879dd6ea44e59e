import dataclasses
from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2

from features.signal import Retired, Signal
from model.baseline import cauchy_combination, chance_of, day_zero


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


def test_services_add_up_and_their_tail_is_that_of_chi_square(
    signal_table: pd.DataFrame, catalogue: dict[str, Signal]
) -> None:
    found = day_zero(signal_table, catalogue)
    known = found.services.dropna()
    assert found.strength[known.index].to_numpy() == pytest.approx(-np.log10(known).sum(axis="columns").to_numpy())
    expected = chi2.sf(-2 * np.log(known).sum(axis="columns"), 4)
    assert chance_of(found.strength, catalogue)[known.index].to_numpy() == pytest.approx(expected)


def test_those_who_stand_out_stand_first(signal_table: pd.DataFrame, catalogue: dict[str, Signal]) -> None:
    strength = day_zero(signal_table, catalogue).strength
    assert (strength.sort_values(ascending=False).index[:15] < 20).all()


def test_strength_is_finite_and_not_negative(signal_table: pd.DataFrame, catalogue: dict[str, Signal]) -> None:
    signal_table.loc[3, "bursts_tail_91d"] = 1e-300
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
    signal_table["rank_jump_tail_28d"] = np.nan
    found = day_zero(signal_table, catalogue)
    assert found.services["rank"].isna().all()
    assert found.services["removals"].notna().sum() > 350


def test_only_signals_declared_for_day_zero_are_read(signal_table: pd.DataFrame, catalogue: dict[str, Signal]) -> None:
    found = day_zero(signal_table, catalogue)
    assert list(found.signals) == ["deletions_91d", "bursts_91d", "rank_jump_28d"]
    assert list(found.services) == ["removals", "rank"]


def test_a_signal_whose_direction_is_unknown_is_left_out(
    signal_table: pd.DataFrame, catalogue: dict[str, Signal]
) -> None:
    catalogue["bursts_tail_91d"] = dataclasses.replace(catalogue["bursts_tail_91d"], direction=0)
    assert "bursts_91d" not in day_zero(signal_table, catalogue).signals


def test_the_order_of_the_rows_changes_no_order_of_sellers(
    signal_table: pd.DataFrame, catalogue: dict[str, Signal]
) -> None:
    shuffled = signal_table.sample(frac=1, random_state=1)
    turned = day_zero(shuffled, catalogue).strength.reindex(signal_table.index)
    assert turned.to_numpy() == pytest.approx(day_zero(signal_table, catalogue).strength.to_numpy(), rel=1e-9)


def test_a_retired_tail_is_not_read(signal_table: pd.DataFrame, catalogue: dict[str, Signal]) -> None:
    retired = Retired(date(2024, 6, 1), "counts the same twice")
    catalogue["bursts_tail_91d"] = dataclasses.replace(catalogue["bursts_tail_91d"], retired=retired)
    assert list(day_zero(signal_table, catalogue).signals) == ["deletions_91d", "rank_jump_28d"]
