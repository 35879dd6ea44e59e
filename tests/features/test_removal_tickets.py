"""Under which tickets reviews were removed, and what their queues do: worked by hand."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tests.features.conftest import Row, Signals, action, covering, honest_tables, moment, review

CUTOFF = "2024-06-03"


def ticket(name: str, opened_at: str, **more: Any) -> Row:
    row = {"ticket_id": name, "opened_at": moment(opened_at), "opened_by_kind": "reviewer"}
    return {"opened_by": "reader", "seller_id": "anna", **row, **more}


def handled(*actions: tuple[str, str, str, dict[str, Any]], **tables: list[Row]) -> dict[str, list[Row]]:
    """Tables with a one-star review of January 2023 for each action: product, kind, when, and what more is said."""
    more = [review(f"r{number}", product, 1, "2023-01-10 08:00") for number, (product, *_) in enumerate(actions)]
    done = [action(f"r{number}", kind, when, **said) for number, (_, kind, when, said) in enumerate(actions)]
    return honest_tables(reviews=more, review_actions=done, coverage=covering("tickets"), **tables)


def removal(when: str, ticket_id: str | None, product: str = "lamp", actor: str = "mia") -> Any:
    return product, "removed", when, {"ticket_id": ticket_id, "actor_id": actor}


def test_a_ticket_asks_for_a_removal_if_another_opened_it_before_about_that_seller(signals: Signals) -> None:
    tables = handled(
        removal("2024-05-01 09:00", None),
        removal("2024-05-02 09:00", "in order"),
        removal("2024-05-03 09:00", "own"),
        removal("2024-05-04 09:00", "afterwards"),
        removal("2024-05-05 09:00", "about boris"),
        removal("2024-05-06 09:00", "about nobody"),
        removal("2024-05-07 09:00", "never delivered"),
        tickets=[
            ticket("in order", "2024-05-02 09:00"),
            ticket("own", "2024-05-02 09:00", opened_by="mia"),
            ticket("afterwards", "2024-05-04 09:01"),
            ticket("about boris", "2024-05-02 09:00", seller_id="boris"),
            ticket("about nobody", "2024-05-02 09:00", seller_id=None),
        ],
    )
    anna = signals(CUTOFF, tables).loc["anna"]
    assert anna["unticketed_removal_share_91d"] == pytest.approx(1 / 7)
    for flaw in ("own", "later", "foreign"):
        assert anna[f"{flaw}_ticket_removal_share_91d"] == pytest.approx(1 / 5), flaw
    assert anna["irregular_removals_91d"] == 4
    assert anna["shared_ticket_removal_share_91d"] == 0
    assert anna["negative_removals_in_one_ticket_91d"] == 1


def test_what_is_wrong_with_a_ticket_counts_once_the_ticket_is_known(signals: Signals) -> None:
    late = ticket("own", "2024-05-01 08:00", opened_by="mia", recorded_at=moment("2024-05-20 00:00"))
    tables = handled(removal("2024-05-01 09:00", "own"), tickets=[late, ticket("any", "2023-05-01 08:00")])
    assert math.isnan(signals("2024-05-20", tables).loc["anna", "own_ticket_removal_share_91d"])
    assert signals("2024-05-21", tables).loc["anna", "own_ticket_removal_share_91d"] == 1


def test_a_removal_s_ticket_counts_from_when_the_removal_is_known(signals: Signals) -> None:
    removed = removal("2024-05-01 09:00", "own")
    removed[-1]["recorded_at"] = moment("2024-05-20 00:00")
    tables = handled(removed, tickets=[ticket("own", "2024-05-01 08:00", opened_by="mia")])
    # 91 days later the ticket is out of the window, and what became known of the removal is not
    assert signals("2024-08-10", tables).loc["anna", "own_ticket_removal_share_91d"] == 1


def test_a_ticket_that_served_two_sellers_counts_for_both_from_the_second_removal_on(signals: Signals) -> None:
    tables = handled(
        removal("2024-05-01 09:00", "one"),
        removal("2024-05-01 10:00", "one"),
        removal("2024-05-01 10:00", "another"),
        removal("2024-05-10 09:00", "one", "rake"),
    )
    name = "shared_ticket_removal_share_91d"
    assert signals("2024-05-10", tables).loc["anna", name] == 0
    now = signals("2024-05-11", tables)[name]
    assert now.to_dict() == {"anna": pytest.approx(2 / 3), "boris": 1}


def test_a_batch_is_what_one_person_removed_on_one_day_or_one_ticket_asked_for(signals: Signals) -> None:
    tables = handled(
        removal("2024-05-01 00:00", "one"),
        removal("2024-05-01 23:59", "one"),
        removal("2024-05-02 00:00", "one"),
        removal("2024-05-01 12:00", "two", actor="noah"),
        removal("2024-05-01 12:00", "one", "rake"),
    )
    anna = signals(CUTOFF, tables).loc["anna"]
    assert anna["negative_removals_by_one_in_a_day_91d"] == 2
    assert anna["negative_removals_in_one_ticket_91d"] == 3


def decision(kind: str, queue: str | None, product: str = "lamp", actor: str = "mia", reason: str = "spam") -> Any:
    return product, kind, "2024-05-01 09:00", {"queue": queue, "actor_id": actor, "reason": reason}


def test_a_seller_is_held_against_what_its_queues_removed_of_everybody_s(signals: Signals) -> None:
    tables = handled(
        decision("removed", "safety"),
        decision("removed", "safety"),
        decision("removed", "disputes"),
        decision("kept", "safety", "rake"),
        decision("kept", "safety", "rake"),
        decision("kept", "disputes", "rake"),
        decision("removed", None),  # in no queue that is known
    )
    now = signals(CUTOFF, tables)
    anna = now.loc["anna"]
    assert anna["queue_negative_removals_91d"] == 3
    assert anna["queue_expected_removals_91d"] == pytest.approx(1.5)  # 2 in safety and 1 in disputes, each at one half
    assert anna["removals_beyond_queue_91d"] == pytest.approx(math.log(4 / 2.5))
    assert now["examined_removal_share_91d"].to_dict() == {"anna": 1, "boris": 0}
    assert now.loc["boris", "removals_beyond_queue_91d"] == pytest.approx(math.log(1 / 2.5))


def test_one_hand_and_one_reason_are_held_against_their_part_of_the_queue(signals: Signals) -> None:
    tables = handled(
        decision("removed", "safety", actor="mia", reason="abuse"),
        decision("removed", "safety", actor="mia", reason="abuse"),
        decision("removed", "safety", actor="noah", reason="spam"),
        decision("removed", "safety", "rake", "noah", "spam"),
        decision("removed", "safety", "rake", "noah", "abuse"),
    )
    anna = signals(CUTOFF, tables).loc["anna"]
    # Mia: 2 of 3 here, 2 of 5 in the queue; abuse: 2 of 3 here, 3 of 5 in the queue
    assert anna["one_remover_beyond_queue_91d"] == pytest.approx(2 - 3 * 2 / 5)
    assert anna["reason_beyond_queue_91d"] == pytest.approx(2 - 3 * 3 / 5)


def test_the_usual_queue_is_the_one_in_which_a_person_examined_most(signals: Signals) -> None:
    tables = handled(
        decision("removed", "safety"),
        decision("removed", "disputes"),
        decision("kept", "disputes", "rake"),
        decision("removed", "safety", actor="noah"),  # as much as in disputes: both are usual
        decision("kept", "disputes", "rake", "noah"),
    )
    name = "removals_outside_usual_queue_share_91d"
    assert signals(CUTOFF, tables).loc["anna", name] == pytest.approx(1 / 3)


def test_old_complaints_are_held_against_the_ages_that_the_queue_removes(signals: Signals) -> None:
    tables = handled(decision("removed", "safety"), decision("removed", "safety", "rake"))
    tables["reviews"] += [review(f"new{number}", "rake", 1, "2024-04-20 08:00") for number in range(2)]
    tables["review_actions"] += [
        action(f"new{number}", "removed", "2024-05-01 09:00", queue="safety", actor_id="mia", reason="spam")
        for number in range(2)
    ]
    now = signals(CUTOFF, tables)["old_removals_beyond_queue_91d"]
    assert now.to_dict() == {"anna": pytest.approx(1 - 1 / 2), "boris": pytest.approx(1 / 3 - 1 / 2)}


def test_a_decision_counts_once_its_review_is_known(signals: Signals) -> None:
    tables = handled(decision("removed", "safety"), decision("removed", "safety", "rake"))
    tables["reviews"][-2]["recorded_at"] = moment("2024-05-20 00:00")
    assert signals("2024-05-20", tables).loc["anna", "queue_negative_removals_91d"] == 0
    assert signals("2024-05-21", tables).loc["anna", "queue_negative_removals_91d"] == 1


@pytest.mark.parametrize(("written", "old"), [("2024-04-03 09:00:00", 1), ("2024-04-03 09:00:01", 0)])
def test_a_complaint_of_28_days_is_old(signals: Signals, written: str, old: int) -> None:
    tables = handled(decision("removed", "safety"), decision("removed", "safety", "rake"))
    tables["reviews"][-2]["created_at"] = moment(written)
    # of two removals in the queue one or both are of old complaints
    assert signals(CUTOFF, tables).loc["anna", "old_removals_beyond_queue_91d"] == pytest.approx(old - (1 + old) / 2)
