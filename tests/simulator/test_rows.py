"""What the written rows promise: the contract's columns, keys, parents and clocks."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from features.contract import TABLES as CONTRACT
from features.intake import take_in
from features.store import Store
from simulator.schema import TABLES, WORDS
from simulator.settings import scenario_names
from tests.simulator.conftest import Written, feature_settings, small, written


def test_every_table_has_the_columns_of_the_contract() -> None:
    for name, columns in TABLES.items():
        assert list(columns) == [column.name for column in CONTRACT[name].columns]


def test_enumerations_hold_only_words_of_the_contract() -> None:
    for name, columns in TABLES.items():
        for column, kind in columns.items():
            allowed = CONTRACT[name].column(column).values
            if kind.kind == "word" and allowed:
                assert set(WORDS[kind.of]) <= set(allowed)


def test_keys_are_unique(market: Written) -> None:
    corrected = {"sales"}
    for name in set(TABLES) - corrected:
        key = ", ".join(CONTRACT[name].key)
        assert market.value(f"select count(*) - count(distinct ({key})) from {name}") == 0, name


def test_a_sale_is_corrected_by_a_later_record_of_the_same_key(market: Written) -> None:
    twice = """
        select arg_max(units, recorded_at), arg_min(units, recorded_at)
        from sales group by product_id, sold_on having count(*) > 1
    """
    pairs = market.rows(twice)
    assert len(pairs) > 100
    assert all(later < first for later, first in pairs)


def test_every_parent_is_there(market: Written) -> None:
    for child, parent, key in [
        ("review_actions", "reviews", "review_id"),
        ("reviews", "products", "product_id"),
        ("products", "sellers", "seller_id"),
        ("search_ranks", "products", "product_id"),
        ("sales", "products", "product_id"),
        ("verdicts", "sellers", "seller_id"),
    ]:
        orphans = f"select count(*) from {child} anti join {parent} using ({key}) where {key} is not null"
        assert market.value(orphans) == 0, child


def test_a_cited_ticket_is_delivered_within_two_weeks(market: Written) -> None:
    missing = """
        select count(*) from review_actions anti join tickets using (ticket_id)
        where ticket_id is not null and recorded_at < date '2025-02-10'
    """
    assert market.value(missing) == 0


def test_nothing_is_recorded_before_it_happened(market: Written) -> None:
    for name, moment in [
        ("reviews", "created_at"),
        ("review_actions", "acted_at"),
        ("account_actions", "acted_at"),
        ("staff_access", "accessed_at"),
        ("verdicts", "decided_at"),
    ]:
        assert market.value(f"select count(*) from {name} where recorded_at < {moment}") == 0


def test_a_review_is_acted_on_after_it_was_posted_and_recorded(market: Written) -> None:
    early = "select count(*) from review_actions a join reviews r using (review_id) where {}"
    assert market.value(early.format("a.acted_at <= r.created_at")) == 0
    assert market.value(early.format("a.recorded_at <= r.recorded_at")) == 0


def test_a_removed_review_is_not_removed_again(market: Written) -> None:
    again = (
        "select count(*) - count(distinct (review_id, kind)) from review_actions where kind in ('removed', 'restored')"
    )
    assert market.value(again) == 0


def test_a_file_holds_what_was_recorded_in_the_week_that_ends_on_its_day(market: Written) -> None:
    wrong = """
        select count(*) from review_actions
        where recorded_at >= recorded_on + interval 1 day or recorded_at < recorded_on - interval 6 day
    """
    assert market.value(wrong) == 0


def test_the_day_after_the_last_is_a_cutoff(market: Written) -> None:
    for name in ("reviews", "review_actions"):
        assert market.value(f"select max(recorded_at)::date from {name}") == date(2025, 2, 23)


def test_a_row_recorded_after_the_end_is_not_delivered(market: Written) -> None:
    for name in TABLES:
        assert market.value(f"select count(*) from {name} where recorded_at >= date '2025-02-24'") == 0


@pytest.mark.parametrize("scenario", scenario_names())
def test_each_scenario_passes_the_intake_with_nothing_quarantined_or_waiting(scenario: str, tmp_path: Path) -> None:
    market = written(tmp_path, small(scenario, sellers=100, weeks=8))
    report = take_in(market.out, Store(tmp_path / "store"), date(2024, 2, 26), feature_settings())
    assert {name: table.quarantined for name, table in report.tables.items() if table.quarantined} == {}
    assert sum(table.waiting for table in report.tables.values()) == 0
    assert sum(table.other_values for table in report.tables.values()) == 0


def test_ids_can_be_integers(tmp_path: Path) -> None:
    texts = small(sellers=40, weeks=5)
    numbers = texts.model_copy(update={"market": texts.market.model_copy(update={"ids": "integer"})})
    market = written(tmp_path, numbers)
    types = {str(kind) for kind in pq.read_table(market.out / "reviews").schema.types[:3]}
    assert types == {"int64"}
