"""Verdicts that people give at their desk: checked, written once, and learned from by the next job."""

from __future__ import annotations

import shutil
import stat
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.audit_log import AuditLog
from features.errors import ScrubwatchError, WrongUse
from features.intake import take_in
from features.store import Store
from features.verdict_rows import GIVEN, verdicts_of
from model.alerts import Listing, resting_sellers
from model.settings import Configuration
from scoring.casework import ledger
from scoring.casework.decisions import COLUMNS, Decision, read_decisions
from scoring.casework.ledger import give_verdicts
from scoring.casework.listings import routes
from tests.features.conftest import moment
from tests.scoring.cases_at_hand import ANNA, BORIS, FIRST, at, list_cases, store_with_cases
from training.labels import label_rows
from training.verdicts import standing_verdicts

NOON = "2024-03-20 12:00"


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory, configuration: Configuration) -> Store:
    return store_with_cases(tmp_path_factory.mktemp("untouched"), configuration)


@pytest.fixture
def store(untouched: Store, tmp_path: Path) -> Store:
    shutil.copytree(untouched.path, tmp_path / "store")
    return Store(tmp_path / "store", 5)


def give(
    store: Store, configuration: Configuration, *decisions: Decision, when: str = NOON, by: str = "judge"
) -> ledger.Given:
    return give_verdicts(store, decisions, by, configuration, at(when))


def typed(case_id: str, verdict: str, **more: object) -> Decision:
    return Decision("the command", case_id, verdict, **more)  # type: ignore[arg-type]


def rows_of(store: Store, configuration: Configuration) -> pd.DataFrame:
    return verdicts_of(store, configuration)


def test_a_verdict_is_a_row_of_the_contract_with_the_route_of_its_listing(
    store: Store, configuration: Configuration
) -> None:
    give(store, configuration, typed(ANNA, "manipulated", scheme="paid_removal", onset_on=date(2024, 1, 8)))
    (row,) = rows_of(store, configuration).to_dict("records")
    assert (row["seller_id"], row["verdict"], row["scheme"]) == ("anna", "manipulated", "paid_removal")
    assert (row["route"], row["selection_probability"], row["case_id"]) == ("alert", 1.0, ANNA)
    assert row["decided_at"] == row["known_at"] == moment(NOON)
    assert (row["opened_at"], row["onset_on"]) == (moment("2024-03-04"), moment("2024-01-08"))


def test_a_case_that_was_drawn_before_it_was_alerted_keeps_the_chance_of_its_draw(
    store: Store, configuration: Configuration
) -> None:
    give(store, configuration, typed(BORIS, "cleared"))
    (row,) = rows_of(store, configuration).to_dict("records")
    assert (row["route"], row["selection_probability"]) == ("random", 0.02)


def test_a_case_listed_anew_after_its_verdict_is_judged_by_its_new_listing(
    store: Store, configuration: Configuration
) -> None:
    give(store, configuration, typed(BORIS, "cleared"))
    list_cases(store, date(2024, 11, 4), (BORIS, "boris", "disagreement", 1.0))
    give(store, configuration, typed(BORIS, "manipulated"), when="2024-11-20 12:00")
    rows = rows_of(store, configuration)
    assert rows["route"].tolist() == ["random", "disagreement"]
    assert rows["opened_at"].tolist() == [moment("2024-03-04"), moment("2024-11-04")]


def test_a_contradiction_answers_the_listing_of_what_it_replaces_from_its_own_moment_on(
    store: Store, configuration: Configuration
) -> None:
    give(store, configuration, typed(BORIS, "cleared"))
    give(store, configuration, typed(BORIS, "manipulated"), when="2024-04-02 09:00", by="another judge")
    rows = rows_of(store, configuration)
    assert rows["selection_probability"].tolist() == [0.02, 0.02]
    assert standing_verdicts(rows, date(2024, 4, 2))["verdict"].tolist() == ["cleared"]
    assert standing_verdicts(rows, date(2024, 4, 3))["verdict"].tolist() == ["manipulated"]


def test_the_next_jobs_learn_from_it_and_let_the_seller_rest(store: Store, configuration: Configuration) -> None:
    before = store.digest()
    give(store, configuration, typed(ANNA, "manipulated", onset_on=date(2024, 1, 8)))
    rows = rows_of(store, configuration)
    assert store.digest() != before
    assert list(resting_sellers(rows, date(2024, 3, 25), 182).index) == ["anna"]
    assert resting_sellers(rows, date(2024, 3, 20), 182).empty
    population = pd.DataFrame({"seller_id": "anna", "as_of": [pd.Timestamp("2024-02-05")], "owner_id": None})
    assert label_rows(population, rows, date(2024, 4, 1), configuration.labels)["label"].tolist() == [1.0]


def test_the_same_decision_twice_is_one(store: Store, configuration: Configuration) -> None:
    first = give(store, configuration, typed(ANNA, "cleared"))
    again = give(store, configuration, typed(ANNA, "cleared"), when="2024-03-21 08:00")
    assert (len(first.written), len(first.standing)) == (1, 0)
    assert (len(again.written), len(again.standing)) == (0, 1)
    assert len(rows_of(store, configuration)) == 1
    assert [entry.action for entry in AuditLog(store.path, 5).entries()] == [ledger.GAVE]


def test_going_back_to_an_earlier_decision_is_a_decision(store: Store, configuration: Configuration) -> None:
    for day, verdict in enumerate(("cleared", "manipulated", "cleared"), start=20):
        give(store, configuration, typed(ANNA, verdict), when=f"2024-03-{day} 12:00")
    assert rows_of(store, configuration)["verdict"].tolist() == ["cleared", "manipulated", "cleared"]
    assert len(AuditLog(store.path, 5).entries()) == 3


def test_decisions_of_a_file_keep_their_moments_and_are_known_when_they_are_handed_in(
    store: Store, configuration: Configuration, tmp_path: Path
) -> None:
    file = tmp_path / "decisions.csv"
    file.write_text(
        "\ufeffcase_id,seller_id,verdict,scheme,onset_on,note,decided_at\n"
        f'{ANNA},anna,manipulated,paid_removal,2024-01-08,"batches, no tickets",2024-03-18T10:00:00.000+02:00\n'
        f"{BORIS},boris,cleared,,,,2024-03-19T08:30:00Z\n"
        f"{BORIS},boris,,,,looked at it,2024-03-19T08:30:00Z\n",
        encoding="utf-8",
    )
    for _ in range(2):
        give(store, configuration, *read_decisions(file))
    rows = rows_of(store, configuration)
    assert rows["decided_at"].tolist() == [moment("2024-03-18 08:00"), moment("2024-03-19 08:30")]
    assert set(rows["known_at"]) == {moment(NOON)}
    held = ledger.given_rows(store, store.manifest())
    assert [row["note"] for row in held] == ["batches, no tickets", ""]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (f"{ANNA},anna,guilty,,,,2024-03-18", "row 2: verdict 'guilty' is none of manipulated, cleared, inconclusive"),
        (f"{ANNA},anna,manipulated,paid_removals,,,2024-03-18", "did you mean 'paid_removal'?"),
        (f"{ANNA},boris,cleared,,,,2024-03-18", "row 2: case case of anna is about seller 'anna', found 'boris'"),
        ("case of ana,anna,cleared,,,,2024-03-18", "never listed from this store; did you mean 'case of anna'?"),
        (f"{ANNA},anna,cleared,,,,2024-03-01", "lies before 2024-03-04, when case case of anna was first listed"),
        (f"{ANNA},anna,cleared,,,,2024-03-21", "row 2: decided_at 2024-03-21T00:00:00 is still to come"),
        (f"{ANNA},anna,manipulated,,2024-03-19,,2024-03-18", "onset_on 2024-03-19 lies after the decision"),
        (f"{ANNA},anna,cleared,,2024-01-08,,2024-03-18", "onset_on goes with manipulated alone"),
        (f"{ANNA},anna,cleared,,soon,,2024-03-18", "row 2: onset_on 'soon' is no time"),
        (f"{ANNA},anna,cleared,,,,", "row 2: decided_at is empty"),
        (f"{ANNA},anna,cleared,,,a,b,2024-03-18", "row 2: has not 7 fields"),
    ],
)
def test_one_bad_row_is_named_and_nothing_is_written(
    line: str, said: str, store: Store, configuration: Configuration, tmp_path: Path
) -> None:
    file = tmp_path / "decisions.csv"
    file.write_text("\n".join([",".join(COLUMNS), f"{BORIS},boris,cleared,,,,2024-03-18", line]), encoding="utf-8")
    with pytest.raises(WrongUse, match="no verdict was written") as stopped:
        give(store, configuration, *read_decisions(file))
    assert said in str(stopped.value)
    assert rows_of(store, configuration).empty
    assert AuditLog(store.path, 5).entries() == []


def test_a_file_with_other_columns_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "decisions.csv"
    file.write_text("case,verdict\nx,cleared\n", encoding="utf-8")
    with pytest.raises(WrongUse, match="these are asked for: case_id, seller_id"):
        read_decisions(file)


def test_who_decided_is_kept_as_a_pseudonym_in_what_only_the_owner_reads(
    store: Store, configuration: Configuration
) -> None:
    give(store, configuration, typed(ANNA, "cleared", note="asked judge"), by="judge")
    (path,) = store.paths(store.manifest().group(GIVEN))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert isinstance(ledger.given_rows(store, store.manifest())[0]["decided_by"], int)
    assert "judge" not in AuditLog(store.path, 5).path.read_text()


def test_neither_the_answer_nor_the_log_tells_who_was_drawn_at_random(
    store: Store, configuration: Configuration
) -> None:
    given = give(store, configuration, typed(BORIS, "cleared"))
    said = repr(given.as_json()) + AuditLog(store.path, 5).path.read_text()
    assert "random" not in said
    assert "0.02" not in said


@pytest.mark.parametrize("write", ["commit", "adopt"])
def test_a_run_that_dies_while_it_writes_leaves_no_verdict_and_logs_it_once_in_all(
    write: str, store: Store, configuration: Configuration, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(store, configuration, typed(BORIS, "cleared"))

    def die(*_: object, **__: object) -> None:
        raise ScrubwatchError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(Store, write, die)
        with pytest.raises(ScrubwatchError, match="killed"):
            give(store, configuration, typed(ANNA, "cleared"))
    assert rows_of(store, configuration)["case_id"].tolist() == [BORIS]
    give(store, configuration, typed(ANNA, "cleared"), when="2024-03-20 12:05")
    assert sorted(rows_of(store, configuration)["case_id"]) == [ANNA, BORIS]
    assert len(AuditLog(store.path, 5).entries()) == 2
    assert len(store.manifest().group(GIVEN)) == 1


def test_verdicts_delivered_with_whole_numbers_as_cases_stand_beside_those_given(
    tmp_path: Path, configuration: Configuration
) -> None:
    store = store_with_cases(tmp_path / "numbered", configuration)
    verdict = {"seller_id": "anna", "decided_at": moment("2024-02-01"), "verdict": "cleared", "route": "tip"}
    pq.write_table(pa.Table.from_pylist([{**verdict, "case_id": 7}]), tmp_path / "numbered/data/verdicts.parquet")
    take_in(tmp_path / "numbered/data", store, None, configuration)
    assert store.manifest().identity["key_types"]["case"] == "bigint"
    give(store, configuration, typed(ANNA, "manipulated"))
    rows = rows_of(store, configuration)
    assert rows["case_id"].tolist() == ["7", ANNA]
    assert rows["route"].tolist() == ["tip", "alert"]


def test_nobody_decides_for_nobody(store: Store, configuration: Configuration) -> None:
    with pytest.raises(WrongUse, match="--by"):
        give(store, configuration, typed(ANNA, "cleared"), by=" ")


def test_a_run_made_again_adds_to_what_people_may_have_seen_and_takes_nothing_away(
    store: Store, configuration: Configuration
) -> None:
    list_cases(store, FIRST, (BORIS, "boris", "alert", 1.0), ("case of cora", "cora", "alert", 1.0))
    give(store, configuration, typed(BORIS, "cleared"), typed(ANNA, "cleared"))
    rows = rows_of(store, configuration).set_index("seller_id")
    assert rows["selection_probability"].to_dict() == {"anna": 1.0, "boris": 0.02}


def test_routes_are_told_from_the_lists_and_the_draw() -> None:
    sellers = pd.Series(["best", "drawn", "disputed", "both", "nobody"])
    lists = pd.Series([("budget",), ("budget",), ("budget",), ("budget", "error_rate"), ()])
    audits = pd.DataFrame(
        [
            ("drawn", FIRST, "US/3", 0.1),
            ("disputed", FIRST, "US/disagreement", 1.0),
            ("both", FIRST, "US/1", 0.25),
        ],
        columns=["seller_id", "drawn_on", "stratum", "selection_probability"],
    )
    listing = Listing(lists, lists.map(len).gt(0), pd.Series(range(1, 6)), audits, {}, None, None)
    found = routes(sellers, listing).set_index("seller_id")
    assert found["route"].to_dict() == {
        "best": "alert",
        "drawn": "random",
        "disputed": "disagreement",
        "both": "alert",
    }
    assert found["selection_probability"].to_dict() == {"best": 1.0, "drawn": 0.1, "disputed": 1.0, "both": 1.0}


def test_a_decision_is_naive_utc(tmp_path: Path) -> None:
    file = tmp_path / "decisions.csv"
    file.write_text(f"{','.join(COLUMNS)}\n{ANNA},anna,cleared,,,,2024-03-18T23:30:00-02:00\n", encoding="utf-8")
    assert read_decisions(file)[0].decided_at == datetime.fromisoformat("2024-03-19 01:30")
