"""Searches the strategies of a manipulator against fixed models, and estimates the best of them on fresh seeds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from shutil import rmtree
from typing import Any, Protocol

import numpy as np
import pandas as pd

from features.progress import counted
from features.store import Store
from model.settings import Configuration
from training.evasion.effort import Effort
from training.evasion.lists import Score, listed_in
from training.evasion.outcomes import Outcome, Strategy, outcome_of, stealthiest

_POOL = 400
_NEAR = 0.9


class Market(Protocol):
    """The fixed market, in which sellers can begin to buy help."""

    @property
    def hosts(self) -> int:
        """How many sellers may begin."""

    def draw(self, count: int) -> list[Any]:
        """Different strategies, of which each lever was drawn evenly; the same at every call."""

    def vary(self, parents: Sequence[Any], count: int) -> list[Any]:
        """Different strategies near some others."""

    def gains(self, strategy: Any, hosts: Sequence[int], seed: int) -> pd.DataFrame:
        """What a strategy brings and costs some hosts: host, cost, gain, profit, fine; nothing is written."""

    def copy(self, played: Sequence[tuple[int, Any]], seed: int, out: Path) -> pd.DataFrame:
        """Write a copy in which hosts play strategies; a row each, in order: seller_id, cost, gain, profit, fine."""


@dataclass(frozen=True)
class Bench:
    """Where strategies are tried.

    Attributes:
        market: the fixed market.
        data: its delivered tables.
        base: a store of them, from which those of the copies begin.
        work: a folder for copies.
        entry: the first day of an entrant.
        models: by name; all are asked about every half year.
        named: for whom strategies are searched; the others are only asked.
        configuration: budgets and rest.
        effort: how much is searched.
        audited: chance that random audits alone list a seller within the weeks.
        progress: told each step.

    """

    market: Market
    data: Path
    base: Store
    work: Path
    entry: date
    models: Mapping[str, Score]
    named: Sequence[str]
    configuration: Configuration
    effort: Effort
    audited: float = 0.0
    progress: Callable[[str], None] = field(default=lambda _: None)

    def against(self, models: Mapping[str, Score]) -> Bench:
        """The same place with other models."""
        return replace(self, models=models, named=tuple(models))

    def try_out(self, strategies: Sequence[Strategy], hosts: Sequence[int], seed: int, sellers: int) -> list[Outcome]:
        """Let some of the hosts play each strategy, many at once in each copy of the market; outcomes in their order.

        A host plays one strategy in a copy, and strategies are mixed in each, so that what entrants change for each
        other is the same for all.
        """
        queue = turns(len(strategies), hosts, sellers)
        step = f"trying {len(strategies)} strategies, half years"
        parts = [
            self.play([(host, strategies[which]) for host, which in part], seed)
            for part in counted(copies(queue, self.effort.entrants_at_once), self.progress, step, lambda _: step, len)
        ]
        played = pd.concat(parts, ignore_index=True)
        which = np.array([number for _, number in queue])
        return [
            outcome_of(strategy.label, played[which == number], list(self.models), self.audited)
            for number, strategy in enumerate(strategies)
        ]

    def play(self, part: Sequence[tuple[int, Strategy]], seed: int) -> pd.DataFrame:
        """Let hosts play strategies in one copy: a row each with what it cost and brought, and a boolean a model."""
        copy, place = self.work / "copy", self.work / "copy-store"
        for folder in (copy, place):
            rmtree(folder, ignore_errors=True)
        played = self.market.copy(part, seed, copy)
        cutoffs = self.effort.cutoffs(self.entry)
        entrants = played["seller_id"].tolist()
        found = listed_in(copy, self.base, place, entrants, cutoffs, self.models, self.configuration)
        rmtree(copy)
        return pd.concat([played, found.reset_index(drop=True)], axis=1)


def turns(strategies: int, hosts: Sequence[int], sellers: int) -> list[tuple[int, int]]:
    """Who plays what, as pairs of host and number of the strategy: each strategy so many different hosts."""
    apart = max(1, len(hosts) // max(strategies, 1))
    return [
        (hosts[(turn + number * apart) % len(hosts)], number)
        for turn in range(min(sellers, len(hosts)))
        for number in range(strategies)
    ]


def copies(queue: Sequence[tuple[int, int]], most: int) -> Iterator[list[tuple[int, int]]]:
    """Split a queue so that no host is twice in a part, and no part is larger than allowed."""
    part: list[tuple[int, int]] = []
    inside: set[int] = set()
    for each in queue:
        if each[0] in inside or len(part) == most:
            yield part
            part, inside = [], set()
        part.append(each)
        inside.add(each[0])
    if part:
        yield part


@dataclass(frozen=True)
class Searched:
    """What a search found.

    Attributes:
        searched: outcomes of all that was tried, on few sellers: where to look, not what to quote.
        estimated: outcomes of the finalists and of buying nothing, on fresh seeds.
        finalists: by model, the labels of its finalists.

    """

    searched: Sequence[Outcome]
    estimated: Sequence[Outcome]
    finalists: Mapping[str, Sequence[str]]


def search(bench: Bench, idle: Strategy) -> Searched:
    """Draw, try, vary the best of each model, and run the best of each again on fresh seeds and other sellers."""
    effort, market = bench.effort, bench.market
    pool = range(min(_POOL, market.hosts))
    chosen = worth_trying(market, effort)
    known: dict[str, Strategy] = {each.label: each for each in (idle, *chosen)}
    outcomes = bench.try_out([idle, *chosen], pool, effort.seed, effort.searched_sellers)
    if effort.refined:
        parents = dict.fromkeys(label for m in bench.named for label in best_for(outcomes, m, effort, 4))
        children = market.vary([known[label] for label in parents], effort.refined * len(bench.named))
        fresh = [child for child in children if child.label not in known]
        known |= {child.label: child for child in fresh}
        outcomes += bench.try_out(fresh, pool, effort.seed, effort.searched_sellers) if fresh else []
    finalists = {model: best_for(outcomes, model, effort, effort.finalists) for model in bench.named}
    final = dict.fromkeys(label for labels in finalists.values() for label in labels)
    first = max(0, min(_POOL, market.hosts - effort.estimated_sellers))
    run_again = [idle, *(known[label] for label in final if label != idle.label)]
    others = range(first, market.hosts)
    estimated = bench.try_out(run_again, others, effort.seed + 1, effort.estimated_sellers)
    return Searched(outcomes, estimated, finalists)


def worth_trying(market: Market, effort: Effort) -> list[Strategy]:
    """Drawn strategies: two thirds gain about as much as is wanted, the others less, for the frontier."""
    hosts = range(min(2 * effort.searched_sellers, market.hosts))
    gains = {each: market.gains(each, hosts, effort.seed)["gain"].mean() for each in market.draw(4 * effort.strategies)}
    enough = [each for each, gain in gains.items() if gain >= _NEAR * effort.gain]
    fewer = [each for each, gain in gains.items() if gain < _NEAR * effort.gain]
    taken = enough[: 2 * effort.strategies // 3]
    return [*taken, *fewer[: effort.strategies - len(taken)]]


def best_for(outcomes: Sequence[Outcome], model: str, effort: Effort, count: int) -> list[str]:
    """Labels of the most promising strategies: those that will do, the cheapest first, then those least listed."""
    enough = [each for each in outcomes if each.gain >= _NEAR * effort.gain]
    will_do = sorted(
        (each for each in enough if each.chance[model] <= effort.chance and each.gain >= effort.gain),
        key=lambda each: (each.cost, each.strategy),
    )
    others = sorted(
        (each for each in enough if each not in will_do), key=lambda e: (e.chance[model], e.cost, e.strategy)
    )
    if not enough:
        hopeful = stealthiest(outcomes, model, max((each.gain for each in outcomes), default=0.0))
        return [] if hopeful is None else [hopeful.strategy]
    return [each.strategy for each in (*will_do, *others)[:count]]
