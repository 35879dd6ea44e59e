"""Jumps in search, worked by hand."""

from __future__ import annotations

import math

import pytest

from tests.features.conftest import Signals, honest_tables, moment, product, rank

CUTOFF = "2024-06-03"


def test_a_jump_is_the_log_ratio_of_two_places_in_following_observations(signals: Signals) -> None:
    tables = honest_tables(
        search_ranks=[
            rank("lamp", "light", "2024-05-13", 20),
            rank("lamp", "light", "2024-05-20", 16),
            rank("lamp", "light", "2024-05-27", 2),
            rank("lamp", "light", "2024-06-03", 1),  # on the day of the cutoff: not known yet
        ]
    )
    anna = signals(CUTOFF, tables).loc["anna"]
    assert anna["rank_jump_28d"] == pytest.approx(math.log(8), abs=1e-6)
    assert anna["rank_swing_91d"] == pytest.approx((math.log(1.25) + math.log(8)) / 2, abs=1e-6)


def test_a_product_that_was_not_shown_counts_from_one_below_the_last_place(signals: Signals) -> None:
    tables = honest_tables(
        search_ranks=[
            *(rank(f"other{place}", "light", "2024-05-20", place) for place in range(1, 12)),
            rank("lamp", "light", "2024-05-27", 3),
        ],
        products=[product(f"other{place}", "boris") for place in range(1, 12)],
    )
    assert signals(CUTOFF, tables).loc["anna", "rank_jump_28d"] == pytest.approx(math.log(12 / 3), abs=1e-6)


def test_a_product_listed_after_the_last_look_has_not_jumped(signals: Signals) -> None:
    tables = honest_tables(
        products=[product("new", "anna", "2024-05-21"), product("other", "boris")],
        search_ranks=[rank("other", "light", "2024-05-20", 30), rank("new", "light", "2024-05-27", 1)],
    )
    assert signals(CUTOFF, tables).loc["anna", "rank_jump_28d"] == 0


def test_a_sponsored_place_is_no_jump(signals: Signals) -> None:
    tables = honest_tables(
        search_ranks=[
            rank("lamp", "light", "2024-05-20", 20),
            rank("lamp", "light", "2024-05-27", 1, sponsored=True),
            rank("lamp", "light", "2024-05-27", 20),
        ]
    )
    assert signals(CUTOFF, tables).loc["anna", "rank_jump_28d"] == 0


def test_a_fall_is_no_jump(signals: Signals) -> None:
    tables = honest_tables(
        search_ranks=[rank("lamp", "light", "2024-05-20", 1), rank("lamp", "light", "2024-05-27", 20)]
    )
    anna = signals(CUTOFF, tables).loc["anna"]
    assert anna["rank_jump_28d"] == 0
    assert anna["rank_swing_91d"] == pytest.approx(math.log(20), abs=1e-6)


def test_a_corrected_place_replaces_the_jump_from_when_the_correction_is_known(signals: Signals) -> None:
    tables = honest_tables(
        search_ranks=[
            rank("lamp", "light", "2024-05-13", 20),
            rank("lamp", "light", "2024-05-20", 2),
            rank("lamp", "light", "2024-05-20", 10, recorded_at=moment("2024-05-25 12:00")),
        ]
    )
    assert signals("2024-05-25", tables).loc["anna", "rank_jump_28d"] == pytest.approx(math.log(10), abs=1e-6)
    assert signals("2024-05-26", tables).loc["anna", "rank_jump_28d"] == pytest.approx(math.log(2), abs=1e-6)


def test_the_largest_jump_is_held_against_the_largest_of_the_months_before(signals: Signals) -> None:
    tables = honest_tables(
        search_ranks=[
            rank("lamp", "light", "2023-12-04", 8),
            rank("lamp", "light", "2023-12-11", 4),  # twice as high
            rank("lamp", "light", "2024-05-20", 40),
            rank("lamp", "light", "2024-05-27", 4),  # ten times as high
        ]
    )
    assert signals(CUTOFF, tables).loc["anna", "rank_jump_change_28d"] == pytest.approx(math.log(10 / 2), abs=1e-6)
