"""Writes a market's tables as a platform delivers them: one file a table and week, by when the rows were recorded."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from simulator.clock import DAY, EPOCH, WEEK
from simulator.identity import Identity, as_text
from simulator.schema import TABLES, TIME, WORDS, Column

Ints = npt.NDArray[np.int64]
Rows = dict[str, npt.NDArray[np.generic]]


class Delivery:
    """Holds rows back until the week in which they were recorded is over, then writes that week's files.

    A week is written one week later, as a week's work may open tickets that lie some days back; what lies further back
    is recorded when the oldest unwritten week begins. Rows recorded after the last week are never written: the platform
    does not hold them yet.
    """

    def __init__(
        self,
        folder: Path,
        part: str,
        start: int,
        weeks: int,
        identity: Identity,
        words: dict[str, list[str]],
        *,
        text_ids: bool,
    ) -> None:
        """Write below the given folder from the instant `start` on; `words` are the market's own vocabularies."""
        self._folder = folder
        self._part = part
        self._start = start
        self._weeks = weeks
        self._text_ids = text_ids
        self._identity = identity
        self._words = {**{name: list(known) for name, known in WORDS.items()}, **words}
        self._unwritten = 0
        self._waiting: dict[str, dict[int, list[Rows]]] = {name: defaultdict(list) for name in TABLES}

    def add(self, table: str, recorded_at: Ints, columns: dict[str, npt.NDArray[np.generic] | int]) -> None:
        """Hand in rows; a plain number stands for every row, an absent column is null."""
        count = len(recorded_at)
        if count == 0:
            return
        if self._unwritten:
            oldest = self._start + self._unwritten * WEEK
            recorded_at = np.where(recorded_at < oldest, oldest + recorded_at % DAY, recorded_at)
        rows: Rows = {"recorded_at": recorded_at}
        for name, values in columns.items():
            rows[name] = np.full(count, values, dtype=np.int64) if isinstance(values, int) else values
        weeks = np.maximum((recorded_at - self._start) // WEEK, 0)
        first, last = int(weeks.min()), int(weeks.max())
        if first == last < self._weeks:
            self._waiting[table][first].append(rows)
            return
        for week in np.unique(weeks[weeks < self._weeks]):
            chosen = weeks == week
            self._waiting[table][int(week)].append({name: values[chosen] for name, values in rows.items()})

    def complete_day(self, table: str, week: int) -> None:
        """Let the week's last day hold a row: in a tiny market the newest may have to be recorded a little later."""
        held = self._waiting[table].get(week, [])
        last_day = self._start + (week + 1) * WEEK - DAY
        if held and max(int(rows["recorded_at"].max()) for rows in held) < last_day:
            newest = max(held, key=lambda rows: int(rows["recorded_at"].max()))
            recorded = newest["recorded_at"].copy()
            recorded[int(np.argmax(recorded))] = last_day + DAY // 2
            newest["recorded_at"] = recorded

    def write_until(self, week: int) -> None:
        """Write the weeks before the given one that are not written yet."""
        for due in range(self._unwritten, week):
            self._write(due)
        self._unwritten = max(self._unwritten, week)

    def _write(self, week: int) -> None:
        """Write what was recorded in a week, each table in the order of recording."""
        arrived_on = EPOCH + timedelta(days=(self._start + (week + 1) * WEEK) // DAY - 1)
        for name in TABLES:
            held = self._waiting[name].pop(week, [])
            if held:
                folder = self._folder / name / f"recorded_on={arrived_on}"
                folder.mkdir(parents=True, exist_ok=True)
                pq.write_table(self._as_table(name, held), folder / f"{self._part}.parquet", compression="zstd")

    def _as_table(self, name: str, held: list[Rows]) -> pa.Table:
        recorded = np.concatenate([rows["recorded_at"] for rows in held])
        order = np.argsort(recorded, kind="stable")
        arrays: dict[str, pa.Array] = {}
        for column, kind in TABLES[name].items():
            parts = [rows.get(column, np.full(len(rows["recorded_at"]), -1, dtype=np.int64)) for rows in held]
            arrays[column] = self.arrow(kind, np.concatenate(parts)[order])
        arrays["recorded_at"] = self.arrow(TIME, recorded[order])
        return pa.table(arrays)

    def arrow(self, column: Column, values: npt.NDArray[np.generic]) -> pa.Array:
        """Values of a column as Arrow holds them; -1 (NaN for floats) becomes null."""
        if column.kind == "float":
            return pa.array(values.astype(np.float64), from_pandas=True)
        numbers = values.astype(np.int64)
        if column.kind == "id":
            numbers = self._identity.of(column.of, numbers)
        if column.kind in ("id", "opaque"):
            return as_text(numbers) if self._text_ids else pa.array(numbers, mask=numbers < 0)
        mask = numbers < 0 if (numbers < 0).any() else None
        if column.kind == "word":
            return pa.array(self._words[column.of]).take(pa.array(numbers, mask=mask))
        return _plain(column.kind, numbers, mask)


def _plain(kind: str, numbers: Ints, mask: npt.NDArray[np.bool_] | None) -> pa.Array:
    if kind == "bool":
        return pa.array(numbers > 0, mask=mask)
    if kind == "time":
        return pa.array(numbers.view("datetime64[us]"), mask=mask)
    whole = pa.array(numbers.astype(np.int32), mask=mask)
    return whole.view(pa.date32()) if kind == "date" else whole
