"""The verdicts that were delivered or given here, as a frame; what they mean is for the training to say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.contract import TABLES
from features.engine import connect, parquet
from features.landed import landed
from features.reading import contract_columns
from features.settings import FeatureSettings
from features.store import Manifest, Store

if TYPE_CHECKING:
    import pandas as pd


GIVEN = "verdicts/given"
"""The store's group of the verdicts that people gave at this product, beside those that a data set delivers."""


def verdict_rows(store: Store, manifest: Manifest) -> str:
    """SQL of every verdict, delivered or given here: the contract's columns, ``case_id`` as text, and ``known_at``."""
    table = TABLES["verdicts"]
    columns = ", ".join(
        "cast(case_id as varchar) as case_id" if name == "case_id" else name
        for name in (*contract_columns(table), "known_at")
    )
    delivered = landed(store, manifest, table, manifest.identity.get("key_types", {}))
    given = manifest.group(GIVEN)
    added = f" union all select {columns} from {parquet(store.paths(given))}" if given else ""
    return f"select {columns} from ({delivered}){added}"


def verdicts_of(store: Store, settings: FeatureSettings) -> pd.DataFrame:
    """Return every verdict row ever landed or given, by known_at and seller: the contract's columns and ``known_at``.

    Nothing is superseded here, and ``decided_by`` is a pseudonym. A store without verdicts gives a frame without rows.
    """
    rows = verdict_rows(store, store.manifest())
    order = ", ".join(["known_at", *contract_columns(TABLES["verdicts"])])
    with connect(settings.engine, store.scratch) as connection:
        return connection.execute(f"select * from ({rows}) order by {order}").df()
