"""The same settings give the same bytes, other seeds other markets, many sellers several marketplaces."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from features.errors import WrongUse
from simulator.identity import Identity, as_text
from simulator.settings import read_scenario, scenario_names, settings_with
from tests.simulator.conftest import digest, small, written


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = written(tmp_path / "a", small()), written(tmp_path / "b", small())
    assert digest(first.out) == digest(second.out)
    assert digest(first.truth) == digest(second.truth)


def test_another_seed_gives_another_market(tmp_path: Path) -> None:
    first, second = written(tmp_path / "a", small(seed=1)), written(tmp_path / "b", small(seed=2))
    assert digest(first.out) != digest(second.out)


def test_more_weeks_change_nothing_in_who_is_there(tmp_path: Path) -> None:
    people = "select distinct seller_id, opened_on from sellers where opened_on < date '2024-01-01' order by all"
    short, long = written(tmp_path / "a", small(weeks=4)), written(tmp_path / "b", small(weeks=8))
    assert short.rows(people) == long.rows(people)


def test_many_sellers_become_several_marketplaces(tmp_path: Path) -> None:
    overrides = {"market": {"max_sellers_per_market": 60}}
    market = written(tmp_path, settings_with(overrides, sellers=150, weeks=5, seed=1))
    names = "select marketplace, count(distinct seller_id) from sellers group by 1 order by 1"
    assert [name for name, _ in market.rows(names)] == ["DE", "UK", "US"]
    assert market.value("select count(*) - count(distinct review_id) from reviews") == 0


def test_ids_are_a_permutation_of_the_row_numbers() -> None:
    ids = Identity(7, 0).of("review", np.arange(100_000))
    assert len(np.unique(ids)) == 100_000
    assert abs(np.corrcoef(ids, np.arange(100_000))[0, 1]) < 0.02
    assert as_text(np.array([0, -1])).to_pylist() == ["aaaaaaaa", None]


def test_an_unknown_scenario_is_refused_with_the_known_ones() -> None:
    with pytest.raises(WrongUse, match=r"known are: crisis, default, drift, honest"):
        read_scenario("calm", sellers=10, weeks=2, seed=1)


def test_an_unknown_setting_is_refused() -> None:
    with pytest.raises(WrongUse, match=r"guilt\.guilty_shore: Extra inputs are not permitted"):
        settings_with({"guilt": {"guilty_shore": 0.1}}, sellers=10, weeks=2, seed=1)


def test_every_scenario_has_its_name() -> None:
    named = "crisis default drift honest purge sabotage stealth strict_moderator takedown"
    assert scenario_names() == named.split()
