"""Laws that every signal of the catalogue keeps; never edited when a signal is added.

A new table is added to the markets of random_market.py and altered_markets.py, and every signal is held to it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from features.catalogue import CATALOGUE
from features.contract import TABLES
from features.panel import signals_at
from features.signal import Signal
from model.settings import Configuration
from tests.features.altered_markets import (
    calm_market,
    doubled,
    found_later,
    moved_later,
    otherwise_later,
    split,
    with_burst,
    without_later,
)
from tests.features.deliveries import (
    LAYOUTS,
    Layout,
    as_it_arrived,
    for_small_markets,
    outcome,
    signals_of,
    take_in_runs,
)
from tests.features.examples import few
from tests.features.random_market import CUTOFFS, random_market, telling_cutoffs, text_keys
from tests.features.random_moments import Market

randoms = st.randoms(use_true_random=False)

BURST = datetime.fromisoformat("2023-02-15")
SCALE_FREE = {"share", "share difference", "stars", "days", "weeks"}
COUNTS = {"reviews", "removals", "observations", "units"}
WHOLE = {*COUNTS, "people", "weeks"}


def fixed_market(seed: int = 3) -> Market:
    return random_market(Random(seed), size=5)  # noqa: S311  (a market, not a secret)


def signals(market: Market, configuration: Configuration, *cutoffs: date) -> pd.DataFrame:
    """The signals of a market in a store of its own, by seller and cutoff."""
    with TemporaryDirectory() as name:
        small = for_small_markets(configuration, Path(name) / "key")
        return signals_of(Path(name), market, cutoffs or CUTOFFS, small)


def assert_equal(one: pd.DataFrame, other: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(one, other, check_exact=True)


@pytest.fixture(scope="module")
def usual(configuration: Configuration) -> pd.DataFrame:
    return signals(fixed_market(), configuration)


@pytest.mark.parametrize(
    "future",
    [without_later, otherwise_later, moved_later, found_later],
    ids=["rows known later are deleted", "they say something else", "listings are sold", "the past comes to light"],
)
@few(2)
@given(random=randoms)
def test_what_becomes_known_at_the_cutoff_or_later_changes_nothing(
    future: Callable[[Market, date], Market], random: Random, configuration: Configuration
) -> None:
    market = random_market(random)
    cutoff = telling_cutoffs(random, market, 1)[0]
    changed = future(market, cutoff)
    assume(all(changed.get(name) for name, table in TABLES.items() if table.required))  # none may be delivered empty
    assert_equal(signals(changed, configuration, cutoff), signals(market, configuration, cutoff))


def test_moving_a_listing_afterwards_changes_no_earlier_cutoff(
    usual: pd.DataFrame, configuration: Configuration
) -> None:
    sold = moved_later(fixed_market(), CUTOFFS[2])
    past = usual[usual["as_of"] <= pd.Timestamp(CUTOFFS[2])]
    assert_equal(signals(sold, configuration, *CUTOFFS[:3]), past)


def at_cutoffs(market: Market, configuration: Configuration, cutoffs: set[date]) -> pd.DataFrame:
    """The signals of the calm market's first seller, by cutoff."""
    table = signals(market, configuration, *cutoffs)
    return table[table["seller_id"] == 1].set_index("as_of")[[*CATALOGUE]]


def days_after(count: int) -> pd.Timestamp:
    return pd.Timestamp(BURST) + pd.Timedelta(days=count)


@pytest.mark.parametrize(
    "early", [False, True], ids=["its first instant is inside", "the instant before it is outside"]
)
def test_a_window_begins_with_its_first_instant(configuration: Configuration, *, early: bool) -> None:
    instant = BURST - timedelta(microseconds=1) if early else BURST
    windows = {signal.window_days for signal in CATALOGUE.values()}
    days = {window + more for window in windows for more in (0, 1, 9)}
    table = at_cutoffs(
        with_burst(calm_market(reviewed=True), instant), configuration, {days_after(count).date() for count in days}
    )
    for name, signal in CATALOGUE.items():
        at_edge, a_day_later, long_after = (
            table.loc[days_after(signal.window_days + more), name] for more in (0, 1, 9)
        )
        assert same_value(a_day_later, long_after), name
        assert same_value(at_edge, long_after) == early, name


def same_value(one: float, other: float) -> bool:
    return one == other or (pd.isna(one) and pd.isna(other))


def test_no_events_give_the_declared_value(configuration: Configuration) -> None:
    quiet = signals(calm_market(reviewed=False), configuration, CUTOFFS[-1])
    assert len(quiet) == 3
    for name, signal in CATALOGUE.items():
        assert all(same_value(found, value_without_events(signal)) for found in quiet[name]), name


def value_without_events(signal: Signal) -> float:
    """The declared value; one that is compared stands in the middle of its equals, if they have a value at all."""
    if signal.no_events is None:
        return math.nan
    if signal.no_events != "compared" or signal.compared is None:
        return float(signal.no_events)
    return math.nan if signal.compared.of.no_events is None else 0.5


@few(2)
@given(random=randoms)
def test_shares_and_percentiles_lie_between_0_and_1_and_counts_are_whole(
    random: Random, configuration: Configuration
) -> None:
    market = random_market(random)
    table = signals(market, configuration, *telling_cutoffs(random, market, 6))
    for name, signal in CATALOGUE.items():
        values = table[name].dropna()
        assert signal.unit not in {"share", "expected share", "percentile", "tail"} or values.between(0, 1).all(), name
        assert signal.unit not in WHOLE or (values.ge(0).all() and values.eq(values.round()).all()), name


@few(2)
@given(random=randoms)
def test_twice_of_everything_doubles_counts_and_leaves_rates(random: Random, configuration: Configuration) -> None:
    market = random_market(random)
    cutoffs = telling_cutoffs(random, market, 6)
    once, twice = signals(market, configuration, *cutoffs), signals(doubled(market), configuration, *cutoffs)
    for name, signal in CATALOGUE.items():
        if signal.unit in SCALE_FREE | COUNTS:
            factor = 2 if signal.unit in COUNTS else 1
            pd.testing.assert_series_equal(twice[name], factor * once[name], check_exact=False, atol=1e-12, rtol=0)


@few(2)
@given(random=randoms)
def test_an_account_split_in_two_leaves_both_halves_its_rates(random: Random, configuration: Configuration) -> None:
    market = random_market(random)
    cutoffs = telling_cutoffs(random, market, 6)
    whole, halves = signals(doubled(market), configuration, *cutoffs), signals(split(market), configuration, *cutoffs)
    second = halves["seller_id"] > 1_000
    for half in (halves[~second], halves[second]):
        assert half["seller_id"].mod(1_000).tolist() == whole["seller_id"].tolist()
        for name in (name for name, signal in CATALOGUE.items() if signal.unit in SCALE_FREE):
            pd.testing.assert_series_equal(
                half[name].reset_index(drop=True), whole[name], check_exact=False, atol=1e-12, rtol=0
            )


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.__name__.replace("_", " "))
def test_the_layout_of_the_files_changes_nothing(
    layout: Layout, usual: pd.DataFrame, configuration: Configuration, tmp_path: Path
) -> None:
    small = for_small_markets(configuration, tmp_path / "key")
    assert_equal(signals_at(layout(tmp_path, fixed_market(), small), CUTOFFS, small), usual)


def test_text_keys_give_what_whole_numbers_give(usual: pd.DataFrame, configuration: Configuration) -> None:
    texts = signals(text_keys(fixed_market()), configuration)
    for column in ("seller_id", "owner_id"):
        texts[column] = pd.to_numeric(texts[column]).astype(usual[column].dtype)
    assert_equal(texts, usual)


def test_one_thread_gives_what_two_give(usual: pd.DataFrame, configuration: Configuration, tmp_path: Path) -> None:
    small = for_small_markets(configuration, tmp_path / "key", threads=1)
    assert_equal(signals_of(tmp_path, fixed_market(), CUTOFFS, small), usual)


def test_cutoffs_one_by_one_give_what_all_at_once_give(usual: pd.DataFrame, configuration: Configuration) -> None:
    with TemporaryDirectory() as name:
        small = for_small_markets(configuration, Path(name) / "key")
        store = take_in_runs(Path(name), [fixed_market()], small)
        single = [signals_at(store, [cutoff], small) for cutoff in reversed(CUTOFFS)]
    assert_equal(pd.concat(reversed(single), ignore_index=True), usual)


@few(2)
@given(random=randoms)
def test_what_came_in_week_by_week_gives_what_the_whole_gives(random: Random, configuration: Configuration) -> None:
    market = random_market(random)
    with TemporaryDirectory() as name:
        folder = Path(name)
        small = for_small_markets(configuration, folder / "key")
        whole = take_in_runs(folder / "whole", [market], small)
        cutoffs = telling_cutoffs(random, market, 6)
        weekly = take_in_runs(folder / "weekly", as_it_arrived(random, market), small, ask_between=cutoffs[2:4])
        assert_equal(signals_at(weekly, cutoffs, small), signals_at(whole, cutoffs, small))
        assert outcome(weekly) == outcome(whole)
