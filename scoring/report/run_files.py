"""The files of a scoring run as rows, as the pages read them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from features.whole_file import read_file
from scoring.cases.files import CASES, DELETE, EXPOSED, RESTORE
from scoring.output import RESTRICTED, RINGS, RUN, SCORES, STAFF

Row = Mapping[str, Any]


@dataclass(frozen=True)
class RunFiles:
    """What everybody who works on cases may see; who was drawn at random is not in it.

    Attributes:
        record: ``run.json``.
        listed: rows of ``scores.parquet`` of the listed sellers.
        cases: rows of ``cases.parquet``.
        restore: rows of ``reviews_to_restore.parquet`` by seller, likeliest first.
        delete: rows of ``reviews_to_delete.parquet`` by seller, likeliest first.

    """

    record: Row
    listed: Sequence[Row]
    cases: Sequence[Row]
    restore: Mapping[Any, Sequence[Row]]
    delete: Mapping[Any, Sequence[Row]]


def read_run(folder: Path) -> RunFiles:
    """Read the folder of a run."""
    record = json.loads((folder / RUN).read_text(encoding="utf-8"))
    listed = read_file(folder / SCORES, [("alerted", "=", True)]).to_pylist()
    by_rank = {row["seller_id"]: row["rank"] for row in listed}
    cases = sorted(_rows(folder / CASES), key=lambda row: (by_rank[row["seller_id"]], row["case_id"]))
    return RunFiles(record, listed, cases, _by_seller(folder / RESTORE), _by_seller(folder / DELETE))


@dataclass(frozen=True)
class RestrictedFiles:
    """What names staff and reviewers, for the owner alone."""

    staff: Sequence[Row]
    rings: Sequence[Row]
    exposed: Sequence[Row]


def read_restricted(folder: Path) -> RestrictedFiles:
    """Read what a run has written to ``restricted/``."""
    place = folder / RESTRICTED
    return RestrictedFiles(_rows(place / STAFF), _rows(place / RINGS), _rows(place / EXPOSED))


def _rows(path: Path) -> list[dict[str, Any]]:
    return list(read_file(path).to_pylist())


def _by_seller(path: Path) -> dict[Any, list[dict[str, Any]]]:
    found: dict[Any, list[dict[str, Any]]] = {}
    for row in sorted(_rows(path), key=lambda row: (-row["probability"], str(row["review_id"]))):
        found.setdefault(row["seller_id"], []).append(row)
    return found
