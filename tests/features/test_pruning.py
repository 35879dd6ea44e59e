"""What is old is removed, and no cutoff above the floor sees a difference: not now, and not when more comes in."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random

import duckdb
import pandas as pd
import pytest

from features.contract import TABLES
from features.errors import ScrubwatchError, WrongUse
from features.intake import take_in
from features.landed import landed
from features.panel import signals_at
from features.pruning import THINNED, prune
from features.store import Store
from model.settings import Configuration
from tests.features.busy_market import busy_market
from tests.features.deliveries import for_small_markets, take_in_runs
from tests.features.random_market import known_at, write_rows
from tests.features.random_moments import Market

FLOOR = date(2023, 5, 1)
KEPT_WEEKS = 53
FIRST_CUTOFF, LATER = date(2024, 4, 29), [date(2024, 5, 6), date(2024, 6, 12)]
STEADY = (101, 102)
SPLIT = datetime.fromisoformat("2024-06-03")
"""What became known from here on is delivered after the pruning."""


@pytest.fixture(scope="module")
def settings(configuration: Configuration, tmp_path_factory: pytest.TempPathFactory) -> Configuration:
    return for_small_markets(configuration, tmp_path_factory.mktemp("key") / "key")


@pytest.fixture(scope="module")
def market() -> Market:
    """A random market, and two sellers of whom all is known at once, each with a product that is sold and seen."""
    random = Random(18)  # noqa: S311  (a market, not a secret)
    drawn = busy_market(random, size=3)[0]
    opened = date(2022, 1, 3)
    for number in STEADY:
        about = {"seller_id": number, "category": "toys"}
        drawn["sellers"].append({**about, "marketplace": "US", "opened_on": opened})
        drawn["products"].append({**about, "product_id": number, "listed_on": opened})
        for day in (FLOOR, *(date(2023, 1, 3) + timedelta(weeks=week) for week in range(77))):
            units, place = random.randint(1, 9), random.randint(1, 9)
            drawn["sales"].append({"product_id": number, "sold_on": day, "units": units, "revenue": 5.0 * units})
            drawn["search_ranks"].append(
                {"product_id": number, "query_id": number, "observed_on": day, "position": place, "sponsored": False}
            )
    return drawn


@pytest.fixture(scope="module")
def whole(market: Market, settings: Configuration, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store of all that was known before the split, and a signal table below the floor."""
    folder = tmp_path_factory.mktemp("whole")
    early = {name: [row for row in rows if known_at(name, row) < SPLIT] for name, rows in market.items()}
    store = take_in_runs(folder, [{name: rows for name, rows in early.items() if rows}], settings)
    signals_at(store, [date(2023, 4, 3), date(2023, 8, 7)], settings)
    return folder


@pytest.fixture(scope="module")
def pruned(whole: Path, settings: Configuration, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the store after the pruning."""
    folder = tmp_path_factory.mktemp("pruned") / "folder"
    assert prune(copy_of(whole, folder), KEPT_WEEKS, settings).floor == FLOOR
    return folder


def copy_of(whole: Path, folder: Path) -> Store:
    shutil.copytree(whole, folder)
    return Store(folder / "store", 5)


def held(store: Store, name: str) -> pd.DataFrame:
    manifest = store.manifest()
    with duckdb.connect() as connection:
        rows = landed(store, manifest, TABLES[name], manifest.identity["key_types"])
        return connection.execute(f"select * from ({rows}) order by all").df()


def deliver(store: Store, name: str, market: Market, settings: Configuration) -> dict[str, int]:
    """Hand in rows in files of their own; how many of each table lay below the floor."""
    for table, rows in market.items():
        write_rows(store.path.parent / "data" / table / f"{name}.parquet", table, rows)
    report = take_in(store.path.parent / "data", store, None, settings)
    return {table: of_table.below_floor for table, of_table in report.tables.items() if of_table.below_floor}


def signals_anew(store: Store, settings: Configuration) -> pd.DataFrame:
    """The signals of the later cutoffs, computed from tiles that are folded anew where rows are landed."""
    with store.writing():
        manifest = store.manifest()
        derived = {
            path
            for path, entry in manifest.files.items()
            if entry.group.startswith(("signals/", "tiles/"))
            and not entry.group.endswith("/totals")
            and entry.week >= FLOOR.isoformat()
        }
        store.commit(manifest.without(derived))
    return signals_at(store, LATER, settings)


def test_cutoffs_above_the_floor_have_the_signals_they_had(
    whole: Path, settings: Configuration, tmp_path: Path
) -> None:
    unpruned, pruned = copy_of(whole, tmp_path / "unpruned"), copy_of(whole, tmp_path / "pruned")
    assert prune(pruned, KEPT_WEEKS, settings).floor == FLOOR
    pd.testing.assert_frame_equal(signals_anew(pruned, settings), signals_anew(unpruned, settings))


def test_what_comes_in_later_is_told_as_if_nothing_had_been_removed(
    whole: Path, pruned: Path, market: Market, settings: Configuration, tmp_path: Path
) -> None:
    late = {name: [row for row in rows if known_at(name, row) >= SPLIT] for name, rows in market.items()}
    late = {name: rows for name, rows in late.items() if rows}
    for name, day in (("sales", "sold_on"), ("search_ranks", "observed_on")):
        late[name] = [row for row in late[name] if row[day] >= FLOOR]
    stores = [copy_of(whole, tmp_path / "before"), copy_of(pruned, tmp_path / "after")]
    for store in stores:
        deliver(store, "late", late, settings)
    pd.testing.assert_frame_equal(signals_at(stores[1], LATER, settings), signals_at(stores[0], LATER, settings))


def test_old_rows_and_what_was_made_of_them_are_gone_and_reviews_stay(
    whole: Path, settings: Configuration, tmp_path: Path
) -> None:
    unpruned, store = Store(whole / "store"), copy_of(whole, tmp_path / "pruned")
    report = prune(store, KEPT_WEEKS, settings)
    rows = {name: held(store, name) for name in TABLES}
    weeks_below = 17  # Tuesdays from the 3rd of January to the 25th of April
    sales, ranks = (rows[name][rows[name]["product_id"] == 101] for name in ("sales", "search_ranks"))
    assert len(sales) == 1 + 77 - 3 - weeks_below  # one on the floor, and three come after the split
    assert len(ranks) == 1 + 77 - 3 - weeks_below + 1  # the last place below is what the first above is held against
    assert report.removed["sales"] >= 2 * weeks_below
    for name in set(TABLES) - set(THINNED):
        pd.testing.assert_frame_equal(rows[name], held(unpruned, name))
    weeks = {entry.week for entry in store.manifest().files.values() if entry.group.startswith("signals/")}
    assert weeks == {"2023-08-07"}
    assert report.bytes > 0
    live = {store.path / path for path in store.manifest().files}
    assert {path for path in store.path.rglob("*.parquet") if path.parent.name.startswith("week=")} <= live


def test_a_cutoff_whose_windows_reach_below_the_floor_is_refused(
    pruned: Path, settings: Configuration, tmp_path: Path
) -> None:
    store = copy_of(pruned, tmp_path / "pruned")
    with pytest.raises(WrongUse, match=r"below 2023-05-01, from which .* can be computed is 2024-04-29"):
        signals_at(store, [date(2024, 4, 28)], settings)
    assert not signals_at(store, [FIRST_CUTOFF], settings).empty
    assert not signals_at(store, [date(2023, 8, 7)], settings).empty  # computed before, and above the floor


def test_what_was_removed_does_not_come_in_again(
    pruned: Path, market: Market, settings: Configuration, tmp_path: Path
) -> None:
    store = copy_of(pruned, tmp_path / "pruned")
    before = {name: held(store, name) for name in TABLES}
    below = deliver(store, "again", {name: rows for name, rows in market.items() if name in before}, settings)
    assert below["search_ranks"] == sum(row["observed_on"] < FLOOR for row in market["search_ranks"])
    for name in TABLES:
        rows = held(store, name)
        known = rows["known_at"] < pd.Timestamp(FLOOR)
        old = before[name]["known_at"] < pd.Timestamp(FLOOR)
        assert len(rows[known]) == len(before[name][old])


def test_rows_of_a_held_seller_stay_until_it_is_released(whole: Path, settings: Configuration, tmp_path: Path) -> None:
    unpruned, store = copy_of(whole, tmp_path / "unpruned"), copy_of(whole, tmp_path / "pruned")

    def rows_of(seller: int) -> list[int]:
        return [int((held(store, name)["product_id"] == seller).sum()) for name in ("sales", "search_ranks")]

    prune(store, KEPT_WEEKS, settings, held_sellers=[101], held_cutoffs=[date(2023, 4, 3)])
    assert (rows_of(101), rows_of(102)) == ([75, 75], [58, 59])
    assert not signals_at(store, [date(2023, 4, 3)], settings).empty
    pd.testing.assert_frame_equal(signals_anew(store, settings), signals_anew(unpruned, settings))
    prune(store, KEPT_WEEKS, settings)
    assert rows_of(101) == [58, 59]
    with pytest.raises(WrongUse, match="below 2023-05-01"):
        signals_at(store, [date(2023, 4, 3)], settings)


def test_pruned_again_it_stays_as_it_is_and_the_floor_never_sinks(
    pruned: Path, settings: Configuration, tmp_path: Path
) -> None:
    store = copy_of(pruned, tmp_path / "pruned")
    signals_at(store, LATER, settings)
    manifest = store.manifest()
    again = prune(store, 70, settings)
    assert (again.floor, dict(again.removed)) == (FLOOR, {})
    assert replace(store.manifest(), generation=0) == replace(manifest, generation=0)


def test_a_pruning_that_dies_leaves_the_store_as_it_was(
    whole: Path, settings: Configuration, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = copy_of(whole, tmp_path / "pruned")
    before = store.manifest()

    def die(*_: object) -> None:
        raise ScrubwatchError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(Store, "commit", die)
        with pytest.raises(ScrubwatchError, match="killed"):
            prune(store, KEPT_WEEKS, settings)
    assert store.manifest() == before
    assert all(path.exists() for path in store.paths(before.files))
    assert prune(store, KEPT_WEEKS, settings).floor == FLOOR


def test_a_young_store_has_no_floor(whole: Path, settings: Configuration, tmp_path: Path) -> None:
    store = copy_of(whole, tmp_path / "pruned")
    assert prune(store, 200, settings).as_json() == {"floor": None, "removed": {}, "bytes": 0}
    assert store.manifest().floor == ""


def test_a_review_dated_far_ahead_moves_no_floor_and_makes_few_files(
    whole: Path, settings: Configuration, tmp_path: Path
) -> None:
    store = copy_of(whole, tmp_path / "pruned")
    before = len(store.manifest().files)
    moment = datetime.fromisoformat("2190-01-05 12:00:00")
    review = {"review_id": 10**9, "product_id": STEADY[0], "reviewer_id": 1, "rating": 1, "verified": True}
    deliver(store, "ahead", {"reviews": [{**review, "created_at": moment}]}, settings)
    signals_at(store, [LATER[0]], settings)
    assert len(store.manifest().files) - before < 100  # running totals of 660 quarters are not kept
    assert prune(store, KEPT_WEEKS, settings).floor == FLOOR
