"""The engine and the naive twin say the same: every signal, every seller, several cutoffs, random markets."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.catalogue import CATALOGUE
from model.settings import Configuration
from tests.features.altered_markets import calm_market, meeting_market
from tests.features.busy_market import busy_market
from tests.features.deliveries import SMALL_GROUP, SMALL_LINKS, for_small_markets, signals_of
from tests.features.examples import few
from tests.features.random_market import random_market, telling_cutoffs, text_keys
from tests.features.random_moments import Market
from tests.features.rival_markets import crowded_market
from tests.features.twin import signal_table

SEEDS = (1, 6, 16)
ROUNDED_TO = 1e-7
"""Tails of hardly dispersed counts come from logarithms of large factorials."""


def assert_same(market: Market, cutoffs: list[date], configuration: Configuration) -> None:
    with TemporaryDirectory() as folder:
        clever = signals_of(Path(folder), market, cutoffs, for_small_markets(configuration, Path(folder) / "key"))
    naive = signal_table(market, cutoffs, SMALL_GROUP, SMALL_LINKS)
    assert list(clever.columns) == list(naive.columns)
    if naive.empty:  # nobody had an account yet, and a frame without rows has no types to compare
        assert clever.empty
        return
    about = [column for column in clever.columns if column not in CATALOGUE]
    pd.testing.assert_frame_equal(_with_none(clever[about]), _with_none(naive[about]))
    pd.testing.assert_frame_equal(clever[[*CATALOGUE]], naive[[*CATALOGUE]], check_exact=False, atol=ROUNDED_TO, rtol=0)


def _with_none(table: pd.DataFrame) -> pd.DataFrame:
    """Missing values are None, as a column of which all are missing has no type."""
    return table.astype(object).where(table.notna(), None)


@few(4)
@given(random=st.randoms(use_true_random=False), texts=st.booleans())
def test_the_naive_twin_agrees_on_markets_that_shrink(
    random: Random, configuration: Configuration, *, texts: bool
) -> None:
    market = random_market(random)
    assert_same(
        text_keys(market) if texts else market, telling_cutoffs(random, market, random.choice((1, 2, 5))), configuration
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_the_naive_twin_agrees_on_larger_markets(seed: int, configuration: Configuration) -> None:
    random = Random(seed)  # noqa: S311  (a market, not a secret)
    market = random_market(random, size=9)
    assert_same(market, telling_cutoffs(random, market, 12), configuration)


@pytest.mark.parametrize("seed", [2, 3])
def test_the_naive_twin_agrees_where_staff_is_busy(seed: int, configuration: Configuration) -> None:
    assert_same(*busy_market(Random(seed)), configuration)  # noqa: S311  (a market, not a secret)


def test_the_naive_twin_agrees_where_instants_meet(configuration: Configuration) -> None:
    market, cutoffs = meeting_market()
    for each in (cutoffs, cutoffs[2:3], cutoffs[3:4]):
        assert_same(market, each, configuration)


@pytest.mark.parametrize("seed", [2, 3])
def test_the_naive_twin_agrees_where_many_meet(seed: int, configuration: Configuration) -> None:
    market, cutoffs = crowded_market(calm_market(reviewed=True), Random(seed))  # noqa: S311  (a market, not a secret)
    assert_same(market, cutoffs, configuration)
    naive = signal_table(market, cutoffs, SMALL_GROUP, SMALL_LINKS)
    told = [name for name, signal in CATALOGUE.items() if signal.neighbours is not None]
    assert naive[[*told, "rival_lookups_91d", "rival_one_stars_91d"]].nunique().ge(3).all()  # or nothing was compared
    assert naive["rival_suspensions_91d"].nunique() >= 2
