"""The signals as a data scientist would compute them with pandas: every event of the market in memory, no store.

It knows that the benchmark's market has no late news, no corrections and no listing that was sold; only such signals
are computed as need no more. They are equal to the engine's, which a test checks.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

_WINDOWS = (28, 91, 364)
_USUAL_RATE, _PRIOR_REVIEWS = 0.03, 20


def _beside_peers(name: str) -> str:
    """The name of a signal's rank among the peers."""
    stem, window = name.rsplit("_", 1)
    return f"{stem}_peers_{window}"


_COMPARED = (
    "review_deletion_rate_91d",
    "negative_deletion_rate_91d",
    "negative_deletion_excess_91d",
    "rank_jump_28d",
    "rank_jump_91d",
)
SIGNALS = (
    *(f"{stars}_deletion_rate_{days}d" for stars in ("review", "negative", "positive") for days in _WINDOWS),
    *(f"negative_deletion_excess_{days}d" for days in _WINDOWS),
    *("author_deletion_rate_91d", "automation_deletion_rate_91d", "staff_share_of_removals_91d"),
    *("negative_removals_91d", "negatives_at_risk_91d", "reviews_arrived_91d", "negative_deletion_change_91d"),
    "rating_uplift_364d",
    *(f"rank_jump_{days}d" for days in _WINDOWS),
    *("rank_jump_change_28d", "rank_jump_change_91d", "rank_swing_91d"),
    *map(_beside_peers, _COMPARED),
)
"""What is computed."""


def signals_with_pandas(data: Path, cutoffs: Sequence[date]) -> pd.DataFrame:
    """The signals of every seller at these cutoffs, a week apart; sorted by as_of and seller_id."""
    products = pd.read_parquet(data / "products").set_index("product_id")["seller_id"]
    sellers = pd.read_parquet(data / "sellers").set_index("seller_id").sort_index()
    weekly = _weekly(_review_events(data, products), cutoffs[-1])
    gains = _weekly(_rank_events(data, products), cutoffs[-1])
    grid = pd.MultiIndex.from_product(
        [sellers.index, pd.date_range(_monday(weekly, gains), pd.Timestamp(cutoffs[-1]), freq="7D")],
        names=["seller_id", "as_of"],
    )
    flow = weekly.groupby(["seller_id", "as_of"]).sum().reindex(grid, fill_value=0)
    ranks = gains.groupby(["seller_id", "as_of"]).agg({"gain": "max", "swing": "sum", "observations": "sum"})
    signals = pd.concat([_of_removals(flow), _of_ranks(ranks.reindex(grid))], axis=1)
    signals = signals[signals.index.get_level_values("as_of").isin(pd.to_datetime(list(cutoffs)))]
    return _with_peers(signals, flow, sellers).reset_index().sort_values(["as_of", "seller_id"], ignore_index=True)


def _monday(*weekly: pd.DataFrame) -> pd.Timestamp:
    return pd.Timestamp(min(each["as_of"].min() for each in weekly))


def _weekly(events: pd.DataFrame, last: date) -> pd.DataFrame:
    """Events before the last cutoff, each with the first weekly cutoff that counts it."""
    events = events[events["known_at"] < pd.Timestamp(last)]
    week = events["known_at"].dt.to_period("W-SUN").dt.start_time + pd.Timedelta(days=7)
    return events.assign(as_of=week).drop(columns="known_at")


def _review_events(data: Path, products: pd.Series) -> pd.DataFrame:
    reviews = pd.read_parquet(data / "reviews", columns=["review_id", "product_id", "rating", "created_at"])
    reviews["seller_id"] = reviews["product_id"].map(products)
    arrived = pd.DataFrame(
        {
            "seller_id": reviews["seller_id"],
            "known_at": reviews["created_at"],
            **_counts("arrived", reviews["rating"], 1),
            **_standing(reviews["rating"], reviews["rating"] > 0, reviews["rating"] < 0),
        }
    )
    actions = pd.read_parquet(data / "review_actions")
    actions = actions[actions["kind"].isin(["removed", "restored", "edited"])]
    steps = actions.merge(reviews, on="review_id").sort_values(["review_id", "acted_at"])
    by_review = steps.groupby("review_id")
    hidden = steps["kind"].map({"removed": 1.0, "restored": 0.0}).groupby(steps["review_id"]).ffill().fillna(0) > 0
    before = hidden.groupby(steps["review_id"]).shift(fill_value=False)
    rating = steps["new_rating"].where(steps["kind"] == "edited").groupby(steps["review_id"]).ffill()
    rating = rating.fillna(steps["rating"]).astype(int)
    old_rating = rating.groupby(steps["review_id"]).shift().fillna(steps["rating"]).astype(int)
    by = steps["actor_kind"].where(steps["kind"] == "removed").groupby(steps["review_id"]).ffill()
    withheld = hidden & (by == "staff")
    was_withheld = withheld.groupby(by_review.ngroup()).shift(fill_value=False)
    removed = (steps["kind"] == "removed") & ~before & hidden
    now, then = _standing(rating, ~hidden, withheld), _standing(old_rating, ~before, was_withheld)
    turned = (steps["kind"] == "edited") & ~hidden
    lower, higher = (rating <= 2) & (old_rating > 2), (rating >= 4) & (old_rating < 4)
    changed = pd.DataFrame(
        {
            "seller_id": steps["seller_id"],
            "known_at": steps["acted_at"],
            "arrived_negative": (turned & lower).astype(int),
            "arrived_positive": (turned & higher).astype(int),
            **{name: now[name] - then[name] for name in now},
            "removed": removed.astype(int),
            **{
                f"removed_{name}": (removed & (steps["actor_kind"] == kind)).astype(int)
                for name, kind in {"staff": "staff", "author": "reviewer", "automation": "automation"}.items()
            },
            **_counts("removed_staff", old_rating, (removed & (steps["actor_kind"] == "staff")).astype(int)),
        }
    )
    return pd.concat([arrived, changed], ignore_index=True).fillna(0)


def _counts(name: str, rating: pd.Series, count: pd.Series | int) -> dict[str, pd.Series]:
    return {
        name: (rating > 0) * count,
        f"{name}_negative": (rating <= 2) * count,
        f"{name}_positive": (rating >= 4) * count,
    }


def _standing(rating: pd.Series, shown: pd.Series, withheld: pd.Series) -> dict[str, pd.Series]:
    counts = _counts("visible", rating, shown.astype(int))
    kept_back = withheld.astype(int)
    return {
        **counts,
        "visible_stars": counts["visible"] * rating,
        "withheld": kept_back,
        "withheld_stars": kept_back * rating,
    }


def _rank_events(data: Path, products: pd.Series) -> pd.DataFrame:
    ranks = pd.read_parquet(data / "search_ranks", columns=["product_id", "query_id", "observed_on", "position"])
    ranks["observed_on"] = pd.to_datetime(ranks["observed_on"])
    days = ranks.groupby(["query_id", "observed_on"], as_index=False)["position"].max()
    days = days.rename(columns={"position": "depth"}).sort_values(["query_id", "observed_on"])
    days[["prior_on", "prior_depth"]] = days.groupby("query_id")[["observed_on", "depth"]].shift()
    placed = ranks.merge(days.dropna(subset="prior_on"), on=["query_id", "observed_on"])
    prior = ranks.rename(columns={"observed_on": "prior_on", "position": "prior_position"})
    placed = placed.merge(prior, on=["product_id", "query_id", "prior_on"], how="left")
    earlier = placed["prior_position"].fillna(placed["prior_depth"] + 1)
    rise = np.round(1e6 * np.log(earlier / placed["position"])).astype(np.int64)
    return pd.DataFrame(
        {
            "seller_id": placed["product_id"].map(products),
            "known_at": placed["observed_on"],
            "gain": rise.clip(lower=0),
            "swing": rise.abs(),
            "observations": 1,
        }
    )


def _of_removals(flow: pd.DataFrame) -> pd.DataFrame:
    level = flow.groupby(level="seller_id").cumsum()
    then = {days: level.groupby(level="seller_id").shift(days // 7, fill_value=0) for days in _WINDOWS}
    within = {days: level - then[days] for days in _WINDOWS}
    earlier = then[91] - then[364]

    def at_risk(days: int, stars: str = "") -> pd.Series:
        return then[days][f"visible{stars}"] + within[days][f"arrived{stars}"]

    found = {}
    for days in _WINDOWS:
        found[f"review_deletion_rate_{days}d"] = _share(within[days]["removed_staff"], at_risk(days))
        smoothed = {}
        for stars in ("negative", "positive"):
            removed, risk = within[days][f"removed_staff_{stars}"], at_risk(days, f"_{stars}")
            found[f"{stars}_deletion_rate_{days}d"] = _share(removed, risk)
            smoothed[stars] = (removed + _USUAL_RATE * _PRIOR_REVIEWS) / (risk + _PRIOR_REVIEWS)
        found[f"negative_deletion_excess_{days}d"] = np.log(smoothed["negative"]) - np.log(smoothed["positive"])
    for by in ("author", "automation"):
        found[f"{by}_deletion_rate_91d"] = _share(within[91][f"removed_{by}"], at_risk(91))
    found["negative_removals_91d"] = within[91]["removed_staff_negative"].astype(float)
    found["negatives_at_risk_91d"] = at_risk(91, "_negative").astype(float)
    found["reviews_arrived_91d"] = within[91]["arrived"].astype(float)
    found["staff_share_of_removals_91d"] = within[91]["removed_staff"] / within[91]["removed"].replace(0, np.nan)
    before = then[364]["visible_negative"] + earlier["arrived_negative"]
    found["negative_deletion_change_91d"] = _share(
        within[91]["removed_staff_negative"], at_risk(91, "_negative")
    ) - _share(earlier["removed_staff_negative"], before)
    found["rating_uplift_364d"] = _uplift(level) - _uplift(then[364])
    return pd.DataFrame(found)


def _share(part: pd.Series, whole: pd.Series) -> pd.Series:
    return (part / whole.replace(0, np.nan)).clip(upper=1).fillna(0.0)


def _uplift(level: pd.DataFrame) -> pd.Series:
    shown = level["visible_stars"] / level["visible"].replace(0, np.nan)
    restored = (level["visible_stars"] + level["withheld_stars"]) / (level["visible"] + level["withheld"]).replace(
        0, np.nan
    )
    return (shown - restored).fillna(0.0)


def _of_ranks(weekly: pd.DataFrame) -> pd.DataFrame:
    by_seller = weekly.groupby(level="seller_id")
    largest = {days: _rolling(by_seller["gain"], days).fillna(0) for days in _WINDOWS}
    found = {f"rank_jump_{days}d": largest[days] / 1e6 for days in _WINDOWS}
    for days in (28, 91):
        weeks, span = days // 7, (364 - days) // 7
        past = by_seller["gain"].shift(weeks).groupby(level="seller_id")
        found[f"rank_jump_change_{days}d"] = (largest[days] - _rolling(past, 7 * span).fillna(0)) / 1e6
    swing = by_seller["swing"].rolling(13, min_periods=1).sum().droplevel(0)
    observations = by_seller["observations"].rolling(13, min_periods=1).sum().droplevel(0)
    found["rank_swing_91d"] = (swing / observations / 1e6).fillna(0.0)
    return pd.DataFrame(found)


def _rolling(of: pd.core.groupby.SeriesGroupBy, days: int) -> pd.Series:
    return of.rolling(days // 7, min_periods=1).max().droplevel(0)


def _with_peers(signals: pd.DataFrame, flow: pd.DataFrame, sellers: pd.DataFrame) -> pd.DataFrame:
    """Mid-rank percentiles among the sellers of the same marketplace, category and size; all such groups are large."""
    level = flow["arrived"].groupby(level="seller_id").cumsum()
    size = (level - level.groupby(level="seller_id").shift(52, fill_value=0)).reindex(signals.index)
    band = np.floor(np.log10(size.where(size > 0)))
    of_seller = sellers.reindex(signals.index.get_level_values("seller_id"))
    group = [
        signals.index.get_level_values("as_of"),
        of_seller["marketplace"].to_numpy(),
        of_seller["category"].to_numpy(),
        band.fillna(-1).to_numpy(),
    ]
    for name in _COMPARED:
        ranked = signals[name].groupby(group)
        below = ranked.rank(method="average") - 0.5
        signals[_beside_peers(name)] = below / ranked.transform("count")
    return signals
