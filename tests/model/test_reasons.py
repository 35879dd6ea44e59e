import dataclasses

import numpy as np
import pandas as pd
import pytest

from features.signal import Signal
from model.baseline import day_zero
from model.calibration import Calibration
from model.reasons import AS_USUAL, day_zero_reasons, model_reasons, peer_medians

CALIBRATION = Calibration(
    slope=2.0, intercept=-1.0, prevalence=0.1, calibrated=True, verdicts=300, clipped=0, reason=""
)
SIGNALS = ["deletion_rate_91d", "deletion_rate_364d", "rank_jump_28d", "kept_share_91d"]


@pytest.fixture
def row() -> pd.DataFrame:
    """Return one seller: many deletions, a place twice as high (log ratio), nothing known of what was kept."""
    return pd.DataFrame(
        {
            "peer_group": ["books"],
            "deletion_rate_91d": [0.25],
            "deletion_rate_364d": [0.1],
            "rank_jump_28d": [np.log(2)],
            "kept_share_91d": [np.nan],
        }
    )


@pytest.fixture
def medians() -> pd.DataFrame:
    return pd.DataFrame(
        {"deletion_rate_91d": [0.02], "deletion_rate_364d": [0.03], "rank_jump_28d": [0.0], "kept_share_91d": [0.5]},
        index=pd.Index(["books"], name="peer_group"),
    )


def medians_of(table: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    return peer_medians(table, table["peer_group"].unique(), table[names].items())


def _reasons(
    row: pd.DataFrame,
    medians: pd.DataFrame,
    catalogue: dict[str, Signal],
    margins: list[float],
    shown: int = 6,
) -> list:
    found = model_reasons(row, np.array([margins]), CALIBRATION, catalogue, SIGNALS, medians.filter, shown)
    return found[0]


def test_items_add_up_to_the_log_odds_of_the_seller(
    row: pd.DataFrame, medians: pd.DataFrame, catalogue: dict[str, Signal]
) -> None:
    found = _reasons(row, medians, catalogue, [1.0, 0.5, -0.25, 0.1, -3.0])
    # 2 * (1 + .5 - .25 + .1 - 3) - 1
    assert sum(reason["contribution"] for reason in found) == pytest.approx(-4.3, abs=1e-9)


@pytest.mark.parametrize("shown", [1, 2, 50])
def test_items_of_real_contributions_add_up_within_a_millionth(
    signal_table: pd.DataFrame, catalogue: dict[str, Signal], shown: int
) -> None:
    rows = signal_table.iloc[:50]
    contributions = np.random.default_rng(1).normal(scale=3, size=(50, 11))
    medians = medians_of(signal_table, list(catalogue))
    found = model_reasons(rows, contributions, CALIBRATION, catalogue, list(catalogue), medians.filter, shown)
    sums = [sum(reason["contribution"] for reason in reasons) for reasons in found]
    assert np.abs(np.array(sums) - (2 * contributions.sum(axis=1) - 1)).max() < 1e-6


def test_windows_of_one_signal_stand_as_one_item_under_the_heavier(
    row: pd.DataFrame, medians: pd.DataFrame, catalogue: dict[str, Signal]
) -> None:
    first = _reasons(row, medians, catalogue, [0.5, 1.0, 0.25, 0.1, -3.0])[0]
    assert first["signal"] == "deletion_rate_364d"
    assert (first["value"], first["peer_median"], first["contribution"]) == (0.1, 0.03, 3.0)


def test_the_sentence_is_filled_in_with_the_unit_of_the_signal(
    row: pd.DataFrame, medians: pd.DataFrame, catalogue: dict[str, Signal]
) -> None:
    found = _reasons(row, medians, catalogue, [1.0, 0.5, 0.25, 0.0, -3.0])
    assert found[0]["text"] == "deletion_rate_91d is 25.0%; its peers have 2.0%"
    assert found[1]["text"] == "rank_jump_28d is 2; its peers have 1"


def test_the_last_items_are_the_base_rate_and_all_other_signals(
    row: pd.DataFrame, medians: pd.DataFrame, catalogue: dict[str, Signal]
) -> None:
    found = _reasons(row, medians, catalogue, [1.0, 0.5, -0.25, 0.1, -3.0], shown=1)
    assert [reason["signal"] for reason in found] == ["deletion_rate_91d", "base rate", "all other signals"]
    assert found[1]["contribution"] == pytest.approx(2 * -3.0 - 1)
    assert found[2]["contribution"] == pytest.approx(2 * (-0.25 + 0.1))


def test_a_signal_that_weighs_nothing_is_no_reason(
    row: pd.DataFrame, medians: pd.DataFrame, catalogue: dict[str, Signal]
) -> None:
    found = _reasons(row, medians, catalogue, [1.0, 0.0, 0.0, 0.0, -3.0])
    assert [reason["signal"] for reason in found] == ["deletion_rate_91d", "base rate", "all other signals"]


@pytest.mark.parametrize(
    ("value", "margin", "start"),
    [
        (0.25, 1.0, "deletion_rate_91d is"),
        (0.25, -1.0, "Offsetting: deletion_rate_91d is"),
        (0.01, -1.0, "Speaks for the seller: deletion_rate_91d is"),
        (0.01, 1.0, "Offsetting: deletion_rate_91d is"),
    ],
    ids=["above-and-raises", "above-and-lowers", "below-and-lowers", "below-and-raises"],
)
def test_a_contribution_against_its_sentence_is_offsetting(
    row: pd.DataFrame, medians: pd.DataFrame, catalogue: dict[str, Signal], value: float, margin: float, start: str
) -> None:
    row["deletion_rate_91d"] = value
    assert _reasons(row, medians, catalogue, [margin, 0.0, 0.0, 0.0, 0.0])[0]["text"].startswith(start)


def test_a_missing_value_is_said_to_be_unknown(
    row: pd.DataFrame, medians: pd.DataFrame, catalogue: dict[str, Signal]
) -> None:
    first = _reasons(row, medians, catalogue, [0.0, 0.0, 0.0, 1.0, 0.0])[0]
    assert (first["value"], first["text"]) == (None, "kept_share_91d is not known")


def test_peers_that_are_all_missing_have_no_median(
    row: pd.DataFrame, medians: pd.DataFrame, catalogue: dict[str, Signal]
) -> None:
    medians["deletion_rate_91d"] = np.nan
    first = _reasons(row, medians, catalogue, [1.0, 0.0, 0.0, 0.0, 0.0])[0]
    assert first["peer_median"] is None
    assert first["text"] == "deletion_rate_91d is 25.0%; its peers have unknown"


def test_a_count_over_a_thousand_is_written_out(
    row: pd.DataFrame, medians: pd.DataFrame, catalogue: dict[str, Signal]
) -> None:
    catalogue["deletion_rate_91d"] = dataclasses.replace(catalogue["deletion_rate_91d"], unit="reviews")
    row["deletion_rate_91d"], medians["deletion_rate_91d"] = 12345.0, 3.25
    first = _reasons(row, medians, catalogue, [1.0, 0.0, 0.0, 0.0, 0.0])[0]
    assert first["text"] == "deletion_rate_91d is 12,345; its peers have 3.25"


def test_a_sentence_that_begins_with_its_number_begins_with_a_capital(
    row: pd.DataFrame, medians: pd.DataFrame, catalogue: dict[str, Signal]
) -> None:
    rare = dataclasses.replace(catalogue["deletion_rate_91d"], unit="tail", sentence="{value} of its peers had as many")
    catalogue["deletion_rate_91d"] = rare
    first = _reasons(row, medians, catalogue, [1.0, 0.0, 0.0, 0.0, 0.0])[0]
    assert first["text"] == "One in 4 of its peers had as many"


def test_peer_medians_leave_missing_values_aside() -> None:
    table = pd.DataFrame({"peer_group": ["a", "a", "a", "b"], "x": [1.0, np.nan, 5.0, np.nan]})
    medians = medians_of(table.assign(marketplace="US", size_band="0"), ["x"])
    assert medians.loc["a", "x"] == 3
    assert np.isnan(medians.loc["b", "x"])


def test_a_group_that_others_fell_back_to_is_all_of_its_marketplace_and_size() -> None:
    table = pd.DataFrame(
        {
            "peer_group": ["US/garden/0", "US/any/0", "US/any/any", "DE/any/0", "any/any/any"],
            "marketplace": ["US", "US", "US", "DE", "FR"],
            "size_band": ["0", "0", "9", "0", "0"],
            "x": [1.0, 3.0, 11.0, 6.0, 100.0],
        }
    )
    for rows in (table, table.astype(dict.fromkeys(["peer_group", "marketplace", "size_band"], "category"))):
        found = medians_of(rows, ["x"])["x"].to_dict()
        assert found == {"US/garden/0": 1, "US/any/0": 2, "US/any/any": 3, "DE/any/0": 6, "any/any/any": 6}


def test_on_day_zero_the_services_surprises_are_the_reasons(
    signal_table: pd.DataFrame, catalogue: dict[str, Signal]
) -> None:
    worst = signal_table.loc[[day_zero(signal_table, catalogue).strength.idxmax()]]
    found = day_zero(worst, catalogue)
    reasons = day_zero_reasons(worst, found, catalogue, medians_of(signal_table, list(catalogue)).filter, 6)[0]
    assert len(reasons) <= 2
    assert reasons[0]["contribution"] == pytest.approx(-np.log10(found.services.loc[worst.index[0]].min()))
    assert reasons[0]["contribution"] >= reasons[-1]["contribution"]
    assert "one in " in reasons[0]["text"] or "a billion" in reasons[0]["text"]


def test_on_day_zero_nothing_known_gives_no_reason(signal_table: pd.DataFrame, catalogue: dict[str, Signal]) -> None:
    signal_table.loc[3, list(catalogue)] = np.nan
    row, medians = signal_table.loc[[3]], medians_of(signal_table, list(catalogue))
    assert day_zero_reasons(row, day_zero(row, catalogue), catalogue, medians.filter, 6) == [[]]


def test_on_day_zero_what_is_as_usual_is_no_reason(signal_table: pd.DataFrame, catalogue: dict[str, Signal]) -> None:
    row = signal_table.loc[[3]]
    found = day_zero(row, catalogue)
    medians = pd.DataFrame([row.iloc[0][list(catalogue)].astype(float)], index=[row["peer_group"].iloc[0]])
    (reason,) = day_zero_reasons(row, found, catalogue, medians.filter, 6)[0]
    assert reason["text"] == AS_USUAL
    first = catalogue[reason["signal"]]
    medians[first.name] -= 1
    (reason,) = day_zero_reasons(row, found, catalogue, medians.filter, 6)[0]
    assert reason["signal"] == first.name
    assert "among its peers" in reason["text"]
    assert reason["text"] != AS_USUAL
