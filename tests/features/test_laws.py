"""Laws that every signal of the catalogue keeps; never edited when a signal is added.

A new table is added to the markets of random_market.py, and every signal is held to what then happens.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.catalogue import CATALOGUE
from features.panel import signals_at
from features.settings import FeatureSettings
from model.settings import Configuration
from tests.features.deliveries import (
    as_it_arrived,
    for_small_markets,
    known_before,
    outcome,
    signals_of,
    take_in_runs,
)
from tests.features.random_market import (
    CUTOFFS,
    Market,
    Row,
    afterwards,
    burst,
    calm_market,
    changed,
    known_at,
    random_market,
    text_keys,
)

SOAK = os.environ.get("SCRUBWATCH_SOAK_EXAMPLES")
EXAMPLES = int(SOAK or 4)
"""Markets that Hypothesis draws for each law; a longer soak asks for more, and for others each time."""

few = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=SOAK is None,
    suppress_health_check=list(HealthCheck),
)
randoms = st.randoms(use_true_random=False)

NOTHING_HAPPENED = "idle"
"""Seller of the calm market to whom nothing ever happens."""


def same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(one.reset_index(drop=True), other.reset_index(drop=True), check_exact=True)


def fresh_signals(market: Market, cutoffs: tuple[date, ...], configuration: Configuration) -> pd.DataFrame:
    with TemporaryDirectory() as folder:
        return signals_of(
            Path(folder), market, cutoffs, for_small_markets(configuration, Path(folder) / "key")
        )


@few
@given(random=randoms, cutoff=st.sampled_from(CUTOFFS[:3]))
@pytest.mark.parametrize("future", [known_before, changed, afterwards], ids=["deleted", "otherwise", "more of it"])
def test_what_becomes_known_later_changes_nothing(
    future: Callable[[Market, date], Market], random: Random, cutoff: date, configuration: Configuration
) -> None:
    market = random_market(random)
    same(fresh_signals(future(market, cutoff), (cutoff,), configuration), fresh_signals(market, (cutoff,), configuration))
