"""Instants that fall exactly on a border: which side they are on, worked by hand."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from features.intake import take_in
from features.intake_report import Allowances, TableReport
from features.panel import signals_at
from features.reading import EARLIEST, LATEST
from features.store import Store
from model.settings import Configuration
from tests.features.conftest import (
    Row,
    Signals,
    action,
    covering,
    day,
    deliver,
    honest_tables,
    moment,
    product,
    rank,
    review,
    seller,
)

CUTOFF = "2024-06-03"
FIRST_DAY = "2024-03-04"
"""Of the 91 days."""


def covered(signals: Signals, **row: Any) -> bool:
    """Whether the 91 days of reviews are covered when this row alone says so, and the first review comes later."""
    tables = honest_tables(reviews=[review("r", "lamp", 3, "2024-05-01 12:00")])
    tables["reviews"], tables["review_actions"] = tables["reviews"][1:], [action("r", "kept", "2024-05-02 12:00")]
    tables["coverage"] = [{**covering("reviews")[0], **row}]
    return not math.isnan(signals(CUTOFF, tables).loc["anna", "reviews_arrived_91d"])


@pytest.mark.parametrize(
    ("row", "covers"),
    [
        ({"from_on": day(FIRST_DAY)}, True),
        ({"from_on": day("2024-03-05")}, False),
        ({"to_on": day("2024-06-02")}, True),
        ({"to_on": day("2024-06-01")}, False),
        ({"recorded_at": moment("2024-06-02 23:59:59")}, True),
        ({"recorded_at": moment("2024-06-03 00:00")}, False),
    ],
)
def test_declared_coverage_holds_the_window_s_first_and_last_day_and_is_known_before(
    signals: Signals, row: Row, *, covers: bool
) -> None:
    assert covered(signals, **row) == covers


@pytest.mark.parametrize(("first", "covers"), [("2024-03-04 23:00", True), ("2024-03-05 00:00", False)])
def test_a_table_covers_the_window_on_whose_first_day_it_begins(signals: Signals, first: str, *, covers: bool) -> None:
    reported = {"report_id": "1", "seller_id": "anna", "reported_at": moment(first), "kind": "paid_review"}
    tables = honest_tables(reviews=[review("r", "lamp", 3, first)], buyer_reports=[reported])
    tables["reviews"], tables["review_actions"] = tables["reviews"][1:], [action("r", "kept", "2024-05-02 12:00")]
    tables["coverage"] = covering("review_actions")
    anna = signals(CUTOFF, tables).loc["anna", ["reviews_arrived_91d", "paid_review_reports_91d"]]
    assert anna.isna().tolist() == [not covers] * 2


@pytest.mark.parametrize(("recorded", "covers"), [("2024-03-04 23:00", True), ("2024-03-05 00:00", False)])
@pytest.mark.parametrize("late", ["products", "sellers"])
def test_a_table_begins_when_the_listing_or_account_of_its_first_row_is_known(
    signals: Signals, late: str, recorded: str, *, covers: bool
) -> None:
    known = {"recorded_at": moment(recorded)}
    tables = honest_tables(
        sellers=[seller("carla", **known if late == "sellers" else {})],
        products=[product("vase", "carla", **known if late == "products" else {})],
        reviews=[review("r", "vase", 3, "2024-02-20 12:00")],
        buyer_reports=[
            {"report_id": "1", "seller_id": "carla", "reported_at": moment("2024-02-20 12:00"), "kind": "paid_review"}
        ],
    )
    tables["reviews"], tables["review_actions"] = tables["reviews"][1:], [action("r", "kept", "2024-05-02 12:00")]
    tables["coverage"] = covering("review_actions")
    anna = signals(CUTOFF, tables).loc["anna"]
    assert math.isnan(anna["reviews_arrived_91d"]) != covers
    assert math.isnan(anna["paid_review_reports_91d"]) != (covers or late == "products")


@pytest.mark.parametrize(("seen", "people"), [("2024-06-02 23:00", 1.0), ("2024-06-03 00:00", math.nan)])
def test_a_column_counts_once_it_was_seen_before_the_cutoff(signals: Signals, seen: str, people: float) -> None:
    tables = honest_tables(
        reviews=[review("r", "lamp", 1, "2024-05-01 12:00")],
        review_actions=[action("r", "removed", seen, actor_id="mia")],
    )
    assert signals(CUTOFF, tables).loc["anna", "removing_staff_91d"] == pytest.approx(people, nan_ok=True)


@pytest.mark.parametrize(("listed_on", "rise"), [("2024-05-20", math.log(31)), ("2024-05-21", 0.0)])
def test_a_product_listed_on_the_day_of_a_look_stood_below_its_last_place(
    signals: Signals, listed_on: str, rise: float
) -> None:
    tables = honest_tables(
        products=[product("new", "anna", listed_on), product("other", "boris")],
        search_ranks=[rank("other", "light", "2024-05-20", 30), rank("new", "light", "2024-05-27", 1)],
    )
    assert signals(CUTOFF, tables).loc["anna", "rank_jump_28d"] == pytest.approx(rise, abs=1e-6)


@pytest.mark.parametrize(
    ("corrected", "rise"), [("2024-05-27 12:00", math.log(8)), ("2024-05-27 12:00:01", math.log(20))]
)
def test_a_place_is_compared_with_what_stood_at_the_instant_it_became_known(
    signals: Signals, corrected: str, rise: float
) -> None:
    known = {"recorded_at": moment("2024-05-27 12:00")}
    tables = honest_tables(
        search_ranks=[
            rank("lamp", "light", "2024-05-20", 20),
            rank("lamp", "light", "2024-05-20", 8, recorded_at=moment(corrected)),
            rank("lamp", "light", "2024-05-27", 1, **known),
        ]
    )
    assert signals(CUTOFF, tables).loc["anna", "rank_jump_28d"] == pytest.approx(rise, abs=1e-6)


@pytest.mark.parametrize("remover", ["staff", "reviewer"])
def test_a_review_restored_at_the_instant_of_its_removal_is_visible(signals: Signals, remover: str) -> None:
    tables = honest_tables(
        reviews=[review("r", "lamp", 1, "2024-05-01 12:00"), review("praise", "lamp", 5, "2024-05-01 12:00")],
        review_actions=[
            action("r", "removed", "2024-05-10 09:00", remover),
            action("r", "restored", "2024-05-10 09:00"),
        ],
    )
    anna = signals(CUTOFF, tables).loc["anna"]
    assert anna["negatives_at_risk_91d"] == 1
    assert anna[["rating_uplift_364d", "rating_above_posted_364d"]].tolist() == [0, 0]  # nor does it count twice
    assert signals("2024-09-02", tables).loc["anna", "negatives_at_risk_91d"] == 1


def taken(folder: Path, store: Store, configuration: Configuration, as_of: str | None = None, **tables: Any) -> Any:
    """What an intake tells of each table."""
    data = deliver(folder, honest_tables(**tables))
    allow = Allowances(incomplete=True, stale=["reviews", "review_actions"])
    return take_in(data, store, day(as_of) if as_of else None, configuration, allow=allow).tables


VERDICT = {"seller_id": "anna", "decided_at": moment("2024-01-10 08:00"), "verdict": "manipulated", "route": "tip"}


@pytest.mark.parametrize(
    ("more", "broken"),
    [
        ({"covers_from": day("2024-01-01"), "covers_to": day("2024-01-01")}, False),
        ({"covers_from": day("2024-01-02"), "covers_to": day("2024-01-01")}, True),
        ({"onset_on": day("2024-01-01"), "ended_on": day("2024-01-01")}, False),
        ({"onset_on": day("2024-01-02"), "ended_on": day("2024-01-01")}, True),
        ({"opened_at": moment("2024-01-10 08:00")}, False),
        ({"opened_at": moment("2024-01-10 08:00:01")}, True),
    ],
)
def test_a_period_may_end_on_the_day_on_which_it_begins(
    tmp_path: Path, store: Store, configuration: Configuration, more: Row, *, broken: bool
) -> None:
    told: TableReport = taken(tmp_path / "data", store, configuration, verdicts=[{**VERDICT, **more}])["verdicts"]
    assert (sum(told.quarantined.values()), told.landed) == ((1, 0) if broken else (0, 1))


@pytest.mark.parametrize(("recorded", "late"), [("2024-02-07 08:00", 0), ("2024-02-07 08:00:01", 1)])
def test_news_is_late_when_it_took_more_than_28_days(
    tmp_path: Path, store: Store, configuration: Configuration, recorded: str, late: int
) -> None:
    row = review("r", "lamp", 3, "2024-01-10 08:00", recorded_at=moment(recorded))
    assert taken(tmp_path / "data", store, configuration, reviews=[row])["reviews"].late == late


@pytest.mark.parametrize(("as_of", "waiting"), [("2024-02-07", 1), ("2024-02-08", 0)])
def test_a_row_waits_for_its_parent_for_28_days(
    tmp_path: Path, store: Store, configuration: Configuration, as_of: str, waiting: int
) -> None:
    row = action("nowhere", "removed", "2024-01-10 00:00")
    told = taken(tmp_path / "data", store, configuration, as_of, review_actions=[row])["review_actions"]
    assert (told.waiting, told.quarantined.get("orphan", 0)) == (waiting, 1 - waiting)


@pytest.mark.parametrize(("happened", "arrived"), [("2024-03-31 23:59:59", 1), ("2024-04-01 00:00", 0)])
def test_what_happened_before_recorded_from_is_known_when_it_happened(
    tmp_path: Path, store: Store, configuration: Configuration, happened: str, arrived: int
) -> None:
    contract = configuration.contract.model_copy(update={"recorded_from": day("2024-04-01")})
    settings = configuration.model_copy(update={"contract": contract})
    row = review("r", "lamp", 3, happened, recorded_at=moment("2024-04-20 00:00"))
    taken(tmp_path / "data", store, settings, reviews=[row])
    assert signals_of_anna(store, settings, "2024-04-10") == arrived


def signals_of_anna(store: Store, settings: Configuration, as_of: str) -> float:
    table = signals_at(store, [day(as_of)], settings).set_index("seller_id")
    return float(table.loc["anna", "reviews_arrived_91d"])


def test_the_earliest_instant_of_the_contract_is_allowed(
    tmp_path: Path, store: Store, configuration: Configuration
) -> None:
    row = review("r", "lamp", 3, f"{EARLIEST} 00:00")
    assert taken(tmp_path / "data", store, configuration, reviews=[row])["reviews"].quarantined == {}


@pytest.mark.parametrize(
    ("decided", "broken"),
    [(f"{EARLIEST} 00:00", {}), ("2199-12-31 23:59:59", {}), (f"{LATEST} 00:00", {"decided_at_out_of_range": 1})],
)
def test_times_of_the_contract_begin_with_its_earliest_day_and_end_before_its_latest(
    tmp_path: Path, store: Store, configuration: Configuration, decided: str, broken: dict[str, int]
) -> None:
    row = {**VERDICT, "decided_at": moment(decided)}
    assert taken(tmp_path / "data", store, configuration, verdicts=[row])["verdicts"].quarantined == broken


@pytest.mark.parametrize("late", ["sellers", "products"])
def test_a_review_counts_when_its_listing_and_the_account_behind_it_are_known(signals: Signals, late: str) -> None:
    tables = honest_tables(
        sellers=[{**honest_tables()["sellers"][0], "seller_id": "carla"}],
        products=[product("vase", "carla")],
        reviews=[review("r", "vase", 3, "2024-05-01 12:00")],
    )
    tables[late][-1]["recorded_at"] = moment("2024-05-15 12:00")
    # 91 days after it was written, and 91 days after it counts
    assert signals("2024-08-01", tables).loc["carla", "reviews_arrived_91d"] == 1
    assert signals("2024-08-14", tables).loc["carla", "reviews_arrived_91d"] == 1
    assert signals("2024-08-15", tables).loc["carla", "reviews_arrived_91d"] == 0


def test_a_listing_is_sold_once_the_account_that_bought_it_is_known(signals: Signals) -> None:
    tables = honest_tables(
        sellers=[{**honest_tables()["sellers"][0], "seller_id": "dora", "recorded_at": moment("2024-05-20 00:00")}],
        products=[product("lamp", "dora", valid_from=day("2024-03-01"))],
        reviews=[review("before", "lamp", 3, "2024-05-02 12:00"), review("after", "lamp", 3, "2024-05-21 12:00")],
    )
    assert signals("2024-05-20", tables)["reviews_arrived_91d"].to_dict() == {"anna": 1, "boris": 0}
    # the first moves to her when she becomes known, but 80 days after the sale that is late news
    assert signals(CUTOFF, tables)["reviews_arrived_91d"].to_dict() == {"anna": 1, "boris": 0, "dora": 1}


def test_the_day_of_the_last_of_many_cutoffs_is_in_none_of_their_windows(
    tmp_path: Path, store: Store, configuration: Configuration
) -> None:
    many = [day("2024-05-01"), day("2024-05-08"), day("2024-05-15")]
    reviews = [review("at", "lamp", 3, "2024-05-15 08:00"), review("before", "lamp", 3, "2024-05-14 08:00")]
    taken(tmp_path / "data", store, configuration, reviews=reviews)
    arrived = signals_at(store, many, configuration).set_index(["as_of", "seller_id"])["reviews_arrived_91d"]
    assert arrived.xs("anna", level="seller_id").tolist() == [0, 0, 1]
