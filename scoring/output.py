"""The files of a scoring run: staged beside their place, renamed as a whole, the same bytes for the same scores."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.errors import WrongUse
from features.locks import owner_only

RUN = "run.json"
SCORES = "scores.parquet"
RESTRICTED = "restricted"
AUDITS = "audits.parquet"
STAFF = "staff.parquet"
RINGS = "rings.parquet"

_WRITTEN: dict[str, Any] = {"compression": "zstd", "version": "2.6", "store_schema": False}
_ROWS_AT_ONCE = 2**20

REASON = pa.struct(
    [
        ("signal", pa.string()),
        ("value", pa.float64()),
        ("peer_median", pa.float64()),
        ("contribution", pa.float64()),
        ("text", pa.string()),
    ]
)


def scores_schema(seller_key: pa.DataType) -> pa.Schema:
    """Columns of ``scores.parquet``; ``score`` and ``log_odds`` are null on day zero."""
    return pa.schema(
        [
            pa.field("seller_id", seller_key, nullable=False),
            pa.field("as_of", pa.date32(), nullable=False),
            pa.field("score", pa.float64()),
            pa.field("log_odds", pa.float64()),
            pa.field("strength", pa.float64(), nullable=False),
            pa.field("rank", pa.int64(), nullable=False),
            pa.field("lists", pa.list_(pa.string()), nullable=False),
            pa.field("alerted", pa.bool_(), nullable=False),
            pa.field("model", pa.string(), nullable=False),
            pa.field("reasons", pa.list_(REASON), nullable=False),
        ]
    )


def audits_schema(seller_key: pa.DataType) -> pa.Schema:
    """Columns of ``restricted/audits.parquet``."""
    return pa.schema(
        [
            pa.field("seller_id", seller_key, nullable=False),
            pa.field("drawn_on", pa.date32(), nullable=False),
            pa.field("stratum", pa.string(), nullable=False),
            pa.field("selection_probability", pa.float64(), nullable=False),
        ]
    )


def staff_schema(staff_key: pa.DataType, seller_key: pa.DataType) -> pa.Schema:
    """Columns of ``restricted/staff.parquet``."""
    return pa.schema(
        [
            pa.field("actor_id", staff_key, nullable=False),
            pa.field("score", pa.float64(), nullable=False),
            pa.field("rank", pa.int64(), nullable=False),
            pa.field("alerted", pa.bool_(), nullable=False),
            pa.field("false_share", pa.float64(), nullable=False),
            pa.field("sellers", pa.list_(seller_key), nullable=False),
            pa.field("observed", pa.int64(), nullable=False),
            pa.field("expected", pa.float64(), nullable=False),
            pa.field("text", pa.string(), nullable=False),
        ]
    )


def rings_schema(staff_key: pa.DataType, seller_key: pa.DataType) -> pa.Schema:
    """Columns of ``restricted/rings.parquet``."""
    return pa.schema(
        [
            pa.field("ring_id", pa.string(), nullable=False),
            pa.field("sellers", pa.list_(seller_key), nullable=False),
            pa.field("staff", pa.list_(staff_key), nullable=False),
            pa.field("first_seen_on", pa.date32(), nullable=False),
            pa.field("text", pa.string(), nullable=False),
        ]
    )


def key_type(sellers: pd.Series) -> pa.DataType:
    """Arrow type of the sellers' keys: 64-bit integers or strings, as delivered."""
    return pa.int64() if pd.api.types.is_integer_dtype(sellers.dtype) else pa.string()


def write_scores(folder: Path, scored: pd.DataFrame, reasons: pd.Series, as_of: date, model: str) -> None:
    """Write ``scores.parquet``, sorted by rank, a part of the rows at a time; missing numbers are null.

    Args:
        folder: of the run.
        scored: a row a seller with all columns of the file but those that follow.
        reasons: lists of reasons, on the index of the listed.
        as_of: the cutoff.
        model: what ordered the sellers.

    """
    schema, order = scores_schema(key_type(scored["seller_id"])), np.argsort(scored["rank"].to_numpy())
    with pq.ParquetWriter(folder / SCORES, schema, **_WRITTEN) as writer:
        for start in range(0, max(len(order), 1), _ROWS_AT_ONCE):
            rows = scored.iloc[order[start : start + _ROWS_AT_ONCE]]
            listed = rows.index[rows["alerted"]]
            told = {
                "as_of": pa.repeat(pa.scalar(as_of, pa.date32()), len(rows)),
                "lists": _lists(rows["lists"][listed], rows.index, schema.field("lists").type),
                "model": pa.repeat(model, len(rows)),
                "reasons": _lists(reasons[listed], rows.index, schema.field("reasons").type),
            }
            columns = [
                told[field.name] if field.name in told else pa.array(rows[field.name], field.type, from_pandas=True)
                for field in schema
            ]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))


def _lists(some: pd.Series, index: pd.Index, kind: pa.ListType) -> pa.ListArray:
    """A list for each place of the index, empty where there is none; without a Python object for each of these."""
    items = [list(each) for each in some]
    lengths = np.zeros(len(index), dtype=np.int32)
    lengths[index.get_indexer_for(some.index)] = [len(each) for each in items]
    offsets = np.concatenate([np.zeros(1, dtype=np.int32), np.cumsum(lengths, dtype=np.int32)])
    values = pa.array([item for each in items for item in each], kind.value_type)
    return pa.ListArray.from_arrays(pa.array(offsets), values, type=kind)


def write_audits(folder: Path, audits: pd.DataFrame, seller_key: pa.DataType) -> None:
    """Write ``restricted/audits.parquet``; it may have no rows."""
    ordered = audits.sort_values(["stratum", "seller_id"], kind="stable")
    write_restricted(folder, AUDITS, ordered, audits_schema(seller_key))


def write_staff(
    folder: Path, staff: pd.DataFrame, rings: pd.DataFrame, staff_key: pa.DataType, seller_key: pa.DataType
) -> None:
    """Write ``restricted/staff.parquet``, by rank, and ``restricted/rings.parquet``; they may have no rows."""
    write_restricted(folder, STAFF, staff, staff_schema(staff_key, seller_key))
    write_restricted(folder, RINGS, rings, rings_schema(staff_key, seller_key))


def write_restricted(folder: Path, name: str, rows: pd.DataFrame, schema: pa.Schema) -> None:
    """Write a file that only its owner can read, in a folder that only its owner can open."""
    restricted = folder / RESTRICTED
    restricted.mkdir(mode=0o700, exist_ok=True)
    with owner_only():
        write_table(restricted / name, rows, schema)


def write_restricted_text(folder: Path, name: str, text: str) -> None:
    """Write a text that only its owner can read, beside the restricted tables."""
    with owner_only():
        (folder / RESTRICTED / name).write_text(text, encoding="utf-8")


def write_record(folder: Path, record: Mapping[str, Any]) -> None:
    """Write ``run.json``."""
    text = json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    (folder / RUN).write_text(text, encoding="utf-8")


def check_place(out: Path) -> None:
    """Refuse a place that holds something other than an earlier run's output.

    Raises:
        WrongUse: so it does.

    """
    if out.is_symlink() or (out.exists() and not (out / RUN).is_file()):
        raise WrongUse(
            f"{out}: something is there that no scoring run wrote (it has no {RUN}); name another --out, or move it"
            " away"
        )


@contextmanager
def staged(out: Path) -> Iterator[Path]:
    """Give a folder beside ``out`` to write to; it takes its place as a whole, or is gone if anything fails."""
    check_place(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    _sweep(out)
    room = Path(tempfile.mkdtemp(prefix=_prefix(out) + f"{os.getpid()}.", dir=out.parent))
    try:
        folder = room / "new"
        folder.mkdir(mode=0o755)
        yield folder
        check_place(out)
        if out.exists():
            out.rename(room / "old")
        folder.rename(out)
    finally:
        shutil.rmtree(room, ignore_errors=True)


def _sweep(out: Path) -> None:
    """Remove what runs that were killed have left beside ``out``."""
    for left in out.parent.glob(f"{_prefix(out)}*"):
        process = left.name.removeprefix(_prefix(out)).partition(".")[0]
        if process.isdecimal() and not Path(f"/proc/{process}").exists():
            shutil.rmtree(left, ignore_errors=True)


def _prefix(out: Path) -> str:
    return f".{out.name}.part."


def write_table(path: Path, rows: pd.DataFrame, schema: pa.Schema) -> None:
    """Write the columns of a schema as one Parquet file: the same rows, the same bytes."""
    columns = [
        pa.array(
            rows[field.name].tolist() if pa.types.is_list(field.type) else rows[field.name],
            field.type,
            from_pandas=True,
        )
        for field in schema
    ]
    pq.write_table(pa.Table.from_arrays(columns, schema=schema), path, **_WRITTEN)
