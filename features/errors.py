"""The ways in which a command ends other than well, each with its exit code."""

from __future__ import annotations


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
