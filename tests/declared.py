"""Signals declared for tests alone."""

from __future__ import annotations

from features.formulas import Formula
from features.signal import Signal


def declared(name: str, **facts: object) -> Signal:
    """A signal of that name; what a test does not care about is filled in."""
    told = {
        "service": "removals",
        "unit": "share",
        "window_days": 91,
        "direction": 1,
        "no_events": 0.0,
        "why": "a test",
        "source": "a test",
        "sentence": f"{name} is {{value}}; its peers have {{peer}}",
        "formula": Formula(f"{name} / 2"),
    }
    return Signal(name=name, **{**told, **facts})  # type: ignore[arg-type]
