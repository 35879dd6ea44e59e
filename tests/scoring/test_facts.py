"""What is known of the listed, where some of it is not known."""

from __future__ import annotations

from pathlib import Path

import configs
from features.intake import take_in
from features.panel import signals_at
from features.settings import read_settings
from features.store import Store
from model.settings import Configuration
from scoring.cases.chances import chances_of
from scoring.cases.facts import facts_at
from scoring.cases.onset import onsets
from tests.features.conftest import day, deliver, honest_tables, moment

AS_OF = day("2024-06-03")


def test_a_return_on_a_ticket_of_unknown_hands_is_not_strange_and_one_on_the_actors_own_is(tmp_path: Path) -> None:
    settings, store = read_settings(configs.SHIPPED, Configuration), Store(tmp_path / "store")
    acts = [
        {"seller_id": "anna", "acted_at": moment(f"2024-05-0{number} 09:00"), "kind": kind, "actor_kind": "staff"}
        | {"actor_id": "mia", "ticket_id": ticket}
        for number, kind, ticket in (
            (1, "suspended", None),
            (3, "reinstated", "by machine"),
            (5, "suspended", None),
            (7, "reinstated", "by mia"),
        )
    ]
    opened = {"opened_at": moment("2024-05-02 09:00")}
    tickets = [
        {"ticket_id": "by machine", "opened_by_kind": "automation", **opened},
        {"ticket_id": "by mia", "opened_by_kind": "staff", "opened_by": "mia", **opened},
    ]
    take_in(deliver(tmp_path / "data", honest_tables(account_actions=acts, tickets=tickets)), store, None, settings)
    signals_at(store, [AS_OF], settings)
    facts = facts_at(store, AS_OF, settings, ["anna"], [])
    assert facts.accounts["strange"].tolist() == [False, False, False, True]
    chances = chances_of(facts, {"anna": 0.2}, onsets(facts, ["anna"])).accounts
    assert chances[[0, 2]].tolist() == [0, 0]  # nobody buys a suspension
    assert 0 < chances[1] < chances[3]
