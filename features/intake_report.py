"""What an intake tells: rows by table and fate, and which deviations a person allowed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date

from features.store import InputFile


@dataclass(frozen=True)
class TableReport:
    """What became of one table's rows.

    Attributes:
        delivered: rows in files that the store had not taken in as they are.
        new: rows seen for the first time.
        redelivered: rows that were delivered before with the same content.
        landed: rows that count from now on, those that had waited included.
        waiting: rows whose parent is not there yet.
        quarantined: rows put aside in this run, by the rule they break.
        late: landed rows that became known long after they happened.
        other_values: enumeration values that are not in their list and were read as ``other``.
        below_floor: rows of weeks that ``prune`` has removed, which come in no more.

    """

    delivered: int = 0
    new: int = 0
    redelivered: int = 0
    landed: int = 0
    waiting: int = 0
    quarantined: Mapping[str, int] = field(default_factory=dict)
    late: int = 0
    other_values: int = 0
    below_floor: int = 0


@dataclass(frozen=True)
class IntakeReport:
    """What a run took in.

    Attributes:
        as_of: the cutoff for which freshness was checked; None when none was asked for.
        tables: by name, in the contract's order; tables that were not handed in are absent.
        missing: tables of the contract that were not handed in.
        files: every file of the data set, by path, with its digest.
        messages: what a person should be told, once.
        marks: deviations that were allowed by hand (``allow-incomplete``, ``allow-stale sales``).

    """

    as_of: date | None
    tables: Mapping[str, TableReport]
    missing: tuple[str, ...]
    files: Mapping[str, InputFile]
    messages: tuple[str, ...]
    marks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Allowances:
    """Deviations from the contract's freshness that a person has allowed for this run."""

    stale: Collection[str] = ()
    incomplete: bool = False

    @property
    def marks(self) -> tuple[str, ...]:
        """How they are shown in the run's record."""
        stale = tuple(f"allow-stale {name}" for name in self.stale)
        return (*stale, "allow-incomplete") if self.incomplete else stale


NOTHING_ALLOWED = Allowances()
