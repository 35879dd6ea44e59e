"""Who is guilty: brokers with bribed staff, their clients, and when each client's schemes begin and end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simulator.clock import DAY
from simulator.population import NEVER
from simulator.schema import WORDS, code
from simulator.world import World

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Random = np.random.Generator

INSIDE_ROLES = {
    "paid_removal": "moderator",
    "reviewer_pressure": "support",
    "paid_standing": "account_specialist",
    "data_purchase": "analyst",
}


@dataclass
class Spells:
    """One entry a scheme of a seller, run from week `onset` to before week `end` (both may lie outside the period).

    `pace` multiplies the scheme's usual rate; `removals` is the paid removals wished for a week.
    """

    seller: Ints
    scheme: Ints
    onset: Ints
    onset_day: Ints
    end: Ints
    ring: Ints
    pace: Floats
    removals: Floats

    def running(self, scheme: str, week: int) -> Ints:
        """Entries of a scheme that run in a week."""
        return np.flatnonzero((self.scheme == code("scheme", scheme)) & (self.onset <= week) & (self.end > week))

    def guilty(self, week: int) -> Bools:
        """Which entries run in a week."""
        return (self.onset <= week) & (self.end > week)


@dataclass
class Rings:
    """Bribed staff: one entry a member and ring."""

    actor: Ints
    ring: Ints
    since_day: Ints
    caught_week: Ints
    count: int

    def join(self, actor: int, ring: int, day: int) -> None:
        """Let a member of staff serve a ring from a day on."""
        self.actor = np.append(self.actor, actor)
        self.ring = np.append(self.ring, ring)
        self.since_day = np.append(self.since_day, day)
        self.caught_week = np.append(self.caught_week, NEVER)


def plan_guilt(world: World) -> tuple[Spells, Rings]:
    """Draw the guilty, their schemes and rings."""
    random, rules = world.random("guilt"), world.settings.guilt
    sellers, weeks = world.sellers, world.settings.market.weeks
    able = (sellers.opened_week < 0.7 * weeks) & (sellers.closed_week > 0.3 * weeks)
    need = -rules.quality_bias * sellers.quality / max(world.settings.reviews.seller_quality_sigma, 0.01)
    weight = sellers.size**rules.size_bias * np.exp(np.clip(need, -9, 9))
    weight = np.where(able, weight, 0)
    count = min(round(rules.guilty_share * len(weight)), int(able.sum()))
    guilty = random.choice(len(weight), count, replace=False, p=weight / weight.sum()) if count else np.empty(0, int)
    rings = _bribe(world, random, max(1, round(count / rules.sellers_per_ring)) if count else 0)
    ring = _brokers(world, random, guilty, rings)
    return _spells(world, random, guilty, ring), rings


def note_guilt(world: World, spells: Spells, rings: Rings) -> None:
    """Write the spells as they turned out into the truth: those that began within the period."""
    weeks, first = world.settings.market.weeks, world.start // DAY
    begun = np.flatnonzero((spells.onset < weeks) & (spells.end > spells.onset))
    end = spells.end[begun]
    world.truth.add(
        "schemes",
        len(begun),
        {
            "seller_id": spells.seller[begun],
            "scheme": spells.scheme[begun],
            "onset_on": spells.onset_day[begun],
            "ended_on": np.where(end < weeks, first + 7 * end, -1),
            "ring_id": spells.ring[begun],
        },
    )
    serving = np.flatnonzero(np.isin(rings.ring, spells.ring[begun]))
    since = np.full(rings.count + 1, NEVER, dtype=np.int64)
    np.minimum.at(since, spells.ring[begun], spells.onset_day[begun])
    caught = rings.caught_week[serving]
    world.truth.add(
        "staff",
        len(serving),
        {
            "actor_id": rings.actor[serving],
            "ring_id": rings.ring[serving],
            "onset_on": np.maximum(since[rings.ring[serving]], rings.since_day[serving]),
            "ended_on": np.where(caught < weeks, first + 7 * caught, -1),
        },
    )


def _bribe(world: World, random: Random, count: int) -> Rings:
    """Each ring has moderators of mostly one queue, and one member of each other role that its services need."""
    staff, rules = world.staff, world.settings.guilt
    moderators = np.flatnonzero((staff.role == code("role", "moderator")) & ~staff.shared)
    sizes = _evenly(random, random.poisson(max(rules.staff_per_ring_mean - 1, 0), 10_000), count)
    actors, rings = [], []
    for ring, size in enumerate(sizes):
        first = moderators[random.integers(0, len(moderators))]
        others = moderators[moderators != first]
        near = others[staff.queue[others] == staff.queue[first]]
        able = near if len(near) >= size else others
        more = random.choice(able, min(size, len(able)), replace=False)
        inside = [
            random.choice(np.flatnonzero(staff.role == code("role", role)))
            for role in ("support", "account_specialist", "analyst")
        ]
        members = np.unique(np.concatenate([[first], more, inside]))
        actors.append(members)
        rings.append(np.full(len(members), ring))
    none = [np.empty(0, dtype=np.int64)]
    actor = np.concatenate(actors or none).astype(np.int64)
    ring_of = np.concatenate(rings or none).astype(np.int64)
    return Rings(actor, ring_of, np.full(len(actor), -1), np.full(len(actor), NEVER), count)


def _evenly(random: Random, draws: Ints, count: int) -> Ints:
    """As many of the draws as wanted, spread evenly over their distribution: few rings keep the shares set."""
    places = (random.permutation(count) + 0.5) / max(count, 1)
    return np.quantile(draws, places, method="inverted_cdf").astype(np.int64)


def _brokers(world: World, random: Random, guilty: Ints, rings: Rings) -> Ints:
    """The ring of each guilty seller, mostly one with a moderator in the seller's queue; one owner has one broker."""
    if not len(guilty):
        return np.empty(0, dtype=np.int64)
    moderators = world.staff.role[rings.actor] == code("role", "moderator")
    queue_of_ring = np.full(rings.count, -1, dtype=np.int64)
    queue_of_ring[rings.ring[moderators]] = world.staff.queue[rings.actor[moderators]]
    fits = queue_of_ring[None, :] == world.queue_of_category[world.sellers.category[guilty]][:, None]
    near = random.random(len(guilty)) < world.settings.guilt.same_queue_share
    appeal = np.where(fits & near[:, None], 100.0, 1.0) * random.exponential(1, fits.shape)
    ring = np.argmax(appeal, axis=1)
    _, first, inverse = np.unique(world.sellers.owner[guilty], return_index=True, return_inverse=True)
    return np.asarray(ring[first][inverse], dtype=np.int64)


def _spells(world: World, random: Random, guilty: Ints, ring: Ints) -> Spells:
    rules, weeks = world.settings.guilt, world.settings.market.weeks
    schemes = [name for name in WORDS["scheme"] if rules.scheme_weights.get(name, 0) > 0]
    chance = np.array([rules.scheme_weights[name] for name in schemes])
    codes = np.array([code("scheme", name) for name in schemes], dtype=np.int64)
    place = random.choice(len(schemes), len(guilty), p=chance / chance.sum())
    twice = np.flatnonzero(random.random(len(guilty)) < rules.second_scheme_share)
    second = random.choice(len(schemes), len(twice), p=chance / chance.sum())
    twice, second = twice[second != place[twice]], second[second != place[twice]]
    who = np.concatenate([np.arange(len(guilty)), twice])
    onset, end = _periods(world, random, guilty, weeks)
    later = np.concatenate([np.zeros(len(guilty), dtype=np.int64), random.integers(0, 9, len(twice))])
    onset, end = onset[who] + later, end[who]
    day = world.start // DAY + 7 * onset - random.integers(1, 8, len(who))
    removals = _wished_removals(world, random, len(who))
    return Spells(
        seller=guilty[who],
        scheme=codes[np.concatenate([place, second])],
        onset=onset,
        onset_day=day,
        end=np.maximum(end, onset + 3),
        ring=ring[who],
        pace=random.lognormal(-0.1, 0.45, len(who)),
        removals=removals,
    )


def _periods(world: World, random: Random, guilty: Ints, weeks: int) -> tuple[Ints, Ints]:
    rules = world.settings.guilt
    earliest = np.maximum(world.sellers.opened_week[guilty] + 6, 0)
    onset = earliest + (random.random(len(guilty)) * np.maximum(weeks - 4 - earliest, 1)).astype(np.int64)
    running = (random.random(len(guilty)) < rules.running_at_start_share) & (earliest == 0)
    onset = np.where(running, -random.integers(0, 26, len(guilty)), onset)
    length = random.lognormal(np.log(rules.duration_weeks_median), rules.duration_log_sigma, len(guilty))
    return onset, onset + np.maximum(4, length).astype(np.int64) + np.where(running, 13, 0)


def _wished_removals(world: World, random: Random, count: int) -> Floats:
    rules = world.settings.schemes
    usual = rules.removals_per_week * random.lognormal(0, rules.removals_log_sigma, count)
    small = rules.small_client_removals_per_month * 12 / 52 * random.uniform(0.5, 1.2, count)
    return np.where(random.random(count) < rules.small_client_share, np.minimum(small, usual), usual)


def helpers(world: World, random: Random, rings: Rings, ring: Ints, scheme: str) -> Ints:
    """For each wanted ring one of its bribed staff of the scheme's role, -1 when all are caught."""
    role = world.staff.role[rings.actor] == code("role", INSIDE_ROLES[scheme])
    week = world.counters["week"]
    able = role & (rings.caught_week > week) & (rings.since_day <= world.week_start(week) // DAY)
    actor, of_ring = rings.actor[able], rings.ring[able]
    order = np.argsort(of_ring, kind="stable")
    low = np.searchsorted(of_ring[order], ring)
    high = np.searchsorted(of_ring[order], ring, side="right")
    place = low + (random.random(len(ring)) * (high - low)).astype(np.int64)
    found = high > low
    helper = np.full(len(ring), -1, dtype=np.int64)
    helper[found] = actor[order][place[found]]
    return helper
