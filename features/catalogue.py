"""Every signal, in the order of the signal table's columns."""

from __future__ import annotations

from features.families import ranks, removals
from features.measures import TileKind
from features.signal import Signal

CATALOGUE: dict[str, Signal] = {signal.name: signal for signal in (*removals.SIGNALS, *ranks.SIGNALS)}
"""Signals by name. A new family is added here and nowhere else."""

WINDOWED = frozenset().union(*(signal.formula.inputs for signal in CATALOGUE.values() if signal.formula is not None))
"""Every windowed measure that some signal reads."""


def tile_kinds() -> dict[str, TileKind]:
    """The tile kinds that the catalogue reads, by name."""
    return dict(sorted((each.measure.kind.name, each.measure.kind) for each in WINDOWED))
