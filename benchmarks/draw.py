"""Draws a market file from the ranges of its kind: `python -m benchmarks.draw KIND SEED`, printed as it is frozen.

The ranges lie in `benchmarks/markets/ranges/KIND.yaml`, which explains how they are read. The same ranges and seed give
the same text; the seed also becomes the market's own.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from features.errors import WrongUse

RANGES = Path(__file__).parent / "markets" / "ranges"
_ENDS = {"from", "to"}


@cache
def ranges_of(kind: str) -> dict[str, Any]:
    """The ranges of a kind of market, nested as its settings are.

    Raises:
        WrongUse: there are none.

    """
    known = sorted(path.stem for path in RANGES.glob("*.yaml"))
    if kind not in known:
        raise WrongUse(f"no ranges for markets of kind '{kind}'; there are: {', '.join(known)}")
    return dict(yaml.safe_load((RANGES / f"{kind}.yaml").read_text(encoding="utf-8")))


def drawn(kind: str, seed: int) -> dict[str, Any]:
    """A market's settings, as far as the ranges name them, and its seed."""
    settings: dict[str, Any] = _drawn(ranges_of(kind), np.random.Generator(np.random.PCG64(seed)))
    settings["market"]["seed"] = seed
    return settings


def text_of(kind: str, seed: int) -> str:
    """The text of a market's file."""
    head = f"# Frozen: `python -m benchmarks.draw {kind} {seed}` drew it from ranges/{kind}.yaml.\n"
    return head + yaml.safe_dump(drawn(kind, seed), sort_keys=False, default_flow_style=None, width=100)


def _drawn(ranges: Any, random: np.random.Generator) -> Any:
    if isinstance(ranges, list):
        return [_drawn(each, random) for each in ranges]
    if not isinstance(ranges, dict):
        return ranges
    if not set(ranges) >= _ENDS:
        return {name: _drawn(below, random) for name, below in ranges.items()}
    low, high = ranges["from"], ranges["to"]
    whole = isinstance(low, int) and isinstance(high, int)
    value = int(random.integers(low, high + 1)) if whole else round(float(random.uniform(low, high)), 3)
    return value if random.random() < ranges.get("share", 1.0) else ranges["otherwise"]


def outside(kind: str, settings: dict[str, Any]) -> list[str]:
    """Names of the settings that do not lie in the ranges of a kind, with what was given."""
    return list(_outside(ranges_of(kind), settings, ""))


def _outside(ranges: Any, given: Any, name: str) -> Iterator[str]:
    if isinstance(ranges, dict) and set(ranges) >= _ENDS:
        if not (ranges["from"] <= given <= ranges["to"] or given == ranges.get("otherwise")):
            yield f"{name}: {given}"
    elif isinstance(ranges, dict):
        for each, below in ranges.items():
            yield from _outside(below, given[each], f"{name}.{each}".lstrip("."))
    elif isinstance(ranges, list):
        for place, below in enumerate(ranges):
            yield from _outside(below, given[place], f"{name}[{place}]")
    elif given != ranges:
        yield f"{name}: {given}"


if __name__ == "__main__":
    sys.stdout.write(text_of(sys.argv[1], int(sys.argv[2])))
