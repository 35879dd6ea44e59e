"""One market on both engines, with Spark on a driver whose zone is not UTC; without Spark these tests are skipped."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd
import pytest

from features.intake import take_in
from features.panel import signals_at
from features.settings import read_settings
from features.store import Store
from model.settings import Configuration
from tests.features.busy_market import busy_market
from tests.features.deliveries import for_small_markets
from tests.features.random_market import write_rows
from tests.features.random_moments import Market, any_moment

CUTOFFS = [date(2024, 5, 6), date(2024, 7, 1)]
EARLIER, LATER = date(2024, 6, 3), date(2024, 8, 5)
ZONE = "America/New_York"
REVIEWS = 20_000


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A small Spark: nothing is compiled for a query, as most of these read few rows."""
    sql = pytest.importorskip("pyspark.sql", reason="PySpark is not installed: make spark")
    if shutil.which("java") is None:
        pytest.skip("Java is not installed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", ZONE)
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        time.tzset()
        settings = {
            "spark.ui.enabled": "false",
            "spark.ui.retainedJobs": "100000",  # for those who count them
            "spark.sql.warehouse.dir": str(tmp_path_factory.mktemp("warehouse")),
            "spark.sql.shuffle.partitions": "2",
            "spark.sql.codegen.wholeStage": "false",
            "spark.driver.extraJavaOptions": f"-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Duser.timezone={ZONE}",
        }
        builder = sql.SparkSession.builder.master(f"local[{min(2, os.cpu_count() or 1)}]")
        for name, value in settings.items():
            builder = builder.config(name, value)
        running = builder.getOrCreate()
        running.sparkContext.setLogLevel("OFF")
        yield running
        running.stop()
    time.tzset()


@dataclass(frozen=True)
class Engines:
    """What came of the same data: stores and signals, by the name of the engine, and the settings of each.

    ``stages`` are those that Spark planned for each step.
    """

    data: Path
    settings: dict[str, Configuration]
    stores: dict[str, Store] = field(default_factory=dict)
    signals: dict[str, pd.DataFrame] = field(default_factory=dict)
    reports: dict[str, Any] = field(default_factory=dict)
    stages: dict[str, int] = field(default_factory=dict)


def the_market() -> Market:
    """A busy market with many reviews more: its sellers have every kind of trouble, and some load."""
    random = Random(3)  # noqa: S311  (a market, not a secret)
    market, _ = busy_market(random)
    products = sorted({row["product_id"] for row in market["products"]})
    market["reviews"] += [
        {
            "review_id": 10_000 + number,
            "product_id": random.choice(products),
            "reviewer_id": random.randrange(1, 5_000),
            "rating": random.randrange(1, 6),
            "verified": random.randrange(4) > 0,
            "created_at": any_moment(random),
        }
        for number in range(REVIEWS)
    ]
    market["search_ranks"] = [
        *market.get("search_ranks", []),
        *(
            {"product_id": product, "query_id": 900 + query, "observed_on": on, "position": place, "sponsored": False}
            for query in range(4)
            for on in (date(2023, 6, 5) + timedelta(weeks=week) for week in range(58))
            for place, product in enumerate(random.sample(products, max(1, len(products) - query)), start=1)
        ),
    ]
    sellers = sorted({row["seller_id"] for row in market["sellers"]})
    market["buyer_reports"] = [
        {"report_id": number, "seller_id": seller, "reported_at": any_moment(random), "kind": "paid_review"}
        for number, seller in enumerate(sellers * 3)
    ]
    market["staff_access"] += [
        {
            "access_id": 10_000 + number,
            "actor_id": random.randrange(1, 9),
            "accessed_at": any_moment(random),
            "resource": random.choice(("sales_report", "ranking_internals")),
            "seller_id": seller,
            "records": 1 + number,
        }
        for number, seller in enumerate(sellers * 5)
    ]
    return market


def with_engine(settings: Configuration, name: str) -> Configuration:
    return settings.model_copy(update={"engine": settings.engine.model_copy(update={"name": name})})


@pytest.fixture(scope="session")
def engines(spark: Any, tmp_path_factory: pytest.TempPathFactory) -> Engines:
    folder = tmp_path_factory.mktemp("engines")
    configuration = read_settings(Path(__file__).parents[2] / "configs" / "scrubwatch.yaml", Configuration)
    settings = for_small_markets(configuration, folder / "key")
    for name, rows in the_market().items():
        write_rows(folder / "data" / f"{name}.parquet", name, rows)
    found = Engines(folder / "data", {name: with_engine(settings, name) for name in ("duckdb", "spark")})
    for name, each in found.settings.items():
        found.stores[name] = Store(folder / name)
        planned = [planned_stages(spark)]
        found.reports[name] = take_in(folder / "data", found.stores[name], None, each)
        planned.append(planned_stages(spark))
        found.signals[name] = signals_at(found.stores[name], CUTOFFS, each)
        planned.append(planned_stages(spark))
        if name == "spark":
            found.stages.update({"taking in": planned[1] - planned[0], "signals": planned[2] - planned[1]})
    return found


def planned_stages(spark: Any) -> int:
    """How many stages this Spark has planned so far; those that adaptive execution then skips are among them."""
    tracker = spark.sparkContext.statusTracker()
    return sum(len(tracker.getJobInfo(job).stageIds) for job in tracker.getJobIdsForGroup())
