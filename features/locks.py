"""One run at a time, where two would be in each other's way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

from features.errors import StoreBusy


@contextmanager
def alone(store_path: Path, name: str, wait_seconds: float) -> Iterator[None]:
    """Hold a lock of the store, ``locks/NAME.lock``; it falls with the process.

    Raises:
        StoreBusy: another run held it for longer than ``wait_seconds``.

    """
    locks = store_path / "locks"
    locks.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = filelock.FileLock(locks / f"{name}.lock", timeout=wait_seconds)
    try:
        lock.acquire()
    except filelock.Timeout:
        raise StoreBusy(
            f"{store_path}: another run has held this {name} for {wait_seconds:g} s; wait for it, or give --wait"
        ) from None
    try:
        yield
    finally:
        lock.release()
