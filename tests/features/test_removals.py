"""Signals of removals, worked by hand."""

from __future__ import annotations

import math

import pytest

from tests.features.conftest import Signals, action, honest_tables, review

CUTOFF = "2024-06-03"


def test_deletion_rate_is_staff_removals_over_reviews_visible_at_the_start_or_received(signals: Signals) -> None:
    tables = honest_tables(
        reviews=[
            *(review(f"before{n}", "lamp", 5, "2024-01-10 08:00") for n in range(6)),  # visible on 4 March
            review("gone", "lamp", 1, "2024-01-10 08:00"),  # removed before the window: not at risk
            *(review(f"during{n}", "lamp", 1, "2024-04-10 08:00") for n in range(4)),  # received in the window
        ],
        review_actions=[
            action("gone", "removed", "2024-02-01 09:00"),
            action("before0", "removed", "2024-05-01 09:00"),
            action("during0", "removed", "2024-05-01 09:00"),
            action("during1", "removed", "2024-05-01 09:00"),
            action("during2", "removed", "2024-05-01 09:00", "automation"),
            action("during3", "kept", "2024-05-01 09:00"),
        ],
    )
    anna = signals(CUTOFF, tables).loc["anna"]
    assert anna["review_deletion_rate_91d"] == pytest.approx(3 / 10)
    assert anna["negative_deletion_rate_91d"] == pytest.approx(2 / 4)
    assert anna["positive_deletion_rate_91d"] == pytest.approx(1 / 6)
    assert anna["automation_deletion_rate_91d"] == pytest.approx(1 / 10)
    assert anna["author_deletion_rate_91d"] == 0
    assert anna["staff_share_of_removals_91d"] == pytest.approx(3 / 4)
    assert anna["negatives_at_risk_91d"] == 4
    assert anna["reviews_arrived_91d"] == 4
    # 20 reviews at the usual 3 % are added to either side: (2 + .6) / (4 + 20) over (1 + .6) / (6 + 20)
    assert anna["negative_deletion_excess_91d"] == pytest.approx(math.log((2.6 / 24) / (1.6 / 26)))


def test_a_review_removed_twice_without_return_is_one_removal(signals: Signals) -> None:
    tables = honest_tables(
        reviews=[review(f"r{n}", "lamp", 1, "2024-01-10 08:00") for n in range(5)],
        review_actions=[
            action("r0", "removed", "2024-05-01 09:00"),
            action("r0", "removed", "2024-05-02 09:00"),
        ],
    )
    assert signals(CUTOFF, tables).loc["anna", "negative_removals_91d"] == 1


def test_a_review_that_came_back_is_visible_and_can_be_removed_again(signals: Signals) -> None:
    tables = honest_tables(
        reviews=[review(f"r{n}", "lamp", 1, "2024-01-10 08:00") for n in range(5)],
        review_actions=[
            action("r0", "removed", "2024-05-01 09:00"),
            action("r0", "restored", "2024-05-02 09:00"),
            action("r0", "removed", "2024-05-03 09:00"),
        ],
    )
    assert signals(CUTOFF, tables).loc["anna", "negative_removals_91d"] == 2
    assert signals("2024-05-03", tables).loc["anna", "rating_uplift_364d"] == 0


def test_rating_uplift_is_shown_minus_restored_rating(signals: Signals) -> None:
    tables = honest_tables(
        reviews=[
            *(review(f"good{n}", "lamp", 5, "2024-01-10 08:00") for n in range(3)),
            review("bad", "lamp", 1, "2024-01-11 08:00"),
            review("spam", "lamp", 1, "2024-01-12 08:00"),
        ],
        review_actions=[
            action("bad", "removed", "2024-05-01 09:00"),
            action("spam", "removed", "2024-05-01 09:00", "automation"),  # not put back: not removed by staff
        ],
    )
    # shown 5; with the one-star that staff removed put back (3 x 5 + 1) / 4 = 4
    assert signals(CUTOFF, tables).loc["anna", "rating_uplift_364d"] == pytest.approx(1.0)


def test_an_edit_moves_a_review_among_the_negative_ones(signals: Signals) -> None:
    tables = honest_tables(
        reviews=[review("changed", "lamp", 5, "2024-01-10 08:00"), review("bad", "lamp", 2, "2024-01-10 08:00")],
        review_actions=[
            action("changed", "edited", "2024-05-01 09:00", "reviewer", new_rating=1),
            action("changed", "removed", "2024-05-02 09:00"),
        ],
    )
    anna = signals(CUTOFF, tables).loc["anna"]
    assert anna["negative_removals_91d"] == 1
    assert anna["negatives_at_risk_91d"] == 2


def test_the_known_actions_count_in_the_order_in_which_they_happened(signals: Signals) -> None:
    """The removal of 1 May becomes known after the restoration of 2 May: the review stays visible throughout."""
    tables = honest_tables(
        reviews=[review(f"r{n}", "lamp", 1, "2024-01-10 08:00") for n in range(5)],
        review_actions=[
            action("r0", "restored", "2024-05-02 09:00"),
            action("r0", "removed", "2024-05-01 09:00", recorded_at=action("r0", "x", "2024-05-03 09:00")["acted_at"]),
        ],
    )
    assert signals(CUTOFF, tables).loc["anna", "negative_removals_91d"] == 0


def test_own_past_is_the_share_in_the_months_before(signals: Signals) -> None:
    tables = honest_tables(
        reviews=[review(f"r{n}", "lamp", 1, "2023-08-10 08:00") for n in range(10)],
        review_actions=[
            action("r0", "removed", "2023-10-01 09:00"),  # before: 1 of 10
            action("r1", "removed", "2024-05-01 09:00"),  # now: 2 of 9
            action("r2", "removed", "2024-05-01 09:00"),
        ],
    )
    assert signals(CUTOFF, tables).loc["anna", "negative_deletion_change_91d"] == pytest.approx(2 / 9 - 1 / 10)


def test_peers_are_ranked_by_mid_rank_percentile(signals: Signals) -> None:
    """Anna is above Boris among two sellers: (1 below + half of herself) / 2."""
    tables = honest_tables(
        reviews=[review(f"r{n}", "lamp", 1, "2024-01-10 08:00") for n in range(5)],
        review_actions=[action("r0", "removed", "2024-05-01 09:00")],
    )
    now = signals(CUTOFF, tables)["negative_deletion_rate_peers_91d"]
    assert now.to_dict() == {"anna": 0.75, "boris": 0.25}
