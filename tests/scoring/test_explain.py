"""Why a seller is listed, with numbers that can be recomputed by hand from the rows that are shown."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from features.audit_log import AuditLog
from features.errors import WrongUse
from features.store import Store
from model.settings import Configuration
from scoring.casework.explain import Question, explain
from tests.features.conftest import action, review
from tests.scoring.cases_at_hand import ANNA, SECOND, at, store_with_cases
from tests.scoring.runs import write_run

NOON = at("2024-03-20 12:00")
SIGNAL = "negative_removals_91d"


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory, configuration: Configuration) -> Path:
    """Anna's lamp has three bad reviews, of which staff removed two in February and one in 2022."""
    folder = tmp_path_factory.mktemp("market")
    reviews = [review(f"bad {number}", "lamp", 1, "2022-05-01") for number in (1, 2, 3)]
    removals = [
        action(name, "removed", moment, actor_id="mallory")
        for name, moment in (("bad 1", "2024-02-05"), ("bad 2", "2024-02-06"), ("bad 3", "2022-06-01"))
    ]
    store_with_cases(folder, configuration, reviews=reviews, review_actions=removals)
    write_run(folder / "scores", SECOND, "anna", ANNA)
    return folder


@pytest.fixture
def store(market: Path, tmp_path: Path) -> Store:
    shutil.copytree(market / "store", tmp_path / "store")
    return Store(tmp_path / "store", 5)


def test_a_signal_is_shown_with_its_measures_and_the_rows_it_counts(
    market: Path, store: Store, configuration: Configuration
) -> None:
    question = Question(ANNA, market / "scores", signal=SIGNAL, rows=True)
    found = explain(question, store, configuration, NOON)
    (told,) = found.signals
    assert told.working is not None
    assert told.value == told.working.value == 2.0
    assert sum(number or 0 for number in told.working.measures.values()) == 2
    removed = [(row["review_id"], row["kind"]) for row in found.rows["review_actions"]]
    assert removed == [("bad 1", "removed"), ("bad 2", "removed")]
    assert "mallory" not in repr(found.as_json())


def test_the_claim_comes_from_the_run(market: Path, store: Store, configuration: Configuration) -> None:
    found = explain(Question("anna", market / "scores"), store, configuration, NOON)
    assert (found.as_of, found.case["case_id"], found.scored["rank"]) == (SECOND, ANNA, 1)
    assert found.scored["reasons"][0]["text"] == "Staff removed 2 negative reviews in 91 days."


def test_a_comparison_names_its_peers_and_what_it_compares(store: Store, configuration: Configuration) -> None:
    found = explain(Question("anna", as_of=SECOND, signal="negative_removals_tail_91d"), store, configuration, NOON)
    assert found.signals[-1].peers["sellers"] == 2
    assert [told.working is not None for told in found.signals] == [True, True, False]


def test_it_stands_in_the_log_that_somebody_asked(market: Path, store: Store, configuration: Configuration) -> None:
    explain(Question(ANNA, market / "scores"), store, configuration, NOON)
    (entry,) = AuditLog(store.path, 5).entries()
    assert (entry.action, entry.details) == (
        "explained",
        {"seller": "anna", "as of": "2024-03-11", "signal": "none"},
    )


@pytest.mark.parametrize(
    ("question", "said"),
    [
        (Question(ANNA), "give --scores DIR"),
        (Question(ANNA, Path("nowhere")), "no scoring run wrote this folder"),
        (Question("anna", as_of=SECOND, signal="negative_removal_91d"), f"did you mean '{SIGNAL}'"),
        (Question("cora", as_of=SECOND, signal=SIGNAL), "no such case, and no seller"),
        (Question("anna", as_of=date(2000, 1, 3), signal=SIGNAL), "known before 2000-01-03"),
    ],
)
def test_what_cannot_be_explained_is_refused(
    question: Question, said: str, store: Store, configuration: Configuration
) -> None:
    with pytest.raises(WrongUse, match=said):
        explain(question, store, configuration, NOON)
