"""The main job on real events: the 35,592 ratings between the users of Bitcoin OTC.

``check``, ``retrain`` and ``score`` run as they are, at two cutoffs. The labels were made from the ratings received, so
a figure here proves that the job runs on real events, and nothing about how well it finds culprits.

python -m benchmarks.bitcoin_otc --source DIR --work DIR
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

import configs
from benchmarks.learned import learned_at
from benchmarks.rated_users import (
    FILLED,
    LABELS_FILE,
    RATINGS_FILE,
    RatedUsers,
    read_source,
    received_before,
    write_tables,
)
from features.catalogue import CATALOGUE
from features.settings import read_settings
from features.store import Store
from model.metrics import METRICS, difference, estimate
from model.settings import Configuration
from training.fit import fit_model

MIDWAY = date(2014, 1, 1)
COMMAND = Path(sys.executable).with_name("scrubwatch")
AUC = METRICS["roc_auc"]


def run(source: Path, work: Path) -> Iterator[str]:
    """Write the tables, run the jobs at both cutoffs, and say what came of it, line by line."""
    users = read_source(source)
    yield f"{len(users.ratings):,} ratings of {users.ratings['target'].nunique():,} users, {len(users.labels)} labels"
    for folder in ("data", "store", "scores"):
        shutil.rmtree(work / folder, ignore_errors=True)
    write_tables(users, work / "data")
    yield "filled by the adapter, since the source lacks it:"
    yield from (f"  {line}" for line in FILLED)
    for as_of in (MIDWAY, last_cutoff(users)):
        yield from _run_jobs(work, as_of)
        yield from _compare(users, out_of_fold(work / "store", as_of), as_of)
    yield f"plain count over all {len(users.labels)} labels, all ratings counted: AUC {_count_alone(users):.3f}"


def last_cutoff(users: RatedUsers) -> date:
    """The day after the last rating."""
    last: date = users.ratings["rated_at"].max().date()
    return last + timedelta(days=1)


def out_of_fold(store_path: Path, as_of: date) -> pd.DataFrame:
    """The labelled sellers with the margin of a model that has seen neither them nor their case.

    Columns seller_id, label, case, margin; one row a seller, at the last cutoff before its investigation. The fit is
    the one that ``retrain`` made: same rows, same seed.
    """
    configuration = read_settings(configs.SHIPPED, Configuration)
    rows, panel, _ = learned_at(Store(store_path), as_of, configuration)
    fit = fit_model(rows, panel, CATALOGUE, configuration, as_of, progress=lambda _: None)
    judged = fit.rows[fit.rows["label"].notna()].sort_values("as_of", kind="stable")
    return judged.drop_duplicates("seller_id", keep="last")[["seller_id", "label", "case", "margin"]]


def _run_jobs(work: Path, as_of: date) -> Iterator[str]:
    data, out = str(work / "data"), work / "scores" / str(as_of)
    common = ["--as-of", str(as_of), "--store", str(work / "store")]
    yield f"as of {as_of}"
    checked, seconds = _command("check", data, *common)
    tables = checked["tables"].values()
    waiting = sum(table["waiting"] for table in tables)
    quarantined = sum(sum(table["quarantined"].values()) for table in tables)
    yield f"  check: {waiting} rows waiting, {quarantined} quarantined ({seconds:.0f} s)"
    yield f"  missing tables: {', '.join(checked['missing'])}"
    learned, seconds = _command("retrain", data, *common)
    yield f"  retrain: {learned['outcome']}: {learned['why']} ({seconds:.0f} s)"
    _, seconds = _command("score", data, *common, "--out", str(out))
    yield f"  score: {pq.read_metadata(out / 'scores.parquet').num_rows:,} sellers scored ({seconds:.0f} s)"


def _command(*arguments: str) -> tuple[dict[str, Any], float]:
    began = time.perf_counter()
    answer = subprocess.run([COMMAND, *arguments, "--json"], check=True, stdout=subprocess.PIPE)
    return json.loads(answer.stdout), time.perf_counter() - began


def _compare(users: RatedUsers, judged: pd.DataFrame, as_of: date) -> Iterator[str]:
    labels, cases = judged["label"].to_numpy(dtype=float), judged["case"].to_numpy()
    received = judged["seller_id"].map(received_before(users, pd.Timestamp(as_of)))
    margins, fewest = judged["margin"].to_numpy(dtype=float), -received.to_numpy(dtype=float)
    model = estimate(AUC, labels, margins, cases, budget=1, seed=1)
    count = estimate(AUC, labels, fewest, cases, budget=1, seed=1)
    gap = difference(AUC, labels, margins, fewest, cases, budget=1, seed=1)
    yield f"  AUC over {len(judged)} labelled sellers, {labels.sum():.0f} of them fraudulent, folded by case:"
    yield f"    model {model.value:.3f} ({model.low:.3f} to {model.high:.3f})"
    yield f"    plain count of received ratings, fewest first {count.value:.3f} ({count.low:.3f} to {count.high:.3f})"
    yield f"    paired difference {gap.value:+.3f} ({gap.low:+.3f} to {gap.high:+.3f}, 95 %, {gap.method} over cases)"


def _count_alone(users: RatedUsers) -> float:
    received = users.labels["user"].map(users.ratings["target"].value_counts()).fillna(0)
    fraudulent = (users.labels["label"] == -1).to_numpy(dtype=float)
    return AUC(fraudulent, -received.to_numpy(dtype=float), fraudulent * 0 + 1, 1)


def main() -> None:
    """Run where the data are; say so, and end well, where they are not."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", type=Path, default=Path("../shared/data/bitcoin_otc"), help="folder of the ratings")
    parser.add_argument("--work", type=Path, default=Path("real"), help="where tables, store and scores are written")
    given = parser.parse_args()
    absent = [name for name in (RATINGS_FILE, LABELS_FILE) if not (given.source / name).is_file()]
    if absent:
        print(f"skipped: {given.source} holds no {' and no '.join(absent)}; name the folder with --source")
        return
    for line in run(given.source, given.work):
        print(line, flush=True)
    print("nothing more is claimed: these labels were made from the ratings that the sellers received")


if __name__ == "__main__":
    main()
