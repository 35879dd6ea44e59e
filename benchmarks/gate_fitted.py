"""The gate with real fits: equal and better models of ten simulated markets, each with ten draws of verdicts.

python -m benchmarks.gate_fitted [--markets 10] [--draws 10] [--workers 2] [--work DIR] [--write FILE]

Verdicts are drawn as `benchmarks.unjudged` says. Both models of a pair are fitted anew at each past cutoff, by the code
that the weekly job runs. Equal models differ in their seed; the worse model of a better pair knows only some of the
signals, so many that it loses .15 to .20 of average precision on its market (against the truth, among the sellers
undecided then). Only pairs that lose as much by what was measured count. Fits are small (one bag, two folds, sixty
quick trees, rows of a year, three unknown ones for each that is labelled), or the trials would take a day. A market and
what was fitted on it stay in the working folder.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

import configs
from benchmarks.unjudged import Market, drawn_verdicts, running, unjudged_market
from features.catalogue import CATALOGUE
from features.settings import read_settings
from features.signal import Signal
from model.metrics import METRICS
from model.settings import Configuration
from training.change import OriginRanks, compare_over_origins
from training.learned import chosen_signals
from training.origins import Recipe, mature_origins, ranks_at_origins

FIRST_SEED = 9501
SMALL_FITS = {"bags": 1, "folds": 2, "max_trees": 60, "learning_rate": 0.1}
LADDER = (2, 3, 4, 6, 8, 11, 15, 20, 28, 40)
"""Numbers of signals that the worse model may know."""
GAIN = (0.15, 0.20)
FEWER = ((50, 10), (100, 20))
"""Culprits and cases to which the found ones are cut for the power that is printed beside."""
LOOKS = 4


@dataclass(frozen=True)
class Pair:
    """What the gate found of two models: does it change, and what is true of them."""

    changes: bool
    gain: float
    overlap: float
    culprits: int
    cases: int
    fewer: tuple[bool, ...]


def configuration() -> Configuration:
    """The shipped settings, with small fits."""
    shipped = read_settings(configs.SHIPPED, Configuration)
    return shipped.model_copy(
        update={
            "classifier": shipped.classifier.model_copy(update=SMALL_FITS),
            "labels": shipped.labels.model_copy(update={"unknown_per_labelled": 3, "panel_weeks": 52}),
            "promotion": shipped.promotion.model_copy(update={"most_origins": 8}),
        }
    )


def compared(
    market: Market, verdicts: pd.DataFrame, champion: Recipe, challenger: Recipe, most: int | None = None
) -> Pair:
    """Hold two recipes against each other as the weekly job would."""
    settings = challenger.configuration
    cutoffs = mature_origins(verdicts, market.as_of, settings)[:most]
    origins = ranks_at_origins(market.store, verdicts, champion, challenger, cutoffs, market.as_of, lambda _: None)
    told = _told(origins, settings)
    truths = [_true(market, origin, settings.alerts.budget) for origin in origins]
    found = pd.concat([origin.sellers[origin.sellers["label"] == 1] for origin in origins])
    random = np.random.default_rng(market.seed)
    fewer = tuple(_told(list(_cut(origins, random, *size)), settings) for size in FEWER)
    gain, overlap = np.mean(truths, axis=0)
    return Pair(told, float(gain), float(overlap), found["seller_id"].nunique(), found["case"].nunique(), fewer)


def _told(origins: Sequence[OriginRanks], settings: Configuration) -> bool:
    return compare_over_origins(origins, settings.alerts.budget, settings.promotion.significance).wins


def _true(market: Market, origin: OriginRanks, budget: int) -> tuple[float, float]:
    """By how much the challenger's order is truly more precise, and the share of both budgets in common."""
    sellers = origin.sellers
    guilty, ones = sellers["seller_id"].isin(running(market, origin.on)).to_numpy(dtype=float), np.ones(len(sellers))
    margins = [sellers[name].to_numpy(dtype=float) for name in ("champion", "challenger")]
    precise = [METRICS["average_precision"](guilty, each, ones, budget) for each in margins]
    tops = [set(np.argsort(-each)[:budget]) for each in margins]
    return precise[1] - precise[0], len(tops[0] & tops[1]) / budget


def _cut(
    origins: Sequence[OriginRanks], random: np.random.Generator, positives: int, cases: int
) -> Iterator[OriginRanks]:
    """The same origins, had only so many of the culprits been found, in so many cases."""
    found = pd.concat([origin.sellers.loc[origin.sellers["label"] == 1, ["seller_id", "case"]] for origin in origins])
    found = found.drop_duplicates("seller_id")
    kept = random.permutation(found["case"].unique())[:cases]
    of_kept = found.loc[found["case"].isin(kept), "seller_id"].to_numpy()
    sellers = random.choice(of_kept, min(positives, len(of_kept)), replace=False)
    for origin in origins:
        label = np.where(origin.sellers["seller_id"].isin(sellers), origin.sellers["label"], 0.0)
        yield OriginRanks(origin.on, origin.sellers.assign(label=label))


def worse_signals(market: Market, full: Recipe) -> Mapping[str, Signal]:
    """So many signals, in an order of the market's own, that their model loses what is asked, nearly."""
    verdicts, middle = drawn_verdicts(market, 0), sum(GAIN) / 2
    order = np.random.default_rng(market.seed).permutation(
        list(chosen_signals(CATALOGUE, full.configuration.classifier))
    )
    gains = {}
    for count in LADDER:
        catalogue = {name: CATALOGUE[name] for name in order[:count]}
        gains[count] = compared(market, verdicts, Recipe(full.configuration, catalogue), full, most=2).gain
    best = min(gains, key=lambda count: abs(gains[count] - middle))
    return {name: CATALOGUE[name] for name in order[:best]}


def _seeded(settings: Configuration, seed: int) -> Configuration:
    return settings.model_copy(update={"classifier": settings.classifier.model_copy(update={"seed": seed})})


def trials(work: Path, seed: int, draws: int) -> tuple[list[Pair], list[Pair]]:
    """Equal pairs and better pairs of a market, one of each a draw."""
    settings = configuration()
    market = unjudged_market(work, seed, settings)
    fewer = worse_signals(market, Recipe(settings, CATALOGUE))
    equal, better = [], []
    for draw in range(1, draws + 1):
        verdicts = drawn_verdicts(market, draw)
        full, again = (Recipe(_seeded(settings, 2 * draw + twin), CATALOGUE) for twin in (0, 1))
        worse = Recipe(full.configuration, fewer)
        equal.append(compared(market, verdicts, again, full))
        better.append(compared(market, verdicts, worse, full))
        print(f"market {seed}, draw {draw}: equal {equal[-1]}, better {better[-1]}", flush=True)
    return equal, better


def report(equal: Sequence[Pair], better: Sequence[Pair]) -> list[str]:
    """Lines on equal pairs, better pairs, power with fewer cases, and false changes in years of four looks."""
    within = [pair for pair in better if GAIN[0] <= pair.gain <= GAIN[1]]
    years = [equal[first : first + LOOKS] for first in range(0, len(equal) - LOOKS + 1, LOOKS)]
    false_years = sum(any(each.changes for each in year) for year in years)
    culprits, cases = (np.median([getattr(pair, name) for pair in equal]) for name in ("culprits", "cases"))
    more, overlap = np.mean([pair.gain for pair in better]), np.mean([pair.overlap for pair in equal])
    lines = [
        f"culprits found later: {culprits:.0f} in {cases:.0f} cases (medians)",
        f"equal pairs that change: {_share(equal)} (at most 4 of 100); {overlap:.0%} of the budget in common",
        f"pairs better by {GAIN[0]} to {GAIN[1]} average precision that change: {_share(within)} (78 of 100 at least)",
        f"all better pairs, by {more:.3f} on average, that change: {_share(better)}",
    ]
    for at, (few, fewer_cases) in enumerate(FEWER):
        power, false = (f"{sum(pair.fewer[at] for pair in pairs)} of {len(pairs)}" for pairs in (within, equal))
        lines.append(f"with {few} culprits in {fewer_cases} cases: {power} of those pairs, {false} equal ones")
    return [*lines, f"years of four looks with a false change: {false_years} of {len(years)}"]


def _share(pairs: Sequence[Pair]) -> str:
    return f"{sum(pair.changes for pair in pairs)} of {len(pairs)}"


def main() -> None:
    """Run the trials and print, or write, what they came to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--markets", type=int, default=10)
    parser.add_argument("--draws", type=int, default=10, help="draws of verdicts a market")
    parser.add_argument("--workers", type=int, default=2, help="markets at once")
    parser.add_argument("--work", type=Path, default=Path("gate-markets"), help="where markets and fits are kept")
    parser.add_argument("--write", type=Path, help="file for the lines")
    given = parser.parse_args()
    seeds = range(FIRST_SEED, FIRST_SEED + given.markets)
    run = Parallel(n_jobs=given.workers)(delayed(trials)(given.work, seed, given.draws) for seed in seeds)
    lines = report([pair for equal, _ in run for pair in equal], [pair for _, better in run for pair in better])
    print("\n".join(lines))
    if given.write is not None:
        given.write.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
