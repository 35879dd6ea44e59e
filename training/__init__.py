"""Labels, splits, fitting and the weekly job: the only layer that sees what became known later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from training.comparing import compare
    from training.frames import panel

__all__ = ["compare", "panel"]


def __getattr__(name: str) -> Any:
    """Import what notebooks use when they ask for it: a command that fits nothing starts without LightGBM."""
    if name == "panel":
        from training.frames import panel  # noqa: PLC0415

        return panel
    if name == "compare":
        from training.comparing import compare  # noqa: PLC0415

        return compare
    raise AttributeError(f"module 'training' has no attribute '{name}'")
