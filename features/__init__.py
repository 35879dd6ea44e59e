"""Events in, one row of signals per seller and cutoff out; knows no verdict and no model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from features.panel import signals_at

__all__ = ["signals_at"]


def __getattr__(name: str) -> Any:
    """Import what notebooks use when they ask for it: a command that computes nothing starts without pandas."""
    if name == "signals_at":
        from features.panel import signals_at  # noqa: PLC0415

        return signals_at
    raise AttributeError(f"module 'features' has no attribute '{name}'")
