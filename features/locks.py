"""One run at a time, where two would be in each other's way."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

from features.errors import StoreBusy


@contextmanager
def alone(store_path: Path, name: str, wait_seconds: float) -> Iterator[None]:
    """Hold a lock of the store, ``locks/NAME.lock``; it falls with the process.

    The store is its owner's alone, and so is whatever is written meanwhile.

    Raises:
        StoreBusy: another run held it for longer than ``wait_seconds``.

    """
    make_store(store_path)
    locks = store_path / "locks"
    locks.mkdir(exist_ok=True, mode=0o700)
    lock = filelock.FileLock(locks / f"{name}.lock", timeout=wait_seconds, mode=0o600)
    try:
        lock.acquire()
    except filelock.Timeout:
        raise StoreBusy(
            f"{store_path}: another run has held this {name} for {wait_seconds:g} s; wait for it, or give --wait"
        ) from None
    try:
        with owner_only():
            yield
    finally:
        lock.release()


@contextmanager
def owner_only() -> Iterator[None]:
    """Let only their owner read what is written meanwhile."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def make_store(store_path: Path) -> None:
    """Make the store's folder, and let nobody but its owner enter it."""
    store_path.mkdir(parents=True, exist_ok=True, mode=0o700)
    if store_path.stat().st_mode & 0o077:
        store_path.chmod(0o700)


def make_scratch(scratch: Path) -> None:
    """Make the folder in the store that holds what a running job sets aside, for its owner alone."""
    make_store(scratch.parent)
    scratch.mkdir(exist_ok=True, mode=0o700)
