"""Writes what intake has decided: landed weeks, waiting rows, quarantine; live once the manifest is committed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow.parquet as pq

from features.contract import Table
from features.engine import Session, count, literal, parquet
from features.landed import WEEK
from features.lookups.lookup import REVISED
from features.reading import contract_columns, landed_columns
from features.standing import CONTRADICTION, ORPHAN, Standing, row_as_json
from features.store import Manifest, Store, StoredFile


def land(connection: Session, store: Store, manifest: Manifest, table: Table, standing: Standing) -> Manifest:
    """Add the rows of ``landing_NAME`` to their weeks, and take rows that no longer stand out of theirs.

    A versioned table is small and is asked for as a whole: it lies in one file, which is written anew.
    """
    if table.versioned:
        return _write_anew(connection, store, manifest, table, standing)
    group, columns = f"events/{table.name}", landed_columns(table)
    manifest = _without_stale(connection, store, manifest, table, standing)
    staged = store.scratch / "landing" / table.name
    staged.mkdir(parents=True)
    connection.execute(
        f"copy (select {columns}, {WEEK} as week from landing_{table.name}) to {literal(staged)}"
        " (format parquet, compression zstd, partition_by (week))"
    )
    ahead = _weeks_ahead(connection, table)
    manifest = _note_revised(connection, store, manifest, table)
    return manifest.with_files(
        _adopt(store, path, group, week, ahead=week in ahead)
        for path in sorted(staged.rglob("*.parquet"))
        for week in [date.fromisoformat(path.parent.name.removeprefix("week="))]
    )


def _note_revised(connection: Session, store: Store, manifest: Manifest, table: Table) -> Manifest:
    """Note the keys of which several rows stand now: only these have versions to be told apart."""
    keys = ", ".join(table.key)
    revised = f"select {keys}, max(known_at) as known_at from events_{table.name} group by {keys} having count(*) > 1"
    if table.repeat != "correction" or count(connection, f"select count(*) from ({revised})") == 0:
        return manifest
    staged = store.scratch / f"revised-{table.name}.parquet"
    connection.execute(f"copy (select {keys} from ({revised})) to {literal(staged)} (format parquet, compression zstd)")
    newest = connection.execute(f"select max({WEEK}) from ({revised})").fetchone()
    return manifest.with_files([_adopt(store, staged, REVISED.format(table.name), newest[0])] if newest else [])


def _weeks_ahead(connection: Session, table: Table) -> set[date]:
    """Weeks in which a row of a product lands that became known before the product's listing did."""
    if ("product_id", "products") not in table.parents:
        return set()
    found = connection.execute(f"""
select distinct {WEEK.replace("known_at", "r.known_at")}
from landing_{table.name} as r
join listing_versions as l on r.product_id = l.product_id and l.version = 1 and r.known_at < l.listing_known_at
""")
    return {week for (week,) in found.fetchall()}


def _write_anew(connection: Session, store: Store, manifest: Manifest, table: Table, standing: Standing) -> Manifest:
    group = f"events/{table.name}"
    columns = landed_columns(table)
    staged = store.scratch / f"anew-{table.name}.parquet"
    connection.execute(
        f"copy (select {columns} from held_{table.name} except all select {columns} from {standing.stale}"
        f" union all select {columns} from landing_{table.name} order by {columns})"
        f" to {literal(staged)} (format parquet, compression zstd)"
    )
    newest = connection.execute(f"select max({WEEK}) from {parquet([staged])}").fetchone()
    return manifest.without(set(manifest.group(group))).with_files(
        [_adopt(store, staged, group, newest[0])] if newest and newest[0] else []
    )


def _without_stale(connection: Session, store: Store, manifest: Manifest, table: Table, standing: Standing) -> Manifest:
    weeks = connection.execute(f"select distinct {WEEK} from {standing.stale}").fetchall()
    columns = landed_columns(table)
    group = f"events/{table.name}"
    for (week,) in weeks:
        old = {path: entry for path, entry in manifest.group(group).items() if entry.week == week.isoformat()}
        staged = store.scratch / f"rewritten-{table.name}-{week}.parquet"
        connection.execute(
            f"copy (select {columns} from {parquet(store.paths(old))}"
            f" except all select {columns} from {standing.stale})"
            f" to {literal(staged)} (format parquet, compression zstd)"
        )
        manifest = manifest.without(set(old))
        if pq.read_metadata(staged).num_rows:
            ahead = any(entry.ahead for entry in old.values())
            manifest = manifest.with_files([_adopt(store, staged, group, week, ahead=ahead)])
    return manifest


def keep_waiting(connection: Session, store: Store, manifest: Manifest, table: Table) -> Manifest:
    """Replace the table's waiting rows by those of ``waiting_NAME``."""
    group = f"pending/{table.name}"
    manifest = manifest.without(set(manifest.group(group)))
    if count(connection, f"select count(*) from waiting_{table.name}") == 0:
        return manifest
    staged = store.scratch / f"waiting-{table.name}.parquet"
    connection.execute(f"copy waiting_{table.name} to {literal(staged)} (format parquet, compression zstd)")
    newest = connection.execute(f"select max({WEEK}) from waiting_{table.name}").fetchone()
    return manifest.with_files([_adopt(store, staged, group, newest[0])] if newest and newest[0] else [])


def quarantine(connection: Session, store: Store, generation: int, table: Table) -> None:
    """Add the rows of ``quarantine_NAME`` (row, rule, file) to ``quarantine/NAME.parquet``, marked with the run.

    Rows that a run wrote which never committed carry a later generation than the manifest; the next run drops them.
    A row that was put aside and stands after all leaves the quarantine.
    """
    place = store.path / "quarantine" / f"{table.name}.parquet"
    before = quarantined_before(store, generation, table.name)
    row = row_as_json(contract_columns(table))
    returned = f"rule in ('{CONTRADICTION}', '{ORPHAN}') and row in (select {row} from landing_{table.name})"
    added = count(connection, f"select count(*) from quarantine_{table.name}")
    if added == 0 and count(connection, f"select count(*) from {before} where {returned}") == 0:
        return
    kept = f"{before} where not ({returned})"
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    staged = place.with_suffix(".next")
    connection.execute(
        f"copy (select row, rule, file, run from {kept}"
        f" union all select row, rule, file, {generation + 1}::bigint from quarantine_{table.name}"
        ' order by run, rule, file, "row")'
        f" to {literal(staged)} (format parquet, compression zstd)"
    )
    staged.replace(place)


def quarantined_before(store: Store, generation: int, name: str) -> str:
    """Table expression of the rows that committed runs have quarantined: row (JSON), rule, file, run."""
    place = store.path / "quarantine" / f"{name}.parquet"
    if not place.exists():
        return "(select ''::varchar as row, ''::varchar as rule, ''::varchar as file, 0::bigint as run where false)"
    return f"(select * from {parquet([place])} where run <= {generation})"


def _adopt(store: Store, staged: Path, group: str, week: date, *, ahead: bool = False) -> tuple[str, StoredFile]:
    return store.adopt(staged, group, week, pq.read_metadata(staged).num_rows, ahead=ahead)
