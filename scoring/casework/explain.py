"""Why a seller is listed, and how one of its signals comes about, down to the rows that it counts."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from features.audit_log import AuditLog
from features.catalogue import CATALOGUE
from features.contract import TABLES
from features.engine import connect
from features.errors import WrongUse
from features.panel import signals_at
from features.signal import Signal
from features.store import Store
from features.whole_file import read_file
from features.workings import Working, from_own_rows, kinds_of, open_own_rows, statements, told_of, work_out
from model.settings import Configuration
from scoring.cases.files import CASES
from scoring.casework.decisions import near
from scoring.casework.listings import listings_of
from scoring.casework.masking import mask_unnamed
from scoring.output import RUN, SCORES
from training.steps import Surroundings

EXPLAINED = "explained"
"""Action of the audit log."""


@dataclass(frozen=True)
class Told:
    """A signal of the seller.

    Attributes:
        signal: its declaration.
        value: as the signal table has it; None where it is missing.
        working: how it comes about from the seller's own rows; None where rows of others are needed too.
        peers: of a comparison: how many there are, and the median of what is compared.

    """

    signal: Signal
    value: float | None
    working: Working | None = None
    peers: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``json.dumps``."""
        facts = {name: getattr(self.signal, name) for name in ("name", "unit", "window_days", "direction", "why")}
        worked = None if self.working is None else asdict(self.working)
        return {**facts, "value": self.value, "working": worked, "peers": dict(self.peers)}


@dataclass(frozen=True)
class Explanation:
    """What there is to say of a seller at a cutoff.

    Attributes:
        seller_id: its id.
        as_of: the cutoff.
        scored: its row of ``scores.parquet``; empty without a run.
        case: its row of ``cases.parquet``; empty if it is not listed.
        signals: the signal asked for and those that it is told from, itself last.
        rows: by table, the seller's rows in the signal's window.

    """

    seller_id: Any
    as_of: date
    scored: Mapping[str, Any] = field(default_factory=dict)
    case: Mapping[str, Any] = field(default_factory=dict)
    signals: tuple[Told, ...] = ()
    rows: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``json.dumps``."""
        return {
            "seller_id": self.seller_id,
            "as_of": self.as_of,
            "scored": dict(self.scored),
            "case": dict(self.case),
            "signals": [told.as_json() for told in self.signals],
            "rows": dict(self.rows),
        }


@dataclass(frozen=True)
class Question:
    """What is asked.

    Attributes:
        about: a case, or a seller.
        scores: folder of a scoring run; None asks for signals alone.
        as_of: the cutoff; None is that of the run.
        signal: which signal to work out; None for none.
        rows: whether to show the rows that it counts.

    """

    about: str
    scores: Path | None = None
    as_of: date | None = None
    signal: str | None = None
    rows: bool = False


def explain(question: Question, store: Store, configuration: Configuration, surroundings: Surroundings) -> Explanation:
    """Explain a seller's place on the list, and one of its signals.

    Raises:
        WrongUse: there is no such case, seller, signal or run.

    """
    as_of = question.as_of or cutoff_of_run(question.scores)
    if question.signal is not None and question.signal not in CATALOGUE:
        raise WrongUse(f"--signal: '{question.signal}' is no signal{near(question.signal, list(CATALOGUE))}")
    listed = listings_of(store).get(question.about)
    about = question.about if listed is None else str(listed[-1].seller_id)
    scored = {} if question.scores is None else row_of(question.scores / SCORES, about)
    case = {} if question.scores is None else row_of(question.scores / CASES, about)
    if question.signal is None:
        if not scored:
            raise WrongUse(f"'{question.about}': no such case or seller in {question.scores}; name --signal, or a run")
        found = Explanation(scored["seller_id"], as_of, scored, case)
    else:
        found = _worked(question, about, as_of, store, configuration, surroundings, scored, case)
    details = {"seller": str(found.seller_id), "as of": as_of.isoformat(), "signal": question.signal or "none"}
    AuditLog(store.path, surroundings.wait_seconds).append(
        surroundings.now(), surroundings.who, EXPLAINED, "asked at the desk", details
    )
    return found


def row_of(file: Path, seller: str) -> dict[str, Any]:
    """The seller's row of a file of a run; empty if there is none, or no such file."""
    if not file.is_file():
        return {}
    table = read_file(file)
    place = [number for number, each in enumerate(table["seller_id"].to_pylist()) if str(each) == seller]
    return table.slice(place[0], 1).to_pylist()[0] if place else {}


def cutoff_of_run(scores: Path | None) -> date:
    """The cutoff of a scoring run's folder.

    Raises:
        WrongUse: no run wrote it.

    """
    if scores is None:
        raise WrongUse("give --scores DIR, a run, or --as-of DATE")
    try:
        return date.fromisoformat(json.loads((scores / RUN).read_text(encoding="utf-8"))["as_of"])
    except (OSError, ValueError, KeyError):
        raise WrongUse(f"{scores}: no scoring run wrote this folder (it has no {RUN})") from None


def _worked(
    question: Question,
    about: str,
    as_of: date,
    store: Store,
    configuration: Configuration,
    surroundings: Surroundings,
    scored: Mapping[str, Any],
    case: Mapping[str, Any],
) -> Explanation:
    table = signals_at(store, [as_of], configuration, progress=surroundings.progress)
    own = table[table["seller_id"].astype(str) == about]
    if own.empty:
        raise WrongUse(f"'{question.about}': no such case, and no seller that was known before {as_of}")
    seller = own["seller_id"].tolist()[0]
    signals = told_of(question.signal or "")
    alone = [signal for signal in signals if from_own_rows(signal)]
    rows: dict[str, list[dict[str, Any]]] = {}
    with connect(configuration.engine, store.scratch) as connection:
        open_own_rows(connection, store, store.manifest(), seller, as_of)
        mask_unnamed(connection, store, as_of, configuration)
        worked = work_out(connection, alone, seller, as_of, statements(kinds_of(alone), configuration))
        if question.rows:
            for name, since in _tables(signals, as_of).items():
                query = f"select * from {name}_own where known_at >= date '{since}' order by all"
                found = connection.execute(query)
                columns = [column for column, *_ in found.description]
                rows[name] = [dict(zip(columns, row, strict=True)) for row in found.fetchall()]
    by_name = {working.signal: working for working in worked}
    told = [
        Told(signal, _number(own[signal.name].iloc[0]), by_name.get(signal.name), _peers(signal, table, own))
        for signal in signals
    ]
    return Explanation(seller, as_of, scored, case, tuple(told), rows)


def _tables(signals: list[Signal], as_of: date) -> dict[str, date]:
    """The tables that the signals need, each with the first day of the longest window."""
    inputs = [each for signal in signals if signal.formula is not None for each in signal.formula.inputs]
    needs = {need.partition(".")[0] for each in inputs for need in each.measure.needs}
    since = as_of - timedelta(days=max((each.start or 0 for each in inputs), default=0))
    return {name: since for name in TABLES if name in needs}


def _peers(signal: Signal, table: pd.DataFrame, own: pd.DataFrame) -> dict[str, Any]:
    if signal.compared is None:
        return {}
    group = own["peer_group"].iloc[0]
    peers = table.loc[table["peer_group"] == group, signal.compared.of.name]
    sellers = int(own["peer_sellers"].iloc[0])
    return {"group": group, "sellers": sellers, "of": signal.compared.of.name, "median": _number(peers.median())}


def _number(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
