"""One person's burst of verdicts is noticed, weighs what the limit lets count, and lets nobody rest."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pandas as pd
import pytest

from model.alerts import resting_sellers
from model.settings import LabelSettings
from training.authors import bursts_before, outside_bursts, told_bursts
from training.labels import training_rows

Rows = Callable[..., pd.DataFrame]
AS_OF = date(2024, 9, 2)


@pytest.fixture
def limited(label_settings: LabelSettings) -> LabelSettings:
    return label_settings.model_copy(update={"author_week_verdicts": 4})


@pytest.fixture
def verdicts(verdict_rows: Rows) -> pd.DataFrame:
    """Eight by author 7 in the week of 3 June, of which the last is backdated, four by 8, three by nobody known."""
    burst = [
        {"seller_id": f"b{day}", "verdict": "cleared", "decided_by": 7, "decided_at": f"2024-06-0{3 + day % 7}"}
        for day in range(7)
    ]
    backdated = {"seller_id": "b7", "decided_by": 7, "decided_at": "2024-02-01", "known_at": "2024-06-05"}
    calm = [{"seller_id": f"c{day}", "decided_by": 8, "decided_at": f"2024-06-0{3 + day}"} for day in range(4)]
    unsigned = [{"seller_id": f"n{day}", "decided_at": "2024-06-04"} for day in range(9)]
    return verdict_rows(*burst, backdated, *calm, *unsigned)


def test_a_burst_is_counted_by_when_it_was_recorded(verdicts: pd.DataFrame, limited: LabelSettings) -> None:
    found = bursts_before(verdicts, AS_OF, limited)
    assert found.to_dict("records") == [{"decided_by": 7, "week": pd.Timestamp("2024-06-03"), "verdicts": 8}]
    assert bursts_before(verdicts, date(2024, 6, 6), limited)["verdicts"].tolist() == []


def test_its_verdicts_weigh_together_as_much_as_the_limit(
    verdicts: pd.DataFrame, population: Rows, limited: LabelSettings
) -> None:
    sellers = population(sorted(set(verdicts["seller_id"])), ["2023-12-04"])
    rows = training_rows(sellers, verdicts, AS_OF, limited, seed=1).set_index("seller_id")
    of_burst = rows[rows.index.str.startswith("b")]
    assert len(of_burst) == 8
    assert of_burst["weight"].sum() == pytest.approx(4)
    assert (rows.loc[["c0", "c1", "c2", "c3", "n0", "n8"], "weight"] == 1).all()


def test_it_lets_nobody_rest(verdicts: pd.DataFrame, limited: LabelSettings) -> None:
    resting = resting_sellers(outside_bursts(verdicts, AS_OF, limited), AS_OF, 182)
    assert {seller[0] for seller in resting.index} == {"c", "n"}


def test_it_is_said_with_the_author_s_pseudonym_and_for_a_year(verdicts: pd.DataFrame, limited: LabelSettings) -> None:
    (told,) = told_bursts(verdicts, AS_OF, limited)
    assert told.startswith("1 times one person gave over 4 verdicts in a week")
    assert "most 7 with 8 in the week of 2024-06-03" in told
    assert told_bursts(verdicts, AS_OF + timedelta(days=400), limited) == ()
