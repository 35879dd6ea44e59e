"""Decides whether a judged delivery may be landed, and says what is wrong when it may not."""

from __future__ import annotations

from datetime import date

from features.contract import Table
from features.delivery import DeliveredTable
from features.engine import count
from features.errors import ContractBroken
from features.freshness import incomplete, stalled
from features.intake_report import Allowances
from features.judging import Run, newest_known
from features.landing import quarantine
from features.reading import rules

_ORPHAN_SHARE_TO_EXPLAIN = 0.05


def refuse_if_broken(run: Run, as_of: date | None, allow: Allowances) -> None:
    """Raise when the delivery as a whole breaks the contract; its quarantine is written, and nothing else.

    Raises:
        ContractBroken: with every problem found: table, column, rule, count, first value, and what to do.

    """
    for table in run.sorted_tables:
        run.problems += _too_much_quarantined(run, table)
        run.problems += _lost_rows(run, run.delivery.tables.get(table.name))
    _explain_orphans(run)
    if as_of is not None and not run.problems:
        run.problems += stalled(run.newest, as_of, run.settings.contract, allow.stale)
        latest = {name: newest_known(run, name, None) for name in run.newest}
        late = incomplete(latest, as_of)
        if late is not None and not allow.incomplete:
            run.problems.append(late)
    if run.problems:
        for table in run.sorted_tables:
            quarantine(run.connection, run.store, run.manifest.generation, table)
        told = [*run.problems, *run.messages]
        raise ContractBroken("the data break the event contract:\n" + "\n".join(f"- {line}" for line in told))
    for name, report in run.reports.items():
        if report.other_values:
            run.messages.append(
                f"{name}: {report.other_values:,} values outside their enumeration were read as 'other'"
            )


def _too_much_quarantined(run: Run, table: Table) -> list[str]:
    report, settings = run.reports[table.name], run.settings.contract
    bad = sum(report.quarantined.values())
    if bad < settings.min_quarantined_rows or bad <= settings.max_quarantined_share * report.new:
        return []
    rule = max(report.quarantined, key=lambda name: report.quarantined[name])
    asked = {known.name: known for known in rules(table, reals=frozenset(c.name for c in table.columns))}
    column = asked[rule].column if rule in asked else table.key[0]
    asks = f" (the contract asks for {asked[rule].asks})" if rule in asked else ""
    found = run.connection.execute(
        f"select json_extract_string(row, '$.{column}'), file from quarantine_{table.name} where rule = '{rule}'"
        ' order by file, "row" limit 1'
    ).fetchone()
    value, file = found or (None, None)
    message = (
        f"{table.name}.{column}: {report.quarantined[rule]:,} rows break the rule '{rule}'{asks}, the first value is"
        f" {value!r} in {file}; {bad:,} of {report.new:,} new rows are quarantined and at most"
        f" {settings.max_quarantined_share:.1%} may be (contract.max_quarantined_share);"
        f" see {run.store.path}/quarantine/{table.name}.parquet"
    )
    return [message]


def _lost_rows(run: Run, delivered: DeliveredTable | None) -> list[str]:
    if delivered is None:
        return []
    name = delivered.table.name
    before = run.manifest.inputs.get(f"{name}.parquet")
    if before is None or f"{name}.parquet" not in delivered.fresh:
        return []
    report = run.reports[name]
    lost = before.rows - (report.delivered - report.new)
    if lost <= 0:
        return []
    return [
        f"{name}.parquet: {lost:,} rows that it held when it was last taken in are gone; what was delivered once stays"
    ]


def _explain_orphans(run: Run) -> None:
    name = "review_actions"
    if name not in run.standings:
        return
    orphans = count(run.connection, f"select count(*) from waiting_{name} where kind = 'removed'")
    removals = orphans + count(run.connection, f"select count(*) from landing_{name} where kind = 'removed'")
    if removals and orphans > _ORPHAN_SHARE_TO_EXPLAIN * removals:
        run.messages.append(
            f"review_actions: {orphans:,} of {removals:,} removals lack their review; removed reviews must be exported"
            " from the log, not from the live table"
        )
