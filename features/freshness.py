"""Whether a cutoff can be asked for: no feed has stalled before it, and its last day is complete."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime, timedelta

from features.contract import TABLES
from features.settings import ContractSettings

COMPLETING_TABLES = ("reviews", "review_actions")
"""A day is complete when each of these holds a row known on it or later."""


def incomplete(newest: Mapping[str, datetime | None], as_of: date) -> str | None:
    """Say why the cutoff is too late for these data, or None.

    Args:
        newest: the last ``known_at`` of each table, at any time.
        as_of: the cutoff; it may be the day after the last complete day, and no later.

    """
    last = [newest.get(name) for name in COMPLETING_TABLES]
    if any(moment is None for moment in last):
        return None
    complete = min(moment.date() for moment in last if moment is not None)
    if as_of <= complete + timedelta(days=1):
        return None
    return (
        f"as-of {as_of} is later than these data allow: {' and '.join(COMPLETING_TABLES)} are complete up to"
        f" {complete}, so the last cutoff is {complete + timedelta(days=1)}; give that, or --allow-incomplete"
    )


def stalled(
    newest: Mapping[str, datetime | None], as_of: date, settings: ContractSettings, allowed: Collection[str]
) -> Iterator[str]:
    """Say which feeds stopped too long before the cutoff.

    Args:
        newest: the last ``known_at`` before the cutoff of each table that was handed in; None where there is no row.
        as_of: the cutoff.
        settings: ``max_age_days`` by table; tables that it does not name are not checked.
        allowed: tables that may be stale in this run.

    """
    for name, moment in newest.items():
        limit = settings.max_age_days.get(name)
        if moment is None and TABLES[name].required:
            yield f"{name}: no row became known before {as_of}; give a later --as-of, or deliver what came before it"
        if limit is None or name in allowed or moment is None:
            continue
        age = (datetime.combine(as_of, datetime.min.time()) - moment) / timedelta(days=1)
        if age > limit:
            yield (
                f"{name}: the newest row before {as_of} became known at {moment:%Y-%m-%d %H:%M}, {age:.1f} days"
                f" earlier; at most {limit} days are allowed (contract.max_age_days.{name}): a stalled feed looks like"
                " innocence."
                f" Deliver what is missing, or give --allow-stale {name}"
            )
