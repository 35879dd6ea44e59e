"""Frozen markets on disk: made once in a work folder, and reused while their digests stand."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import NamedTuple

from benchmarks.frozen import FrozenMarket
from benchmarks.pins import pinned, rows_of
from simulator import simulate
from simulator.settings import SimulatorSettings

OFTEN_FOUND: dict[str, dict[str, float]] = {
    "guilt": {"guilty_share": 0.2},
    "verdicts": {"tips_on_guilty_per_week": 3.0, "audits_per_week": 2.0},
}
"""More culprits and more of them found than anywhere, so that a model can be fitted to few sellers."""


class Made(NamedTuple):
    """A market on disk.

    Attributes:
        data: its tables.
        truth: what is true of it.
        rows_digest: digest of all rows of both.

    """

    data: Path
    truth: Path
    rows_digest: str


def made(market: FrozenMarket, work: Path) -> Made:
    """The market below WORK/NAME; what lies there of other parameters or other rows than pinned is made anew."""
    folder = work / market.name
    record = folder / "made.json"
    known = json.loads(record.read_text(encoding="utf-8")) if record.is_file() else {}
    stands = known.get("parameters") == market.digest and known.get("rows") == pinned().get(market.name)
    if not stands:
        shutil.rmtree(folder, ignore_errors=True)
        known = {"parameters": market.digest, "rows": rows_of(market, work)}
        record.write_text(json.dumps(known) + "\n", encoding="utf-8")
    return Made(folder / "data", folder / "truth", known["rows"])


def simulated(settings: SimulatorSettings, folder: Path) -> None:
    """Simulate a market below FOLDER/data and FOLDER/truth, unless a run that ended has left it there."""
    if not (folder / "truth" / "schemes").is_dir():  # written last
        shutil.rmtree(folder / "data", ignore_errors=True)
        simulate(folder / "data", folder / "truth", settings)
