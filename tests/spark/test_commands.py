"""The command on Spark, from tables of a catalogue: the same scores as on DuckDB from files."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import scrubwatch
from examples.from_csv.convert import convert
from features.spark.start import start
from tests.spark.conftest import ZONE

ROOT = Path(__file__).parents[2]
STAFF = "restricted/staff.parquet"


@pytest.fixture
def shop(spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of the example's tables, below the folder in which commands run."""
    del spark
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setenv("TZ", ZONE)
    convert(ROOT / "examples" / "from_csv", tmp_path / "shop")
    return tmp_path / "shop"


def scored(monkeypatch: pytest.MonkeyPatch, data: str, engine: str) -> Path:
    """Score with a store of its own; returns the folder of the output."""
    common = ["--as-of", "2026-01-05", "--engine", engine, "--store", f"{engine}-store", "--out", f"{engine}-scores"]
    monkeypatch.setattr(sys, "argv", ["scrubwatch", "score", data, *common])
    with pytest.raises(SystemExit) as ended:
        scrubwatch.main()
    assert not ended.value.code
    return Path(f"{engine}-scores")


def assert_same(found: Path, expected: Path, file: str) -> None:
    rows = [pd.read_parquet(folder / file).drop(columns="reasons", errors="ignore") for folder in (found, expected)]
    assert len(rows[1])
    pd.testing.assert_frame_equal(*rows, rtol=1e-9)


def test_a_catalogue_is_scored_like_its_files(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain ids of the staff come from the tables as they do from the files."""
    session, recorded = start(), datetime(2026, 1, 4, 12, tzinfo=UTC)
    session.sql("create schema lake")
    for file in sorted(shop.glob("*.parquet")):
        rows = pq.read_table(file)
        moments = pa.array([recorded] * len(rows), pa.timestamp("us", "UTC"))
        pq.write_table(rows.append_column("recorded_at", moments), file)
        table = session.read.parquet(str(file)).write.option("path", str(shop.parent / "lake" / file.stem))
        table.saveAsTable(f"lake.{file.stem}")
    try:
        on_spark = scored(monkeypatch, "spark_catalog.lake", "spark")
    finally:
        session.sql("drop schema lake cascade")
    on_duckdb = scored(monkeypatch, shop.name, "duckdb")
    assert_same(on_spark, on_duckdb, "scores.parquet")
    assert_same(on_spark, on_duckdb, STAFF)
    assert set(pd.read_parquet(on_spark / STAFF)["actor_id"]) <= set(
        pd.read_parquet(shop / "review_actions.parquet")["actor_id"]
    )
