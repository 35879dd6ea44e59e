"""What ``run.json`` says of a scoring run."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from features.contract import VERSION
from features.intake_report import IntakeReport
from features.stored_signals import StoredSignals
from model.alerts import ERROR_RATE, Listing
from model.bundle import library_versions
from model.calibration import Calibration
from model.draw import BUDGET
from model.settings import Configuration, StaffSettings
from scoring.ranking import ChosenModel
from scoring.suspects import Suspects
from training.steps import told

CAVEAT = "a reason to look, not a finding"


@dataclass(frozen=True)
class ScoreReport:
    """What a scoring run came to.

    Attributes:
        as_of: the cutoff.
        out: the folder that was written.
        model: what ordered the sellers: a version's label, ``bundle DIGEST`` or ``day zero``.
        sellers: how many were scored.
        listed: how many stand on a list.
        calibrated: whether the score is a probability.
        record: all of ``run.json``.

    """

    as_of: date
    out: Path
    model: str
    sellers: int
    listed: int
    calibrated: bool
    record: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``json.dumps``."""
        return {
            "out": str(self.out),
            "sellers": self.sellers,
            "listed": self.listed,
            **self.record,
        }


def run_record(
    as_of: date,
    chosen: ChosenModel,
    intake: IntakeReport,
    listing: Listing,
    signals: StoredSignals,
    configuration: Configuration,
    seconds: Mapping[str, float],
    audit_log_head: str | None,
) -> dict[str, Any]:
    """All of ``run.json``: what went in, which model and rules, what came of it, with which versions."""
    files = {path: {"rows": file.rows, "size": file.size, "sha256": file.sha256} for path, file in intake.files.items()}
    calibration = None if chosen.bundle is None else chosen.bundle.card.calibration
    return {
        "caveat": CAVEAT,
        "as_of": as_of.isoformat(),
        "contract_version": VERSION,
        "model": _model(chosen),
        "calibration": _calibration(calibration),
        "sellers": len(signals),
        "lists": _lists(listing),
        "alert_rules": configuration.alerts.model_dump(mode="json", exclude={"audit_key_file"}),
        "input_files": files,
        "tables": {name: asdict(report) for name, report in intake.tables.items()},
        "missing_tables": list(intake.missing),
        "missing_signals": signals.missing_by_marketplace(),
        "allowed": list(intake.marks),
        "messages": [*told(intake), *chosen.messages],
        "seconds": dict(seconds),
        "engine": configuration.engine.name,
        "libraries": {"python": platform.python_version(), **library_versions()},
        "seed": configuration.classifier.seed,
        "configuration": configuration.digest,
        "audit_log_head": audit_log_head,
    }


def _model(chosen: ChosenModel) -> dict[str, Any]:
    if chosen.bundle is None:
        return {"name": chosen.label, "digest": None, "trained_as_of": None, "notes": []}
    card = chosen.bundle.card
    return {
        "name": chosen.label,
        "digest": chosen.bundle.digest,
        "trained_as_of": card.trained_as_of.isoformat(),
        "notes": list(card.notes),
    }


def _calibration(calibration: Calibration | None) -> dict[str, Any]:
    if calibration is None:
        return {"calibrated": False, "reason": "day zero: no verdict was learned from; score is null"}
    return calibration.model_dump(mode="json")


def _lists(listing: Listing) -> dict[str, Any]:
    on_lists = [name for names in listing.lists[listing.alerted] for name in names]
    return {
        "listed": int(listing.alerted.sum()),
        "on_budget": on_lists.count(BUDGET),
        "on_error_rate": on_lists.count(ERROR_RATE),
        "empty": dict(listing.empty),
        "prevalence": listing.prevalence,
        "expected_false_share": listing.expected_false_share,
    }


def staff_record(suspects: Suspects, settings: StaffSettings) -> dict[str, Any]:
    """What ``run.json`` says of the staff: how many and by which rules, and of nobody in particular."""
    return {
        "scored": len(suspects.staff),
        "alerted": int(suspects.staff["alerted"].sum()),
        "rings": len(suspects.rings),
        "rules": settings.model_dump(mode="json"),
        "messages": list(suspects.messages),
    }
