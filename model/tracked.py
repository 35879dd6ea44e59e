"""What is tracked of a fit, and what names a registered model; plain data, without MLflow."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Registered:
    """A version of the registered model."""

    name: str
    version: str
    run_id: str
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """How outputs name it."""
        return f"{self.name} {self.version}"


@dataclass(frozen=True)
class Trial:
    """Settings that were tried before the fit, and what they came to; a run below the fit's."""

    number: int
    parameters: Mapping[str, Any]
    metrics: Mapping[str, float | None]


@dataclass(frozen=True)
class RunRecord:
    """What is tracked of one fit.

    Attributes:
        key: digest of all that the fit depends on; registering the same key twice returns the first version.
        name: of the run, for people.
        parameters: settings, flat.
        metrics: figures by name; None and NaN are left out.
        data_digest: SHA-256 of the delivered rows.
        data_source: the data set's folder.
        tags: of the run and of the model version.
        trials: settings that were tried before, the first first.

    """

    key: str
    name: str
    parameters: Mapping[str, Any]
    metrics: Mapping[str, float | None]
    data_digest: str
    data_source: str
    tags: Mapping[str, str]
    trials: tuple[Trial, ...] = ()

    def as_text(self) -> str:
        """Its JSON, from which ``record_from`` makes it again."""
        return json.dumps(asdict(self), indent=1, default=str)


def record_from(text: str) -> RunRecord:
    """The record that ``RunRecord.as_text`` wrote."""
    content = json.loads(text)
    trials = tuple(Trial(**each) for each in content.pop("trials"))
    return RunRecord(**content, trials=trials)
