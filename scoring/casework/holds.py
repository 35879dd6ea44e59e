"""Keeps what a case needs from being pruned, and prunes all else. The audit log tells which cases are held."""

from __future__ import annotations

from datetime import date

from features.audit_log import AuditLog, Entry
from features.errors import WrongUse
from features.pruning import Pruned, prune
from features.store import Store
from model.settings import Configuration
from scoring.casework.listings import listings_of, seller_of_case
from training.steps import Surroundings

HELD, RELEASED, PRUNED = "held", "released", "pruned"
"""Actions of the audit log."""

_WINDOW_WEEKS = 53


def held_cases(log: AuditLog) -> dict[str, Entry]:
    """The cases that are held, each with the entry that says why."""
    held: dict[str, Entry] = {}
    for entry in log.entries():
        if entry.action == HELD:
            held[entry.details["case"]] = entry
        elif entry.action == RELEASED:
            held.pop(entry.details["case"], None)
    return held


def hold(store: Store, case_id: str, why: str, surroundings: Surroundings) -> Entry:
    """Keep what a case needs, whatever is pruned, until it is released; held twice is held once.

    Raises:
        WrongUse: there is no such case, or no reason is given.

    """
    seller = seller_of_case(store, case_id)
    log = AuditLog(store.path, surroundings.wait_seconds)
    held = held_cases(log).get(case_id)
    if held is not None:
        return held
    details = {"case": case_id, "seller": str(seller)}
    return log.append(surroundings.now(), surroundings.who, HELD, _reason(why), details)


def release(store: Store, case_id: str, why: str, surroundings: Surroundings) -> Entry:
    """Let the next pruning remove what a case needs.

    Raises:
        WrongUse: the case is not held, or no reason is given.

    """
    log = AuditLog(store.path, surroundings.wait_seconds)
    held = held_cases(log).get(case_id)
    if held is None:
        raise WrongUse(f"case '{case_id}' is not held; held are: {', '.join(held_cases(log)) or 'none'}")
    return log.append(surroundings.now(), surroundings.who, RELEASED, _reason(why), dict(held.details))


def prune_store(store: Store, keep_weeks: int, configuration: Configuration, surroundings: Surroundings) -> Pruned:
    """Move the floor of the store up, as far as neither learning nor a held case needs what lies below it.

    Args:
        store: what is pruned.
        keep_weeks: at least so many weeks are kept whole.
        configuration: all settings.
        surroundings: who asks, when, and who listens.

    Raises:
        WrongUse: the weekly retraining needs more weeks.
        StoreBusy: another run holds the store.

    """
    panel_weeks = configuration.labels.panel_weeks
    if keep_weeks < panel_weeks + _WINDOW_WEEKS:
        raise WrongUse(
            f"--keep-weeks {keep_weeks}: `scrubwatch retrain` learns from cutoffs {panel_weeks} weeks back"
            f" (labels.panel_weeks), whose windows reach a year further; keep at least {panel_weeks + _WINDOW_WEEKS}"
        )
    log = AuditLog(store.path, surroundings.wait_seconds)
    held = held_cases(log)
    listings = {case: found for case, found in listings_of(store).items() if case in held}

    def note(floor: date) -> None:
        details = {"floor": floor.isoformat(), "held": ", ".join(sorted(held)) or "none"}
        if log.find(PRUNED, **details) is None:
            log.append(surroundings.now(), surroundings.who, PRUNED, f"keep {keep_weeks} weeks", details)

    return prune(
        store,
        keep_weeks,
        configuration,
        held_sellers={found[0].seller_id for found in listings.values()},
        held_cutoffs={each.listed_on for found in listings.values() for each in found},
        before=note,
        progress=surroundings.progress,
    )


def _reason(why: str) -> str:
    if not why.strip():
        raise WrongUse("--why: a reason is needed; it stands in the audit log for whoever asks later")
    return why.strip()
