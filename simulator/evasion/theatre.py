"""The fixed market as a search of strategies sees it: hosts by their number, strategies, gains, and written copies."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from simulator.evasion.copies import check_delivered, write_copy
from simulator.evasion.entrant import Entrant, enter
from simulator.evasion.stage import Stage
from simulator.evasion.strategy import EvasionSettings, Strategy, cost_of, drawn_strategies, varied
from training.evasion.effort import WEEKS


class Theatre:
    """Sellers of one fixed market who begin to buy help.

    Args:
        stage: the market.
        data: its delivered tables.
        settings: levers and prices.

    """

    def __init__(self, stage: Stage, data: Path, settings: EvasionSettings) -> None:
        """Hold the market and its prices.

        Raises:
            WrongUse: the tables are those of another market.

        """
        check_delivered(stage, data)
        self._stage, self._data, self._settings = stage, data, settings

    @property
    def hosts(self) -> int:
        """How many sellers may begin."""
        return len(self._stage.hosts)

    def draw(self, count: int) -> list[Strategy]:
        """Different strategies, each lever drawn evenly."""
        return drawn_strategies(self._settings.levers, count, np.random.default_rng(self._settings.effort.seed))

    def vary(self, parents: Sequence[Strategy], count: int) -> list[Strategy]:
        """Different strategies near some others."""
        return varied(
            list(parents), self._settings.levers, count, np.random.default_rng([self._settings.effort.seed, 1])
        )

    def gains(self, strategy: Strategy, hosts: Sequence[int], seed: int) -> pd.DataFrame:
        """What a strategy brings and costs some hosts: host, cost, gain, profit, fine."""
        return self._told([self._enter(host, strategy, seed, 0) for host in hosts])

    def copy(self, played: Sequence[tuple[int, Strategy]], seed: int, out: Path) -> pd.DataFrame:
        """Write a copy in which hosts play strategies; a row each, in order: seller_id, cost, gain, profit, fine."""
        entrants = [self._enter(host, strategy, seed, number) for number, (host, strategy) in enumerate(played)]
        ids = write_copy(self._stage, self._data, entrants, out)
        return self._told(entrants).assign(seller_id=ids)

    def _enter(self, host: int, strategy: Strategy, seed: int, number: int) -> Entrant:
        return enter(self._stage, int(self._stage.hosts[host]), strategy, [seed], number)

    def _told(self, entrants: Sequence[Entrant]) -> pd.DataFrame:
        prices = self._settings.prices
        cost = np.array([cost_of(each.bought, prices) for each in entrants])
        usual, extra = (np.array([getattr(each, name) for each in entrants]) for name in ("usual", "extra"))
        return pd.DataFrame(
            {
                "host": [each.host for each in entrants],
                "cost": cost,
                "gain": np.where(usual > 0, extra / np.where(usual > 0, usual, 1), 0.0),
                "profit": prices.margin * extra - cost,
                "fine": usual * prices.fine_weeks / WEEKS,
            }
        )
