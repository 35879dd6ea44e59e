"""All reviews of a market in arrays that grow, and the shown rating of each product."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from simulator.clock import WEEK

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Random = np.random.Generator

_COLUMNS: dict[str, type[np.generic]] = {
    "product": np.int32,
    "reviewer": np.int32,
    "rating": np.int8,
    "created": np.int64,
    "recorded": np.int64,
    "settled": np.int64,
    "visible": np.bool_,
    "origin": np.int8,
    "restored": np.bool_,
}
HONEST, BOUGHT, FLOOD, DEAL = range(4)
FRESH = np.iinfo(np.int64).min


class Shelf:
    """Reviews in the order of posting; an entry's place is the review's row number.

    `visible` is False as soon as a removal is certain, `settled` is the time of the last act on the review.
    """

    product: Ints
    reviewer: Ints
    rating: Ints
    created: Ints
    recorded: Ints
    settled: Ints
    visible: Bools
    origin: Ints
    restored: Bools

    def __init__(self, products: int, start: int, weeks: int) -> None:
        """Begin empty."""
        self._columns: dict[str, npt.NDArray[Any]] = {name: np.empty(1024, kind) for name, kind in _COLUMNS.items()}
        self.count = 0
        self._start = start
        self._weeks = weeks
        self.shown_count = np.zeros(products)
        self.shown_stars = np.zeros(products)
        self._due: dict[int, list[tuple[Ints, Floats, Floats]]] = {}
        self._first_of_week: list[int] = [0]

    def __getattr__(self, name: str) -> npt.NDArray[Any]:
        """A column over all reviews so far."""
        if name in _COLUMNS:
            return self._columns[name][: self.count]
        raise AttributeError(name)

    def begin_week(self, week: int) -> None:
        """Let the effects of all earlier weeks show, and remember where this week's reviews begin."""
        for product, count, stars in [e for due in sorted(self._due) if due < week for e in self._due[due]]:
            np.add.at(self.shown_count, product, count)
            np.add.at(self.shown_stars, product, stars)
        self._due = {due: effects for due, effects in self._due.items() if due >= week}
        self._first_of_week.append(self.count)

    def first_since(self, weeks_back: int) -> int:
        """Row number of the first review posted that many weeks before this one."""
        return self._first_of_week[max(0, len(self._first_of_week) - 1 - weeks_back)]

    def post(self, product: Ints, reviewer: Ints, rating: Ints, created: Ints, recorded: Ints, origin: int) -> Ints:
        """Add reviews; returns their row numbers."""
        first, last = self.count, self.count + len(product)
        self._grow(last)
        values = {
            "product": product,
            "reviewer": reviewer,
            "rating": rating,
            "created": created,
            "recorded": recorded,
            "settled": created,
            "visible": True,
            "origin": origin,
            "restored": False,
        }
        for name, value in values.items():
            self._columns[name][first:last] = value
        self.count = last
        self._show(created, product, np.ones(len(product)), rating.astype(float))
        return np.arange(first, last, dtype=np.int64)

    def remove(self, reviews: Ints, at: Ints) -> None:
        """Take reviews down at the given times."""
        self._columns["visible"][reviews] = False
        self._columns["settled"][reviews] = at
        self._show(at, self.product[reviews], np.full(len(reviews), -1.0), -self.rating[reviews].astype(float))

    def restore(self, reviews: Ints, at: Ints) -> None:
        """Put removed reviews back; they are not acted on again."""
        self._columns["settled"][reviews] = at
        self._columns["restored"][reviews] = True
        self._show(at, self.product[reviews], np.ones(len(reviews)), self.rating[reviews].astype(float))

    def rate_anew(self, reviews: Ints, rating: Ints, at: Ints) -> None:
        """Let authors change their stars; `rating` is what stands now."""
        change = rating - self.rating[reviews]
        self._columns["settled"][reviews] = at
        self._columns["rating"][reviews] = rating
        self._show(at, self.product[reviews], np.zeros(len(reviews)), change.astype(float))

    def settle(self, reviews: Ints, at: Ints) -> None:
        """Remember that reviews were examined and left."""
        self._columns["settled"][reviews] = at

    def _show(self, at: Ints, product: npt.NDArray[np.integer], count: Floats, stars: Floats) -> None:
        weeks = np.maximum((at - self._start) // WEEK, -1)
        for week in np.unique(weeks[weeks < self._weeks]):
            chosen = weeks == week
            self._due.setdefault(int(week), []).append((product[chosen].astype(np.int64), count[chosen], stars[chosen]))

    def _grow(self, needed: int) -> None:
        size = len(self._columns["product"])
        if needed > size:
            for name, column in self._columns.items():
                self._columns[name] = np.resize(column, max(needed, 2 * size))


def pick(
    random: Random, shelf: Shelf, seller_of_product: Ints, wanted: Ints, lean: Floats, *, weeks_back: int, before: int
) -> Ints:
    """Choose up to `wanted[seller]` visible reviews of each seller, none acted on later than `before`.

    `lean` weighs the stars 1 to 5: 0 never picks them. Returns row numbers, one seller's together.
    """
    first = shelf.first_since(weeks_back)
    product = shelf.product[first:]
    seller = seller_of_product[product]
    rating = shelf.rating[first:]
    able = (wanted[seller] > 0) & shelf.visible[first:] & (shelf.settled[first:] < before) & (lean[rating - 1] > 0)
    chosen = np.flatnonzero(able)
    if len(chosen) == 0:
        return chosen
    chance = np.log(random.random(len(chosen))) / lean[rating[chosen] - 1]
    order = np.lexsort((-chance, seller[chosen]))
    chosen = chosen[order]
    owner = seller[chosen]
    starts = np.flatnonzero(np.concatenate([[True], owner[1:] != owner[:-1]]))
    place = np.arange(len(owner)) - np.repeat(starts, np.diff(np.concatenate([starts, [len(owner)]])))
    return first + chosen[place < wanted[owner]]
