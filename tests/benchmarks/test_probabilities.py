from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.probabilities import Probabilities, findable, found_by, table


@pytest.mark.parametrize(
    ("culprit", "found"),
    [
        ([1, 1, 0, 1, 1, 0, 0], 4),  # one of the first five is innocent, two of the first six
        ([0, 1, 1, 1, 1], 4),  # the first may be innocent where enough follow
        ([0, 1, 1, 0, 0], 0),
        ([], 0),
    ],
)
def test_findable_are_those_on_the_longest_list_with_few_enough_innocents(culprit: list[int], found: int) -> None:
    assert findable(np.array(culprit, dtype=np.float64), 0.2) == found


def test_an_investigation_finds_what_ran_in_the_year_before_it(tmp_path: Path) -> None:
    on = pd.Timestamp("2025-01-06")
    schemes = pd.DataFrame(
        {
            "seller_id": ["runs", "runs", "ended", "long ago", "later"],
            "scheme": ["paid_removal", "sabotage", "paid_removal", "paid_removal", "paid_removal"],
            "onset_on": pd.to_datetime(["2024-03-04", "2024-09-02", "2024-01-08", "2022-01-03", "2025-03-03"]),
            "ended_on": pd.to_datetime([None, "2024-12-02", "2024-06-03", "2023-06-05", None]),
            "ring_id": 1,
        }
    )
    (tmp_path / "schemes").mkdir()
    schemes.to_parquet(tmp_path / "schemes" / "part.parquet")
    found = found_by(tmp_path, on.date()).set_index("seller_id")
    assert set(found.index) == {"runs", "ended"}
    assert found.loc["runs", "onset_on"] == pd.Timestamp("2024-03-04")
    assert pd.isna(found.loc["runs", "ended_on"])
    assert found.loc["ended", "ended_on"] == pd.Timestamp("2024-06-03")


def judged(name: str, listed: int, falsely: int, promised: float, kept: int) -> Probabilities:
    return Probabilities(
        market=name,
        verdicts=400,
        guilty=20,
        calibrated=True,
        culprits=30,
        prevalence=0.02,
        listed=listed,
        falsely=falsely,
        findable=10,
        promised=promised,
        kept=kept,
        honest={f"honest beside {name}": falsely},
    )


def test_the_table_adds_markets_up() -> None:
    lines = list(table([judged("one", 8, 0, 20.0, 10), judged("two", 12, 3, 9.0, 12)], 0.2))
    assert "| two | 400, 20 | 30, 10 | 12, 3 | 9.0, 12 |" in lines
    assert "- falsely listed: 3 of 20 (0.15; 0.2 allowed)" in lines
    assert "- found: 17, where the truth would have allowed 20" in lines
    assert "- promised over kept in the first 100: 0.75, 2.00" in lines
    assert "- honest markets in which nobody is listed: 1 of 2" in lines
