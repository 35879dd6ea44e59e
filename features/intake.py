"""Takes a delivery in: every rule of the contract is checked, what stands is landed, and nothing is lost.

Rows that wait for a parent stay in the store; rows that break a rule go to quarantine with the rule and the file; a
delivery that breaks the contract as a whole is refused before anything but its quarantine is written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from features.contract import TABLES, Table
from features.delivery import Delivery, inspect
from features.engine import connect, count
from features.errors import WrongUse
from features.intake_report import NOTHING_ALLOWED, Allowances, IntakeReport
from features.judging import Run, judge
from features.landed import WEEK
from features.landing import keep_waiting, land, quarantine
from features.listings import LISTING_VERSIONS
from features.privacy import key_digest, privacy_key
from features.reading import landed_columns
from features.refusal import refuse_if_broken
from features.settings import FeatureSettings
from features.store import Manifest, Store


def take_in(
    data: Path,
    store: Store,
    as_of: date | None,
    settings: FeatureSettings,
    *,
    allow: Allowances = NOTHING_ALLOWED,
    write: bool = True,
    progress: Callable[[str], None] = lambda _: None,
) -> IntakeReport:
    """Check a data set against the contract and land the rows that the store does not hold.

    Args:
        data: the folder of the data set.
        store: where rows are landed.
        as_of: the cutoff that is about to be used; None checks everything but freshness.
        settings: contract, privacy and engine.
        allow: deviations in freshness that are accepted, and shown.
        write: False for a check alone: nothing is landed.
        progress: told the name of each step.

    Raises:
        WrongUse: no such folder, or a setting that the store's rows contradict.
        ContractBroken: the data break the contract; the message names table, column, rule, count and first value.
        StoreBusy: another run holds the store.

    """
    with store.writing(), connect(settings.engine, store.scratch) as connection:
        manifest = store.manifest()
        progress("reading the delivery")
        delivery = inspect(data, manifest.inputs, manifest.identity.get("key_types", {}))
        key = privacy_key(settings.privacy, store)
        identity = _identity(delivery, manifest, settings, key)
        connection.execute("set variable privacy_key = ?", [key])
        run = Run(connection, store, manifest, settings, identity["key_types"], delivery)
        for table in TABLES.values():
            progress(f"checking {table.name}")
            judge(run, table, as_of)
        refuse_if_broken(run, as_of, allow)
        if write:
            progress("landing new rows")
            _commit(run, identity)
    return IntakeReport(
        as_of,
        {name: run.reports[name] for name in TABLES if name in delivery.tables},
        tuple(delivery.missing),
        delivery.files,
        tuple(run.messages),
        allow.marks,
    )


def _identity(delivery: Delivery, manifest: Manifest, settings: FeatureSettings, key: str) -> dict[str, Any]:
    delivered = {key.entity: key.kind for table in delivery.tables.values() for key in table.key_types}
    recorded_from = settings.contract.recorded_from
    identity = {
        "key_types": {**delivered, **manifest.identity.get("key_types", {})},
        "privacy_key": key_digest(key),
        "recorded_from": None if recorded_from is None else recorded_from.isoformat(),
    }
    for name, setting in (("privacy_key", "privacy.key_file"), ("recorded_from", "contract.recorded_from")):
        held = manifest.identity.get(name, identity[name])
        if held != identity[name]:
            raise WrongUse(
                f"{setting}: the rows of this store were landed with {held!r}, the configuration now gives"
                f" {identity[name]!r}; put the old value back, or take the data into a new --store"
            )
    return identity


def _commit(run: Run, identity: Mapping[str, Any]) -> None:
    manifest = run.manifest
    changed: list[datetime] = []
    corrected: set[date] = set()
    for table in run.sorted_tables:
        quarantine(run.connection, run.store, manifest.generation, table)
        manifest = keep_waiting(run.connection, run.store, manifest, table)
        first = run.connection.execute(
            f"select min(known_at) from (select known_at from landing_{table.name}"
            f" union all select known_at from {run.standings[table.name].stale})"
        ).fetchone()
        if first is not None and first[0] is not None:
            changed.append(first[0])
            corrected |= _corrected_weeks(run, table)
            manifest = land(run.connection, run.store, manifest, table, run.standings[table.name])
    manifest = replace(manifest, identity=identity)
    if changed:
        manifest = _forget_derived(manifest, min(changed).date(), corrected)
    run.store.commit(replace(manifest, inputs={**manifest.inputs, **run.delivery.files}))


def _corrected_weeks(run: Run, table: Table) -> set[date]:
    """Mondays of the weeks whose facts end earlier, because a row of theirs is corrected by one that lands now."""
    if table.repeat != "correction":
        return set()
    name, keys = table.name, ", ".join(table.key)
    corrected = f"select * from held_{name} where ({keys}) in (select ({keys}) from landing_{name})"
    if count(run.connection, f"select count(*) from ({corrected})") == 0:
        return set()
    for each in ("sellers", "products"):
        columns = landed_columns(TABLES[each])
        run.connection.execute(
            f"create or replace temp view {each} as select {columns} from landing_{each}"
            f" union all select {columns} from held_{each}"
        )
    return {
        week
        for (week,) in run.connection.execute(f"""
select distinct {WEEK} from (
  select greatest(c.known_at, l.listing_known_at) as known_at
  from ({corrected}) as c
  join ({LISTING_VERSIONS}) as l on c.product_id = l.product_id and l.version = 1
)
""").fetchall()
    }


def _forget_derived(manifest: Manifest, first_change: date, corrected: set[date]) -> Manifest:
    """Drop the tiles and signal tables that may hold another value now; they are made anew from landed rows."""

    def outdated(group: str, week: date) -> bool:
        if group.startswith("tiles/"):
            return (first_change - week).days < 7 or week in corrected
        return group.startswith("signals/") and week > first_change

    return manifest.without(
        {path for path, entry in manifest.files.items() if outdated(entry.group, date.fromisoformat(entry.week))}
    )
