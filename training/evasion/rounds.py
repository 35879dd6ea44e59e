"""Rounds of a game: manipulators choose what costs least against the champion, some are found, the defender retrains.

Time stands still: every round plays the same weeks anew, by other sellers, and the defender learns from the verdicts on
those whom the lists of the earlier rounds found, as if these weeks had come before.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from features.errors import WrongUse
from features.verdict_rows import verdicts_of
from model.alerts import resting_sellers
from model.arrays import Floats
from training.evasion.lists import Score
from training.evasion.outcomes import Outcome, Strategy, cheapest, price, stealthiest
from training.evasion.search import Bench, worth_trying

CHAMPION = "champion"

Fit = Callable[[pd.DataFrame | None], Score]
"""Fits a model; rows to learn from besides, as `training.evasion.refits` takes them."""


@dataclass(frozen=True)
class Round:
    """One round.

    Attributes:
        number: 1 for the champion that has met none of these manipulators.
        strategy: what they chose.
        cost: of it, US dollars.
        gain: of it.
        price: of the wanted gain at the accepted chance; infinite where nothing searched will do.
        chance: of being listed that the search saw for it.
        recall: share of those who played it that stood on a list.
        precision: share of the last list that are culprits, the market's own among them.
        found: how many verdicts found, from whom the next champion learns.

    """

    number: int
    strategy: str
    cost: float
    gain: float
    price: float
    chance: float
    recall: float
    precision: float
    found: int


def play_rounds(
    bench: Bench, idle: Strategy, guilty: Collection[Any], fit: Fit, *, rounds: int, clients: int, found_share: float
) -> Iterator[Round]:
    """Play some rounds, one after the other.

    Args:
        bench: where; its models are not asked.
        idle: the strategy of buying nothing.
        guilty: the market's own culprits at the last list.
        fit: the defender's model, from what it knew at the entry and these rows besides.
        rounds: how many.
        clients: sellers who play the chosen strategy, other ones in each round.
        found_share: of the listed ones that investigators find.

    Raises:
        WrongUse: too few sellers may begin.

    """
    if bench.market.hosts < 2 * rounds * clients:
        raise WrongUse(
            f"{bench.market.hosts} sellers may begin to buy help; {rounds} rounds with {clients} clients each need"
            f" {2 * rounds * clients}: simulate a larger market, or one with more reviews"
        )
    strategies = [idle, *worth_trying(bench.market, bench.effort)]
    random = np.random.default_rng(bench.effort.seed)
    learned: list[pd.DataFrame] = []
    for number in range(1, rounds + 1):
        bench.progress(f"round {number}: searching against the champion")
        champion = fit(pd.concat(learned, ignore_index=True) if learned else None)
        against = bench.against({CHAMPION: champion})
        hosts = range(bench.market.hosts - rounds * clients)
        outcomes = against.try_out(strategies, hosts, bench.effort.seed + number, bench.effort.searched_sellers)
        best = chosen(outcomes, bench)
        strategy = next(each for each in strategies if each.label == best.strategy)
        seen: list[pd.DataFrame] = []

        def looks(signals: pd.DataFrame, copy: Path, score: Any = champion, seen: Any = seen) -> Floats:
            strength: Floats = score(signals, copy)
            seen.append(signals.assign(strength=strength))
            return strength

        first = len(hosts) + (number - 1) * clients
        players = range(first, first + clients)
        played = against.against({CHAMPION: looks}).play([(host, strategy) for host in players], number)
        caught = played.loc[played[CHAMPION], "seller_id"]
        caught = caught[random.random(len(caught)) < found_share]
        learned.append(verdict_rows_of(seen[0], caught, bench))
        yield Round(
            number=number,
            strategy=best.strategy,
            cost=best.cost,
            gain=best.gain,
            price=price(outcomes, CHAMPION, bench.effort.gain, bench.effort.chance),
            chance=best.chance[CHAMPION],
            recall=float(played[CHAMPION].mean()),
            precision=_precision(seen[0], {*guilty, *played["seller_id"]}, bench),
            found=len(caught),
        )


def chosen(outcomes: Sequence[Outcome], bench: Bench) -> Outcome:
    """What manipulators choose: the cheapest that will do, else the least listed that gains enough, or nearly."""
    gain = bench.effort.gain
    found = cheapest(outcomes, CHAMPION, gain, bench.effort.chance) or stealthiest(outcomes, CHAMPION, gain)
    return found or max(outcomes, key=lambda each: (each.gain, each.strategy))


def verdict_rows_of(signals: pd.DataFrame, caught: pd.Series, bench: Bench) -> pd.DataFrame:
    """Training rows of the caught: their signals at every list after the entry; a seller's rows weigh 1 together."""
    rows = signals[signals["seller_id"].isin(caught) & (signals["as_of"] > pd.Timestamp(bench.entry))]
    return rows.drop(columns="strength").assign(
        label=1.0,
        weight=1.0 / max(len(bench.effort.cutoffs(bench.entry)), 1),
        case="entrant:" + rows["seller_id"].astype(str),
    )


def _precision(signals: pd.DataFrame, culprits: Collection[Any], bench: Bench) -> float:
    """Share of culprits on the last budget list of all who do not rest."""
    last = signals["as_of"].max()
    alerts = bench.configuration.alerts
    resting = resting_sellers(verdicts_of(bench.base, bench.configuration), last.date(), alerts.rest_days)
    pool = signals[(signals["as_of"] == last) & ~signals["seller_id"].isin(resting)]
    listed = pool.sort_values("strength", ascending=False, kind="stable").groupby("marketplace")["seller_id"]
    names = [seller for name, sellers in listed for seller in sellers.head(alerts.budget_of(str(name)))]
    return float(np.isin(np.array(names, dtype=object), list(culprits)).mean()) if names else float("nan")
