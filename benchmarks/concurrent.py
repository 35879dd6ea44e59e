"""Jobs at the same time on one store, and two stores over one MLflow server: who waits, who ends with 5, what is left.

python -m benchmarks.concurrent [--work DIR]

Each pair runs at once with time to wait, and must come to what the two come to one after the other; then once more
without time to wait, where a job may end with exit code 5 and must then have changed nothing.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from benchmarks.crashes.jobs import AROUND, FIRST, NEXT, Room, Step, learned, market, outcome, settings
from benchmarks.server import mlflow_server
from features.errors import ScrubwatchError
from features.store import Store
from model.registry import CHAMPION
from model.settings import Configuration
from scoring.casework.decisions import Decision
from scoring.casework.ledger import give_verdicts
from scoring.casework.listings import listings_of
from scoring.job import score
from training.choosing import make_registry
from training.steps import Surroundings
from training.weekly import retrain

Job = Callable[[Room, Surroundings], None]


def _retrain(room: Room, around: Surroundings) -> None:
    retrain(room.data, room.store, NEXT, settings(), around)


def _score(room: Room, around: Surroundings) -> None:
    score(room.data, room.store, FIRST, room.scores, settings(), around)


def _verdict(room: Room, around: Surroundings) -> None:
    store = Store(room.store, around.wait_seconds)
    decision = Decision("verdict", min(listings_of(store)), "cleared", None, None, "")
    give_verdicts(store, [decision], "judge", settings(), around)


PAIRS: dict[str, tuple[Job, Job]] = {
    "retrain with retrain": (_retrain, _retrain),
    "retrain with score": (_retrain, _score),
    "retrain with verdict": (_retrain, _verdict),
}


def at_once(calls: list[Callable[[], None]]) -> list[int]:
    """Run in forked processes and return their exit codes, as the command would give them."""
    children = []
    for call in calls:
        child = os.fork()
        if child == 0:
            code = 0
            try:
                call()
            except ScrubwatchError as error:
                code = error.exit_code
            except BaseException:  # noqa: BLE001  (told by its code)
                traceback.print_exc()
                code = 99
            finally:
                os._exit(code)
        children.append(child)
    return [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]


def check_pair(name: str, base: Room, work: Path) -> Iterator[str]:
    """Hold two jobs at once against one after the other; yields what differs."""
    expected = work / "expected.json"
    rooms = [Room(work / each) for each in ("in turn", "at once", "without time")]
    for room in rooms:
        shutil.rmtree(room.root, ignore_errors=True)
        shutil.copytree(base.root, room.root, symlinks=True)
    patient, impatient = replace(AROUND, wait_seconds=600), replace(AROUND, wait_seconds=0)
    jobs = PAIRS[name]
    for job in jobs:
        at_once([lambda job=job: job(rooms[0], patient)])  # type: ignore[misc]
    codes = at_once([lambda job=job: job(rooms[1], patient) for job in jobs])  # type: ignore[misc]
    print(f"{name}: exit codes {codes} with time to wait", end="", flush=True)
    if codes != [0, 0]:
        yield f"{name}: exit codes {codes}"
    for room in rooms[:2]:
        at_once([lambda room=room: _told(room, expected.with_name(f"{room.root.name}.json"))])  # type: ignore[misc]
    in_turn, together = (expected.with_name(f"{room.root.name}.json").read_text() for room in rooms[:2])
    if name == "retrain with retrain" and in_turn != together:
        yield f"{name}: at once came to something else than in turn"
    codes = at_once([lambda job=job: job(rooms[2], impatient) for job in jobs])  # type: ignore[misc]
    print(f", {codes} without", flush=True)
    if set(codes) - {0, 5}:
        yield f"{name}: exit codes {codes} without time to wait"
    for job in jobs:
        code = at_once([lambda job=job: job(rooms[2], patient)])  # type: ignore[misc]
        if code != [0]:
            yield f"{name}: run again after it had found the store held: exit codes {code}"


def _told(room: Room, place: Path) -> None:
    place.write_text(str(outcome(room)), encoding="utf-8")


def two_stores(prepare: Step, work: Path) -> Iterator[str]:
    """Retrain two stores at once over one server; both versions must be there, each with its own bundle."""
    rooms = [Room(work / name) for name in ("one", "other")]
    for room in rooms:
        room.root.mkdir(parents=True)
        at_once([lambda room=room: prepare(room)])  # type: ignore[misc]
    with mlflow_server(work / "server") as address:
        around = replace(AROUND, tracking_uri=address, wait_seconds=600)
        codes = at_once([lambda room=room: _first(room, around) for room in rooms])  # type: ignore[misc]
        found = make_registry(rooms[0].store, _patient(), around)
        versions = [version.label for version, _ in found.versions("rows.positive")]
        champion = found.find(CHAMPION)
        print(f"two stores over one server: exit codes {codes}, versions {versions}, champion {champion}", flush=True)
        if codes != [0, 0] or len(versions) != len(rooms) or champion is None:
            yield f"two stores over one server: {codes}, {versions}, {champion}"


def _first(room: Room, around: Surroundings) -> None:
    retrain(room.data, room.store, FIRST if room.root.name == "one" else NEXT, _patient(), around)


def _patient() -> Configuration:
    return settings().model_copy(
        update={"tracking": settings().tracking.model_copy(update={"timeout_seconds": 120, "retries": 1})}
    )


def main() -> None:
    """Print who waited and who ended with 5; ends with 1 if something was lost or broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=None, help="where all of it lies; made anew")
    given = parser.parse_args()
    work = given.work or Path(tempfile.mkdtemp(prefix="concurrent-"))
    shutil.rmtree(work, ignore_errors=True)
    base = Room(work / "base")
    base.root.mkdir(parents=True)
    at_once([lambda: learned(base)])
    wrong = [each for name in PAIRS for each in check_pair(name, base, work)]
    wrong += two_stores(market, work / "server and two stores")
    shutil.rmtree(work, ignore_errors=True)
    print("\n".join(wrong) or "nothing was lost or broken")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
