"""Who did what to the models and the people behind the cases, when and why: a log that only grows and shows tampering.

One JSON object a line, in ``audit.log``; each holds the digest of the one before it, so that none can be changed,
dropped or put in between without breaking all that follow. Cutting off the end is seen by whoever kept a head, such as
``run.json`` of a scoring run.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from features.errors import ScrubwatchError
from features.locks import alone

NOTHING_BEFORE = "0" * 64
"""The digest before the first entry."""


@dataclass(frozen=True)
class Entry:
    """A line of the log.

    Attributes:
        number: 1 for the first.
        at: when, ISO 8601 with its zone.
        who: who asked for it.
        action: what was done (``promoted``, ``rolled back``, ``decided``).
        why: the reason given, or the decision in numbers.
        details: what it was done to, by name.
        before: the digest of the entry before it.
        digest: SHA-256 of all else.

    """

    number: int
    at: str
    who: str
    action: str
    why: str
    details: Mapping[str, str]
    before: str
    digest: str = ""

    @property
    def day(self) -> str:
        """The date of the entry."""
        return self.at.partition("T")[0]

    def sealed(self) -> Entry:
        """The entry with its digest."""
        content = {name: value for name, value in asdict(self).items() if name != "digest"}
        told = json.dumps(content, sort_keys=True, ensure_ascii=True)
        return replace(self, digest=hashlib.sha256(told.encode()).hexdigest())


class AuditLog:
    """The log of a store.

    Args:
        store_path: the store's folder.
        wait_seconds: how long another writer may hold the log.

    """

    def __init__(self, store_path: Path, wait_seconds: float) -> None:
        """Name the file; nothing is read or written yet."""
        self._store_path = store_path
        self._wait_seconds = wait_seconds
        self.path = store_path / "audit.log"
        self._read = b""
        self._entries: list[Entry] = []

    def append(self, at: datetime, who: str, action: str, why: str, details: Mapping[str, str]) -> Entry:
        """Add an entry, durably.

        Raises:
            ScrubwatchError: the log was tampered with; nothing is added to a broken one.
            StoreBusy: another run held it for too long.

        """
        with alone(self._store_path, "audit log", self._wait_seconds):
            entries = self.entries()
            head = entries[-1].digest if entries else NOTHING_BEFORE
            entry = Entry(len(entries) + 1, at.isoformat(), who, action, why, dict(details), head).sealed()
            self._drop_torn_line()
            new = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(new, "w", encoding="utf-8") as file:
                file.write(json.dumps(asdict(entry), sort_keys=True) + "\n")
                file.flush()
                os.fsync(file.fileno())
            return entry

    def entries(self) -> list[Entry]:
        """All entries, the first first; a last line that a killed writer left unfinished is none.

        What was found whole before and is the same bytes is not checked again.

        Raises:
            ScrubwatchError: an entry was changed, dropped or put in between.

        """
        content = self._whole_lines()
        found = list(self._entries) if content.startswith(self._read) else []
        lines = content[len(self._read) if found else 0 :].decode(errors="replace").split("\n")[:-1]
        for number, line in enumerate(lines, start=len(found) + 1):
            try:
                entry = Entry(**json.loads(line))
            except (json.JSONDecodeError, TypeError) as error:
                raise self._broken(number, f"is no entry: {error}") from None
            before = found[-1].digest if found else NOTHING_BEFORE
            if entry.number != number or entry.before != before:
                raise self._broken(number, "does not follow the entry before it")
            if entry.sealed() != entry:
                raise self._broken(number, "was changed after it was written")
            found.append(entry)
        self._read, self._entries = content, found
        return list(found)

    def verified(self, head: str | None) -> list[Entry]:
        """All entries, once the log is found whole and to hold the entry with this digest, if one is given.

        Raises:
            ScrubwatchError: it is not.

        """
        entries = self.entries()
        if head is not None and head not in {entry.digest for entry in entries}:
            raise ScrubwatchError(
                f"{self.path}: none of its {len(entries)} entries has the digest {head}: the log was cut off or"
                " replaced after that head was written down"
            )
        return entries

    def head(self) -> str | None:
        """Digest of the last entry; None while there is none."""
        entries = self.entries()
        return entries[-1].digest if entries else None

    def find(self, action: str, **details: str) -> Entry | None:
        """The last entry of an action with these details."""
        wanted = details.items()
        return next((e for e in reversed(self.entries()) if e.action == action and wanted <= e.details.items()), None)

    def _whole_lines(self) -> bytes:
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return b""
        return content[: content.rfind(b"\n") + 1]

    def _drop_torn_line(self) -> None:
        """Cut off what a killed writer left after the last whole line."""
        if self.path.exists():
            whole = self.path.read_bytes().rpartition(b"\n")
            os.truncate(self.path, len(whole[0]) + len(whole[1]))

    def _broken(self, number: int, what: str) -> ScrubwatchError:
        return ScrubwatchError(
            f"{self.path}: line {number} {what}; the log was tampered with. Restore it from a copy; the heads that"
            " scoring runs wrote (run.json, audit_log_head) say which copy is whole"
        )


def entry_as_text(entry: Entry) -> str:
    """One line for people."""
    about = [f"{name} {value}" for name, value in entry.details.items() if name != "key"]
    return f"{entry.at}  {entry.who} {entry.action} {', '.join(about)}: {entry.why}"
