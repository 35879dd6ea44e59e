"""Every statement on both engines, on the same data: counts, keys and ranks exactly, reals to 1e-9."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from features.catalogue import CATALOGUE, tile_kinds
from features.contract import TABLES
from features.engine import parquet
from features.inputs import QUERY_DAYS
from features.panel import SELLER_COLUMNS, signals_at
from features.store import Store
from scoring.people import OF_REVIEWERS, OF_STAFF, plain_ids
from scoring.work import DESKS, assignments_at
from tests.features.deliveries import Outcome, outcome
from tests.spark.conftest import CUTOFFS, EARLIER, LATER, Engines

MOST_STAGES = {"taking in": 1_120, "signals": 1_405}
"""A twentieth above what was planned when this was written: 1,069 and 1,339, those that it then skipped among them."""


def folded_files(store: Store) -> set[str]:
    return {path for path, entry in store.manifest().files.items() if entry.group.startswith("tiles/")}


@pytest.fixture(scope="module")
def outcomes(engines: Engines) -> dict[str, Outcome]:
    return {name: outcome(store) for name, store in engines.stores.items()}


@pytest.mark.parametrize("table", TABLES)
def test_both_engines_land_the_same_rows(table: str, outcomes: dict[str, Outcome]) -> None:
    assert outcomes["spark"].landed[table] == outcomes["duckdb"].landed[table]


@pytest.mark.parametrize("part", ["waiting", "quarantined"])
def test_both_engines_put_the_same_rows_aside(part: str, outcomes: dict[str, Outcome]) -> None:
    assert getattr(outcomes["duckdb"], part)
    assert getattr(outcomes["spark"], part) == getattr(outcomes["duckdb"], part)


def test_both_engines_count_the_same_rows_of_a_delivery(engines: Engines) -> None:
    assert engines.reports["spark"].tables == engines.reports["duckdb"].tables


def test_both_engines_fold_the_same_groups(outcomes: dict[str, Outcome]) -> None:
    assert outcomes["spark"].tiles == outcomes["duckdb"].tiles


@pytest.mark.parametrize("kind", tile_kinds())
def test_both_engines_fold_the_same_rows(kind: str, outcomes: dict[str, Outcome]) -> None:
    of_kind = {group for group in outcomes["duckdb"].tiles if group.startswith(f"tiles/{kind}@")}
    assert any(outcomes["duckdb"].tiles[group] for group in of_kind), f"the market has no rows of {kind}"
    for group in of_kind:
        assert outcomes["spark"].tiles[group] == outcomes["duckdb"].tiles[group]


def test_both_engines_index_the_same_days(engines: Engines) -> None:
    found = {}
    for name, store in engines.stores.items():
        with duckdb.connect() as connection:
            rows = parquet(store.paths(store.manifest().group(QUERY_DAYS)))
            found[name] = sorted(map(repr, connection.execute(f"select * from {rows}").fetchall()))
    assert found["duckdb"]
    assert found["spark"] == found["duckdb"]


@pytest.mark.parametrize("column", SELLER_COLUMNS)
def test_both_engines_tell_the_same_sellers(column: str, engines: Engines) -> None:
    pd.testing.assert_series_equal(engines.signals["spark"][column], engines.signals["duckdb"][column])


@pytest.mark.parametrize("signal", CATALOGUE)
def test_both_engines_compute_the_same_signal(signal: str, engines: Engines) -> None:
    expected = engines.signals["duckdb"][signal]
    pd.testing.assert_series_equal(engines.signals["spark"][signal], expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("cutoff", CUTOFFS)
def test_both_engines_tell_the_same_work_of_the_staff(cutoff: date, engines: Engines) -> None:
    found, expected = (
        assignments_at(engines.stores[name], cutoff, engines.settings[name]) for name in ("spark", "duckdb")
    )
    assert set(expected["desk"]) == set(DESKS)
    pd.testing.assert_frame_equal(found[expected.columns], expected, rtol=1e-9)


@pytest.mark.parametrize("columns", [OF_STAFF, OF_REVIEWERS])
def test_both_engines_find_the_same_plain_ids(columns: Sequence[tuple[str, str]], engines: Engines) -> None:
    found = {}
    for name, store in engines.stores.items():
        files, settings = engines.reports[name].files, engines.settings[name]
        with duckdb.connect() as connection:
            rows = parquet(store.paths(store.manifest().group("events/staff_access")))
            people = connection.execute(f"select unnest([actor_id, reviewer_id]) from {rows}").fetchall()
        wanted = {person for (person,) in people if person is not None}
        found[name] = plain_ids(engines.data, files, wanted, store, settings, columns)
    assert found["duckdb"]
    assert found["spark"] == found["duckdb"]


def test_a_store_folded_by_spark_is_read_by_duckdb(engines: Engines) -> None:
    duck = engines.settings["duckdb"]
    found, expected = (signals_at(engines.stores[name], [LATER], duck) for name in ("spark", "duckdb"))
    pd.testing.assert_frame_equal(found, expected, check_exact=True)


def test_a_store_folded_by_duckdb_is_read_by_spark(engines: Engines, tmp_path: Path) -> None:
    shutil.copytree(engines.stores["duckdb"].path, tmp_path / "store")
    folded = Store(tmp_path / "store")
    tiles = folded_files(folded)
    found = signals_at(folded, [EARLIER], engines.settings["spark"])
    assert folded_files(folded) == tiles
    expected = signals_at(engines.stores["duckdb"], [EARLIER], engines.settings["duckdb"])
    pd.testing.assert_frame_equal(found, expected, rtol=1e-9, atol=1e-12)


def test_spark_plans_no_more_stages_than_it_did(engines: Engines) -> None:
    assert {step: engines.stages[step] for step, most in MOST_STAGES.items() if engines.stages[step] > most} == {}


def test_the_second_run_of_spark_computes_nothing_again(engines: Engines) -> None:
    store = engines.stores["spark"]
    before = store.manifest().generation
    signals_at(store, [LATER], engines.settings["spark"])
    assert store.manifest().generation == before
