"""The signal table of one cutoff in its file, read part by part: all sellers' signals need not fit into memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from features.distributions import Floats

if TYPE_CHECKING:
    import pandas as pd

ROWS_A_PART = 2**13
"""Rows of a part as they are written: few, so that a few sellers' rows are found without reading the others'."""

_FEW_VALUES = ("marketplace", "category", "size_band", "peer_group")
_ROWS_IN_CACHE = 2**6


class StoredSignals:
    """The signal table of one cutoff; rows are numbered from 0 in the order of the sellers' ids."""

    def __init__(self, path: Path) -> None:
        """Open the file, as ``signals_at`` stores it."""
        self.path = path
        self._file = pq.ParquetFile(path)

    def __len__(self) -> int:
        """How many sellers there are."""
        return int(self._file.metadata.num_rows)

    @cached_property
    def sellers(self) -> pd.DataFrame:
        """All sellers: seller_id, and as categories marketplace, category, size_band and peer_group."""
        file = pq.ParquetFile(self.path, read_dictionary=list(_FEW_VALUES))
        read = file.read(columns=["seller_id", *_FEW_VALUES]).unify_dictionaries().to_pandas()
        return read.assign(**{name: _in_order(read[name]) for name in _FEW_VALUES})

    def matrices(self, names: Sequence[str]) -> Iterator[Floats]:
        """Some signals of all sellers: arrays of shape (rows of a part, names), NaN where a signal is missing."""
        for part in self._parts(names):
            yield _matrix(part, names)

    def parts(self, names: Sequence[str]) -> Iterator[pd.DataFrame]:
        """Some columns of all sellers, a part of the rows at a time, on their numbers."""
        first = 0
        for part in self._parts(names):
            rows = part.to_pandas()
            yield rows.set_axis(np.arange(first, first + len(rows)))
            first += len(rows)

    def column(self, name: str) -> Floats:
        """One signal of all sellers, NaN where it is missing."""
        return np.concatenate([part[:, 0] for part in self.matrices([name])] or [np.zeros(0)])

    def rows(self, index: pd.Index) -> pd.DataFrame:
        """All columns of the sellers with these numbers, in their order."""
        wanted, first, found = np.sort(index.to_numpy(dtype=np.int64)), 0, [self._file.schema_arrow.empty_table()]
        for number, size in enumerate(self._sizes()):
            here = wanted[(wanted >= first) & (wanted < first + size)] - first
            if len(here):
                found.append(self._file.read_row_group(number, use_threads=False).take(here))
            first += size
        return pa.concat_tables(found).to_pandas().set_axis(wanted).loc[index]

    def missing_by_marketplace(self) -> dict[str, list[str]]:
        """Signals that no seller of a marketplace has, by marketplace; a part is read only for what is still open."""
        marketplace, first = self.sellers["marketplace"], 0
        signals = [field.name for field in self._file.schema_arrow if pa.types.is_floating(field.type)]
        missing = {str(name): list(signals) for name in marketplace.cat.categories}
        for number, size in enumerate(self._sizes()):
            here = marketplace.iloc[first : first + size].astype(str).to_numpy()
            asked = sorted({name for each in np.unique(here) for name in missing[each]})
            known = self._file.read_row_group(number, columns=asked, use_threads=False).to_pandas().notna()
            for name, row in known.groupby(here).any().iterrows():
                missing[str(name)] = [each for each in missing[str(name)] if not row[each]]
            first += size
        return {name: told for name, told in missing.items() if told}

    def _sizes(self) -> list[int]:
        metadata = self._file.metadata
        return [metadata.row_group(number).num_rows for number in range(metadata.num_row_groups)]

    def _parts(self, names: Sequence[str]) -> Iterator[pa.Table]:
        for number in range(self._file.metadata.num_row_groups):
            yield self._file.read_row_group(number, columns=list(names), use_threads=False)


def as_written(schema: pa.Schema) -> dict[str, Any]:
    """How such a file is written: LZ4, and dictionaries for texts alone, as it is read far more often than kept.

    Beside zstd with dictionaries for all, reading and writing cost half, for a quarter more bytes.
    """
    return {"compression": "lz4", "use_dictionary": [field.name for field in schema if pa.types.is_string(field.type)]}


def _in_order(column: pd.Series) -> pd.Series:
    categories = column.astype("category").cat  # a table without rows may have no dictionary
    return categories.reorder_categories(sorted(categories.categories))


def _matrix(part: pa.Table, names: Sequence[str]) -> Floats:
    """The columns side by side, turned a few rows at a time, so that what is read and written stays in the cache."""
    columns = np.empty((len(names), len(part)))
    for place, name in enumerate(names):
        columns[place] = part.column(name).to_numpy()
    rows = np.empty((len(part), len(names)))
    for start in range(0, len(rows), _ROWS_IN_CACHE):
        few = slice(start, start + _ROWS_IN_CACHE)
        rows[few] = columns[:, few].T
    return rows
