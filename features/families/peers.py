"""A signal beside the sellers of the same marketplace, category and size: rank, expected number, and rarity."""

from __future__ import annotations

from features.signal import Comparison, Fit, Signal


def against_peers(signal: Signal) -> Signal:
    """Declare the signal's mid-rank percentile among the seller's peers at the cutoff, 0 to 1."""
    name, window = signal.name.rsplit("_", 1)
    return Signal(
        name=f"{name}_peers_{window}",
        service=signal.service,
        unit="percentile",
        window_days=signal.window_days,
        direction=signal.direction,
        no_events="compared",
        why=f"{signal.name} beside sellers of the same marketplace, category and size.",
        source=signal.source,
        sentence=f"{{value}} of the sellers of its size and category have a lower {name.replace('_', ' ')} ({window}).",
        compared=Comparison(signal, "percentile"),
    )


def expected(count: Signal, exposure: Signal, fit: Fit, sentence: str) -> Signal:
    """Declare what the seller's count and its peers' together let expect for each unit of exposure."""
    name, window = count.name.rsplit("_", 1)
    return Signal(
        name=f"{name}_posterior_{window}",
        service=count.service,
        unit="expected share" if fit == "beta_binomial" else "expected number",
        window_days=count.window_days,
        direction=count.direction,
        no_events=None,
        why="One of two is half and says little: a small seller is taken to be like its peers until it shows more.",
        source=_SHRUNK,
        sentence=sentence,
        compared=Comparison(count, "expected", fit, exposure),
    )


def rarity(count: Signal, exposure: Signal, fit: Fit, sentence: str, *, day_zero: bool = False) -> Signal:
    """Declare how likely a peer of the same exposure has at least as many; half of those with equally many count."""
    return _tail(count, Comparison(count, "tail", fit, exposure), sentence, day_zero=day_zero)


def robust_tail(signal: Signal, sentence: str, *, day_zero: bool = False) -> Signal:
    """Declare how likely a peer is at least so far from the median; missing where half of the peers are equal."""
    return _tail(signal, Comparison(signal, "tail", "robust_z"), sentence, day_zero=day_zero)


def _tail(signal: Signal, compared: Comparison, sentence: str, *, day_zero: bool) -> Signal:
    name, window = signal.name.rsplit("_", 1)
    return Signal(
        name=f"{name}_tail_{window}",
        service=signal.service,
        unit="tail",
        window_days=signal.window_days,
        direction=-1 if signal.direction else 0,
        no_events=None,
        why="The same number is ordinary for a large seller and a sign at a small one: this says how rare it is.",
        source=_SHRUNK,
        sentence=sentence,
        compared=compared,
        day_zero=day_zero,
    )


_SHRUNK = (
    "small areas and hospitals are compared in this way; without it the smallest sellers fill both ends of every list"
)
