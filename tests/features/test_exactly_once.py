"""The signals are a function of the set of delivered rows, never of the order, the files or the runs they came in."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.intake import take_in
from features.panel import signals_at
from features.store import Store
from model.settings import Configuration
from tests.features.altered_markets import calm_market
from tests.features.deliveries import for_small_markets, outcome, scattered, take_in_runs
from tests.features.examples import few
from tests.features.random_market import CUTOFFS, random_market, telling_cutoffs, write_rows
from tests.features.random_moments import Market, Row


def assert_same_outcome(market: Market, runs: list[Market], cutoffs: list[date], configuration: Configuration) -> None:
    """Hold a store that is asked for signals after every run, and folds few weeks at once, against one that is not."""
    with TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        folder = Path(name)
        small = for_small_markets(configuration, folder / "key")
        at_once = take_in_runs(folder / "at once", [market], small)
        expected = signals_at(at_once, cutoffs, small)
        patch.setattr("features.week_files._ROWS_A_MB", 0.01)
        in_runs = take_in_runs(folder / "in runs", runs, small, ask_between=cutoffs[-1:])
        pd.testing.assert_frame_equal(signals_at(in_runs, cutoffs, small), expected, check_exact=True)
        assert outcome(in_runs) == outcome(at_once)


@few(2)
@given(random=st.randoms(use_true_random=False), runs=st.integers(1, 4))
def test_any_partition_into_runs_in_any_order_gives_the_same(
    random: Random, runs: int, configuration: Configuration
) -> None:
    market = random_market(random, ties=True)
    assert_same_outcome(market, scattered(random, market, runs), telling_cutoffs(random, market, 5), configuration)


def market_with(**more: list[Row]) -> Market:
    """A fixed market with some rows more."""
    market = random_market(Random(5))  # noqa: S311  (a market, not a secret)
    return {name: [*market.get(name, []), *more.get(name, [])] for name in {**market, **more}}


def test_one_file_that_grows_may_hold_contradictions_waiting_rows_and_repetitions(
    configuration: Configuration, tmp_path: Path
) -> None:
    market = market_with()
    small = for_small_markets(configuration, tmp_path / "key")
    store = Store(tmp_path / "growing")
    for part in (3, 2, 1):
        for name, rows in market.items():
            write_rows(tmp_path / "data" / f"{name}.parquet", name, rows[: max(1, len(rows) // part)])
        take_in(tmp_path / "data", store, None, small)
    whole = take_in_runs(tmp_path / "whole", [market], small)
    pd.testing.assert_frame_equal(signals_at(store, CUTOFFS, small), signals_at(whole, CUTOFFS, small))
    assert outcome(store) == outcome(whole)


@pytest.mark.parametrize("key", ["one key of sixteen and more", "another key of sixteen and more"])
def test_a_tie_is_broken_alike_under_every_privacy_key(key: str, configuration: Configuration, tmp_path: Path) -> None:
    random = Random(11)  # noqa: S311  (a market, not a secret)
    market = random_market(random, ties=True)
    small = for_small_markets(configuration, tmp_path / "key")
    expected = signals_at(take_in_runs(tmp_path / "usual", [market], small), CUTOFFS, small)
    (tmp_path / "key").write_text(key, encoding="utf-8")
    pd.testing.assert_frame_equal(
        signals_at(take_in_runs(tmp_path / "other", [market], small), CUTOFFS, small), expected
    )


OLD_REVIEW: Row = {"review_id": 1, "product_id": 1, "reviewer_id": 1, "rating": 3, "verified": True}
CREATED = datetime.fromisoformat("2024-05-01 00:00")


def review_5(rating: int, recorded_on: str, product_id: int = 1) -> Row:
    more = {"review_id": 5, "rating": rating, "product_id": product_id, "created_at": CREATED}
    return {**OLD_REVIEW, **more, "recorded_at": datetime.fromisoformat(recorded_on)}


def removal_of_5() -> Row:
    return {"review_id": 5, "acted_at": CREATED, "kind": "removed", "actor_kind": "staff"}


def place_on_may_1(position: int, recorded_on: str) -> Row:
    row: Row = {"product_id": 1, "query_id": 1, "observed_on": CREATED.date(), "position": position}
    return {**row, "sponsored": False, "recorded_at": datetime.fromisoformat(recorded_on)}


LATER_RUNS: dict[str, list[Market]] = {
    "a row that was put aside turns out to be the first": [
        {"reviews": [review_5(1, "2024-05-10")]},
        {"reviews": [review_5(5, "2024-05-05")]},
        {"reviews": [review_5(1, "2024-05-03")]},
    ],
    "a correction that lost a tie is without a rival": [
        {"search_ranks": [place_on_may_1(7, "2024-05-05"), place_on_may_1(3, "2024-05-05")]},
        {"search_ranks": [place_on_may_1(7, "2024-05-03")]},
        {"search_ranks": [place_on_may_1(3, "2024-05-02")]},
    ],
    "the parent of a removal no longer stands": [
        {"reviews": [review_5(1, "2024-05-10")], "review_actions": [removal_of_5()]},
        {"reviews": [review_5(1, "2024-05-01", product_id=77)]},
    ],
    "a tie is broken by content": [
        {"reviews": [review_5(1, "2024-05-10"), review_5(5, "2024-05-10")]},
        {"reviews": [review_5(2, "2024-05-10"), review_5(5, "2024-05-12")]},
    ],
    "a second clock comes before the row that waited": [
        {"reviews": [review_5(1, "2024-05-10", product_id=8)], "review_actions": [removal_of_5()]},
        {"products": [{"product_id": 8, "seller_id": 1, "category": "toys", "listed_on": CREATED.date()}]},
        {"reviews": [review_5(1, "2024-05-02", product_id=8)]},
    ],
}


@pytest.mark.parametrize("backwards", [False, True], ids=["in this order", "backwards"])
@pytest.mark.parametrize("later", LATER_RUNS.values(), ids=LATER_RUNS)
def test_what_is_known_by_the_end_counts_not_how_it_became_known(
    later: list[Market], configuration: Configuration, *, backwards: bool
) -> None:
    calm = calm_market(reviewed=True)
    first = {name: [row for row in rows if row.get("review_id") != 5] for name, rows in calm.items()}
    runs = [first, *(later[::-1] if backwards else later)]
    names = {name for run in runs for name in run}
    together = {name: [row for run in runs for row in run.get(name, [])] for name in names}
    assert_same_outcome(together, runs, [date(2024, 5, 8), date(2024, 6, 3)], configuration)
