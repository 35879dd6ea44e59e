"""What an entrant has done for it, week by week: removals, cover, pressure."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from simulator.clock import DAY, MINUTE, SECOND, instants_in_week, times_of_day
from simulator.evasion.helpers import helpers_of
from simulator.evasion.ledger import Acts, Ledger
from simulator.evasion.stage import AT_HAND_WEEKS, STARS_OF_CRITICS, Stage
from simulator.evasion.strategy import Strategy
from simulator.reviewing import reasons_for
from simulator.schema import code
from training.evasion.effort import WEEKS

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Random = np.random.Generator

_WORK_WEEKS = 4
_TRIGGERS = ("seller_flag", "reader_flag", "automation", "none")
_TRIGGER_ENDS = (0.7, 0.77, 0.85)
_OPENERS = {"seller_flag": "seller", "reader_flag": "reviewer", "automation": "automation", "none": "staff"}
_EDIT_SHARE = 0.4  # of those who yield; the others take their review back, as in `simulator.schemes.pressure`


class Player(Ledger):
    """Plays one entrant; the same seed gives the same acts."""

    def __init__(self, stage: Stage, host: int, strategy: Strategy, random: Random, number: int) -> None:
        """Let a host begin."""
        super().__init__(stage, host, random, number)
        self._strategy = strategy
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
