"""Freezes a case for others: what is claimed, the seller's rows behind it, the SQL that counts them, and digests.

The pack is checked without the store: the numbers are counted anew from the rows in it. The same case of the same run
gives the same bytes. It holds pseudonyms, never names, and only its owner can read it.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, cast

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.audit_log import AuditLog, Entry
from features.catalogue import CATALOGUE
from features.contract import TABLES
from features.engine import connect
from features.errors import WrongUse
from features.locks import owner_only
from features.panel import signals_at
from features.peers import EVERYBODY
from features.signal import Signal
from features.store import Store
from features.workings import from_own_rows, kinds_of, open_facts, open_own_rows, statements, told_of, work_out
from model.bundle import SUMS
from model.settings import Configuration
from scoring.cases.files import CASES
from scoring.casework.explain import cutoff_of_run, row_of
from scoring.casework.listings import seller_of_case
from scoring.casework.masking import mask_unnamed
from scoring.casework.verify import FORMAT, MANIFEST, NUMBERS, PEERS, ROWS, SQL, Number, differing
from scoring.output import RUN, SCORES
from training.steps import Surroundings

PACKED = "packed"
"""Action of the audit log."""

_CARDS = "models/**/card.json"
_SELLERS_OWN = {
    "products": ("product_id", "category", "listed_on"),
    "reviews": ("review_id", "product_id", "rating", "verified", "created_at"),
    "review_actions": ("review_id", "acted_at", "kind", "new_rating"),
    "sales": ("product_id", "sold_on", "units", "revenue"),
    "account_actions": ("acted_at", "kind", "product_id"),
}
"""What a seller may see of its own rows: nobody of the staff, no reason, no queue, no other person."""


@dataclass(frozen=True)
class Packed:
    """A pack that was written.

    Attributes:
        file: where.
        sha256: of the file.
        recomputed: how many numbers can be counted anew from the pack.
        stated: numbers that cannot, as they are told from rows of other sellers.

    """

    file: Path
    sha256: str
    recomputed: int
    stated: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``json.dumps``."""
        told = {"file": str(self.file), "sha256": self.sha256, "recomputed": self.recomputed}
        return {**told, "stated": list(self.stated)}


class _Recorder:
    """A session that keeps the text of what it executes."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self.texts: list[str] = []

    def execute(self, text: str) -> duckdb.DuckDBPyConnection:
        self.texts.append(text)
        return self._connection.execute(text)

    def unregister(self, name: str) -> None:
        self._connection.unregister(name)


def pack(
    case_id: str,
    scores: Path,
    out: Path,
    store: Store,
    configuration: Configuration,
    surroundings: Surroundings,
    *,
    for_seller: bool = False,
) -> Packed:
    """Freeze a case into one file.

    Args:
        case_id: the case.
        scores: folder of the scoring run that lists it.
        out: the new file.
        store: the landed rows, and the audit log.
        configuration: all settings.
        surroundings: who packs, when, and who listens.
        for_seller: leave out staff, signals and thresholds.

    Raises:
        WrongUse: the run does not list the case, or the file exists.

    """
    if out.exists():
        raise WrongUse(f"{out}: exists already and nothing is overwritten; name a new file")
    seller, as_of = str(seller_of_case(store, case_id)), cutoff_of_run(scores)
    case = row_of(scores / CASES, seller)
    if case.get("case_id") != case_id:
        raise WrongUse(f"{scores}: this run does not list case {case_id}; name the run whose claim is to be packed")
    scored, run = row_of(scores / SCORES, seller), json.loads((scores / RUN).read_text(encoding="utf-8"))
    head = {"format": FORMAT, "case_id": case_id, "seller_id": case["seller_id"], "as_of": as_of.isoformat()}
    head |= {"caveat": "a reason to look, not a finding", "for_seller": for_seller}
    numbers: list[Number] = []
    if for_seller:
        members = _sellers_own(store, configuration, case["seller_id"], as_of)
    else:
        members, numbers = _all_of_it(store, configuration, surroundings, scored, as_of)
        members["case.json"] = _json({"case": case, "scored": scored})
        members[RUN] = _json(run)
        members["audit.json"] = _json({"entries": [vars(entry) for entry in _entries(store, surroundings, case_id)]})
        members |= _card(store, run.get("model", {}).get("digest"))
    content = _zipped(head, members)
    digest = hashlib.sha256(content).hexdigest()
    log, details = AuditLog(store.path, surroundings.wait_seconds), {"case": case_id, "sha256": digest}
    if log.find(PACKED, **details) is None:
        why = "for the seller" if for_seller else "for others"
        log.append(surroundings.now(), surroundings.who, PACKED, why, details)
    with owner_only():
        staged = out.with_name(f".{out.name}.part")
        staged.write_bytes(content)
        staged.rename(out)
    stated = tuple(number.signal for number in numbers if number.how == "stated")
    return Packed(out, digest, len(numbers) - len(stated), stated)


def _all_of_it(
    store: Store, configuration: Configuration, surroundings: Surroundings, scored: Mapping[str, Any], as_of: date
) -> tuple[dict[str, bytes], list[Number]]:
    """Rows, SQL, peers and numbers of the signals that the reasons quote."""
    quoted = [reason["signal"] for reason in scored["reasons"] if reason["signal"] in CATALOGUE]
    signals = {signal.name: signal for name in quoted for signal in told_of(name)}
    alone = [signal for signal in signals.values() if from_own_rows(signal)]
    table = signals_at(store, [as_of], configuration, progress=surroundings.progress)
    seller = scored["seller_id"]
    own = table[table["seller_id"] == seller].iloc[0]
    with connect(configuration.engine, store.scratch) as connection:
        open_own_rows(connection, store, store.manifest(), seller, as_of)
        mask_unnamed(connection, store, as_of, configuration)
        members = _rows(connection, dict.fromkeys(TABLES, "*"))
        recorder = _Recorder(connection)
        open_facts(cast("Any", recorder), {name: f"select * from {name}_own" for name in TABLES})
        work_out(cast("Any", recorder), alone, seller, as_of, statements(kinds_of(alone), configuration))
    queries = recorder.texts[-len(alone) :] if alone else []
    steps = recorder.texts[: len(recorder.texts) - len(alone)]
    members[SQL] = (";\n\n".join(step.strip() for step in steps) + ";\n").encode()
    members[PEERS] = _parquet(pa.Table.from_pandas(_peers(table, own, signals), preserve_index=False))
    by_query = {signal.name: query for signal, query in zip(alone, queries, strict=True)}
    numbers = [_number(signal, own, by_query) for signal in signals.values()]
    unequal = {number.signal for number in differing(members, numbers)}
    numbers = [number.stated() if number.signal in unequal else number for number in numbers]
    members[NUMBERS] = _json({"numbers": [vars(number) for number in numbers]})
    return members, numbers


def _sellers_own(store: Store, configuration: Configuration, seller: Any, as_of: date) -> dict[str, bytes]:
    with connect(configuration.engine, store.scratch) as connection:
        open_own_rows(connection, store, store.manifest(), seller, as_of)
        return _rows(connection, {name: ", ".join(columns) for name, columns in _SELLERS_OWN.items()})


def _rows(connection: duckdb.DuckDBPyConnection, columns: Mapping[str, str]) -> dict[str, bytes]:
    """The seller's rows of each table, sorted."""
    found = {name: connection.sql(f"select {chosen} from {name}_own order by all") for name, chosen in columns.items()}
    return {f"{ROWS}{name}.parquet": _parquet(rows.to_arrow_table()) for name, rows in found.items()}


def _peers(table: pd.DataFrame, own: pd.Series, signals: Mapping[str, Signal]) -> pd.DataFrame:
    """What comparisons read of everybody in the marketplace, sorted and without ids; the seller's own row is marked."""
    compared = [each for signal in signals.values() if (each := signal.compared) is not None]
    names = {each.name for one in compared for each in (one.of, one.exposure) if each is not None}
    inside = table if own["peer_group"] == EVERYBODY else table[table["marketplace"] == own["marketplace"]]
    columns = ["marketplace", "size_band", "peer_group", *sorted(names)]
    marked = inside[columns].assign(is_own=inside["seller_id"] == own["seller_id"])
    return marked.sort_values([*columns, "is_own"], kind="stable", ignore_index=True)


def _number(signal: Signal, own: pd.Series, by_query: Mapping[str, str]) -> Number:
    value = None if pd.isna(own[signal.name]) else float(own[signal.name])
    if signal.name in by_query:
        return Number(signal.name, "rows", value, by_query[signal.name])
    return Number(signal.name, "stated" if signal.compared is None else "peers", value)


def _entries(store: Store, surroundings: Surroundings, case_id: str) -> list[Entry]:
    """What the audit log says of the case, packs aside: a pack cannot hold its own line."""
    entries = AuditLog(store.path, surroundings.wait_seconds).entries()
    return [entry for entry in entries if entry.details.get("case") == case_id and entry.action != PACKED]


def _card(store: Store, digest: str | None) -> dict[str, bytes]:
    """The card of the model that scored, if it lies in the store."""
    for card in sorted(store.path.glob(_CARDS)) if digest is not None else ():
        sums = card.with_name(SUMS)
        if sums.is_file() and hashlib.sha256(sums.read_bytes()).hexdigest() == digest:
            return {"card.json": card.read_bytes()}
    return {}


def _parquet(table: pa.Table) -> bytes:
    content = io.BytesIO()
    pq.write_table(table, content, compression="zstd", version="2.6", store_schema=False)
    return content.getvalue()


def _json(content: Mapping[str, Any]) -> bytes:
    return (json.dumps(content, indent=1, sort_keys=True, default=str, ensure_ascii=False) + "\n").encode()


def _zipped(head: Mapping[str, Any], members: Mapping[str, bytes]) -> bytes:
    """The members in the order of their names, all of one date, so that equal members are equal bytes."""
    sums = {name: hashlib.sha256(members[name]).hexdigest() for name in sorted(members)}
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, member in sorted({**members, MANIFEST: _json({**head, "members": sums})}.items()):
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, member, zipfile.ZIP_DEFLATED, 6)
    return content.getvalue()
