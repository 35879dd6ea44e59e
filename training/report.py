"""What a retraining came to, kept in the store so that a second run can answer with it."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from features.signal import Signal, learnable
from model.settings import Configuration


@dataclass(frozen=True)
class RetrainReport:
    """The outcome of one weekly retraining.

    Attributes:
        as_of: the date before which everything was known.
        outcome: what became of the new model: ``first champion``, ``refreshed``, ``changed``, ``kept``, ``cannot be
            decided yet``, ``too few cases``, ``waiting for the tracking server``, or ``day zero`` where no model could
            be fitted.
        why: the decision in numbers.
        model: the version fitted now; None where none could be.
        champion: the version that ``score`` uses from now on; None for day zero.
        challenger: the version beside it; None if there is none.
        run_id: of the run in MLflow.
        tracking_uri: where MLflow keeps it.
        rows: training rows by label.
        positive_cases: cases with a culprit that were learned from.
        calibrated: whether scores may be read as probabilities.
        metrics: out-of-fold figures by name; None where not measured.
        notes: sentences that must be said wherever the model is used.
        messages: what intake had to say.
        data_digest: of the delivered rows.
        configuration_digest: of the settings that change a model.
        seconds: by step, of the run that did the work.
        drift: how the market differs from some weeks before: figures, ``alarms`` and ``words``.
        tuned: the classifier's settings that a search found; empty without one.
        repeated: whether this run found the work done.

    """

    as_of: date
    outcome: str
    why: str
    model: str | None
    champion: str | None
    challenger: str | None
    run_id: str | None
    tracking_uri: str
    rows: Mapping[str, int]
    positive_cases: int
    calibrated: bool
    metrics: Mapping[str, float | None]
    notes: tuple[str, ...]
    messages: tuple[str, ...]
    data_digest: str
    configuration_digest: str
    seconds: Mapping[str, float]
    drift: Mapping[str, Any] = field(default_factory=dict)
    tuned: Mapping[str, Any] = field(default_factory=dict)
    repeated: bool = False

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``json.dumps``: dates as text, no NaN."""
        content = asdict(self)
        content["as_of"] = self.as_of.isoformat()
        content["metrics"] = {
            name: None if value is None or math.isnan(value) else value for name, value in self.metrics.items()
        }
        return content


def catalogue_digest(catalogue: Mapping[str, Signal]) -> str:
    """SHA-256 of which signals a model may learn from, what they mean, and in which direction they count."""
    told = [(signal.name, signal.fingerprint, signal.direction) for signal in learnable(catalogue).values()]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def run_key(
    data_digest: str, as_of: date, configuration: Configuration, catalogue: Mapping[str, Signal], tuning_trials: int
) -> str:
    """Digest of all that a retraining depends on: delivered rows, date, settings, signals, trials."""
    told = [
        data_digest,
        as_of.isoformat(),
        configuration.digest,
        catalogue_digest(catalogue),
        configuration.promotion.model_dump_json(),
        configuration.tracking.model_dump_json(),
        configuration.drift.model_dump_json(),
    ]
    if tuning_trials > 0:
        told += [str(tuning_trials), configuration.tuning.model_dump_json()]
    return hashlib.sha256("|".join(told).encode()).hexdigest()


def run_folder(store_path: Path, key: str) -> Path:
    """Where the store keeps what belongs to one retraining."""
    return store_path / "runs" / f"retrain-{key[:16]}"


def read_report(store_path: Path, key: str) -> RetrainReport | None:
    """Return the report of the retraining with this key; None if it has not ended."""
    try:
        content = json.loads((run_folder(store_path, key) / "report.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    content["as_of"] = date.fromisoformat(content["as_of"])
    content["notes"], content["messages"] = tuple(content["notes"]), tuple(content["messages"])
    return RetrainReport(**content)


def write_report(store_path: Path, key: str, report: RetrainReport) -> None:
    """Keep the report, whole or not at all; with it the retraining has ended."""
    folder = run_folder(store_path, key)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = folder / "report.json.next"
    beside.write_text(json.dumps(report.as_json(), indent=1, allow_nan=False) + "\n", encoding="utf-8")
    beside.replace(folder / "report.json")
