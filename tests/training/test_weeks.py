"""Weeks of retrain and score on one store; `make weekly` lives twelve of them."""

import json
import multiprocessing
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from features.audit_log import AuditLog
from model.settings import Configuration
from scoring.job import score
from tests.training.small_market import LIVED, changed
from training.registering import LOOKED
from training.report import RetrainReport
from training.steps import Surroundings
from training.weekly import retrain

AROUND = Surroundings()


@pytest.fixture(scope="module")
def store(small_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shutil.copytree(small_store, tmp_path_factory.mktemp("weeks") / "store")


@pytest.fixture(scope="module")
def first(small_market: Path, store: Path, small_settings: Configuration) -> RetrainReport:
    return retrain(small_market / "data", store, LIVED[0], small_settings, AROUND)


def _retrain(data: Path, store: Path, configuration: Configuration) -> str:
    return retrain(data, store, LIVED[1], configuration, AROUND).outcome


def test_score_runs_while_retrain_runs_and_a_second_run_of_a_week_changes_nothing(
    small_market: Path, store: Path, small_settings: Configuration, first: RetrainReport, tmp_path: Path
) -> None:
    data = small_market / "data"
    assert first.champion == "seller-risk 1"
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        learning = pool.apply_async(_retrain, (data, store, small_settings))
        beside = score(data, store, LIVED[0], tmp_path / "beside", small_settings, AROUND)
        assert learning.get(timeout=300) == "refreshed"
    assert beside.model in ("seller-risk 1", "seller-risk 2")

    before = AuditLog(store, 60).entries()
    scored = [score(data, store, LIVED[0], tmp_path / name, small_settings, AROUND).model for name in ("one", "two")]
    assert scored == ["seller-risk 2"] * 2
    assert (tmp_path / "one" / "scores.parquet").read_bytes() == (tmp_path / "two" / "scores.parquet").read_bytes()
    for week in LIVED:
        assert retrain(data, store, week, small_settings, AROUND).repeated
    assert retrain(data, store, LIVED[0], small_settings, AROUND) == replace(first, repeated=True)
    assert AuditLog(store, 60).entries() == before


def test_other_settings_are_decided_over_past_cutoffs_and_the_look_is_logged(
    small_market: Path, store: Path, small_settings: Configuration, first: RetrainReport
) -> None:
    """The decision is the figures' own; a further run of it fits nothing, looks at nothing and says the same."""
    other = changed(small_settings, classifier={"max_depth": 2}, promotion={"least_origins": 1})
    data, before = small_market / "data", len(AuditLog(store, 60).entries())
    report = retrain(data, store, LIVED[1], other, AROUND)
    assert report.outcome in ("changed", "kept")
    assert "halvings of the list" in report.why
    (entry,) = AuditLog(store, 60).entries()[before:]
    assert (entry.details["outcome"], entry.details[LOOKED]) == (report.outcome, LIVED[1].isoformat())
    told = store / "models" / str(report.run_id) / "artifacts" / "figures" / "change.json"
    change = json.loads(told.read_text(encoding="utf-8"))
    assert change["comparison"]["cases"] >= 2
    fitted = sorted((store / "runs" / "origins").glob("*.parquet"))
    assert len(fitted) == 2 * len(change["origins"])
    assert retrain(data, store, LIVED[1], other, AROUND) == replace(report, repeated=True)
    assert first.champion is not None
