"""Who holds the champion's place, by whose decision; and people's own decisions: promote a version, or go back.

The audit log tells it: each entry of ``CHANGES`` puts a model in the place, or takes the last one out of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from features.audit_log import AuditLog, Entry
from features.catalogue import CATALOGUE
from features.errors import NoFittingModel, WrongUse
from model.bundle import read_bundle
from model.registry import CHALLENGER, CHAMPION, Registry
from model.settings import Configuration
from model.tracked import Registered
from training.choosing import open_registry
from training.steps import Surroundings

DECIDED, PROMOTED, ROLLED_BACK = "decided", "promoted", "rolled back"
"""Actions: what the weekly job decided, and what people did."""


@dataclass(frozen=True)
class Change:
    """A change of the champion.

    Attributes:
        champion: who holds the place now.
        before: who held it before; None for nobody.
        entry: the line of the audit log.

    """

    champion: str
    before: str | None
    entry: Entry

    def as_json(self) -> dict[str, str | None]:
        """Plain values for ``json.dumps``."""
        told = self.entry
        return {"champion": self.champion, "before": self.before, "at": told.at, "who": told.who, "why": told.why}


def champions_so_far(log: AuditLog) -> list[str]:
    """Versions that hold the place, one on top of the other: the last is the champion, rolled back ones are gone."""
    held: list[str] = []
    for entry in log.entries():
        if entry.action == ROLLED_BACK:
            held = held[:-1]
        elif _seats(entry):
            held.append(entry.details[CHAMPION])
    return held


def finish_change(registry: Registry, log: AuditLog) -> Entry | None:
    """Carry out what a person decided and a run that died had only logged, and return its entry; None for nothing."""
    last = next((entry for entry in reversed(log.entries()) if entry.action == ROLLED_BACK or _seats(entry)), None)
    if last is None or last.action not in (PROMOTED, ROLLED_BACK):
        return None
    chosen, champion = registry.find(last.details["run"]), registry.find(CHAMPION)
    if chosen is None or chosen == champion:
        return None
    _seat(registry, chosen)
    return last


def rolled_back(log: AuditLog) -> Entry | None:
    """The entry by which people went back to the present champion; None if the weekly job may decide."""
    last = next((entry for entry in reversed(log.entries()) if entry.action in (PROMOTED, ROLLED_BACK)), None)
    return last if last is not None and last.action == ROLLED_BACK else None


def promote(
    store_path: Path, version: str, why: str, configuration: Configuration, surroundings: Surroundings
) -> Change:
    """Put a version in the champion's place, whatever the weekly job decided.

    Args:
        store_path: the store.
        version: a version, an alias or a run id.
        why: the reason, for the log.
        configuration: all settings.
        surroundings: tracking server, waiting, who asks and when.

    Raises:
        NoFittingModel: there is no such version, or its signals have changed their meaning.
        WrongUse: no reason is given, or the version holds the place already.

    """
    registry = _registry(store_path, configuration, surroundings)
    log = AuditLog(store_path, surroundings.wait_seconds)
    chosen, finished = registry.find(version), finish_change(registry, log)
    if chosen is None:
        raise NoFittingModel(f"no model '{version}' in {registry.uri}; give a version, an alias or a run id")
    if finished is not None and finished.action == PROMOTED and finished.details["version"] == chosen.label:
        return _told(finished)
    if registry.find(CHAMPION) == chosen:
        raise WrongUse(f"{chosen.label} is the champion already")
    return _change(registry, log, surroundings, PROMOTED, chosen, why)


def rollback(store_path: Path, why: str, configuration: Configuration, surroundings: Surroundings) -> Change:
    """Put the champion before the present one back in its place; until the next promotion it stays there.

    Raises:
        NoFittingModel: that model's signals have changed their meaning.
        WrongUse: no reason is given, or there was no champion before.

    """
    registry = _registry(store_path, configuration, surroundings)
    log = AuditLog(store_path, surroundings.wait_seconds)
    finished = finish_change(registry, log)
    if finished is not None and finished.action == ROLLED_BACK:
        return _told(finished)
    held = champions_so_far(log)
    if len(held) < 2:
        raise WrongUse(f"{log.path}: no champion before {held[-1] if held else 'the present one'} to go back to")
    earlier = registry.find(held[-2].rpartition(" ")[2])
    if earlier is None:
        raise NoFittingModel(f"{held[-2]} is no longer in {registry.uri}")
    return _change(registry, log, surroundings, ROLLED_BACK, earlier, why)


def _registry(store_path: Path, configuration: Configuration, surroundings: Surroundings) -> Registry:
    registry = open_registry(store_path, configuration, surroundings)
    if registry is None:
        raise NoFittingModel(f"{store_path}: no model was ever registered here; `scrubwatch retrain` makes one")
    return registry


def _change(
    registry: Registry, log: AuditLog, surroundings: Surroundings, action: str, chosen: Registered, why: str
) -> Change:
    """Log first, then act: what was done is never without its line."""
    if not why.strip():
        raise WrongUse("--why: a reason is needed; it stands in the audit log for whoever asks later")
    read_bundle(registry.bundle_folder(chosen), CATALOGUE)
    details = _details(chosen, registry.find(CHAMPION))
    entry = log.append(surroundings.now(), surroundings.who, action, why, details)
    _seat(registry, chosen)
    return _told(entry)


def _seat(registry: Registry, chosen: Registered) -> None:
    challenger = registry.find(CHALLENGER)
    registry.set_alias(CHAMPION, chosen)
    if challenger == chosen:
        registry.drop_alias(CHALLENGER)


def _seats(entry: Entry) -> bool:
    """Whether an entry puts its version in the champion's place."""
    return CHAMPION in entry.details and entry.details[CHAMPION] == entry.details.get("version")


def _told(entry: Entry) -> Change:
    return Change(entry.details[CHAMPION], entry.details.get("before"), entry)


def _details(chosen: Registered, before: Registered | None) -> Mapping[str, str]:
    told = {"version": chosen.label, CHAMPION: chosen.label, "run": chosen.run_id}
    return told if before is None else {**told, "before": before.label}
