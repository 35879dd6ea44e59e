"""The files of a run that hold its cases."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa

from scoring.output import write_restricted, write_table

CASES = "cases.parquet"
RESTORE = "reviews_to_restore.parquet"
DELETE = "reviews_to_delete.parquet"
EXPOSED = "exposed_reviewers.parquet"

_TIME = pa.timestamp("us")

_SCHEME = pa.struct([("scheme", pa.string()), ("share", pa.float64())])
_EVENT = pa.struct(
    [
        ("table", pa.string()),
        ("key", pa.string()),
        ("happened_at", _TIME),
        ("weight", pa.float64()),
        ("text", pa.string()),
    ]
)
_EXPLANATION = pa.struct(
    [
        ("name", pa.string()),
        ("fits", pa.string()),
        ("value", pa.float64()),
        ("usual", pa.float64()),
        ("text", pa.string()),
    ]
)


@dataclass(frozen=True)
class Keys:
    """Arrow types of the ids, as delivered."""

    seller: pa.DataType
    review: pa.DataType
    staff: pa.DataType
    reviewer: pa.DataType


@dataclass(frozen=True)
class FoundCases:
    """The rows of the four files, as the contract has them, in order."""

    cases: pd.DataFrame
    restore: pd.DataFrame
    delete: pd.DataFrame
    exposed: pd.DataFrame
    keys: Keys


def cases_schema(keys: Keys) -> pa.Schema:
    """Columns of ``cases.parquet``."""
    return pa.schema(
        [
            pa.field("case_id", pa.string(), nullable=False),
            pa.field("seller_id", keys.seller, nullable=False),
            pa.field("score", pa.float64()),
            pa.field("state", pa.string(), nullable=False),
            pa.field("first_listed_on", pa.date32(), nullable=False),
            pa.field("schemes", pa.list_(_SCHEME), nullable=False),
            pa.field("onset_on", pa.date32(), nullable=False),
            pa.field("onset_low", pa.date32(), nullable=False),
            pa.field("onset_high", pa.date32(), nullable=False),
            pa.field("shown_rating", pa.float64()),
            pa.field("restored_rating", pa.float64()),
            pa.field("revenue_since_onset", pa.float64()),
            pa.field("expected_harm", pa.float64()),
            pa.field("evidence", pa.list_(_EVENT), nullable=False),
            pa.field("innocent_explanations", pa.list_(_EXPLANATION), nullable=False),
            pa.field("ring_id", pa.string()),
        ]
    )


def restore_schema(keys: Keys) -> pa.Schema:
    """Columns of ``reviews_to_restore.parquet``; ``actor`` is null where staff may not be told apart."""
    return pa.schema(
        [
            pa.field("review_id", keys.review, nullable=False),
            pa.field("seller_id", keys.seller, nullable=False),
            pa.field("removed_at", _TIME, nullable=False),
            pa.field("actor", pa.int64()),
            pa.field("probability", pa.float64(), nullable=False),
            pa.field("text", pa.string(), nullable=False),
        ]
    )


def delete_schema(keys: Keys) -> pa.Schema:
    """Columns of ``reviews_to_delete.parquet``."""
    return pa.schema(
        [
            pa.field("review_id", keys.review, nullable=False),
            pa.field("seller_id", keys.seller, nullable=False),
            pa.field("probability", pa.float64(), nullable=False),
            pa.field("text", pa.string(), nullable=False),
        ]
    )


def exposed_schema(keys: Keys) -> pa.Schema:
    """Columns of ``restricted/exposed_reviewers.parquet``."""
    return pa.schema(
        [
            pa.field("reviewer_id", keys.reviewer, nullable=False),
            pa.field("seller_id", keys.seller, nullable=False),
            pa.field("actor_id", keys.staff, nullable=False),
            pa.field("accessed_at", _TIME, nullable=False),
            pa.field("probability", pa.float64(), nullable=False),
            pa.field("what_followed", pa.string(), nullable=False),
            pa.field("text", pa.string(), nullable=False),
        ]
    )


def write_cases(folder: Path, found: FoundCases) -> None:
    """Write the four files; each may have no rows."""
    write_table(folder / CASES, found.cases, cases_schema(found.keys))
    write_table(folder / RESTORE, found.restore, restore_schema(found.keys))
    write_table(folder / DELETE, found.delete, delete_schema(found.keys))
    write_restricted(folder, EXPOSED, found.exposed, exposed_schema(found.keys))
