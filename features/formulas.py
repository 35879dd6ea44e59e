"""The language of signals: formulas over windowed measures, in which time cannot be seen.

Formulas combine numbers of a seller and cutoff (``features.measures``) and nothing else, so that a signal has no way to
look past its cutoff.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from features.measures import Windowed


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


def not_negative(of: Formula) -> Formula:
    """The value, or 0 below it: a net of returns and corrections can be less than nothing. Null stays null."""
    return Formula(f"(case when {of.sql} < 0 then 0 else {of.sql} end)", of.inputs)


def smaller(one: Formula, other: Formula) -> Formula:
    """The smaller of two values, neither of which is null."""
    return Formula(
        f"(case when {one.sql} < {other.sql} then {one.sql} else {other.sql} end)", one.inputs | other.inputs
    )


def or_zero(of: Formula) -> Formula:
    """The value, or 0 where it is null."""
    return Formula(f"coalesce({of.sql}, 0)", of.inputs)


def binned_median(at_least: Mapping[float, Formula], total: Formula) -> Formula:
    """The lower median of numbers that were counted into bins, as the middle of its bin; null where there is none.

    Exact up to the bin. Costs a sum of whole numbers for each bin.

    Args:
        at_least: how many are at least so large, for each edge, ascending; neighbours are a factor apart.
        total: how many there are.

    """
    edges = list(at_least)
    half_a_bin = (edges[1] / edges[0]) ** 0.5
    above = " ".join(
        f"when 2 * {at_least[edge].sql} > {total.sql} then {edge * half_a_bin!r}" for edge in reversed(edges)
    )
    sql = f"(case when {total.sql} = 0 then null {above} else {edges[0] / half_a_bin!r} end)"
    return Formula(sql, total.inputs.union(*(each.inputs for each in at_least.values())))
