"""What intake does with rows: land, wait, put aside, and count."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.contract import TABLES
from features.delivery import absent_columns
from features.errors import ContractBroken, StoreBusy, WrongUse
from features.freshness import incomplete
from features.intake import take_in
from features.intake_report import IntakeReport
from features.store import Store
from model.settings import Configuration
from tests.features.conftest import (
    action,
    day,
    deliver,
    honest_tables,
    moment,
    product,
    rank,
    review,
    seller,
    write_table,
)


def landed_rows(store: Store, name: str) -> pd.DataFrame:
    files = [str(path) for path in store.paths(store.manifest().group(f"events/{name}"))]
    return duckdb.connect().execute("select * from read_parquet(?) order by all", [files]).df()


def quarantined(store: Store, name: str) -> list[tuple[str, str]]:
    path = store.path / "quarantine" / f"{name}.parquet"
    return duckdb.connect().execute(f"select rule, file from '{path}' order by all").fetchall()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def take(data: Path, store: Store, configuration: Configuration, as_of: str | None = None) -> IntakeReport:
    return take_in(data, store, None if as_of is None else day(as_of), configuration)


def test_rows_are_landed_once(data: Path, store: Store, configuration: Configuration) -> None:
    deliver(data, honest_tables(reviews=[review("r", "lamp", 5, "2024-01-10 08:00")]))
    first, again = take(data, store, configuration), take(data, store, configuration)
    assert (first.tables["reviews"].landed, again.tables["reviews"].landed) == (2, 0)
    assert len(landed_rows(store, "reviews")) == 2


def test_a_file_that_was_only_touched_is_not_read_again(data: Path, store: Store, configuration: Configuration) -> None:
    deliver(data, honest_tables())
    take(data, store, configuration)
    os.utime(data / "reviews.parquet", (1, 1))
    report = take(data, store, configuration)
    assert (report.tables["reviews"].new, report.files["reviews.parquet"].rows) == (0, 1)
    assert take(data, store, configuration).files == report.files


def test_texts_with_a_dictionary_are_keys_like_any_other(
    data: Path, store: Store, configuration: Configuration
) -> None:
    deliver(data, honest_tables())
    plain = pq.read_table(data / "sellers.parquet")
    place = plain.column_names.index("seller_id")
    pq.write_table(
        plain.set_column(place, "seller_id", plain["seller_id"].dictionary_encode()), data / "sellers.parquet"
    )
    assert pa.types.is_dictionary(pq.read_schema(data / "sellers.parquet").field("seller_id").type)
    assert take(data, store, configuration).tables["sellers"].landed == 2


def test_what_no_file_holds_of_a_table_is_told_by_table(data: Path) -> None:
    deliver(data, honest_tables())
    (data / "reviews").mkdir()
    (data / "reviews.parquet").rename(data / "reviews" / "1.parquet")
    absent = absent_columns(data)
    assert "ticket_id" in absent["review_actions"]
    assert "acted_at" not in absent["review_actions"]
    assert "sales" not in absent  # not delivered at all


def test_data_without_actions_are_never_called_incomplete() -> None:
    newest = {"reviews": moment("2024-01-10 08:00"), "review_actions": None}
    assert incomplete(newest, day("2024-06-01")) is None
    told = incomplete({**newest, "review_actions": moment("2024-01-12 08:00")}, day("2024-06-01"))
    assert told is not None
    assert "the last cutoff is 2024-01-11" in told


def test_a_row_delivered_again_in_another_file_is_counted_and_not_landed(
    data: Path, store: Store, configuration: Configuration
) -> None:
    deliver(data, honest_tables())
    take(data, store, configuration)
    (data / "reviews").mkdir()
    (data / "reviews.parquet").rename(data / "reviews" / "1.parquet")
    write_table(data / "reviews" / "2.parquet", "reviews", [review("old", "rake", 3, "2023-01-02 12:00")])
    report = take(data, store, configuration).tables["reviews"]
    assert (report.delivered, report.new, report.redelivered, report.landed) == (2, 0, 2, 0)


def test_the_earliest_recorded_of_equal_rows_stands(data: Path, store: Store, configuration: Configuration) -> None:
    late = review("r", "lamp", 5, "2024-01-10 08:00", recorded_at=moment("2024-01-20 00:00"))
    early = {**late, "recorded_at": moment("2024-01-12 00:00")}
    deliver(data, honest_tables())
    (data / "reviews.parquet").unlink()
    write_table(data / "reviews" / "1.parquet", "reviews", [late, *honest_tables()["reviews"]])
    take(data, store, configuration)
    write_table(data / "reviews" / "2.parquet", "reviews", [early])
    take(data, store, configuration)
    rows = landed_rows(store, "reviews").set_index("review_id")
    assert rows.loc["r", "known_at"] == moment("2024-01-12 00:00")
    assert len(rows) == 2


def test_the_first_of_two_rows_that_contradict_each_other_stands(
    data: Path, store: Store, configuration: Configuration
) -> None:
    first = review("r", "lamp", 5, "2024-01-10 08:00")
    other = {**first, "rating": 1, "recorded_at": moment("2024-01-11 08:00")}
    deliver(data, honest_tables(reviews=[other, first]))
    report = take(data, store, configuration).tables["reviews"]
    assert report.quarantined == {"contradicts_key": 1}
    assert landed_rows(store, "reviews").set_index("review_id").loc["r", "rating"] == 5


def test_a_corrected_rank_is_kept_beside_the_first(data: Path, store: Store, configuration: Configuration) -> None:
    first = rank("lamp", "light", "2024-01-10", 7)
    deliver(
        data, honest_tables(search_ranks=[first, {**first, "position": 9, "recorded_at": moment("2024-01-12 00:00")}])
    )
    assert take(data, store, configuration).tables["search_ranks"].quarantined == {}
    assert landed_rows(store, "search_ranks")["position"].tolist() == [7, 9]


def test_a_verdict_with_the_same_key_and_another_content_is_kept_as_a_version(
    data: Path, store: Store, configuration: Configuration
) -> None:
    verdict = {"seller_id": "anna", "decided_at": moment("2024-01-10 08:00"), "verdict": "cleared", "route": "tip"}
    later = {**verdict, "verdict": "manipulated", "recorded_at": moment("2024-02-10 08:00")}
    deliver(data, honest_tables(verdicts=[verdict, later]))
    assert take(data, store, configuration).tables["verdicts"].landed == 2


def test_a_row_without_its_parent_waits_and_counts_when_it_comes(
    data: Path, store: Store, configuration: Configuration
) -> None:
    removal = action("r", "removed", "2024-01-12 08:00")
    deliver(data, honest_tables(review_actions=[removal]))
    assert take(data, store, configuration).tables["review_actions"].waiting == 1
    deliver(data, honest_tables(reviews=[review("r", "lamp", 1, "2024-01-10 08:00")], review_actions=[removal]))
    report = take(data, store, configuration).tables["review_actions"]
    assert (report.waiting, report.landed) == (0, 1)


def test_a_row_that_waited_too_long_is_an_orphan_and_is_still_not_lost(
    data: Path, store: Store, configuration: Configuration
) -> None:
    tables = honest_tables(
        reviews=[review("fresh", "rake", 3, "2024-02-09 12:00"), review("new", "rake", 3, "2024-02-15 12:00")],
        review_actions=[
            action("r", "removed", "2024-01-12 08:00"),
            action("fresh", "kept", "2024-02-09 13:00"),
            action("new", "kept", "2024-02-15 13:00"),
        ],
    )
    take(deliver(data, tables), store, configuration, "2024-02-10")
    report = take(data, store, configuration, "2024-02-16").tables["review_actions"]
    assert (report.waiting, report.quarantined) == (0, {})  # put aside by the first run, 28 days after it was known
    assert quarantined(store, "review_actions") == [("orphan", "review_actions.parquet")]
    tables["reviews"].append(review("r", "lamp", 1, "2024-01-10 08:00"))
    assert take(deliver(data, tables), store, configuration).tables["review_actions"].landed == 1


def test_an_enumeration_value_outside_its_list_reads_as_other_and_is_counted(
    data: Path, store: Store, configuration: Configuration
) -> None:
    deliver(data, honest_tables(review_actions=[action("old", "blurred", "2024-01-12 08:00")]))
    report = take(data, store, configuration)
    assert report.tables["review_actions"].other_values == 1
    assert "review_actions: 1 values outside their enumeration were read as 'other'" in report.messages
    assert sorted(landed_rows(store, "review_actions")["kind"]) == ["kept", "other"]


def test_people_are_landed_as_pseudonyms(data: Path, store: Store, configuration: Configuration) -> None:
    deliver(data, honest_tables(review_actions=[action("old", "removed", "2024-01-12 08:00", actor_id="moderator-7")]))
    take(data, store, configuration)
    for path in store.path.rglob("*.parquet"):
        assert b"moderator-7" not in path.read_bytes()
        assert b"author of" not in path.read_bytes()


def test_zoned_timestamps_are_read_as_utc(data: Path, store: Store, configuration: Configuration) -> None:
    tables = honest_tables()
    deliver(data, tables)
    table = pq.read_table(data / "reviews.parquet")
    instant = pa.array([moment("2023-01-02 12:00")], pa.timestamp("ns", "UTC")).cast(
        pa.timestamp("ns", "America/New_York")
    )
    pq.write_table(table.set_column(5, "created_at", instant), data / "reviews.parquet")
    take(data, store, configuration)
    assert landed_rows(store, "reviews")["known_at"].tolist() == [moment("2023-01-02 12:00")]


def test_integer_keys_are_kept_as_integers(data: Path, store: Store, configuration: Configuration) -> None:
    deliver(data, honest_tables())
    for name in ("products", "reviews"):
        table = pq.read_table(data / f"{name}.parquet")
        numbers = pa.array([7] * table.num_rows if name == "reviews" else [6, 7], pa.int64())
        pq.write_table(
            table.set_column(table.schema.get_field_index("product_id"), "product_id", numbers),
            data / f"{name}.parquet",
        )
    take(data, store, configuration)
    assert landed_rows(store, "reviews")["product_id"].tolist() == [7]


def test_whole_numbers_beside_nan_are_read_as_whole_numbers(
    data: Path, store: Store, configuration: Configuration
) -> None:
    deliver(data, honest_tables(review_actions=[action("old", "edited", "2024-01-12 08:00", "reviewer", new_rating=2)]))
    table = pq.read_table(data / "review_actions.parquet")
    at = table.schema.get_field_index("new_rating")
    pq.write_table(table.set_column(at, "new_rating", pa.array([float("nan"), 2.0])), data / "review_actions.parquet")
    take(data, store, configuration)
    assert landed_rows(store, "review_actions")["new_rating"].tolist()[1] == 2


def test_another_privacy_key_is_refused_for_a_store_that_has_one(
    data: Path, store: Store, configuration: Configuration, tmp_path: Path
) -> None:
    deliver(data, honest_tables())
    take(data, store, configuration)
    key = tmp_path / "key"
    key.write_text("another key of some length")
    other = configuration.model_copy(update={"privacy": configuration.privacy.model_copy(update={"key_file": key})})
    with pytest.raises(WrongUse, match=r"privacy\.key_file"):
        take(data, store, other)


def test_a_store_that_another_run_holds_is_busy(data: Path, tmp_path: Path, configuration: Configuration) -> None:
    deliver(data, honest_tables())
    holder, waiting = Store(tmp_path / "store"), Store(tmp_path / "store", wait_seconds=0.1)
    with holder.writing(), pytest.raises(StoreBusy, match="another run has held this store"):
        take(data, waiting, configuration)


def test_a_file_in_a_folder_that_changed_is_refused(data: Path, store: Store, configuration: Configuration) -> None:
    deliver(data, honest_tables())
    (data / "reviews.parquet").unlink()
    write_table(data / "reviews" / "1.parquet", "reviews", honest_tables()["reviews"])
    take(data, store, configuration)
    write_table(data / "reviews" / "1.parquet", "reviews", [review("old", "rake", 4, "2023-01-02 12:00")])
    with pytest.raises(ContractBroken, match=r"reviews/1\.parquet: has changed since it was taken in"):
        take(data, store, configuration)


@pytest.mark.parametrize("rows", [1, 2])
def test_a_single_file_that_lost_rows_is_refused(
    data: Path, store: Store, configuration: Configuration, rows: int
) -> None:
    kept = [review("a", "lamp", 5, "2024-01-10 08:00"), review("b", "lamp", 5, "2024-01-10 08:00")]
    deliver(data, {**honest_tables(), "reviews": kept})
    take(data, store, configuration)
    write_table(
        data / "reviews.parquet", "reviews", [review(f"new{n}", "lamp", 5, "2024-01-10 08:00") for n in range(rows)]
    )
    with pytest.raises(ContractBroken, match=r"reviews\.parquet: (shrank|2 rows that it held)"):
        take(data, store, configuration)


def test_every_table_of_the_contract_is_read(data: Path, store: Store, configuration: Configuration) -> None:
    at = moment("2024-01-12 08:00")
    more = {
        "tickets": {"ticket_id": "t", "opened_at": at, "opened_by_kind": "seller", "opened_by": "anna"},
        "sales": {"product_id": "lamp", "sold_on": day("2024-01-12"), "units": 3, "revenue": 20.5},
        "account_actions": {"seller_id": "anna", "acted_at": at, "kind": "warned", "actor_kind": "staff"},
        "staff_access": {"access_id": "x", "actor_id": "m", "accessed_at": at, "resource": "sales_report"},
        "staff": {"actor_id": "m", "role": "moderator"},
        "buyer_reports": {"report_id": "b", "seller_id": "anna", "reported_at": at, "kind": "paid_review"},
        "verdicts": {"seller_id": "anna", "decided_at": at, "verdict": "cleared", "route": "tip"},
        "staff_verdicts": {"actor_id": "m", "decided_at": at, "verdict": "cleared"},
        "search_ranks": rank("lamp", "light", "2024-01-12", 3),
    }
    deliver(data, honest_tables(**{name: [row] for name, row in more.items()}))
    report = take(data, store, configuration)
    assert list(report.tables) == list(TABLES)
    assert {name: table.landed for name, table in report.tables.items() if name in more} == dict.fromkeys(more, 1) | {}
    assert report.missing == ()


def test_a_listing_of_an_unknown_seller_keeps_its_reviews_waiting(
    data: Path, store: Store, configuration: Configuration
) -> None:
    tables = honest_tables(
        products=[product("tent", "zoe")],
        reviews=[review("r", "tent", 5, "2024-01-10 08:00")],
        review_actions=[action("r", "removed", "2024-01-12 08:00")],
    )
    report = take(deliver(data, tables), store, configuration)
    assert {name: report.tables[name].waiting for name in ("products", "reviews", "review_actions")} == {
        "products": 1,
        "reviews": 1,
        "review_actions": 1,
    }
    tables["sellers"].append(seller("zoe"))
    report = take(deliver(data, tables), store, configuration)
    assert [report.tables[name].landed for name in ("products", "reviews", "review_actions")] == [1, 1, 1]
