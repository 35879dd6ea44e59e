"""Ratings between the users of Bitcoin OTC, written as the tables of the event contract.

Source: Kumar et al., REV2, WSDM 2018 (SNAP). A rated user is a seller with one product, a rating is a review, and
a label is the verdict on a user, given after the last rating.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

MARKETPLACE = "bitcoin-otc"
RATINGS_FILE, LABELS_FILE = "otc_network.csv", "otc_gt.csv"

FILLED = (
    "sellers.marketplace: 'bitcoin-otc' in every row",
    "sellers.category, products.category: 'all' in every row",
    "sellers.opened_on, products.listed_on: the day of the first rating received",
    "reviews.verified: false in every row",
    "review_actions: the last rating of each day is 'kept' by 'other', at the instant of the rating; none was removed",
    "verdicts.route: 'other'; the source does not say why a user was looked at",
    "verdicts.opened_at, decided_at: 28 days after the user's last rating; nobody was looked into before",
)
"""Columns that the source lacks, and what stands there instead."""

DECIDED_AFTER = pd.Timedelta(days=28)
"""From a user's last rating to the verdict: long enough for one cutoff of the training panel to lie between."""


@dataclass(frozen=True)
class RatedUsers:
    """The source as it is.

    Attributes:
        ratings: a row is a rating: source, target (users), rating (-10 to 10, never 0), rated_at (UTC, microseconds).
        labels: a row is a user: user, label (1 trusted, -1 fraudulent).

    """

    ratings: pd.DataFrame
    labels: pd.DataFrame


def read_source(folder: Path) -> RatedUsers:
    """Read the two files of the source.

    Raises:
        ValueError: two ratings have the same users and instant, a rating is out of range, or a label is unknown.

    """
    columns = ["source", "target", "rating", "seconds"]
    ratings = pd.read_csv(folder / RATINGS_FILE, header=None, names=columns)
    labels = pd.read_csv(folder / LABELS_FILE, header=None, names=["user", "label"])
    repeated = int(ratings.duplicated(["source", "target", "seconds"]).sum())
    if repeated:
        raise ValueError(f"{folder / RATINGS_FILE}: {repeated} ratings repeat the users and the instant of another")
    if not ratings["rating"].between(-10, 10).all() or not labels["label"].isin([1, -1]).all():
        raise ValueError(f"{folder}: ratings lie within -10 to 10 and labels are 1 or -1; found others")
    microseconds = (ratings.pop("seconds") * 1e6).round().astype("int64")
    return RatedUsers(ratings.assign(rated_at=microseconds.to_numpy().view("datetime64[us]")), labels)


def write_tables(users: RatedUsers, data: Path) -> None:
    """Write the tables of the contract that the source can fill into a new folder."""
    data.mkdir(parents=True)
    for name, rows in tables_of(users).items():
        rows.to_parquet(data / f"{name}.parquet", index=False, coerce_timestamps="us")


def tables_of(users: RatedUsers) -> dict[str, pd.DataFrame]:
    """The tables by name, in the contract's columns."""
    reviews = _reviews(users.ratings)
    opened_on = users.ratings.groupby("target")["rated_at"].min().dt.date
    sellers = pd.DataFrame({"seller_id": opened_on.index, "opened_on": opened_on.to_numpy()})
    sellers = sellers.assign(marketplace=MARKETPLACE, category="all")
    products = sellers.rename(columns={"opened_on": "listed_on"}).drop(columns="marketplace")
    return {
        "sellers": sellers,
        "products": products.assign(product_id=products["seller_id"]),
        "reviews": reviews,
        "review_actions": _kept(reviews),
        "verdicts": _verdicts(users),
    }


def stars_of(ratings: pd.Series) -> pd.Series:
    """Ratings from -10 to 10 as stars from 1 to 5, in even steps.

    >>> stars_of(pd.Series([-10, -5, -1, 1, 2, 5, 10])).tolist()
    [1, 2, 3, 3, 3, 4, 5]
    """
    return (1 + np.floor((ratings + 10) / 5 + 0.5)).astype("int64")


def received_before(users: RatedUsers, as_of: pd.Timestamp) -> pd.Series:
    """How many ratings each user had received before an instant, by user."""
    return users.ratings.loc[users.ratings["rated_at"] < as_of, "target"].value_counts().sort_index()


def _reviews(ratings: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "review_id": np.arange(1, len(ratings) + 1),
            "product_id": ratings["target"],
            "reviewer_id": ratings["source"],
            "rating": stars_of(ratings["rating"]),
            "verified": False,
            "created_at": ratings["rated_at"],
        }
    )


def _kept(reviews: pd.DataFrame) -> pd.DataFrame:
    ordered = reviews.sort_values(["created_at", "review_id"])
    last = ordered.groupby(ordered["created_at"].dt.date).tail(1)
    kept = last[["review_id", "created_at"]].rename(columns={"created_at": "acted_at"})
    return kept.assign(kind="kept", actor_kind="other")


def _verdicts(users: RatedUsers) -> pd.DataFrame:
    given = users.ratings.groupby("source")["rated_at"].max()
    received = users.ratings.groupby("target")["rated_at"].max()
    last = pd.concat([given, received]).groupby(level=0).max()
    decided = users.labels["user"].map(last) + DECIDED_AFTER
    verdict = users.labels["label"].map({1: "cleared", -1: "manipulated"})
    rows = pd.DataFrame({"seller_id": users.labels["user"], "decided_at": decided, "verdict": verdict})
    return rows.assign(opened_at=decided, route="other")
