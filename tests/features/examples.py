"""How many random markets a test draws; `make laws` asks for more, and for others each time."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings

SOAK = os.environ.get("SCRUBWATCH_SOAK_EXAMPLES")
UNSHRUNK = "SCRUBWATCH_UNSHRUNK" in os.environ
"""Whether it is enough to know that an example fails: the search for the smallest one takes minutes."""


def few(examples: int) -> settings:
    """Settings for so many examples, the same ones each time unless a soak is asked for."""
    return settings(
        max_examples=int(SOAK or examples),
        deadline=None,
        database=None,
        derandomize=SOAK is None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate] if UNSHRUNK else list(Phase),
    )
