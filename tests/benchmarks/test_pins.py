from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.frozen import frozen_market, frozen_names
from benchmarks.pins import arithmetic, digest_of_rows, pinned, rows_of


def size(name: str) -> int:
    market = frozen_market(name).settings.market
    return market.sellers * market.weeks


CHEAPEST = min(frozen_names(), key=size)
ROWS = {
    "seller_id": pa.array(["ann", None, "bob"]),
    "units": pa.array([1, 2, None], pa.int32()),
    "revenue": pa.array([1.5, None, 0.0]),
    "verified": pa.array([True, False, None]),
    "sold_at": pa.array([0, None, 5], pa.timestamp("us")),
}


def digest(folder: Path, rows: dict[str, pa.Array], **encoding: object) -> str:
    folder.mkdir()
    pq.write_table(pa.table(rows), folder / "part.parquet", **encoding)
    return digest_of_rows(folder)


def test_the_digest_depends_on_no_encoding(tmp_path: Path) -> None:
    plain = digest(tmp_path / "plain", ROWS, use_dictionary=False, compression="none")
    dense = digest(tmp_path / "dense", ROWS, row_group_size=1, compression="zstd")
    words = digest(tmp_path / "words", ROWS | {"seller_id": ROWS["seller_id"].dictionary_encode()})
    assert plain == dense == words


@pytest.mark.parametrize(
    "changed",
    [
        {"seller_id": pa.array(["ann", "", "bob"])},  # an empty text is not null
        {"seller_id": pa.array(["an", None, "nbob"])},
        {"units": pa.array([1, 2, 0], pa.int32())},
        {"units": pa.array([1, 2, None], pa.int64())},
        {"revenue": pa.array([1.5, 0.0, 0.0])},
        {"verified": pa.array([True, False, False])},
        {"sold_at": pa.array([0, None, 6], pa.timestamp("us"))},
    ],
)
def test_the_digest_depends_on_every_value(tmp_path: Path, changed: dict[str, pa.Array]) -> None:
    assert digest(tmp_path / "a", ROWS) != digest(tmp_path / "b", ROWS | changed)


def test_the_digest_depends_on_the_order_of_rows(tmp_path: Path) -> None:
    turned = {name: values.take(pa.array([2, 1, 0])) for name, values in ROWS.items()}
    assert digest(tmp_path / "a", ROWS) != digest(tmp_path / "b", turned)


def test_every_frozen_market_is_pinned() -> None:
    assert set(pinned()) == {"arithmetic", *frozen_names()}


def test_the_simulator_makes_of_a_frozen_market_what_was_pinned(tmp_path: Path) -> None:
    if pinned()["arithmetic"] != arithmetic():
        pytest.skip("this processor or NumPy rounds in another way than where the markets were pinned")
    assert rows_of(frozen_market(CHEAPEST), tmp_path) == pinned()[CHEAPEST]
