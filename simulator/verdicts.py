"""Investigations: who is looked at and why, and what is decided, when, and how wrongly."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simulator.clock import DAY, SECOND, instants_in_week
from simulator.findings import Docket, Finding, act_on, clear_staff
from simulator.look_ups import look_up, one_of_role
from simulator.rings import Rings, Spells
from simulator.schema import code
from simulator.world import World

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Random = np.random.Generator

_REST_WEEKS = 26
_MEMORY = 0.93  # of suspicion, a week


class Opened(NamedTuple):
    """Cases opened in a week by one route; `probability` of selection is NaN where no design drew the seller."""

    seller: Ints
    route: str
    probability: Floats
    case: Ints


class Investigation(NamedTuple):
    """How the opened cases go: `spell` is a scheme of the seller's (-1: innocent)."""

    spell: Ints
    verdict: Ints
    opened_at: Ints
    decided_at: Ints
    investigator: Ints


def open_docket(world: World) -> Docket:
    """No case is open at the start."""
    return Docket(np.zeros(len(world.sellers.size), dtype=np.int64))


def investigate(world: World, docket: Docket, spells: Spells, rings: Rings, week: int) -> None:
    """Open the week's cases, report what will come of them, and act on the findings due this week."""
    random = world.random("verdicts")
    for finding in docket.due.pop(week, []):
        act_on(world, random, spells, rings, finding, week)
    for seller, case in docket.planned.pop(week, []):
        if docket.free_from[seller] <= week:
            named = Opened(np.array([seller]), "tip", np.array([np.nan]), np.array([case]))
            _open(world, random, docket, spells, named, week)
    for route, sellers, probability in _selected(world, random, docket, spells, week):
        cases = world.number_rows("case", len(sellers))
        _open(world, random, docket, spells, Opened(sellers, route, probability, cases), week)
    world.suspicion *= _MEMORY
    clear_staff(world, random, rings, week)


def _selected(
    world: World, random: Random, docket: Docket, spells: Spells, week: int
) -> list[tuple[str, Ints, Floats]]:
    """Sellers to be looked at, by route, with the probability of their selection where a design drew them."""
    rules, scale = world.settings.verdicts, len(world.sellers.size) / 1000
    able = np.flatnonzero(world.open_sellers(week) & (docket.free_from <= week))
    suspicion = world.suspicion[able] + 0.05
    noisy = suspicion**1.3 * random.lognormal(0, rules.suspicion_noise, len(able))
    guilty = np.isin(able, spells.seller[spells.guilty(week) & (spells.onset < week - 3)])
    told = rules.tips_on_guilty_per_week * scale / max(int(guilty.sum()), 1)
    rumour = _capped(noisy**0.5, rules.tips_on_innocent_per_week * scale)
    chances = {
        "random": _capped(np.ones(len(able)), rules.random_per_week * scale),
        "alert": _capped(noisy, rules.alerts_per_week * scale),
        "tip": np.where(guilty, np.minimum(told, 0.9), rumour),
        "audit": _capped(np.sqrt(world.sellers.size[able]), rules.audits_per_week * scale),
    }
    designed = week >= rules.design_from_share * world.settings.market.weeks
    chosen: list[tuple[str, Ints, Floats]] = []
    taken, left_over = np.zeros(len(able), dtype=bool), np.ones(len(able))
    for route, chance in chances.items():
        drawn = (random.random(len(able)) < chance) & ~taken
        known = designed and route in ("alert", "random")
        probability = (left_over * chance)[drawn] if known else np.full(int(drawn.sum()), np.nan)
        chosen.append((route, able[drawn], probability))
        taken |= drawn
        left_over = left_over * (1 - chance)
    return chosen


def _capped(weight: Floats, expected: float) -> Floats:
    return np.asarray(np.minimum(0.9, expected * weight / max(weight.sum(), 1e-12)))


def _open(world: World, random: Random, docket: Docket, spells: Spells, cases: Opened, week: int) -> None:
    """Open cases and report their verdicts, to be recorded when they are decided."""
    rules, count = world.settings.verdicts, len(cases.seller)
    if count == 0:
        return
    opened = instants_in_week(random, count, world.week_start(week))
    weeks = np.maximum(1.0, random.gamma(2.5, rules.decision_weeks_mean / 2.5, count))
    decided = opened + (weeks * 7 * 86_400).astype(np.int64) * SECOND
    spell = _main_spell(spells, cases.seller, week)
    verdict = judged(random, rules.found_share, rules.innocent_condemned_share, rules.inconclusive_share, spell >= 0)
    investigator = one_of_role(world, random, np.full(count, code("role", "investigator")))
    course = Investigation(spell, verdict, opened, decided, investigator)
    _report(world, random, spells, cases, course)
    _study(world, random, cases.seller, investigator, opened, decided)
    decided_week = world.week_of(decided)
    docket.free_from[cases.seller] = decided_week + _REST_WEEKS
    for place in np.flatnonzero(verdict == code("verdict", "manipulated")):
        case = int(cases.case[place])
        finding = Finding(int(cases.seller[place]), int(decided[place]), int(investigator[place]), case)
        docket.due.setdefault(int(decided_week[place]), []).append(finding)
        if spell[place] >= 0:
            _unravel(world, random, docket, spells, int(spells.ring[spell[place]]), case, week)


def _main_spell(spells: Spells, sellers: Ints, week: int) -> Ints:
    """For each seller a scheme of his that ran within the last half year, -1 if none did."""
    recent = np.flatnonzero((spells.onset < week) & (spells.end > week - 26))
    main = np.full(len(sellers), -1, dtype=np.int64)
    for place, seller in enumerate(sellers):
        of_seller = recent[spells.seller[recent] == seller]
        if len(of_seller):
            main[place] = of_seller[0]
    return main


def judged(random: Random, found: float, condemned: float, inconclusive: float, guilty: Bools) -> Ints:
    """Codes of the verdicts on sellers looked at, of whom some are guilty; shares are those of error."""
    manipulated, cleared, open_end = (code("verdict", name) for name in ("manipulated", "cleared", "inconclusive"))
    fate, other = random.random(len(guilty)), random.random(len(guilty))
    missed = np.where(other < 0.6, cleared, open_end)
    innocent = np.where(other < inconclusive, open_end, cleared)
    of_guilty = np.where(fate < found, manipulated, missed)
    return np.where(guilty, of_guilty, np.where(fate < condemned, manipulated, innocent))


def _report(world: World, random: Random, spells: Spells, cases: Opened, course: Investigation) -> None:
    rules, count = world.settings.verdicts, len(cases.seller)
    condemned = course.verdict == code("verdict", "manipulated")
    cleared = course.verdict == code("verdict", "cleared")
    opened_on = course.opened_at // DAY
    onset, ended, scheme = _told(world, random, spells, course)
    dated = cleared & (random.random(count) < 0.5)
    columns: dict[str, npt.NDArray[np.generic] | int] = {
        "seller_id": cases.seller,
        "decided_at": course.decided_at,
        "verdict": course.verdict,
        "scheme": np.where(condemned, scheme, -1),
        "opened_at": np.where(random.random(count) < 0.92, course.opened_at, -1),
        "onset_on": np.where(condemned & (random.random(count) < 0.9), onset, -1),
        "ended_on": np.where(condemned, ended, -1),
        "covers_from": np.where(dated, opened_on - random.integers(180, 365, count), -1),
        "covers_to": np.where(dated, opened_on, -1),
        "route": code("route", cases.route),
        "selection_probability": cases.probability,
        "decided_by": course.investigator,
        "case_id": cases.case,
    }
    world.delivery.add("verdicts", world.recorded("verdicts", course.decided_at, leaf=False), columns)
    overturned = np.flatnonzero(condemned & (random.random(count) < rules.overturned_share))
    later = course.decided_at[overturned] + random.integers(20, 90, len(overturned)) * DAY
    appeal = {name: values[overturned] if not isinstance(values, int) else values for name, values in columns.items()}
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


def _told(world: World, random: Random, spells: Spells, course: Investigation) -> tuple[Ints, Ints, Ints]:
    """Onset (mostly found late), end (-1: still runs) and scheme as the investigators tell them."""
    count, opened_on = len(course.spell), course.opened_at // DAY
    late = random.exponential(world.settings.verdicts.onset_error_weeks * 7, count)
    error = np.where(random.random(count) < 0.75, late, -random.uniform(0, 14, count)).astype(np.int64)
    onset = opened_on - random.integers(40, 250, count)
    ended, scheme = np.full(count, -1, dtype=np.int64), random.integers(0, 3, count)
    true = course.spell >= 0
    spell = course.spell[true]
    onset[true] = np.minimum(spells.onset_day[spell] + error[true], opened_on[true] - 7)
    end_day = world.start // DAY + 7 * spells.end[spell]
    ended[true] = np.where(end_day < opened_on[true], np.maximum(end_day, onset[true] + 1), -1)
    scheme[true] = spells.scheme[spell]
    return onset, ended, scheme


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
