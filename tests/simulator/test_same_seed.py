"""The same settings give the same bytes, other seeds other markets, many sellers several marketplaces."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.errors import WrongUse
from simulator import simulate
from simulator.identity import Identity, as_text
from simulator.settings import read_scenario, scenario_names, settings_with
from tests.simulator.conftest import Written, small, written


def digest(folder: Path) -> str:
    sums = hashlib.sha256()
    for path in sorted(folder.rglob("*.parquet")):
        sums.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    return sums.hexdigest()


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


def test_the_issue_names_every_scenario() -> None:
    named = "crisis default drift honest purge sabotage stealth strict_moderator takedown"
    assert scenario_names() == named.split()


@given(
    sellers=st.integers(1, 60),
    weeks=st.integers(1, 7),
    seed=st.integers(0, 1000),
    guilty=st.floats(0, 1),
    stock=st.integers(0, 30),
    sweep=st.floats(1, 30),
    purge=st.floats(-1, 1),
    drift=st.floats(0, 1),
)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_parameters_keep_the_laws_of_rows(  # noqa: PLR0917 - one argument a parameter drawn
    tmp_path_factory: pytest.TempPathFactory,
    sellers: int,
    weeks: int,
    seed: int,
    guilty: float,
    stock: int,
    sweep: float,
    purge: float,
    drift: float,
) -> None:
    overrides = {
        "market": {"stock_weeks": stock},
        "guilt": {"guilty_share": guilty},
        "moderation": {"sweep_size_mean": sweep},
        "events": {"purge_at_share": purge, "drift_per_year": drift, "takedown_at_share": purge},
    }
    folder = tmp_path_factory.mktemp("any")
    simulate(folder / "market", folder / "truth", settings_with(overrides, sellers=sellers, weeks=weeks, seed=seed))
    market = Laws(folder)
    market.hold()


class Laws:
    """Rows of a tiny market against the laws that no parameter may break."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def hold(self) -> None:
        import duckdb  # noqa: PLC0415 - the connection is this check's own

        connection = duckdb.connect()
        connection.execute("set enable_progress_bar = false")
        for name in ("sellers", "products", "reviews", "review_actions"):
            folder = self.folder / "market" / name
            if not folder.is_dir():
                return
            connection.execute(f"create view {name} as from read_parquet('{folder}/*/*.parquet')")
        broken = {
            "rating outside": "select count(*) from reviews where rating not between 1 and 5",
            "acted too early": "select count(*) from review_actions join reviews using (review_id)"
            " where acted_at <= created_at",
            "orphans": "select count(*) from review_actions anti join reviews using (review_id)",
            "twice": "select count(*) - count(distinct (review_id, acted_at, kind)) from review_actions",
            "posted before listed": "select count(*) from reviews join products using (product_id)"
            " where valid_from is null and created_at::date <= listed_on",
            "tickets of twelve": "select count(*) from (select ticket_id from review_actions"
            " where ticket_id is not null group by 1 having count(*) > 12)",
        }
        for law, query in broken.items():
            count = connection.execute(query).fetchone()
            assert count == (0,), law


__all__ = ["Written"]
