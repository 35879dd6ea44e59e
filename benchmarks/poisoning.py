"""What false verdicts do to the ranking, and what floods of false reviews do to the rivals at whom they are aimed.

python -m benchmarks.poisoning [--sellers 1000] [--weeks 78] [--seed 9101] [--shares 0.1,0.3]

Somebody who may give verdicts clears accomplices or accuses rivals: alone or as five people, in one week or patiently
over half a year, one seller here and there or ring by ring; with and without the limit on one person's week. Whoever
may give none floods rivals with reviews that should make them look guilty (`benchmarks.floods`). The truth is the
simulator's; figures are of all sellers that no true verdict has named.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
from sklearn.metrics import average_precision_score

import configs
from benchmarks.floods import FLOODS, signals_flooded
from features.catalogue import CATALOGUE
from features.intake import take_in
from features.panel import signals_at
from features.settings import read_settings
from features.store import Store
from features.verdict_rows import verdicts_of
from model.alerts import resting_sellers
from model.bundle import Bundle
from model.settings import Configuration
from simulator import simulate
from simulator.judge import guilty_sellers, ring_of_sellers
from simulator.settings import read_scenario
from training.authors import bursts_before, outside_bursts
from training.fit import fit_model
from training.labels import labelled_cutoffs, training_rows

_WITHOUT_LIMIT = 10**6
_HALF_A_YEAR = 26
_AUTHOR = 1

Order = Callable[[pd.DataFrame], pd.Series]
"""Gives the margins by seller of a signal table."""


@dataclass(frozen=True)
class Attack:
    """False verdicts: what they say, by how many people, in how many weeks."""

    name: str
    verdict: str
    people: int
    weeks: int
    ring_by_ring: bool = False


ATTACKS = (
    Attack("one clears accomplices, in a week", "cleared", 1, 1),
    Attack("one clears accomplices, patiently", "cleared", 1, _HALF_A_YEAR),
    Attack("five clear accomplices, in a week", "cleared", 5, 1),
    Attack("one clears whole rings, patiently", "cleared", 1, _HALF_A_YEAR, ring_by_ring=True),
    Attack("one accuses rivals, in a week", "manipulated", 1, 1),
    Attack("one accuses rivals, patiently", "manipulated", 1, _HALF_A_YEAR),
    Attack("five accuse rivals, in a week", "manipulated", 5, 1),
)


@dataclass(frozen=True)
class Market:
    """What is known at the cutoff, and what is true."""

    folder: Path
    as_of: date
    panel: pd.DataFrame
    verdicts: pd.DataFrame
    guilty: frozenset[Any]
    configuration: Configuration

    @property
    def now(self) -> pd.DataFrame:
        """The signals at the cutoff."""
        return self.panel[self.panel["as_of"] == pd.Timestamp(self.as_of)]

    @property
    def judged(self) -> set[Any]:
        """Sellers that a true verdict has named."""
        return set(self.verdicts["seller_id"])

    def unjudged(self, *, guilty: bool, seed: int, ring_by_ring: bool = False) -> list[Any]:
        """Sellers that no verdict has named, in random order; or ring by ring, the largest first."""
        free = sorted(set(self.now["seller_id"]) - self.judged)
        chosen = pd.Series([seller for seller in free if (seller in self.guilty) == guilty], dtype=object)
        drawn = chosen.sample(frac=1, random_state=seed)
        if not ring_by_ring:
            return list(drawn)
        rings = drawn.groupby(drawn.map(ring_of_sellers(self.folder / "truth")))
        return [seller for _, sellers in sorted(rings, key=lambda ring: -len(ring[1])) for seller in sellers]


def make_market(folder: Path, sellers: int, weeks: int, seed: int) -> Market:
    """Simulate a market and compute the signals that a retraining at its end reads."""
    settings = read_scenario("default", sellers=sellers, weeks=weeks, seed=seed)
    simulate(folder / "data", folder / "truth", settings)
    configuration = read_settings(configs.SHIPPED, Configuration)
    as_of = settings.market.start_on + timedelta(weeks=weeks)
    store = Store(folder / "store")
    take_in(folder / "data", store, as_of, configuration)
    verdicts = verdicts_of(store, configuration)
    verdicts = verdicts[verdicts["known_at"] < pd.Timestamp(as_of)]

    cutoffs = labelled_cutoffs(verdicts, as_of, configuration.labels)
    panel = signals_at(store, [*cutoffs, as_of], configuration)
    return Market(folder, as_of, panel, verdicts, frozenset(guilty_sellers(folder / "truth", as_of)), configuration)


def false_verdicts(market: Market, attack: Attack, targets: Sequence[Any]) -> pd.DataFrame:
    """The verdicts of an attack, the last of them a week before the cutoff."""
    rows = []
    for number, seller in enumerate(targets):
        decided = pd.Timestamp(market.as_of) - pd.Timedelta(days=8 + 7 * (number % attack.weeks))
        row = dict.fromkeys(market.verdicts.columns) | {
            "seller_id": seller,
            "decided_at": decided,
            "known_at": decided,
            "opened_at": decided - pd.Timedelta(days=3),
            "verdict": attack.verdict,
            "onset_on": decided - pd.Timedelta(weeks=_HALF_A_YEAR) if attack.verdict == "manipulated" else None,
            "route": "tip",
            "decided_by": _AUTHOR + number % attack.people,
            "case_id": f"false {number}",
        }
        rows.append(row)
    if not rows:
        return market.verdicts
    added = pd.DataFrame(rows).astype(market.verdicts.dtypes.to_dict())
    return pd.concat([market.verdicts, added], ignore_index=True)


def taught(market: Market, verdicts: pd.DataFrame, limit: int) -> tuple[Order, set[Any]]:
    """The order of the model that these verdicts teach, and who rests."""
    labels = market.configuration.labels.model_copy(update={"author_week_verdicts": limit})
    configuration = market.configuration.model_copy(update={"labels": labels})
    history = market.panel[market.panel["as_of"] < pd.Timestamp(market.as_of)]
    rows = training_rows(history, verdicts, market.as_of, labels, configuration.classifier.seed)
    fit = fit_model(rows, history, CATALOGUE, configuration, market.as_of, progress=lambda _: None)
    bundle = Bundle(fit.card, fit.booster, digest="")

    def order(signals: pd.DataFrame) -> pd.Series:
        return pd.Series(bundle.margins(signals), index=signals["seller_id"])

    counted = outside_bursts(verdicts, market.as_of, labels)
    resting = resting_sellers(counted, market.as_of, configuration.alerts.rest_days)
    return order, set(resting.index)


def quality(market: Market, margins: pd.Series) -> float:
    """Average precision among the unjudged."""
    rest = margins[~margins.index.isin(list(market.judged))]
    return float(average_precision_score(rest.index.isin(list(market.guilty)), rest))


def told(market: Market, margins: pd.Series, resting: set[Any], targets: Sequence[Any]) -> str:
    """Quality among the unjudged, where the targets of an attack stand, and how many of them are kept off the lists."""
    stand = f"{margins.rank(pct=True)[list(targets)].median():.0%}" if len(targets) else "-"
    return f"{quality(market, margins):.3f} | {stand} | {len(resting & set(targets))} of {len(targets)}"


def table(market: Market, shares: Sequence[float], seed: int) -> Iterator[str]:
    """Rows of the table of losses."""
    limit = market.configuration.labels.author_week_verdicts
    yield "| attack | share | limit | average precision | targets stand above | targets kept off the lists |"
    yield "| --- | --- | --- | --- | --- | --- |"
    honest, resting = taught(market, market.verdicts, limit)
    yield f"| none | 0% | {limit} | {told(market, honest(market.now), resting, ())} |"
    for attack in ATTACKS:
        free = market.unjudged(guilty=attack.verdict == "cleared", seed=seed, ring_by_ring=attack.ring_by_ring)
        for share in shares:
            targets = free[: round(share / (1 - share) * len(market.verdicts))]
            verdicts = false_verdicts(market, attack, targets)
            reached = len(bursts_before(verdicts, market.as_of, market.configuration.labels))
            for most in (_WITHOUT_LIMIT, limit) if reached else (limit,):
                order, resting = taught(market, verdicts, most)
                shown = "none" if most == _WITHOUT_LIMIT else str(most) if reached else "not reached"
                yield f"| {attack.name} | {share:.0%} | {shown} | {told(market, order(market.now), resting, targets)} |"
    yield ""
    yield "| flood | rivals | average precision | rivals stand above | rivals in the budget |"
    yield "| --- | --- | --- | --- | --- |"
    for share in shares:
        rivals = market.unjudged(guilty=False, seed=seed)[: round(share / (1 - share) * len(market.verdicts))]
        yield f"| none | {len(rivals)} | {aimed(market, honest(market.now), rivals)} |"
        for name in FLOODS:
            flooded = signals_flooded(market.folder, name, rivals, market.as_of, market.configuration, seed)
            yield f"| {name} | {len(rivals)} | {aimed(market, honest(flooded), rivals)} |"


def aimed(market: Market, margins: pd.Series, rivals: Sequence[Any]) -> str:
    """Quality, where the rivals stand, and how many of them the budget lists."""
    listed = set(margins.nlargest(market.configuration.alerts.budget).index)
    stand = margins.rank(pct=True)[list(rivals)].median()
    return f"{quality(market, margins):.3f} | {stand:.0%} | {len(listed & set(rivals))} of {len(rivals)}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sellers", type=int, default=1000)
    parser.add_argument("--weeks", type=int, default=78)
    parser.add_argument("--seed", type=int, default=9101)
    parser.add_argument("--shares", default="0.1,0.3", help="false verdicts among all, with commas between")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="poisoning-") as folder:
        market = make_market(Path(folder), given.sellers, given.weeks, given.seed)
        print(f"{len(market.verdicts)} verdicts, {len(market.guilty)} of {len(market.now)} sellers run a scheme")
        for line in table(market, [float(share) for share in given.shares.split(",")], given.seed):
            print(line, flush=True)


if __name__ == "__main__":
    main()
