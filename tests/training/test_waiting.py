"""A tracking server that is down, and one that comes back."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.server import mlflow_server
from features.audit_log import AuditLog
from features.errors import TrackingUnreachable, WrongUse
from model.registry import CHAMPION, Registry
from model.settings import Configuration
from model.tracked import RunRecord, Trial, record_from
from scoring.job import score
from tests.training.small_market import LIVED
from training.choosing import make_registry
from training.registering import WAITING_FOR_SERVER
from training.report import RetrainReport
from training.steps import Surroundings
from training.waiting import keep, sync, waiting_runs
from training.weekly import retrain

DOWN = Surroundings(tracking_uri="http://127.0.0.1:9")


@pytest.fixture(scope="module")
def settings(small_settings: Configuration) -> Configuration:
    tracking = small_settings.tracking.model_copy(update={"timeout_seconds": 30, "retries": 0})
    return small_settings.model_copy(update={"tracking": tracking})


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with mlflow_server(tmp_path_factory.mktemp("server") / "mlflow") as address:
        yield address


@pytest.fixture(scope="module")
def store(small_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shutil.copytree(small_store, tmp_path_factory.mktemp("waiting") / "store")


@pytest.fixture(scope="module")
def waiting(small_market: Path, store: Path, settings: Configuration) -> RetrainReport:
    return retrain(small_market / "data", store, LIVED[0], settings, DOWN)


def test_a_server_that_is_down_ends_the_job_and_keeps_its_run(waiting: RetrainReport, store: Path) -> None:
    assert waiting.outcome == WAITING_FOR_SERVER
    assert "`scrubwatch sync`" in waiting.why
    assert waiting.seconds["registering"] < 30
    (folder,) = waiting_runs(store)
    assert (folder / "bundle" / "SHA256SUMS").is_file()
    assert AuditLog(store, 60).entries() == []


@pytest.mark.usefixtures("waiting")
def test_runs_that_wait_ask_for_the_server_s_address(store: Path, settings: Configuration) -> None:
    with pytest.raises(WrongUse, match="MLFLOW_TRACKING_URI"):
        sync(store, settings, Surroundings())


def test_a_champion_that_was_never_seen_cannot_stand_in(
    small_market: Path, store: Path, settings: Configuration
) -> None:
    with pytest.raises(TrackingUnreachable):
        score(small_market / "data", store, LIVED[0], store.parent / "never", settings, DOWN)
    assert not (store.parent / "never").exists()


def test_where_no_run_waits_nothing_is_uploaded(tmp_path: Path, settings: Configuration) -> None:
    assert sync(tmp_path, settings, Surroundings()) == []


@pytest.mark.usefixtures("waiting")
def test_the_run_is_uploaded_once_and_the_next_retraining_decides(
    small_market: Path, store: Path, settings: Configuration, server: str
) -> None:
    """Also by an upload that was killed after it had registered the version, and before it forgot the run."""
    data, up = small_market / "data", Surroundings(tracking_uri=server)
    (folder,) = waiting_runs(store)
    kept = shutil.copytree(folder, store.parent / "kept")
    (uploaded,) = sync(store, settings, up)
    assert waiting_runs(store) == []
    shutil.rmtree(folder)
    shutil.copytree(kept, folder)
    assert [each.version for each in sync(store, settings, up)] == [uploaded.version]
    assert make_registry(store, settings, up).find(CHAMPION) is None

    decided = retrain(data, store, LIVED[0], settings, up)
    assert (decided.outcome, decided.champion) == ("first champion", uploaded.label)
    again = retrain(data, store, LIVED[0], settings, up)
    assert again == replace(decided, repeated=True)

    month = retrain(data, store, LIVED[1], settings, up)
    assert (month.outcome, month.champion) == ("refreshed", "seller-risk 2")
    scored = score(data, store, LIVED[1], store.parent / "scores", settings, up)
    assert scored.model == "seller-risk 2"
    unheard = score(data, store, LIVED[1], store.parent / "unheard", settings, DOWN)
    assert unheard.model == "seller-risk 2"
    assert any("the champion seen last, is used" in message for message in unheard.record["messages"])
    _holds_figures(make_registry(store, settings, up), month)


def _holds_figures(registry: Registry, report: RetrainReport) -> None:
    from mlflow import MlflowClient  # noqa: PLC0415  (costs a second)

    client, run_id = MlflowClient(registry.uri), str(report.run_id)
    names = {Path(file.path).name for file in client.list_artifacts(run_id, "figures")}
    assert names == {
        "configuration.json",
        "drift.json",
        "fit.png",
        "importance.json",
        "reliability.json",
        "slices.json",
    }
    assert {"drift.alarms", "drift.told_apart", "drift.market_alarm", "rows.positive"} <= client.get_run(
        run_id
    ).data.metrics.keys()


def test_a_record_that_waits_is_read_back_whole(tmp_path: Path) -> None:

    record = RunRecord("k", "retrain", {"a.b": 1}, {"m": 0.5, "n": None}, "d", "/data", {}, (Trial(1, {"x": 2}, {}),))
    keep(tmp_path, record)
    assert record_from((tmp_path / "waiting.json").read_text(encoding="utf-8")) == record
