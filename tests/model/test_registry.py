import contextlib
import math
import multiprocessing
import shutil
import sqlite3
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient

from features.errors import NoFittingModel, ScrubwatchError
from model.boosting import margin_of
from model.bundle import Bundle, Card, base_margin, card_signals, library_versions, read_bundle, write_bundle
from model.calibration import Calibration
from model.classifier import SellerRiskClassifier
from model.registry import CHALLENGER, CHAMPION, Registry, registry_exists
from model.settings import TrackingSettings
from model.tracked import RunRecord
from tests.declared import declared

SETTINGS = TrackingSettings(experiment="scrubwatch", registered_model="seller-risk", timeout_seconds=1, retries=0)
CATALOGUE = {name: declared(name) for name in ("first_91d", "second_91d")}


@pytest.fixture(scope="module")
def bundle_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    generator = np.random.default_rng(1)
    signals = pd.DataFrame(generator.normal(size=(200, 2)), columns=list(CATALOGUE))
    labels = (signals["first_91d"] > 0).astype(int)
    booster = SellerRiskClassifier(trees=5, bags=2, row_share=0.8).fit(signals, labels).booster_
    card = Card(
        signals=card_signals(CATALOGUE, tuple(CATALOGUE), {}),
        calibration=Calibration(
            slope=1, intercept=0, prevalence=None, calibrated=False, verdicts=0, clipped=0, reason="few"
        ),
        base=base_margin(booster, bags=2),
        trained_as_of=date(2024, 12, 2),
        first_cutoff=date(2024, 1, 1),
        last_cutoff=date(2024, 11, 4),
        rows={"positive": 100, "negative": 100, "unknown": 0},
        positive_cases=20,
        trees=5,
        bags=2,
        metrics={},
        configuration="settings",
        libraries=library_versions(),
        notes=(),
    )
    folder = tmp_path_factory.mktemp("model") / "bundle"
    write_bundle(folder, booster, card)
    return folder


@pytest.fixture(scope="module")
def bundle(bundle_folder: Path) -> Bundle:
    return read_bundle(bundle_folder, CATALOGUE)


@pytest.fixture(scope="module")
def store_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("store")


@pytest.fixture(scope="module")
def registry(store_path: Path) -> Registry:
    return Registry(store_path, SETTINGS, tracking_uri=None, wait_seconds=60)


def record(key: str) -> RunRecord:
    return RunRecord(
        key=key,
        name="retrain 2024-12-02",
        parameters={"classifier.max_depth": 4},
        metrics={"judged.roc_auc": 0.75, "judged.roc_auc.low": math.nan, "not_measured": None},
        data_digest="d" * 64,
        data_source="/data",
        tags={"as_of": "2024-12-02", "data": "d" * 64, "configuration": "settings"},
    )


def test_a_model_is_found_by_version_label_alias_and_run(
    registry: Registry, bundle: Bundle, bundle_folder: Path
) -> None:
    first = registry.register(bundle, bundle_folder, record("found"))
    registry.set_alias(CHAMPION, first)
    for name in (first.version, first.label, CHAMPION, first.run_id):
        found = registry.find(name)
        assert found is not None
        assert (found.version, found.run_id, found.tags["as_of"]) == (first.version, first.run_id, "2024-12-02")
    for name in ("99", "f" * 32, "nobody"):
        assert registry.find(name) is None


def test_the_same_key_is_registered_once(registry: Registry, bundle: Bundle, bundle_folder: Path) -> None:
    first = registry.register(bundle, bundle_folder, record("once"))
    again = registry.register(bundle, bundle_folder, record("once"))
    other = registry.register(bundle, bundle_folder, record("another"))
    assert first.version == again.version
    assert other.version == str(int(first.version) + 1)


def test_the_fetched_bundle_is_the_registered_one(registry: Registry, bundle: Bundle, bundle_folder: Path) -> None:
    version = registry.register(bundle, bundle_folder, record("fetched"))
    assert read_bundle(registry.bundle_folder(version), CATALOGUE).digest == bundle.digest


def test_an_alias_moves_and_can_be_dropped(registry: Registry, bundle: Bundle, bundle_folder: Path) -> None:
    old = registry.register(bundle, bundle_folder, record("old"))
    new = registry.register(bundle, bundle_folder, record("new"))
    registry.set_alias(CHALLENGER, old)
    registry.set_alias(CHALLENGER, new)
    found = registry.find(CHALLENGER)
    assert found is not None
    assert found.version == new.version
    registry.drop_alias(CHALLENGER)
    assert registry.find(CHALLENGER) is None


def test_a_tag_is_read_back(registry: Registry, bundle: Bundle, bundle_folder: Path) -> None:
    version = registry.register(bundle, bundle_folder, record("tagged"))
    registry.tag(version, {"outcome": "kept"})
    found = registry.find(version.version)
    assert found is not None
    assert found.tags["outcome"] == "kept"


def test_everything_lies_in_the_store(
    registry: Registry,
    bundle: Bundle,
    bundle_folder: Path,
    store_path: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    version = registry.register(bundle, bundle_folder, record("in the store"))
    assert list(tmp_path.iterdir()) == []
    artifacts = store_path / "models" / version.run_id / "artifacts"
    assert sorted(path.name for path in artifacts.iterdir()) == ["bundle", "model"]
    assert not list(artifacts.rglob("*.pkl"))


def test_a_store_that_was_moved_still_gives_its_models(
    tmp_path: Path, bundle: Bundle, bundle_folder: Path, registry: Registry, store_path: Path
) -> None:
    version = registry.register(bundle, bundle_folder, record("moved"))
    moved = tmp_path / "moved"
    moved.mkdir()
    (moved / "mlflow.db").write_bytes((store_path / "mlflow.db").read_bytes())
    artifacts = Path("models") / version.run_id / "artifacts" / "bundle"
    (moved / artifacts).mkdir(parents=True)
    for file in (store_path / artifacts).iterdir():
        (moved / artifacts / file.name).write_bytes(file.read_bytes())
    there = Registry(moved, SETTINGS, tracking_uri=None, wait_seconds=60)
    found = there.find(version.version)
    assert found is not None
    assert there.bundle_folder(found) == moved.resolve() / artifacts


def test_a_store_that_was_moved_writes_nothing_where_it_was(
    store_path: Path, bundle: Bundle, bundle_folder: Path, tmp_path: Path
) -> None:
    before = sorted(store_path.rglob("*"))
    for number, place in enumerate(("once", "twice")):
        shutil.copytree(store_path if number == 0 else tmp_path / "once", tmp_path / place)
        moved = Registry(tmp_path / place, SETTINGS, tracking_uri=None, wait_seconds=60)
        registered = moved.register(bundle, bundle_folder, record(f"after a move {number}"))
        moved.add_text(registered, "figures/why.txt", place)
        again = Registry(tmp_path / place, SETTINGS, tracking_uri=None, wait_seconds=60)
        assert again.text(registered, "figures/why.txt") == place
        assert again.bundle_folder(registered).is_relative_to(tmp_path / place)
        assert again.register(bundle, bundle_folder, record(f"after a move {number}")) == registered
    assert sorted(store_path.rglob("*")) == before


def test_a_bundle_that_is_gone_is_no_fitting_model(
    registry: Registry, bundle: Bundle, bundle_folder: Path, store_path: Path
) -> None:
    version = registry.register(bundle, bundle_folder, record("gone"))
    for file in (store_path / "models" / version.run_id / "artifacts" / "bundle").iterdir():
        file.unlink()
    (store_path / "models" / version.run_id / "artifacts" / "bundle").rmdir()
    with pytest.raises(NoFittingModel, match="its bundle is not in run"):
        registry.bundle_folder(version)


def test_data_scientists_open_it_with_mlflow(registry: Registry, bundle: Bundle, bundle_folder: Path) -> None:
    import mlflow.lightgbm  # noqa: PLC0415

    version = registry.register(bundle, bundle_folder, record("opened"))
    registry.set_alias(CHAMPION, version)
    mlflow.set_tracking_uri(registry.uri)
    opened = mlflow.lightgbm.load_model("models:/seller-risk@champion")
    rows = pd.DataFrame({"first_91d": [0.5, math.nan], "second_91d": [-1.0, 2.0]})
    assert margin_of(opened.predict(rows, raw_score=True), bags=2).tolist() == bundle.margins(rows).tolist()
    signature = mlflow.models.get_model_info("models:/seller-risk@champion").signature
    assert [column.type.name for column in signature.inputs] == ["double", "double"]
    assert [column.type.name for column in signature.outputs] == ["double", "double"]


def test_the_run_holds_settings_figures_and_the_data_set(
    registry: Registry, bundle: Bundle, bundle_folder: Path
) -> None:
    from mlflow import MlflowClient  # noqa: PLC0415

    version = registry.register(bundle, bundle_folder, record("run"))
    run = MlflowClient(registry.uri).get_run(version.run_id)
    assert run.info.status == "FINISHED"
    assert run.data.params == {"classifier.max_depth": "4"}
    assert run.data.metrics == {"judged.roc_auc": 0.75}
    assert run.inputs.dataset_inputs[0].dataset.digest == "d" * 32


def test_nothing_is_printed(
    tmp_path: Path, bundle: Bundle, bundle_folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    Registry(tmp_path, SETTINGS, tracking_uri=None, wait_seconds=60).register(bundle, bundle_folder, record("quiet"))
    assert capfd.readouterr() == ("", "")


def _connect(store_path: Path) -> bool:
    Registry(store_path, SETTINGS, tracking_uri=None, wait_seconds=120)
    return True


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # Python 3.12 on; the children only connect
def test_four_processes_may_open_a_fresh_store_at_once(tmp_path: Path) -> None:
    with multiprocessing.get_context("fork").Pool(4) as pool:
        assert pool.map(_connect, [tmp_path] * 4) == [True] * 4
    with contextlib.closing(sqlite3.connect(tmp_path / "mlflow.db")) as database:
        assert database.execute("select count(*) from experiments where name = 'scrubwatch'").fetchone() == (1,)


def test_what_another_store_has_just_made_at_the_same_server_is_used(
    registry: Registry, bundle: Bundle, bundle_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = registry.register(bundle, bundle_folder, record("race 1"))
    looked: dict[str, int] = {}

    def too_early(name: str, nothing: Any) -> None:
        look = getattr(MlflowClient, name)

        def looking(client: MlflowClient, *given: Any, **more: Any) -> Any:
            looked[name] = looked.get(name, 0) + 1
            return nothing if looked[name] == 1 else look(client, *given, **more)

        monkeypatch.setattr(MlflowClient, name, looking)

    too_early("get_experiment_by_name", None)
    too_early("search_registered_models", [])
    other = Registry(tmp_path / "other", SETTINGS, tracking_uri=registry.uri, wait_seconds=60)
    second = other.register(bundle, bundle_folder, record("race 2"))
    assert looked == {"get_experiment_by_name": 2, "search_registered_models": 1}
    assert int(second.version) == int(first.version) + 1
    assert registry.find(second.label) == second


def test_without_database_or_server_there_is_no_registry(tmp_path: Path) -> None:
    assert not registry_exists(tmp_path, None)
    assert registry_exists(tmp_path, "http://127.0.0.1:5000")
    (tmp_path / "mlflow.db").touch()
    assert registry_exists(tmp_path, None)


def test_a_server_that_is_down_is_said_soon(tmp_path: Path) -> None:
    with pytest.raises(ScrubwatchError, match=r"http://127\.0\.0\.1:9: MLflow failed"):
        Registry(tmp_path, SETTINGS, tracking_uri="http://127.0.0.1:9", wait_seconds=60)
