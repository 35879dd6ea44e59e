"""How probably a listed seller runs a scheme, and which: from the model where it is calibrated, else from day zero."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from features.signal import SCHEME_OF_SERVICE, Signal
from model.baseline import DayZero
from model.reasons import Reason

OTHER = "other"

CEILING = 0.25
"""Chance of guilt of a seller that differs from its peers beyond doubt (a guess: most of what differs is honest)."""

_KNOWN_SERVICE = -np.log10(0.5)


def guilt_apart(chance: pd.Series) -> pd.Series:
    """How probably each seller runs a scheme where scores are no probabilities, on the index given.

    It is told from how many sellers chance alone would set as far apart from their peers (the false discovery rate of
    day zero's tails), times ``CEILING``.

    Args:
        chance: that chance alone sets a seller as far apart as day zero finds it, of all sellers.

    """
    order = chance.sort_values(kind="stable")
    by_chance = order.to_numpy() * len(order) / np.arange(1, len(order) + 1)
    false = np.minimum(np.maximum.accumulate(by_chance), 1.0)
    return pd.Series(CEILING * (1 - false), order.index).reindex(chance.index)


def guilt_guessed(score: pd.Series, chance: pd.Series) -> pd.Series:
    """How probably each seller runs a scheme where scores are no probabilities: the larger of two guesses.

    Args:
        score: an index from 0 to 1; NaN without a model.
        chance: that chance alone sets a seller as far apart as day zero finds it, on the same index.

    """
    return pd.Series(np.fmax(score, guilt_apart(chance)), score.index)


def schemes(
    reasons: Sequence[Reason], services: Mapping[str, float], catalogue: Mapping[str, Signal]
) -> list[dict[str, Any]]:
    """What a seller is probably listed for: scheme and share, the largest first, together 1.

    Half of a share is what the reasons' signals add to the seller's score, half how far each service lies from its
    peers. What speaks of no scheme is left out, unless nothing else speaks.

    Args:
        reasons: of the seller.
        services: day zero's tail of each service; NaN where it is not known.
        catalogue: declarations of the signals.

    """
    added: dict[str, float] = {}
    for reason in reasons:
        signal = catalogue.get(reason["signal"])
        if signal is not None and signal.service in SCHEME_OF_SERVICE and reason["contribution"] > 0:
            scheme = SCHEME_OF_SERVICE[signal.service]
            added[scheme] = added.get(scheme, 0.0) + reason["contribution"]
    apart = {
        scheme: surprise
        for service, scheme in SCHEME_OF_SERVICE.items()
        if (surprise := -np.log10(max(services.get(service, 1.0), 1e-300))) > _KNOWN_SERVICE
    }
    parts = [part for part in (added, apart) if part]
    if not parts:
        return [{"scheme": OTHER, "share": 1.0}]
    shares = {
        scheme: sum(part.get(scheme, 0.0) / sum(part.values()) for part in parts) / len(parts)
        for scheme in sorted({scheme for part in parts for scheme in part})
    }
    ordered = sorted(shares.items(), key=lambda item: (-item[1], item[0]))
    return [{"scheme": scheme, "share": float(share)} for scheme, share in ordered]


def day_zero_services(found: DayZero, sellers: pd.Series) -> dict[Any, dict[str, float]]:
    """Tail of each service by seller."""
    rows = found.services.reindex(sellers.index).to_dict("records")
    return {
        seller: {str(service): float(tail) for service, tail in row.items() if not np.isnan(tail)}
        for seller, row in zip(sellers, rows, strict=True)
    }
