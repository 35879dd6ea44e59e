"""A retraining at work: what it was given, and the report that all its endings share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from features.audit_log import AuditLog
from features.store import Store
from model.settings import Configuration
from training.report import RetrainReport, run_folder
from training.steps import Steps, Surroundings


@dataclass(frozen=True)
class Job:
    """One retraining at work.

    Attributes:
        data: the folder of the data set.
        store: its store.
        as_of: the date before which everything was known.
        configuration: all settings; where they were tuned, those that were found.
        surroundings: tracking server, waiting, listener and clock.
        key: names all that it depends on.
        data_digest: of the delivered rows.
        messages: what a person should be told.
        steps: its clock.

    """

    data: Path
    store: Store
    as_of: date
    configuration: Configuration
    surroundings: Surroundings
    key: str
    data_digest: str
    messages: tuple[str, ...]
    steps: Steps

    @property
    def log(self) -> AuditLog:
        """The store's audit log."""
        return AuditLog(self.store.path, self.surroundings.wait_seconds)

    @property
    def folder(self) -> Path:
        """Where the store keeps what belongs to it."""
        return run_folder(self.store.path, self.key)

    def report(self, **facts: Any) -> RetrainReport:
        """Return a report with what is common to all outcomes filled in."""
        return RetrainReport(
            as_of=self.as_of,
            messages=self.messages,
            data_digest=self.data_digest,
            configuration_digest=self.configuration.digest,
            seconds=self.steps.seconds(),
            **facts,
        )
