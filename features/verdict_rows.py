"""The verdicts that were delivered, as a frame; what they mean is for the training to say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.contract import TABLES
from features.engine import connect
from features.landed import landed
from features.reading import contract_columns
from features.settings import FeatureSettings
from features.store import Store

if TYPE_CHECKING:
    import pandas as pd


def verdicts_of(store: Store, settings: FeatureSettings) -> pd.DataFrame:
    """Return every verdict row ever landed, by known_at and seller: the contract's columns and ``known_at``.

    Nothing is superseded here, and ``decided_by`` is a pseudonym. A store without verdicts gives a frame without rows.
    """
    table = TABLES["verdicts"]
    manifest = store.manifest()
    rows = landed(store, manifest, table, manifest.identity.get("key_types", {}))
    order = ", ".join(["known_at", *contract_columns(table)])
    with connect(settings.engine, store.scratch) as connection:
        return connection.execute(f"select * from ({rows}) order by {order}").df()
