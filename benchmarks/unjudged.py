"""Markets in which nobody is investigated while they are simulated, and verdicts that are drawn of them afterwards.

So several draws of verdicts fit the same events: every week some culprits are found by a tip and some sellers are drawn
at random, the simulated investigators decide, and what they find of a ring is one case.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.made import simulated
from features.contract import TABLES
from features.intake import take_in
from features.reading import contract_columns
from features.store import Store
from model.settings import Configuration
from simulator.investigators import Investigators
from simulator.judge import guilty_at, read_market, ring_of_sellers
from simulator.settings import settings_with

SELLERS, WEEKS = 5000, 91
FOUND_FROM_WEEK, TIPS_A_WEEK, DRAWN_A_WEEK = 20, 8.0, 12.0
MARKET: dict[str, Any] = {
    "guilt": {"guilty_share": 0.18, "sellers_per_ring": 22.0},
    "verdicts": dict.fromkeys(
        (
            *("tips_on_guilty_per_week", "tips_on_innocent_per_week", "alerts_per_week"),
            *("audits_per_week", "random_per_week", "staff_cleared_per_week"),
        ),
        0.0,
    ),
}


@dataclass(frozen=True)
class Market:
    """A simulated market on disk, taken in once."""

    folder: Path
    seed: int

    @property
    def truth(self) -> Path:
        """The folder of what is true."""
        return self.folder / "truth"

    @property
    def store(self) -> Store:
        """Its store."""
        return Store(self.folder / "store")

    @property
    def as_of(self) -> date:
        """The end of what was simulated."""
        market = read_market(self.truth).market
        return market.start_on + timedelta(weeks=market.weeks)


def unjudged_market(work: Path, seed: int, configuration: Configuration) -> Market:
    """The market of a seed, simulated and taken in if it is not there."""
    market = Market(work / f"market-{seed}", seed)
    simulated(settings_with(MARKET, sellers=SELLERS, weeks=WEEKS, seed=seed), market.folder)
    take_in(market.folder / "data", market.store, market.as_of, configuration)
    return market


def drawn_verdicts(market: Market, draw: int) -> pd.DataFrame:
    """Verdict rows as the store would return them, of one way in which this market could have been investigated."""
    settings = read_market(market.truth)
    random = np.random.default_rng([market.seed, draw])
    investigators = Investigators(market.truth, settings.verdicts, market.seed * 100 + draw)
    free = pd.Series(pd.Timestamp.min, index=_sellers(market))
    found = []
    for week in range(FOUND_FROM_WEEK, settings.market.weeks):
        on = settings.market.start_on + timedelta(weeks=week)
        able = free.index[free < pd.Timestamp(on)]
        guilty = able.intersection(running(market, on - timedelta(weeks=3)))
        tips = random.choice(guilty, min(len(guilty), random.poisson(TIPS_A_WEEK)), replace=False)
        others = able.difference(tips)
        by_chance = random.choice(others, min(len(others), random.poisson(DRAWN_A_WEEK)), replace=False)
        routes = ["tip"] * len(tips) + ["random"] * len(by_chance)
        chance = [np.nan] * len(tips) + [DRAWN_A_WEEK / len(others)] * len(by_chance)
        listed = pd.DataFrame({"seller_id": [*tips, *by_chance], "route": routes, "selection_probability": chance})
        if len(listed):
            found.append(investigators.decide(listed, on))
            free[listed["seller_id"]] = pd.Timestamp(on) + pd.Timedelta(weeks=26)
            condemned = found[-1]["seller_id"][found[-1]["verdict"] == "manipulated"]
            free[condemned] = pd.Timestamp.max
    rows = pd.concat(found, ignore_index=True)
    ring = rows["seller_id"].map(ring_of_sellers(market.truth)).astype(object)
    rows["case_id"] = np.where(ring.notna() & (rows["verdict"] == "manipulated"), "ring-" + ring.astype(str), None)
    rows = rows.assign(known_at=rows["decided_at"])
    return rows.reindex(columns=[*contract_columns(TABLES["verdicts"]), "known_at"])


def _sellers(market: Market) -> pd.Index:
    sellers = pd.read_parquet(market.folder / "data" / "sellers", columns=["seller_id"])
    return pd.Index(sorted(sellers["seller_id"].unique()))


def running(market: Market, on: date) -> frozenset[Any]:
    """Sellers that run a scheme on a day."""
    guilty = guilty_at(market.truth, on)
    return frozenset(guilty.loc[guilty["active"], "seller_id"])
