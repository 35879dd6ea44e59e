"""What a manipulator may do to stay unseen, and what it costs; `configs/evasion.yaml` holds levers and prices."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import yaml
from pydantic import Field, ValidationError

from features.errors import WrongUse
from features.settings import Count, PositiveCount, Section, Share
from training.evasion.effort import Effort

CONFIGURATION = Path(__file__).parents[2] / "configs" / "evasion.yaml"

Which = Literal["newest", "oldest", "worst", "leading"]
Money = Annotated[float, Field(ge=0)]


class PriceSettings(Section):
    """US dollars."""

    removal: Money
    least_order: PositiveCount
    address: Money
    refund: Money
    own_member: Money
    forged_ticket: Money
    margin: Share
    fine_weeks: Money


class LeverSettings(Section):
    """Values of each lever among which a search draws."""

    share: tuple[Share, ...]
    weeks: tuple[PositiveCount, ...]
    which: tuple[Which, ...]
    staff: tuple[PositiveCount, ...]
    own: tuple[bool, ...]
    forged: tuple[Share, ...]
    sittings: tuple[PositiveCount, ...]
    cover: tuple[Share, ...]
    pause: tuple[Count, ...]
    pressure: tuple[Share, ...]


class EvasionSettings(Section):
    """Prices, levers, and how much is searched."""

    prices: PriceSettings
    levers: LeverSettings
    effort: Effort


@dataclass(frozen=True)
class Strategy:
    """One way to buy help; the first plan of a seller without any has a share of 0.

    Attributes:
        share: of its critics that it has taken down, those at hand and those to come.
        weeks: over how many active weeks those at hand are spread.
        which: of its critics first.
        staff: how many members of staff do it.
        own: whether they serve it alone; else they are a broker's, who serve others too.
        forged: share of the assignments that cite a ticket made for it.
        sittings: assignments a week over which the work is spread.
        cover: removals of its own praise for each paid removal.
        pause: weeks of rest after every four of work.
        pressure: share of the critics who are pressed, by their address, instead of removed.

    """

    share: float
    weeks: int
    which: Which
    staff: int
    own: bool
    forged: float
    sittings: int
    cover: float
    pause: int
    pressure: float

    @property
    def idle(self) -> bool:
        """Whether nothing is bought."""
        return self.share == 0

    @property
    def label(self) -> str:
        """How tables name it."""
        if self.idle:
            return "buys nothing"
        hands = f"{self.staff} {'own' if self.own else 'shared'}"
        parts = [f"{self.share:.0%} in {self.weeks} wk", self.which, hands, f"tickets {self.forged:.0%}"]
        parts += [f"{self.sittings} a week"] if self.sittings > 1 else []
        parts += [f"cover {self.cover:.0%}"] if self.cover else []
        parts += [f"pause {self.pause}"] if self.pause else []
        parts += [f"pressure {self.pressure:.0%}"] if self.pressure else []
        return ", ".join(parts)


IDLE = Strategy(0.0, 1, "newest", 1, own=False, forged=0.0, sittings=1, cover=0.0, pause=0, pressure=0.0)
"""An honest seller: how often it is listed all the same."""


@dataclass(frozen=True)
class Bought:
    """What one entrant bought: counts."""

    removals: int
    covers: int
    addresses: int
    yielded: int
    tickets: int
    own_members: int


def cost_of(bought: Bought, prices: PriceSettings) -> float:
    """US dollars. Removals come in orders of a least size; addresses, refunds, tickets and people one by one."""
    removals = bought.removals + bought.covers
    removals = max(removals, prices.least_order) if removals else 0
    return (
        removals * prices.removal
        + bought.addresses * prices.address
        + bought.yielded * prices.refund
        + bought.tickets * prices.forged_ticket
        + bought.own_members * prices.own_member
    )


def drawn_strategies(levers: LeverSettings, count: int, random: np.random.Generator) -> list[Strategy]:
    """Different strategies, each lever drawn evenly; fewer than wanted where the levers allow no more."""
    return _distinct([_drawn(levers, random) for _ in range(20 * count)], count)


def varied(parents: list[Strategy], levers: LeverSettings, count: int, random: np.random.Generator) -> list[Strategy]:
    """Different strategies that differ from a parent in one or two levers."""
    names = list(LeverSettings.model_fields)
    children = []
    for number in range(20 * count if parents else 0):
        changed = asdict(parents[number % len(parents)])
        other = asdict(_drawn(levers, random))
        for name in random.choice(names, int(random.integers(1, 3)), replace=False):
            changed[name] = other[name]
        children.append(Strategy(**changed))
    return _distinct([child for child in children if child not in parents and not child.idle], count)


def read_evasion(path: Path = CONFIGURATION) -> EvasionSettings:
    """Prices, levers and the size of the search.

    Raises:
        WrongUse: the file is missing or holds a wrong or unknown setting.

    """
    try:
        return EvasionSettings.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise WrongUse(f"{path}: {error.strerror or error}; give the file of the prices and levers") from None
    except ValidationError as error:
        problems = (f"{'.'.join(map(str, e['loc']))}: {e['msg']}, given {e['input']!r}" for e in error.errors())
        raise WrongUse(f"{path}: " + "; ".join(problems)) from error


def _drawn(levers: LeverSettings, random: np.random.Generator) -> Strategy:
    chosen = {}
    for name in LeverSettings.model_fields:
        values = getattr(levers, name)
        chosen[name] = values[int(random.integers(len(values)))]
    return Strategy(**chosen)


def _distinct(strategies: list[Strategy], count: int) -> list[Strategy]:
    return list(dict.fromkeys(strategies))[:count]
