"""Ids and states of cases over weeks, kept in the store."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from features.store import Store
from scoring.cases.history import Case, open_cases

FIRST = date(2025, 1, 6)
REST = 28


def week(number: int) -> date:
    return FIRST + timedelta(weeks=number)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def opened(store: Store, number: int, *sellers: str) -> dict[str, Case]:
    return open_cases(store, week(number), sellers, REST, pa.string())


def states(cases: dict[str, Case]) -> dict[str, str]:
    return {seller: str(case.state) for seller, case in cases.items()}


def test_a_case_is_new_then_known_and_keeps_its_id_and_first_day(store: Store) -> None:
    first, second, third = (opened(store, number, "anna") for number in range(3))
    assert [states(each) for each in (first, second, third)] == [{"anna": "new"}, {"anna": "known"}, {"anna": "known"}]
    assert first["anna"].case_id == second["anna"].case_id == third["anna"].case_id
    assert third["anna"].first_listed_on == FIRST


def test_a_seller_listed_again_within_a_rest_has_returned_to_the_same_case(store: Store) -> None:
    first = opened(store, 0, "anna", "boris")
    away = opened(store, 1, "boris")
    back = opened(store, 2, "anna", "boris")
    assert states(away) == {"boris": "known"}
    assert states(back) == {"anna": "returned", "boris": "known"}
    assert back["anna"].case_id == first["anna"].case_id


def test_a_seller_away_for_longer_than_a_rest_has_a_new_case(store: Store) -> None:
    first = opened(store, 0, "anna", "boris")
    for number in range(1, 5):
        opened(store, number, "boris")
    later = opened(store, 5, "anna")  # 35 days after it was last listed
    assert states(later) == {"anna": "new"}
    assert later["anna"].case_id != first["anna"].case_id
    assert later["anna"].first_listed_on == week(5)


def test_the_same_week_scored_twice_gives_the_same_cases_and_writes_nothing(store: Store) -> None:
    opened(store, 0, "anna")
    once = opened(store, 1, "anna", "boris")
    generation = store.manifest().generation
    assert opened(store, 1, "anna", "boris") == once
    assert store.manifest().generation == generation


def test_a_run_at_an_earlier_cutoff_changes_nothing_of_a_later_one(store: Store) -> None:
    later = opened(store, 3, "anna")
    opened(store, 1, "anna")
    assert opened(store, 3, "anna") == later


def test_a_run_that_is_killed_before_its_commit_leaves_the_cases_as_they_were(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(store, 0, "anna")
    before = store.manifest()
    with monkeypatch.context() as patched:
        patched.setattr(Store, "commit", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            opened(store, 1, "anna")
    assert store.manifest() == before
    assert states(opened(store, 1, "anna")) == {"anna": "known"}
    live = {store.path / name for name in store.manifest().files}
    assert set((store.path / "cases").rglob("*.parquet")) == live


def test_sellers_may_be_numbers(store: Store) -> None:
    first = open_cases(store, week(0), [7], REST, pa.int64())
    assert open_cases(store, week(1), [7], REST, pa.int64())[7].case_id == first[7].case_id
