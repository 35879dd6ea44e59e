"""A way with no more signals than pandas computes: ``python -m benchmarks.engine.fewer WAY ARGUMENTS``.

The families are cut before the catalogue is made of them, so that nothing is folded for other signals.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys

from benchmarks.engine.frames import SIGNALS
from features import families


def cut_families() -> None:
    """Leave every family those of its signals that pandas computes."""
    for found in pkgutil.iter_modules(families.__path__, f"{families.__name__}."):
        family = vars(importlib.import_module(found.name))
        family["SIGNALS"] = tuple(signal for signal in family.get("SIGNALS", ()) if signal.name in SIGNALS)


if __name__ == "__main__":
    cut_families()
    importlib.import_module("benchmarks.engine.ways").WAYS[sys.argv[1]](*sys.argv[2:])
