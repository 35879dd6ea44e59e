"""The price of evasion: read from outcomes, searched evenly, and asked of lists as if each entrant had come alone."""

from __future__ import annotations

from collections import Counter

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.settings import Configuration
from training.evasion.lists import _above, certain_places
from training.evasion.outcomes import INFEASIBLE, Outcome, frontier, outcome_of, price, stealthiest
from training.evasion.report import money
from training.evasion.search import copies, turns


def outcome(cost: float, gain: float, chance: float, name: str = "some") -> Outcome:
    return Outcome(name, 100, cost, gain, -cost, 1000.0, {"m": chance}, {"m": chance}, {"m": chance})


OUTCOMES = st.lists(
    st.builds(outcome, st.floats(0, 1e5), st.floats(-0.1, 0.3), st.floats(0, 1)), min_size=0, max_size=12
)


@given(OUTCOMES, st.floats(0, 0.3), st.floats(0, 0.3), st.floats(0, 1), st.floats(0, 1))
def test_a_price_never_falls_when_more_is_gained_or_less_is_risked(
    outcomes: list[Outcome], gain: float, more: float, chance: float, other: float
) -> None:
    low, high = sorted((chance, other))
    assert price(outcomes, "m", gain, low) >= price(outcomes, "m", gain, high)
    assert price(outcomes, "m", gain + more, high) >= price(outcomes, "m", gain, high)


@given(OUTCOMES, st.floats(0, 0.3), st.floats(0, 1))
def test_another_strategy_never_raises_a_price(outcomes: list[Outcome], gain: float, chance: float) -> None:
    assert price([*outcomes, outcome(5.0, 0.1, 0.2)], "m", gain, chance) <= price(outcomes, "m", gain, chance)


def test_a_price_is_the_least_cost_of_what_gains_enough_unseen() -> None:
    found = [
        outcome(10, 0.05, 0.0),  # gains too little
        outcome(20, 0.2, 0.5),  # is seen
        outcome(90, 0.12, 0.1),
        outcome(40, 0.1, 0.1),
    ]
    assert price(found, "m", 0.1, 0.1) == 40
    assert price(found, "m", 0.3, 0.1) == INFEASIBLE


def test_buying_nothing_costs_nothing_where_nothing_is_wanted() -> None:
    assert price([outcome(0, 0.0, 0.07), outcome(500, 0.1, 0.0)], "m", 0.0, 0.1) == 0


def test_the_stealthiest_is_the_least_listed_of_those_that_gain_enough() -> None:
    found = [outcome(10, 0.05, 0.0, "little"), outcome(90, 0.2, 0.3, "bold"), outcome(90, 0.12, 0.2, "careful")]
    best = stealthiest(found, "m", 0.1)
    assert best is not None
    assert best.strategy == "careful"
    assert stealthiest(found, "m", 0.5) is None


def test_the_frontier_rises_with_the_chance() -> None:
    found = [outcome(1, 0.0, 0.1), outcome(1, 0.1, 0.4), outcome(1, 0.05, 0.5), outcome(1, 0.2, 0.9)]
    assert [(each.chance["m"], each.gain) for each in frontier(found, "m")] == [(0.1, 0.0), (0.4, 0.1), (0.9, 0.2)]


def test_an_outcome_averages_sellers_and_adds_the_audits() -> None:
    played = pd.DataFrame(
        {
            "cost": [0.0, 100.0],
            "gain": [0.0, 0.2],
            "profit": [0.0, -50.0],
            "fine": [1000.0, 3000.0],
            "m": [False, True],
        }
    )
    told = outcome_of("some", played, ["m"], audited=0.5)
    assert (told.cost, told.gain, told.profit, told.fine) == (50.0, 0.1, -25.0, 2000.0)
    assert told.chance["m"] == pytest.approx(0.75)  # half are listed; of the others half are drawn
    assert told.expected_profit("m") == pytest.approx(-1525.0)
    assert told.low["m"] < told.chance["m"] < told.high["m"]


@pytest.mark.parametrize(("strategies", "hosts", "sellers"), [(5, 40, 8), (12, 12, 12), (30, 7, 7), (3, 10, 99)])
def test_every_strategy_is_played_by_so_many_different_sellers(strategies: int, hosts: int, sellers: int) -> None:
    queue = turns(strategies, range(hosts), sellers)
    assert len(set(queue)) == len(queue)
    assert set(Counter(which for _, which in queue).values()) == {min(sellers, hosts)}


def test_no_seller_plays_twice_in_a_copy() -> None:
    queue = turns(12, range(20), 20)
    parts = list(copies(queue, 15))
    assert [each for part in parts for each in part] == queue
    assert all(len({host for host, _ in part}) == len(part) <= 15 for part in parts)


def test_an_entrant_stands_where_it_would_if_it_had_come_alone(configuration: Configuration) -> None:
    alerts = configuration.alerts.model_copy(update={"budget": 2, "audit_key_file": None})
    pool = pd.DataFrame(
        {
            "seller_id": ["a", "b", "c", "x", "y", "z"],
            "marketplace": "US",
            "strength": [3.0, 2.0, 1.0, 5.0, 2.5, 1.5],
            "entrant": [False, False, False, True, True, True],
        }
    )
    assert _above(pool, alerts) == {"x": True, "y": True, "z": False}  # y is second beside a, whatever x does


def test_audits_take_places_from_the_strongest(configuration: Configuration, tmp_path: object) -> None:
    drawn = configuration.alerts.model_copy(update={"budget": 50, "audits_share": 0.2, "audit_key_file": tmp_path})
    assert certain_places(drawn, "US") == 40
    assert certain_places(drawn.model_copy(update={"audit_key_file": None}), "US") == 50


def test_money_that_is_lost_has_its_sign_first() -> None:
    assert [money(-15_281.4), money(0), money(3_909), money(INFEASIBLE)] == ["-$15,281", "$0", "$3,909", "none found"]
