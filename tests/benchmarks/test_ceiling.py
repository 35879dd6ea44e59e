from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.ceiling import ring_folds, truly_guilty
from features.settings import read_settings
from model.settings import ClassifierSettings, Configuration
from simulator.judge import ring_of_sellers

CONFIGURATION = Path(__file__).parents[2] / "configs" / "scrubwatch.yaml"
SPRING, SUMMER = pd.Timestamp("2024-04-01"), pd.Timestamp("2024-07-01")


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    """Thirty culprits in ten rings of three; `c00` stopped in May, all others run since March."""
    names = [f"c{number:02}" for number in range(30)]
    schemes = pa.table(
        {
            "seller_id": names,
            "scheme": ["paid_removal"] * 30,
            "onset_on": [date(2024, 3, 4)] * 30,
            "ended_on": pa.array([date(2024, 5, 6)] + [None] * 29, pa.date32()),
            "ring_id": [f"ring {number // 3}" for number in range(30)],
        }
    )
    (tmp_path / "schemes").mkdir()
    pq.write_table(schemes, tmp_path / "schemes" / "part.parquet")
    return tmp_path


@pytest.fixture
def rows() -> pd.DataFrame:
    sellers = [f"c{number:02}" for number in range(30)] + [f"h{number:02}" for number in range(70)]
    return pd.DataFrame({"seller_id": sellers * 2, "as_of": [SPRING] * 100 + [SUMMER] * 100})


@pytest.fixture(scope="module")
def settings() -> ClassifierSettings:
    return read_settings(CONFIGURATION, Configuration).classifier


def test_guilt_is_that_of_the_cutoff(truth: Path, rows: pd.DataFrame) -> None:
    guilty = truly_guilty(truth, rows)
    assert guilty[:100].sum() == 30
    assert guilty[100:].sum() == 29
    assert guilty[rows["seller_id"] == "c00"].tolist() == [1, 0]


def test_no_fold_splits_a_ring_or_a_seller(truth: Path, rows: pd.DataFrame, settings: ClassifierSettings) -> None:
    folds = ring_folds(rows, truly_guilty(truth, rows), truth, settings)
    ring = rows["seller_id"].map(ring_of_sellers(truth))
    for training, test in folds:
        assert set(rows["seller_id"].iloc[training]).isdisjoint(rows["seller_id"].iloc[test])
        assert set(ring.iloc[training].dropna()).isdisjoint(ring.iloc[test].dropna())
    assert sorted(np.concatenate([test for _, test in folds])) == list(range(200))


def test_every_fold_has_culprits_to_find(truth: Path, rows: pd.DataFrame, settings: ClassifierSettings) -> None:
    guilty = truly_guilty(truth, rows)
    assert all(guilty[test].sum() > 0 for _, test in ring_folds(rows, guilty, truth, settings))
