"""Runs a job in forked processes: undisturbed once, and killed at each of its write points."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.crashes.jobs import JOBS, Room, files_below, outcome
from benchmarks.crashes.points import FREES_ROOM, Point, Tear, Watch, unseen
from features.errors import ScrubwatchError, machine_trouble

_KILLED = 9


@dataclass
class Verdict:
    """What came of killing a job.

    Attributes:
        job: its name.
        points: how many write points it has.
        sites: at how many lines of code.
        kills: how many processes were killed.
        differences: what a second run did not make good.
        left: files that a killed run left for good, by what is left.

    """

    job: str
    points: int
    sites: int
    kills: int = 0
    differences: list[str] = field(default_factory=list)

    def line(self) -> str:
        """One line for people."""
        outcome_ = f"{len(self.differences)} differences" if self.differences else "as undisturbed"
        return f"{self.job}: {self.points} write points at {self.sites} places, {self.kills} kills: {outcome_}"


class Harness:
    """One job.

    Args:
        name: of the job.
        work: a new folder.

    """

    def __init__(self, name: str, work: Path) -> None:
        """Nothing runs yet."""
        self._name, self._work = name, work
        self._prepare, self._job = JOBS[name]
        self._room = Room(work / "room")

    def run(self, most: int | None) -> Verdict:
        """Kill the job at all its points, or at so many that lie apart."""
        base = Room(self._work / "base")
        (self._room.root / "tmp").mkdir(parents=True)
        _in_child(self._room, lambda: self._prepare(self._room))  # where it will be: MLflow notes whole paths
        self._room.root.rename(base.root)
        points, expected, files = self._undisturbed(base)
        told = Verdict(self._name, len(points), len({(point.site, point.kind) for point in points}))
        for point, tear in _chosen(points, most):
            found, killed = self._killed(base, point, tear)
            told.kills += killed
            told.differences += self._compared(point, tear, found, expected, files)
        return told

    def _undisturbed(self, base: Room) -> tuple[list[Point], dict[str, Any], list[str]]:
        before = self._fresh(base)
        watch = Watch(self._room.root)

        def job() -> tuple[list[dict[str, Any]], list[str]]:
            watch.begin()
            self._job(self._room)
            return [vars(point) for point in watch.points], files_below(self._room)

        told, files = _in_child(self._room, job)
        points = [Point(**each) for each in told]
        overlooked = list(unseen(points, before, _paths(self._room)))
        if overlooked:
            raise SystemExit(f"{self._name}: written at no point that was seen: {overlooked[:5]}")
        expected = _in_child(self._room, lambda: outcome(self._room))
        return points, expected, files

    def _killed(self, base: Room, point: Point, tear: Tear) -> tuple[Any, int]:
        """Outcome and files once a run has come to its end, after two kills at most; an error is told as a text."""
        self._fresh(base)
        kills = 0

        def finish() -> list[Any]:
            left = files_below(self._room)
            return [outcome(self._room), left]

        try:
            for watch in (Watch(self._room.root, point.number, tear), Watch(self._room.root, point.number, tear), None):
                if _in_child(self._room, partial(self._watched, watch), may_die=True) != _KILLED:
                    break
                kills += 1
            return _in_child(self._room, finish), kills
        except ChildFailed as error:
            return str(error), kills

    def _watched(self, watch: Watch | None) -> None:
        if watch is not None:
            watch.begin()
        try:
            self._job(self._room)
        except Exception as error:
            if watch is None or not (isinstance(error, ScrubwatchError) or machine_trouble(error)):
                raise
            os.kill(os.getpid(), signal.SIGKILL)  # it has said what is wrong; all that is open falls with it

    def _compared(
        self, point: Point, tear: Tear, found: Any, expected: dict[str, Any], files: list[str]
    ) -> Iterator[str]:
        where = f"point {point.number} {tear}, {point.kind} {Path(point.path).name} at {point.site}"
        if isinstance(found, str):
            yield f"{where}: the next run failed: {found}"
            return
        told, left = found
        for name, value in expected.items():
            if told.get(name) != value:
                yield f"{where}: other {name}: {_difference(value, told.get(name))}"
        more = sorted(set(left) - set(files)) or [f"{len(left) - len(files)} of the same names"]
        if len(left) > len(files):
            yield f"{where}: left {len(left) - len(files)}: {', '.join(more[:4])}"

    def _fresh(self, base: Room) -> set[str]:
        shutil.rmtree(self._room.root, ignore_errors=True)
        shutil.copytree(base.root, self._room.root, symlinks=True)
        return _paths(self._room)


class ChildFailed(Exception):
    """A job ended with an error."""


def _in_child(room: Room, call: Callable[[], Any], *, may_die: bool = False) -> Any:
    """Run in a forked process, whose temporary files lie in the room; returns what it returned, or its signal."""
    answer = room.root.parent / "answer.json"
    answer.unlink(missing_ok=True)
    child = os.fork()
    if child == 0:
        code = 0
        try:
            os.environ["TMPDIR"] = tempfile.tempdir = str(room.root / "tmp")
            with (room.root.parent / "output").open("w") as output:
                os.dup2(output.fileno(), 1)
                os.dup2(output.fileno(), 2)
            content = json.dumps(call())
            answer.write_text(content, encoding="utf-8")
        except BaseException:  # noqa: BLE001  (whatever it was, the parent is told)
            code = 1
            answer.with_suffix(".error").write_text(traceback.format_exc(), encoding="utf-8")
        finally:
            sys.stdout.flush()
            os._exit(code)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        if may_die:
            return os.WTERMSIG(status)
        raise ChildFailed(f"signal {os.WTERMSIG(status)}")
    if status != 0:
        raise ChildFailed(answer.with_suffix(".error").read_text(encoding="utf-8").strip()[-400:])
    return json.loads(answer.read_text(encoding="utf-8"))


def _chosen(points: list[Point], most: int | None) -> list[tuple[Point, Tear]]:
    """All ways to die, or so many of them: of each line of code one before any line has two, evenly among those."""
    ways: list[tuple[Point, Tear]] = []
    for point in points:
        ways.append((point, "before"))
        if point.kind not in FREES_ROOM:
            ways.append((point, "full"))
        if point.torn:
            ways.append((point, "torn"))
    if most is None or most >= len(ways):
        return ways
    seen: Counter[tuple[str, str, Tear]] = Counter()
    turns = []
    for place, (point, tear) in enumerate(ways):
        told = (point.site, point.kind, tear)
        turns.append((seen[told], place))
        seen[told] += 1
    firsts = [place for turn, place in sorted(turns) if turn == 0]
    others = [place for turn, place in sorted(turns) if turn > 0]
    taken = firsts + others
    if len(firsts) > most:
        taken = [firsts[number * len(firsts) // most] for number in range(most)]
    return [ways[place] for place in sorted(taken[:most])]


def _paths(room: Room) -> set[str]:
    return {str(path) for path in room.root.rglob("*") if path.is_file()}


def _difference(expected: Any, found: Any) -> str:
    if isinstance(expected, dict) and isinstance(found, dict):
        names = [name for name in {**expected, **found} if expected.get(name) != found.get(name)]
        return f"{names[:3]}: {str(expected.get(names[0]))[:150]} became {str(found.get(names[0]))[:150]}"
    if isinstance(expected, list) and isinstance(found, list):
        gone, come = [each for each in expected if each not in found], [each for each in found if each not in expected]
        return f"{str(gone)[:200]} became {str(come)[:200]}, {len(expected)} are {len(found)}"
    return f"{str(expected)[:300]} became {str(found)[:300]}"
