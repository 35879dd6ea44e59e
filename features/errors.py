"""The ways in which a command ends other than well, each with its exit code."""

from __future__ import annotations

import errno

_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO)
_DISK_TEXTS = (
    "no space left on device",
    "file too large",
    "disk is full",
    "disk i/o error",
    "read-only file system",
    "readonly database",
    "unable to open database file",
    "permission denied",
)
_MEMORY = ("OutOfMemoryException", "MemoryError")


class ScrubwatchError(Exception):
    """A failure with a message for people: what is wrong, where, what was given, what to do."""

    exit_code = 1


class WrongUse(ScrubwatchError):
    """An argument, a setting or a folder that cannot be used."""

    exit_code = 2


class ContractBroken(ScrubwatchError):
    """The delivered data breaks the event contract; nothing was written."""

    exit_code = 3


class NoFittingModel(ScrubwatchError):
    """No model answers the request, or its signals have changed their meaning since it was fitted."""

    exit_code = 4


class StoreBusy(ScrubwatchError):
    """Another run holds the store."""

    exit_code = 5


class TrackingUnreachable(ScrubwatchError):
    """The MLflow server does not answer; what was to be tracked waits for ``scrubwatch sync``."""


def machine_trouble(error: BaseException | None) -> str | None:
    """What is wrong with the machine, for people, if a disk or memory is behind an error; else None.

    Libraries tell of a full disk in texts of their own, so these are read too.
    """
    while error is not None:
        if type(error).__name__ in _MEMORY:
            return f"out of memory: {error}; raise engine.memory_limit_mb, or give the machine more; then run it again"
        about_disk = isinstance(error, OSError) and error.errno in _DISK
        if about_disk or any(text in str(error).lower() for text in _DISK_TEXTS):
            return (
                f"could not write or read: {str(error).strip()}; what was committed before is whole. Free space, or"
                " give the rights that are missing, and run it again"
            )
        error = error.__cause__ or error.__context__
    return None
