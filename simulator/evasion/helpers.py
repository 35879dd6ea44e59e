"""Staff who serve an entrant."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simulator.evasion.stage import Stage
from simulator.evasion.strategy import Strategy
from simulator.rings import INSIDE_ROLES
from simulator.schema import code

Ints = npt.NDArray[np.int64]
Random = np.random.Generator


class Helpers(NamedTuple):
    """Staff who serve an entrant: moderators, and members of support who look addresses up; with their last week."""

    moderators: Ints
    support: Ints
    until: Ints
    support_until: Ints


def helpers_of(stage: Stage, host: int, strategy: Strategy, random: Random) -> Helpers:
    """Who serves a host: its own people of its queue who serve nobody else, or those of a broker, best of its queue."""
    world, staff, rings = stage.world, stage.staff, stage.rings
    queue = world.queue_of_category[world.sellers.category[host]]
    never = np.iinfo(np.int64).max
    chosen = []
    for role in (INSIDE_ROLES["paid_removal"], INSIDE_ROLES["reviewer_pressure"]):
        members = np.flatnonzero((staff.role == code("role", role)) & ~staff.shared)
        wanted = strategy.staff if role == INSIDE_ROLES["paid_removal"] else 1
        if strategy.own:
            able = np.setdiff1d(members, rings.actor)
            able, until = (able if len(able) else members), np.full(len(staff.role), never)
        else:
            serving = rings.caught_week > stage.entry
            able = np.intersect1d(members, rings.actor[serving])
            until = np.zeros(len(staff.role), dtype=np.int64)
            until[rings.actor] = rings.caught_week
        far = (staff.queue[able] != queue) if role == INSIDE_ROLES["paid_removal"] else np.zeros(len(able), dtype=bool)
        picked = able[np.lexsort((random.random(len(able)), far))][:wanted]
        chosen.append((picked, until[picked]))
    (moderators, until), (support, support_until) = chosen
    return Helpers(moderators, support, until, support_until)
