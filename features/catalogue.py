"""Every signal, in the order of the signal table's columns."""

from __future__ import annotations

from features.families import (
    account_standing,
    pressure,
    queue_work,
    ranks,
    ratings,
    removal_tickets,
    removals,
    removers,
    sales,
)
from features.measures import Pairs, TileKind
from features.signal import Signal

CATALOGUE: dict[str, Signal] = {
    signal.name: signal
    for signal in (
        *removals.SIGNALS,
        *removers.SIGNALS,
        *removal_tickets.SIGNALS,
        *queue_work.SIGNALS,
        *pressure.SIGNALS,
        *account_standing.SIGNALS,
        *ratings.SIGNALS,
        *ranks.SIGNALS,
        *sales.SIGNALS,
    )
}
"""Signals by name. A new family is added here and nowhere else."""

WINDOWED = frozenset().union(*(signal.formula.inputs for signal in CATALOGUE.values() if signal.formula is not None))
"""Every windowed measure that some signal reads."""


def tile_kinds() -> dict[str, TileKind]:
    """The tile kinds that the catalogue reads, by name."""
    kinds: set[TileKind] = set()
    for windowed in WINDOWED:
        kinds |= _stored(windowed.measure.kind)
    return dict(sorted((kind.name, kind) for kind in kinds))


def pairs_of_days() -> dict[str, Pairs]:
    """The pairs that the catalogue reads, by name."""
    found = {each.measure.kind for each in WINDOWED}
    return dict(sorted((kind.name, kind) for kind in found if isinstance(kind, Pairs)))


def _stored(kind: TileKind | Pairs) -> set[TileKind]:
    if isinstance(kind, TileKind):
        return {kind}
    return set().union(*(_stored(measure.kind) for measure in (kind.events, *kind.around)))
