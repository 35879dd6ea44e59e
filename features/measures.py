"""The language of signals, below its formulas: facts that are folded once, and measures of them over windows.

A measure is a column of a tile kind. Taken over a window it becomes a number a seller and cutoff. Sums and extremes add
up, day by day; entities and streaks do not, and are read from the rows of each window; ages are counted into fixed
bins, whose sums give quantiles.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Literal

from features.formulas import Formula
from features.lookups.lookup import Lookup
from features.rivals import RIVALS

LONGEST_DAYS = 364
"""The window that also holds rows which became known late."""

Fold = Literal["sum", "max"]
"""How values of a day, and days of a window, become one."""

Gathering = Literal["distinct", "most_of_one", "streak", "expected", "most_beyond", "elsewhere"]
"""What is read from the rows of a window, as it does not add up: entities, the largest of their sums, runs of weeks,
and a seller's work beside all that was done in the same groups (``features.group_work``)."""

FINE = float(2**40)
"""Expected numbers are kept as whole parts of one, so many, so that sums do not depend on their order."""


@dataclass(frozen=True)
class TileKind:
    """Facts folded once: one row a seller, day, lateness and end of validity, with the measures' values.

    Attributes:
        name: of the folder under ``tiles/``.
        folds: how each measure is folded over a day: whole numbers are summed, extremes are kept.
        lookup: which landed rows the facts of some weeks need.
        facts: SQL of the facts: seller_id, known_at, happened_at, until_on (the day on which a later correction
            replaced it, or null) and the measures. It reads the landed tables and those of ``features.listings``.
        by: a column of the facts that names an entity; tile rows are then an entity's, null where it is not known.
        beside: further columns of the facts that tell tile rows apart, such as the queue in which work was done.

    """

    name: str
    folds: dict[str, Fold] = field(hash=False)
    lookup: Lookup
    facts: str
    by: str | None = None
    beside: tuple[str, ...] = ()

    @property
    def entities(self) -> tuple[str, ...]:
        """The columns that tell tile rows of one seller and day apart."""
        return ((self.by,) if self.by else ()) + self.beside


@dataclass(frozen=True)
class Pairs:
    """Days on which something happened, each beside what happened in the days before and after it.

    A pair is a day with events and another day of the same seller, at most ``days`` apart; it counts on the later of
    the two, so that it is known when both are. Its measures are named by ``column``. A day is the one on
    which its facts became known; what became known late is in no pair, and a day is no pair with itself, as it does not
    say what came first. Events are never corrected.

    Attributes:
        name: of the pairs.
        events: a day on which this measure is above 0 has events.
        around: measures of one other kind, which may be corrected.
        days: the most between the two days of a pair.

    """

    name: str
    events: Measure
    around: tuple[Measure, ...]
    days: int

    @property
    def facts(self) -> str:
        """What a pair is, down to the facts."""
        around = [measure.name for measure in self.around]
        told = f"{around} {self.days} days before and after {self.events.name}"
        return f"{told} {self.events.kind.facts} {self.around[0].kind.facts}"

    def column(self, measure: Measure, when: Literal["before", "after"]) -> str:
        """The name of the sum of a measure over the days before or after events."""
        return f"{self.name}_{measure.name}_{when}"

    def before(self, measure: Measure) -> Measure:
        """The sum of a measure over the days before events."""
        return Measure(self, self.column(measure, "before"), self.events.needs + measure.needs)

    def after(self, measure: Measure) -> Measure:
        """The sum of a measure over the days after events."""
        return Measure(self, self.column(measure, "after"), self.events.needs + measure.needs)


@dataclass(frozen=True)
class Across:
    """What is read across sellers at a cutoff: SQL over what each seller and entity have in the window before it.

    Attributes:
        name: of what it yields.
        reads: measures of tile kinds that name an entity. The rows of each kind are ``KIND_in_window``: seller_id, the
            entity and the sums of these measures, where one is above 0; unknown entities are left out.
        days: the length of the window.
        rows: SQL of its rows; ``{max_sellers_linked}`` stands for the setting.

    """

    name: str
    reads: tuple[Measure, ...]
    days: int
    rows: str

    @property
    def needs(self) -> tuple[str, ...]:
        """Tables and optional columns without which it is missing."""
        return tuple(sorted({need for measure in self.reads for need in measure.needs}))

    @property
    def facts(self) -> str:
        """What it is, down to the facts."""
        read = " ".join(f"{measure.name} of {measure.kind.facts}" for measure in self.reads)
        return f"{self.rows} over {self.days} days of {read}"


@dataclass(frozen=True)
class Crossing(Across):
    """Numbers of a seller that other sellers have a part in: rows of seller_id and columns of whole numbers."""

    def number(self, column: str, *told_from: Measure) -> Formula:
        """One of its columns, and of the measures that it reads those without which this one is missing."""
        needs = {need for measure in told_from or self.reads for need in measure.needs}
        windowed = Windowed(Measure(self, column, tuple(sorted(needs))), "sum", self.days, 0)
        return Formula(f"coalesce({self.name}_measures.{column}, 0)", frozenset({windowed}))


@dataclass(frozen=True)
class OnRivals(Crossing):
    """What befalls a seller's rivals (``features.rivals``): rows of seller_id, other_id and columns of whole numbers.

    Those of rivals are added up; others count for nothing.

    Attributes:
        columns: the names of the numbers.

    """

    columns: tuple[str, ...]

    @property
    def facts(self) -> str:
        """What it is, down to the facts."""
        return f"{super().facts} on {RIVALS}"


@dataclass(frozen=True)
class Relation(Across):
    """Links by which sellers are neighbours of each other: rows of seller_id, entity and strength, above 0.

    Two sellers are neighbours when they have a linked entity in common. Their weight is the product of the strengths of
    both links, summed over the entities that they have in common.
    """

    @property
    def covers(self) -> Windowed:
        """The window that the tables which it needs must cover."""
        return Windowed(Measure(self, "linked", self.needs), "sum", self.days, 0)


@dataclass(frozen=True)
class Windowed:
    """A measure over a window, as one column: days ``[cutoff - start, cutoff - end)``; no start means all history.

    ``beside`` names what the fold needs more: the groups, and the measure of all work in them.
    """

    measure: Measure
    fold: Fold | Gathering
    start: int | None
    end: int
    beside: tuple[str, ...] = ()

    @property
    def column(self) -> str:
        """The name under which formulas read it."""
        since = "ever" if self.start is None else f"{self.start}d"
        until = f"_to_{self.end}d" if self.end else ""
        return "_".join([self.measure.name, self.fold, *self.beside, f"{since}{until}"])

    @property
    def reach_days(self) -> int:
        """How many days before the cutoff its tables must cover."""
        more = self.measure.kind.days if isinstance(self.measure.kind, Pairs) else 0
        return more + (self.end if self.start is None else self.start)

    @property
    def counts_late_news(self) -> bool:
        """Whether rows that became known long after they happened are in it: in the longest window and in levels."""
        return self.start is None or self.start >= LONGEST_DAYS


@dataclass(frozen=True)
class Measure:
    """A column of a tile kind, of pairs, or of what is read across sellers.

    Attributes:
        kind: the tile kind, or what takes its place.
        name: the column.
        needs: tables (``reviews``) and optional columns (``review_actions.queue``) without which it is missing.

    """

    kind: TileKind | Pairs | Across
    name: str
    needs: tuple[str, ...]

    def total(self, days: int) -> Formula:
        """Its sum in the window of the last ``days`` days."""
        return self._over("sum", days, 0)

    def earlier(self, days: int, start: int = LONGEST_DAYS) -> Formula:
        """Its sum from ``start`` days before the cutoff up to the window's first day: the seller's own past."""
        return self._over("sum", start, days)

    def level(self) -> Formula:
        """Its running total up to the cutoff, over all history."""
        return self._over("sum", None, 0)

    def before(self, days: int) -> Formula:
        """Its running total at the start of the window."""
        return self._over("sum", None, days)

    def largest(self, days: int) -> Formula:
        """Its largest value in the window."""
        return self._over("max", days, 0)

    def largest_earlier(self, days: int, start: int = LONGEST_DAYS) -> Formula:
        """Its largest value from ``start`` days before the cutoff up to the window's first day."""
        return self._over("max", start, days)

    def distinct(self, days: int) -> Formula:
        """How many known entities have a sum above 0 in the window."""
        return self._gathered("distinct", days)

    def most_of_one(self, days: int) -> Formula:
        """The largest sum of one known entity in the window."""
        return self._gathered("most_of_one", days)

    def streak(self, days: int) -> Formula:
        """The longest run of weeks, counted back from the cutoff, in each of which it is above 0 on some day."""
        return self._over("streak", days, 0)

    def expected(self, trials: Measure, days: int, *, within: str) -> Formula:
        """How many there were had each of the seller's trials gone as often so as all trials of its group did."""
        return self._over("expected", days, 0, (within, trials.name)) / FINE

    def most_beyond(self, days: int, *, by: str, within: str) -> Formula:
        """The most of one entity, less what its part of all work in the same groups lets expect."""
        return self._over("most_beyond", days, 0, (by, within)) / FINE

    def elsewhere(self, work: Measure, days: int, *, by: str, within: str) -> Formula:
        """The sum over entities outside the group in which most of their work, for all sellers, lay."""
        return self._over("elsewhere", days, 0, (by, within, work.name))

    def _gathered(self, how: Gathering, days: int) -> Formula:
        if not isinstance(self.kind, TileKind) or self.kind.by is None:
            raise ValueError(
                f"measure '{self.name}': tile kind '{self.kind.name}' names no entity; give it a column `by`"
            )
        return self._over(how, days, 0)

    def _over(self, fold: Fold | Gathering, start: int | None, end: int, beside: tuple[str, ...] = ()) -> Formula:
        if isinstance(self.kind, Pairs) and (start is None or start + self.kind.days > LONGEST_DAYS):
            raise ValueError(
                f"measure '{self.name}': with the {self.kind.days} days between a pair its window must not reach back"
                f" over {LONGEST_DAYS} days"
            )
        windowed = Windowed(self, fold, start, end, beside)
        return Formula(f"coalesce({windowed.column}, 0)", frozenset({windowed}))


@dataclass(frozen=True)
class Together:
    """Measures of several tile kinds that count parts of the same: their sums, added."""

    parts: tuple[Measure, ...]

    def total(self, days: int) -> Formula:
        """Their sum in the window of the last ``days`` days."""
        return _added([part.total(days) for part in self.parts])

    def earlier(self, days: int, start: int = LONGEST_DAYS) -> Formula:
        """Their sum from ``start`` days before the cutoff up to the window's first day: the seller's own past."""
        return _added([part.earlier(days, start) for part in self.parts])

    def level(self) -> Formula:
        """Their running total up to the cutoff, over all history."""
        return _added([part.level() for part in self.parts])

    def before(self, days: int) -> Formula:
        """Their running total at the start of the window."""
        return _added([part.before(days) for part in self.parts])


def _added(parts: Sequence[Formula]) -> Formula:
    return reduce(operator.add, parts)
