"""Signals of the shown rating, worked by hand."""

from __future__ import annotations

import pytest

from tests.features.conftest import Row, Signals, action, honest_tables, review

CUTOFF = "2024-06-03"


def reviews(name: str, stars: int, count: int, created_at: str) -> list[Row]:
    return [review(f"{name}{number}", "lamp", stars, created_at) for number in range(count)]


def test_put_back_is_what_staff_and_authors_removed_and_what_was_edited_upwards(signals: Signals) -> None:
    tables = honest_tables(
        reviews=[
            *reviews("good", 5, 3, "2024-01-10 08:00"),
            *(
                review(name, "lamp", 1, "2024-01-11 08:00")
                for name in ("bought", "regretted", "refunded", "spam", "back")
            ),
            review("lowered", "lamp", 4, "2024-01-11 08:00"),
        ],
        review_actions=[
            action("bought", "removed", "2024-05-01 09:00"),
            action("regretted", "removed", "2024-05-01 09:00", "reviewer"),
            action("refunded", "edited", "2024-05-01 09:00", "reviewer", new_rating=5),
            action("spam", "removed", "2024-05-01 09:00", "automation"),  # not put back
            action("back", "removed", "2024-05-01 09:00"),
            action("back", "restored", "2024-05-02 09:00"),
            action("lowered", "edited", "2024-05-01 09:00", "reviewer", new_rating=3),  # as it is now
        ],
    )
    shown = (5 + 5 + 5 + 5 + 1 + 3) / 6  # three good ones, the refunded one, the one that came back, the lowered one
    put_back = (5 + 5 + 5 + 1 + 1 + 3 + 1 + 1) / 8
    assert signals(CUTOFF, tables).loc["anna", "rating_above_posted_364d"] == pytest.approx(shown - put_back)


def test_an_edit_that_was_removed_counts_as_it_was_posted(signals: Signals) -> None:
    tables = honest_tables(
        reviews=[*reviews("good", 5, 2, "2024-01-10 08:00"), review("refunded", "lamp", 2, "2024-01-11 08:00")],
        review_actions=[
            action("refunded", "edited", "2024-05-01 09:00", "reviewer", new_rating=4),
            action("refunded", "removed", "2024-05-02 09:00"),
        ],
    )
    assert signals(CUTOFF, tables).loc["anna", "rating_above_posted_364d"] == pytest.approx(5 - (5 + 5 + 2) / 3)


def test_a_rise_is_beyond_what_new_reviews_explain(signals: Signals) -> None:
    tables = honest_tables(
        reviews=[
            *reviews("old", 3, 4, "2023-09-10 08:00"),
            *reviews("bad", 1, 2, "2023-09-10 08:00"),
            *reviews("new", 5, 2, "2024-05-10 08:00"),
        ],
        review_actions=[action("bad0", "removed", "2024-05-12 09:00"), action("bad1", "removed", "2024-05-12 09:00")],
    )
    anna = signals(CUTOFF, tables).loc["anna"]
    shown_before, shown_now, with_arrivals_alone = 14 / 6, 22 / 6, 24 / 8
    assert anna["shown_rating_change_91d"] == pytest.approx(shown_now - shown_before)
    assert anna["rating_rise_beyond_arrivals_91d"] == pytest.approx(shown_now - with_arrivals_alone)
    # all that ever arrived has 3 stars on average; .8 such are added: 12.4 stars of 2.8 now, 16.4 of 6.8 before
    happier = 12.4 / 2.8 - 16.4 / 6.8
    assert anna["incoming_rating_change_91d"] == pytest.approx(happier)
    assert anna["rating_rise_over_incoming_91d"] == pytest.approx(shown_now - shown_before - happier)
    assert anna["rating_fall_undone_28d"] == 0  # the new reviews did not lower it


@pytest.mark.parametrize(
    ("removed", "given_back"),
    [([], 0.0), (["bad0"], 24 / 6 - 25 / 7), (["bad0", "bad1", "middling"], 23 / 5 - 25 / 7)],
    ids=["nothing", "a part", "no more than was lost"],
)
def test_a_fall_is_undone_as_far_as_removals_give_back_what_new_reviews_cost(
    removed: list[str], given_back: float, signals: Signals
) -> None:
    tables = honest_tables(
        reviews=[
            *reviews("good", 5, 4, "2024-01-10 08:00"),
            review("middling", "lamp", 3, "2024-01-10 08:00"),
            *reviews("bad", 1, 2, "2024-05-10 08:00"),
        ],
        review_actions=[action(name, "removed", "2024-05-20 09:00") for name in removed],
    )
    # 23 / 5 were shown, 25 / 7 with the bad ones
    assert signals(CUTOFF, tables).loc["anna", "rating_fall_undone_28d"] == pytest.approx(given_back)
