"""How many random markets a test draws; a longer soak asks for more, and for others each time."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

SOAK = os.environ.get("SCRUBWATCH_SOAK_EXAMPLES")


def few(examples: int) -> settings:
    """Settings for so many examples, the same ones each time unless a soak is asked for."""
    return settings(
        max_examples=int(SOAK or examples),
        deadline=None,
        database=None,
        derandomize=SOAK is None,
        suppress_health_check=list(HealthCheck),
    )
