"""Hands generated hostile data sets to intake: each is taken in, with bad rows put aside, or refused with a message.

python -m benchmarks.fuzz [--sets 100000] [--minutes 60] [--workers 2] [--seed 0]

A worker that is killed by a fault of native code is replaced; its data set counts as failed. Ends with 1 if one failed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.fuzz.run import Tally, Worker


def main() -> None:
    """Print how the data sets ended, and every one that ended badly with its seed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=int, default=100_000, help="how many data sets at most")
    parser.add_argument("--minutes", type=float, default=60, help="how long at most")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    parser.add_argument("--seed", type=int, default=0, help="of the first data set")
    given = parser.parse_args()
    until, found = time.monotonic() + 60 * given.minutes, Tally()
    with tempfile.TemporaryDirectory(prefix="fuzz-") as work:
        workers = [
            Worker(Path(work), range(given.seed + first, given.seed + given.sets, given.workers), until)
            for first in range(given.workers)
        ]
        while workers_left := [worker for worker in workers if worker.goes_on()]:
            time.sleep(0.2 / len(workers_left))
        for worker in workers:
            found.add(worker.tally)
    print("\n".join(found.lines()))
    sys.exit(1 if found.failed else 0)


if __name__ == "__main__":
    main()
