"""Who removed reviews, of what age, for how long: worked by hand."""

from __future__ import annotations

import math

import pytest

from tests.features.conftest import Row, Signals, action, honest_tables, moment, review, seller

CUTOFF = "2024-06-03"


def removed(*removals: tuple[str, str | None], **of_the_action: object) -> dict[str, list[Row]]:
    """Tables with a one-star review of Anna's for each removal by staff: when it was removed, and by whom."""
    return honest_tables(
        reviews=[review(f"r{number}", "lamp", 1, "2023-01-10 08:00") for number in range(len(removals))],
        review_actions=[
            action(f"r{number}", "removed", when, actor_id=who, **of_the_action)
            for number, (when, who) in enumerate(removals)
        ],
    )


def test_removing_staff_are_counted_once_each_and_only_in_the_window(signals: Signals) -> None:
    tables = removed(
        ("2023-06-04 23:59:59", "too early"),  # before the 364 days
        ("2023-06-05 00:00", "first"),  # their first instant
        ("2024-03-03 23:59:59", "old hand"),  # before the 91 days
        ("2024-03-04 00:00", "mia"),
        ("2024-05-01 09:00", "mia"),
        ("2024-05-02 09:00", "noah"),
        ("2024-05-02 10:00", None),  # nobody knows who
    )
    anna = signals(CUTOFF, tables).loc["anna"]
    assert anna["removing_staff_91d"] == 2
    assert anna["removing_staff_364d"] == 4
    assert anna["negative_removals_by_one_91d"] == 2
    assert anna["share_of_one_remover_91d"] == pytest.approx(2 / 3)
    assert anna["negative_removals_91d"] == 4


def test_what_one_person_removed_for_two_sellers_is_not_added_up(signals: Signals) -> None:
    tables = removed(("2024-05-01 09:00", "mia"), ("2024-05-02 09:00", "mia"))
    tables["reviews"] += [review("other", "rake", 1, "2023-01-10 08:00")]
    tables["review_actions"] += [action("other", "removed", "2024-05-03 09:00", actor_id="mia")]
    now = signals(CUTOFF, tables)
    assert now["negative_removals_by_one_91d"].to_dict() == {"anna": 2, "boris": 1}
    assert now["removing_staff_91d"].to_dict() == {"anna": 1, "boris": 1}


def test_positive_reviews_and_other_hands_do_not_count(signals: Signals) -> None:
    tables = removed(("2024-05-01 09:00", "mia"))
    tables["reviews"] += [review("praise", "lamp", 5, "2023-01-10 08:00"), review("own", "lamp", 1, "2023-01-10 08:00")]
    tables["review_actions"] += [
        action("praise", "removed", "2024-05-02 09:00", actor_id="noah"),
        action("own", "removed", "2024-05-02 09:00", "reviewer", actor_id="olga"),
    ]
    anna = signals(CUTOFF, tables).loc["anna"]
    assert anna[["removing_staff_91d", "removal_weeks_in_a_row_364d"]].tolist() == [1, 1]


def test_without_any_known_actor_nobody_can_be_counted(signals: Signals) -> None:
    anna = signals(CUTOFF, removed(("2024-05-01 09:00", None))).loc["anna"]
    names = ["removing_staff_91d", "negative_removals_by_one_91d", "share_of_one_remover_91d"]
    assert anna[names].isna().all()
    assert anna["removal_weeks_in_a_row_364d"] == 1


@pytest.mark.parametrize(
    ("hours", "bin_begins_at"),
    [(0, 1.5), (2.999, 1.5), (3, 3), (5, 3), (6, 6), (47.9, 24), (48, 48), (24 * 512, 24 * 512), (24 * 900, 24 * 512)],
)
def test_the_age_at_removal_is_the_middle_of_its_bin(signals: Signals, hours: float, bin_begins_at: float) -> None:
    at = moment("2024-05-20 09:00")
    created = (at - (moment("2024-01-01") - moment("2023-12-31")) * (hours / 24)).isoformat()
    tables = honest_tables(
        reviews=[review("r0", "lamp", 1, created)], review_actions=[action("r0", "removed", at.isoformat())]
    )
    anna = signals(CUTOFF, tables).loc["anna"]
    assert anna["removed_negative_age_91d"] == pytest.approx(bin_begins_at * math.sqrt(2) / 24)


def test_of_four_ages_the_second_is_the_lower_median(signals: Signals) -> None:
    ages = {"new": "2024-05-20 07:00", "day": "2024-05-19 08:00", "week": "2024-05-12 09:00", "old": "2024-01-01 09:00"}
    tables = honest_tables(
        reviews=[review(name, "lamp", 1, created) for name, created in ages.items()],
        review_actions=[action(name, "removed", "2024-05-20 09:00") for name in ages],
    )
    now = signals(CUTOFF, tables)["removed_negative_age_91d"]
    assert now["anna"] == pytest.approx(math.sqrt(2))  # 25 hours: the bin from 24 to 48
    assert math.isnan(now["boris"])


def test_the_streak_is_the_longest_run_of_weeks_before_the_cutoff(signals: Signals) -> None:
    tables = removed(
        ("2024-06-02 23:00", "mia"),  # the last week: 27 May to 2 June
        ("2024-05-27 00:00", "mia"),  # the same week
        # nothing from 20 to 26 May
        ("2024-05-19 23:00", "mia"),
        ("2024-05-06 00:00", "mia"),
        ("2024-04-30 00:00", "mia"),
        ("2023-06-05 00:00", "mia"),  # the first instant of the 364 days
    )
    now = signals(CUTOFF, tables)["removal_weeks_in_a_row_364d"]
    assert now.to_dict() == {"anna": 3, "boris": 0}
    # weeks end at the cutoff: on a Tuesday 14 to 20 May, 7 to 13 May without any, and 30 April to 6 May with two
    assert signals("2024-05-21", tables)["removal_weeks_in_a_row_364d"].to_dict() == {"anna": 1, "boris": 0}


def test_the_first_week_of_the_year_is_whole_and_the_one_before_it_is_outside(signals: Signals) -> None:
    tables = removed(("2023-06-04 23:59", "mia"), ("2023-06-05 00:00", "mia"), ("2023-06-12 00:00", "mia"))
    assert signals(CUTOFF, tables).loc["anna", "removal_weeks_in_a_row_364d"] == 2


def test_own_past_is_kept_for_every_rate(signals: Signals) -> None:
    tables = honest_tables(
        reviews=[review(f"r{number}", "lamp", 5, "2023-01-10 08:00") for number in range(10)],
        review_actions=[
            action("r0", "removed", "2023-10-01 09:00"),  # before: 1 of 10 by staff
            action("r1", "removed", "2024-05-01 09:00"),  # now: 2 of 9
            action("r2", "removed", "2024-05-01 09:00"),
            action("r3", "removed", "2024-05-01 09:00", "reviewer"),  # now: 1 of 9
            action("r4", "removed", "2024-05-01 09:00", "automation"),
        ],
    )
    anna = signals(CUTOFF, tables).loc["anna"]
    assert anna["review_deletion_change_91d"] == pytest.approx(2 / 9 - 1 / 10)
    assert anna["positive_deletion_change_91d"] == pytest.approx(2 / 9 - 1 / 10)
    assert anna["negative_deletion_change_91d"] == 0
    assert anna["author_deletion_change_91d"] == pytest.approx(1 / 9)
    assert anna["automation_deletion_change_91d"] == pytest.approx(1 / 9)
    assert anna[["staff_removals_91d", "reviews_at_risk_91d"]].tolist() == [2, 9]


def test_among_peers_a_small_seller_is_drawn_to_them_and_a_count_is_as_rare_as_they_make_it(signals: Signals) -> None:
    """One of two negatives for Anna, none of two for each of three others: the rate among all is (1 + .5) / 8."""
    names = ("anna", "boris", "carla", "dario")
    tables = honest_tables(
        sellers=[seller(name) for name in names[2:]],
        products=[{**honest_tables()["products"][0], "product_id": name, "seller_id": name} for name in names],
        reviews=[review(f"{name}{n}", name, 1, "2023-01-10 08:00") for name in names for n in range(2)],
        review_actions=[action("anna0", "removed", "2024-05-01 09:00")],
    )
    now = signals(CUTOFF, tables)
    # all four are in one group of four, which is its own parent; what varies beyond chance is
    # (1 - .375)² + 3 (.375)² - 4 x 2 x .1875 x .8125 = -.40625: nothing, so the chance of each is .1875
    assert now["negative_removals_posterior_91d"].to_numpy() == pytest.approx(0.1875, abs=1e-5)
    # one or none of two: P(2) + P(1) / 2, and P(2) + P(1) + P(0) / 2
    one, none = 0.1875**2 + 0.1875 * 0.8125, 1 - 0.8125**2 / 2
    assert now["negative_removals_tail_91d"].to_numpy() == pytest.approx([one, none, none, none], abs=1e-5)
    assert now["peer_sellers"].tolist() == [4, 4, 4, 4]
