"""Jumps in search, worked by hand."""

from __future__ import annotations

import math

import pytest

from tests.features.conftest import Row, Signals, action, honest_tables, moment, product, rank, review, sale

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


def test_a_jump_counts_from_when_the_listing_is_known_too(signals: Signals) -> None:
    tables = honest_tables(
        products=[product("new", "anna", "2024-05-01", recorded_at=moment("2024-05-29 12:00"))],
        search_ranks=[rank("new", "light", "2024-05-13", 20), rank("new", "light", "2024-05-20", 2)],
    )
    assert signals("2024-05-29", tables).loc["anna", "rank_jump_28d"] == 0
    assert signals("2024-05-30", tables).loc["anna", "rank_jump_28d"] == pytest.approx(math.log(10), abs=1e-6)


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


def test_a_jump_surprises_by_what_it_is_beyond_the_usual_swing_and_the_number_of_looks(signals: Signals) -> None:
    tables = honest_tables(
        search_ranks=[
            rank("lamp", "light", "2024-04-01", 10),
            rank("lamp", "light", "2024-04-15", 20),  # swings by factors of 2 and 4
            rank("lamp", "light", "2024-04-29", 5),
            rank("lamp", "light", "2024-05-13", 1),  # five times as high
            rank("lamp", "light", "2024-05-27", 1),
        ]
    )
    usual = (math.log(2) + math.log(4)) / 2
    # the larger of two exponentials is 1.5 times their mean on average; the formula says 1.518
    assert signals(CUTOFF, tables).loc["anna", "rank_jump_surprise_28d"] == pytest.approx(
        math.log(5) - 1.518 * usual, abs=1e-3
    )
    assert math.isnan(signals(CUTOFF, tables).loc["anna", "rank_jump_surprise_91d"])  # nothing was seen before


def test_no_jump_surprises_who_was_not_looked_at(signals: Signals) -> None:
    tables = honest_tables(
        search_ranks=[rank("lamp", "light", "2024-04-01", 10), rank("lamp", "light", "2024-04-15", 20)]
    )
    assert signals(CUTOFF, tables).loc["anna", "rank_jump_surprise_28d"] == 0


@pytest.mark.parametrize(
    ("paid_on", "query", "leaps"),
    [("2024-05-27", "light", 0), ("2024-05-20", "light", 0), ("2024-05-13", "light", 1), ("2024-05-27", "lamp", 1)],
    ids=["on the day", "at the last look", "before the last look", "in another query"],
)
def test_a_leap_beside_a_paid_place_in_the_same_query_is_not_counted(
    paid_on: str, query: str, leaps: int, signals: Signals
) -> None:
    tables = honest_tables(
        search_ranks=[
            rank("lamp", "light", "2024-05-13", 20),
            rank("lamp", "light", "2024-05-20", 20),
            rank("lamp", "light", "2024-05-27", 10),
            rank("lamp", query, paid_on, 1, sponsored=True),
        ],
        sales=[sale("lamp", "2024-01-01", 10, 100.0)],
    )
    anna = signals(CUTOFF, tables).loc["anna"]
    assert anna["rank_leaps_91d"] == leaps
    assert anna["rank_jump_beyond_sales_28d"] == pytest.approx(leaps * math.log(2), abs=1e-6)
    assert anna["rank_jump_28d"] == pytest.approx(math.log(2), abs=1e-6)


def test_a_paid_place_that_was_not_known_yet_excuses_no_leap(signals: Signals) -> None:
    tables = honest_tables(
        search_ranks=[
            rank("lamp", "light", "2024-05-20", 20),
            rank("lamp", "light", "2024-05-27", 10),
            rank("lamp", "light", "2024-05-27", 1, sponsored=True, recorded_at=moment("2024-05-28 10:00")),
        ]
    )
    assert signals(CUTOFF, tables).loc["anna", "rank_leaps_91d"] == 1


def test_sales_and_a_lower_price_of_28_days_up_to_two_weeks_ago_explain_a_jump(signals: Signals) -> None:
    tables = honest_tables(
        search_ranks=[rank("lamp", "light", "2024-05-20", 20), rank("lamp", "light", "2024-05-27", 2)],
        sales=[
            sale("lamp", "2023-08-01", 115, 2300.0),  # ten in 28 of 322 days, at a price of 20
            sale("lamp", "2024-04-22", 30, 300.0),  # 42 days before the cutoff, for 10
            sale("lamp", "2024-05-20", 900, 9.0),  # 14 days before: it may come of the jump
        ],
    )
    # the mean of 30 for 10 and ten for 20 is 12.50
    assert signals(CUTOFF, tables).loc["anna", "rank_jump_beyond_sales_28d"] == pytest.approx(
        math.log(10) - math.log((30 + 10) / (10 + 10)) - math.log(20 / 12.5), abs=1e-6
    )


def test_a_leap_is_held_until_a_fall_as_deep(signals: Signals) -> None:
    tables = honest_tables(
        search_ranks=[
            rank("lamp", "light", "2024-04-01", 40),
            rank("lamp", "light", "2024-04-08", 20),  # a leap
            rank("lamp", "light", "2024-04-15", 11),  # not quite one
            rank("lamp", "light", "2024-04-22", 2),
            rank("lamp", "light", "2024-04-29", 1),
            rank("lamp", "light", "2024-05-06", 2),  # a fall as deep
            rank("lamp", "light", "2024-05-13", 3),
        ]
    )
    anna = signals(CUTOFF, tables).loc["anna"]
    assert anna["rank_leaps_91d"] == 3
    assert anna["rank_leaps_held_91d"] == pytest.approx(2 / 3)
    assert anna["rank_observations_91d"] == 6


def removal_and_places(*places: Row) -> dict[str, list[Row]]:
    """Tables with a removal of a negative review of the lamp by staff on 6 May, and these places of the lamp."""
    return honest_tables(
        reviews=[review("bad", "lamp", 1, "2024-01-10 08:00")],
        review_actions=[action("bad", "removed", "2024-05-06 09:00")],
        search_ranks=list(places),
    )


def test_rise_after_removals_is_the_mean_rise_of_28_days_less_that_of_28_days_before(signals: Signals) -> None:
    tables = removal_and_places(
        rank("lamp", "light", "2024-04-01", 40),
        rank("lamp", "light", "2024-04-07", 30),  # 29 days before
        rank("lamp", "light", "2024-04-08", 20),  # 28 days before: 1.5 times as high
        rank("lamp", "light", "2024-05-05", 16),  # a day before: 1.25 times
        rank("lamp", "light", "2024-05-06", 12),  # on the day: neither
        rank("lamp", "light", "2024-05-07", 6),  # a day after: twice
        rank("lamp", "light", "2024-06-03", 2),  # 28 days after: three times, known at the next cutoff
        rank("lamp", "light", "2024-06-04", 1),  # 29 days after
    )
    before = (math.log(1.5) + math.log(1.25)) / 2
    assert signals(CUTOFF, tables).loc["anna", "rank_rise_after_removals_91d"] == pytest.approx(
        math.log(2) - before, abs=1e-6
    )
    assert signals("2024-06-10", tables).loc["anna", "rank_rise_after_removals_91d"] == pytest.approx(
        (math.log(2) + math.log(3)) / 2 - before, abs=1e-6
    )


def test_a_pair_counts_while_its_later_day_is_in_the_window(signals: Signals) -> None:
    tables = removal_and_places(
        rank("lamp", "light", "2024-04-22", 8),
        rank("lamp", "light", "2024-04-29", 4),
        rank("lamp", "light", "2024-05-13", 1),
    )
    rises = {
        cutoff: signals(cutoff, tables).loc["anna", "rank_rise_after_removals_91d"]
        for cutoff in ("2024-05-06", "2024-05-07", "2024-05-14", "2024-08-05", "2024-08-06", "2024-08-12", "2024-08-13")
    }
    assert rises == pytest.approx(
        {
            "2024-05-06": 0.0,  # the removal is not known yet
            "2024-05-07": -math.log(2),  # a rise before it
            "2024-05-14": math.log(4) - math.log(2),
            "2024-08-05": math.log(4) - math.log(2),  # 91 days after the removal
            "2024-08-06": math.log(4),  # the pair with the rise before was known on the day of the removal
            "2024-08-12": math.log(4),
            "2024-08-13": 0.0,
        },
        abs=1e-6,
    )
