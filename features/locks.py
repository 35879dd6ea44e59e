"""One run at a time, where two would be in each other's way."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

from features.errors import StoreBusy

_LOCK = ".lock"


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


@contextmanager
def own_folder(scratch: Path, prefix: str) -> Iterator[Path]:
    """Give a new folder in ``scratch`` that no sweep removes while this run lives; those of dead runs go first."""
    sweep(scratch, f"{prefix}*")
    held = None
    while held is None:  # a sweep may come between the lock's file and its holding
        folder = scratch / f"{prefix}{secrets.token_hex(6)}"
        lock = folder.with_suffix(_LOCK)
        held = _hold(lock, os.O_CREAT | os.O_RDWR)
    try:
        folder.mkdir(mode=0o700)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        lock.unlink(missing_ok=True)
        os.close(held)


def sweep(scratch: Path, pattern: str = "*") -> None:
    """Remove from ``scratch`` what matches and is no living run's folder."""
    for left in list(scratch.glob(pattern)):
        lock = left.with_suffix(_LOCK)
        held = _hold(lock, os.O_RDWR)
        if held is None and lock.exists():
            continue
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)
        if held is not None:
            os.close(held)


def _hold(lock: Path, how: int) -> int | None:
    """Open the file and lock it; None where it is not there, another process holds it, or a sweep has removed it."""
    try:
        held = os.open(lock, how, 0o600)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(held).st_nlink:
            return held
    except BlockingIOError:
        pass
    os.close(held)
    return None
