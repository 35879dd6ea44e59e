"""What a search for the price of evasion found, for people and for machines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from training.evasion.outcomes import (
    Outcome,
    cheapest,
    frontier,
    most_profitable,
    price,
    stealthiest,
)

CHANCES = (0.2, 0.3, 0.5)
"""Besides the chance that was asked for, so that a price that is infinite says more."""


@dataclass(frozen=True)
class Evasion:
    """The price of evasion in one market.

    Attributes:
        entry: the first day of every entrant.
        named: the models for which strategies were searched, the first first.
        refits: models that were only asked: the first one fitted again without the signals of a service.
        gain: wanted.
        chance: accepted.
        hosts: sellers of the market who may become entrants.
        searched: outcomes of the search.
        estimated: outcomes on fresh seeds, which are quoted; the first buys nothing.
        finalists: by model, labels.

    """

    entry: date
    named: tuple[str, ...]
    refits: tuple[str, ...]
    gain: float
    chance: float
    hosts: int
    searched: Sequence[Outcome]
    estimated: Sequence[Outcome]
    finalists: Mapping[str, Sequence[str]]

    @property
    def models(self) -> tuple[str, ...]:
        """All that were asked."""
        return (*self.named, *self.refits)

    @property
    def honest(self) -> Outcome:
        """What befalls the same sellers when they buy nothing."""
        return self.estimated[0]

    def price(self, model: str, chance: float | None = None) -> float:
        """Of the wanted gain at a chance, the accepted one if none is given."""
        return price(self.estimated, model, self.gain, self.chance if chance is None else chance)

    def best(self, model: str) -> Outcome | None:
        """The strategy against a model: the cheapest that will do, else the least listed that gains enough."""
        will_do = cheapest(self.estimated, model, self.gain, self.chance)
        return will_do or stealthiest(self.estimated, model, self.gain)

    def frontier(self, model: str) -> list[Outcome]:
        """Gain against chance."""
        return frontier(self.estimated, model)

    def as_json(self) -> dict[str, Any]:
        """All of it; an infinite price is null."""
        chances = (self.chance, *CHANCES)
        return {
            "entry": self.entry.isoformat(),
            "gain": self.gain,
            "chance": self.chance,
            "hosts": self.hosts,
            "price": {m: {str(c): _finite(self.price(m, c)) for c in chances} for m in self.models},
            "least_chance": {m: _chance(stealthiest(self.estimated, m, self.gain), m) for m in self.models},
            "best": {m: asdict(best) for m in self.named if (best := self.best(m)) is not None},
            "most_profitable": {m: asdict(most_profitable(self.estimated, m)) for m in self.named},
            "finalists": {m: list(labels) for m, labels in self.finalists.items()},
            "estimated": [asdict(each) for each in self.estimated],
            "searched": [asdict(each) for each in self.searched],
        }


def in_words(found: Evasion) -> Iterator[str]:
    """Sentences a person would say."""
    sellers = found.honest.sellers
    yield (
        f"{len(found.searched)} strategies were searched and {len(found.estimated)} run again by {sellers} sellers"
        " each; only these count, so a price is an upper bound"
    )
    for model in found.named:
        told = found.price(model)
        wanted = f"a gain of {found.gain:.0%} at a chance of at most {found.chance:.0%}"
        least = stealthiest(found.estimated, model, found.gain)
        if told < float("inf"):
            yield f"against {model}, {wanted} costs {money(told)}"
        elif least is None:
            yield f"against {model}, no strategy that was run again gains {found.gain:.0%}"
        else:
            yield (
                f"against {model}, no strategy gives {wanted}: of those that gain enough the least listed is so with a"
                f" chance of {least.chance[model]:.0%} and costs {money(least.cost)}"
            )
        yield f"{model} lists {found.honest.chance[model]:.0%} of the same sellers when they buy nothing"
        richest = most_profitable(found.estimated, model)
        yield (
            f"the best expected profit under the fine against {model} is {money(richest.expected_profit(model))}"
            f" ({richest.strategy})"
        )


def metrics_of(found: Evasion) -> dict[str, float | None]:
    """Figures by name, as a tracked run holds them; an infinite price is left out."""
    told: dict[str, float | None] = {}
    for model in found.models:
        name = model.replace(" ", "-")
        told[f"price.{name}"] = _finite(found.price(model))
        told[f"least_chance.{name}"] = _chance(stealthiest(found.estimated, model, found.gain), model)
        told[f"honest_chance.{name}"] = found.honest.chance[model]
    return told


def _finite(value: float) -> float | None:
    return value if value < float("inf") else None


def _chance(outcome: Outcome | None, model: str) -> float | None:
    return None if outcome is None else outcome.chance[model]


def money(value: float) -> str:
    """US dollars; words where no strategy will do."""
    if value == float("inf"):
        return "none found"
    return f"-${-value:,.0f}" if value < 0 else f"${value:,.0f}"
