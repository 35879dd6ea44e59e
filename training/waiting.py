"""Runs that wait on disk for a tracking server which did not answer, and their upload, once each."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from features.catalogue import CATALOGUE
from features.errors import WrongUse
from features.locks import alone
from model.bundle import read_bundle
from model.registry import BUNDLE, FIGURES, Registry
from model.settings import Configuration
from model.tracked import Registered, RunRecord, record_from
from training.choosing import make_registry
from training.steps import Surroundings

WAITING = "waiting.json"


def keep(folder: Path, record: RunRecord) -> None:
    """Let a run wait: its bundle and figures lie in the folder already."""
    beside = folder / f"{WAITING}.next"
    beside.write_text(record.as_text() + "\n", encoding="utf-8")
    beside.replace(folder / WAITING)


def waiting_runs(store_path: Path) -> list[Path]:
    """The folders of the runs that wait, the first cutoff first."""
    found = (store_path / "runs").glob(f"*/{WAITING}")
    return [file.parent for file in sorted(found, key=lambda file: (_record(file.parent).name, file))]


def upload(
    store_path: Path, registry: Registry, told: Callable[[str], None], *, except_key: str = ""
) -> list[Registered]:
    """Register what waits; a run that was uploaded before, or half of it, is not uploaded twice.

    The caller holds the store's retraining alone; the run with ``except_key`` is its own.

    Raises:
        TrackingUnreachable: the server does not answer; what is not uploaded goes on waiting.
        NoFittingModel: a run's signals have changed their meaning since it was fitted.

    """
    uploaded = []
    for folder in waiting_runs(store_path):
        record = _record(folder)
        if record.key == except_key:
            continue
        told(f"uploading {record.name}")
        bundle = read_bundle(folder / BUNDLE, CATALOGUE)
        uploaded.append(registry.register(bundle, folder / BUNDLE, record, folder / FIGURES))
        (folder / WAITING).unlink()
        shutil.rmtree(folder / BUNDLE)
        shutil.rmtree(folder / FIGURES)
    return uploaded


def sync(store_path: Path, configuration: Configuration, surroundings: Surroundings) -> list[Registered]:
    """Upload the runs that wait for the tracking server.

    Nothing is decided: a version becomes champion by the next `retrain`, at the same cutoff or a later one.

    Raises:
        WrongUse: runs wait, and no server is named.
        TrackingUnreachable: the server does not answer.
        StoreBusy: a retraining holds the store for too long.

    """
    if not waiting_runs(store_path):
        return []
    if surroundings.tracking_uri is None:
        raise WrongUse("runs wait for a tracking server and none is named; set MLFLOW_TRACKING_URI to its address")
    with alone(store_path, "retraining", surroundings.wait_seconds):
        return upload(store_path, make_registry(store_path, configuration, surroundings), surroundings.progress)


def _record(folder: Path) -> RunRecord:
    return record_from((folder / WAITING).read_text(encoding="utf-8"))
