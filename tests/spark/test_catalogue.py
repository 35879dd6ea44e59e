"""Tables of a catalogue are a delivery: days that are new are taken in, and none may lose rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from features.delivery import Delivery
from features.errors import ContractBroken
from features.intake import take_in
from features.settings import read_settings
from features.spark.catalogue import stage_catalogue
from features.spark.start import start
from features.store import InputFile, Store
from model.settings import Configuration
from tests.features.conftest import deliver, honest_tables, moment, review
from tests.features.deliveries import for_small_markets, outcome
from tests.spark.conftest import with_engine

NAME = "spark_catalog.market"
FIRST, SECOND = "2023-01-05 12:00", "2023-01-06 23:30"


def tables() -> dict[str, list[dict[str, Any]]]:
    """Two honest sellers; all was recorded on one day, but for a review of the next."""
    found = {
        name: [{**row, "recorded_at": moment(FIRST)} for row in rows]
        for name, rows in honest_tables().items()
        if name != "coverage"
    }
    found["reviews"].append(review("late", "lamp", 1, "2023-01-06 10:00", recorded_at=moment(SECOND)))
    return found


@pytest.fixture
def session(spark: Any, tmp_path: Path) -> Iterator[Any]:
    """Return a session whose catalogue holds the tables, which also lie in a folder."""
    del spark
    session = start()
    folder = deliver(tmp_path / "data", tables())
    session.sql("create schema market")
    for name in tables():
        rows = session.read.parquet(str(folder / f"{name}.parquet"))
        rows.write.option("path", str(tmp_path / "lake" / name)).saveAsTable(f"market.{name}")
    yield session
    session.sql("drop schema market cascade")


def staged(session: Any, taken: dict[str, InputFile], folder: Path) -> Delivery:
    return stage_catalogue(session, NAME, taken, {}, folder)


def test_only_days_that_grew_are_staged_again(session: Any, tmp_path: Path) -> None:
    first = staged(session, {}, tmp_path / "first")
    assert {path: entry.rows for path, entry in first.files.items() if "/reviews/" in path} == {
        f"{NAME}/reviews/recorded_on=2023-01-05": 1,
        f"{NAME}/reviews/recorded_on=2023-01-06": 1,
    }
    again = staged(session, dict(first.files), tmp_path / "again")
    assert sum(entry.rows for table in again.tables.values() for entry in table.fresh.values()) == 0
    smaller = {
        path: InputFile(e.table, e.rows - ("reviews/recorded_on=2023-01-06" in path), 0, "")
        for path, e in first.files.items()
    }
    grown = staged(session, smaller, tmp_path / "grown")
    assert [entry.rows for entry in grown.tables["reviews"].fresh.values() if entry.rows] == [1]


def test_a_day_that_lost_rows_stops_the_run(session: Any, tmp_path: Path) -> None:
    held = {f"{NAME}/reviews/recorded_on=2023-01-06": InputFile("reviews", 3, 0, "")}
    with pytest.raises(ContractBroken, match=r"market.reviews: 2 of the 3 rows recorded on 2023-01-06 are gone"):
        staged(session, held, tmp_path / "staged")


def test_a_table_must_say_when_its_rows_were_recorded(session: Any, tmp_path: Path) -> None:
    rows = session.table("market.products").drop("recorded_at")
    session.sql("drop table market.products")
    rows.write.option("path", str(tmp_path / "lake" / "other")).saveAsTable("market.products")
    with pytest.raises(ContractBroken, match=r"products.recorded_at: required column is missing"):
        staged(session, {}, tmp_path / "staged")


def test_a_catalogue_lands_what_a_folder_lands(session: Any, tmp_path: Path) -> None:
    del session
    configuration = read_settings(Path(__file__).parents[2] / "configs" / "scrubwatch.yaml", Configuration)
    settings = for_small_markets(configuration, tmp_path / "key")
    duck, on_spark = Store(tmp_path / "duck"), Store(tmp_path / "spark")
    take_in(tmp_path / "data", duck, None, settings)
    take_in(Path(NAME), on_spark, None, with_engine(settings, "spark"))
    assert outcome(on_spark).landed == outcome(duck).landed
    assert f"{NAME}/reviews/recorded_on=2023-01-06" in on_spark.manifest().inputs
