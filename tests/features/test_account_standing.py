"""Suspensions, appeals and returns, and who had asked for them: worked by hand."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import pytest

from tests.features.conftest import Row, Signals, covering, honest_tables, moment
from tests.features.test_removal_tickets import ticket

CUTOFF = "2024-06-03"


def done(kind: str, acted_at: str, actor_kind: str = "staff", **more: Any) -> Row:
    row = {"seller_id": "anna", "kind": kind, "acted_at": moment(acted_at), "actor_kind": actor_kind}
    return {**row, "actor_id": "mia", "ticket_id": None, **more}


def standing(*actions: Row, **tables: list[Row]) -> dict[str, list[Row]]:
    return honest_tables(coverage=covering("account_actions", "tickets"), account_actions=list(actions), **tables)


def test_a_listing_is_not_the_account(signals: Signals) -> None:
    tables = standing(
        done("suspended", "2024-02-01 09:00"),
        done("suspended", "2024-02-02 09:00", "automation", product_id="lamp"),
        done("suspended", "2024-02-03 09:00", product_id="lamp"),
        done("suspended", "2024-02-03 09:00", seller_id="boris"),
    )
    now = signals(CUTOFF, tables)
    assert now["account_suspensions_364d"].to_dict() == {"anna": 1, "boris": 1}
    assert now["listing_suspensions_364d"].to_dict() == {"anna": 2, "boris": 0}


def test_a_return_is_irregular_if_no_ticket_of_another_asked_before_for_that_seller(signals: Signals) -> None:
    tables = standing(
        done("reinstated", "2024-02-01 09:00", ticket_id="in order"),
        done("reinstated", "2024-02-02 09:00", ticket_id="own"),
        done("reinstated", "2024-02-03 09:00", ticket_id="later"),
        done("reinstated", "2024-02-04 09:00", ticket_id="foreign", actor_id="noah"),
        done("reinstated", "2024-02-05 09:00"),
        done("reinstated", "2024-02-06 09:00", "automation"),
        done("category_opened", "2024-02-07 09:00"),
        done("category_opened", "2024-02-08 09:00", ticket_id="in order"),
        tickets=[
            ticket("in order", "2024-02-01 09:00"),
            ticket("own", "2024-02-01 08:00", opened_by="mia"),
            ticket("later", "2024-02-03 09:01"),
            ticket("foreign", "2024-02-01 08:00", seller_id="boris"),
        ],
    )
    anna = signals(CUTOFF, tables).loc["anna"]
    assert anna["returns_by_staff_364d"] == 5
    assert anna["irregular_returns_364d"] == 4
    assert anna["irregular_return_share_364d"] == pytest.approx(4 / 5)
    assert anna["irregular_category_openings_364d"] == 1
    assert anna["irregular_standing_actions_364d"] == 5
    assert anna["returns_by_one_364d"] == 4


@pytest.mark.parametrize(
    ("hours", "same_day", "unappealed", "days"),
    [
        (0, 1, 0, 3),
        (6, 1, 0, 6),
        (23, 1, 0, 12),
        (24, 0, 0, 24),
        (64 * 24 - 1, 0, 0, 32 * 24),
        (64 * 24, 0, 1, math.nan),
        (-1, 0, 1, math.nan),
    ],
)
def test_how_long_an_appeal_waited_is_told_by_factors_of_two(
    signals: Signals, hours: int, same_day: float, unappealed: float, days: float
) -> None:
    returned = moment("2024-05-01 12:00")
    appealed = (returned - timedelta(hours=hours)).isoformat()
    tables = standing(
        done("appealed", appealed, "seller"),
        done("appealed", "2024-05-01 11:00", "seller", product_id="lamp"),  # another matter
        done("reinstated", returned.isoformat()),
    )
    anna = signals(CUTOFF, tables).loc["anna"]
    assert anna["same_day_return_share_364d"] == same_day
    assert anna["unappealed_return_share_364d"] == unappealed
    assert anna["days_from_appeal_to_return_364d"] == pytest.approx(days / 24 * math.sqrt(2), nan_ok=True)


def test_an_appeal_that_comes_to_light_later_is_added_then(signals: Signals) -> None:
    tables = standing(
        done("appealed", "2024-05-01 09:00", "seller", recorded_at=moment("2024-05-20 00:00")),
        done("reinstated", "2024-05-01 12:00"),
    )
    assert signals("2024-05-20", tables).loc["anna", "unappealed_return_share_364d"] == 1
    assert signals("2024-05-21", tables).loc["anna", "unappealed_return_share_364d"] == 0


@pytest.mark.parametrize(("days", "again"), [(0, 1), (182, 1), (183, 0)])
def test_a_suspension_soon_after_a_return_is_one_more(signals: Signals, days: int, again: int) -> None:
    returned = moment("2023-11-01 12:00")
    tables = standing(
        done("suspended", "2023-10-01 09:00"),
        done("reinstated", returned.isoformat(), "automation"),
        done("suspended", (returned + timedelta(days=days)).isoformat()),
    )
    assert signals(CUTOFF, tables).loc["anna", "suspensions_after_return_364d"] == again


def test_an_action_counts_when_the_account_is_known(signals: Signals) -> None:
    newcomer = {**honest_tables()["sellers"][0], "seller_id": "carla", "recorded_at": moment("2024-05-20 00:00")}
    tables = standing(done("reinstated", "2023-05-10 09:00", seller_id="carla"), sellers=[newcomer])
    assert signals(CUTOFF, tables).loc["carla", "returns_by_staff_364d"] == 1


def test_what_is_wrong_with_a_return_s_ticket_counts_once_the_ticket_is_known(signals: Signals) -> None:
    late = ticket("own", "2024-05-01 08:00", opened_by="mia", recorded_at=moment("2024-05-20 00:00"))
    tables = standing(
        done("reinstated", "2024-05-01 12:00", ticket_id="own"), tickets=[late, ticket("any", "2023-05-01 08:00")]
    )
    assert signals("2024-05-20", tables).loc["anna", "irregular_returns_364d"] == 0
    assert signals("2024-05-21", tables).loc["anna", "irregular_returns_364d"] == 1


def test_the_appeal_and_the_ticket_before_a_return_count_from_when_the_return_is_known(signals: Signals) -> None:
    tables = standing(
        done("appealed", "2024-05-01 09:00", "seller"),
        done("reinstated", "2024-05-01 12:00", ticket_id="own", recorded_at=moment("2024-05-20 00:00")),
        tickets=[ticket("own", "2024-05-01 08:00", opened_by="mia")],
    )
    # 364 days later what had been known before the return is out of the window
    anna = signals("2025-05-10", tables).loc["anna"]
    assert anna["returns_by_staff_364d"] == 1
    assert anna["irregular_returns_364d"] == 1
    assert anna["unappealed_return_share_364d"] == 0
