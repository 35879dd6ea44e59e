"""Floods of reviews that should make honest rivals look guilty, delivered on top of a simulated market's own events."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.intake import take_in
from features.panel import signals_at
from features.store import Store
from model.settings import Configuration

_REVIEWS = 25
"""Of one rival: by so many accounts, the same for all rivals, within a week."""
_DAYS_AGO = 21


def signals_flooded(
    folder: Path, name: str, rivals: Sequence[Any], as_of: date, configuration: Configuration, seed: int
) -> pd.DataFrame:
    """The signal table at a cutoff, had these sellers been flooded three weeks before it.

    Args:
        folder: of the market; its data stay as they are.
        name: of the flood.
        rivals: at whom it is aimed.
        as_of: the cutoff.
        configuration: all settings.
        seed: of what is drawn.

    """
    data, store = folder / "flooded", Store(folder / "flooded-store")
    for place in (data, store.path):
        shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(folder / "data", data, copy_function=os.link)
    products = _table(data, "products")
    aimed = products[products["seller_id"].isin(list(rivals))].drop_duplicates("seller_id")
    FLOODS[name](data, aimed["product_id"].tolist(), pd.Timestamp(as_of), np.random.default_rng(seed))
    take_in(data, store, as_of, configuration)
    return signals_at(store, [as_of], configuration)


def _praise(data: Path, products: Sequence[Any], as_of: pd.Timestamp, random: np.random.Generator) -> None:
    """Unverified five-star reviews, as somebody would buy them for the rivals."""
    _deliver(data, "reviews", _reviews(products, 5, as_of, random))


def _abuse(data: Path, products: Sequence[Any], as_of: pd.Timestamp, random: np.random.Generator) -> None:
    """Unverified one-star reviews, all of which staff remove within three days, as they remove others."""
    reviews = _reviews(products, 1, as_of, random)
    actions = _table(data, "review_actions")
    removals = actions[(actions["kind"] == "removed") & (actions["actor_kind"] == "staff")]
    drawn = removals.sample(len(reviews), replace=True, random_state=int(random.integers(2**31)))
    acted = reviews["created_at"] + pd.to_timedelta(random.uniform(0.1, 3, len(reviews)), "D").round("s")
    more = {"review_id": reviews["review_id"].to_numpy(), "acted_at": acted.to_numpy(), "ticket_id": None}
    _deliver(data, "reviews", reviews)
    _deliver(data, "review_actions", drawn.assign(**more, recorded_at=acted.to_numpy()))


FLOODS: dict[str, Callable[[Path, Sequence[Any], pd.Timestamp, np.random.Generator], None]] = {
    "bought praise for rivals": _praise,
    "abuse of rivals, removed by staff": _abuse,
}


def _reviews(products: Sequence[Any], rating: int, as_of: pd.Timestamp, random: np.random.Generator) -> pd.DataFrame:
    rows = [(product, account) for product in products for account in range(_REVIEWS)]
    days = random.uniform(0, 7, len(rows)) - _DAYS_AGO
    created = as_of + pd.to_timedelta(days, "D").round("s")
    return pd.DataFrame(
        {
            "review_id": [f"flood {number}" for number in range(len(rows))],
            "product_id": [product for product, _ in rows],
            "reviewer_id": [f"account {account}" for _, account in rows],
            "rating": rating,
            "verified": False,
            "created_at": created,
            "recorded_at": created,
        }
    )


def _table(data: Path, name: str) -> pd.DataFrame:
    files = sorted((data / name).rglob("*.parquet")) or [data / f"{name}.parquet"]
    return pa.concat_tables([pq.read_table(file, partitioning=None) for file in files]).to_pandas()


def _deliver(data: Path, name: str, rows: pd.DataFrame) -> None:
    """Add a file to a table that is delivered as a folder."""
    schema = pq.read_schema(next((data / name).rglob("*.parquet"))).remove_metadata()
    pq.write_table(pa.Table.from_pandas(rows, schema, preserve_index=False), data / name / "flood.parquet")
