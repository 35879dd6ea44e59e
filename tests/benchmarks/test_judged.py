from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.frozen import frozen_market
from benchmarks.judged import chosen, precise, read_strength
from benchmarks.made import made
from features.errors import WrongUse

AS_OF = date(2024, 6, 3)


@pytest.fixture
def scores(tmp_path: Path) -> Path:
    table = pa.table({"seller_id": ["ann", "bob"], "as_of": [AS_OF, AS_OF], "strength": [0.2, 1.5]})
    pq.write_table(table, tmp_path / "scores.parquet")
    return tmp_path


def test_strengths_come_in_the_order_of_the_judged_sellers(scores: Path) -> None:
    assert read_strength(scores, pd.Series(["bob", "ann"]), AS_OF).tolist() == [1.5, 0.2]


def test_scores_of_another_cutoff_are_refused(scores: Path) -> None:
    with pytest.raises(WrongUse, match=r"this market is judged as of 2024-06-10"):
        read_strength(scores, pd.Series(["ann"]), date(2024, 6, 10))


def test_a_seller_without_a_strength_is_refused_by_name(scores: Path) -> None:
    with pytest.raises(WrongUse, match=r"1 of 3 sellers have no strength, 'eve' first"):
        read_strength(scores, pd.Series(["ann", "eve", "bob"]), AS_OF)


def test_a_folder_without_scores_is_refused_with_what_writes_them(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match=r"scrubwatch score --as-of 2024-06-03"):
        read_strength(tmp_path, pd.Series(["ann"]), AS_OF)


def test_only_the_judged_count_and_ties_share_their_place() -> None:
    culprit, strength = np.array([1.0, 1, 0, 0, 1]), np.array([9.0, 5, 5, 1, 0])
    judged = np.array([False, True, True, True, True])
    # Without the first: a tie of two holds one culprit (1 of 2), the last of four is the second (2 of 4).
    assert precise(culprit, strength, judged) == pytest.approx((1 / 2 + 2 / 4) / 2)


def test_a_kind_stands_for_all_its_markets() -> None:
    assert [market.name for market in chosen(["easy", "hard"])] == ["easy", *(f"hard_{n:02}" for n in range(1, 11))]


def test_an_unknown_market_is_refused() -> None:
    with pytest.raises(WrongUse, match="unknown market 'soft'"):
        chosen(["soft"])


def test_a_market_on_disk_is_reused_until_its_digest_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    simulated: list[Path] = []

    def simulate(out: Path, truth: Path, _: object) -> None:
        simulated.append(out)
        for folder in (out, truth):
            folder.mkdir(parents=True)
            pq.write_table(pa.table({"seller_id": ["ann"]}), folder / "part.parquet")

    monkeypatch.setattr("benchmarks.pins.simulate", simulate)
    market = frozen_market("easy")
    digest = made(market, tmp_path).rows_digest
    assert made(market, tmp_path).rows_digest == digest  # not as pinned, but by the same code on the same machine
    assert len(simulated) == 1
    monkeypatch.setattr("benchmarks.made.arithmetic", lambda: "of another machine")
    made(market, tmp_path)
    assert len(simulated) == 2
    monkeypatch.setattr("benchmarks.made.pinned", lambda: {"easy": digest})
    monkeypatch.setattr("benchmarks.made.arithmetic", lambda: "of a third, on which the rows are as pinned")
    assert made(market, tmp_path).rows_digest == digest
    assert len(simulated) == 2
