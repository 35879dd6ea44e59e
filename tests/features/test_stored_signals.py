"""A signal table read part by part says what the whole one says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.stored_signals import StoredSignals

SELLERS = 250


@pytest.fixture
def table() -> pd.DataFrame:
    random = np.random.default_rng(7)
    values = pd.DataFrame(random.uniform(size=(SELLERS, 3)), columns=["rate", "jump", "age"])
    values = values.mask(random.uniform(size=values.shape) < 0.2)
    marketplace = random.choice(["US", "DE"], SELLERS)
    values.loc[marketplace == "DE", "jump"] = np.nan
    size = random.choice(["0", "1-9"], SELLERS)
    who = {"seller_id": np.arange(1000, 1000 + SELLERS), "marketplace": marketplace, "category": "garden"}
    groups = [f"{place}/garden/{band}" for place, band in zip(marketplace, size, strict=True)]
    return values.assign(**who, size_band=size, peer_group=groups)


@pytest.fixture
def signals(table: pd.DataFrame, tmp_path: Path) -> StoredSignals:
    table.to_parquet(tmp_path / "signals.parquet", index=False, row_group_size=60)
    return StoredSignals(tmp_path / "signals.parquet")


def test_parts_are_the_table_in_its_order(signals: StoredSignals, table: pd.DataFrame) -> None:
    assert len(signals) == SELLERS
    parts = list(signals.parts(["rate", "seller_id"]))
    assert [len(part) for part in parts] == [60, 60, 60, 60, 10]
    pd.testing.assert_frame_equal(pd.concat(parts), table[["rate", "seller_id"]])
    np.testing.assert_array_equal(np.concatenate(list(signals.matrices(["age", "rate"]))), table[["age", "rate"]])
    np.testing.assert_array_equal(signals.column("jump"), table["jump"])


def test_sellers_are_all_of_them_with_their_places_as_categories(signals: StoredSignals, table: pd.DataFrame) -> None:
    sellers = signals.sellers
    assert sellers["seller_id"].tolist() == table["seller_id"].tolist()
    for name in ("marketplace", "category", "size_band", "peer_group"):
        assert sellers[name].tolist() == table[name].tolist()
        assert sellers[name].cat.categories.tolist() == sorted(table[name].unique())


@pytest.mark.parametrize("numbers", [[], [3], [200, 7, 61, 59, 249]])
def test_some_rows_come_whole_and_in_the_order_asked(
    signals: StoredSignals, table: pd.DataFrame, numbers: list[int]
) -> None:
    found = signals.rows(pd.Index(numbers, dtype=np.int64))
    pd.testing.assert_frame_equal(found, table.loc[numbers], check_dtype=bool(numbers))


def test_a_signal_is_missing_in_a_marketplace_only_if_all_its_sellers_lack_it(
    table: pd.DataFrame, tmp_path: Path
) -> None:
    last_german = table.index[table["marketplace"] == "DE"][-1]
    for name, told in (("age", {"DE": ["jump"]}), ("jump", {})):
        table.loc[last_german, name] = 0.5  # known of one seller alone, in the last part
        table.to_parquet(tmp_path / "signals.parquet", index=False, row_group_size=60)
        assert StoredSignals(tmp_path / "signals.parquet").missing_by_marketplace() == told


def test_a_table_without_sellers_has_no_parts(table: pd.DataFrame, tmp_path: Path) -> None:
    table.head(0).to_parquet(tmp_path / "signals.parquet", index=False)
    nobody = StoredSignals(tmp_path / "signals.parquet")
    assert (len(nobody), len(nobody.sellers), len(nobody.column("rate"))) == (0, 0, 0)
    assert nobody.missing_by_marketplace() == {}
