"""Two years of weeks: retrain, score and now and then prune on one store; memory, store and time by quarter.

python -m benchmarks.soak [--sellers 150] [--weeks 104] [--work DIR]

Each week its files are delivered, and both jobs run in a process of their own, as a scheduler runs them. Every 13 weeks
the store is pruned. What prune thins must stay flat; what is kept for good, such as the models, may grow by no more a
week than a year before. Ends with 1 if a week failed, if no model was learned, or if the last quarter costs over half
more than the one a year before it.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import configs
from benchmarks.made import OFTEN_FOUND
from features.pruning import THINNED
from features.settings import read_settings
from features.store import Store
from model.settings import Configuration
from scoring.casework.holds import prune_store
from scoring.job import score
from simulator import simulate
from simulator.settings import settings_with
from training.steps import Surroundings
from training.weekly import retrain

_HISTORY_WEEKS = 60
_QUARTER = 13
_PANEL_WEEKS = 52
_KEPT_WEEKS = _PANEL_WEEKS + 53
_MOST_GROWTH = 1.5
_THINNED = ("lookups", "signals", "tiles", *(f"events/{table}" for table in THINNED))
"""Folders of the store that prune thins; everything else in it is kept for good."""


@dataclass(frozen=True)
class Cost:
    """What a week cost: CPU seconds and peak memory of its processes, and what the store then holds, by its fate."""

    cpu_seconds: float
    peak_mb: float
    thinned_mb: float
    kept_mb: float
    files: int
    outcome: str


def forked(call: Callable[[], str], answer: Path) -> tuple[str, float, float]:
    """Run in a forked process; returns what it said, its CPU seconds and its peak memory in MB."""
    child = os.fork()
    if child == 0:
        code = 0
        try:
            answer.write_text(json.dumps(call()), encoding="utf-8")
        except BaseException:  # noqa: BLE001  (a failed week is told)
            traceback.print_exc()
            code = 1
        finally:
            os._exit(code)
    _, status, used = os.wait4(child, 0)
    said = "FAILED" if status else str(json.loads(answer.read_text(encoding="utf-8")))
    return said, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def live(work: Path, as_of: date, configuration: Configuration, *, prunes: bool) -> Cost:
    """One week: its delivery, and both jobs."""
    data, store, around = work / "data", work / "store", Surroundings()
    deliver(work / "all", data, as_of)

    def jobs() -> str:
        report = retrain(data, store, as_of, configuration, around)
        score(data, store, as_of, work / "scores", configuration, around)
        if prunes:
            prune_store(Store(store), _KEPT_WEEKS, configuration, around)
        return report.outcome

    said, seconds, peak = forked(jobs, work / "answer.json")
    (every, files), thinned = held(store), sum(held(store / folder)[0] for folder in _THINNED)
    return Cost(seconds, peak, thinned, every - thinned, files, said)


def held(folder: Path) -> tuple[float, int]:
    """MB and files of a folder."""
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    return sum(sizes) / 1e6, len(sizes)


def deliver(everything: Path, data: Path, as_of: date) -> None:
    """Add what was recorded before a cutoff and is not there yet; a platform has no files of days to come."""
    for file in everything.glob("*/recorded_on=*/*.parquet"):
        place = data / file.relative_to(everything)
        if file.parent.name < f"recorded_on={as_of}" and not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            os.link(file, place)


def table(costs: Sequence[Cost]) -> list[str]:
    """Means by quarter."""
    lines = [
        "| weeks | CPU-s a week | memory, MB | thinned by prune, MB | kept for good, MB | files |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for start in range(0, len(costs), _QUARTER):
        some = costs[start : start + _QUARTER]
        seconds = sum(cost.cpu_seconds for cost in some) / len(some)
        peak = max(cost.peak_mb for cost in some)
        weeks = f"{start + 1} to {start + len(some)}"
        last = some[-1]
        stored = f"{last.thinned_mb:.1f} | {last.kept_mb:.1f} | {last.files:,}"
        lines.append(f"| {weeks} | {seconds:.1f} | {peak:.0f} | {stored} |")
    return lines


def unlived(costs: Sequence[Cost]) -> list[str]:
    """What makes the run say nothing: weeks that failed, or that no model was learned in any."""
    outcomes = [cost.outcome for cost in costs]
    failed = outcomes.count("FAILED")
    found = [f"{failed} weeks failed"] if failed else []
    return found if set(outcomes) & {"first champion", "refreshed"} else [*found, "no model was learned in any week"]


def grown(costs: Sequence[Cost]) -> list[str]:
    """What the last quarter costs more than the one a year before, beyond what is allowed."""
    if len(costs) < 5 * _QUARTER:
        return []
    now, before = costs[-_QUARTER:], costs[-5 * _QUARTER : -4 * _QUARTER]
    ratios = {
        name: sum(getattr(cost, name) for cost in now) / sum(getattr(cost, name) for cost in before)
        for name in ("cpu_seconds", "peak_mb", "thinned_mb")
    }
    ratios["kept_mb a week"] = (now[-1].kept_mb - now[0].kept_mb) / (before[-1].kept_mb - before[0].kept_mb)
    return [
        f"{name}: {ratio:.2f} times what it was a year before" for name, ratio in ratios.items() if ratio > _MOST_GROWTH
    ]


def main() -> None:
    """Live the weeks and print what they cost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sellers", type=int, default=150)
    parser.add_argument("--weeks", type=int, default=104)
    parser.add_argument("--work", type=Path, default=Path("soak"), help="where all of it lies; made anew")
    given = parser.parse_args()
    shutil.rmtree(given.work, ignore_errors=True)
    given.work.mkdir(parents=True)
    market = settings_with(OFTEN_FOUND, sellers=given.sellers, weeks=_HISTORY_WEEKS + given.weeks, seed=1)
    simulate(given.work / "all", given.work / "truth", market)
    shipped = read_settings(configs.SHIPPED, Configuration)
    labels = shipped.labels.model_copy(update={"panel_weeks": _PANEL_WEEKS})
    promotion = shipped.promotion.model_copy(update={"min_positive_cases": 2})
    configuration = shipped.model_copy(update={"labels": labels, "promotion": promotion})
    costs = []
    for week in range(1, given.weeks + 1):
        as_of = market.market.start_on + timedelta(weeks=_HISTORY_WEEKS + week)
        costs.append(live(given.work, as_of, configuration, prunes=week % _QUARTER == 0))
        print(f"{as_of}: {costs[-1]}", flush=True)
    print("\n".join(table(costs)))
    wrong = [*unlived(costs), *grown(costs)]
    print("\n".join(wrong) or "no week failed and nothing grew beyond what is allowed")
    print(f"the whole run: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime:.0f} CPU-s")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
