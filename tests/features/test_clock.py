"""Which events count at a cutoff: worked by hand."""

from __future__ import annotations

import pytest

from tests.features.conftest import Signals, action, covering, day, honest_tables, moment, product, review, seller

CUTOFF = "2024-06-03"


def reviews_of_lamp(count: int = 9) -> list[dict[str, object]]:
    return [review(f"r{number}", "lamp", 1, "2024-01-10 08:00") for number in range(count)]


def removal_counts(signals: Signals, **of_the_removal: object) -> float:
    tables = honest_tables(
        reviews=reviews_of_lamp(),
        review_actions=[{**action("r0", "removed", "2024-05-20 09:00"), **of_the_removal}],
    )
    return float(signals(CUTOFF, tables).loc["anna", "negative_removals_91d"])


def test_an_event_before_the_cutoff_counts(signals: Signals) -> None:
    assert removal_counts(signals, acted_at=moment("2024-06-02 23:59:59.999999")) == 1


def test_an_event_exactly_at_the_cutoff_is_after_it(signals: Signals) -> None:
    assert removal_counts(signals, acted_at=moment("2024-06-03 00:00")) == 0


def test_an_event_counts_from_when_it_was_recorded(signals: Signals) -> None:
    assert removal_counts(signals, recorded_at=moment("2024-06-02 10:00")) == 1


def test_an_event_recorded_before_it_happened_counts_from_when_it_happened(signals: Signals) -> None:
    assert removal_counts(signals, acted_at=moment("2024-06-03 09:00"), recorded_at=moment("2024-06-02 09:00")) == 0


def test_an_event_recorded_after_the_cutoff_does_not_count(signals: Signals) -> None:
    assert removal_counts(signals, recorded_at=moment("2024-06-03 00:00")) == 0


def test_the_window_holds_its_first_instant(signals: Signals) -> None:
    assert removal_counts(signals, acted_at=moment("2024-03-04 00:00")) == 1


def test_the_window_holds_nothing_older(signals: Signals) -> None:
    assert removal_counts(signals, acted_at=moment("2024-03-03 23:59:59.999999")) == 0


@pytest.mark.parametrize(("recorded", "in_91_days"), [("2024-05-28 09:00", 1), ("2024-05-28 09:01", 0)])
def test_late_news_counts_in_the_long_window_only(signals: Signals, recorded: str, in_91_days: int) -> None:
    # 28 days after it happened is not late, a minute more is
    tables = honest_tables(
        reviews=reviews_of_lamp(),
        review_actions=[action("r0", "removed", "2024-04-30 09:00", recorded_at=moment(recorded))],
    )
    anna = signals(CUTOFF, tables).loc["anna"]
    assert anna["negative_removals_91d"] == in_91_days
    assert anna["negative_deletion_rate_364d"] == pytest.approx(1 / 9)


def test_a_removal_whose_review_arrives_a_week_later_counts_when_both_are_known(signals: Signals) -> None:
    tables = honest_tables(
        reviews=[
            *reviews_of_lamp(),
            review("late", "lamp", 1, "2024-05-01 08:00", recorded_at=moment("2024-05-27 08:00")),
        ],
        review_actions=[action("late", "removed", "2024-05-20 09:00")],
    )
    assert signals("2024-05-27", tables).loc["anna", "negative_removals_91d"] == 0
    assert signals("2024-05-28", tables).loc["anna", "negative_removals_91d"] == 1


def test_a_listing_that_changed_hands_takes_its_reviews_along_and_leaves_the_past(signals: Signals) -> None:
    """Of ten one-star reviews staff remove one for Anna and, when Boris has bought the listing, two more."""
    tables = honest_tables(
        products=[product("lamp", "boris", valid_from=moment("2024-05-01 00:00").date())],
        reviews=[review(f"r{number}", "lamp", 1, "2024-04-01 08:00") for number in range(10)],
        review_actions=[
            action("r0", "removed", "2024-04-20 09:00"),
            action("r1", "removed", "2024-05-10 09:00"),
            action("r2", "removed", "2024-05-11 09:00"),
        ],
    )
    now = signals(CUTOFF, tables)
    assert now.loc["anna", "negative_removals_91d"] == 1
    assert now.loc["anna", "negative_deletion_rate_91d"] == pytest.approx(1 / 10)
    assert now.loc["boris", "negative_removals_91d"] == 2
    # nine were visible when the listing came to him
    assert now.loc["boris", "negative_deletion_rate_91d"] == pytest.approx(2 / 9)
    before = signals("2024-05-01", tables)
    assert before.loc["anna", "negative_deletion_rate_91d"] == pytest.approx(1 / 10)
    assert before.loc["boris", "negative_removals_91d"] == 0


def test_a_transfer_recorded_late_moves_only_what_becomes_known_afterwards(signals: Signals) -> None:
    tables = honest_tables(
        products=[
            product(
                "lamp", "boris", valid_from=moment("2024-05-01 00:00").date(), recorded_at=moment("2024-05-15 00:00")
            )
        ],
        reviews=reviews_of_lamp(),
        review_actions=[
            action("r0", "removed", "2024-05-10 09:00"),  # known while the listing still seemed Anna's
            action("r1", "removed", "2024-05-11 09:00", recorded_at=moment("2024-05-16 00:00")),  # known to be Boris'
        ],
    )
    now = signals(CUTOFF, tables)
    assert now["negative_removals_91d"].to_dict() == {"anna": 1, "boris": 1}


def test_what_becomes_known_in_the_instant_of_the_transfer_is_the_buyer_s_alone(signals: Signals) -> None:
    known = moment("2024-05-15 09:00")
    tables = honest_tables(
        products=[product("lamp", "boris", valid_from=moment("2024-05-01 00:00").date(), recorded_at=known)],
        reviews=[review("r", "lamp", 3, "2024-05-10 08:00", recorded_at=known)],
    )
    assert signals(CUTOFF, tables)["reviews_arrived_91d"].to_dict() == {"anna": 0, "boris": 1}


def test_a_table_that_one_marketplace_lacks_gives_nan_there_and_not_zero(signals: Signals) -> None:
    tables = honest_tables(
        sellers=[seller("chiara", marketplace="IT")],
        products=[product("tenda", "chiara")],
        reviews=[*reviews_of_lamp(), review("r-it", "tenda", 1, "2023-01-05 12:00")],
        coverage=covering("reviews", marketplace="IT"),
    )
    now = signals(CUTOFF, tables)
    assert now.loc["anna", "negative_removals_91d"] == 0
    assert now["negative_removals_91d"].isna().to_dict() == {"anna": False, "boris": False, "chiara": True}
    assert now.loc["chiara", "reviews_arrived_91d"] == 0


def test_a_table_that_starts_half_way_gives_nan_for_windows_that_it_does_not_cover(signals: Signals) -> None:
    tables = honest_tables(reviews=reviews_of_lamp(), review_actions=[action("r0", "removed", "2024-04-01 09:00")])
    tables["review_actions"] = tables["review_actions"][1:]  # the first action of the market is the removal in April
    tables["coverage"] = covering("reviews")
    anna = signals(CUTOFF, tables).loc["anna"]
    assert anna[["review_deletion_rate_28d", "review_deletion_rate_91d"]].isna().tolist() == [False, True]


def test_a_seller_appears_once_the_account_is_known(signals: Signals) -> None:
    tables = honest_tables(sellers=[seller("dora", "2024-06-02"), seller("emil", "2024-06-03")])
    assert sorted(signals(CUTOFF, tables).index) == ["anna", "boris", "dora"]


def test_a_seller_is_what_the_version_valid_last_says_whenever_it_was_delivered(signals: Signals) -> None:
    tables = honest_tables(
        sellers=[
            seller("anna", category="tools", valid_from=day("2024-05-01"), recorded_at=moment("2024-05-02 00:00")),
            seller("anna", category="toys", valid_from=day("2024-03-01"), recorded_at=moment("2024-05-20 00:00")),
        ]
    )
    assert signals(CUTOFF, tables).loc["anna", "category"] == "tools"
    assert signals("2024-05-02", tables).loc["anna", "category"] == "garden"
