"""Weeks lived again: what they write, that they go on after a kill, and what they are worth."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from features.errors import WrongUse
from model.settings import Configuration
from simulator.investigators import Investigators
from simulator.judge import read_truth
from simulator.settings import VerdictSettings, read_scenario
from tests.training.small_market import changed
from training.backtest import Plan, Week, live
from training.backtest_page import backtest_page
from training.hindsight import active_at, detection, judge_weeks, read_backtest, write_backtest
from training.lived import kept_verdicts, read_verdicts
from training.steps import Surroundings

FIRST, LAST = date(2025, 1, 6), date(2025, 1, 20)


@pytest.fixture(scope="module")
def rules() -> VerdictSettings:
    return read_scenario("default", sellers=1, weeks=1, seed=1).verdicts


@pytest.fixture(scope="module")
def plan(
    small_market: Path,
    small_settings: Configuration,
    rules: VerdictSettings,
    tmp_path_factory: pytest.TempPathFactory,
) -> Plan:
    investigators = Investigators(small_market / "truth", rules.model_copy(update={"decision_weeks_mean": 1.0}), 1)
    out = tmp_path_factory.mktemp("backtest") / "out"
    return Plan(small_market / "data", out, FIRST, LAST, small_settings, investigators.decide)


@pytest.fixture(scope="module")
def weeks(plan: Plan) -> list[Week]:
    return live(plan, Surroundings())


def test_listed_sellers_get_verdicts_and_rest(weeks: list[Week]) -> None:
    assert [week.as_of for week in weeks] == [FIRST, date(2025, 1, 13), LAST]
    known = [week.facts["verdicts"] for week in weeks]
    assert known[2] > known[0]
    listed = set(weeks[0].sellers.loc[weeks[0].sellers["alerted"], "seller_id"])
    after = weeks[1].sellers.set_index("seller_id")
    assert len(listed) == 10
    assert after.loc[list(listed), "rests"].all()
    assert weeks[0].facts["outcome"] == "first champion"
    assert weeks[1].facts["outcome"] is None


def test_a_backtest_that_was_killed_goes_on_and_comes_to_the_same(plan: Plan, weeks: list[Week]) -> None:
    """The last week was not done, and of the one before nothing is lived again."""
    last = plan.out / "weeks" / f"{LAST}.json"
    last.unlink()
    last.with_suffix(".sellers").unlink()
    told: list[str] = []
    again = live(plan, Surroundings(progress=told.append))
    assert [line for line in told if line.startswith("living")] == [f"living the week of {LAST}"]
    for one, other in zip(weeks, again, strict=True):
        assert one.facts == other.facts
        pd.testing.assert_frame_equal(one.sellers, other.sellers)


def test_a_folder_holds_one_backtest(plan: Plan, weeks: list[Week]) -> None:
    other = changed(plan.configuration, alerts={"budget": 11})
    with pytest.raises(WrongUse, match="a backtest with other alerts lies there"):
        live(Plan(plan.data, plan.out, FIRST, LAST, other, plan.investigate), Surroundings())
    assert weeks


def test_dates_in_the_wrong_order_are_refused(plan: Plan) -> None:
    with pytest.raises(WrongUse, match="there is no week to live"):
        live(Plan(plan.data, plan.out, LAST, FIRST, plan.configuration, None), Surroundings())


def test_a_table_and_a_page_are_written(weeks: list[Week], small_market: Path, tmp_path: Path) -> None:
    found = judge_weeks(weeks, read_truth(small_market / "truth", "schemes"), 10, "truth")
    page = backtest_page(found)
    write_backtest(tmp_path, found, page)
    table = pd.read_parquet(tmp_path / "backtest.parquet")
    assert table["listed"].tolist() == [10, 10, 10]
    assert table["hits"].sum() > 0
    assert "Judged by the truth" in page
    assert "<svg" in page
    again = read_backtest(tmp_path)
    assert again.as_json() == found.as_json()
    assert backtest_page(again) == page


def test_where_no_backtest_has_ended_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="no backtest has ended here"):
        read_backtest(tmp_path)


def week(on: str, listed: set[str], rests: set[str] = frozenset(), sellers: str = "abcd") -> Week:  # type: ignore[assignment]
    rows = pd.DataFrame({"seller_id": list(sellers), "strength": 0.0, "rank": range(1, len(sellers) + 1)})
    rows = rows.assign(alerted=rows["seller_id"].isin(listed), rests=rows["seller_id"].isin(rests))
    return Week(date.fromisoformat(on), {"model": "m", "outcome": None, "why": None, "verdicts": 0}, rows)


def schemes(*rows: tuple[str, str, str | None]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["seller_id", "onset_on", "ended_on"])
    return table.assign(onset_on=pd.to_datetime(table["onset_on"]), ended_on=pd.to_datetime(table["ended_on"]))


def test_a_scheme_runs_from_the_day_after_its_onset_to_its_end() -> None:
    guilty = schemes(("a", "2024-01-01", "2024-03-04"), ("b", "2024-03-04", None))
    assert active_at(guilty, date(2024, 3, 4)) == {"a"}
    assert active_at(guilty, date(2024, 3, 5)) == {"b"}


def test_a_list_is_judged_by_who_runs_a_scheme_and_by_what_stays() -> None:
    guilty = schemes(("a", "2024-01-01", None), ("c", "2024-01-01", None))
    found = judge_weeks([week("2024-03-04", {"a", "b"}), week("2024-03-11", {"b", "c"})], guilty, 2, "truth").table
    assert found["precision"].tolist() == [0.5, 0.5]
    assert np.isnan(found["kept_share"][0])
    assert found["kept_share"][1] == 0.5
    assert found["entered"].tolist() == [2, 1]
    assert found["average_precision"].tolist() == [pytest.approx((1 + 2 / 3) / 2)] * 2


def test_a_list_before_the_onset_is_a_false_alert_and_no_detection() -> None:
    """`a` is listed before and 3 weeks after its onset, `b` never, `c` began too late, `d` before the window."""
    guilty = schemes(
        ("a", "2024-01-15", None), ("b", "2024-01-15", None), ("c", "2024-06-03", None), ("d", "2023-12-04", None)
    )
    mondays = [str(day.date()) for day in pd.date_range("2024-01-08", "2024-07-15", freq="7D")]
    weeks = [
        week(on, {"2024-01-08": {"a"}, "2024-02-05": {"a", "c", "d"}}.get(on, set()), rests={"b"}) for on in mondays
    ]
    found = detection(weeks, guilty)
    assert (found.culprits, found.findable, found.before_onset) == (2, 1, 1)
    assert found.within == {4: 0.5, 13: 0.5, 26: 0.5}


def test_verdicts_to_which_the_old_lists_led_are_left_out_with_their_appeals() -> None:
    rows = [
        ("kept: began before", "alert", "2023-12-01", "1"),
        ("left out", "alert", "2024-02-01", "2"),
        ("left out with it", "appeal", None, "2"),
        ("kept: a tip", "tip", "2024-02-01", "3"),
        ("kept: another's appeal", "appeal", None, "3"),
    ]
    table = pd.DataFrame(rows, columns=["seller_id", "route", "opened_at", "case_id"])
    table["opened_at"] = pd.to_datetime(table["opened_at"]).astype("datetime64[us]")
    table["decided_at"] = pd.Timestamp("2024-03-01").as_unit("us")
    kept = kept_verdicts(pa.Table.from_pandas(table), date(2024, 1, 1))
    assert [name.split(":")[0] for name in kept["seller_id"].to_pylist()] == ["kept", "kept", "kept"]


def test_a_data_set_without_verdicts_has_none(small_market: Path, tmp_path: Path) -> None:
    (tmp_path / "sellers").symlink_to(small_market / "data" / "sellers")
    verdicts = read_verdicts(tmp_path)
    assert len(verdicts) == 0
    assert {"seller_id", "route", "case_id"} <= set(verdicts.column_names)


def test_investigators_find_most_culprits_and_clear_most_others(small_market: Path, rules: VerdictSettings) -> None:
    truth = read_truth(small_market / "truth", "schemes")
    culprits = sorted(truth.loc[truth["onset_on"] < pd.Timestamp(FIRST), "seller_id"].unique())
    others = [f"innocent {number}" for number in range(200)]
    listed = pd.DataFrame({"seller_id": culprits + others, "route": "alert", "selection_probability": 1.0})
    decide = Investigators(small_market / "truth", rules, 1).decide
    found = decide(listed, FIRST)
    pd.testing.assert_frame_equal(found, decide(listed.iloc[::-1], FIRST))
    condemned = found[found["verdict"] == "manipulated"]
    assert condemned["onset_on"].notna().all()
    assert (pd.to_datetime(condemned["onset_on"]) <= pd.Timestamp(FIRST) - pd.Timedelta(days=7)).all()
    assert (found["decided_at"] >= pd.Timestamp(FIRST) + pd.Timedelta(weeks=1)).all()
    innocent = found[found["seller_id"].isin(others)]
    assert (innocent["verdict"] == "cleared").mean() > 0.7
    assert (innocent["verdict"] == "manipulated").mean() < 0.05
