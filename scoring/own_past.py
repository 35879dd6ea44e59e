"""Who owns a queue alone has nobody to be compared with but the own past."""

from __future__ import annotations

import numpy as np

from scoring.desk import Desk
from scoring.surprise import Bools, Floats, Ints, beyond_habit

LONE_SHARE = 0.9
"""Share of a queue's removals of negatives, from which on a moderator counts as its only owner."""

_HALF = np.timedelta64(26, "W")


def against_own_past(desk: Desk, exchanges: int, plain_exchanges: int, seed: int) -> tuple[Bools, Floats]:
    """Say for each actor who owns a queue alone, and how likely chance makes the change against the own past.

    What the person on duty is elsewhere, the half-year is here: the assignments of a queue and kind are exchanged
    between the last half-year and the one before it. Sellers have bursts of honest trouble, so only what goes beyond
    the changes of the other queues counts, and beyond what the queue's own other work shows. NaN where nobody is alone.
    """
    lone, chance = np.zeros(desk.actors, dtype=bool), np.full(desk.actors, np.nan)
    owners = _owners(desk)
    if not owners:
        return lone, chance
    half = desk.place * 2 + (desk.week > desk.week.max() - _HALF)
    found = desk.of_halves(half, desk.bought, exchanges, np.random.default_rng([seed, 0]))
    plain = desk.of_halves(half, desk.plain, plain_exchanges, np.random.default_rng([seed, 1]))
    for queue, owner in owners.items():
        recent = 2 * queue + 1
        others = np.delete(found.deviation[1::2], queue)
        habit = np.full(len(found.deviation), np.nan)
        habit[recent] = np.nanmax([0.0, plain.deviation[recent], *others])
        beyond = beyond_habit(found.deviation, habit, np.arange(len(habit)))
        lone[owner], chance[owner] = True, np.fmin(chance[owner], found.tail(beyond)[recent])
    return lone, chance


def _owners(desk: Desk) -> dict[int, int]:
    """The actor who did nearly all removals of negatives of a queue, by queue; only queues that have one."""
    owners = {}
    for queue in np.unique(desk.place[desk.bought]):
        work: Ints = np.bincount(desk.actor[desk.bought & (desk.place == queue)])
        if work.max() >= LONE_SHARE * work.sum():
            owners[int(queue)] = int(work.argmax())
    return owners
