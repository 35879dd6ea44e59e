"""The nearest clean peers of a case: sellers of the same marketplace and category, as large, and not suspected."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from features.contract import TABLES
from features.engine import connect
from features.landed import landed
from features.store import Store
from features.verdict_rows import verdicts_of
from model.settings import Configuration

PEERS = 2

_YEAR = timedelta(days=364)


def sizes(store: Store, as_of: date, configuration: Configuration) -> pd.Series:
    """Reviews that arrived in the 364 days before the cutoff, by seller_id; who had none is missing."""
    manifest = store.manifest()
    key_types = manifest.identity.get("key_types", {})
    weeks = {date.fromisoformat(entry.week) for entry in manifest.group("events/reviews").values()}
    recent = {week for week in weeks if as_of - _YEAR - timedelta(days=6) <= week < as_of}
    with connect(configuration.engine, store.scratch) as connection:
        for name, wanted in (("products", None), ("reviews", recent)):
            rows = landed(store, manifest, TABLES[name], key_types, wanted)
            connection.execute(f"create temp view {name} as select * from ({rows}) where known_at < date '{as_of}'")
        found = connection.execute(f"""
-- a row is a seller with the number of reviews of the products that it holds now
with held as (
  select product_id, arg_max(seller_id, (valid_from, known_at)) as seller_id from products group by product_id
)
select h.seller_id, count(*)::bigint as reviews
from reviews as r join held as h on r.product_id = h.product_id
where r.known_at >= date '{as_of - _YEAR}'
group by h.seller_id order by h.seller_id
""").df()
    return found.set_index("seller_id")["reviews"]


def manipulated(store: Store, as_of: date, configuration: Configuration) -> set[Any]:
    """Sellers whom a verdict known before the cutoff ever found manipulated: no peers to compare anybody with."""
    verdicts = verdicts_of(store, configuration)
    known = verdicts["known_at"] < pd.Timestamp(as_of)
    return set(verdicts.loc[known & (verdicts["verdict"] == "manipulated"), "seller_id"])


def nearest_peers(
    sellers: pd.DataFrame, size: pd.Series, listed: Collection[Any], suspected: Collection[Any]
) -> dict[Any, list[Any]]:
    """The clean peers of each listed seller, the nearest in size first; fewer where there are fewer.

    Args:
        sellers: seller_id, marketplace, category.
        size: reviews by seller_id.
        listed: who needs peers.
        suspected: who is no peer, beside the listed.

    """
    table = sellers[["seller_id", "marketplace", "category"]].copy()
    table["size"] = np.log1p(table["seller_id"].map(size).fillna(0).astype(float))
    clean = table[~table["seller_id"].isin([*listed, *suspected])]
    groups = dict(iter(clean.groupby(["marketplace", "category"], sort=False, observed=True)))
    found: dict[Any, list[Any]] = {}
    for row in table[table["seller_id"].isin(list(listed))].itertuples():
        group = groups.get((row.marketplace, row.category), clean.head(0))
        ordered = group.assign(distance=(group["size"] - row.size).abs()).sort_values(["distance", "seller_id"])
        found[row.seller_id] = ordered["seller_id"].head(PEERS).tolist()
    return found
