"""What a finding changes: suspensions, restored reviews, convicted staff, and brokers that recruit again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simulator.accounts import report
from simulator.clock import DAY, SECOND, instants_in_week
from simulator.look_ups import one_of_role
from simulator.moderation import restore
from simulator.population import NEVER
from simulator.rings import Rings, Spells
from simulator.schema import code
from simulator.world import World

Ints = npt.NDArray[np.int64]
Random = np.random.Generator


class Finding(NamedTuple):
    """A culprit found, to be acted on in its week of decision."""

    seller: int
    decided_at: int
    investigator: int
    case: int


@dataclass
class Docket:
    """Open and planned investigations."""

    free_from: Ints
    planned: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    due: dict[int, list[Finding]] = field(default_factory=dict)


def take_down(world: World, docket: Docket, spells: Spells, rings: Rings, week: int) -> None:
    """Arrest the staff of the largest ring and open a case on its clients."""
    if rings.count == 0:
        return
    running = spells.guilty(week)
    largest = int(np.argmax(np.bincount(spells.ring[running], minlength=rings.count)))
    random = world.random("takedown")
    members = rings.actor[rings.ring == largest]
    case = int(world.number_rows("case", 1)[0])
    _convict(world, random, rings, members, world.week_start(week) + 3 * DAY, largest, spells, case)
    for ring in np.setdiff1d(rings.ring, [largest]):
        moderators = rings.actor[(rings.ring == ring) & (world.staff.role[rings.actor] == code("role", "moderator"))]
        _recruit(world, random, rings, moderators[:1], int(ring), week)
    for seller in np.unique(spells.seller[running & (spells.ring == largest)]):
        docket.planned.setdefault(week + 1, []).append((int(seller), case))


def act_on(world: World, random: Random, spells: Spells, rings: Rings, finding: Finding, week: int) -> None:
    """A found culprit is suspended, its scheme ends, part of what was removed returns, some staff are found too."""
    own = (spells.seller == finding.seller) & (spells.end > week)
    began = own & (spells.onset <= week)
    ring = int(spells.ring[began][0]) if began.any() else -1
    spells.end[own] = np.maximum(week, spells.onset[own])
    _punish(world, random, finding)
    if ring >= 0:
        members = rings.actor[(rings.ring == ring) & (rings.caught_week == NEVER)]
        caught = members[random.random(len(members)) < world.settings.verdicts.staff_found_share / 2]
        decided = finding.decided_at + int(random.integers(3, 60)) * DAY
        _convict(world, random, rings, caught, decided, ring, spells, finding.case)


def _punish(world: World, random: Random, finding: Finding) -> None:
    """Suspend the account, for good or for some weeks, and restore part of what was removed for it."""
    seller = np.array([finding.seller])
    at = np.array([finding.decided_at]) + random.integers(1, 72) * 3600 * SECOND
    actor = np.array([finding.investigator])
    report(world, "suspended", seller, at, actor=actor, reason=code("account_reason", "complaint"))
    back = random.random() < 0.5
    until = at + random.integers(14, 90) * DAY
    if back:
        report(world, "reinstated", seller, until, actor=actor)
    world.sellers.suspended_until[seller] = until if back else 1 << 60
    removed = world.truth.reviews_removed_for(finding.seller, finding.decided_at)
    removed = np.unique(removed[~world.shelf.visible[removed] & ~world.shelf.restored[removed]])
    removed = removed[random.random(len(removed)) < world.settings.verdicts.restored_after_share]
    restore_at = int(at[0]) + random.integers(1, 21 * 86_400, len(removed)) * SECOND
    restore(world, removed, restore_at, np.full(len(removed), finding.investigator))


def _convict(
    world: World, random: Random, rings: Rings, members: Ints, decided: int, ring: int, spells: Spells, case: int
) -> None:
    """Staff are found; they stop at once."""
    week = (decided - world.start) // (7 * DAY)
    free = members[~np.isin(members, rings.actor[rings.caught_week != NEVER])]
    rings.caught_week[np.isin(rings.actor, free)] = week
    _recruit(world, random, rings, free, ring, week)
    since = int(spells.onset_day[spells.ring == ring].min()) + int(random.integers(0, 60))
    at = np.full(len(free), decided) + random.integers(0, 86_400, len(free)) * SECOND
    world.delivery.add(
        "staff_verdicts",
        world.recorded("staff_verdicts", at, leaf=False),
        {
            "actor_id": free,
            "decided_at": at,
            "verdict": code("verdict", "manipulated"),
            "onset_on": min(since, decided // DAY - 7),
            "decided_by": one_of_role(world, random, np.full(len(free), code("role", "investigator"))),
            "case_id": case,
        },
    )


def _recruit(world: World, random: Random, rings: Rings, lost: Ints, ring: int, week: int) -> None:
    """Brokers bribe a colleague of most of those they lost."""
    for actor in lost[random.random(len(lost)) < world.settings.guilt.recruits_again_share]:
        role, queue = world.staff.role, world.staff.queue
        able = np.flatnonzero((role == role[actor]) & ~world.staff.shared & ~np.isin(np.arange(len(role)), rings.actor))
        near = able[queue[able] == queue[actor]]
        if len(able):
            rings.join(int(random.choice(near if len(near) else able)), ring, world.start // DAY + 7 * (int(week) + 2))


def clear_staff(world: World, random: Random, rings: Rings, week: int) -> None:
    """Some honest staff are looked at and cleared."""
    scale = len(world.sellers.size) / 1000
    count = random.poisson(world.settings.verdicts.staff_cleared_per_week * scale)
    able = np.setdiff1d(np.arange(len(world.staff.role)), rings.actor)
    count = min(count, len(able))
    actor = random.choice(able, count, replace=False) if count else np.empty(0, dtype=np.int64)
    at = instants_in_week(random, count, world.week_start(week))
    world.delivery.add(
        "staff_verdicts",
        world.recorded("staff_verdicts", at, leaf=False),
        {
            "actor_id": actor,
            "decided_at": at,
            "verdict": code("verdict", "cleared"),
            "decided_by": one_of_role(world, random, np.full(count, code("role", "investigator"))),
            "case_id": world.number_rows("case", count),
        },
    )
