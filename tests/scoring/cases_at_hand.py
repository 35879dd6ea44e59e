"""A store in which two sellers have cases: what people do with a case is tried on it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from features.intake import take_in
from features.store import Store
from model.settings import Configuration
from scoring.casework.listings import keep_listings
from tests.features.conftest import Row, deliver, honest_tables
from training.steps import Surroundings

ANNA, BORIS = "case of anna", "case of boris"
FIRST, SECOND = date(2024, 3, 4), date(2024, 3, 11)


def at(moment: str, who: str = "desk") -> Surroundings:
    """Whoever sits at the desk, at a moment (UTC)."""
    return Surroundings(wait_seconds=5, now=lambda: datetime.fromisoformat(moment).replace(tzinfo=UTC), who=who)


def store_with_cases(folder: Path, configuration: Configuration, **tables: Sequence[Row]) -> Store:
    """Anna is alerted in both weeks; boris is drawn with a chance of 1 in 50, and alerted a week later."""
    store = Store(folder / "store", 5)
    take_in(deliver(folder / "data", honest_tables(**tables)), store, None, configuration)
    list_cases(store, FIRST, (ANNA, "anna", "alert", 1.0), (BORIS, "boris", "random", 0.02))
    list_cases(store, SECOND, (ANNA, "anna", "alert", 1.0), (BORIS, "boris", "alert", 1.0))
    return store


def list_cases(store: Store, as_of: date, *rows: tuple[str, Any, str, float]) -> None:
    listed = pd.DataFrame(rows, columns=["case_id", "seller_id", "route", "selection_probability"])
    cases, how = listed[["case_id", "seller_id"]], listed[["seller_id", "route", "selection_probability"]]
    keep_listings(store, as_of, cases, how, pa.string())
