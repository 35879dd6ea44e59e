"""Writes the licences of all locked packages: python -m benchmarks.licences [--write docs/licences.md]."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

ROOT = Path(__file__).parent.parent
LOCK = ROOT / "requirements.lock"
_LOCKED = re.compile(r"^([A-Za-z0-9_.-]+)==(\S+)", re.MULTILINE)
_HEAD = """# Licences

What each locked package says of itself, written by `python -m benchmarks.licences --write docs/licences.md` from the
installed packages. All are installed by hash (`requirements.lock`); none is copied into this repository.

| package | version | licence |
| --- | --- | --- |"""


def locked() -> list[tuple[str, str]]:
    """Names and versions of the lock."""
    return sorted(_LOCKED.findall(LOCK.read_text(encoding="utf-8")))


def licence_of(package: str) -> str:
    """The licence that a package names: its expression, its classifiers, or the first line of its text."""
    try:
        told = metadata(package)
    except PackageNotFoundError:
        return "not installed here"
    classified = [each.rpartition("::")[2].strip() for each in told.get_all("Classifier") or () if "License ::" in each]
    expressions, texts = told.get_all("License-Expression") or [], told.get_all("License") or []
    named = "".join(expressions) or ", ".join(classified) or "".join(texts).strip().partition("\n")[0][:80]
    return named.replace("|", "/") or "says none"


def page() -> Iterator[str]:
    """The lines of the page."""
    yield _HEAD
    for name, version in locked():
        yield f"| {name} | {version.rstrip(';')} | {licence_of(name)} |"


def main() -> None:
    """Print the page, or write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path, default=None)
    given = parser.parse_args()
    text = "\n".join(page()) + "\n"
    if given.write is None:
        print(text, end="")
    else:
        given.write.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
