"""A signal beside the sellers of the same marketplace, category and size."""

from __future__ import annotations

from features.signal import Signal


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
        peers_of=signal,
    )
