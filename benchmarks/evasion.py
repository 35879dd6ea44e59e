"""The price of evasion of the product's model beside that of the fixed peer, over simulated markets.

python -m benchmarks.evasion [MARKET...] [--drawn SEED...] [--work DIR] [--json FILE] [--quick] [--families]

MARKET is the name of a frozen market (`make prove`); with --drawn, markets are drawn like the hard ones by seeds of
their own. In each, the product retrains half a year before the end; then one seller after the other begins to buy help.
The peer learns from the product's rows, and both are asked about the same half years. --quick runs fewer strategies and
sellers, and says so.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import configs
from benchmarks.draw import text_of
from benchmarks.figures import over_markets
from benchmarks.frozen import BASE, FOLDER, frozen_market
from benchmarks.made import simulated
from benchmarks.peer import peer_columns, peer_scores
from features.catalogue import CATALOGUE
from features.settings import read_settings
from model.arrays import Floats
from model.settings import Configuration
from simulator.evasion.stage import set_stage
from simulator.evasion.strategy import IDLE, read_evasion
from simulator.evasion.theatre import Theatre
from simulator.settings import SimulatorSettings, settings_from
from training.evasion.effort import WEEKS, Effort
from training.evasion.evade import evade, named_models, open_bench
from training.evasion.lists import Score
from training.evasion.outcomes import price, stealthiest
from training.evasion.page import evasion_page
from training.evasion.refits import Refits
from training.evasion.report import CHANCES, Evasion
from training.steps import Surroundings
from training.weekly import retrain

QUICK = {
    "strategies": 30,
    "refined": 8,
    "searched_sellers": 12,
    "finalists": 5,
    "estimated_sellers": 60,
    "entrants_at_once": 200,
}
PRODUCT, PEER = "product", "peer"
SMALLER_GAINS = (0.01, 0.02, 0.05)
"""Less than is wanted. The search alone tells what they cost, by few sellers: its best are of the wanted gain."""


def chosen(names: Sequence[str], seeds: Sequence[int]) -> Iterator[tuple[str, SimulatorSettings]]:
    """Frozen markets by name, and others drawn like the hard ones."""
    for name in names:
        yield name, frozen_market(name).settings
    for seed in seeds:
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(text_of("hard", seed))
            file.flush()
            yield f"drawn_{seed}", settings_from(FOLDER / f"{BASE}.yaml", Path(file.name))


def priced(name: str, settings: SimulatorSettings, effort: Effort, work: Path, *, families: bool) -> Evasion:
    """The price of evasion of the product and of the peer in one market."""
    folder = work / name
    data, store = folder / "data", folder / "store"
    simulated(settings, folder)
    configuration = read_settings(configs.SHIPPED, Configuration)
    entry = settings.market.start_on + timedelta(weeks=settings.market.weeks - WEEKS)
    around = Surroundings(progress=lambda step: print(f"{name}: {step}", flush=True))
    retrain(data, store, entry, configuration, around)
    (product,) = named_models(["champion"], store, configuration, around).values()
    market = Theatre(set_stage(settings, entry), data, read_evasion())
    bench = open_bench(data, market, entry, {PRODUCT: product}, effort, folder, configuration, around)
    refits = Refits(bench.base, entry, configuration, CATALOGUE)
    bench = bench.against({PRODUCT: product, PEER: peer_of(data, refits.rows)})
    return evade(bench, IDLE, families=families)


def peer_of(data: Path, rows: pd.DataFrame) -> Score:
    """The fixed peer, learned from the product's training rows with unknown taken as negative."""
    learned, culprit = peer_columns(data, rows), (rows["label"] == 1).to_numpy(dtype=np.float64)

    def score(signals: pd.DataFrame, copy: Path) -> Floats:
        return peer_scores(learned, culprit, peer_columns(copy, signals))

    return score


def summary(found: dict[str, Evasion]) -> list[str]:
    """Prices and least chances by market, and ratios with their interval over the markets."""
    lines = []
    for name, each in found.items():
        for model in each.models:
            least = stealthiest(each.estimated, model, each.gain)
            prices = ", ".join(f"{c:g}: {_money(each.price(model, c))}" for c in (each.chance, *CHANCES))
            chance = "-" if least is None else f"{least.chance[model]:.2f} at {_money(least.cost)} ({least.strategy})"
            honest = each.honest.chance[model]
            lines.append(f"{name} {model}: price by chance {prices}; least chance {chance}; honest {honest:.2f}")
    markets, likely = list(found.values()), CHANCES[-1]
    for asked in (markets[0].chance, *CHANCES):
        estimated = [(each.price(PRODUCT, asked), each.price(PEER, asked)) for each in markets]
        lines.append(f"product over peer at a chance of {asked:g}: {ratio(estimated)}")
    for gain in SMALLER_GAINS:
        searched = [tuple(price(each.searched, model, gain, likely) for model in (PRODUCT, PEER)) for each in markets]
        lines.append(f"the same in the search for a gain of {gain:.0%} at a chance of {likely:g}: {ratio(searched)}")
    return lines


def ratio(pairs: Sequence[tuple[float, ...]]) -> str:
    """The ratio of two prices, geometric mean and interval over the markets in which both are finite, and where not."""
    both = [np.log(product / peer) for product, peer in pairs if max(product, peer) < float("inf")]
    only_peer = sum(product == float("inf") > peer for product, peer in pairs)
    only_product = sum(peer == float("inf") > product for product, peer in pairs)
    neither = len(pairs) - len(both) - only_peer - only_product
    told = "-"
    if both:
        mean, low, high, _ = over_markets(both)
        told = f"{np.exp(mean):.2f} ({np.exp(low):.2f} to {np.exp(high):.2f}; {len(both)} markets)"
    return f"{told}; only the peer can be evaded in {only_peer}, only the product in {only_product}, none in {neither}"


def _money(value: float) -> str:
    return "none" if value == float("inf") else f"${value:,.0f}"


def main() -> None:
    """Price the markets, print the summary, and write all of it and a page a market."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("markets", nargs="*", metavar="MARKET", help="names of frozen markets")
    parser.add_argument("--drawn", nargs="*", type=int, default=[], metavar="SEED", help="markets drawn like the hard")
    parser.add_argument("--work", type=Path, default=Path("evasion"), help="where markets and stores lie")
    parser.add_argument("--json", type=Path, help="where the figures are written besides")
    parser.add_argument("--quick", action="store_true", help=f"a smaller search: {QUICK}")
    parser.add_argument("--families", action="store_true", help="also without the signals of each service")
    given = parser.parse_args()
    effort = read_evasion().effort
    effort = effort.model_copy(update=QUICK) if given.quick else effort
    found: dict[str, Evasion] = {}
    for name, settings in chosen(given.markets, given.drawn):
        found[name] = priced(name, settings, effort, given.work, families=given.families)
        page = given.work / f"{name}.html"
        page.write_text(evasion_page(found[name]), encoding="utf-8")
        if given.json is not None:
            told: dict[str, Any] = {key: each.as_json() for key, each in found.items()}
            given.json.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
        print("\n".join(summary(found)), flush=True)


if __name__ == "__main__":
    main()
