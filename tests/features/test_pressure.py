"""Who looked up reviewers, for what cause, and what the authors took back then: worked by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.features.conftest import Row, Signals, action, covering, honest_tables, moment, product, review, seller
from tests.features.test_removal_tickets import ticket

CUTOFF = "2024-06-03"
COVERED = covering("tickets", "staff_access", "buyer_reports")


def look_up(name: str, accessed_at: str, ticket_id: str | None = None, **more: Any) -> Row:
    row = {"access_id": name, "actor_id": "mia", "accessed_at": moment(accessed_at), "resource": "reviewer_contact"}
    return {**row, "ticket_id": ticket_id, **more}


def test_a_look_up_has_a_cause_if_another_s_ticket_asked_before_for_that_seller(signals: Signals) -> None:
    anna: Row = {"seller_id": "anna"}
    tables = honest_tables(
        coverage=COVERED,
        staff_access=[
            look_up("none", "2024-05-01 09:00", **anna),
            look_up("in order", "2024-05-01 09:00", "in order", **anna),
            look_up("own", "2024-05-01 09:00", "own", **anna),
            look_up("later", "2024-05-01 09:00", "later", **anna),
            look_up("foreign", "2024-05-01 09:00", "foreign", **anna, actor_id="noah"),
            look_up("never delivered", "2024-05-01 09:00", "nowhere", **anna),
            look_up("of sales", "2024-05-01 09:00", **anna, resource="sales_report"),
        ],
        tickets=[
            ticket("in order", "2024-05-01 09:00"),
            ticket("own", "2024-05-01 08:00", opened_by="mia"),
            ticket("later", "2024-05-01 09:01"),
            ticket("foreign", "2024-05-01 08:00", seller_id="boris"),
        ],
    )
    now = signals(CUTOFF, tables).loc["anna"]
    assert now["contact_look_ups_91d"] == 6
    assert now["contact_look_ups_without_cause_91d"] == 4
    assert now["contact_look_ups_without_cause_share_91d"] == pytest.approx(4 / 6)
    assert now["contact_look_ups_by_one_91d"] == 5


def test_a_look_up_is_about_the_seller_it_names_else_that_of_its_product_else_of_its_review(signals: Signals) -> None:
    tables = honest_tables(
        coverage=COVERED,
        products=[product("lamp", "boris", valid_from=moment("2024-05-10").date())],
        reviews=[review("r", "lamp", 1, "2024-05-05 09:00")],
        staff_access=[
            look_up("seller", "2024-05-06 09:00", seller_id="boris", product_id="lamp", records=1),
            look_up("product", "2024-05-06 09:00", product_id="lamp", review_id="old", records=10),
            look_up("review", "2024-05-06 09:00", review_id="r", records=100),
            look_up("sold", "2024-05-11 09:00", review_id="r", records=1_000),
            look_up("nothing", "2024-05-06 09:00", reviewer_id="author of r", records=10_000),
        ],
    )
    assert signals(CUTOFF, tables)["contact_records_91d"].to_dict() == {"anna": 110, "boris": 1_001}


def test_a_product_that_comes_after_its_look_up_counts_when_it_is_known(signals: Signals) -> None:
    tables = honest_tables(
        coverage=COVERED,
        products=[product("vase", "anna", "2024-04-01", recorded_at=moment("2024-05-20 00:00"))],
        staff_access=[look_up("a", "2024-05-06 09:00", product_id="vase")],
    )
    assert signals("2024-05-20", tables).loc["anna", "contact_look_ups_91d"] == 0
    assert signals("2024-05-21", tables).loc["anna", "contact_look_ups_91d"] == 1


@pytest.mark.parametrize(
    ("days", "kind", "new_rating", "prompted"),
    [
        (0, "removed", None, 1),
        (21, "removed", None, 1),
        (21, "edited", 2, 1),
        (21, "edited", 1, 0),  # no star more
        (22, "removed", None, 0),
        (-1, "removed", None, 0),
    ],
)
def test_what_an_author_takes_back_in_21_days_after_a_look_up_follows_it(
    signals: Signals, days: int, kind: str, new_rating: int | None, prompted: int
) -> None:
    acted = (moment("2024-05-01 09:00") + timedelta(days=days)).isoformat()
    tables = honest_tables(
        coverage=COVERED,
        reviews=[review(name, "lamp", 1, "2023-01-10 08:00") for name in ("r", "other", "left")],
        review_actions=[
            action("r", kind, acted, "reviewer", new_rating=new_rating),
            action("other", "removed", "2024-05-02 09:00", "reviewer"),  # nobody looked this author up
        ],
        staff_access=[
            look_up("once", "2024-05-01 09:00", review_id="r"),
            look_up("again", "2024-05-01 09:00", seller_id="anna", reviewer_id="author of r"),
            look_up("of another", "2024-05-01 09:00", review_id="left"),
        ],
    )
    anna = signals(CUTOFF, tables).loc["anna"]
    assert anna["prompted_take_backs_91d"] == prompted
    assert anna["followed_look_up_share_91d"] == pytest.approx(prompted * 2 / 3)
    taken_back = 1 if new_rating == 1 else 2
    assert anna["prompted_take_back_share_91d"] == pytest.approx(prompted / taken_back)
    # three negatives were at hand
    unasked = (taken_back - prompted) / 3
    assert anna["take_back_excess_after_look_ups_91d"] == pytest.approx(prompted * 2 / 3 - unasked)


@pytest.mark.parametrize(
    ("late", "as_of", "without_cause"),
    [("ticket", "2024-05-20", 0), ("ticket", "2024-05-21", 1), ("look_up", "2024-08-10", 1)],
)
def test_what_is_wrong_with_a_look_up_s_ticket_counts_once_both_are_known(
    signals: Signals, late: str, as_of: str, without_cause: int
) -> None:
    recorded = {"recorded_at": moment("2024-05-20 00:00")}
    tables = honest_tables(
        coverage=COVERED,
        staff_access=[
            look_up("a", "2024-05-01 09:00", "own", seller_id="anna", **recorded if late == "look_up" else {})
        ],
        tickets=[
            ticket("own", "2024-05-01 08:00", opened_by="mia", **recorded if late == "ticket" else {}),
            ticket("any", "2023-05-01 08:00"),
        ],
    )
    assert signals(as_of, tables).loc["anna", "contact_look_ups_without_cause_91d"] == without_cause


@pytest.mark.parametrize("late", ["look_up", "take_back"])
def test_a_take_back_follows_a_look_up_once_both_are_known(signals: Signals, late: str) -> None:
    recorded = {"recorded_at": moment("2024-05-20 00:00")}
    tables = honest_tables(
        coverage=COVERED,
        reviews=[review("r", "lamp", 1, "2023-01-10 08:00")],
        review_actions=[
            action("r", "removed", "2024-05-02 09:00", "reviewer", **recorded if late == "take_back" else {})
        ],
        staff_access=[look_up("a", "2024-05-01 09:00", review_id="r", **recorded if late == "look_up" else {})],
    )
    assert signals("2024-05-20", tables).loc["anna", "prompted_take_backs_91d"] == 0
    assert signals("2024-05-21", tables).loc["anna", "prompted_take_backs_91d"] == 1


def test_a_take_back_at_another_seller_s_follows_nothing(signals: Signals) -> None:
    tables = honest_tables(
        coverage=COVERED,
        reviews=[review("r", "lamp", 1, "2023-01-10 08:00"), review("s", "rake", 1, "2023-01-10 08:00")],
        review_actions=[action("s", "removed", "2024-05-02 09:00", "reviewer")],
        staff_access=[look_up("a", "2024-05-01 09:00", seller_id="anna", reviewer_id="author of s")],
    )
    now = signals(CUTOFF, tables)
    assert now["prompted_take_backs_91d"].to_dict() == {"anna": 0, "boris": 0}
    assert now.loc["anna", "followed_look_up_share_91d"] == 0


def test_buyers_reports_are_counted_by_what_they_say(signals: Signals) -> None:
    kinds = ("off_platform_contact", "paid_review", "paid_review", "other")
    tables = honest_tables(
        coverage=COVERED,
        buyer_reports=[
            {"report_id": f"{n}", "seller_id": "anna", "reported_at": moment("2024-05-01 09:00"), "kind": kind}
            for n, kind in enumerate(kinds)
        ],
    )
    now = signals(CUTOFF, tables)
    assert now.loc["anna", ["off_platform_reports_91d", "paid_review_reports_91d"]].tolist() == [1, 2]
    assert now.loc["boris", ["off_platform_reports_91d", "paid_review_reports_91d"]].tolist() == [0, 0]


def test_a_report_counts_when_the_account_is_known(signals: Signals) -> None:
    report = {"report_id": "1", "seller_id": "carla", "reported_at": moment("2024-05-01 09:00"), "kind": "paid_review"}
    tables = honest_tables(
        coverage=COVERED,
        sellers=[seller("carla", recorded_at=moment("2024-05-20 00:00"))],
        buyer_reports=[report],
    )
    # 101 days after the report, 82 after it counts
    assert signals("2024-08-10", tables).loc["carla", "paid_review_reports_91d"] == 1
