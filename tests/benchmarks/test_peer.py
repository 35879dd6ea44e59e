from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.peer import RAW_ORDER, peer_columns

JUNE = pd.Timestamp("2024-06-03")


def at(day: str, hour: int = 12) -> datetime:
    return datetime.fromisoformat(f"{day}T{hour:02}:00:00")


def write(folder: Path, table: str, columns: list[str], *rows: tuple[object, ...]) -> None:
    kinds = {
        "units": pa.int32(),
        "rating": pa.int32(),
        "revenue": pa.float64(),
        "listed_on": pa.date32(),
        "valid_from": pa.date32(),
        "sold_on": pa.date32(),
    }
    schema = pa.schema(
        [(name, kinds.get(name, pa.timestamp("us") if name.endswith("_at") else pa.string())) for name in columns]
    )
    day = folder / table / "recorded_on=2024-06-30"
    day.mkdir(parents=True)
    values = [dict(zip(columns, row, strict=True)) for row in rows]
    pq.write_table(pa.Table.from_pylist(values, schema=schema), day / "part.parquet")


@pytest.fixture
def market(tmp_path: Path) -> Path:
    """`ann` sells `cup`, which `bob` took over on 27 May; the cutoff of the tests is 3 June."""
    write(
        tmp_path,
        "products",
        ["product_id", "seller_id", "listed_on", "valid_from", "recorded_at"],
        ("cup", "ann", date(2024, 1, 1), None, at("2024-01-02")),
        ("cup", "bob", date(2024, 1, 1), date(2024, 5, 27), at("2024-05-27")),
    )
    write(
        tmp_path,
        "reviews",
        ["review_id", "product_id", "rating", "created_at", "recorded_at"],
        ("old", "cup", 1, at("2024-01-15"), at("2024-01-15")),  # in the long window only
        ("first", "cup", 5, at("2024-05-06", 0), at("2024-05-06", 0)),  # first instant of the short window
        ("late", "cup", 2, at("2024-04-01"), at("2024-05-20")),  # known after 49 days: long window only
        ("unknown", "cup", 3, at("2024-05-26"), at("2024-06-03", 0)),  # known at the cutoff: not yet
        ("after", "cup", 4, at("2024-06-02"), at("2024-06-02")),  # bob's
    )
    write(
        tmp_path,
        "review_actions",
        ["review_id", "acted_at", "kind", "actor_kind", "recorded_at"],
        ("old", at("2024-01-20"), "removed", "staff", at("2024-01-20")),
        ("late", at("2024-05-25"), "removed", "staff", at("2024-05-25")),
        ("first", at("2024-05-28"), "removed", "automation", at("2024-05-28")),  # bob's by then
        ("first", at("2024-05-20"), "kept", "staff", at("2024-05-20")),  # no removal
        ("unknown", at("2024-05-26", 13), "removed", "staff", at("2024-05-26", 13)),  # its review is not known yet
    )
    write(
        tmp_path,
        "sales",
        ["product_id", "sold_on", "units", "revenue", "recorded_at"],
        ("cup", date(2024, 5, 10), 5, 50.0, at("2024-05-11")),
        ("cup", date(2024, 5, 10), 3, 30.0, at("2024-05-14")),  # a correction stands
        ("cup", date(2024, 5, 20), 7, 70.0, at("2024-05-21")),
        ("cup", date(2024, 5, 20), 1, 10.0, at("2024-06-03", 0)),  # a correction that is known at the cutoff: not yet
        ("cup", date(2024, 6, 2), 2, 20.0, at("2024-06-02", 23)),  # bob's; the day before counts
    )
    write(
        tmp_path,
        "account_actions",
        ["seller_id", "acted_at", "kind", "recorded_at"],
        ("ann", at("2024-05-10"), "suspended", at("2024-05-10")),
        ("ann", at("2024-05-12"), "reinstated", at("2024-05-12")),
    )
    write(
        tmp_path,
        "staff_access",
        ["access_id", "seller_id", "accessed_at", "recorded_at"],
        ("a", "bob", at("2024-03-01"), at("2024-03-01")),
        ("b", "bob", at("2024-05-30"), at("2024-05-30")),
        ("c", None, at("2024-05-30"), at("2024-05-30")),
    )
    return tmp_path


@pytest.fixture
def columns(market: Path) -> pd.DataFrame:
    rows = pd.DataFrame({"seller_id": ["bob", "ann", "eve"], "as_of": JUNE})
    return peer_columns(market, rows).set_axis(["bob", "ann", "eve"])


@pytest.mark.parametrize(
    ("column", "ann", "bob"),
    [
        ("reviews_28d", 1, 1),
        ("reviews_364d", 3, 1),
        ("stars_1_364d", 1, 0),
        ("stars_2_28d", 0, 0),
        ("stars_2_364d", 1, 0),
        ("stars_3_364d", 0, 0),
        ("removed_by_staff_28d", 1, 0),
        ("removed_by_staff_364d", 2, 0),
        ("removed_by_automation_28d", 0, 1),
        ("suspensions_364d", 1, 0),
        ("look_ups_28d", 0, 1),
        ("look_ups_364d", 0, 2),
        ("units_28d", 10, 2),
        ("revenue_364d", 100, 20),
    ],
)
def test_a_count_holds_what_was_known_before_the_cutoff_of_the_seller_in_force(
    columns: pd.DataFrame, column: str, ann: float, bob: float
) -> None:
    assert columns.loc[["ann", "bob", "eve"], column].tolist() == [ann, bob, 0]


def test_rates_are_per_review_and_paces_beside_the_year(columns: pd.DataFrame) -> None:
    assert columns.loc["ann", "stars_1_rate_364d"] == pytest.approx(1 / 3)
    assert columns.loc["ann", "removed_by_staff_rate_364d"] == pytest.approx(2 / 3)
    assert columns.loc["bob", "look_ups_pace"] == pytest.approx(1 / (2 * 28 / 364))
    assert columns.loc["eve"].filter(like="rate").isna().all()


def test_the_raw_order_puts_the_seller_with_most_removals_by_staff_first(columns: pd.DataFrame) -> None:
    assert columns[RAW_ORDER].sort_values(ascending=False).index[0] == "ann"


def test_what_becomes_known_later_changes_no_column(market: Path) -> None:
    rows = pd.DataFrame({"seller_id": ["ann", "bob"], "as_of": [JUNE, JUNE]})
    before = peer_columns(market, rows)
    later = market / "reviews" / "recorded_on=2024-07-07"
    later.mkdir()
    path = market / "reviews" / "recorded_on=2024-06-30" / "part.parquet"
    reviews = pq.read_table(path).to_pylist()
    added = [{**row, "review_id": f"{row['review_id']} again", "recorded_at": at("2024-06-03", 0)} for row in reviews]
    pq.write_table(pa.Table.from_pylist(added, schema=pq.read_schema(path)), later / "part.parquet")
    pd.testing.assert_frame_equal(peer_columns(market, rows), before)
