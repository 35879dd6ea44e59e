"""What really happened, kept apart from the market's own tables. Only judge.py reads it back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from simulator.delivery import Delivery
from simulator.schema import BOOL, DATE, TABLES, TIME, Column

Rows = dict[str, npt.NDArray[Any]]

SETTINGS = "settings.json"
"""Name of the file of the settings from which the market was made."""

_SELLER, _STAFF, _RING, _SCHEME = (
    Column("id", "seller"),
    Column("id", "staff"),
    Column("id", "ring"),
    Column("word", "scheme"),
)

TRUTH: dict[str, dict[str, Column]] = {
    # A scheme that a seller ran; ended_on is null while it runs at the end.
    "schemes": {"seller_id": _SELLER, "scheme": _SCHEME, "onset_on": DATE, "ended_on": DATE, "ring_id": _RING},
    # Bribed staff and the period of their service.
    "staff": {"actor_id": _STAFF, "ring_id": _RING, "onset_on": DATE, "ended_on": DATE},
    # Review actions that were paid for (`cover`: removals that only hide the others).
    "review_actions": {
        "review_id": Column("id", "review"),
        "acted_at": TIME,
        "seller_id": _SELLER,
        "actor_id": _STAFF,
        "scheme": _SCHEME,
        "cover": BOOL,
    },
    # Reviews that no customer wrote.
    "reviews": {"review_id": Column("id", "review"), "seller_id": _SELLER, "scheme": _SCHEME},
    # Look-ups that were sold, and the reviewers whom they exposed.
    "staff_access": {
        "access_id": Column("id", "access"),
        "actor_id": _STAFF,
        "seller_id": _SELLER,
        "reviewer_id": Column("id", "reviewer"),
        "accessed_at": TIME,
        "scheme": _SCHEME,
    },
    "account_actions": {
        "seller_id": _SELLER,
        "acted_at": TIME,
        "kind": TABLES["account_actions"]["kind"],
        "actor_id": _STAFF,
        "scheme": _SCHEME,
    },
    # Honest episodes that look like guilt.
    "look_alikes": {
        "seller_id": _SELLER,
        "explanation": Column("word", "explanation"),
        "from_on": DATE,
        "to_on": DATE,
    },
}


class Truth:
    """Collects what is true of one market and writes it at the end."""

    def __init__(self, folder: Path, part: str, delivery: Delivery) -> None:
        """Write below the folder; ids are made as the delivery makes them."""
        self._folder = folder
        self._part = part
        self._delivery = delivery
        self._held: dict[str, list[Rows]] = {name: [] for name in TRUTH}

    def add(self, table: str, count: int, columns: dict[str, npt.NDArray[np.generic] | int]) -> None:
        """Hand in rows; a plain number stands for every row, an absent column is null."""
        if count:
            absent = np.full(count, -1, dtype=np.int64)
            rows = {name: columns.get(name, absent) for name in TRUTH[table]}
            self._held[table].append(
                {k: np.full(count, v, dtype=np.int64) if isinstance(v, int) else v for k, v in rows.items()}
            )

    def reviews_removed_for(self, seller: int, before: int) -> npt.NDArray[np.int64]:
        """Row numbers of the reviews whose removal a seller had paid for or pressed for until an instant."""
        found = [np.empty(0, dtype=np.int64)]
        for rows in self._held["review_actions"]:
            mine = (rows["seller_id"] == seller) & (rows["acted_at"] < before) & (rows["cover"] == 0)
            found.append(rows["review_id"][mine].astype(np.int64))
        return np.concatenate(found)

    def write(self) -> None:
        """Write every table, also those without a row."""
        for name, columns in TRUTH.items():
            held = self._held[name]
            arrays: dict[str, pa.Array] = {}
            for column, kind in columns.items():
                values = [rows[column] for rows in held] or [np.empty(0, dtype=np.int64)]
                arrays[column] = self._delivery.arrow(kind, np.concatenate(values))
            (self._folder / name).mkdir(parents=True, exist_ok=True)
            pq.write_table(pa.table(arrays), self._folder / name / f"{self._part}.parquet", compression="zstd")
