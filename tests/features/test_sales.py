"""Signals of sales, worked by hand."""

from __future__ import annotations

import math

import pytest

from tests.features.conftest import Signals, action, day, days_after, honest_tables, moment, product, review, sale

CUTOFF = "2024-06-03"


def test_growth_is_now_over_the_months_before_with_ten_units_added_to_either(signals: Signals) -> None:
    tables = honest_tables(
        sales=[
            sale("lamp", "2023-08-01", 120, 1200.0),
            sale("lamp", "2024-05-01", 120, 1200.0),  # 336 days up to the window sold 240: 20 in 28 days
            sale("lamp", "2024-05-06", 70, 700.0),  # the first day of the window
            sale("lamp", "2024-06-02", -20, -200.0),  # returned
            sale("lamp", "2024-06-03", 900, 9.0),  # on the day of the cutoff: not known yet
        ]
    )
    anna = signals(CUTOFF, tables).loc["anna"]
    assert anna["units_growth_28d"] == pytest.approx(math.log((50 + 10) / (20 + 10)))
    assert anna["revenue_growth_28d"] == pytest.approx(math.log((500 + 100) / (200 + 100)))  # ten units cost 100
    assert anna["price_change_28d"] == pytest.approx(0.0)
    assert anna["units_sold_91d"] == 170


def test_the_price_is_held_against_that_of_the_months_before(signals: Signals) -> None:
    tables = honest_tables(
        sales=[sale("lamp", "2023-08-01", 100, 2000.0), sale("lamp", "2024-05-20", 30, 300.0)],
    )
    # 30 units for 10 each and ten for the usual 20 cost 12.50 on average
    assert signals(CUTOFF, tables).loc["anna", "price_change_28d"] == pytest.approx(math.log(12.5 / 20))


def test_without_a_past_price_there_is_no_change_of_price(signals: Signals) -> None:
    tables = honest_tables(sales=[sale("lamp", "2024-05-20", 30, 300.0)])
    anna = signals(CUTOFF, tables).loc["anna"]
    assert math.isnan(anna["price_change_28d"])
    assert anna["revenue_growth_28d"] == pytest.approx(math.log((300 + 100) / 100))


def test_a_correction_counts_as_the_difference_from_when_it_is_known(signals: Signals) -> None:
    tables = honest_tables(
        sales=[
            sale("lamp", "2024-03-04", 9, 90.0),
            sale("lamp", "2024-03-04", 7, 70.0, recorded_at=moment("2024-03-06 12:00")),
            sale("lamp", "2024-03-04", 12, 240.0, recorded_at=moment("2024-04-01 12:00")),  # 28 and a half days after
        ]
    )
    sold = {
        cutoff: signals(cutoff, tables).loc["anna", "units_sold_91d"]
        for cutoff in ("2024-03-05", "2024-03-07", "2024-04-02")
    }
    assert sold == {"2024-03-05": 9, "2024-03-07": 7, "2024-04-02": 7}  # the last correction counts in a year's windows
    # by which ten units cost 200; 28 days hold but the first correction, a net return, and 336 days before 90
    assert signals("2024-04-02", tables).loc["anna", "revenue_growth_28d"] == pytest.approx(
        math.log((0 + 200) / (90 * 28 / 336 + 200))
    )


def test_sales_before_a_listing_was_sold_stay_with_its_seller(signals: Signals) -> None:
    tables = honest_tables(
        products=[product("lamp", "boris", valid_from=day("2024-05-01"))],
        sales=[sale("lamp", "2024-04-30", 5, 50.0), sale("lamp", "2024-05-01", 8, 80.0)],
    )
    assert signals(CUTOFF, tables)["units_sold_91d"].to_dict() == {"anna": 5, "boris": 8}


def test_days_after_removals_are_held_against_days_before(signals: Signals) -> None:
    tables = honest_tables(
        reviews=[review("bad", "lamp", 1, "2024-01-10 08:00")],
        review_actions=[action("bad", "removed", "2024-05-06 09:00")],
        sales=[
            sale("lamp", "2024-04-07", 900, 9.0),  # 29 days before
            sale("lamp", "2024-04-08", 2, 20.0),  # 28 days before
            sale("lamp", "2024-05-05", 4, 40.0),
            sale("lamp", "2024-05-06", 900, 9.0),  # on the day: neither
            sale("lamp", "2024-05-07", 18, 180.0),
        ],
    )
    # 24 units in 3 days are 8 a day; fourteen such days are added: (18 + 112) / 15 after, (6 + 112) / 16 before
    assert signals(CUTOFF, tables).loc["anna", "sales_rise_after_removals_91d"] == pytest.approx(
        math.log((130 / 15) / (118 / 16))
    )


def test_sales_count_once_their_listing_is_known_and_for_whom_it_is_known_to_be_then(signals: Signals) -> None:
    tables = honest_tables(
        products=[
            product("vase", "anna", recorded_at=moment("2024-05-20 00:00")),
            product("lamp", "boris", valid_from=day("2024-05-01"), recorded_at=moment("2024-05-15 00:00")),
        ],
        sales=[
            sale("vase", "2024-05-02", 3, 30.0),
            sale("lamp", "2024-05-10", 5, 50.0, recorded_at=moment("2024-05-20 00:00")),
        ],
    )
    assert signals("2024-05-20", tables)["units_sold_91d"].to_dict() == {"anna": 0, "boris": 0}
    assert signals("2024-05-21", tables)["units_sold_91d"].to_dict() == {"anna": 3, "boris": 5}


@pytest.mark.parametrize(("after", "sold"), [(28, 18), (29, 0)])
def test_28_days_after_a_removal_are_after_it(signals: Signals, after: int, sold: int) -> None:
    tables = honest_tables(
        reviews=[review("bad", "lamp", 1, "2024-01-10 08:00")],
        review_actions=[action("bad", "removed", "2024-04-01 09:00")],
        sales=[sale("lamp", "2024-03-20", 6, 60.0), sale("lamp", days_after("2024-04-01", after), 18, 180.0)],
    )
    days = 1 + (sold > 0)
    a_day = (6 + sold) / days
    expected = math.log((sold + 14 * a_day) / (days - 1 + 14) / ((6 + 14 * a_day) / 15))
    assert signals(CUTOFF, tables).loc["anna", "sales_rise_after_removals_91d"] == pytest.approx(expected)


@pytest.mark.parametrize(("removed", "sold"), [("2024-05-06 09:00", "2024-05-08"), ("2024-05-08 09:00", "2024-05-06")])
def test_a_removal_and_a_day_of_sales_are_a_pair_once_both_are_known(signals: Signals, removed: str, sold: str) -> None:
    tables = honest_tables(
        reviews=[review("bad", "lamp", 1, "2024-01-10 08:00")],
        review_actions=[action("bad", "removed", removed)],
        sales=[sale("lamp", "2024-05-03", 6, 60.0), sale("lamp", sold, 18, 180.0)],
    )
    name = "sales_rise_after_removals_91d"
    # without a pair there is nothing to compare; the first has the sale before, at six a day
    expected = math.nan if sold == "2024-05-06" else 0.0
    assert signals("2024-05-08", tables).loc["anna", name] == pytest.approx(expected, nan_ok=True)
