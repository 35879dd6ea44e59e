"""Average precisions of one market, the gap that the product closes, and intervals over markets."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.stats import t as student

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

ORDERS = ("raw", "peer", "product", "ceiling")
RAW_BELOW = 0.35
PEER_FROM, PEER_TO = 0.2, 0.7
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Judged:
    """What the orders of one market are worth.

    Attributes:
        market: its name.
        parameters: digest of its settings.
        rows: digest of the rows that the simulator made of them.
        sellers: sellers judged: those without a verdict recorded before the last cutoff.
        culprits: judged sellers that run a scheme at the last cutoff.
        found: culprits that the verdicts taught, none of them judged.
        precision: average precision by order; NaN where nobody is guilty.

    """

    market: str
    parameters: str
    rows: str
    sellers: int
    culprits: int
    found: int
    precision: Mapping[str, float]

    @property
    def counts(self) -> bool:
        """Whether the market is a test: neither given away by the raw order, nor too easy or hopeless for the peer."""
        return self.precision["raw"] < RAW_BELOW and PEER_FROM <= self.precision["peer"] <= PEER_TO

    @property
    def closed_gap(self) -> float:
        """Share of the way from the peer to the ceiling; NaN where the ceiling is no higher than the peer."""
        return _gap(np.array([self.precision[order] for order in ("product", "peer", "ceiling")]))


class Interval(NamedTuple):
    """A mean over markets with its 95 % t-interval; bounds are NaN for fewer than two markets."""

    mean: float
    low: float
    high: float
    markets: int


def over_markets(values: Sequence[float]) -> Interval:
    """Mean and t-interval of one figure a market; a market without the figure is left out and not counted."""
    known = np.array([value for value in values if np.isfinite(value)])
    if len(known) < 2:
        return Interval(float(known.mean()) if len(known) else float("nan"), float("nan"), float("nan"), len(known))
    error = known.std(ddof=1) / np.sqrt(len(known))
    reach = float(student.ppf((1 + CONFIDENCE) / 2, len(known) - 1)) * error
    return Interval(float(known.mean()), float(known.mean() - reach), float(known.mean() + reach), len(known))


def gap_of_means(counted: Sequence[Judged]) -> Interval:
    """The gap that the mean product closes between the mean peer and the mean ceiling, with a jackknife-t interval.

    Unlike the mean of closed gaps it keeps markets in which the ceiling is no higher than the peer.
    """
    figures = np.array([[market.precision[order] for order in ("product", "peer", "ceiling")] for market in counted])
    whole = _gap(figures.mean(axis=0))
    if len(counted) < 2:
        return Interval(whole, float("nan"), float("nan"), len(counted))
    left = np.array([_gap(np.delete(figures, each, axis=0).mean(axis=0)) for each in range(len(counted))])
    error = np.sqrt((len(left) - 1) / len(left) * ((left - left.mean()) ** 2).sum())
    reach = float(student.ppf((1 + CONFIDENCE) / 2, len(left) - 1) * error)
    return Interval(whole, whole - reach, whole + reach, len(counted))


def _gap(figures: npt.NDArray[np.float64]) -> float:
    """Closed gap of product, peer and ceiling; NaN where the ceiling is no higher than the peer."""
    product, peer, ceiling = (float(figure) for figure in figures)
    return (product - peer) / (ceiling - peer) if ceiling > peer else float("nan")


def keep(figures: Sequence[DataclassInstance], file: Path | None) -> None:
    """Write the figures as JSON, if a file is asked for."""
    if file is not None:
        file.write_text(json.dumps([asdict(each) for each in figures], indent=1) + "\n", encoding="utf-8")


def table(judged: Sequence[Judged]) -> Iterator[str]:
    """The figures as a Markdown table, means over the markets that count, and every digest."""
    yield "| market | sellers | culprits | found before | raw | peer | product | ceiling | closed gap | counts |"
    yield "| --- |" + " ---: |" * 8 + " --- |"
    for market in judged:
        figures = " | ".join(_shown(market.precision[order]) for order in ORDERS)
        sizes = f"{market.sellers:,} | {market.culprits} | {market.found}"
        counts = "yes" if market.counts else "no"
        yield f"| {market.market} | {sizes} | {figures} | {_shown(market.closed_gap)} | {counts} |"
    counted = [market for market in judged if market.counts]
    yield ""
    yield f"{len(counted)} of {len(judged)} markets count; over these, mean and 95 % t-interval:"
    yield ""
    if counted:
        yield from _means(counted)
        yield ""
    yield "Digests (SHA-256) of the parameters, and of the rows made of them:"
    yield ""
    yield from (f"    {market.market:10} {market.parameters} {market.rows}" for market in judged)


def _means(counted: Sequence[Judged]) -> Iterator[str]:
    precision = {order: [market.precision[order] for market in counted] for order in ORDERS}
    gain = [market.precision["product"] - market.precision["peer"] for market in counted]
    yield from (
        f"- average precision of the {order}: {_with_bounds(over_markets(precision[order]))}" for order in ORDERS
    )
    yield f"- product minus peer, paired: {_with_bounds(over_markets(gain))}"
    yield f"- closed gap, mean where it has a value: {_with_bounds(over_markets([m.closed_gap for m in counted]))}"
    yield f"- closed gap of the means, over all: {_with_bounds(gap_of_means(counted))}"


def _with_bounds(found: Interval) -> str:
    return f"{_shown(found.mean)} ({_shown(found.low)} to {_shown(found.high)}; {found.markets} markets)"


def _shown(value: float) -> str:
    return f"{value:.3f}" if np.isfinite(value) else "-"
