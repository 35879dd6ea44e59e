"""The language of signals: windowed measures and the formulas over them, in which time cannot be seen.

A measure is a column of a tile kind. Taken over a window it becomes a number a seller and cutoff; formulas combine such
numbers and nothing else, so that a signal has no way to look past its cutoff.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from features.lookups import Lookup

LONGEST_DAYS = 364
"""The window that also holds rows which became known late."""

Fold = Literal["sum", "max"]


@dataclass(frozen=True)
class TileKind:
    """Facts folded once: one row a seller, day, lateness and end of validity, with the measures' values.

    Attributes:
        name: of the folder under ``tiles/``.
        folds: how each measure is folded over a day: whole numbers are summed, extremes are kept.
        lookup: which landed rows the facts of some weeks need.
        facts: SQL of the facts: seller_id, known_at, happened_at, until_on (the day on which a later correction
            replaced it, or null) and the measures. It reads the landed tables and those of ``features.listings``.

    """

    name: str
    folds: dict[str, Fold] = field(hash=False)
    lookup: Lookup
    facts: str


@dataclass(frozen=True)
class Windowed:
    """A measure over a window, as one column: days ``[cutoff - start, cutoff - end)``; no start means all history."""

    measure: Measure
    fold: Fold
    start: int | None
    end: int

    @property
    def column(self) -> str:
        """The name under which formulas read it."""
        since = "ever" if self.start is None else f"{self.start}d"
        until = f"_to_{self.end}d" if self.end else ""
        return f"{self.measure.name}_{self.fold}_{since}{until}"

    @property
    def reach_days(self) -> int:
        """How many days before the cutoff its tables must cover."""
        return self.end if self.start is None else self.start

    @property
    def counts_late_news(self) -> bool:
        """Whether rows that became known long after they happened are in it: in the longest window and in levels."""
        return self.start is None or self.start >= LONGEST_DAYS


@dataclass(frozen=True)
class Measure:
    """A column of a tile kind.

    Attributes:
        kind: the tile kind.
        name: the column.
        needs: tables (``reviews``) and optional columns (``review_actions.queue``) without which it is missing.

    """

    kind: TileKind
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

    def _over(self, fold: Fold, start: int | None, end: int) -> Formula:
        windowed = Windowed(self, fold, start, end)
        return Formula(f"coalesce({windowed.column}, 0)", frozenset({windowed}))


@dataclass(frozen=True)
class Formula:
    """An expression over windowed measures: SQL, and the windowed measures that it reads."""

    sql: str
    inputs: frozenset[Windowed] = frozenset()

    def __add__(self, other: Formula | float) -> Formula:
        return self._with("+", other)

    def __sub__(self, other: Formula | float) -> Formula:
        return self._with("-", other)

    def __mul__(self, other: Formula | float) -> Formula:
        return self._with("*", other)

    def __truediv__(self, other: Formula | float) -> Formula:
        """Divide; a zero below the line gives null, which reads as no events."""
        right = _formula(other)
        return Formula(f"(1.0 * {self.sql} / nullif({right.sql}, 0))", self.inputs | right.inputs)

    def _with(self, sign: str, other: Formula | float) -> Formula:
        right = _formula(other)
        return Formula(f"({self.sql} {sign} {right.sql})", self.inputs | right.inputs)


def _formula(value: Formula | float) -> Formula:
    return value if isinstance(value, Formula) else Formula(repr(value))


def log(of: Formula) -> Formula:
    """Natural logarithm; null at or below 0."""
    return Formula(f"ln(case when {of.sql} > 0 then {of.sql} end)", of.inputs)


def share(part: Formula, whole: Formula) -> Formula:
    """Part over whole, at most 1: an event can come back and happen again, a share cannot exceed the whole."""
    ratio = part / whole
    return Formula(f"(case when {ratio.sql} > 1 then 1.0 else {ratio.sql} end)", ratio.inputs)


def or_zero(of: Formula) -> Formula:
    """The value, or 0 where it is null."""
    return Formula(f"coalesce({of.sql}, 0)", of.inputs)
