"""Twelve weeks of retrain and score on one store; a second run of any week must change nothing.

python -m benchmarks.weeks [--sellers 300] [--weeks 12] [--work DIR]

MLflow keeps the runs in the store, or at MLFLOW_TRACKING_URI.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import sys
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import configs
from features.audit_log import AuditLog
from features.settings import read_settings
from model.settings import Configuration
from scoring.job import score
from simulator import simulate
from simulator.settings import read_scenario
from training.steps import Surroundings
from training.weekly import retrain

_HISTORY_WEEKS = 60


def live(data: Path, store: Path, out: Path, as_of: date, configuration: Configuration, around: Surroundings) -> str:
    """One week: both jobs; returns the outcome and the digest of the scores."""
    report = retrain(data, store, as_of, configuration, around)
    score(data, store, as_of, out, configuration, around)
    digest = hashlib.sha256((out / "scores.parquet").read_bytes()).hexdigest()[:12]
    return f"{as_of}: {report.outcome}, champion {report.champion}, scores {digest}"


def broken_promises(
    data: Path, store: Path, out: Path, as_of: date, configuration: Configuration, around: Surroundings
) -> list[str]:
    """What a second run of a week changed, which it may not."""
    entries = len(AuditLog(store, 60).entries())
    scores = (out / "scores.parquet").read_bytes()
    again = retrain(data, store, as_of, configuration, around)
    score(data, store, as_of, out, configuration, around)
    found = []
    if again != replace(again, repeated=True):
        found.append(f"{as_of}: a second retrain did its work again")
    if len(AuditLog(store, 60).entries()) != entries:
        found.append(f"{as_of}: a second retrain decided again")
    if (out / "scores.parquet").read_bytes() != scores:
        found.append(f"{as_of}: a second score gave other scores")
    return found


def main() -> None:
    """Live the weeks, each twice; ends with 1 if the second time changed anything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sellers", type=int, default=300)
    parser.add_argument("--weeks", type=int, default=12)
    parser.add_argument("--work", type=Path, default=Path("twelve-weeks"), help="where all of it lies; made anew")
    given = parser.parse_args()
    shutil.rmtree(given.work, ignore_errors=True)
    market = read_scenario("default", sellers=given.sellers, weeks=_HISTORY_WEEKS + given.weeks, seed=1)
    data, store = given.work / "data", given.work / "store"
    simulate(data, given.work / "truth", market)
    configuration = read_settings(configs.SHIPPED, Configuration)
    around = Surroundings(tracking_uri=os.environ.get("MLFLOW_TRACKING_URI"))
    broken = []
    for week in range(1, given.weeks + 1):
        as_of = market.market.start_on + timedelta(weeks=_HISTORY_WEEKS + week)
        out = given.work / "scores" / as_of.isoformat()
        print(live(data, store, out, as_of, configuration, around), flush=True)
        broken += broken_promises(data, store, out, as_of, configuration, around)
    print("\n".join(broken) or "a second run of any week changed nothing")
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
