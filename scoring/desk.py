"""The assignments of one desk as codes, and how its members of staff are exchanged."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scoring.surprise import Bools, Duty, Floats, Ints, Pairs, Shares, Surprise, surprise

_PLAIN_FOR_BOUGHT = 4


class Desk:
    """Assignments of one desk, in the order of the frame that they come from.

    Attributes:
        actor: code of each assignment's member of staff.
        seller: code of its seller.
        place: code of its queue, or role.
        kind: code of its kind.
        week: Monday of its week.
        bought: whether a seller could have bought it.
        weight: what it weighs, 1 on average in its queue, so that common decisions weigh less than rare ones.
        actors: how many members of staff there are, of all desks.

    """

    def __init__(self, assignments: pd.DataFrame, actor: Ints, seller: Ints, name: str) -> None:
        """Take the rows of the desk of that name; `actor` and `seller` are codes of all rows."""
        here = (assignments["desk"] == name).to_numpy()
        rows = assignments[here]
        self.actors = int(actor.max(initial=-1)) + 1
        self.actor, self.seller = actor[here], seller[here]
        self.place, self.kind = _codes(rows["place"]), _codes(rows["kind"])
        self.week = rows["week"].to_numpy()
        self.bought: Bools = rows["bought"].to_numpy(dtype=bool)
        self.weight = _relative(rows["weight"].to_numpy(dtype=np.float64), self.place * 2 + self.bought)

    @property
    def plain(self) -> Bools:
        """Work that nobody buys; where there is much more of it, that for every so many sellers."""
        step = 1 + int((~self.bought).sum()) // max(1, _PLAIN_FOR_BOUGHT * int(self.bought.sum()))
        return np.asarray(~self.bought & (self.seller % step == 0))

    def of_staff(self, chosen: Bools, rounds: int, random: np.random.Generator) -> Surprise:
        """Exchange the staff of the chosen assignments within queue or role, kind and week."""
        return surprise(self._shares(chosen), self.actors, rounds, random)

    def beyond_keeping(self, found: Pairs, keepers: Bools) -> Pairs:
        """Weigh the keepers' pairs of bought work again, beyond what the same two have to do with each other anyhow."""
        plain = self._shares(~self.bought)
        return found.beyond(Duty(plain).pairs(plain.actor), keepers)

    def _shares(self, chosen: Bools) -> Shares:
        stratum = _together(self.place[chosen], self.kind[chosen], _codes(pd.Series(self.week[chosen])))
        return Shares(self.actor[chosen], self.seller[chosen], stratum, self.weight[chosen])

    def of_halves(self, half: Ints, chosen: Bools, rounds: int, random: np.random.Generator) -> Surprise:
        """Exchange the half-years of the chosen assignments within queue and kind, as if they were its staff."""
        stratum = _together(self.place[chosen], self.kind[chosen])
        work = Shares(half[chosen], self.seller[chosen], stratum, self.weight[chosen])
        return surprise(work, 2 * (int(self.place.max(initial=-1)) + 1), rounds, random)


def _codes(values: pd.Series) -> Ints:
    """Numbers from 0 in the order in which the values come, so that names decide nothing."""
    return np.asarray(pd.factorize(values)[0], dtype=np.int64)


def _together(*codes: Ints) -> Ints:
    """One code for each combination."""
    joined = codes[0]
    for each in codes[1:]:
        joined = joined * (int(each.max(initial=0)) + 1) + each
    return _codes(pd.Series(joined))


def _relative(values: Floats, group: Ints) -> Floats:
    mean = np.bincount(group, values) / np.maximum(np.bincount(group), 1)
    return np.asarray(values / np.maximum(mean[group], 1e-9))
