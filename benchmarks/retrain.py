"""What the weekly job costs beside a script that makes the same signals and the same fits, and nothing else.

python -m benchmarks.retrain [--sellers 10000] [--weeks 104] [--times 3] [--work DIR] [--write FILE]

Each way runs in a process of its own, on a store of its own, imports included; CPU seconds, the best of all times. The
aim is a ratio of 1.4.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

from simulator import simulate
from simulator.settings import read_scenario

_SEED = 7
_BARE = "bare"
_PRODUCT = "product"


def bare(data: Path, store_path: Path, as_of: date) -> None:
    """Take in, signals, labels, folds, fit and figures: what any script must do."""
    import configs  # noqa: PLC0415  (what a way needs is imported in its own process)
    from features.catalogue import CATALOGUE  # noqa: PLC0415
    from features.intake import take_in  # noqa: PLC0415
    from features.panel import signals_at  # noqa: PLC0415
    from features.settings import read_settings  # noqa: PLC0415
    from features.store import Store  # noqa: PLC0415
    from features.verdict_rows import verdicts_of  # noqa: PLC0415
    from model.settings import Configuration  # noqa: PLC0415
    from training.fit import fit_model  # noqa: PLC0415
    from training.labels import labelled_cutoffs, training_rows  # noqa: PLC0415

    configuration, store = read_settings(configs.SHIPPED, Configuration), Store(store_path)
    take_in(data, store, as_of, configuration)
    verdicts, labels = verdicts_of(store, configuration), configuration.labels
    history = signals_at(store, [*labelled_cutoffs(verdicts, as_of, labels), as_of], configuration)
    history = history[history["as_of"].dt.date < as_of]
    rows = training_rows(history, verdicts, as_of, labels, configuration.classifier.seed)
    fit_model(rows, history, CATALOGUE, configuration, as_of, progress=lambda _: None)


def product(data: Path, store_path: Path, as_of: date) -> None:
    """The weekly job as its command runs it."""
    import configs  # noqa: PLC0415
    from features.settings import read_settings  # noqa: PLC0415
    from model.settings import Configuration  # noqa: PLC0415
    from training.steps import Surroundings  # noqa: PLC0415
    from training.weekly import retrain  # noqa: PLC0415

    report = retrain(data, store_path, as_of, read_settings(configs.SHIPPED, Configuration), Surroundings())
    print(f"{report.outcome}: {dict(report.seconds)}", file=sys.stderr)


def measured(way: str, data: Path, work: Path, as_of: date) -> float:
    """CPU seconds of one run on a fresh store."""
    store = work / "store"
    shutil.rmtree(store, ignore_errors=True)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "benchmarks.retrain", "--way", way, str(data), str(store), as_of.isoformat()]
    subprocess.run(command, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Measure both ways in turn, and print or write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sellers", type=int, default=10_000)
    parser.add_argument("--weeks", type=int, default=104)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--work", type=Path, default=Path("retrain-cost"), help="where market and stores lie")
    parser.add_argument("--write", type=Path, help="file for the lines")
    parser.add_argument("--way", nargs=4, metavar=("WAY", "DATA", "STORE", "DATE"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.way:
        way, data, store, as_of = given.way
        {_BARE: bare, _PRODUCT: product}[way](Path(data), Path(store), date.fromisoformat(as_of))
        return
    market = read_scenario("default", sellers=given.sellers, weeks=given.weeks, seed=_SEED)
    place = given.work / f"market-{given.sellers}-{given.weeks}"
    if not place.is_dir():
        simulate(place / "data", place / "truth", market)
    as_of = market.market.start_on + timedelta(weeks=given.weeks)
    best = {_BARE: float("inf"), _PRODUCT: float("inf")}
    for _ in range(given.times):
        best = {way: min(least, measured(way, place / "data", given.work, as_of)) for way, least in best.items()}
    line = (
        f"{given.sellers:,} sellers, {given.weeks} weeks, best of {given.times}, CPU seconds:"
        f" bare script {best[_BARE]:.1f}, retrain {best[_PRODUCT]:.1f}, ratio {best[_PRODUCT] / best[_BARE]:.2f}"
    )
    print(line)
    if given.write is not None:
        given.write.write_text(line + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
