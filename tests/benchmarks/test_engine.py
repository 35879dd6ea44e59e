"""The benchmark of the engine compares like with like: all ways find the same signals."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.engine import ways
from benchmarks.engine.costs import Cost, told
from benchmarks.engine.frames import SIGNALS, signals_with_pandas
from benchmarks.engine.market import Keys, Size, write_late_day, write_market
from features.intake import take_in
from features.panel import signals_at
from features.store import Store
from model.settings import Configuration

TINY = Size(sellers=60, reviews=9_000, actions=900, ranks=12 * 20 * 104)
CUTOFFS = (ways.CUTOFFS[10], ways.CUTOFFS[30], ways.CUTOFFS[51])
"""Late enough that a year before them is covered in each marketplace of a market so small."""


@pytest.fixture(params=["integer", "text"])
def data(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    keys: Keys = request.param
    write_market(tmp_path / "data", TINY, keys)
    write_late_day(tmp_path / "data", tmp_path / "late", 52, keys)
    return tmp_path / "data"


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Configuration:
    """The configuration that ships, but that everyone has peers; what the ways read as well."""
    chosen = ways.settings()
    alone = chosen.model_copy(update={"peers": chosen.peers.model_copy(update={"min_group_sellers": 1})})
    monkeypatch.setattr(ways, "settings", lambda: alone)
    monkeypatch.setattr(ways, "CUTOFFS", CUTOFFS)
    return alone


def test_pandas_finds_the_signals_of_the_engine(data: Path, settings: Configuration, tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    take_in(data, store, None, settings)
    signals = signals_at(store, ways.CUTOFFS, settings)
    signals = signals[signals["as_of"].isin(pd.to_datetime(list(CUTOFFS)))].reset_index(drop=True)
    by_hand = signals_with_pandas(data, ways.CUTOFFS)
    names = [name for name in by_hand.columns if name not in {"seller_id", "as_of"}]
    assert set(names) == set(SIGNALS)
    assert list(by_hand["seller_id"]) == list(signals["seller_id"])
    np.testing.assert_allclose(by_hand[names].to_numpy(), signals[names].to_numpy(), rtol=1e-9, atol=1e-9)


def test_the_engine_beside_pandas_has_the_same_signals_and_folds_for_no_others() -> None:
    told = "from features.catalogue import CATALOGUE, tile_kinds; print(*CATALOGUE); print(*tile_kinds())"
    command = f"from benchmarks.engine.fewer import cut_families; cut_families(); {told}"
    run = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True)
    names, kinds = (line.split() for line in run.stdout.splitlines())
    assert sorted(names) == sorted(SIGNALS)
    assert kinds == ["rank_moves", "review_arrivals", "review_changes"]


def test_late_rows_are_new_and_of_a_day_a_year_before_the_end(data: Path, settings: Configuration) -> None:
    late = data.parent / "late"
    reviews, ranks = (pd.read_parquet(late / f"{name}.parquet") for name in ("reviews", "search_ranks"))
    known = pd.read_parquet(data / "reviews", columns=["review_id"])["review_id"]
    assert 0 < len(reviews) < len(known) / 104
    assert not reviews["review_id"].isin(known).any()
    assert set(reviews["created_at"].dt.date.astype(str)) == {"2024-01-03"}
    assert set(ranks["observed_on"].astype(str)) == {"2024-01-04"}
    assert settings.peers.min_group_sellers == 1


def test_a_table_tells_the_best_run_and_the_middle_ratio() -> None:
    costs = {"fast": [Cost(2, 10, 0), Cost(1, 30, 5), Cost(3, 20, 1)], "slow": [Cost(4, 1, 0)] * 3}
    assert told(costs, "slow")[2:] == [
        "| fast | 1.0 | 30 | 5 | 0.5 | 0.25, 0.5, 0.75 |",
        "| slow | 4.0 | 1 | 0 | 1 | 1, 1, 1 |",
    ]


@pytest.mark.parametrize("data", ["integer"], indirect=True)
def test_the_profile_tells_where_all_of_the_cpu_goes(
    data: Path, settings: Configuration, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    take_in(data, Store(tmp_path / "store"), None, settings)
    ways.profile(str(data), str(tmp_path / "store"))
    steps = [line.strip("| ").split(" | ") for line in capsys.readouterr().out.splitlines()[2:]]
    spent = {told: float(seconds) for told, seconds, _ in steps}
    assert len(spent) == 10
    assert min(spent.values()) >= 0
    assert sum(int(share.rstrip("%")) for *_, share in steps) == pytest.approx(100, abs=5)
    assert spent["folding them, with what they touch in history"] > 0
