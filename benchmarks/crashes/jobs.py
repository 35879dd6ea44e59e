"""The jobs that are killed, on a small simulated market, and what is held to be their outcome."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import configs
from benchmarks.made import OFTEN_FOUND
from features.audit_log import AuditLog
from features.intake import take_in
from features.panel import signals_at
from features.settings import read_settings
from features.store import Store
from model.registry import CHALLENGER, CHAMPION, Registry, registry_exists
from model.settings import Configuration
from scoring.casework.decisions import Decision
from scoring.casework.holds import prune_store
from scoring.casework.ledger import give_verdicts, given_rows
from scoring.casework.listings import listings_of
from scoring.casework.pack import pack
from scoring.job import score
from simulator import simulate
from simulator.settings import settings_with
from training.champions import champions_so_far, promote, rollback
from training.steps import Surroundings
from training.weekly import retrain

FIRST, NEXT = date(2025, 1, 13), date(2025, 2, 10)
AROUND = Surroundings(clock=lambda: 0.0, now=lambda: datetime(2026, 1, 5, 12, tzinfo=UTC), wait_seconds=20, who="ada")
_RUN_ID = re.compile(r"[0-9a-f]{32}|m-[0-9a-f]{32}")
_PROCESS = re.compile(r"\d{3,}")


@dataclass(frozen=True)
class Room:
    """Where a job works: market, store, outputs and temporary files lie below ``root``, and nothing else does."""

    root: Path

    @property
    def data(self) -> Path:
        """The market."""
        return self.root / "data"

    @property
    def store(self) -> Path:
        """The store."""
        return self.root / "store"

    @property
    def scores(self) -> Path:
        """The folder of the scores."""
        return self.root / "out" / "scores"


def settings() -> Configuration:
    """The shipped settings, for a model of a few trees and few culprits."""
    shipped = read_settings(configs.SHIPPED, Configuration)
    changes: dict[str, dict[str, Any]] = {
        "labels": {"panel_step_weeks": 8, "panel_weeks": 40},
        "classifier": {"bags": 1, "max_trees": 10, "folds": 2},
        "promotion": {"min_positive_cases": 2, "kept_top_share": 0.01},
        "alerts": {"budget": 10},
        "drift": {"history_weeks": 4},
        "staff": {"exchanges": 100},
    }
    updates = {name: getattr(shipped, name).model_copy(update=update) for name, update in changes.items()}
    return shipped.model_copy(update=updates)


def tiny_market(room: Room) -> None:
    """Six sellers over five weeks, and no store."""
    simulate(room.data, room.root / "truth", settings_with(OFTEN_FOUND, sellers=6, weeks=5, seed=3))


def market(room: Room) -> None:
    """Eighty sellers over 60 weeks, taken in, with the signals of the first week."""
    simulate(room.data, room.root / "truth", settings_with(OFTEN_FOUND, sellers=80, weeks=60, seed=3))
    take_in(room.data, Store(room.store), NEXT, settings())


def learned(room: Room) -> None:
    """The same, with a champion and its scores."""
    market(room)
    retrain(room.data, room.store, FIRST, settings(), AROUND)
    score(room.data, room.store, FIRST, room.scores, settings(), AROUND)


def refreshed(room: Room) -> None:
    """The same four weeks later, with a second champion."""
    learned(room)
    retrain(room.data, room.store, NEXT, settings(), AROUND)


def old(room: Room) -> None:
    """A few sellers over a year and a half, with signals of two weeks."""
    simulate(room.data, room.root / "truth", settings_with(OFTEN_FOUND, sellers=12, weeks=80, seed=3))
    store = Store(room.store)
    take_in(room.data, store, None, settings())
    signals_at(store, [date(2025, 3, 3), date(2025, 6, 30)], settings())


def _features(room: Room) -> None:
    setattr(secrets, "token_hex", lambda size: "5" * 2 * size)  # noqa: B010  (one key, so that stores can be equal)
    store = Store(room.store, AROUND.wait_seconds)
    take_in(room.data, store, None, settings())
    signals_at(store, [date(2024, 1, 29)], settings())


def _registry(room: Room) -> None:
    Registry(room.store, settings().tracking, tracking_uri=None, wait_seconds=AROUND.wait_seconds)


def _retrain(room: Room) -> None:
    retrain(room.data, room.store, NEXT, settings(), AROUND)


def _retrain_first(room: Room) -> None:
    retrain(room.data, room.store, FIRST, settings(), AROUND)


def _score(room: Room) -> None:
    score(room.data, room.store, NEXT, room.scores, settings(), AROUND)


def _verdict(room: Room) -> None:
    store = Store(room.store, AROUND.wait_seconds)
    cases = sorted(listings_of(store))[:2]
    decisions = [Decision("verdict", case, "manipulated", None, None, "") for case in cases]
    give_verdicts(store, decisions, "judge", settings(), AROUND)


def _prune(room: Room) -> None:
    short = settings().model_copy(update={"labels": settings().labels.model_copy(update={"panel_weeks": 1})})
    prune_store(Store(room.store, AROUND.wait_seconds), 54, short, AROUND)


def _promote(room: Room) -> None:
    promote(room.store, "1", "older lists were better", settings(), AROUND)


def _rollback(room: Room) -> None:
    rollback(room.store, "worse lists", settings(), AROUND)


def _pack(room: Room) -> None:
    store = Store(room.store, AROUND.wait_seconds)
    pack(min(listings_of(store)), room.scores, room.root / "out" / "case.zip", store, settings(), AROUND)


Step = Callable[[Room], None]
JOBS: dict[str, tuple[Step, Step]] = {
    "features": (tiny_market, _features),
    "first registry": (tiny_market, _registry),
    "first retrain": (market, _retrain_first),
    "retrain": (learned, _retrain),
    "score": (learned, _score),
    "verdict": (learned, _verdict),
    "pack": (learned, _pack),
    "promote": (refreshed, _promote),
    "rollback": (refreshed, _rollback),
    "prune": (old, _prune),
}
"""By name: what is there before, and the job."""


def outcome(room: Room) -> dict[str, Any]:
    """Signals, scores and decisions, as far as they may not depend on whether a run was killed."""
    store = Store(room.store)
    manifest = store.manifest()
    log = AuditLog(room.store, 60)
    told: dict[str, Any] = {
        "files": {path: entry.sha256 for path, entry in manifest.files.items()},
        "inputs": sorted(manifest.inputs),
        "floor": manifest.floor,
        "verdicts": [str(row) for row in given_rows(store, manifest)],
        "log": [(e.who, e.action, _RUN_ID.sub("RUN", e.why), sorted(e.details)) for e in log.entries()],
        "champions": champions_so_far(log),
        "outputs": dict(_outputs(room.root / "out")),
        "reports": [_report(file) for file in sorted(room.store.glob("runs/*/report.json"))],
    }
    if registry_exists(room.store, None):
        registry = Registry(room.store, settings().tracking, tracking_uri=None, wait_seconds=60)
        names = {alias: registry.find(alias) for alias in (CHAMPION, CHALLENGER)}
        told["aliases"] = {alias: None if found is None else found.label for alias, found in names.items()}
        told["versions"] = [
            {**asdict(version), "run_id": "", "figure": figure, "bundle": _digests(registry.bundle_folder(version))}
            for version, figure in registry.versions("drawn.average_precision")
        ]
    return dict(json.loads(json.dumps(told, default=str)))


def files_below(room: Room) -> list[str]:
    """Every file and folder, by a name that does not depend on processes and run ids; one that comes twice is twice."""
    return sorted(_RUN_ID.sub("RUN", str(path.relative_to(room.root))) for path in room.root.rglob("*"))


def _outputs(folder: Path) -> Iterator[tuple[str, str]]:
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = file.read_bytes()
        if file.name == "run.json":
            record = json.loads(content)
            kept = {name: value for name, value in record.items() if name not in ("tables", "messages")}
            content = json.dumps({**kept, "audit_log_head": record["audit_log_head"] is not None}).encode()
        if file.suffix not in (".html", ".zip"):
            yield str(file.relative_to(folder)), hashlib.sha256(content).hexdigest()
        else:
            yield str(file.relative_to(folder)), "there"


def _digests(folder: Path) -> str:
    return hashlib.sha256(b"".join(file.read_bytes() for file in sorted(folder.iterdir()))).hexdigest()


def _report(file: Path) -> dict[str, Any]:
    told = json.loads(file.read_text(encoding="utf-8"))
    return {name: value for name, value in told.items() if name not in ("run_id", "messages", "tracking_uri")}
