"""What people decided about cases, read from the command line or from a file and checked before anything is written."""

from __future__ import annotations

import csv
import difflib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from features.contract import TABLES
from features.errors import WrongUse

COLUMNS = ("case_id", "seller_id", "verdict", "scheme", "onset_on", "note", "decided_at")
"""Of a file of decisions; the report page writes it."""

VERDICTS = tuple(value for value in TABLES["verdicts"].column("verdict").values if value != "other")
SCHEMES = TABLES["verdicts"].column("scheme").values

_SHOWN = 10


@dataclass(frozen=True)
class Decision:
    """A verdict on a case, as somebody gave it.

    Attributes:
        where: where it was given, for messages: ``decisions.csv, row 3``.
        case_id: the case.
        verdict: one of ``VERDICTS``.
        scheme: one of ``SCHEMES``; None speaks of all.
        onset_on: since when, if it was found.
        note: in words.
        decided_at: naive UTC; None for now.
        seller_id: as text, to be held against the case; None where it was not given.

    """

    where: str
    case_id: str
    verdict: str
    scheme: str | None = None
    onset_on: date | None = None
    note: str = ""
    decided_at: datetime | None = None
    seller_id: str | None = None


def read_decisions(file: Path) -> list[Decision]:
    """Read a CSV file with the columns ``COLUMNS``; rows without a verdict are not decided yet and are left out.

    Raises:
        WrongUse: it is not there, has other columns, or a row that cannot be read; every such row is named.

    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            rows = csv.DictReader(text)
            if sorted(rows.fieldnames or ()) != sorted(COLUMNS):
                raise WrongUse(f"{file}: has the columns {rows.fieldnames}; these are asked for: {', '.join(COLUMNS)}")
            found = [(f"{file}, row {number}", row) for number, row in enumerate(rows, start=1)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise WrongUse(f"{file}: cannot be read as a CSV file in UTF-8: {error}") from None
    problems: list[str] = []
    decisions = [_decision(where, row, problems) for where, row in found if (row["verdict"] or "").strip()]
    refuse(problems)
    return decisions


def problems_of(decision: Decision, now: datetime) -> Iterator[str]:
    """What is wrong with a decision by itself."""
    where = decision.where
    yield from _not_among(where, "verdict", decision.verdict, VERDICTS)
    if decision.scheme is not None:
        yield from _not_among(where, "scheme", decision.scheme, SCHEMES)
    decided_at = decision.decided_at or now
    if decided_at > now:
        yield f"{where}: decided_at {decided_at.isoformat()} is still to come; it is {now.isoformat()} UTC"
    if decision.onset_on is None:
        return
    if decision.verdict != "manipulated":
        yield f"{where}: onset_on goes with manipulated alone, found with {decision.verdict}; leave it empty"
    if decision.onset_on > decided_at.date():
        yield f"{where}: onset_on {decision.onset_on} lies after the decision of {decided_at.date()}"


def near(given: str, known: Collection[str]) -> str:
    """A hint at the known word that the given one may mean."""
    close = difflib.get_close_matches(given, known, n=1)
    return f"; did you mean '{close[0]}'?" if close else ""


def refuse(problems: list[str]) -> None:
    """Stop if there are problems, naming the first of them.

    Raises:
        WrongUse: there are.

    """
    if problems:
        more = [f"and {len(problems) - _SHOWN} more"] if len(problems) > _SHOWN else []
        raise WrongUse("\n".join(["no verdict was written:", *problems[:_SHOWN], *more]))


def _not_among(where: str, column: str, given: str, known: Collection[str]) -> Iterator[str]:
    if given not in known:
        yield f"{where}: {column} '{given}' is none of {', '.join(known)}{near(given, known)}"


def _decision(where: str, row: Mapping[Any, Any], problems: list[str]) -> Decision:
    if None in row or None in row.values():
        problems.append(f"{where}: has not {len(COLUMNS)} fields; a field with a comma needs quotes around it")
    text = {name: (row[name] or "").strip() for name in COLUMNS}
    moments: dict[str, datetime | None] = {}
    for name in ("onset_on", "decided_at"):
        try:
            moments[name] = _utc(text[name]) if text[name] else None
        except ValueError:
            problems.append(f"{where}: {name} '{text[name]}' is no time; give it as 2026-01-05 or 2026-01-05T09:30:00Z")
            moments[name] = None
    asked = ("case_id", "seller_id", "decided_at")
    problems.extend(f"{where}: {name} is empty" for name in asked if not text[name])
    onset = moments["onset_on"]
    return Decision(
        where,
        text["case_id"],
        text["verdict"],
        text["scheme"] or None,
        None if onset is None else onset.date(),
        text["note"],
        moments["decided_at"],
        text["seller_id"],
    )


def _utc(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)
