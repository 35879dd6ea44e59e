"""The command on Spark, from tables of a catalogue: the same scores as on DuckDB from files."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

import scrubwatch
from examples.from_csv.convert import convert
from features.contract import TABLES
from features.spark.start import start
from tests.spark.conftest import ZONE

ROOT = Path(__file__).parents[2]
STAFF = "restricted/staff.parquet"
LAST_RECORDED = pd.Timestamp("2026-01-04 12:00", tz="UTC")


@pytest.fixture
def shop(spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of the example's tables, below the folder in which commands run."""
    del spark
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setenv("TZ", ZONE)
    convert(ROOT / "examples" / "from_csv", tmp_path / "shop")
    return tmp_path / "shop"


def run(monkeypatch: pytest.MonkeyPatch, engine: str, *arguments: str) -> None:
    """Run the command on an engine, with the store of that engine."""
    common = ["--engine", engine, "--store", f"{engine}-store"]
    monkeypatch.setattr(sys, "argv", ["scrubwatch", *arguments, *common])
    with pytest.raises(SystemExit) as ended:
        scrubwatch.main()
    assert not ended.value.code


def scored(monkeypatch: pytest.MonkeyPatch, data: str, engine: str) -> Path:
    """Score; returns the folder of the output."""
    run(monkeypatch, engine, "score", data, "--as-of", "2026-01-05", "--out", f"{engine}-scores")
    return Path(f"{engine}-scores")


def somebody(scores: Path) -> tuple[str, str]:
    """A case and the pseudonym of a member of staff whom its evidence tells."""
    for case in pq.read_table(scores / "cases.parquet").to_pylist():
        for event in case["evidence"]:
            if told := re.match(r"Staff (\d+) removed", event["text"]):
                return case["case_id"], told.group(1)
    raise AssertionError("no case tells who removed a review")


def assert_same(found: Path, expected: Path, file: str) -> None:
    rows = [pd.read_parquet(folder / file).drop(columns="reasons", errors="ignore") for folder in (found, expected)]
    assert len(rows[1])
    pd.testing.assert_frame_equal(*rows, rtol=1e-9)


def test_a_catalogue_is_scored_like_its_files(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Plain ids of the staff come from the tables as they do from the files."""
    session = start()
    session.sql("create schema lake")
    for file in sorted(shop.glob("*.parquet")):
        rows, contract = pd.read_parquet(file), TABLES[file.stem]
        happened = pd.to_datetime(rows.get(contract.happened, rows.get(contract.happened_default)), utc=True)
        rows["recorded_at"] = happened.dt.ceil("28D").clip(upper=LAST_RECORDED).astype("datetime64[us, UTC]")
        rows.to_parquet(file, index=False)
        table = session.read.parquet(str(file)).write.option("path", str(shop.parent / "lake" / file.stem))
        table.saveAsTable(f"lake.{file.stem}")
    try:
        on_spark = scored(monkeypatch, "spark_catalog.lake", "spark")
        case, person = somebody(on_spark)
        capsys.readouterr()
        asked = ["--case", case, "--why", "two batches without a ticket", "--by", "ada", "--second", "bea"]
        run(monkeypatch, "spark", "reveal", person, "--data", "spark_catalog.lake", *asked)
        named = capsys.readouterr().out.splitlines()[0].rpartition(" ")[2]
    finally:
        session.sql("drop schema lake cascade")
    on_duckdb = scored(monkeypatch, shop.name, "duckdb")
    assert_same(on_spark, on_duckdb, "scores.parquet")
    assert_same(on_spark, on_duckdb, STAFF)
    workers = set(pd.read_parquet(shop / "review_actions.parquet")["actor_id"])
    assert {named, *pd.read_parquet(on_spark / STAFF)["actor_id"]} <= workers
