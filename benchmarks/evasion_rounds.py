"""Four rounds of manipulators who adapt and a defender who retrains, in one market.

python -m benchmarks.evasion_rounds [--drawn SEED] [--work DIR] [--json FILE]
"""

from __future__ import annotations

import argparse
from datetime import timedelta
from pathlib import Path

import pandas as pd

import configs
from benchmarks.evasion import chosen
from benchmarks.figures import keep
from benchmarks.made import simulated
from features.catalogue import CATALOGUE
from features.settings import read_settings
from model.settings import Configuration
from simulator.evasion.stage import set_stage
from simulator.evasion.strategy import IDLE, read_evasion
from simulator.evasion.theatre import Theatre
from simulator.judge import guilty_sellers
from training.evasion.effort import WEEKS
from training.evasion.evade import open_bench
from training.evasion.lists import Score
from training.evasion.refits import Refits
from training.evasion.report import money
from training.evasion.rounds import play_rounds
from training.steps import Surroundings

QUICK = {"strategies": 14, "searched_sellers": 12}
ROUNDS, CLIENTS = 4, 40


def main() -> None:
    """Play the rounds and print them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--drawn", type=int, default=9101, metavar="SEED", help="a market drawn like the hard ones")
    parser.add_argument("--work", type=Path, default=Path("rounds"), help="where market and stores lie")
    parser.add_argument("--json", type=Path, help="where the rounds are written besides")
    given = parser.parse_args()
    ((_, market),) = chosen([], [given.drawn])
    data, truth = given.work / "data", given.work / "truth"
    simulated(market, given.work)
    configuration, settings = read_settings(configs.SHIPPED, Configuration), read_evasion()
    entry = market.market.start_on + timedelta(weeks=market.market.weeks - WEEKS)
    theatre = Theatre(set_stage(market, entry), data, settings)
    around = Surroundings(progress=lambda step: print(step, flush=True))
    effort = settings.effort.model_copy(update=QUICK)
    bench = open_bench(data, theatre, entry, {}, effort, given.work, configuration, around)
    guilty = guilty_sellers(truth, entry + timedelta(weeks=WEEKS))
    found_share = market.verdicts.found_share
    refits = Refits(bench.base, entry, configuration, CATALOGUE)

    def fit(more: pd.DataFrame | None) -> Score:
        return refits.fitted(more=more)

    rounds = []
    for each in play_rounds(bench, IDLE, guilty, fit, rounds=ROUNDS, clients=CLIENTS, found_share=found_share):
        rounds.append(each)
        print(
            f"round {each.number}: {each.strategy}, {money(each.cost)} for {each.gain:+.1%}; price {money(each.price)};"
            f" recall {each.recall:.2f}, precision {each.precision:.2f}, {each.found} of {CLIENTS} found",
            flush=True,
        )
    keep(rounds, given.json)


if __name__ == "__main__":
    main()
