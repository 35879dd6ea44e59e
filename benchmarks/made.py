"""Frozen markets on disk: made once in a work folder, and reused while their digests stand."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import NamedTuple

import simulator
from benchmarks.frozen import FrozenMarket
from benchmarks.pins import arithmetic, pinned, rows_of
from features.intake import take_in
from features.intake_report import IntakeReport
from features.store import Store
from model.settings import Configuration
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
    """The market below WORK/NAME, made anew unless what lies there has its parameters and would be made again.

    It would if its rows are the pinned ones. A machine that rounds in another way than that of the pins never makes
    those; it is enough that the same code made them on a machine that rounds alike.
    """
    folder = work / market.name
    record = folder / "made.json"
    known = json.loads(record.read_text(encoding="utf-8")) if record.is_file() else {}
    maker = _maker()
    same_rows = known.get("rows") == pinned().get(market.name) or known.get("maker") == maker
    if known.get("parameters") != market.digest or not same_rows:
        shutil.rmtree(folder, ignore_errors=True)
        known = {"parameters": market.digest, "rows": rows_of(market, work), "maker": maker}
        record.write_text(json.dumps(known) + "\n", encoding="utf-8")
    return Made(folder / "data", folder / "truth", known["rows"])


class TakenIn(NamedTuple):
    """A market on disk, and a store that holds what was delivered of it.

    Attributes:
        made: its tables and its truth.
        store: below the same folder.
        intake: what the intake said.

    """

    made: Made
    store: Store
    intake: IntakeReport


def taken_in(market: FrozenMarket, work: Path, configuration: Configuration) -> TakenIn:
    """The market below WORK/NAME, taken in as of its last cutoff."""
    place, store = made(market, work), Store(work / market.name / "store")
    return TakenIn(place, store, take_in(place.data, store, market.last_cutoff, configuration))


def _maker() -> str:
    """Digest of the simulator's code and of how this machine rounds: the same parameters give the same rows."""
    code = sorted(Path(simulator.__file__).parent.rglob("*.py"))
    whole = b"".join(path.read_bytes() for path in code) + arithmetic().encode()
    return hashlib.sha256(whole).hexdigest()


def simulated(settings: SimulatorSettings, folder: Path) -> None:
    """Simulate a market below FOLDER/data and FOLDER/truth, unless a run that ended has left it there."""
    if not (folder / "truth" / "schemes").is_dir():  # written last
        shutil.rmtree(folder / "data", ignore_errors=True)
        simulate(folder / "data", folder / "truth", settings)
