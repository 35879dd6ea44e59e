"""A market of a few literal rows, delivered, taken in and read back as signals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.blank import schema_of
from features.contract import TABLES
from features.intake import take_in
from features.panel import signals_at
from features.settings import read_settings
from features.store import Store
from model.settings import Configuration

Row = dict[str, Any]
Tables = Mapping[str, Sequence[Row]]


@pytest.fixture(scope="session")
def configuration() -> Configuration:
    return read_settings(Path(__file__).parents[2] / "configs" / "scrubwatch.yaml", Configuration)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def day(text: str) -> date:
    return date.fromisoformat(text)


def seller(name: str, opened_on: str = "2023-01-01", **more: Any) -> Row:
    return {"seller_id": name, "marketplace": "US", "category": "garden", "opened_on": day(opened_on), **more}


def product(name: str, seller_id: str, listed_on: str = "2023-01-01", **more: Any) -> Row:
    return {"product_id": name, "seller_id": seller_id, "category": "garden", "listed_on": day(listed_on), **more}


def review(name: str, product_id: str, rating: int, created_at: str, **more: Any) -> Row:
    row = {"review_id": name, "product_id": product_id, "reviewer_id": f"author of {name}", "rating": rating}
    return {**row, "verified": True, "created_at": moment(created_at), **more}


def action(review_id: str, kind: str, acted_at: str, actor_kind: str = "staff", **more: Any) -> Row:
    return {"review_id": review_id, "kind": kind, "acted_at": moment(acted_at), "actor_kind": actor_kind, **more}


def rank(product_id: str, query_id: str, observed_on: str, position: int, **more: Any) -> Row:
    row = {"product_id": product_id, "query_id": query_id, "observed_on": day(observed_on), "position": position}
    return {**row, "sponsored": False, **more}


def sale(product_id: str, sold_on: str, units: int, revenue: float, **more: Any) -> Row:
    return {"product_id": product_id, "sold_on": day(sold_on), "units": units, "revenue": revenue, **more}


def covering(*names: str, since: str = "2020-01-01", marketplace: str = "US") -> list[Row]:
    return [{"table_name": name, "marketplace": marketplace, "from_on": day(since)} for name in names]


def honest_tables(**tables: Sequence[Row]) -> dict[str, list[Row]]:
    """Two sellers with a product each and an old review and action, so that no required table is empty."""
    standing: dict[str, list[Row]] = {
        "sellers": [seller("anna"), seller("boris")],
        "products": [product("lamp", "anna"), product("rake", "boris")],
        "reviews": [review("old", "rake", 3, "2023-01-02 12:00")],
        "review_actions": [action("old", "kept", "2023-01-03 12:00")],
        "coverage": covering("reviews", "review_actions", "search_ranks", "sales", since="2021-01-01"),
    }
    return {name: [*standing.get(name, []), *tables.get(name, [])] for name in {**standing, **tables}}


def write_table(path: Path, name: str, rows: Sequence[Row]) -> None:
    """Write literal rows as Parquet with the contract's types; columns that no row has are left out."""
    given = {column for row in rows for column in row}
    wanted = schema_of(TABLES[name], "string")
    schema = pa.schema([field for field in wanted if field.name in given or not wanted.field(field.name).nullable])
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist([{key: row.get(key) for key in schema.names} for row in rows], schema), path)


def deliver(folder: Path, tables: Tables) -> Path:
    for name, rows in tables.items():
        write_table(folder / f"{name}.parquet", name, rows)
    return folder


Signals = Callable[..., pd.DataFrame]


@pytest.fixture
def signals(tmp_path: Path, store: Store, configuration: Configuration) -> Signals:
    """Deliver tables, take them in, and return the signals at a cutoff, indexed by seller."""

    def compute(as_of: str, tables: Tables) -> pd.DataFrame:
        take_in(deliver(tmp_path / "data", tables), store, None, configuration)
        return signals_at(store, [day(as_of)], configuration).set_index("seller_id")

    return compute


def days_after(start: str, count: int) -> str:
    return (day(start) + timedelta(days=count)).isoformat()
