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
from simulator.judge import read_truth

_REVIEWS = 25
"""Of one rival: by so many accounts, the same for all rivals, within a week."""
_DAYS_AGO = 21
_REMOVED = 0.8
"""Share of what honest staff examine that they remove."""


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
    bribed = read_truth(folder / "truth", "staff")["actor_id"]
    FLOODS[name](data, aimed, bribed.tolist(), pd.Timestamp(as_of), np.random.default_rng(seed))
    take_in(data, store, as_of, configuration)
    return signals_at(store, [as_of], configuration)


def _praise(
    data: Path, aimed: pd.DataFrame, _: Sequence[Any], as_of: pd.Timestamp, random: np.random.Generator
) -> None:
    """Unverified five-star reviews, as somebody would buy them for the rivals."""
    _deliver(data, "reviews", _reviews(aimed, 5, as_of, random))


def _abuse(
    data: Path, aimed: pd.DataFrame, bribed: Sequence[Any], as_of: pd.Timestamp, random: np.random.Generator
) -> None:
    """Unverified one-star reviews; on each rival's ticket an honest moderator examines them and removes most."""
    reviews, staff = _reviews(aimed, 1, as_of, random), _moderators(data)
    able = staff[~staff["actor_id"].isin(list(bribed))].sample(len(aimed), replace=True, random_state=1)
    opened = as_of - pd.Timedelta(days=_DAYS_AGO - 8)
    seller = aimed["seller_id"].to_numpy()
    tickets = pd.DataFrame(
        {
            "ticket_id": [f"complaint of {each}" for each in seller],
            "opened_at": opened,
            "opened_by_kind": "seller",
            "opened_by": seller,
            "seller_id": seller,
            "queue": able["queue"].to_numpy(),
            "assigned_to": able["actor_id"].to_numpy(),
            "recorded_at": opened,
        }
    )
    examined = reviews.merge(aimed[["product_id", "seller_id"]], on="product_id").merge(tickets, on="seller_id")
    removed = random.random(len(examined)) < _REMOVED
    _deliver(data, "reviews", reviews)
    _deliver(data, "tickets", tickets)
    _deliver(
        data,
        "review_actions",
        pd.DataFrame(
            {
                **_acted(examined["review_id"], opened + pd.Timedelta(days=1), random),
                "kind": np.where(removed, "removed", "kept"),
                "actor_id": examined["assigned_to"],
                "reason": pd.Series("policy", examined.index).where(removed),
                "queue": examined["queue"],
                "trigger": "seller_flag",
                "ticket_id": examined["ticket_id"],
            }
        ),
    )


def _framed(
    data: Path, aimed: pd.DataFrame, bribed: Sequence[Any], as_of: pd.Timestamp, random: np.random.Generator
) -> None:
    """Unverified one-star reviews, all of which bribed staff remove as they do for those who pay: without a ticket."""
    reviews, staff = _reviews(aimed, 1, as_of, random), _moderators(data)
    drawn = staff[staff["actor_id"].isin(list(bribed))].sample(len(reviews), replace=True, random_state=1)
    _deliver(data, "reviews", reviews)
    _deliver(
        data,
        "review_actions",
        pd.DataFrame(
            {
                **_acted(reviews["review_id"], reviews["created_at"].max(), random),
                "kind": "removed",
                "actor_id": drawn["actor_id"].to_numpy(),
                "reason": "policy",
                "queue": drawn["queue"].to_numpy(),
                "trigger": "none",
                "ticket_id": None,
            }
        ),
    )


FLOODS: dict[str, Callable[[Path, pd.DataFrame, Sequence[Any], pd.Timestamp, np.random.Generator], None]] = {
    "bought praise for rivals": _praise,
    "abuse of rivals, removed by honest staff": _abuse,
    "abuse of rivals, removed by bribed staff": _framed,
}


def _moderators(data: Path) -> pd.DataFrame:
    staff = _table(data, "staff")
    return staff[staff["role"] == "moderator"].drop_duplicates("actor_id")


def _acted(reviews: pd.Series, since: pd.Timestamp, random: np.random.Generator) -> dict[str, Any]:
    """What all actions of staff have in common: on which review, and when, within two days."""
    acted = since + pd.to_timedelta(random.uniform(0, 2, len(reviews)), "D").round("s")
    return {"review_id": reviews.to_numpy(), "acted_at": acted, "recorded_at": acted, "actor_kind": "staff"}


def _reviews(aimed: pd.DataFrame, rating: int, as_of: pd.Timestamp, random: np.random.Generator) -> pd.DataFrame:
    rows = [(product, account) for product in aimed["product_id"] for account in range(_REVIEWS)]
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
    return pq.read_table(data / name, partitioning=None).to_pandas()


def _deliver(data: Path, name: str, rows: pd.DataFrame) -> None:
    """Add a file to a table that is delivered as a folder."""
    schema = pq.read_schema(next((data / name).rglob("*.parquet"))).remove_metadata()
    given = rows.assign(**{column: None for column in schema.names if column not in rows})
    pq.write_table(pa.Table.from_pandas(given, schema, preserve_index=False), data / name / "flood.parquet")
