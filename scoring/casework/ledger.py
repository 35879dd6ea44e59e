"""The store's ledger of verdicts that people gave: rows of the contract's table ``verdicts``, learned from like any.

A file a week, of the instant at which the verdicts were written down; nothing in it is ever changed. A later verdict on
the same case replaces an earlier one from its own instant (``training.verdicts``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from features.audit_log import AuditLog
from features.contract import TABLES
from features.errors import WrongUse
from features.privacy import pseudonyms_of
from features.reading import contract_columns
from features.store import Manifest, Store
from features.verdict_rows import GIVEN
from features.whole_file import read_file
from model.settings import Configuration
from scoring.casework.decisions import Decision, near, problems_of, refuse
from scoring.casework.listings import Listed, listings_of, opened_by
from training.steps import Surroundings

GAVE = "gave a verdict"
"""Action of the audit log."""

Row = dict[str, Any]
_TOLD = ("case_id", "seller_id", "verdict", "scheme", "onset_on", "decided_at")
_KINDS = {"text": pa.string(), "moment": pa.timestamp("us"), "date": pa.date32(), "real": pa.float64()}


@dataclass(frozen=True)
class Given:
    """What came of decisions.

    Attributes:
        written: rows added to the ledger.
        standing: rows that said the same already.

    """

    written: tuple[Row, ...]
    standing: tuple[Row, ...]

    def as_json(self) -> dict[str, list[dict[str, str | None]]]:
        """Plain values for ``json.dumps``, without what would tell who was drawn at random."""
        return {"written": [_told(row) for row in self.written], "standing": [_told(row) for row in self.standing]}


def give_verdicts(
    store: Store, decisions: Sequence[Decision], by: str, configuration: Configuration, surroundings: Surroundings
) -> Given:
    """Write decisions into the ledger, all or none.

    Args:
        store: which holds the listings and the ledger.
        decisions: read already, not yet checked.
        by: opaque id of who decided; kept as a pseudonym.
        configuration: privacy and engine.
        surroundings: who writes, and when.

    Raises:
        WrongUse: a decision cannot stand as it is given; each such one is named and none is written.
        StoreBusy: another run holds the store.

    """
    now = surroundings.now().astimezone(UTC).replace(tzinfo=None)
    if not by.strip():
        raise WrongUse("--by: the id of the person who decided is needed")
    with store.writing():
        manifest = store.manifest()
        judge = pseudonyms_of([by.strip()], store, configuration)[0]
        held, listings = given_rows(store, manifest), listings_of(store)
        written, standing, problems = _settled(decisions, held, listings, judge, now)
        refuse(problems)
        log = AuditLog(store.path, surroundings.wait_seconds)
        for row, key in written:
            _log(log, row, key, surroundings)
        _write(store, manifest, [row for row, _ in written])
    return Given(tuple(row for row, _ in written), tuple(standing))


def given_rows(store: Store, manifest: Manifest) -> list[Row]:
    """Every row of the ledger, in the order in which they were written."""
    paths = store.paths(manifest.group(GIVEN))
    rows = [row for path in paths for row in read_file(path).to_pylist()]
    return sorted(rows, key=lambda row: row["known_at"])


def _settled(
    decisions: Sequence[Decision],
    held: Sequence[Row],
    listings: Mapping[str, Sequence[Listed]],
    judge: int,
    now: datetime,
) -> tuple[list[tuple[Row, str]], list[Row], list[str]]:
    """Rows to write with their keys in the audit log, rows that stand already, and what is wrong."""
    written: list[tuple[Row, str]] = []
    standing: list[Row] = []
    problems: list[str] = []
    rows = list(held)
    for decision in sorted(decisions, key=lambda each: each.decided_at or now):
        wrong = [*problems_of(decision, now), *_problems_of_case(decision, listings, now)]
        problems += wrong
        if wrong:
            continue
        of_case = [row for row in rows if row["case_id"] == decision.case_id]
        same = _same(decision, of_case)
        if same is not None:
            standing.append(same)
            continue
        row = _row(decision, of_case, listings[decision.case_id], judge, now)
        rows.append(row)
        written.append((row, _key(row, decision, len(of_case))))
    return written, standing, problems


def _problems_of_case(decision: Decision, listings: Mapping[str, Sequence[Listed]], now: datetime) -> list[str]:
    where, case = decision.where, listings.get(decision.case_id)
    if case is None:
        hint = near(decision.case_id, list(listings))
        return [f"{where}: case '{decision.case_id}' was never listed from this store{hint}"]
    if decision.seller_id not in (None, str(case[0].seller_id)):
        return [f"{where}: case {decision.case_id} is about seller '{case[0].seller_id}', found '{decision.seller_id}'"]
    decided_at = decision.decided_at or now
    if opened_by(case, [], decided_at) is None:
        first = f"{case[0].listed_on}, when case {decision.case_id} was first listed"
        return [f"{where}: decided_at {decided_at.isoformat()} lies before {first}"]
    return []


def _same(decision: Decision, of_case: Sequence[Row]) -> Row | None:
    """The row that says the same: of the same instant, or, of a decision of now, the last one on its scheme."""
    if decision.decided_at is not None:
        alike = [row for row in of_case if row["decided_at"] == decision.decided_at]
        return next((row for row in alike if _says(row, decision)), None)
    touching = [row for row in of_case if None in (row["scheme"], decision.scheme) or row["scheme"] == decision.scheme]
    last = max(touching, key=lambda row: (row["decided_at"], row["known_at"]), default=None)
    return last if last is not None and _says(last, decision) else None


def _says(row: Row, decision: Decision) -> bool:
    given = (decision.verdict, decision.scheme, decision.onset_on, decision.note)
    return (row["verdict"], row["scheme"], row["onset_on"], row["note"]) == given


def _row(decision: Decision, of_case: Sequence[Row], listings: Sequence[Listed], judge: int, now: datetime) -> Row:
    decided_at = decision.decided_at or now
    listed = opened_by(listings, sorted(row["decided_at"] for row in of_case), decided_at)
    if listed is None:
        raise WrongUse(f"{decision.where}: case {decision.case_id} was not listed yet")
    row: Row = dict.fromkeys(contract_columns(TABLES["verdicts"]))
    return row | {
        "seller_id": listed.seller_id,
        "decided_at": decided_at,
        "verdict": decision.verdict,
        "scheme": decision.scheme,
        "opened_at": datetime.combine(listed.listed_on, time()),
        "onset_on": decision.onset_on,
        "route": listed.route,
        "selection_probability": listed.selection_probability,
        "decided_by": judge,
        "case_id": decision.case_id,
        "known_at": now,
        "note": decision.note,
    }


def _key(row: Row, decision: Decision, earlier: int) -> str:
    """Tells one writing of a decision from another, so that a run that was killed does not log it twice."""
    told = [row["case_id"], row["verdict"], row["scheme"], row["onset_on"], row["decided_by"], decision.decided_at]
    return hashlib.sha256(repr([*map(str, told), decision.note, earlier]).encode()).hexdigest()[:16]


def _log(log: AuditLog, row: Row, key: str, surroundings: Surroundings) -> None:
    """Log first, then act: what was done is never without its line. The note may name people and stays out."""
    if log.find(GAVE, key=key) is not None:
        return
    details = {"case": row["case_id"], "seller": str(row["seller_id"]), "decided by": str(row["decided_by"])}
    why = ", ".join(str(row[name]) for name in ("verdict", "scheme", "onset_on") if row[name] is not None)
    log.append(surroundings.now(), surroundings.who, GAVE, why, {**details, "key": key})


def _write(store: Store, manifest: Manifest, rows: Sequence[Row]) -> None:
    if not rows:
        return
    monday = _monday(rows[0]["known_at"])
    earlier = {path for path, entry in manifest.group(GIVEN).items() if entry.week == monday.isoformat()}
    held = [row for path in sorted(earlier) for row in read_file(store.path / path).to_pylist()]
    staged = store.scratch / f"verdicts-{monday}.parquet"
    table = pa.Table.from_pylist([*held, *rows], _schema(manifest.identity["key_types"]))
    pq.write_table(table, staged, compression="zstd")
    entry = store.adopt(staged, GIVEN, monday, len(table))
    store.commit(manifest.without(earlier).with_files([entry]))


def _schema(key_types: Mapping[str, str]) -> pa.Schema:
    """Columns of the contract's table with the store's types, the clock and the note."""
    seller = pa.int64() if key_types.get("seller") == "bigint" else pa.string()
    special = {"seller_id": seller, "decided_by": pa.int64(), "case_id": pa.string()}
    columns = TABLES["verdicts"].columns
    fields = [(column.name, special.get(column.name) or _KINDS[column.kind]) for column in columns]
    return pa.schema([*fields, ("known_at", pa.timestamp("us")), ("note", pa.string())])


def _monday(moment: datetime) -> date:
    return moment.date() - timedelta(days=moment.weekday())


def _told(row: Row) -> dict[str, str | None]:
    return {name: None if row[name] is None else str(row[name]) for name in _TOLD}
