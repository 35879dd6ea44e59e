"""The command on Spark: the same scores as on DuckDB, from a folder of files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import scrubwatch
from examples.from_csv.convert import convert
from tests.spark.conftest import ZONE

ROOT = Path(__file__).parents[2]


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr(sys, "argv", ["scrubwatch", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        scrubwatch.main()
    return ended.value.code if isinstance(ended.value.code, int) else 0


def test_a_shop_is_scored_the_same(spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    del spark
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setenv("TZ", ZONE)
    convert(ROOT / "examples" / "from_csv", tmp_path / "shop")
    for engine in ("duckdb", "spark"):
        common = ["shop", "--as-of", "2026-01-05", "--engine", engine, "--store", f"{engine}-store"]
        assert run(monkeypatch, "score", *common, "--out", f"{engine}-scores") == 0
    found, expected = (pd.read_parquet(f"{engine}-scores/scores.parquet") for engine in ("spark", "duckdb"))
    assert found["rank"].tolist() == expected["rank"].tolist()
    pd.testing.assert_frame_equal(found.drop(columns="reasons"), expected.drop(columns="reasons"), rtol=1e-9)
