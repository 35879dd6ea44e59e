"""What differs between models before any figure: their cards, and what weighs in their reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from model.arrays import Floats
from model.bundle import Bundle
from model.settings import Configuration
from training.choosing import NamedModel

SHOWN_SIGNALS = 10


@dataclass(frozen=True)
class DifferentFact:
    """Something that is not the same of all models: its name, and what it is of each, in their order."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Moved:
    """A signal whose weight in the reasons changed: its share of all contributions before and after, 0 to 1."""

    signal: str
    before: float
    after: float


def facts_that_differ(
    named: Sequence[NamedModel], settings: Sequence[Configuration | None]
) -> tuple[DifferentFact, ...]:
    """Facts that are not the same of all models; signals that all read are left out.

    Args:
        named: the models.
        settings: those of each one's fit; None where they are not on record: then the digests alone tell.

    """
    facts = [_facts(each) for each in named]
    recorded = [each for each in settings if each is not None]
    if len(recorded) == len(named):
        facts = [{**told, **_flat(each.model_dump(mode="json"))} for told, each in zip(facts, recorded, strict=True)]
    names = dict.fromkeys(name for each in facts for name in each)
    told = {name: tuple(each.get(name, "-") for each in facts) for name in names}
    return tuple(DifferentFact(name, values) for name, values in told.items() if len(set(values)) > 1)


def _facts(model: NamedModel) -> Mapping[str, str]:
    card = model.bundle.card
    calibration = card.calibration
    return {
        "trained as of": card.trained_as_of.isoformat(),
        "learned from": ", ".join(f"{count:,} {label}" for label, count in card.rows.items()),
        "cases with a culprit": str(card.positive_cases),
        "trees": f"{card.trees} x {card.bags}",
        "score": "a probability" if calibration.calibrated else "an index",
        "settings": card.configuration[:12],
        **{f"library {name}": version for name, version in card.libraries.items()},
        **{f"signal {each.name}": f"read, direction {each.direction:+d}" for each in card.signals},
    }


def _flat(settings: Mapping[str, Any], below: str = "") -> Mapping[str, str]:
    """Settings by dotted name."""
    found: dict[str, str] = {}
    for name, value in settings.items():
        found |= _flat(value, f"{below}{name}.") if isinstance(value, Mapping) else {f"{below}{name}": str(value)}
    return found


def reasons_that_moved(first: Bundle, other: Bundle, sellers: pd.DataFrame, threads: int) -> tuple[Moved, ...]:
    """Signals whose share of the contributions changed most among these sellers, the largest change first."""
    before, after = (_shares(each, sellers, threads) for each in (first, other))
    names = sorted({*before, *after})
    moved = [Moved(name, before.get(name, 0.0), after.get(name, 0.0)) for name in names]
    moved.sort(key=lambda each: -abs(each.after - each.before))
    return tuple(each for each in moved[:SHOWN_SIGNALS] if each.after != each.before)


def _shares(bundle: Bundle, sellers: pd.DataFrame, threads: int) -> dict[str, float]:
    if sellers.empty:
        return {}
    weights: Floats = np.abs(bundle.contributions(sellers, threads)[:, :-1]).sum(axis=0)
    total = weights.sum()
    return dict(zip(bundle.signals, (weights / total if total > 0 else weights).tolist(), strict=True))
