"""Removals of what came in floods, and of what did not: worked by hand."""

from __future__ import annotations

import math

import pytest

from tests.features.conftest import Row, Signals, action, days_after, honest_tables, review

CUTOFF = "2024-06-03"
WEEK = "2024-04-15"  # a Monday; the 91 days are 13 weeks from 4 March


def complaints(flood: int, others: int, *, removed_of_flood: int, removed_of_others: int) -> dict[str, list[Row]]:
    """Anna's negatives: a flood, all in one week, others one a week after it, and what staff removed of both."""
    rows = [review(f"flood{n}", "lamp", 1 + n % 2, f"{days_after(WEEK, n % 7)} 09:00") for n in range(flood)]
    rows += [review(f"other{n}", "lamp", 1, f"{days_after('2024-03-04', 7 * n)} 09:00") for n in range(others)]
    taken = [f"flood{n}" for n in range(removed_of_flood)] + [f"other{n}" for n in range(removed_of_others)]
    return honest_tables(
        reviews=rows, review_actions=[action(name, "removed", "2024-05-27 09:00", actor_id="mia") for name in taken]
    )


def test_what_came_in_a_flood_is_told_from_what_did_not(signals: Signals) -> None:
    tables = complaints(10, 4, removed_of_flood=6, removed_of_others=2)
    now = signals(CUTOFF, tables)
    assert now.loc["anna", "negative_removals_91d"] == 8
    assert now.loc["anna", "flooded_removal_share_91d"] == pytest.approx(6 / 8)
    assert now.loc["anna", "negative_removals_beyond_floods_91d"] == 2
    assert now.loc["anna", "negatives_at_risk_beyond_floods_91d"] == 4
    assert now.loc["anna", "negative_deletion_rate_beyond_floods_91d"] == pytest.approx(2 / 4)
    # 3 % of 20 reviews are added to what was removed and 20 to what could be: 2.6 of 24, and none of 20 positive ones
    excess = now.loc["anna", "negative_deletion_excess_beyond_floods_91d"]
    assert excess == pytest.approx(math.log((2.6 / 24) / (0.6 / 20)))
    assert math.isnan(now.loc["boris", "flooded_removal_share_91d"])
    assert now.loc["boris", "negative_removals_beyond_floods_91d"] == 0


@pytest.mark.parametrize(("flood", "share"), [(5, 1.0), (4, 0.0)])
def test_a_flood_has_five_complaints(signals: Signals, flood: int, share: float) -> None:
    tables = complaints(flood, 0, removed_of_flood=1, removed_of_others=0)
    assert signals(CUTOFF, tables).loc["anna", "flooded_removal_share_91d"] == share


@pytest.mark.parametrize(("usual", "share"), [(15, 1.0), (16, 0.0)])
def test_a_flood_has_four_times_what_the_other_twelve_weeks_bring(signals: Signals, usual: int, share: float) -> None:
    """Five in the week of the flood: four times the usual if the twelve others have up to 15 together."""
    tables = complaints(5, 0, removed_of_flood=1, removed_of_others=0)
    tables["reviews"] += [
        review(f"usual{n}", "lamp", 1, f"{days_after('2024-03-04', 7 * (n % 6))} 10:00") for n in range(usual)
    ]
    assert signals(CUTOFF, tables).loc["anna", "flooded_removal_share_91d"] == share


def test_an_old_complaint_came_in_no_flood_that_is_seen(signals: Signals) -> None:
    tables = honest_tables(
        reviews=[review(f"old{n}", "lamp", 1, "2023-06-01 09:00") for n in range(8)],
        review_actions=[action(f"old{n}", "removed", "2024-05-27 09:00") for n in range(8)],
    )
    anna = signals(CUTOFF, tables).loc["anna"]
    assert anna["flooded_removal_share_91d"] == 0
    assert anna["negative_removals_beyond_floods_91d"] == 8


def test_praise_and_removals_by_others_do_not_count(signals: Signals) -> None:
    tables = complaints(4, 0, removed_of_flood=1, removed_of_others=0)
    tables["reviews"] += [review(f"praise{n}", "lamp", 5, f"{WEEK} 11:00") for n in range(5)]
    tables["review_actions"] += [
        action("praise0", "removed", "2024-05-27 09:00"),
        action("flood1", "removed", "2024-05-27 09:00", "reviewer"),
    ]
    anna = signals(CUTOFF, tables).loc["anna"]
    assert anna["flooded_removal_share_91d"] == 0
    assert anna["negative_removals_beyond_floods_91d"] == 1


def test_praise_that_was_edited_to_a_complaint_is_no_part_of_a_flood_but_its_removal_counts(signals: Signals) -> None:
    tables = complaints(5, 0, removed_of_flood=5, removed_of_others=0)
    tables["reviews"] += [review("turned", "lamp", 5, f"{days_after(WEEK, 14)} 11:00")]
    tables["review_actions"] += [
        action("turned", "edited", f"{days_after(WEEK, 20)} 09:00", "reviewer", new_rating=1),
        action("turned", "removed", "2024-05-27 09:00"),
    ]
    anna = signals(CUTOFF, tables).loc["anna"]
    assert anna["flooded_removal_share_91d"] == pytest.approx(5 / 6)
    assert anna["negative_removals_beyond_floods_91d"] == 1
