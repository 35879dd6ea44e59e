"""Investigations: who is looked at and why, what is found and when, and what a finding changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simulator.accounts import report
from simulator.clock import DAY, SECOND, instants_in_week
from simulator.look_ups import look_up, one_of_role
from simulator.moderation import restore
from simulator.population import NEVER
from simulator.rings import Rings, Spells
from simulator.schema import code
from simulator.world import World

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Random = np.random.Generator

_REST_WEEKS = 26
_MEMORY = 0.93  # of suspicion, a week


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
    found: Bools
    planned: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    due: dict[int, list[Finding]] = field(default_factory=dict)


def open_docket(world: World) -> Docket:
    """No case is open at the start."""
    sellers = len(world.sellers.size)
    return Docket(np.zeros(sellers, dtype=np.int64), np.zeros(sellers, dtype=bool))


def investigate(world: World, docket: Docket, spells: Spells, rings: Rings, week: int) -> None:
    """Open the week's cases, report what will come of them, and act on the findings due this week."""
    random = world.random("verdicts")
    for finding in docket.due.pop(week, []):
        _act_on(world, random, docket, spells, rings, finding, week)
    for seller, case in docket.planned.pop(week, []):
        if docket.free_from[seller] <= week:
            _open(world, random, docket, spells, np.array([seller]), "tip", np.array([np.nan]), np.array([case]), week)
    for route, sellers, probability in _selected(world, random, docket, spells, week):
        cases = world.number_rows("case", len(sellers))
        _open(world, random, docket, spells, sellers, route, probability, cases, week)
    world.suspicion *= _MEMORY
    _clear_staff(world, random, rings, week)


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


def _selected(
    world: World, random: Random, docket: Docket, spells: Spells, week: int
) -> list[tuple[str, Ints, Floats]]:
    """Sellers to be looked at, by route, with the probability of their selection where a design drew them."""
    rules, scale = world.settings.verdicts, len(world.sellers.size) / 1000
    able = np.flatnonzero(world.open_sellers(week) & (docket.free_from <= week))
    suspicion = world.suspicion[able] + 0.05
    guilty = np.intersect1d(able, spells.seller[spells.guilty(week) & (spells.onset < week - 3)])
    noisy = suspicion**1.3 * random.lognormal(0, rules.suspicion_noise, len(able))
    on_guilty = guilty[random.random(len(guilty)) < rules.tips_on_guilty_per_week * scale / max(len(guilty), 1)]
    chances = {
        "tip": _capped(noisy**0.5, rules.tips_on_innocent_per_week * scale),
        "alert": _capped(noisy, rules.alerts_per_week * scale),
        "audit": _capped(np.sqrt(world.sellers.size[able]), rules.audits_per_week * scale),
        "random": _capped(np.ones(len(able)), rules.random_per_week * scale),
    }
    designed = week >= rules.design_from_share * world.settings.market.weeks
    chosen: list[tuple[str, Ints, Floats]] = [("tip", on_guilty, np.full(len(on_guilty), np.nan))]
    taken = np.isin(able, on_guilty)
    for route, chance in chances.items():
        drawn = (random.random(len(able)) < chance) & ~taken
        taken |= drawn
        known = designed and route in ("alert", "random")
        probability = chance[drawn] if known else np.full(int(drawn.sum()), np.nan)
        chosen.append((route, able[drawn], probability))
    return chosen


def _capped(weight: Floats, expected: float) -> Floats:
    return np.minimum(0.9, expected * weight / max(weight.sum(), 1e-12))


def _open(
    world: World,
    random: Random,
    docket: Docket,
    spells: Spells,
    sellers: Ints,
    route: str,
    probability: Floats,
    cases: Ints,
    week: int,
) -> None:
    """Open cases and report their verdicts, to be recorded when they are decided."""
    rules, count = world.settings.verdicts, len(sellers)
    if count == 0:
        return
    opened = instants_in_week(random, count, world.week_start(week))
    weeks = np.maximum(1.0, random.gamma(2.5, rules.decision_weeks_mean / 2.5, count))
    decided = opened + (weeks * 7 * 86_400).astype(np.int64) * SECOND
    spell = _main_spell(spells, sellers, week)
    verdict = _judged(random, rules.found_share, rules.innocent_condemned_share, rules.inconclusive_share, spell >= 0)
    investigator = one_of_role(world, random, np.full(count, code("role", "investigator")))
    _report_verdicts(
        world, random, spells, sellers, spell, verdict, opened, decided, route, probability, investigator, cases
    )
    _study(world, random, sellers, investigator, opened, decided)
    decided_week = world.week_of(decided)
    docket.free_from[sellers] = decided_week + _REST_WEEKS
    for place in np.flatnonzero(verdict == code("verdict", "manipulated")):
        finding = Finding(int(sellers[place]), int(decided[place]), int(investigator[place]), int(cases[place]))
        docket.due.setdefault(int(decided_week[place]), []).append(finding)
        if spell[place] >= 0:
            _unravel(world, random, docket, spells, int(spells.ring[spell[place]]), int(cases[place]), week)


def _main_spell(spells: Spells, sellers: Ints, week: int) -> Ints:
    """For each seller a scheme of his that ran within the last half year, -1 if none did."""
    recent = np.flatnonzero((spells.onset < week) & (spells.end > week - 26))
    main = np.full(len(sellers), -1, dtype=np.int64)
    for place, seller in enumerate(sellers):
        of_seller = recent[spells.seller[recent] == seller]
        if len(of_seller):
            main[place] = of_seller[0]
    return main


def _judged(random: Random, found: float, condemned: float, inconclusive: float, guilty: Bools) -> Ints:
    manipulated, cleared, open_end = (code("verdict", name) for name in ("manipulated", "cleared", "inconclusive"))
    fate, other = random.random(len(guilty)), random.random(len(guilty))
    missed = np.where(other < 0.6, cleared, open_end)
    innocent = np.where(other < inconclusive, open_end, cleared)
    of_guilty = np.where(fate < found, manipulated, missed)
    return np.where(guilty, of_guilty, np.where(fate < condemned, manipulated, innocent))


def _report_verdicts(
    world: World,
    random: Random,
    spells: Spells,
    sellers: Ints,
    spell: Ints,
    verdict: Ints,
    opened: Ints,
    decided: Ints,
    route: str,
    probability: Floats,
    investigator: Ints,
    cases: Ints,
) -> None:
    count, rules = len(sellers), world.settings.verdicts
    condemned = verdict == code("verdict", "manipulated")
    cleared = verdict == code("verdict", "cleared")
    opened_on = opened // DAY
    error = np.where(
        random.random(count) < 0.75,
        random.exponential(rules.onset_error_weeks * 7, count),
        -random.uniform(0, 14, count),
    ).astype(np.int64)
    invented = opened_on - random.integers(40, 250, count)
    true_onset = spells.onset_day[spell] if len(spells.seller) else invented
    onset = np.minimum(np.where(spell >= 0, true_onset + error, invented), opened_on - 7)
    end_day = world.start // DAY + 7 * (spells.end[spell] if len(spells.seller) else opened_on)
    over = (spell >= 0) & (end_day < opened_on)
    scheme = np.where(spell >= 0, spells.scheme[spell] if len(spells.seller) else 0, random.integers(0, 3, count))
    dated = cleared & (random.random(count) < 0.5)
    columns: dict[str, npt.NDArray[np.generic] | int] = {
        "seller_id": sellers,
        "decided_at": decided,
        "verdict": verdict,
        "scheme": np.where(condemned, scheme, -1),
        "opened_at": np.where(random.random(count) < 0.92, opened, -1),
        "onset_on": np.where(condemned & (random.random(count) < 0.9), onset, -1),
        "ended_on": np.where(condemned & over, np.maximum(end_day, onset + 1), -1),
        "covers_from": np.where(dated, opened_on - random.integers(180, 365, count), -1),
        "covers_to": np.where(dated, opened_on, -1),
        "route": code("route", route),
        "selection_probability": probability,
        "decided_by": investigator,
        "case_id": cases,
    }
    world.delivery.add("verdicts", world.recorded("verdicts", decided, leaf=False), columns)
    overturned = np.flatnonzero(condemned & (random.random(count) < rules.overturned_share))
    later = decided[overturned] + random.integers(20, 90, len(overturned)) * DAY
    appeal = {k: v[overturned] if not isinstance(v, int) else v for k, v in columns.items()}
    appeal |= {
        "decided_at": later,
        "verdict": code("verdict", "cleared"),
        "scheme": -1,
        "onset_on": -1,
        "ended_on": -1,
        "route": code("route", "appeal"),
        "selection_probability": np.full(len(overturned), np.nan),
    }
    world.delivery.add("verdicts", world.recorded("verdicts", later, leaf=False), appeal)


def _study(world: World, random: Random, sellers: Ints, investigator: Ints, opened: Ints, decided: Ints) -> None:
    """Investigators look things up between the opening and the decision."""
    times = random.poisson(3, len(sellers))
    who, seller = np.repeat(investigator, times), np.repeat(sellers, times)
    at = np.repeat(opened, times) + (random.random(len(who)) * np.repeat(decided - opened, times)).astype(np.int64)
    resource = random.integers(0, 5, len(who))
    look_up(world, who, at // SECOND * SECOND, resource, seller, np.full(len(who), -1, dtype=np.int64))


def _unravel(world: World, random: Random, docket: Docket, spells: Spells, ring: int, case: int, week: int) -> None:
    """What a culprit tells leads to other clients of the same broker."""
    mates = np.unique(spells.seller[(spells.ring == ring) & spells.guilty(week)])
    for mate in mates[random.random(len(mates)) < world.settings.verdicts.ring_found_share]:
        later = week + int(random.integers(1, 9))
        docket.planned.setdefault(later, []).append((int(mate), case))


def _act_on(
    world: World, random: Random, docket: Docket, spells: Spells, rings: Rings, finding: Finding, week: int
) -> None:
    """A found culprit is suspended, its scheme ends, part of what was removed returns, some staff are found too."""
    docket.found[finding.seller] = True
    own = (spells.seller == finding.seller) & (spells.end > week)
    began = own & (spells.onset <= week)
    ring = int(spells.ring[began][0]) if began.any() else -1
    spells.end[own] = np.maximum(week, spells.onset[own])
    seller = np.array([finding.seller])
    at = np.array([finding.decided_at]) + random.integers(1, 72) * 3600 * SECOND
    actor = np.array([finding.investigator])
    reason = np.array([code("account_reason", "complaint")])
    report(world, seller, at, "suspended", "staff", actor, -1, -1, reason)
    back = random.random() < 0.5
    until = at + random.integers(14, 90) * DAY
    if back:
        report(world, seller, until, "reinstated", "staff", actor, -1, -1)
    world.sellers.suspended_until[seller] = until if back else 1 << 60
    removed = world.truth.reviews_removed_for(finding.seller, finding.decided_at)
    removed = np.unique(removed[~world.shelf.visible[removed]])
    removed = removed[random.random(len(removed)) < world.settings.verdicts.restored_after_share]
    restore_at = int(at[0]) + random.integers(1, 21 * 86_400, len(removed)) * SECOND
    restore(world, removed, restore_at, np.full(len(removed), finding.investigator))
    if ring >= 0:
        members = rings.actor[(rings.ring == ring) & (rings.caught_week == NEVER)]
        caught = members[random.random(len(members)) < world.settings.verdicts.staff_found_share / 2]
        decided = finding.decided_at + int(random.integers(3, 60)) * DAY
        _convict(world, random, rings, caught, decided, ring, spells, finding.case)


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


def _clear_staff(world: World, random: Random, rings: Rings, week: int) -> None:
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
