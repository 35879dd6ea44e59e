"""One honest seller begins to buy help: nothing else changes, and what that brings is worked out as the market does."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.errors import WrongUse
from simulator import simulate
from simulator.demand import _expected_units, _places, _shown_rating_edge
from simulator.evasion.copies import PART, seller_ids, write_copy
from simulator.evasion.entrant import Entrant, _Sales, enter
from simulator.evasion.helpers import helpers_of
from simulator.evasion.ledger import Effect
from simulator.evasion.stage import Stage, set_stage
from simulator.evasion.strategy import IDLE, Bought, Strategy, cost_of, drawn_strategies, read_evasion, varied
from simulator.evasion.theatre import Theatre
from simulator.judge import read_market
from simulator.settings import SimulatorSettings, settings_with
from tests.simulator.conftest import digest

WEEKS, ENTRY = 50, 24
ALL_AT_ONCE = Strategy(1.0, 1, "newest", 2, own=True, forged=1.0, sittings=1, cover=0.0, pause=0, pressure=0.0)
PRESSES = replace(ALL_AT_ONCE, pressure=1.0)


@pytest.fixture(scope="module")
def settings() -> SimulatorSettings:
    return settings_with({"reviews": {"per_unit": 0.12}}, sellers=120, weeks=WEEKS, seed=4)


@pytest.fixture(scope="module")
def entry_on(settings: SimulatorSettings) -> date:
    return settings.market.start_on + timedelta(weeks=ENTRY)


@pytest.fixture(scope="module")
def stage(settings: SimulatorSettings, entry_on: date) -> Stage:
    return set_stage(settings, entry_on)


@pytest.fixture(scope="module")
def data(settings: SimulatorSettings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fixed")
    simulate(folder / "data", folder / "truth", settings)
    return folder / "data"


def played(stage: Stage, strategy: Strategy, count: int = 6) -> list[Entrant]:
    return [enter(stage, int(host), strategy, [1], number) for number, host in enumerate(stage.hosts[:count])]


def added(folder: Path, table: str) -> pa.Table:
    files = sorted((folder / table).rglob(f"{PART}.parquet"))
    return pa.concat_tables([pq.ParquetFile(file).read() for file in files])


def test_looking_on_changes_no_byte_of_the_market(
    settings: SimulatorSettings, data: Path, tmp_path: Path, stage: Stage
) -> None:
    class Looker:
        def see(self, *_: object) -> None:
            """Look on."""

        def end(self, *_: object) -> None:
            """Look on."""

    simulate(tmp_path / "data", tmp_path / "truth", settings, Looker())
    assert digest(tmp_path / "data") == digest(data)
    assert read_market(tmp_path / "truth") == settings == stage.world.settings


def test_the_rest_of_the_market_stays_byte_for_byte(stage: Stage, data: Path, tmp_path: Path) -> None:
    before = digest(data)
    write_copy(stage, data, played(stage, ALL_AT_ONCE), tmp_path / "copy")
    own = [file for file in (tmp_path / "copy").rglob("*.parquet") if file.stem != PART]
    names = {file.relative_to(data) for file in data.rglob("*.parquet")}
    assert {file.relative_to(tmp_path / "copy") for file in own} == names
    assert all(file.read_bytes() == (data / file.relative_to(tmp_path / "copy")).read_bytes() for file in own)
    assert digest(data) == before


def test_what_an_entrant_adds_is_about_its_own_listings(stage: Stage, data: Path, tmp_path: Path) -> None:
    entrants = played(stage, replace(ALL_AT_ONCE, pressure=0.5, cover=0.5))
    ids = set(write_copy(stage, data, entrants, tmp_path))
    products = pq.read_table(data / "products").to_pandas().drop_duplicates("product_id", keep="last")
    own = set(products.loc[products["seller_id"].isin(ids), "product_id"])
    reviews = pq.read_table(data / "reviews").to_pandas().set_index("review_id")["product_id"]
    assert set(added(tmp_path, "sales")["product_id"].to_pylist()) <= own
    assert set(added(tmp_path, "search_ranks")["product_id"].to_pylist()) <= own
    assert set(reviews.loc[added(tmp_path, "review_actions")["review_id"].to_pylist()]) <= own
    assert set(added(tmp_path, "tickets")["seller_id"].to_pylist()) <= ids
    assert ids == set(seller_ids(stage, entrants))


def test_nobody_else_ever_acts_on_what_an_entrant_has_removed(stage: Stage, data: Path, tmp_path: Path) -> None:
    write_copy(stage, data, played(stage, ALL_AT_ONCE), tmp_path)
    others = pq.read_table(data / "review_actions")["review_id"].to_pylist()
    assert not set(added(tmp_path, "review_actions")["review_id"].to_pylist()) & set(others)


def test_whoever_buys_nothing_changes_nothing_and_pays_nothing(stage: Stage) -> None:
    for entrant in played(stage, IDLE):
        assert (entrant.extra, entrant.rows) == (0.0, ())
        assert cost_of(entrant.bought, read_evasion().prices) == 0
        assert entrant.usual > 0


def test_the_same_seed_gives_the_same_half_year(stage: Stage) -> None:
    first, again = (enter(stage, int(stage.hosts[0]), ALL_AT_ONCE, [7], 0) for _ in range(2))
    other = enter(stage, int(stage.hosts[0]), ALL_AT_ONCE, [8], 0)
    assert (first.extra, first.bought) == (again.extra, again.bought)
    assert other.extra != first.extra


def test_more_removals_bring_more(stage: Stage) -> None:
    gains = [
        sum(entrant.extra for entrant in played(stage, replace(ALL_AT_ONCE, share=share), 12))
        for share in (0.0, 0.4, 1.0)
    ]
    assert gains == sorted(gains)
    assert gains[-1] > 0


def test_what_is_removed_at_once_brings_more_than_what_is_removed_later(stage: Stage) -> None:
    at_once, later = (
        sum(entrant.extra for entrant in played(stage, replace(ALL_AT_ONCE, weeks=weeks), 12)) for weeks in (1, 26)
    )
    assert at_once > later


def test_a_changed_rating_is_worth_what_the_simulators_demand_says(stage: Stage) -> None:
    host, world = int(stage.hosts[0]), stage.world
    product = int(np.flatnonzero(world.products.seller == host)[0])
    week = stage.weeks[5]
    sales = _Sales(stage, host, [Effect(0, product, -3, -3)], np.random.default_rng(1))
    sales._count[0], sales._stars[0] = -3, -3
    ratio, _ = sales._ratio(week)
    shelf, active = world.shelf, week.traded.active
    kept = shelf.shown_count, shelf.shown_stars
    try:
        units = []
        for removed in (0, 3):
            shelf.shown_count, shelf.shown_stars = week.shown_count.copy(), week.shown_stars.copy()
            edge = _shown_rating_edge(world)
            shelf.shown_count[product] -= removed
            shelf.shown_stars[product] -= removed
            lift = world.settings.demand.rating_weight * (_shown_rating_edge(world) - edge)
            standing = week.traded.standing + lift[world.searches.product]
            units.append(_expected_units(world, _places(world, standing, active), stage.entry + 5))
    finally:
        shelf.shown_count, shelf.shown_stars = kept
    assert active[product]
    assert ratio[0] == pytest.approx(units[1][product] / units[0][product])
    assert ratio[0] > 1


def test_nothing_is_done_while_a_strategy_rests(stage: Stage) -> None:
    resting = replace(ALL_AT_ONCE, weeks=26, pause=4)
    first = stage.world.week_start(stage.entry)
    weeks = {
        int((instant - first) // (7 * 86_400_000_000))
        for entrant in played(stage, resting)
        for table, _, columns in entrant.rows
        if table == "review_actions"
        for instant in np.atleast_1d(columns["acted_at"])
    }
    assert weeks
    assert all(week % 8 < 5 for week in weeks)  # a sitting may last past midnight of the last day
    assert not weeks & {6, 7, 14, 15, 22, 23}


def test_own_staff_serve_no_ring_and_shared_staff_serve_one(stage: Stage) -> None:
    random = np.random.default_rng(1)
    own = helpers_of(stage, int(stage.hosts[0]), ALL_AT_ONCE, random)
    shared = helpers_of(stage, int(stage.hosts[0]), replace(ALL_AT_ONCE, own=False), random)
    assert not np.isin(own.moderators, stage.rings.actor).any()
    assert np.isin(shared.moderators, stage.rings.actor).all()


def test_pressure_looks_addresses_up_and_removes_nothing_by_staff(stage: Stage) -> None:
    entrants = played(stage, PRESSES)
    assert sum(entrant.bought.addresses for entrant in entrants) > 0
    assert sum(entrant.bought.removals for entrant in entrants) == 0
    assert {table for entrant in entrants for table, *_ in entrant.rows} >= {
        "staff_access",
        "tickets",
        "review_actions",
    }


@pytest.mark.parametrize(
    ("bought", "dollars"),
    [
        (Bought(0, 0, 0, 0, 0, 0), 0),
        (Bought(1, 0, 0, 0, 0, 0), 1500),  # brokers want five at least
        (Bought(6, 2, 0, 0, 3, 0), 2460),  # cover is paid as a removal, a forged ticket costs 20
        (Bought(0, 0, 4, 2, 0, 1), 2440),  # 4 addresses at 80, 2 refunds at 60, one own member of staff
    ],
)
def test_what_help_costs(bought: Bought, dollars: float) -> None:
    assert cost_of(bought, read_evasion().prices) == dollars


def test_drawn_strategies_are_different_and_the_same_again() -> None:
    levers = read_evasion().levers
    drawn, again = (drawn_strategies(levers, 40, np.random.default_rng(3)) for _ in range(2))
    assert drawn == again
    assert len(set(drawn)) == 40


def test_a_variation_differs_in_few_levers_from_a_parent() -> None:
    children = varied([ALL_AT_ONCE], read_evasion().levers, 10, np.random.default_rng(3))
    differing = [
        sum(a != b for a, b in zip(vars(c).values(), vars(ALL_AT_ONCE).values(), strict=True)) for c in children
    ]
    assert set(differing) <= {1, 2}


def test_the_tables_of_another_market_are_refused(stage: Stage, tmp_path: Path) -> None:
    simulate(tmp_path / "data", tmp_path / "truth", settings_with({}, sellers=30, weeks=4, seed=9))
    with pytest.raises(WrongUse, match="name the truth"):
        Theatre(stage, tmp_path / "data", read_evasion())


def test_an_entrant_needs_half_a_year_of_the_market(settings: SimulatorSettings, entry_on: date) -> None:
    with pytest.raises(WrongUse, match="at the latest"):
        set_stage(settings, entry_on + timedelta(weeks=1))
    with pytest.raises(WrongUse, match="begins with one of the market's weeks"):
        set_stage(settings, entry_on - timedelta(days=3))
