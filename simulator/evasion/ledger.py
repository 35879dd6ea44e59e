"""The rows that an entrant's acts leave behind, what shows on its products, and what there is to pay for."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simulator.clock import DAY, SECOND, recorded_after
from simulator.evasion.helpers import Helpers
from simulator.evasion.stage import Stage
from simulator.evasion.strategy import Bought, Strategy
from simulator.schema import code

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Random = np.random.Generator
Rows = tuple[str, Ints, dict[str, npt.NDArray[np.generic] | int]]

_FIRST_NUMBER, _NUMBERS_EACH = 1 << 27, 1 << 12


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


class Ledger:
    """Keeps the acts of one entrant; `number` keeps the keys of its rows apart from those of other entrants."""

    def __init__(self, stage: Stage, host: int, random: Random, number: int) -> None:
        """Begin empty."""
        self._stage, self._world = stage, stage.world
        self._host, self._random = host, random
        self._next: dict[str, int] = defaultdict(lambda: _FIRST_NUMBER + number * _NUMBERS_EACH)
        self.acts = Acts()

    def _instant(self, week: int) -> int:
        """First instant of a week of the entrant."""
        start: int = self._world.week_start(self._stage.entry + week)
        return start

    def _number(self, entity: str) -> int:
        self._next[entity] += 1
        return self._next[entity] - 1

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
