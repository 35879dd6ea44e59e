"""Average precision of a model that learned in one scenario and scores another.

python -m benchmarks.scenarios_matrix [SCENARIO...] [--sellers 1000] [--weeks 78] [--seed 1] [--work DIR] [--json FILE]

A row is where the model learned, a column where it scores: sellers without a verdict recorded before the last cutoff,
judged by the truth at that cutoff. The market that is scored has a seed of its own, so that the diagonal is fair.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

import configs
from benchmarks.ceiling import truly_guilty
from benchmarks.judged import precise
from benchmarks.made import simulated
from features.catalogue import CATALOGUE
from features.intake import take_in
from features.panel import signals_at
from features.settings import read_settings
from features.store import Store
from features.verdict_rows import verdicts_of
from model.arrays import Floats
from model.settings import Configuration
from simulator.settings import read_scenario
from training.evasion.lists import Score
from training.evasion.refits import Refits
from training.verdicts import verdicts_before

SCENARIOS = ("default", "stealth", "takedown", "strict_moderator", "sabotage")


class Scored(NamedTuple):
    """The sellers of a market who are judged: their signals, who is a culprit, and the market's data."""

    signals: pd.DataFrame
    culprit: Floats
    data: Path


class Place(NamedTuple):
    """A simulated market on disk with its store, and its last cutoff."""

    data: Path
    truth: Path
    store: Store
    as_of: date


def opened(scenario: str, sellers: int, weeks: int, seed: int, work: Path, configuration: Configuration) -> Place:
    """Simulate a market of the scenario, if it is not there yet, and take it in."""
    folder = work / f"{scenario}_{seed}"
    market = read_scenario(scenario, sellers=sellers, weeks=weeks, seed=seed)
    simulated(market, folder)
    as_of = market.market.start_on + timedelta(weeks=weeks)
    store = Store(folder / "store")
    take_in(folder / "data", store, as_of, configuration)
    return Place(folder / "data", folder / "truth", store, as_of)


def learned_in(place: Place, configuration: Configuration) -> Score:
    """The product's model of a market's verdicts."""
    return Refits(place.store, place.as_of, configuration, CATALOGUE).fitted()


def scored_in(place: Place, configuration: Configuration) -> Scored:
    """Who is judged in a market."""
    signals = signals_at(place.store, [place.as_of], configuration)
    decided = verdicts_before(verdicts_of(place.store, configuration), place.as_of)["seller_id"]
    judged = signals[~signals["seller_id"].isin(decided)]
    return Scored(judged, truly_guilty(place.truth, judged), place.data)


def matrix(models: Mapping[str, Score], markets: Mapping[str, Scored]) -> pd.DataFrame:
    """Average precision: a row where it learned, a column where it scores."""

    def precision(score: Score, market: Scored) -> float:
        everybody = np.ones(len(market.culprit), dtype=bool)
        return precise(market.culprit, score(market.signals, market.data), everybody)

    cells = {there: [precision(score, market) for score in models.values()] for there, market in markets.items()}
    return pd.DataFrame(cells, index=list(models))


def main(arguments: Sequence[str] | None = None) -> None:
    """Learn in each scenario, score all, and print the matrix."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", default=list(SCENARIOS), help="names")
    parser.add_argument("--sellers", type=int, default=1000, help="of each market")
    parser.add_argument("--weeks", type=int, default=78, help="of each market")
    parser.add_argument("--seed", type=int, default=1, help="of the markets learned in; the next is of those scored")
    parser.add_argument("--work", type=Path, default=Path("matrix"), help="where markets and stores lie")
    parser.add_argument("--json", type=Path, help="where the figures are written besides")
    given = parser.parse_args(arguments)
    configuration = read_settings(configs.SHIPPED, Configuration)
    size = given.sellers, given.weeks
    models, markets = {}, {}
    for name in given.scenarios:
        models[name] = learned_in(opened(name, *size, given.seed, given.work, configuration), configuration)
        markets[name] = scored_in(opened(name, *size, given.seed + 1, given.work, configuration), configuration)
        print(f"{name}: {int(markets[name].culprit.sum())} of {len(markets[name].culprit)} judged are culprits")
    found = matrix(models, markets)
    print(found.round(3).to_string())
    if given.json is not None:
        given.json.write_text(json.dumps(found.to_dict(), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
