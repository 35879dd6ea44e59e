"""Starts Spark, or says what is missing for it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from features.errors import WrongUse
from features.locks import make_scratch
from features.spark.session import SparkConnection

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.adaptive.enabled": "true",
    "spark.sql.parquet.inferTimestampNTZ.enabled": "true",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
}
"""What equal answers need; all other settings are the user's own, as Spark finds them."""

INSTALL = "pip install 'pyspark>=4.0,<5'"


@contextmanager
def connect(scratch: Path) -> Iterator[SparkConnection]:
    """Open a session whose tables live, and die, in a folder under ``scratch``."""
    spark = start()
    make_scratch(scratch)
    with TemporaryDirectory(prefix="spark-", dir=scratch.resolve(), ignore_cleanup_errors=True) as tables:
        yield SparkConnection(spark, Path(tables))


def start() -> SparkSession:
    """A session of its own in the running Spark, else in one that is started as Spark's own settings say.

    Raises:
        WrongUse: PySpark is not installed, or there is no Java to run it.

    """
    if importlib.util.find_spec("pyspark") is None:
        raise WrongUse(
            f"--engine spark: PySpark is not installed; install it beside Scrubwatch with `{INSTALL}` and Java 17"
            " (Debian: apt-get install openjdk-17-jre-headless), or run with --engine duckdb"
        )
    from pyspark.sql import SparkSession  # noqa: PLC0415  (an extra)

    running = SparkSession.getActiveSession()
    if running is None and shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        raise WrongUse(
            "--engine spark: no Java was found; install Java 17 (Debian: apt-get install openjdk-17-jre-headless), or"
            " run with --engine duckdb"
        )
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # the executors' interpreter must be the driver's
    spark = (running or SparkSession.builder.appName("scrubwatch").getOrCreate()).newSession()
    for name, value in SETTINGS.items():
        spark.conf.set(name, value)
    return spark
