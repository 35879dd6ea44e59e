"""What an entrant has done for it, week by week: removals, cover, pressure, and the rows that they leave behind."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simulator.clock import DAY, MINUTE, SECOND, instants_in_week, recorded_after, times_of_day
from simulator.evasion.stage import AT_HAND_WEEKS, STARS_OF_CRITICS, Stage
from simulator.evasion.strategy import Bought, Strategy
from simulator.reviewing import reasons_for
from simulator.rings import INSIDE_ROLES
from simulator.schema import code
from training.evasion.effort import WEEKS

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Random = np.random.Generator
Rows = tuple[str, Ints, dict[str, npt.NDArray[np.generic] | int]]

_FIRST_NUMBER, _NUMBERS_EACH = 1 << 27, 1 << 12
_WORK_WEEKS = 4
_TRIGGERS = ("seller_flag", "reader_flag", "automation", "none")
_TRIGGER_ENDS = (0.7, 0.77, 0.85)
_OPENERS = {"seller_flag": "seller", "reader_flag": "reviewer", "automation": "automation", "none": "staff"}
_EDIT_SHARE = 0.4  # of those who yield; the others take their review back, as in `simulator.schemes.pressure`


class Helpers(NamedTuple):
    """Staff who serve an entrant: moderators, and members of support who look addresses up; with their last week."""

    moderators: Ints
    support: Ints
    until: Ints
    support_until: Ints


class Effect(NamedTuple):
    """What shows on a product from the week after `week` on."""

    week: int
    product: int
    reviews: int
    stars: int


@dataclass
class Acts:
    """All that was done for one entrant."""

    rows: list[Rows] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def bought(self, strategy: Strategy, helpers: Helpers) -> Bought:
        """What there is to pay for."""
        counts = self.counts
        own = (len(helpers.moderators) if counts["removals"] else 0) + (1 if counts["addresses"] else 0)
        return Bought(
            removals=counts["removals"],
            covers=counts["covers"],
            addresses=counts["addresses"],
            yielded=counts["yielded"],
            tickets=counts["tickets"],
            own_members=own if strategy.own else 0,
        )


class Player:
    """Plays one entrant; the same seed gives the same acts."""

    def __init__(self, stage: Stage, host: int, strategy: Strategy, random: Random, number: int) -> None:
        """Let a host begin; `number` keeps the keys of its rows apart from those of other entrants."""
        self._stage, self._world = stage, stage.world
        self._host, self._strategy, self._random = host, strategy, random
        self._next: dict[str, int] = defaultdict(lambda: _FIRST_NUMBER + number * _NUMBERS_EACH)
        self.acts = Acts()
        self.helpers = helpers_of(stage, host, strategy, random)
        shelf = self._world.shelf
        self._review = stage.reviews_of(host)
        self._free = shelf.visible[self._review] & (shelf.settled[self._review] == shelf.created[self._review])

    def play(self) -> Acts:
        """Play all weeks."""
        if self._strategy.idle:
            return self.acts
        offset, worked = float(self._random.random()), 0
        at_hand = int(self._able(0, critics=True).sum())
        done = 0
        for week in range(WEEKS):
            pause = self._strategy.pause
            if pause and week % (_WORK_WEEKS + pause) >= _WORK_WEEKS:
                continue
            worked += 1
            due = self._strategy.share * self._arrived(week, at_hand, min(1.0, worked / self._strategy.weeks))
            chosen = self._choose(week, max(0, int(due + offset) - done))
            done += len(chosen)
            pressed = self._random.random(len(chosen)) < self._strategy.pressure
            self._remove(chosen[~pressed], week)
            self._press(chosen[pressed], week)
        return self.acts

    def _arrived(self, week: int, at_hand: int, spread: float) -> float:
        """Critics who count so far: the part of those at hand whose turn has come, and those who came since."""
        shelf = self._world.shelf
        start, now = self._instant(0), self._instant(week)
        created, rating = shelf.created[self._review], shelf.rating[self._review]
        since = (created >= start) & (created < now) & (rating <= STARS_OF_CRITICS)
        return at_hand * spread + float(since.sum())

    def _instant(self, week: int) -> int:
        start: int = self._world.week_start(self._stage.entry + week)
        return start

    def _able(self, week: int, *, critics: bool) -> Bools:
        shelf, now = self._world.shelf, self._instant(week)
        created, rating = shelf.created[self._review], shelf.rating[self._review]
        wanted = rating <= STARS_OF_CRITICS if critics else rating >= 4
        return np.asarray(self._free & wanted & (created < now) & (created >= self._instant(week - AT_HAND_WEEKS)))

    def _choose(self, week: int, count: int) -> Ints:
        able = np.flatnonzero(self._able(week, critics=True))
        review = self._review[able]
        shelf = self._world.shelf
        newest = -shelf.created[review]
        key = {
            "newest": newest,
            "oldest": -newest,
            "worst": shelf.rating[review].astype(np.int64),
            "leading": -self._world.products.appeal[shelf.product[review]],
        }[self._strategy.which]
        chosen = able[np.lexsort((newest, key))][:count]
        self._free[chosen] = False
        return self._review[chosen]

    def _number(self, entity: str) -> int:
        self._next[entity] += 1
        return self._next[entity] - 1

    def _remove(self, critics: Ints, week: int) -> None:
        able = self.helpers.moderators[self.helpers.until > self._stage.entry + week]
        if not len(critics) or not len(able):
            return
        praise = np.flatnonzero(self._able(week, critics=False))
        cover = self._random.binomial(len(critics), self._strategy.cover)
        hidden = self._random.choice(praise, min(cover, len(praise)), replace=False)
        self._free[hidden] = False
        self.acts.counts["removals"] += len(critics)
        self.acts.counts["covers"] += len(hidden)
        both = np.concatenate([critics, self._review[hidden]])
        both = both[self._random.permutation(len(both))]
        for sitting in np.array_split(both, min(self._strategy.sittings, len(both))):
            self._sit(sitting, int(self._random.choice(able)), week)

    def _sit(self, review: Ints, actor: int, week: int) -> None:
        """One assignment: some reviews at hand, one after the other, with one ticket or none."""
        world, random, shelf = self._world, self._random, self._world.shelf
        began = int(self._instant(week) + random.integers(0, 7) * DAY + times_of_day(random, 1)[0])
        acted = began + np.cumsum(random.integers(20, 240, len(review))) * SECOND
        trigger = _TRIGGERS[int(np.searchsorted(_TRIGGER_ENDS, random.random()))]
        product = shelf.product[review].astype(np.int64)
        queue = world.queue_of_category[world.products.category[product]]
        ticket = -1
        if random.random() < self._strategy.forged:
            youngest = int(shelf.created[review].max()) + MINUTE
            opened = max(youngest, began - int(random.exponential(36 * 3600) + 300) * SECOND)
            ticket = self._ticket(opened, _OPENERS[trigger], int(queue[0]), actor)
        critical = shelf.rating[review] <= STARS_OF_CRITICS
        self._report_act(
            review,
            acted,
            {
                "kind": code("action", "removed"),
                "actor_kind": code("actor_kind", "staff"),
                "actor_id": world.identity.of("staff", np.full(len(review), actor)),
                "reason": reasons_for(random, critical, np.zeros(len(review), dtype=bool)),
                "queue": queue,
                "trigger": code("trigger", trigger),
                "ticket_id": ticket,
            },
        )
        if random.random() < world.settings.look_ups.per_assignment:
            self._look_up("account_notes", actor, began - int(random.integers(30, 600)) * SECOND, ticket, -1)
        self._show(acted, product, np.full(len(review), -1), -shelf.rating[review].astype(np.int64))

    def _press(self, review: Ints, week: int) -> None:
        """Addresses are looked up; some critics yield, some report it: the shares are those of the market's own."""
        world, random, rules = self._world, self._random, self._world.settings.schemes
        able = self.helpers.support[self.helpers.support_until > self._stage.entry + week]
        if not len(review) or not len(able):
            return
        at = instants_in_week(random, len(review), self._instant(week))
        self.acts.counts["addresses"] += len(review)
        for place, critic in enumerate(review):
            actor, ticket = int(random.choice(able)), -1
            if random.random() < self._strategy.forged:
                opened = int(at[place]) - int(random.exponential(20 * 3600) + 300) * SECOND
                ticket = self._ticket(opened, "seller", int(self._stage.staff.queue[actor]), actor)
            self._look_up("reviewer_contact", actor, int(at[place]), ticket, int(critic))
        fate = random.random(len(review))
        yields = fate < rules.pressure_yields_share
        self.acts.counts["yielded"] += int(yields.sum())
        gone = fate < (1 - _EDIT_SHARE) * rules.pressure_yields_share
        after = self._instant(week + 1) + (random.exponential(9 * 86_400, len(review)) + 1800).astype(np.int64) * SECOND
        self._yield(review[gone], after[gone], None)
        softened = yields & ~gone
        rating = world.shelf.rating[review[softened]].astype(np.int64)
        new = np.minimum(rating + random.integers(1, 4, len(rating)), 5)
        self._yield(review[softened], after[softened], new)
        self._tell(review, at, random.random(len(review)) < rules.pressure_reported_share)

    def _yield(self, review: Ints, at: Ints, new_rating: Ints | None) -> None:
        """Authors take their review back, or change its stars."""
        shelf = self._world.shelf
        old, product = shelf.rating[review].astype(np.int64), shelf.product[review].astype(np.int64)
        columns: dict[str, npt.NDArray[np.generic] | int] = {
            "actor_kind": code("actor_kind", "reviewer"),
            "trigger": code("trigger", "none"),
        }
        if new_rating is None:
            self._report_act(review, at, {**columns, "kind": code("action", "removed")})
            self._show(at, product, np.full(len(review), -1), -old)
        else:
            self._report_act(review, at, {**columns, "kind": code("action", "edited"), "new_rating": new_rating})
            self._show(at, product, np.zeros(len(review), dtype=np.int64), new_rating - old)

    def _tell(self, review: Ints, at: Ints, told: Bools) -> None:
        """Some critics report who wrote to them."""
        for critic, when in zip(review[told], at[told], strict=True):
            later = np.array([when + int(self._random.integers(3600, 9 * 86_400)) * SECOND])
            columns: dict[str, npt.NDArray[np.generic] | int] = {
                "report_id": self._number("report"),
                "seller_id": self._host,
                "reviewer_id": int(self._world.shelf.reviewer[critic]),
                "reported_at": later,
                "kind": code("report", "off_platform_contact"),
            }
            self._add("buyer_reports", later, columns, leaf=True)

    def _ticket(self, opened: int, opener: str, queue: int, actor: int) -> int:
        world = self._world
        number, at = self._number("ticket"), np.array([opened])
        reviewer = int(self._random.integers(0, max(1, world.counters["reviewer"])))
        by = {"seller": ("seller", self._host), "reviewer": ("reviewer", reviewer), "staff": ("staff", actor)}
        opened_by = world.identity.of(by[opener][0], np.array([by[opener][1]])) if opener in by else -1
        self._add(
            "tickets",
            at,
            {
                "ticket_id": number,
                "opened_at": at,
                "opened_by_kind": code("opened_by_kind", opener),
                "opened_by": opened_by,
                "seller_id": self._host,
                "queue": queue,
                "assigned_to": actor,
            },
            leaf=False,
        )
        self.acts.counts["tickets"] += 1
        return number

    def _look_up(self, resource: str, actor: int, at: int, ticket: int, review: int) -> None:
        shelf, about = self._world.shelf, review >= 0
        columns: dict[str, npt.NDArray[np.generic] | int] = {
            "access_id": self._number("access"),
            "actor_id": actor,
            "accessed_at": np.array([at]),
            "resource": code("resource", resource),
            "seller_id": self._host,
            "product_id": int(shelf.product[review]) if about else -1,
            "review_id": review,
            "reviewer_id": int(shelf.reviewer[review]) if about else -1,
            "records": 1 if about else int(self._random.geometric(0.15)),
            "ticket_id": ticket,
        }
        self._add("staff_access", np.array([at]), columns, leaf=True)

    def _report_act(self, review: Ints, acted: Ints, columns: dict[str, npt.NDArray[np.generic] | int]) -> None:
        if len(review):
            recorded = recorded_after(self._random, acted, self._world.settings.recording, leaf=True)
            recorded = np.maximum(recorded, self._world.shelf.recorded[review] + SECOND)
            self.acts.rows.append(("review_actions", recorded, {"review_id": review, "acted_at": acted, **columns}))

    def _add(
        self, table: str, happened: Ints, columns: dict[str, npt.NDArray[np.generic] | int], *, leaf: bool
    ) -> None:
        recorded = recorded_after(self._random, happened, self._world.settings.recording, leaf=leaf)
        self.acts.rows.append((table, recorded, columns))

    def _show(self, at: Ints, product: Ints, count: Ints, stars: Ints) -> None:
        weeks = (at - self._instant(0)) // (7 * DAY)
        columns = (each.tolist() for each in (weeks, product, count, stars))
        self.acts.effects.extend(Effect(*values) for values in zip(*columns, strict=True))


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
