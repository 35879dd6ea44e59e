"""Every signal, in the order of the signal table's columns."""

from __future__ import annotations

from features.families import (
    account_standing,
    bought_reviews,
    data_purchase,
    floods,
    neighbours,
    pressure,
    queue_work,
    ranks,
    ratings,
    removal_tickets,
    removals,
    removers,
    sabotage,
    sales,
)
from features.measures import Across, Pairs, Relation, TileKind, Windowed
from features.signal import Signal

_FAMILIES = (
    removals,
    removers,
    floods,
    removal_tickets,
    queue_work,
    pressure,
    account_standing,
    ratings,
    ranks,
    sales,
    bought_reviews,
    data_purchase,
    sabotage,
    neighbours,
)

CATALOGUE: dict[str, Signal] = {signal.name: signal for family in _FAMILIES for signal in family.SIGNALS}
"""Signals by name. A new family is added here and nowhere else."""


def windowed_of(signal: Signal) -> frozenset[Windowed]:
    """The windowed measures that a signal reads itself, or whose windows must be covered for it."""
    if signal.neighbours is not None:
        return frozenset({signal.neighbours.over.covers})
    return frozenset() if signal.formula is None else signal.formula.inputs


WINDOWED = frozenset().union(*(windowed_of(signal) for signal in CATALOGUE.values()))
"""Every windowed measure that some signal reads."""


def tile_kinds() -> dict[str, TileKind]:
    """The tile kinds that the catalogue reads, by name."""
    kinds: set[TileKind] = set()
    for windowed in WINDOWED:
        kinds |= _stored(windowed.measure.kind)
    return dict(sorted((kind.name, kind) for kind in kinds))


def pairs_of_days() -> dict[str, Pairs]:
    """The pairs that the catalogue reads, by name."""
    return {name: kind for name, kind in _kinds().items() if isinstance(kind, Pairs)}


def across_sellers() -> dict[str, Across]:
    """What the catalogue reads across sellers, by name."""
    return {name: kind for name, kind in _kinds().items() if isinstance(kind, Across)}


def measured_kinds() -> dict[str, TileKind | Pairs | Across]:
    """All that formulas read measures of, by name."""
    return {name: kind for name, kind in _kinds().items() if not isinstance(kind, Relation)}


def _kinds() -> dict[str, TileKind | Pairs | Across]:
    found = {each.measure.kind for each in WINDOWED}
    return dict(sorted((kind.name, kind) for kind in found))


def _stored(kind: TileKind | Pairs | Across) -> set[TileKind]:
    if isinstance(kind, TileKind):
        return {kind}
    parts = (kind.events, *kind.around) if isinstance(kind, Pairs) else kind.reads
    return set().union(*(_stored(measure.kind) for measure in parts))
