"""Why a seller is listed: exact contributions in words, adding up to its log-odds."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, TypedDict

import numpy as np
import pandas as pd

from features.peers import group_members
from features.signal import Signal
from model.arrays import Floats
from model.baseline import DayZero
from model.calibration import Calibration

BASE_RATE = "base rate"
ALL_OTHER = "all other signals"
AS_USUAL = "Nothing that was measured of it stands out among its peers."


class Reason(TypedDict):
    """One line of evidence.

    ``value`` and ``peer_median`` are None where unknown; ``contribution`` is in log-odds (on day zero: -log10 of the
    service's tail).
    """

    signal: str
    value: float | None
    peer_median: float | None
    contribution: float
    text: str


MediansOf = Callable[[Sequence[str]], pd.DataFrame]
"""Gives the medians of some signals, indexed by peer group."""


def peer_medians(
    sellers: pd.DataFrame, groups: Collection[str], columns: Iterable[tuple[Any, Floats | pd.Series]]
) -> pd.DataFrame:
    """Median of each signal in some peer groups, missing values aside; indexed by group, NaN where all are missing.

    Args:
        sellers: peer_group, marketplace and size_band of all sellers of a cutoff.
        groups: names of peer groups.
        columns: signals with their values, a value a seller; one is held at a time.

    """
    members = group_members(sellers, sorted(set(groups)))
    medians = {
        str(name): {group: pd.Series(np.asarray(values)[places]).dropna().median() for group, places in members.items()}
        for name, values in columns
    }
    return pd.DataFrame(medians, index=list(members), dtype=np.float64)


def model_reasons(
    rows: pd.DataFrame,
    contributions: Floats,
    calibration: Calibration,
    catalogue: Mapping[str, Signal],
    signals: Sequence[str],
    medians_of: MediansOf,
    shown: int,
) -> list[list[Reason]]:
    """Reasons of each row, heaviest first; the last two items are the base rate and all other signals.

    Windows of one signal stand as one item, under the window that weighs most. A row's contributions add up to its
    calibrated log-odds.

    Args:
        rows: listed sellers of the signal table.
        contributions: in margins, shape (rows, signals + 1), the base last.
        calibration: the line from margins to log-odds.
        catalogue: declarations of the signals.
        signals: names of the columns of ``contributions``.
        medians_of: gives the peers' medians of the signals that are told.
        shown: items beside the last two.

    """
    scaled = contributions * calibration.slope
    families = list(_families(signals).values())
    heaviest = [_heaviest(row, families, shown) for row in scaled]
    told = [signals[place] for place in sorted({place for items in heaviest for place in items})]
    peers = medians_of(told).reindex(rows["peer_group"])
    found = []
    for row, weights in enumerate(heaviest):
        values, usual = rows.iloc[row], peers.iloc[row]
        items = [
            _reason(catalogue[name], float(values[name]), float(usual[name]), weight)
            for name, weight in ((signals[place], weight) for place, weight in weights.items())
        ]
        base = float(scaled[row, -1] + calibration.intercept)
        items.append(_plain(BASE_RATE, base, "Where a seller of whom nothing stands out begins"))
        rest = float(scaled[row].sum() + calibration.intercept - sum(item["contribution"] for item in items))
        items.append(_plain(ALL_OTHER, rest, "All other signals together"))
        found.append(items)
    return found


def day_zero_reasons(
    rows: pd.DataFrame, day_zero: DayZero, catalogue: Mapping[str, Signal], medians_of: MediansOf, shown: int
) -> list[list[Reason]]:
    """The most surprising services of each row, each told by its most surprising signal; no log-odds to add up to.

    What is as usual is no reason, be it the most surprising: a seller of whom that is all gets one that says so.

    Args:
        rows: listed sellers of the signal table.
        day_zero: their surprises, on the same index.
        catalogue: declarations of the signals.
        medians_of: gives the peers' medians of the signals that are told.
        shown: items, at most.

    """
    tails, services = day_zero.signals, day_zero.services
    members = {
        service: [name for name in tails.columns if catalogue[name].service == service] for service in services.columns
    }
    peers = medians_of(list(tails.columns)).reindex(rows["peer_group"])
    found = []
    for row in range(len(rows)):
        ordered = services.iloc[row].dropna().sort_values(kind="stable")
        items = []
        for service, tail in ordered.head(shown).items():
            name = tails.iloc[row][members[str(service)]].idxmin()
            surprise = float(-np.log10(tail))
            value, peer = float(rows[name].iloc[row]), float(peers[name].iloc[row])
            text = f"{_sentence(catalogue[name], value, peer)} ({_rarity(float(tail))} among its peers)"
            items.append(_item(name, value, peer, surprise, text))
        unusual = [item for item in items if item["value"] != item["peer_median"]]
        found.append(unusual or [{**item, "text": AS_USUAL} for item in items[:1]])
    return found


def _families(signals: Sequence[str]) -> dict[str, list[int]]:
    """Positions of the windows of one signal, by its name without the window."""
    families: dict[str, list[int]] = {}
    for position, name in enumerate(signals):
        families.setdefault(re.sub(r"_\d+d$", "", name), []).append(position)
    return families


def _heaviest(scaled: Floats, families: Sequence[Sequence[int]], shown: int) -> dict[int, float]:
    """The families that weigh most, heaviest first: the place of each one's heaviest window, and all their weight."""
    weights = np.array([scaled[places].sum() for places in families])
    order = np.argsort(-np.abs(weights), kind="stable")[:shown]
    return {
        max(families[each], key=lambda place: abs(scaled[place])): float(weights[each])
        for each in order[weights[order] != 0]
    }


def _reason(signal: Signal, value: float, peer: float, contribution: float) -> Reason:
    """Mark as offsetting what speaks against its own sentence, and say what lowers the score."""
    text = _sentence(signal, value, peer)
    claim = 0.0 if np.isnan(value - peer) else np.sign(value - peer) * signal.direction
    if claim * contribution < 0:
        text = f"Offsetting: {text}"
    elif contribution < 0:
        text = f"Speaks for the seller: {text}"
    return _item(signal.name, value, peer, contribution, text)


def _sentence(signal: Signal, value: float, peer: float) -> str:
    if np.isnan(value):
        return f"{signal.name} is not known"
    told = signal.sentence.format(value=_number(signal, value), peer=_number(signal, peer))
    return told[0].upper() + told[1:] if signal.sentence.startswith("{") else told  # "One in 40 of the sellers like it"


def _number(signal: Signal, value: float) -> str:
    if np.isnan(value):
        return "unknown"
    if signal.unit in ("share", "expected share", "percentile"):
        return f"{value:.1%}"
    if signal.unit == "tail":
        return _rarity(value)
    if signal.unit == "log ratio":  # sentences speak of "so many times"
        return f"{np.exp(value):.3g}"
    if abs(value) >= 1000 or float(value).is_integer():
        return f"{value:,.0f}"
    return f"{round(value, 2) + 0.0:.3g}"  # more decimals say nothing to people; + 0.0 makes -0.0 a 0


def _rarity(tail: float) -> str:
    return f"one in {1 / tail:,.0f}" if tail > 1e-9 else "less than one in a billion"


def _item(name: str, value: float, peer: float, contribution: float, text: str) -> Reason:
    return Reason(signal=name, value=_known(value), peer_median=_known(peer), contribution=contribution, text=text)


def _plain(name: str, contribution: float, text: str) -> Reason:
    return Reason(signal=name, value=None, peer_median=None, contribution=contribution, text=text)


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
