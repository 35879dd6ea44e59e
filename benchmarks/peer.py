"""The fixed peer and the raw order: what an analyst would try first, and what every figure stands beside.

The peer never changes: counts and rates that anybody would take, LightGBM as it comes, unknown taken as innocent. It
reads the delivered tables by itself and shares no code with the product's signals.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

WINDOWS = (28, 364)
LATE_AFTER_DAYS = 28
"""Days; what became known later than this after it happened counts in the long window only (the contract's rule)."""
TREES = 300
RAW_ORDER = "removed_by_staff_364d"
"""The column by which the raw order sorts: reviews that staff removed in the last 364 days."""

_SPAN = 100_000  # days; more than any calendar here holds
_ACTORS = ("reviewer", "automation", "staff", "legal", "other")
_STARS = tuple(f"stars_{stars}" for stars in range(1, 6))
_REMOVED = tuple(f"removed_by_{actor}" for actor in _ACTORS)
_PER_REVIEW = (*_STARS, *_REMOVED, "look_ups")
FACTS = ("reviews", *_STARS, *_REMOVED, "suspensions", "look_ups", "units", "revenue")

# A row is one fact of the seller in force when it happened, with the day on which the platform knew it. A fact made of
# several rows is known when the last of them is; a correction of sales enters as the difference, when it is known.
_EVENTS = """
with products_then as (
  select
    product_id,
    seller_id,
    cast(recorded_at as date) as recorded_on,
    case
      when row_number() over versions = 1 then date '0001-01-01'
      else coalesce(valid_from, listed_on)
    end as valid_from
  from products
  window versions as (partition by product_id order by coalesce(valid_from, listed_on))
),
posted as (
  select review_id, product_id, rating, created_at, cast(greatest(created_at, recorded_at) as date) as known_on
  from reviews
),
reviewed as (
  select
    seller_id,
    cast(created_at as date) as happened_on,
    greatest(known_on, recorded_on) as known_on,
    'reviews' as fact,
    rating,
    1.0 as amount
  from posted
  asof join products_then
    on posted.product_id = products_then.product_id and cast(posted.created_at as date) >= products_then.valid_from
),
acted as (
  select
    product_id,
    cast(acted_at as date) as happened_on,
    greatest(known_on, cast(greatest(acted_at, recorded_at) as date)) as known_on,
    actor_kind
  from review_actions
  join posted using (review_id)
  where kind = 'removed'
),
removed as (
  select
    seller_id,
    happened_on,
    greatest(known_on, recorded_on) as known_on,
    'removed_by_' || actor_kind as fact,
    1.0 as amount
  from acted
  asof join products_then
    on acted.product_id = products_then.product_id and acted.happened_on >= products_then.valid_from
),
corrected as (
  select
    product_id,
    sold_on,
    cast(recorded_at as date) as known_on,
    units - coalesce(lag(units) over same_sale, 0) as units,
    revenue - coalesce(lag(revenue) over same_sale, 0) as revenue
  from sales
  window same_sale as (partition by product_id, sold_on order by recorded_at)
),
sold as (
  select
    seller_id,
    sold_on as happened_on,
    greatest(sold_on, corrected.known_on, recorded_on) as known_on,
    units,
    revenue
  from corrected
  asof join products_then
    on corrected.product_id = products_then.product_id and corrected.sold_on >= products_then.valid_from
),
facts as (
  select seller_id, happened_on, known_on, fact, amount from reviewed
  union all select seller_id, happened_on, known_on, 'stars_' || rating, amount from reviewed
  union all select seller_id, happened_on, known_on, fact, amount from removed
  union all
  select seller_id, cast(acted_at as date), cast(greatest(acted_at, recorded_at) as date), 'suspensions', 1.0
  from account_actions
  where kind = 'suspended'
  union all
  select seller_id, cast(accessed_at as date), cast(greatest(accessed_at, recorded_at) as date), 'look_ups', 1.0
  from staff_access
  where seller_id is not null
  union all select seller_id, happened_on, known_on, 'units', units from sold
  union all select seller_id, happened_on, known_on, 'revenue', revenue from sold
)
"""


def peer_columns(data: Path, rows: pd.DataFrame) -> pd.DataFrame:
    """The peer's columns for the given rows, in their order.

    Args:
        data: a data set in dated folders, with ``recorded_at`` in every table.
        rows: columns ``seller_id`` and ``as_of``; a cutoff counts what was known before its first instant.

    Returns:
        For each fact its count in each window (``reviews_28d``); per review its rate (``stars_1_rate_28d``), and its
        pace, the short window beside the long one (``reviews_pace``). NaN where nothing divides.

    """
    counts = _counts(data, rows[["seller_id", "as_of"]].reset_index(drop=True))
    columns = dict(counts.items())
    for days in WINDOWS:
        reviews = counts[f"reviews_{days}d"].replace(0, np.nan)
        columns |= {f"{fact}_rate_{days}d": counts[f"{fact}_{days}d"] / reviews for fact in _PER_REVIEW}
    short, long = WINDOWS
    for fact in FACTS:
        usual = counts[f"{fact}_{long}d"].replace(0, np.nan) * short / long
        columns[f"{fact}_pace"] = counts[f"{fact}_{short}d"] / usual
    return pd.DataFrame(columns, index=counts.index).set_axis(rows.index)


def _counts(data: Path, wanted: pd.DataFrame) -> pd.DataFrame:
    facts = _facts(data)
    codes, sellers = pd.factorize(facts["seller_id"])
    facts = facts.assign(place=codes * _SPAN + facts["known_on"])
    in_time = facts["known_on"] - facts["happened_on"] <= LATE_AFTER_DAYS
    seller = pd.Index(sellers).get_indexer(wanted["seller_id"])
    cutoff = seller * _SPAN + wanted["as_of"].to_numpy(dtype="datetime64[D]").astype(np.int64)
    counts = {}
    for days in WINDOWS:
        of_fact = dict(list((facts if days == max(WINDOWS) else facts[in_time]).groupby("fact")))
        for fact in FACTS:
            found = _summed(of_fact[fact], cutoff, days) if fact in of_fact else np.zeros(len(cutoff))
            counts[f"{fact}_{days}d"] = np.where(seller < 0, 0.0, found)
    return pd.DataFrame(counts)


def _facts(data: Path) -> pd.DataFrame:
    """One row a seller, fact and pair of days; days are counted since 1970."""
    with duckdb.connect() as connection:
        connection.execute("set enable_progress_bar = false; set threads = 2")
        for name in ("products", "reviews", "review_actions", "sales", "account_actions", "staff_access"):
            connection.execute(f"create view {name} as from read_parquet('{data}/{name}/*/*.parquet')")
        return connection.execute(f"""
            {_EVENTS}
            select
              seller_id,
              known_on - date '1970-01-01' as known_on,
              happened_on - date '1970-01-01' as happened_on,
              fact,
              cast(sum(amount) as double) as amount
            from facts
            group by all
            order by seller_id, known_on
        """).df()


def _summed(rows: pd.DataFrame, cutoff: Ints, days: int) -> Floats:
    """What became known in the days before each cutoff, both as places: a running total, read at both ends."""
    running = np.concatenate([[0.0], np.cumsum(rows["amount"])])
    until, since = np.searchsorted(rows["place"], cutoff), np.searchsorted(rows["place"], cutoff - days)
    return np.asarray(np.round(running[until] - running[since], 2), dtype=np.float64)


def peer_scores(learned: pd.DataFrame, culprit: Floats, judged: pd.DataFrame) -> Floats:
    """Scores of the judged rows by LightGBM as it comes; ``culprit`` is 1 for a found culprit, 0 for all others."""
    peer = lgb.LGBMClassifier(n_estimators=TREES, random_state=1, n_jobs=1, deterministic=True, verbose=-1)
    peer.fit(learned, culprit)
    return np.asarray(peer.predict_proba(judged), dtype=np.float64)[:, 1]
