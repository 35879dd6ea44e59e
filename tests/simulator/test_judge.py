from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.errors import WrongUse
from simulator.judge import average_precision, guilty_at, guilty_sellers, precision_at, recall_at, weeks_to_listing

AS_OF = date(2024, 6, 3)


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    """Two culprits on 3 June: `ann` since March and `bob` since May; `cid` stopped in April, `dan` begins in July."""
    schemes = pa.table(
        {
            "seller_id": ["ann", "bob", "cid", "dan"],
            "scheme": ["paid_removal", "sabotage", "paid_removal", "bought_reviews"],
            "onset_on": [date(2024, 3, 4), date(2024, 5, 6), date(2024, 1, 8), date(2024, 7, 1)],
            "ended_on": pa.array([None, date(2024, 9, 2), date(2024, 4, 1), None], pa.date32()),
            "ring_id": ["r", "r", "s", "s"],
        }
    )
    (tmp_path / "schemes").mkdir()
    pq.write_table(schemes, tmp_path / "schemes" / "part.parquet")
    return tmp_path


def test_guilt_is_known_with_its_period(truth: Path) -> None:
    guilty = guilty_at(truth, AS_OF)
    assert guilty["seller_id"].tolist() == ["cid", "ann", "bob"]
    assert guilty["active"].tolist() == [False, True, True]
    assert guilty_sellers(truth, AS_OF) == {"ann", "bob"}
    assert guilty_sellers(truth, AS_OF, active_only=False) == {"ann", "bob", "cid"}


def test_an_onset_on_the_cutoff_is_after_it(truth: Path) -> None:
    assert guilty_sellers(truth, date(2024, 5, 6)) == {"ann"}


def test_precision_and_recall_count_active_culprits(truth: Path) -> None:
    ranked = ["ann", "cid", "eve", "bob"]
    assert precision_at(truth, ranked, AS_OF, 1) == 1
    assert precision_at(truth, ranked, AS_OF, 4) == 0.5
    assert recall_at(truth, ranked, AS_OF, 2) == 0.5


def test_average_precision_by_hand(truth: Path) -> None:
    assert average_precision(truth, ["ann", "cid", "eve", "bob"], AS_OF) == (1 + 2 / 4) / 2
    assert average_precision(truth, ["eve", "ann"], AS_OF) == (1 / 2) / 2


def test_weeks_to_listing_from_the_first_onset(truth: Path) -> None:
    listed = {"ann": date(2024, 4, 1), "bob": date(2024, 4, 29)}
    table = weeks_to_listing(truth, listed, AS_OF).set_index("seller_id")
    assert table.loc["ann", "weeks"] == 4
    assert table.loc["bob", "weeks"] == -1
    assert table["before_onset"].to_dict() == {"ann": False, "bob": True, "cid": False}


def test_a_folder_without_a_truth_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="holds no truth of a simulated market"):
        guilty_at(tmp_path, AS_OF)


def test_nothing_ranked_is_refused(truth: Path) -> None:
    with pytest.raises(WrongUse, match="no seller is ranked"):
        precision_at(truth, [], AS_OF, 10)
