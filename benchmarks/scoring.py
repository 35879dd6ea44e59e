"""What it costs to score ten million sellers, beside LightGBM's prediction alone on the same rows in memory.

python -m benchmarks.scoring [--sellers 10000000] [--times 3] [--work DIR] [--write FILE]

A simulated market's signals of many weeks are spread over so many sellers (each value but 0 differs a little, so that
nothing packs better than life), in one file as the store has them. The model has the size of the one that the weekly
job learns from 10,000 sellers and 104 weeks. The job is all that lies between that file and `scores.parquet`: margins,
order, lists, reasons of the listed. CPU seconds of one process each, imports left out, in turn; the aims are a ratio of
1.25 of the medians, and 3 GB.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import shutil
import statistics
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

import configs
from benchmarks.made import OFTEN_FOUND, simulated
from features.catalogue import CATALOGUE
from features.intake import take_in
from features.panel import signals_at
from features.settings import read_settings
from features.store import Store
from features.stored_signals import ROWS_A_PART, StoredSignals, as_written
from features.verdict_rows import verdicts_of
from model.bundle import Bundle, read_bundle, write_bundle
from model.settings import Configuration
from scoring.job import explained, scored_rows
from scoring.listing import draw_lists
from scoring.output import write_scores
from scoring.ranking import ChosenModel, rank
from simulator.settings import settings_with
from training.fit import fit_model
from training.labels import labelled_cutoffs, training_rows
from training.learned import final_fit, learned_rows

_SELLERS, _WEEKS, _SEED = 2_000, 78, 9601
_TREES = 160
_JITTER = 1e-3


def prepare(work: Path, sellers: int, configuration: Configuration) -> date:
    """Make the market, the model, the verdicts and the wide file in WORK; returns the cutoff."""
    market = settings_with(OFTEN_FOUND, sellers=_SELLERS, weeks=_WEEKS, seed=_SEED)
    as_of = market.market.start_on + timedelta(weeks=_WEEKS)
    simulated(market, work)
    store = Store(work / "store")
    take_in(work / "data", store, as_of, configuration)
    verdicts = verdicts_of(store, configuration)
    panel = signals_at(store, [*labelled_cutoffs(verdicts, as_of, configuration.labels), as_of], configuration)
    _write_model(work / "bundle", panel, verdicts, as_of, configuration)
    random = np.random.default_rng(_SEED)
    known = verdicts.assign(seller_id=random.choice(sellers, len(verdicts), replace=False))
    known.to_pickle(work / "verdicts.pickle")
    file = work / f"signals-{sellers}.parquet"
    if not file.is_file():
        _spread(panel.assign(as_of=pd.Timestamp(as_of)), sellers, file, random)
    return as_of


def _write_model(
    folder: Path, panel: pd.DataFrame, verdicts: pd.DataFrame, as_of: date, configuration: Configuration
) -> None:
    settings = configuration.classifier
    history = panel[panel["as_of"] < pd.Timestamp(as_of)]
    rows = training_rows(history, verdicts, as_of, configuration.labels, settings.seed)
    card = fit_model(rows, panel, CATALOGUE, configuration, as_of, progress=lambda _: None).card
    model = final_fit(learned_rows(rows, panel, CATALOGUE, settings), settings, _TREES)
    shutil.rmtree(folder, ignore_errors=True)
    write_bundle(folder, model.booster_, card.model_copy(update={"trees": _TREES}))


def _spread(panel: pd.DataFrame, sellers: int, file: Path, random: np.random.Generator) -> None:
    """Write rows drawn from the panel, numbered as sellers, until there are so many."""
    signals = panel.select_dtypes("float64").columns
    beside = file.with_suffix(".next")
    schema = pa.Schema.from_pandas(panel.assign(seller_id=0), preserve_index=False)
    with pq.ParquetWriter(beside, schema, **as_written(schema)) as writer:
        for first in range(0, sellers, ROWS_A_PART):
            count = min(ROWS_A_PART, sellers - first)
            rows = panel.iloc[random.integers(len(panel), size=count)].assign(seller_id=np.arange(first, first + count))
            rows[signals] *= 1 + _JITTER * random.standard_normal((count, len(signals)))
            writer.write_table(pa.Table.from_pandas(rows, schema, preserve_index=False))
    beside.replace(file)


def alone(work: Path, sellers: int, as_of: date) -> float:  # noqa: ARG001  (called as `job` is)
    """CPU seconds of the prediction alone; the rows are brought into memory outside of them."""
    bundle, seconds = _bundle(work), 0.0
    for rows in StoredSignals(work / f"signals-{sellers}.parquet").matrices(bundle.signals):
        began = time.process_time()
        bundle.margins_of_rows(rows)
        seconds += time.process_time() - began
    return seconds


def job(work: Path, sellers: int, as_of: date) -> float:
    """CPU seconds of the job."""
    configuration, bundle = read_settings(configs.SHIPPED, Configuration), _bundle(work)
    verdicts = pd.read_pickle(work / "verdicts.pickle")  # noqa: S301  (written above)
    began = time.process_time()
    chosen = ChosenModel("benchmark", bundle, None, ())
    signals = StoredSignals(work / f"signals-{sellers}.parquet")
    ranking = rank(chosen, signals, CATALOGUE, configuration)
    listing, _ = draw_lists(signals, chosen, ranking, verdicts, as_of, configuration)
    scored = scored_rows(signals, ranking, listing)
    listed, _ = explained(signals, scored, ranking)
    write_scores(work, scored, listed["reasons"], as_of, chosen.label)
    return time.process_time() - began


def _bundle(work: Path) -> Bundle:
    return read_bundle(work / "bundle", CATALOGUE)


def spawned(call: Callable[[Path, int, date], float], *given: Path | int | date) -> tuple[float, float]:
    """CPU seconds that a call returns from a process of its own, and its peak memory in MB."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_with_peak, (call, given))


def _with_peak(call: Callable[..., float], given: tuple[Path | int | date, ...]) -> tuple[float, float]:
    return call(*given), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Print, or write, what both cost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sellers", type=int, default=10_000_000)
    parser.add_argument("--times", type=int, default=3, help="how often each is run, in turn")
    parser.add_argument("--work", type=Path, default=Path("scoring-scale"), help="where all of it lies; some 8 GB")
    parser.add_argument("--write", type=Path, help="file for the lines")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    as_of = prepare(given.work, given.sellers, read_settings(configs.SHIPPED, Configuration))
    costs = [[spawned(call, given.work, given.sellers, as_of) for call in (alone, job)] for _ in range(given.times)]
    plain, whole = (statistics.median(each[way][0] for each in costs) for way in (0, 1))
    peak = max(each[1][1] for each in costs)
    lines = [
        f"{given.sellers:,} sellers, {len(CATALOGUE)} signals, {len(_bundle(given.work).signals)} of them in the model",
        f"prediction alone {plain:.1f} CPU-s, job {whole:.1f} CPU-s: ratio {whole / plain:.2f} (aim 1.25)",
        f"peak memory of the job {peak:,.0f} MB (aim 3,000)",
    ]
    print("\n".join(lines))
    if given.write is not None:
        given.write.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
