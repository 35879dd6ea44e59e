"""Reads one Parquet file as the table that it is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq


def read_file(path: Path, filters: Sequence[tuple[str, str, Any]] | None = None) -> pa.Table:
    """All columns of the file; a folder named `as_of=DATE` above it is no column, as it would be to older PyArrow."""
    return pq.read_table(path, filters=None if filters is None else list(filters), partitioning=None)
