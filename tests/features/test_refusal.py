"""Deliveries that are refused: one message that says what the contract asks, and nothing written."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.errors import ContractBroken, WrongUse
from features.intake import take_in
from features.intake_report import Allowances
from features.store import Store
from model.settings import Configuration
from tests.features.conftest import action, day, deliver, honest_tables, moment, review, write_table

AS_OF = "2024-03-01"


def many_reviews(count: int = 1000, bad: int = 0) -> list[dict[str, object]]:
    return [review(f"r{n}", "lamp", 9 if n < bad else 5, "2024-02-29 08:00") for n in range(count)]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    tables = honest_tables(reviews=many_reviews(), review_actions=[action("old", "kept", "2024-02-29 12:00")])
    return deliver(tmp_path / "data", tables)


def without_column(data: Path, name: str, column: str) -> None:
    pq.write_table(pq.read_table(data / f"{name}.parquet").drop_columns([column]), data / f"{name}.parquet")


def with_text_ratings(data: Path) -> None:
    table = pq.read_table(data / "reviews.parquet")
    at = table.schema.get_field_index("rating")
    pq.write_table(table.set_column(at, "rating", table["rating"].cast(pa.string())), data / "reviews.parquet")


def cut_in_half(data: Path) -> None:
    content = (data / "reviews.parquet").read_bytes()
    (data / "reviews.parquet").write_bytes(content[: len(content) // 2])


def damage_inside(data: Path) -> None:
    content = bytearray((data / "reviews.parquet").read_bytes())
    content[4:400] = bytes(396)
    (data / "reviews.parquet").write_bytes(content)


def stop_ten_days_before(data: Path) -> None:
    rows = [{**row, "created_at": moment(AS_OF) - timedelta(days=10)} for row in many_reviews()]
    rows.append(review("at the cutoff", "lamp", 5, AS_OF))
    write_table(data / "reviews.parquet", "reviews", rows)
    write_table(data / "review_actions.parquet", "review_actions", [action("r0", "kept", "2024-02-29 12:00")])


def mixed_keys(data: Path) -> None:
    table = pq.read_table(data / "products.parquet")
    pq.write_table(table.set_column(1, "seller_id", pa.array([1, 2], pa.int64())), data / "products.parquet")


BREAKS: dict[str, tuple[Callable[[Path], object], str]] = {
    "required table missing": (
        lambda data: (data / "products.parquet").unlink(),
        "products: required table is missing",
    ),
    "required column missing": (
        lambda data: without_column(data, "reviews", "rating"),
        r"reviews\.rating: required column is missing in reviews\.parquet",
    ),
    "wrong type": (with_text_ratings, r"reviews\.rating: must be an integer, found string in reviews\.parquet"),
    "two percent bad ratings": (
        lambda data: write_table(data / "reviews.parquet", "reviews", many_reviews(bad=20)),
        (
            r"reviews\.rating: 20 rows break the rule 'rating_out_of_range' \(.* rating ≥ 1 and rating ≤ 5\), the first"
            r" value is '9' in reviews\.parquet; 20 of 1,000 new rows"
        ),
    ),
    "cut in half": (cut_in_half, r"reviews\.parquet: not a readable Parquet file"),
    "damaged inside": (damage_inside, "reviews: its files cannot be read"),
    "empty required table": (
        lambda data: write_table(data / "reviews.parquet", "reviews", []),
        "reviews: required table is empty",
    ),
    "stalled feed": (
        stop_ten_days_before,
        (
            r"reviews: the newest row before 2024-03-01 became known at 2024-02-20 00:00, 10\.0 days earlier;"
            r" at most 7 days are allowed"
        ),
    ),
    "keys of two types": (mixed_keys, "keys of a seller are varchar in sellers.parquet and bigint in products.parquet"),
}


@pytest.mark.parametrize(("change", "message"), BREAKS.values(), ids=list(BREAKS))
def test_a_broken_delivery_is_refused_and_nothing_is_landed(
    data: Path, store: Store, configuration: Configuration, change: Callable[[Path], object], message: str
) -> None:
    change(data)
    with pytest.raises(ContractBroken, match=message):
        take_in(data, store, day(AS_OF), configuration)
    assert not list(store.path.glob("events/**/*.parquet"))
    assert not list(store.path.glob("tiles/**/*.parquet"))
    assert store.manifest().generation == 0


def test_the_same_delivery_unbroken_is_taken_in(data: Path, store: Store, configuration: Configuration) -> None:
    assert take_in(data, store, day(AS_OF), configuration).tables["reviews"].landed == 1001


def test_a_refused_delivery_can_be_mended_and_given_again(
    data: Path, store: Store, configuration: Configuration
) -> None:
    write_table(data / "reviews.parquet", "reviews", many_reviews(bad=20))
    for _ in range(2):  # what a refused run put aside does not make the next one pass
        with pytest.raises(ContractBroken):
            take_in(data, store, day(AS_OF), configuration)
    write_table(data / "reviews.parquet", "reviews", [*many_reviews(), *honest_tables()["reviews"]])
    assert take_in(data, store, day(AS_OF), configuration).tables["reviews"].landed == 1001


def test_a_folder_that_is_absent_is_wrong_use(tmp_path: Path, store: Store, configuration: Configuration) -> None:
    with pytest.raises(WrongUse, match="no such folder"):
        take_in(tmp_path / "nowhere", store, day(AS_OF), configuration)


def test_a_cutoff_after_the_last_complete_day_needs_leave(
    data: Path, store: Store, configuration: Configuration
) -> None:
    with pytest.raises(ContractBroken, match="the last cutoff is 2024-03-01; give that, or --allow-incomplete"):
        take_in(data, store, day("2024-03-02"), configuration)
    report = take_in(data, store, day("2024-03-02"), configuration, allow=Allowances(incomplete=True))
    assert report.marks == ("allow-incomplete",)


def test_a_stale_table_can_be_allowed_and_is_shown(data: Path, store: Store, configuration: Configuration) -> None:
    stop_ten_days_before(data)
    allow = Allowances(stale=["reviews"], incomplete=True)
    assert take_in(data, store, day(AS_OF), configuration, allow=allow).marks == (
        "allow-stale reviews",
        "allow-incomplete",
    )


def test_removals_without_reviews_are_explained(data: Path, store: Store, configuration: Configuration) -> None:
    actions = [action(f"gone{n}", "removed", "2024-02-20 12:00") for n in range(30)]
    write_table(
        data / "review_actions.parquet", "review_actions", [action("old", "kept", "2024-02-29 12:00"), *actions]
    )
    report = take_in(data, store, day(AS_OF), configuration)
    assert any("must be exported from the log, not from the live table" in message for message in report.messages)
