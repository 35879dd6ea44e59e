"""The signals are a function of the set of delivered rows, never of the order, the files or the runs they came in."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.intake import take_in
from features.panel import signals_at
from features.store import Store
from model.settings import Configuration
from tests.features.deliveries import for_small_markets, outcome, scattered, take_in_runs
from tests.features.random_market import CUTOFFS, Market, Row, random_market, write_rows

SOAK = os.environ.get("SCRUBWATCH_SOAK_EXAMPLES")
EXAMPLES = int(SOAK or 5)
"""Markets that Hypothesis draws; a longer soak asks for more, and for others each time."""


def assert_same_outcome(market: Market, runs: list[Market], configuration: Configuration) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        small = for_small_markets(configuration, folder / "key")
        at_once = take_in_runs(folder / "at once", [market], small)
        in_runs = take_in_runs(folder / "in runs", runs, small)
        pd.testing.assert_frame_equal(
            signals_at(in_runs, CUTOFFS, small), signals_at(at_once, CUTOFFS, small), check_exact=True
        )
        assert outcome(in_runs) == outcome(at_once)


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=SOAK is None,
    suppress_health_check=list(HealthCheck),
)
@given(random=st.randoms(use_true_random=False), runs=st.integers(1, 4))
def test_any_partition_into_runs_in_any_order_gives_the_same(
    random: Random, runs: int, configuration: Configuration
) -> None:
    market = random_market(random, ties=True)
    assert_same_outcome(market, scattered(random, market, runs), configuration)


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
