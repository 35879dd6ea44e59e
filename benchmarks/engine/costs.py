"""Measures a way in a process of its own: CPU with its children, peak memory, and the most that it spilled."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

RUNS = 3
_MEGABYTE = 1 << 20


@dataclass(frozen=True)
class Cost:
    """CPU seconds of a process and its children, the largest memory it held and the largest spill, in megabytes."""

    cpu: float
    peak: float
    spilled: float


def measure(way: str, *arguments: str | Path, spills_into: Path | None = None, module: str = "ways") -> Cost:
    """Run one way of ``benchmarks.engine.ways`` and wait for it; ``fewer`` cuts the signals first."""
    process = subprocess.Popen(_command(module, way, *arguments))
    ended, spilled = threading.Event(), [0.0]
    watch = threading.Thread(target=_watch, args=(spills_into, ended, spilled))
    watch.start()
    _, status, usage = os.wait4(process.pid, 0)
    ended.set()
    watch.join()
    if status:
        raise SystemExit(f"{way} failed")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, spilled[0])


def printed(way: str, *arguments: str | Path) -> str:
    """What one way prints."""
    return subprocess.run(
        _command("ways", way, *arguments), stdout=subprocess.PIPE, text=True, check=True
    ).stdout.strip()


def _command(module: str, way: str, *arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", f"benchmarks.engine.{module}", way, *map(str, arguments)]


def _watch(folder: Path | None, ended: threading.Event, spilled: list[float]) -> None:
    while folder is not None and not ended.wait(0.2):
        with contextlib.suppress(FileNotFoundError):  # what was spilled is gone again
            sizes = sum(path.stat().st_size for path in folder.glob("staging/duckdb-*/*"))
            spilled[0] = max(spilled[0], sizes / _MEGABYTE)


def told(costs: Mapping[str, Sequence[Cost]], beside: str) -> list[str]:
    """Lines of a table: the best run of each way, and run by run the ratio of its CPU to that of one way."""
    lines = [
        "| way | CPU-s | peak MB | spilled MB | CPU ratio | the runs |",
        "| --- | ---: | ---: | ---: | ---: | --- |",
    ]
    for way, runs in costs.items():
        ratios = sorted(run.cpu / other.cpu for run, other in zip(runs, costs[beside], strict=True))
        best = min(runs, key=lambda run: run.cpu)
        each = ", ".join(f"{ratio:.3g}" for ratio in ratios)
        lines.append(
            f"| {way} | {best.cpu:.1f} | {max(run.peak for run in runs):,.0f} |"
            f" {max(run.spilled for run in runs):,.0f} | {ratios[len(ratios) // 2]:.3g} | {each} |"
        )
    return lines
