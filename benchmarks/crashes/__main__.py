"""Kills every job at each of its write points and runs it again: nothing may be lost, doubled, or left to grow.

python -m benchmarks.crashes [--jobs features,score] [--kills N] [--work DIR]

Each point is killed twice in a row before the write, and twice in the middle of it where it can be cut; and twice the
disk is full there, which must be said plainly. Then the job runs undisturbed. With --kills N only so many ways to fail
are tried of each job, of every line of code that writes one before any has two.
"""

from __future__ import annotations

import argparse
import importlib
import shutil
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.crashes.harness import Harness, Verdict
from benchmarks.crashes.jobs import JOBS

_IMPORTED = (
    "mlflow.lightgbm",
    "mlflow.store.tracking.sqlalchemy_store",
    "mlflow.store.model_registry.sqlalchemy_store",
    "alembic.command",
    "matplotlib.pyplot",
    "sklearn.linear_model",
)


def main() -> None:
    """Print a line a job and every difference; ends with 1 if there was one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", default=",".join(JOBS), help="which jobs, with commas between")
    parser.add_argument("--kills", type=int, default=None, help="ways to die of each job; without it all")
    parser.add_argument("--work", type=Path, default=None, help="where all of it lies; made anew")
    given = parser.parse_args()
    for name in _IMPORTED:
        importlib.import_module(name)  # once, not in each of the forked processes
    work = given.work or Path(tempfile.mkdtemp(prefix="crashes-"))
    shutil.rmtree(work, ignore_errors=True)
    found: list[Verdict] = []
    for name in given.jobs.split(","):
        began = time.monotonic()
        told = Harness(name, work / name.replace(" ", "-")).run(given.kills)
        found.append(told)
        print(f"{told.line()}, {time.monotonic() - began:.0f} s", flush=True)
        print("".join(f"  {line}\n" for line in told.differences), end="", flush=True)
    shutil.rmtree(work, ignore_errors=True)
    sys.exit(1 if any(each.differences for each in found) else 0)


if __name__ == "__main__":
    main()
