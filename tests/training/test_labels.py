from collections.abc import Callable
from datetime import date
from typing import Any

import pandas as pd
import pytest

from model.settings import LabelSettings
from training.labels import label_rows, panel_cutoffs, training_rows

AS_OF = date(2024, 12, 2)
Rows = Callable[..., pd.DataFrame]


def labels(rows: pd.DataFrame) -> dict[Any, Any]:
    """Label by (seller, cutoff); '?' is unknown, and what is not there was left out."""
    return {
        (row.seller_id, row.as_of.date().isoformat()): "?" if pd.isna(row.label) else int(row.label)
        for row in rows.itertuples()
    }


def label_of(rows: pd.DataFrame) -> Any:
    """The label of the only row, or 'left out'."""
    return next(iter(labels(rows).values()), "left out")


@pytest.mark.parametrize(
    ("cutoff", "label"),
    [
        ("2024-01-31", "left out"),  # before a found onset: onsets are found late
        ("2024-02-01", "left out"),  # a date counts from the cutoff after it
        ("2024-02-02", 1),
        ("2024-04-10", 1),  # events of the cutoff's first instant on do not count, so the investigation shows nowhere
        ("2024-04-11", "left out"),
        ("2024-06-20", "left out"),
    ],
)
def test_manipulated_speaks_from_after_its_onset_until_the_investigation_opened(
    cutoff: str, label: Any, verdict_rows: Rows, population: Rows, label_settings: LabelSettings
) -> None:
    verdicts = verdict_rows({"onset_on": "2024-02-01", "opened_at": "2024-04-10 00:00"})
    assert label_of(label_rows(population(["a"], [cutoff]), verdicts, AS_OF, label_settings)) == label


@pytest.mark.parametrize(("cutoff", "label"), [("2024-03-01", 1), ("2024-03-02", "?"), ("2024-04-10", "?")])
def test_a_scheme_that_ended_is_unknown_afterwards(
    cutoff: str, label: Any, verdict_rows: Rows, population: Rows, label_settings: LabelSettings
) -> None:
    verdicts = verdict_rows({"onset_on": "2024-02-01", "ended_on": "2024-03-01", "opened_at": "2024-04-10"})
    assert label_of(label_rows(population(["a"], [cutoff]), verdicts, AS_OF, label_settings)) == label


@pytest.mark.parametrize(
    ("cutoff", "label"),
    [("2024-01-09", "?"), ("2024-01-10", 0), ("2024-02-10", 0), ("2024-02-11", "?"), ("2024-04-02", "left out")],
)
def test_cleared_speaks_for_the_period_that_it_covers(
    cutoff: str, label: Any, verdict_rows: Rows, population: Rows, label_settings: LabelSettings
) -> None:
    verdicts = verdict_rows(
        {"verdict": "cleared", "covers_from": "2024-01-10", "covers_to": "2024-02-10", "opened_at": "2024-04-01"}
    )
    assert label_of(label_rows(population(["a"], [cutoff]), verdicts, AS_OF, label_settings)) == label


@pytest.mark.parametrize(("verdict", "label"), [("manipulated", 1), ("cleared", 0)])
@pytest.mark.parametrize("cutoff", ["2023-04-11", "2024-04-08"])
def test_missing_columns_mean_eight_weeks_of_investigation_and_the_year_before(
    verdict: str, label: int, cutoff: str, verdict_rows: Rows, population: Rows, label_settings: LabelSettings
) -> None:
    """Decided on 3 June: the investigation began on 8 April, the judged period on 10 April of the year before."""
    verdicts = verdict_rows({"verdict": verdict, "decided_at": "2024-06-03"})
    rows = population(["a"], ["2023-04-09", cutoff])
    assert labels(label_rows(rows, verdicts, AS_OF, label_settings)) == {("a", "2023-04-09"): "?", ("a", cutoff): label}


def test_rows_after_the_assumed_start_of_an_investigation_are_left_out(
    verdict_rows: Rows, population: Rows, label_settings: LabelSettings
) -> None:
    rows = population(["a"], ["2024-04-09", "2024-07-01"])
    assert label_rows(rows, verdict_rows({}), AS_OF, label_settings).empty


@pytest.mark.parametrize("verdict", ["inconclusive", "other"])
def test_inconclusive_is_unknown_and_its_investigation_still_shows_in_later_rows(
    verdict: str, verdict_rows: Rows, population: Rows, label_settings: LabelSettings
) -> None:
    verdicts = verdict_rows({"verdict": verdict, "opened_at": "2024-04-01"})
    rows = label_rows(population(["a"], ["2024-03-01", "2024-05-01"]), verdicts, AS_OF, label_settings)
    assert labels(rows) == {("a", "2024-03-01"): "?"}


def test_a_seller_without_a_verdict_is_unknown(
    verdict_rows: Rows, population: Rows, label_settings: LabelSettings
) -> None:
    rows = label_rows(population(["a", "b"], ["2024-03-01"]), verdict_rows({}), AS_OF, label_settings)
    assert labels(rows) == {("a", "2024-03-01"): 1, ("b", "2024-03-01"): "?"}


@pytest.mark.parametrize(("known_at", "label"), [("2024-12-01 23:59:59", 1), ("2024-12-02 00:00", "?")])
def test_a_verdict_recorded_at_the_date_is_not_known_yet(
    known_at: str, label: Any, verdict_rows: Rows, population: Rows, label_settings: LabelSettings
) -> None:
    verdicts = verdict_rows({"known_at": known_at})
    assert label_of(label_rows(population(["a"], ["2024-03-01"]), verdicts, AS_OF, label_settings)) == label


@pytest.mark.parametrize(
    ("later", "label"),
    [
        ({"case_id": "c1"}, 0),
        ({"case_id": None}, 0),
        ({"case_id": "c1", "scheme": "paid_removal"}, 0),
        ({"case_id": "c1", "known_at": "2024-12-02"}, 1),  # not recorded yet: the earlier one stands
        ({"case_id": "c2", "covers_from": "2024-06-10"}, 1),  # another case adds a period
        ({"case_id": "c2"}, "left out"),  # two cases contradict each other
    ],
    ids=["same case", "no case", "same scheme", "recorded later", "another case", "contradiction"],
)
def test_a_later_verdict_replaces_the_earlier_of_its_case(
    later: dict[str, Any], label: Any, verdict_rows: Rows, population: Rows, label_settings: LabelSettings
) -> None:
    appeal = {"verdict": "cleared", "decided_at": "2024-09-02", "opened_at": "2024-08-01", "route": "appeal"}
    verdicts = verdict_rows({"case_id": "c1", "scheme": "paid_removal", "opened_at": "2024-04-10"}, appeal | later)
    for order in (verdicts, verdicts[::-1]):
        assert label_of(label_rows(population(["a"], ["2024-03-01"]), order, AS_OF, label_settings)) == label


def test_two_schemes_of_one_decision_stand_side_by_side(
    verdict_rows: Rows, population: Rows, label_settings: LabelSettings
) -> None:
    decision = {"case_id": "c1", "opened_at": "2024-04-10"}
    verdicts = verdict_rows(
        decision | {"scheme": "bought_reviews", "onset_on": "2024-01-01"},
        decision | {"scheme": "paid_removal", "onset_on": "2024-03-01"},
    )
    rows = label_rows(population(["a"], ["2024-02-05", "2024-04-01"]), verdicts, AS_OF, label_settings)
    assert labels(rows) == {("a", "2024-02-05"): 1, ("a", "2024-04-01"): 1}
    assert rows["schemes"].tolist() == ["bought_reviews", "bought_reviews paid_removal"]


@pytest.mark.parametrize("scheme", [None, "other"])
def test_a_scheme_that_is_not_named_may_be_any(
    scheme: str | None, verdict_rows: Rows, population: Rows, label_settings: LabelSettings
) -> None:
    first, second = {"scheme": "paid_removal", "case_id": "c1"}, {"scheme": scheme, "case_id": "c2"}
    rows = label_rows(population(["a"], ["2024-03-01"]), verdict_rows(first, second), AS_OF, label_settings)
    assert (rows["label"].tolist(), rows["schemes"].tolist()) == ([1.0], [None])


def test_a_second_case_labels_rows_after_the_first_was_decided_but_none_while_it_ran(
    verdict_rows: Rows, population: Rows, label_settings: LabelSettings
) -> None:
    verdicts = verdict_rows(
        {"case_id": "c1", "verdict": "cleared", "opened_at": "2024-01-10", "decided_at": "2024-02-10"},
        {"case_id": "c2", "onset_on": "2024-01-20", "opened_at": "2024-05-01", "decided_at": "2024-06-01"},
    )
    rows = population(["a"], ["2024-01-08", "2024-02-05", "2024-03-04", "2024-05-06"])
    assert labels(label_rows(rows, verdicts, AS_OF, label_settings)) == {
        ("a", "2024-01-08"): 0,
        ("a", "2024-03-04"): 1,
    }


def test_a_correction_of_one_decision_counts_from_its_own_known_at(
    verdict_rows: Rows, population: Rows, label_settings: LabelSettings
) -> None:
    verdicts = verdict_rows({}, {"verdict": "cleared", "known_at": "2024-07-01"})
    rows = population(["a"], ["2024-03-01"])
    assert label_of(label_rows(rows, verdicts, date(2024, 7, 1), label_settings)) == 1
    assert label_of(label_rows(rows, verdicts, date(2024, 7, 2), label_settings)) == 0


def test_cases_join_what_one_investigation_or_one_owner_holds(
    verdict_rows: Rows, population: Rows, label_settings: LabelSettings
) -> None:
    verdicts = verdict_rows({"seller_id": "a", "case_id": "c1"}, {"seller_id": "b", "case_id": "c1"})
    owners = {"b": "o1", "c": "o1", "d": "o2", "e": "o2"}
    rows = label_rows(population(list("abcdef"), ["2024-03-01"], owners), verdicts, AS_OF, label_settings)
    assert dict(zip(rows["seller_id"], rows["case"], strict=True)) == {
        "a": "case:c1",
        "b": "case:c1",
        "c": "case:c1",
        "d": "owner:o2",
        "e": "owner:o2",
        "f": "seller:f",
    }


def test_number_keys_work_as_strings_do(verdict_rows: Rows, population: Rows, label_settings: LabelSettings) -> None:
    rows = population(["7", "8"], ["2024-03-01"]).astype({"seller_id": "int64"})
    verdicts = verdict_rows({"seller_id": 7})
    assert labels(label_rows(rows, verdicts, AS_OF, label_settings)) == {
        (7, "2024-03-01"): 1,
        (8, "2024-03-01"): "?",
    }


def test_no_labelled_row_can_see_an_event_from_the_start_of_its_investigation_on(
    verdict_rows: Rows, population: Rows, label_settings: LabelSettings
) -> None:
    """Signals at a cutoff hold the events known before it: rows at or before opened_at see nothing that came later."""
    opened = pd.Timestamp("2024-04-10 15:00")
    event_times = pd.Series(pd.date_range("2023-06-01", "2024-09-01", freq="5h"))
    cutoffs = [day.date().isoformat() for day in pd.date_range("2023-07-03", "2024-11-25", freq="7D")]
    verdicts = verdict_rows({"opened_at": opened, "onset_on": "2023-10-01"})
    rows = label_rows(population(["a"], cutoffs), verdicts, AS_OF, label_settings)
    seen = [int((event_times < cutoff).sum()) for cutoff in rows["as_of"]]
    seen_of_the_time_before = [int((event_times[event_times < opened] < cutoff).sum()) for cutoff in rows["as_of"]]
    assert len(rows) == 28
    assert seen == seen_of_the_time_before


def test_labelled_rows_of_a_seller_share_a_weight_of_one(
    verdict_rows: Rows, population: Rows, label_settings: LabelSettings
) -> None:
    cutoffs = ["2024-01-01", "2024-01-29", "2024-02-26"]
    verdicts = verdict_rows({"seller_id": "a"}, {"seller_id": "b", "verdict": "cleared", "covers_from": "2024-02-01"})
    rows = training_rows(population(["a", "b", "c"], cutoffs), verdicts, AS_OF, label_settings, seed=1)
    assert rows.groupby("seller_id")["weight"].sum().round(12).to_dict() == {"a": 1.0, "b": 1.0, "c": 1.0}
    assert rows.loc[rows["seller_id"] == "b", "as_of"].dt.date.tolist() == [date(2024, 2, 26)]


def test_unknown_rows_are_drawn_at_the_cutoffs_of_the_labelled_and_in_their_proportions(
    verdict_rows: Rows, population: Rows, label_settings: LabelSettings
) -> None:
    sellers = [f"s{number:03}" for number in range(300)]
    verdicts = verdict_rows(
        *({"seller_id": seller, "onset_on": "2024-02-01"} for seller in sellers[:4]),
        *({"seller_id": seller, "onset_on": "2024-01-01"} for seller in sellers[4:6]),
    )
    rows = population(sellers, ["2023-06-05", "2024-01-08", "2024-02-26"])
    drawn = training_rows(rows, verdicts, AS_OF, label_settings, seed=1)
    unknown = drawn[drawn["label"].isna()]
    assert drawn["label"].eq(1).sum() == 8
    assert unknown["as_of"].value_counts().to_dict() == {
        pd.Timestamp("2024-01-08"): 20,
        pd.Timestamp("2024-02-26"): 60,
    }


def test_the_draw_depends_on_seed_alone(verdict_rows: Rows, population: Rows, label_settings: LabelSettings) -> None:
    rows = population([f"s{number:03}" for number in range(50)], ["2024-02-26"])
    verdicts = verdict_rows({"seller_id": "s000"}, {"seller_id": "s001"})

    def draw(rows: pd.DataFrame, seed: int) -> list[str]:
        return training_rows(rows, verdicts, AS_OF, label_settings, seed)["seller_id"].tolist()

    assert draw(rows, 1) == draw(rows[::-1], 1)
    assert draw(rows, 1) != draw(rows, 2)


def test_panel_cutoffs_are_mondays_that_the_next_week_shares(label_settings: LabelSettings) -> None:
    settings = label_settings.model_copy(update={"panel_weeks": 12, "panel_step_weeks": 4})
    assert panel_cutoffs(date(2024, 12, 2), settings) == [date(2024, 9, 9), date(2024, 10, 7), date(2024, 11, 4)]
    assert panel_cutoffs(date(2024, 12, 9), settings) == [date(2024, 10, 7), date(2024, 11, 4), date(2024, 12, 2)]
    assert panel_cutoffs(date(2024, 12, 10), settings) == [date(2024, 10, 7), date(2024, 11, 4), date(2024, 12, 2)]


def test_without_a_verdict_there_is_nothing_to_learn_from(
    verdict_rows: Rows, population: Rows, label_settings: LabelSettings
) -> None:
    rows = population(["a"], ["2024-02-26"])
    assert labels(label_rows(rows, verdict_rows(), AS_OF, label_settings)) == {("a", "2024-02-26"): "?"}
    assert training_rows(rows, verdict_rows(), AS_OF, label_settings, seed=1).empty
