"""Sorts one table's delivered rows into those that land, those that wait for a parent and those to put aside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import duckdb

from features.contract import TABLES, Table
from features.delivery import Delivery
from features.engine import Session, count, parquet
from features.errors import ContractBroken, machine_trouble
from features.intake_report import TableReport
from features.landed import has_floor, landed, no_rows
from features.landing import quarantined_before
from features.reading import contract_columns, landed_columns, reading
from features.settings import FeatureSettings
from features.standing import CONTRADICTION, ORPHAN, Standing, row_as_json, settle
from features.store import Manifest, Store
from features.week_files import weeks_of


@dataclass
class Run:
    """One intake at work: the session, the store as it was, and what has been counted so far."""

    connection: Session
    store: Store
    manifest: Manifest
    settings: FeatureSettings
    key_types: Mapping[str, str]
    delivery: Delivery
    newest: dict[str, datetime | None] = field(default_factory=dict)
    reports: dict[str, TableReport] = field(default_factory=dict)
    standings: dict[str, Standing] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)

    @property
    def sorted_tables(self) -> list[Table]:
        """The tables that have new rows, or rows that wait; only these have anything to refuse or to land."""
        return [TABLES[name] for name in self.standings]


def judge(run: Run, table: Table, as_of: date | None) -> None:
    """Read one table's new rows and sort them into standing, waiting and quarantined."""
    name, connection, delivered = table.name, run.connection, run.delivery.tables.get(table.name)
    withdrawn = _withdraw(run, table)
    pending = run.store.paths(run.manifest.group(f"pending/{name}"))
    if pending or withdrawn or (delivered is not None and delivered.fresh):
        _sort(run, table, as_of, parquet(pending) if pending else f"({_empty(table, run.key_types)})")
    else:
        connection.execute(f"create or replace temp view landing_{name} as {no_rows(table, run.key_types)}")
        run.reports[name] = TableReport()
    if delivered is not None:
        run.newest[name] = newest_known(run, name, as_of)
        held = pending or run.manifest.group(f"events/{name}")
        if table.required and run.reports[name].delivered == 0 and not held:
            run.problems.append(f"{name}: required table is empty; the contract asks for its rows from the log")


def open_all(run: Run, name: str) -> None:
    """Open the view NAME: all rows of the table that the store holds, and those that land."""
    columns = landed_columns(TABLES[name])
    run.connection.execute(
        f"create or replace temp view {name} as select {columns} from landing_{name}"
        f" union all select {columns} from held_{name}"
    )


def _withdraw(run: Run, table: Table) -> bool:
    """Open ``held_NAME``, without rows whose parent no longer stands: these are ``withdrawn_NAME`` and wait again."""
    name = table.name
    rows = landed(run.store, run.manifest, table, run.key_types)
    condition = _lost_parent(run, table)
    run.connection.execute(f"create or replace temp view held_{name} as select * from ({rows}) where not ({condition})")
    run.connection.execute(f"create or replace temp table withdrawn_{name} as select * from ({rows}) where {condition}")
    return count(run.connection, f"select count(*) from withdrawn_{name}") > 0


def _open_alike(run: Run, table: Table) -> None:
    """Open ``alike_NAME``: the held rows among which one can have the key of a candidate.

    A row is known when it happened or later. So where the key says when that was, earlier weeks need not be read.
    """
    name, weeks = table.name, None
    if table.happened in table.key and not table.versioned:
        first = run.connection.execute(f"select min(cast({table.happened} as date)) from candidates_{name}").fetchone()
        held = weeks_of(run.manifest, f"events/{name}")
        weeks = {week for week in held if first and first[0] and week + timedelta(days=7) > first[0]}
    rows = landed(run.store, run.manifest, table, run.key_types, weeks)
    run.connection.execute(
        f"create or replace temp view alike_{name} as select * from ({rows}) where not ({_lost_parent(run, table)})"
    )


def _lost_parent(run: Run, table: Table) -> str:
    """SQL condition of a row whose parent no longer stands."""
    lost = [
        f"{column} in (select {column} from lost_{parent})" for column, parent in table.parents if parent in run.lost
    ]
    return " or ".join(lost) or "false"


def _note_lost_keys(run: Run, table: Table) -> None:
    """Note the keys whose landed rows went stale and left nothing that stands: their children have lost a parent."""
    name, key = table.name, table.key[0]
    run.connection.execute(f"""
create or replace temp table lost_{name} as
select distinct {key} from {run.standings[name].stale}
where {key} not in (select {key} from landing_{name})
  and {key} not in (
    select {key} from (select {key}, known_at from held_{name} where {key} in (select {key} from stale_{name}))
    where ({key}, known_at) not in (select ({key}, known_at) from stale_{name})
  )
""")
    if count(run.connection, f"select count(*) from lost_{name}"):
        run.lost.add(name)


def _sort(run: Run, table: Table, as_of: date | None, pending: str) -> None:
    name, connection, delivered = table.name, run.connection, run.delivery.tables.get(table.name)
    rows = _empty(table, run.key_types)
    if delivered is not None and delivered.fresh:
        rows = reading(delivered, run.delivery.data, run.key_types, run.settings.contract.recorded_from)
    try:
        connection.execute(f"create or replace temp table staged_{name} as {rows}")
    except duckdb.Error as error:
        if machine_trouble(error) is not None:
            raise
        raise ContractBroken(f"{name}: its files cannot be read; deliver them again: {error}") from error
    below = _leave_below_floor(run, table)
    columns = ", ".join(contract_columns(table))
    connection.execute(f"""
-- a row is a row of this delivery that breaks no rule by itself, or one that waited since an earlier run
create or replace temp view candidates_{name} as
select {columns}, known_at, file, true as delivered from staged_{name} where rule is null
union all
select {columns}, known_at, file, false from {pending}
union all
select {columns}, known_at, null, false from withdrawn_{name}
""")
    _open_alike(run, table)
    run.standings[name] = settle(connection, table)
    _wait_for_parents(run, table, as_of)
    _note_lost_keys(run, table)
    _put_aside(run, table)
    run.reports[name] = _count(run, table, below)


def _leave_below_floor(run: Run, table: Table) -> int:
    """Leave out rows of weeks that were pruned, and corrections of what happened then; return how many."""
    if not run.manifest.floor or not has_floor(table):
        return 0
    clock = table.happened if table.repeat == "correction" else "known_at"
    below = f"staged_{table.name} where rule is null and {clock} < date '{run.manifest.floor}'"
    found = count(run.connection, f"select count(*) from {below}")
    run.connection.execute(f"delete from {below}")
    return found


def _empty(table: Table, key_types: Mapping[str, str]) -> str:
    more = "null::varchar as file, 0::bigint as other_values, null::varchar as rule"
    return f"select *, {more} from ({no_rows(table, key_types)})"


def _wait_for_parents(run: Run, table: Table, as_of: date | None) -> None:
    """Split standing rows into ``landing_NAME`` and ``waiting_NAME`` by whether all their parents are there."""
    name = table.name
    for column, parent in table.parents:
        # the few new rows say which keys to look for in history, not the other way round
        run.connection.execute(f"""
create or replace temp table {parent}_of_{name} as
select {column} from landing_{parent}
union all
select {column} from held_{parent} semi join (select distinct {column} from standing_{name}) as wanted using ({column})
""")
    known = [f"{column} in (select {column} from {parent}_of_{name})" for column, parent in table.parents]
    known += [
        f"{column} not in (select {column} from lost_{parent})"
        for column, parent in table.parents
        if parent in run.lost
    ]
    there = " and ".join(known) or "true"
    deadline = "null" if as_of is None else f"date '{as_of}' - interval {run.settings.contract.orphan_after_days} day"
    run.connection.execute(f"""
create or replace temp table judged_{name} as
select *, {there} as has_parents, known_at < {deadline} as overdue from standing_{name}
""")
    kept = ", ".join([*contract_columns(table), "known_at", "file"])
    run.connection.execute(
        f"create or replace temp view landing_{name} as select {kept} from judged_{name} where has_parents"
    )
    run.connection.execute(
        f"create or replace temp view waiting_{name} as select {kept} from judged_{name} where not has_parents"
    )


def _put_aside(run: Run, table: Table) -> None:
    """Collect what this run puts into quarantine, but for rows that an earlier run put there already."""
    name = table.name
    row = row_as_json(contract_columns(table))
    run.connection.execute(f"""
-- a row is a row to put aside: as JSON with pseudonyms, the rule that it breaks, the file that it came in
create or replace temp table quarantine_{name} as
with broken as (
  select {row} as row, rule, file, true as delivered from staged_{name} where rule is not null
  union all
  select {row}, '{CONTRADICTION}', file, delivered from {run.standings[name].contradicting}
  union all
  select {row}, '{ORPHAN}', file, false from judged_{name} where not has_parents and coalesce(overdue, false)
)
select broken.*
from broken
anti join {quarantined_before(run.store, run.manifest.generation, name)} as before
on broken.row = before.row and broken.rule = before.rule
""")


def _count(run: Run, table: Table, below_floor: int) -> TableReport:
    name, connection = table.name, run.connection
    quarantined = dict(
        connection.execute(f"select rule, count(*) from quarantine_{name} group by rule order by rule").fetchall()
    )
    delivered = count(connection, f"select count(*) from staged_{name}")
    bad = f"(select file from staged_{name} where rule is not null union all"
    bad += f" select file from {run.standings[name].contradicting} where delivered)"
    put_aside_before = count(connection, f"select count(*) from {bad}") - count(
        connection, f"select count(*) from quarantine_{name} where delivered"
    )
    redelivered = run.standings[name].redelivered + put_aside_before
    late_after = run.settings.contract.late_after_days
    late = f"known_at > cast({table.happened} as timestamp) + interval {late_after} day"
    overdue = count(connection, f"select count(*) from judged_{name} where not has_parents and overdue")
    return TableReport(
        delivered=delivered + below_floor,
        new=delivered - redelivered,
        redelivered=redelivered,
        landed=count(connection, f"select count(*) from landing_{name}"),
        waiting=count(connection, f"select count(*) from waiting_{name}") - overdue,
        quarantined=quarantined,
        late=count(connection, f"select count(*) from landing_{name} where {late}"),
        other_values=count(connection, f"select sum(other_values) from staged_{name}"),
        below_floor=below_floor,
    )


def newest_known(run: Run, name: str, as_of: date | None) -> datetime | None:
    """When the table's last row before the cutoff became known, landed rows and new ones together.

    Landed rows lie in the week in which they became known, so weeks are read from the newest on, until one has a row.
    """
    table, before = TABLES[name], "true" if as_of is None else f"known_at < date '{as_of}'"
    newest = _newest(run, f"landing_{name}", before)
    if table.versioned or any(parent in run.lost for _, parent in table.parents):
        return max(filter(None, (newest, _newest(run, f"held_{name}", before))), default=None)
    for week in sorted(weeks_of(run.manifest, f"events/{name}"), reverse=True):
        rows = landed(run.store, run.manifest, table, run.key_types, [week])
        found = _newest(run, f"({rows})", before)
        if found is not None:
            return max(filter(None, (newest, found)))
    return newest


def _newest(run: Run, rows: str, condition: str) -> datetime | None:
    found = run.connection.execute(f"select max(known_at) from {rows} where {condition}").fetchone()
    return found[0] if found else None
