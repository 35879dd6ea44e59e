"""Takes hostile data sets in, one after the other, in a process that may die, and counts how they end."""

from __future__ import annotations

import json
import os
import resource
import shutil
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

import configs
from benchmarks.fuzz.hostile import CANARY, PERSON, honest, hostile
from features.blank import IdKind
from features.errors import ContractBroken, WrongUse
from features.intake import take_in
from features.panel import signals_at
from features.settings import read_settings
from features.store import Store, file_digest
from features.whole_file import read_file
from model.settings import Configuration

_SIGNALS_OF_EVERY = 10
_CUTOFF = date(2024, 5, 6)


@dataclass
class Tally:
    """How data sets ended.

    Attributes:
        ended: how many, by how they ended.
        rows: rows by fate.
        failed: those that ended badly, each with its seed.
        peak_mb: greatest memory of a process.

    """

    ended: Counter[str] = field(default_factory=Counter)
    rows: Counter[str] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)
    peak_mb: float = 0

    def add(self, other: Tally) -> None:
        """Count another tally in."""
        self.ended.update(other.ended)
        self.rows.update(other.rows)
        self.failed += other.failed
        self.peak_mb = max(self.peak_mb, other.peak_mb)

    def lines(self) -> Iterator[str]:
        """What is told at the end."""
        yield f"{self.ended.total():,} data sets: " + ", ".join(f"{n:,} {how}" for how, n in self.ended.most_common())
        yield "rows: " + ", ".join(f"{n:,} {fate}" for fate, n in self.rows.most_common())
        yield f"memory of a process: {self.peak_mb:,.0f} MB at most"
        yield from self.failed


class Worker:
    """Goes through seeds in a forked process; when that dies, another one goes on with the next seed.

    Args:
        work: where data sets and stores are written.
        seeds: the data sets.
        until: the instant, of the monotonic clock, after which no further one is begun.

    """

    def __init__(self, work: Path, seeds: Sequence[int], until: float) -> None:
        """Begin."""
        self._seeds, self._until = seeds, until
        self._folder = work / str(seeds[0])
        self._folder.mkdir(parents=True)
        self.tally = Tally()
        self._next = 0
        self._child = 0
        self._start()

    def goes_on(self) -> bool:
        """Whether there is more to do; a process that died is replaced."""
        if self._child == 0:
            return False
        process, status = os.waitpid(self._child, os.WNOHANG)
        if process == 0:
            return True
        done = json.loads((self._folder / "tally.json").read_text(encoding="utf-8"))
        counted = {name: Counter(done["tally"][name]) for name in ("ended", "rows")}
        self.tally = Tally(**{**done["tally"], **counted})
        self._child = 0
        if os.WIFSIGNALED(status):
            seed = self._seeds[done["place"]]
            self.tally.ended["killed the process"] += 1
            self.tally.failed.append(f"seed {seed}: the process died by signal {os.WTERMSIG(status)}")
            self._next = done["place"] + 1
            self._start()
            return True
        if status:
            self.tally.failed.append("a worker ended with an error of its own")
        return False

    def _start(self) -> None:
        self._note(self._next)
        self._child = os.fork()
        if self._child:
            return
        code = 0
        try:
            for place in range(self._next, len(self._seeds)):
                if time.monotonic() > self._until:
                    break
                self._note(place)
                self.tally.add(try_one(self._seeds[place], self._folder))
            self._note(len(self._seeds))
        except BaseException:  # noqa: BLE001
            traceback.print_exc()
            code = 1
        finally:
            sys.stdout.flush()
            os._exit(code)

    def _note(self, place: int) -> None:
        beside = self._folder / "tally.next"
        beside.write_text(json.dumps({"place": place, "tally": vars(self.tally)}), encoding="utf-8")
        beside.replace(self._folder / "tally.json")


def try_one(seed: int, folder: Path) -> Tally:
    """Take one data set in, and a second delivery that follows it; returns how that ended."""
    found, data, store = Tally(), folder / "data", Store(folder / "store", 5)
    for left in (data, store.path):
        shutil.rmtree(left, ignore_errors=True)
    done: list[str] = []
    settings = _settings(seed)
    ids: IdKind = "integer" if seed % 2 else "string"
    try:
        for delivery in range(1 + seed % 5 // 4):
            shutil.rmtree(data, ignore_errors=True)
            done += hostile(seed * 7 + delivery, honest(seed // 4, ids), data)
            ended = _taken_in(data, store, settings, found)
            found.ended[ended] += delivery == 0
        if ended == "taken in" and seed % _SIGNALS_OF_EVERY == 0:
            signals_at(store, [_CUTOFF], settings)
    except Exception as error:  # noqa: BLE001  (any is a failure)
        found.ended["failed"] += 1
        where = traceback.extract_tb(error.__traceback__)[-1]
        found.failed.append(
            f"seed {seed} ({', '.join(done)}): {type(error).__name__} at {Path(where.filename).name}:{where.lineno}:"
            f" {str(error)[:300]}"
        )
    found.failed += [f"seed {seed}: {problem}" for problem in _broken_promises(store)]
    found.peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return found


def _taken_in(data: Path, store: Store, settings: Configuration, found: Tally) -> str:
    before = store.manifest()
    try:
        report = take_in(data, store, None, settings)
    except ContractBroken as error:
        if store.manifest() != before:
            found.failed.append("a refused delivery changed the manifest")
        _look_for_people(str(error), found)
        return "refused (exit code 3)"
    except WrongUse as error:
        _look_for_people(str(error), found)
        return "refused (exit code 2)"
    _look_for_people(repr(report), found)
    for name, table in report.tables.items():
        quarantined = sum(table.quarantined.values())
        found.rows.update(landed=table.landed, waiting=table.waiting, quarantined=quarantined)
        if before.generation == 0 and table.new != table.landed + table.waiting + quarantined:
            found.failed.append(
                f"{name}: of {table.new} new rows {table.landed + table.waiting + quarantined} were told"
            )
    return "taken in"


def _look_for_people(message: str, found: Tally) -> None:
    if PERSON in message:
        found.failed.append(f"a message names a person: {message[:300]}")


def _broken_promises(store: Store) -> Iterator[str]:
    if Path(CANARY).exists():
        yield "something in the data was run as SQL"
    for file in store.path.rglob("*.parquet"):
        if _names_a_person(read_file(file)):
            yield f"{file.relative_to(store.path)} names a person"
            return
    for path, entry in store.manifest().files.items():
        if not (store.path / path).is_file() or file_digest(store.path / path) != entry.sha256:
            yield f"{path} is not as the manifest says"
            return


def _names_a_person(rows: pa.Table) -> bool:
    texts = (column for column in rows.columns if pa.types.is_string(column.type))
    return any(pc.any(pc.match_substring(column, PERSON)).as_py() for column in texts)


def _settings(seed: int) -> Configuration:
    """The shipped settings; for most data sets any share of bad rows is put aside rather than refused."""
    shipped = read_settings(configs.SHIPPED, Configuration)
    changes: dict[str, Any] = {"engine": shipped.engine.model_copy(update={"threads": 1, "memory_limit_mb": 512})}
    if seed % 3:
        changes["contract"] = shipped.contract.model_copy(update={"max_quarantined_share": 1.0})
    return shipped.model_copy(update=changes)
