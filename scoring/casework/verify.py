"""Checks a pack by itself: every member by its digest, every number by counting it anew from the rows in the pack."""

from __future__ import annotations

import hashlib
import io
import json
import math
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from features.catalogue import CATALOGUE
from features.errors import ScrubwatchError, WrongUse
from features.peers import compare

FORMAT = 1
MANIFEST, NUMBERS, PEERS, SQL, ROWS = "manifest.json", "numbers.json", "peers.parquet", "count.sql", "rows/"


@dataclass(frozen=True)
class Number:
    """A number that a case quotes, or from which one is told.

    Attributes:
        signal: its name.
        how: ``rows``, counted by ``query`` once ``count.sql`` has run; ``peers``, told from ``peers.parquet``;
            ``stated``, told from rows of other sellers that the pack does not hold.
        value: what the case says; None where it is missing.
        query: SQL of the number and its measures.

    """

    signal: str
    how: str
    value: float | None
    query: str | None = None

    def stated(self) -> Number:
        """The number as one that is taken from the run."""
        return replace(self, how="stated", query=None)


@dataclass(frozen=True)
class Checked:
    """What came of checking a pack.

    Attributes:
        case_id: whose it is.
        sha256: of the file; the audit log of the store that it came from names it.
        recomputed: how many numbers were counted anew.
        stated: numbers that only the run can tell.
        wrong: what differs, a line each; none for a whole pack.

    """

    case_id: str
    sha256: str
    recomputed: int
    stated: tuple[str, ...]
    wrong: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``json.dumps``."""
        return {**vars(self), "stated": list(self.stated), "wrong": list(self.wrong)}


def verify(file: Path) -> Checked:
    """Check a pack without any store.

    Raises:
        WrongUse: the file is no pack, or of another format.

    """
    try:
        content = file.read_bytes()
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        head = json.loads(members.pop(MANIFEST))
        listed: Mapping[str, str] = head["members"]
    except (OSError, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise WrongUse(f"{file}: no pack that `scrubwatch pack` wrote: {error}") from None
    if head.get("format") != FORMAT:
        raise WrongUse(f"{file}: a pack of format {head.get('format')}; this version reads {FORMAT}")
    wrong = list(_changed(members, listed))
    numbers: list[Number] = []
    if not wrong and NUMBERS in members:
        numbers = [Number(**number) for number in json.loads(members[NUMBERS])["numbers"]]
        wrong += [
            f"{number.signal}: the case says {_said(number.value)}, the rows do not"
            for number in differing(members, numbers)
        ]
    stated = tuple(number.signal for number in numbers if number.how == "stated")
    digest = hashlib.sha256(content).hexdigest()
    return Checked(head["case_id"], digest, len(numbers) - len(stated), stated, tuple(wrong))


def differing(members: Mapping[str, bytes], numbers: Sequence[Number]) -> list[Number]:
    """The numbers that come out otherwise from the pack's rows and peers than they are told.

    The SQL of a pack is run where it can reach nothing but the pack's own rows.
    """
    found = {**_counted(members, numbers), **_compared(members, numbers)}
    return [number for number in numbers if number.how != "stated" and not _equal(number.value, found[number.signal])]


def _changed(members: Mapping[str, bytes], listed: Mapping[str, str]) -> Iterator[str]:
    for name in sorted({*members, *listed}):
        if name not in members:
            yield f"{name}: is missing"
        elif name not in listed:
            yield f"{name}: is not listed in {MANIFEST}"
        elif hashlib.sha256(members[name]).hexdigest() != listed[name]:
            yield f"{name}: was changed"


def _counted(members: Mapping[str, bytes], numbers: Sequence[Number]) -> dict[str, float | None]:
    asked = [number for number in numbers if number.how == "rows" and number.query is not None]
    if not asked:
        return {}
    with duckdb.connect(
        config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    ) as session:
        session.execute("set timezone = 'UTC'")
        for name in (name for name in members if name.startswith(ROWS)):
            rows = _table(members[name])
            session.register("packed_rows", rows)
            table = name.removeprefix(ROWS).removesuffix(".parquet")
            if not table.isidentifier():
                raise ScrubwatchError(f"{name}: no table of the contract")
            session.execute(f"create temp table {table}_own as select * from packed_rows")
            session.unregister("packed_rows")
        session.execute("set enable_external_access = false")
        session.execute("set lock_configuration = true")
        try:
            session.execute(members[SQL].decode())
            return {number.signal: _first(session.execute(str(number.query)).fetchone()) for number in asked}
        except duckdb.Error as error:
            raise ScrubwatchError(f"{SQL}: cannot be run: {error}") from None


def _compared(members: Mapping[str, bytes], numbers: Sequence[Number]) -> dict[str, float | None]:
    asked = [number.signal for number in numbers if number.how == "peers"]
    if not asked:
        return {}
    table = _table(members[PEERS])
    columns = {name: table[name].to_numpy() for name in table.column_names}
    comparisons = {name: each for name in asked if (each := CATALOGUE[name].compared) is not None}
    place = table["is_own"].to_pylist().index(True)
    found = compare(comparisons, columns)
    return {name: float(found[name][place]) for name in comparisons}


def _table(content: bytes) -> pa.Table:
    """A Parquet file in memory.

    Not by `pq.read_table`: a thread of its dataset reader may let go of the bytes while Python ends, which aborts it.
    """
    return pq.ParquetFile(pa.BufferReader(content)).read()


def _first(row: tuple[Any, ...] | None) -> float | None:
    return None if row is None or row[0] is None else float(row[0])


def _equal(told: float | None, found: float | None) -> bool:
    if told is None or found is None or math.isnan(told) or math.isnan(found):
        return (told is None or math.isnan(told)) == (found is None or math.isnan(found))
    return math.isclose(told, found, rel_tol=1e-9, abs_tol=1e-12)


def _said(value: float | None) -> str:
    return "nothing" if value is None else f"{value:g}"
