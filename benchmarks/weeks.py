"""Twelve weeks of retrain and score on one store; a second run of any week must change nothing.

python -m benchmarks.weeks [--sellers 400] [--weeks 12] [--server] [--work DIR]

MLflow keeps the runs in the store, or on a server that is started beside. Ends with 1 too where no model was learned,
for then little was shown.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import sys
from contextlib import nullcontext
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import configs
from benchmarks.made import OFTEN_FOUND
from benchmarks.server import mlflow_server
from features.audit_log import AuditLog
from features.settings import read_settings
from model.settings import Configuration
from scoring.job import score
from simulator import simulate
from simulator.settings import settings_with
from training.steps import Surroundings
from training.weekly import retrain

_HISTORY_WEEKS = 60


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


def lived(work: Path, sellers: int, weeks: int, around: Surroundings) -> list[str]:
    """Live the weeks and print each; returns the promises that were broken."""
    market = settings_with(OFTEN_FOUND, sellers=sellers, weeks=_HISTORY_WEEKS + weeks, seed=1)
    data, store = work / "data", work / "store"
    simulate(data, work / "truth", market)
    configuration = read_settings(configs.SHIPPED, Configuration)
    broken, learned = [], False
    for week in range(1, weeks + 1):
        as_of = market.market.start_on + timedelta(weeks=_HISTORY_WEEKS + week)
        out = work / "scores" / as_of.isoformat()
        report = retrain(data, store, as_of, configuration, around)
        score(data, store, as_of, out, configuration, around)
        digest = hashlib.sha256((out / "scores.parquet").read_bytes()).hexdigest()[:12]
        print(f"{as_of}: {report.outcome}, champion {report.champion}, scores {digest}", flush=True)
        learned = learned or report.champion is not None
        broken += broken_promises(data, store, out, as_of, configuration, around)
    return broken if learned else [*broken, "no model was learned in any week"]


def main() -> None:
    """Live the weeks, each twice; ends with 1 if the second time changed anything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sellers", type=int, default=400)
    parser.add_argument("--weeks", type=int, default=12)
    parser.add_argument("--work", type=Path, default=Path("twelve-weeks"), help="where all of it lies; made anew")
    parser.add_argument("--server", action="store_true", help="keep the runs on an MLflow server")
    given = parser.parse_args()
    shutil.rmtree(given.work, ignore_errors=True)
    with mlflow_server(given.work / "server") if given.server else nullcontext() as address:
        broken = lived(given.work, given.sellers, given.weeks, Surroundings(tracking_uri=address))
    print("\n".join(broken) or "a second run of any week changed nothing")
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
