"""Takes a delivery in: every rule of the contract is checked, what stands is landed, and nothing is lost.

Rows that wait for a parent stay in the store; rows that break a rule go to quarantine with the rule and the file; a
delivery that breaks the contract as a whole is refused before anything but its quarantine is written.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from features.contract import TABLES
from features.delivery import Delivery, inspect
from features.engine import Session, count, on_spark, open_session
from features.errors import WrongUse
from features.intake_report import NOTHING_ALLOWED, Allowances, IntakeReport
from features.judging import Run, judge, open_all
from features.landing import keep_waiting, land, quarantine
from features.listings import LISTING_TABLES, LISTINGS
from features.outdated import without_outdated
from features.privacy import key_digest, privacy_key
from features.refusal import refuse_if_broken
from features.settings import FeatureSettings
from features.spark.catalogue import is_catalogue, stage_catalogue
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
        data: the folder of the data set; with Spark also ``catalog.schema``.
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
    with store.writing(), open_session(settings.engine, store.scratch) as connection:
        manifest = store.manifest()
        progress("reading the delivery")
        delivery = _delivered(data, store, manifest, connection)
        key = privacy_key(settings.privacy, store)
        identity = _identity(delivery, manifest, settings, key)
        connection.execute("set variable privacy_key = ?", [key])
        run = Run(connection, store, replace(manifest, identity=identity), settings, identity["key_types"], delivery)
        for table in TABLES.values():
            progress(f"checking {table.name}")
            judge(run, table, as_of)
        refuse_if_broken(run, as_of, allow)
        if write:
            progress("landing new rows")
            _commit(run)
    return IntakeReport(
        as_of,
        {name: run.reports[name] for name in TABLES if name in delivery.tables},
        tuple(delivery.missing),
        delivery.files,
        tuple(run.messages),
        allow.marks,
    )


def _delivered(data: Path, store: Store, manifest: Manifest, session: Session) -> Delivery:
    key_types = manifest.identity.get("key_types", {})
    if on_spark(session) and is_catalogue(data):
        return stage_catalogue(session.spark, str(data), manifest.inputs, key_types, store.scratch / "catalogue")
    return inspect(data, manifest.inputs, key_types)


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


def _commit(run: Run) -> None:
    manifest = run.manifest
    _open_listings(run)
    for table in run.sorted_tables:
        quarantine(run.connection, run.store, manifest.generation, table)
        manifest = keep_waiting(run.connection, run.store, manifest, table)
        if count(run.connection, f"select count(*) from landing_{table.name}") or count(
            run.connection, f"select count(*) from {run.standings[table.name].stale}"
        ):
            manifest = land(run.connection, run.store, manifest, table, run.standings[table.name])
    manifest = without_outdated(run, manifest)
    run.store.commit(replace(manifest, inputs={**manifest.inputs, **run.delivery.files}))


def _open_listings(run: Run) -> None:
    """Open who sold what when, as far as it is known with the rows of this run."""
    for name in LISTING_TABLES:
        open_all(run, name)
    for name, query in LISTINGS.items():
        run.connection.execute(f"create temp table {name} as {query}")
