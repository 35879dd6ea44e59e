"""Finds the points at which a process writes, by instrumentation, and kills the process at one of them.

What Python itself writes is told by its audit events. Libraries that write from native code (Arrow, DuckDB, LightGBM,
SQLite) are told apart by their calls. ``unseen`` says which files came about at no point that was seen.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import duckdb
import lightgbm
import pyarrow.parquet as pq
from sqlalchemy import Engine, event

Tear = Literal["before", "torn", "full"]
"""Whether the process dies before the write or when it is half done, or lives to see that the disk is full."""

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGES = {"os.rename": 1, "os.mkdir": 0, "os.remove": 0, "os.rmdir": 0, "os.truncate": 0, "os.link": 1}
"""Audit events by the place of the path that they change."""
FREES_ROOM = ("os.remove", "os.rmdir")
"""What a full disk does not refuse."""
_OURS = ("features", "model", "training", "scoring")


@dataclass(frozen=True)
class Point:
    """A point at which something is written.

    Attributes:
        number: 0 for the first of its run.
        kind: the audit event, or the call of a library.
        path: of what is written.
        site: the lines of our own code that led there.
        torn: whether the write can be cut in half.

    """

    number: int
    kind: str
    path: str
    site: str
    torn: bool


@dataclass
class Watch:
    """Notes the write points below a folder, and kills the process at one of them.

    Attributes:
        root: only what lies below it is noted.
        kill_at: number of the point; None notes alone.
        tear: whether the write is half done when the process dies.

    """

    root: Path
    kill_at: int | None = None
    tear: Tear = "before"
    points: list[Point] = field(default_factory=list)
    _busy: bool = False

    def begin(self) -> None:
        """Watch this process from now on; there is no way back."""
        sys.addaudithook(self._audit)
        self._watch_libraries()

    def at(self, kind: str, path: str, tear: Callable[[], object] | None) -> None:
        """Note a point, and die there if it is the one."""
        if not path.startswith(str(self.root)):
            return
        number = len(self.points)
        self.points.append(Point(number, kind, path, _site(), tear is not None))
        if number != self.kill_at:
            return
        if self.tear == "full":
            if kind in FREES_ROOM:  # a second run sweeps first, so that another point has the number
                return
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
        if self.tear == "torn" and tear is not None:
            tear()
        os.kill(os.getpid(), signal.SIGKILL)

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self._busy or (event != "open" and event not in _CHANGES):
            return
        self._busy = True
        try:
            if event == "open":
                path, _, flags = arguments
                if isinstance(path, (str, bytes, os.PathLike)) and flags & _WRITES:
                    place = os.path.abspath(os.fsdecode(path))  # noqa: PTH100  (a path may not be opened here)
                    torn = None if place.endswith(".lock") else (lambda: _begun(place, flags))
                    self.at("open", place, torn)
            else:
                self.at(event, _changed(arguments, _CHANGES[event]), None)
        finally:
            self._busy = False

    def _watch_libraries(self) -> None:
        write, save, execute = pq.write_table, lightgbm.Booster.save_model, duckdb.DuckDBPyConnection.execute

        def write_table(table: Any, where: Any, *more: Any, **named: Any) -> Any:
            if isinstance(where, (str, os.PathLike)):
                self.at("arrow", os.fspath(where), lambda: _halved(Path(where), write, table, where, *more, **named))
            return write(table, where, *more, **named)

        def save_model(model: Any, filename: Any, *more: Any, **named: Any) -> Any:
            self.at("lightgbm", str(filename), lambda: _halved(Path(filename), save, model, filename, *more, **named))
            return save(model, filename, *more, **named)

        def run(connection: Any, query: Any, *more: Any, **named: Any) -> Any:
            if isinstance(query, str) and query.lstrip().startswith("copy "):
                target = Path(query.split(" to '")[-1].partition("'")[0])
                self.at("duckdb", str(target), lambda: _halved(target, execute, connection, query, *more, **named))
            return execute(connection, query, *more, **named)

        for owner, name, watched in (
            (pq, "write_table", write_table),
            (lightgbm.Booster, "save_model", save_model),
            (duckdb.DuckDBPyConnection, "execute", run),
        ):
            setattr(owner, name, watched)

        def statement(connection: Any, _cursor: Any, text: str, *_: Any) -> None:
            if not text.lstrip().lower().startswith(("select", "pragma")):
                self.at("sqlite", str(connection.engine.url.database), None)

        def commit(connection: Any) -> None:
            self.at("sqlite", str(connection.engine.url.database), None)

        event.listen(Engine, "before_cursor_execute", statement)
        event.listen(Engine, "commit", commit)


def unseen(points: list[Point], before: set[str], after: set[str]) -> Iterator[str]:
    """New files that no point names, nor a rename of a folder above them."""
    named = {point.path for point in points}
    moved = {point.path for point in points if point.kind == "os.rename"}
    for path in sorted(after - before):
        if path not in named and not any(str(parent) in moved for parent in Path(path).parents):
            yield path


def _site() -> str:
    frames = traceback.extract_stack()
    here = [f for f in frames if any(f"/{name}/" in f.filename for name in _OURS) and "site-packages" not in f.filename]
    return " ".join(f"{Path(frame.filename).stem}:{frame.lineno}" for frame in here[-4:])


def _changed(arguments: tuple[Any, ...], place: int) -> str:
    """The path that an event changes; one that is relative to an open folder is resolved."""
    path = arguments[place]
    if isinstance(path, int):
        return os.readlink(f"/proc/self/fd/{path}")  # noqa: PTH115
    folders = [each for each in arguments[place + 1 :] if isinstance(each, int) and each > 2]
    text = os.fsdecode(path)
    if not text.startswith("/") and folders and Path(f"/proc/self/fd/{folders[-1]}").exists():
        return f"{os.readlink(f'/proc/self/fd/{folders[-1]}')}/{text}"  # noqa: PTH115
    return os.path.abspath(text)  # noqa: PTH100


def _begun(place: str, flags: int) -> None:
    """Leave what a process leaves that dies between opening a file and writing all of it."""
    file = os.open(place, flags & ~os.O_EXCL, 0o600)
    if flags & os.O_APPEND:
        os.write(file, b'{"half of a line')
    os.close(file)


def _halved(place: Path, call: Callable[..., object], *given: Any, **named: Any) -> None:
    """Leave what a process leaves that dies in the middle of a write."""
    call(*given, **named)
    for file in [place] if place.is_file() else sorted(place.rglob("*.parquet")):
        os.truncate(file, file.stat().st_size // 2)
