"""What a run with --engine spark says where Spark cannot run, or cannot read: no Java is needed to see it."""

from __future__ import annotations

import importlib.util
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pytest

from features.engine import open_session
from features.errors import WrongUse
from features.settings import EngineSettings
from features.spark.files import refuse_nanoseconds

SPARK = EngineSettings(name="spark", threads=1, memory_limit_mb=200)


def test_without_pyspark_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(WrongUse, match=r"pip install 'pyspark>=4.0,<5'.*Java 17"), open_session(SPARK, tmp_path):
        pass


def test_nanoseconds_are_refused_with_the_way_to_write_others() -> None:
    instants = pa.table({"acted_at": pa.array([datetime(2024, 1, 1)], pa.timestamp("ns"))})  # noqa: DTZ001  (naive UTC)
    with pytest.raises(WrongUse, match=r"a.parquet: column 'acted_at' is in nanoseconds.*coerce_timestamps='us'"):
        refuse_nanoseconds("a.parquet", instants.schema)
    refuse_nanoseconds("a.parquet", instants.cast(pa.schema([("acted_at", pa.timestamp("us"))])).schema)
