"""The store on disk: files that never change, and one manifest that says which of them are live.

A writer puts new files beside the old ones and then replaces the manifest; that rename is the commit. Whatever the
manifest does not list is an orphan of a run that died and is swept by the next writer.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from features.errors import ScrubwatchError
from features.locks import alone, sweep

FORMAT = 1
_OWNED_FOLDERS = ("events", "pending", "lookups", "tiles", "signals", "rings", "cases", "listings", "verdicts")


@dataclass(frozen=True)
class StoredFile:
    """A live file of the store.

    ``week`` is the Monday of its rows, or the cutoff of a signal table. ``ahead``: some of its rows may have become
    known before the listing that they belong to.
    """

    group: str
    week: str
    rows: int
    size: int
    sha256: str
    ahead: bool = False


@dataclass(frozen=True)
class InputFile:
    """A delivered file as it was when its rows were taken in.

    ``stamp`` is what the file system says of it: as long as that is the same, its digest need not be computed again.
    """

    table: str
    rows: int
    size: int
    sha256: str
    stamp: str = ""


@dataclass(frozen=True)
class Manifest:
    """What the store holds: live files by path, delivered files by path, and what all rows have in common.

    ``identity`` holds what may never change for a store: types of keys, the digest of the pseudonyms' key, and
    ``recorded_from``. ``floor`` is the Monday below which ``prune`` has removed what no later fact can need.
    """

    format: int = FORMAT
    generation: int = 0
    identity: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, InputFile] = field(default_factory=dict)
    files: Mapping[str, StoredFile] = field(default_factory=dict)
    floor: str = ""

    def group(self, name: str) -> dict[str, StoredFile]:
        """The live files of a group (``events/reviews``, ``tiles/KIND@FINGERPRINT``), in the order of their weeks."""
        found = {path: stored for path, stored in self.files.items() if stored.group == name}
        return dict(sorted(found.items(), key=lambda item: (item[1].week, item[0])))

    def with_files(self, entries: Iterable[tuple[str, StoredFile]]) -> Manifest:
        """The manifest with these files added."""
        return replace(self, files={**self.files, **dict(entries)})

    def without(self, paths: set[str]) -> Manifest:
        """The manifest without these files."""
        return replace(self, files={path: stored for path, stored in self.files.items() if path not in paths})


class Store:
    """A folder with a manifest.

    Args:
        path: the folder; made at the first commit.
        wait_seconds: how long a writer waits for another one.

    """

    def __init__(self, path: Path, wait_seconds: float = 600) -> None:
        """Name the folder; nothing is read or written yet."""
        self.path = path
        self.wait_seconds = wait_seconds

    @property
    def scratch(self) -> Path:
        """Where a run spills and stages; swept by the next writer."""
        return self.path / "staging"

    def manifest(self) -> Manifest:
        """Read the manifest; an empty store has an empty one.

        Raises:
            ScrubwatchError: the manifest is damaged or of another format.

        """
        try:
            content = json.loads((self.path / "manifest.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return Manifest()
        except json.JSONDecodeError as error:
            raise ScrubwatchError(
                f"{self.path}/manifest.json: damaged: {error}; restore it, or start a new store"
            ) from error
        if content["format"] != FORMAT:
            raise ScrubwatchError(f"{self.path}: store format {content['format']}, this version reads {FORMAT}")
        content["inputs"] = {path: InputFile(**entry) for path, entry in content["inputs"].items()}
        content["files"] = {path: StoredFile(**entry) for path, entry in content["files"].items()}
        return Manifest(**content)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the store alone; sweep what runs that died have left.

        Raises:
            StoreBusy: another run held it for longer than ``wait_seconds``.

        """
        with alone(self.path, "store", self.wait_seconds):
            self._sweep()
            yield

    def commit(self, manifest: Manifest) -> Manifest:
        """Replace the manifest by the next generation, durably, and return it."""
        following = replace(manifest, generation=manifest.generation + 1)
        beside = self.path / "manifest.json.next"
        with beside.open("w", encoding="utf-8") as file:
            # an item a line, by the separator: with `indent` thousands of files would be written by plain Python
            file.write(json.dumps(vars(following), sort_keys=True, default=vars, separators=(",\n", ": ")))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self.path / "manifest.json")
        return following

    def adopt(
        self, staged: Path, group: str, week: date, rows: int, *, label: str = "week", ahead: bool = False
    ) -> tuple[str, StoredFile]:
        """Move a staged file to its place and return its manifest entry; it is live with the next commit."""
        digest = file_digest(staged)
        name = f"{group}/{label}={week.isoformat()}/{digest[:16]}.parquet"
        place = self.path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        size = staged.stat().st_size
        staged.replace(place)
        return name, StoredFile(group, week.isoformat(), rows, size, digest, ahead)

    def paths(self, files: Mapping[str, StoredFile]) -> list[Path]:
        """Where these live files lie."""
        return [self.path / name for name in files]

    def digest(self) -> str:
        """SHA-256 of the landed rows and given verdicts: the same until one arrives that was not held before."""
        told = ("events/", "verdicts/")
        landed = sorted(entry.sha256 for entry in self.manifest().files.values() if entry.group.startswith(told))
        return hashlib.sha256("".join(landed).encode()).hexdigest()

    def _sweep(self) -> None:
        live = {self.path / name for name in self.manifest().files}
        for folder in _OWNED_FOLDERS:
            for found in (self.path / folder).rglob("*.parquet"):
                if found not in live:
                    found.unlink()
        self.scratch.mkdir(mode=0o700, exist_ok=True)
        sweep(self.scratch)


def file_stamp(path: Path) -> str:
    """What changes with every write to a file, and cannot be set by a program: inode, size and time of last change."""
    found = path.stat()
    return f"{found.st_dev}:{found.st_ino}:{found.st_size}:{found.st_ctime_ns}"


def file_digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
