"""Weeks of a small simulated market, retrained from delivered files to registered models."""

import json
import re
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from features.audit_log import AuditLog
from features.errors import ContractBroken, NoFittingModel, WrongUse
from features.store import Store
from features.verdict_rows import verdicts_of
from model.metrics import METRICS
from model.registry import CHALLENGER, CHAMPION, Registry
from model.settings import Configuration
from simulator import simulate
from simulator.settings import read_scenario
from tests.training.small_market import changed
from training.champions import DECIDED, PROMOTED, ROLLED_BACK, promote, rollback
from training.choosing import open_registry
from training.comparing import compare
from training.comparison_page import publish
from training.report import RetrainReport
from training.steps import Surroundings
from training.verdicts import verdicts_before
from training.weekly import retrain

FIRST, NEXT, DUE = date(2025, 1, 27), date(2025, 2, 3), date(2025, 2, 24)
SURROUNDINGS = Surroundings()


@pytest.fixture(scope="module")
def settings(configuration: Configuration) -> Configuration:
    return changed(
        configuration,
        classifier={"bags": 1, "max_trees": 20, "folds": 3},
        promotion={"min_positive_cases": 2, "kept_top_share": 0.01},
    )


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("market")
    simulate(folder / "data", folder / "truth", read_scenario("default", sellers=300, weeks=60, seed=1))
    return folder / "data"


@pytest.fixture(scope="module")
def store_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("weekly") / "store"


@pytest.fixture(scope="module")
def first(data: Path, store_path: Path, settings: Configuration) -> RetrainReport:
    return retrain(data, store_path, FIRST, settings, SURROUNDINGS)


def aliases(store_path: Path, configuration: Configuration) -> tuple[str | None, str | None]:
    registry = Registry(store_path, configuration.tracking, tracking_uri=None, wait_seconds=60)
    champion, challenger = registry.find(CHAMPION), registry.find(CHALLENGER)
    return champion.version if champion else None, challenger.version if challenger else None


def data_only(store_path: Path, copy: Path) -> Path:
    """Return a copy of a store that has taken in the data and learned nothing."""
    shutil.copytree(store_path, copy, ignore=shutil.ignore_patterns("mlflow.db", "models", "runs", "locks"))
    return copy


def test_the_first_model_with_enough_cases_becomes_champion(
    first: RetrainReport, store_path: Path, settings: Configuration
) -> None:
    assert first.outcome == "first champion"
    assert (first.model, first.champion, first.challenger) == ("seller-risk 1", "seller-risk 1", None)
    assert first.rows["positive"] > 0
    assert first.rows["unknown"] > first.rows["positive"]
    assert not first.calibrated
    assert any("index, not a probability" in note for note in first.notes)
    assert aliases(store_path, settings) == ("1", None)
    assert json.loads(json.dumps(first.as_json(), allow_nan=False))["as_of"] == "2025-01-27"


def test_a_second_run_says_so_and_returns_the_same(
    first: RetrainReport, data: Path, store_path: Path, settings: Configuration
) -> None:
    told: list[str] = []
    again = retrain(data, store_path, FIRST, settings, Surroundings(progress=told.append))
    assert again == replace(first, repeated=True)
    assert told[-1].startswith("nothing has changed")


def test_a_run_killed_before_its_report_is_finished_by_the_next(
    first: RetrainReport, data: Path, store_path: Path, settings: Configuration
) -> None:
    reports = list((store_path / "runs").glob("*/report.json"))
    for report in reports:
        report.unlink()
    decisions = len(AuditLog(store_path, 60).entries())
    again = retrain(data, store_path, FIRST, settings, SURROUNDINGS)
    assert replace(again, seconds=first.seconds) == first
    assert len(AuditLog(store_path, 60).entries()) == decisions


def test_a_week_later_the_champion_is_kept_four_weeks_later_refreshed(
    first: RetrainReport, data: Path, store_path: Path, settings: Configuration
) -> None:
    week = retrain(data, store_path, NEXT, settings, SURROUNDINGS)
    assert (week.outcome, week.champion, week.challenger) == ("kept", "seller-risk 1", "seller-risk 2")
    assert "refreshed from 2025-02-24" in week.why
    month = retrain(data, store_path, DUE, settings, SURROUNDINGS)
    assert (month.outcome, month.champion, month.challenger) == ("refreshed", "seller-risk 3", None)
    assert "newer data under the same configuration" in month.why
    assert first.champion == "seller-risk 1"


def test_other_settings_cannot_be_decided_by_one_week(
    first: RetrainReport, data: Path, store_path: Path, settings: Configuration
) -> None:
    champion, _ = aliases(store_path, settings)
    other = changed(settings, classifier={"max_depth": 2})
    report = retrain(data, store_path, DUE, other, SURROUNDINGS)
    assert report.outcome == "cannot be decided yet"
    assert report.champion == f"seller-risk {champion}"
    assert report.challenger == report.model
    assert first.configuration_digest != report.configuration_digest


@pytest.fixture(scope="module")
def few_cases(
    first: RetrainReport,
    data: Path,
    store_path: Path,
    settings: Configuration,
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[RetrainReport, Path]:
    """Return the same week where more cases are asked for than there are, fitted with two threads."""
    store = data_only(store_path, tmp_path_factory.mktemp("few") / "store")
    other = changed(settings, promotion={"min_positive_cases": 20}, classifier={"threads": 2})
    assert first.outcome == "first champion"
    return retrain(data, store, FIRST, other, SURROUNDINGS), store


def test_with_few_cases_the_model_is_a_challenger_and_there_is_no_champion(
    few_cases: tuple[RetrainReport, Path], settings: Configuration
) -> None:
    report, store = few_cases
    assert (report.outcome, report.champion, report.challenger) == ("too few cases", None, "seller-risk 1")
    assert "20 are needed" in report.why
    assert aliases(store, settings) == (None, "1")


def test_the_same_data_and_settings_give_the_same_model_text(
    few_cases: tuple[RetrainReport, Path], first: RetrainReport, store_path: Path
) -> None:
    def text(store: Path, report: RetrainReport) -> bytes:
        return (store / "models" / str(report.run_id) / "artifacts" / "bundle" / "booster.txt").read_bytes()

    again, store = few_cases
    assert text(store, again) == text(store_path, first)


@pytest.mark.usefixtures("first")
def test_before_any_verdict_it_is_day_zero(
    data: Path, store_path: Path, settings: Configuration, tmp_path: Path
) -> None:
    store = data_only(store_path, tmp_path / "store")
    report = retrain(data, store, date(2024, 3, 4), settings, Surroundings())
    assert (report.outcome, report.model, report.champion) == ("day zero", None, None)
    assert not (store / "mlflow.db").exists()


def test_broken_data_leave_no_model(data: Path, tmp_path: Path, settings: Configuration) -> None:
    broken = tmp_path / "data"
    shutil.copytree(data, broken, ignore=shutil.ignore_patterns("reviews"))
    with pytest.raises(ContractBroken, match="reviews"):
        retrain(broken, tmp_path / "store", FIRST, settings, SURROUNDINGS)
    assert not (tmp_path / "store" / "runs").exists()
    assert not (tmp_path / "store" / "mlflow.db").exists()


@pytest.mark.usefixtures("first")
def test_people_go_back_and_forth_and_the_weekly_job_leaves_it_so(
    data: Path, store_path: Path, settings: Configuration
) -> None:
    ada = Surroundings(who="ada")
    newest = retrain(data, store_path, DUE, settings, SURROUNDINGS).champion
    change = rollback(store_path, "worse lists", settings, ada)
    assert (change.champion, change.before) == ("seller-risk 1", newest)
    assert aliases(store_path, settings)[0] == "1"

    kept = retrain(data, store_path, DUE, changed(settings, classifier={"max_depth": 3}), SURROUNDINGS)
    assert (kept.outcome, kept.champion) == ("kept", "seller-risk 1")
    assert "ada went back to seller-risk 1 on " in kept.why
    assert "(worse lists)" in kept.why
    with pytest.raises(WrongUse, match="no champion before seller-risk 1"):
        rollback(store_path, "further", settings, ada)

    assert promote(store_path, CHALLENGER, "better lists", settings, ada).champion == kept.model
    assert aliases(store_path, settings)[1] is None
    assert retrain(data, store_path, DUE, changed(settings, classifier={"max_depth": 5}), SURROUNDINGS).outcome == (
        "cannot be decided yet"
    )
    log = AuditLog(store_path, 60).entries()
    people = [(entry.who, entry.action, entry.why) for entry in log if entry.action != DECIDED]
    assert people == [("ada", ROLLED_BACK, "worse lists"), ("ada", PROMOTED, "better lists")]


@pytest.mark.usefixtures("first")
@pytest.mark.parametrize(
    ("version", "why", "error", "said"),
    [
        ("99", "because", NoFittingModel, "no model '99'"),
        ("champion", "because", WrongUse, "is the champion already"),
        ("challenger", "  ", WrongUse, "--why: a reason is needed"),
    ],
)
def test_a_promotion_that_makes_no_sense_changes_nothing(
    version: str, why: str, error: type[Exception], said: str, store_path: Path, settings: Configuration
) -> None:
    before = aliases(store_path, settings), AuditLog(store_path, 60).head()
    with pytest.raises(error, match=re.escape(said)):
        promote(store_path, version, why, settings, SURROUNDINGS)
    assert (aliases(store_path, settings), AuditLog(store_path, 60).head()) == before


def test_without_a_registered_model_there_is_nothing_to_promote(tmp_path: Path, settings: Configuration) -> None:
    with pytest.raises(NoFittingModel, match="no model was ever registered here"):
        promote(tmp_path, "1", "because", settings, SURROUNDINGS)


def test_models_are_compared_on_sellers_whose_verdicts_neither_knew(
    first: RetrainReport, data: Path, store_path: Path, settings: Configuration, tmp_path: Path
) -> None:
    newer = str(retrain(data, store_path, NEXT, settings, SURROUNDINGS).model).removeprefix("seller-risk ")
    found = compare(["1", newer], data, store_path, DUE, settings, SURROUNDINGS)
    assert found.models == (first.model, f"seller-risk {newer}")
    assert found.split_on == NEXT
    verdicts = verdicts_of(Store(store_path), settings)
    assert 0 < found.tested <= 300 - verdicts_before(verdicts, NEXT)["seller_id"].nunique()
    assert {fact.name for fact in found.facts} >= {"trained as of"}
    assert {figure.metric for figure in found.figures} == set(METRICS)

    page, registry = tmp_path / "pages" / "two.html", open_registry(store_path, settings, SURROUNDINGS)
    assert publish(found, registry, page) is not None
    assert "seller-risk 1" in page.read_text(encoding="utf-8")


@pytest.mark.usefixtures("first")
def test_judging_on_what_a_model_learned_from_is_marked(data: Path, store_path: Path, settings: Configuration) -> None:
    newer = str(retrain(data, store_path, NEXT, settings, SURROUNDINGS).model).removeprefix("seller-risk ")
    apart = compare(["1", newer], data, store_path, DUE, settings, SURROUNDINGS)
    marked = compare(["1", newer], data, store_path, DUE, settings, SURROUNDINGS, with_training=True)
    assert marked.culprits > apart.culprits
    assert any(message.startswith("MARKED") for message in marked.messages)
    assert not any(message.startswith("MARKED") for message in apart.messages)


@pytest.mark.usefixtures("first")
def test_a_model_is_not_compared_with_itself(data: Path, store_path: Path, settings: Configuration) -> None:
    with pytest.raises(WrongUse, match="one and the same model"):
        compare(["1", "1"], data, store_path, DUE, settings, SURROUNDINGS)
