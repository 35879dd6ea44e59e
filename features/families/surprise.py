"""How surprising a count is beside what chance lets expect, as SQL."""

from __future__ import annotations


def surprise(count: str, expected: str) -> str:
    """SQL of how far a count lies above its expectation, in deviations: the signed root of the Poisson deviance.

    Both are above 0, and the count is above its expectation.
    """
    return f"sqrt(2 * greatest({count} * ln({count} / {expected}) - ({count} - {expected}), 0))"
