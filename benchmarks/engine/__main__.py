"""Measures the feature engine: ``python -m benchmarks.engine [--sizes S L] [--write docs/benchmarks.md]``.

Each comparison runs its ways by turns, three times, each in a process of its own.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.engine.costs import RUNS, Cost, measure, printed, told
from benchmarks.engine.frames import SIGNALS
from benchmarks.engine.market import SIZES, WEEKLY, WEEKS, Keys
from benchmarks.engine.ways import CUTOFFS, SOME


def panel(size: str, work: Path) -> Iterator[str]:
    """The signals of 52 weekly cutoffs from landed rows, beside three other ways to them."""
    data, landed = work / "data", work / "landed"
    measure("make", data, size, "integer")
    measure("land", data, landed)
    costs: dict[str, list[Cost]] = {"engine": [], "plain": [], "tuned": []}
    fewer = f"engine, {len(SIGNALS)} of the signals"
    of_few: dict[str, list[Cost]] = {fewer: [], "pandas, the same": []}
    for _ in range(RUNS):
        for way, runs in costs.items():
            store = _copy(landed, work / "store")
            cost = measure(way, store, spills_into=store)
            runs.append(_of_all(cost) if way == "plain" else cost)
        store = _copy(landed, work / "store")
        of_few[fewer].append(measure("engine", store, spills_into=store, module="fewer"))
        of_few["pandas, the same"].append(measure("pandas", data))
    yield f"## Signals of {len(CUTOFFS)} weekly cutoffs from landed rows, size {size}"
    yield (
        f"The plain query is one statement a cutoff over the landed rows; {len(SOME)} of {len(CUTOFFS)} statements are"
        f" run, and their CPU is multiplied by {len(CUTOFFS) / len(SOME):.1f}."
    )
    yield "\n".join(told(costs, "plain"))
    yield "pandas computes the signals that need no more than sums and extremes; the engine is told no others here."
    yield "\n".join(told(of_few, "pandas, the same"))


def _of_all(cost: Cost) -> Cost:
    return Cost(cost.cpu * len(CUTOFFS) / len(SOME), cost.peak, cost.spilled)


def week(size: str, work: Path, keys: Keys) -> Iterator[str]:
    """One new week after a year of history and after two, a week delivered again and a late day, beside a scan."""
    data = work / "data"
    measure("make", data, size, keys)
    costs: dict[str, list[Cost]] = {"scan of all history": []}
    rebuilt: dict[str, list[Cost]] = {}
    for weeks in _HISTORIES:
        known, held = work / f"known-{weeks}", work / f"held-{weeks}"
        _deliver(data, known, range(WEEKS - weeks, WEEKS - 1))
        measure("land", known, held)
        rebuilt[f"rebuild of {weeks - 1} weeks"] = [measure("rebuild", held, spills_into=held)]
        _deliver(data, known, [WEEKS - 1])
    measure("make_late", data, work / "late", keys)
    for _ in range(RUNS):
        costs["scan of all history"].append(measure("scan", data))
        for weeks in _HISTORIES:
            store = _copy(work / f"held-{weeks}", work / "store")
            costs.setdefault(f"new week after {weeks - 1}", []).append(_next(work / f"known-{weeks}", store))
        again = work / "again"
        shutil.rmtree(again, ignore_errors=True)
        shutil.copytree(work / f"known-{WEEKS}", again, symlinks=True)
        for name in WEEKLY:
            shutil.copy(data / name / f"week={WEEKS - 2}" / "data_0.parquet", again / name / "again.parquet")
        costs.setdefault("a week delivered again", []).append(_next(again, store))
        for name in ("reviews", "search_ranks"):
            shutil.copy(work / "late" / f"{name}.parquet", again / name / "late.parquet")
        costs.setdefault("a day of a year ago, late", []).append(_next(again, store))
    store = _copy(work / f"held-{WEEKS}", work / "store")
    profile = printed("profile", work / f"known-{WEEKS}", store)
    yield f"## One new week, size {size}, {keys} keys"
    yield "The new week is landed and folded, and the signals of the cutoff after it are computed."
    yield "\n".join(told(costs, "scan of all history"))
    yield "\n".join(told(costs, f"new week after {_HISTORIES[0] - 1}"))
    yield "\n".join(told(rebuilt, next(iter(rebuilt))))
    yield f"Where the CPU of the new week after {WEEKS - 1} goes, in a run of its own:"
    yield profile


def _next(data: Path, store: Path) -> Cost:
    return measure("next_cutoff", data, store, spills_into=store)


def _deliver(data: Path, known: Path, weeks: Sequence[int]) -> None:
    """Link the files of these weeks, and of what does not come by the week."""
    for name in ("sellers", "products"):
        if not (known / name).exists():
            shutil.copytree(data / name, known / name, copy_function=os.symlink)
    for week_number in weeks:
        for name in WEEKLY:
            if name == "review_actions" and week_number - min(weeks) < _WEEKS_TO_ACT and len(weeks) > 1:
                continue  # their reviews came before
            part = f"week={week_number}"
            shutil.copytree(data / name / part, known / name / part, copy_function=os.symlink)


def _copy(store: Path, place: Path) -> Path:
    """A copy in no time: files of a store never change, so they are linked; its manifest is replaced, not written."""
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(store, place, copy_function=os.link)
    return place


def main() -> None:
    """Measure, and print or write what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", nargs=2, default=("S", "L"), choices=list(SIZES), help="of the panel, of the week")
    parser.add_argument("--keys", nargs="*", default=["integer", "text"], choices=["integer", "text"])
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    told_so_far = [_HEADING.format(when=datetime.now(UTC).date(), machine=_machine(), commit=_commit())]
    with tempfile.TemporaryDirectory() as work:
        parts = [panel(given.sizes[0], Path(work) / "panel")]
        parts += [week(given.sizes[1], Path(work) / keys, keys) for keys in given.keys]
        for part in parts:
            for text in part:
                print(text, flush=True)
                told_so_far.append(text)
    if given.write is not None:
        given.write.write_text("\n\n".join(told_so_far) + "\n", encoding="utf-8")


_HISTORIES = (52, WEEKS)
_WEEKS_TO_ACT = 5

_HEADING = """# What the feature engine costs

Made by `python -m benchmarks.engine --write docs/benchmarks.md` on {when}, commit {commit}, {machine}.

CPU seconds are those of a process with its children, the best of three runs; peak is the largest resident memory of any
run, spilled the most that lay in its temporary folder. Ratios are taken run by run, the ways taking turns; the middle
one is told, then all three. The market is generated (`benchmarks/engine/market.py`) and means nothing."""


def _machine() -> str:
    return f"{os.cpu_count()} cores, Python {platform.python_version()}, DuckDB {version('duckdb')}"


def _commit() -> str:
    found = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)  # noqa: S607
    return found.stdout.strip() or "unknown"


if __name__ == "__main__":
    main()
