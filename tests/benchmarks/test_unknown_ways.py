from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import configs
from benchmarks.unknown_ways import UNKNOWN_WAYS, Taken, noisy, taken_as_negative
from features.catalogue import CATALOGUE
from features.settings import read_settings
from model.settings import ClassifierSettings, Configuration
from training.learned import learned_rows

USED = ("negative_removals_beyond_floods_91d", "irregular_removals_91d")
FOUND, CLEARED, UNKNOWN = range(20), range(20, 40), range(40, 240)
MONTHS = pd.date_range("2023-01-02", periods=3, freq="28D")


@pytest.fixture(scope="module")
def settings() -> ClassifierSettings:
    shipped = read_settings(configs.SHIPPED, Configuration).classifier
    return shipped.model_copy(update={"bags": 1, "threads": 1})


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """Sellers at three cutoffs: a found one is decided 100 days after the first, later by its number."""
    label = np.array([1.0] * 20 + [0.0] * 20 + [np.nan] * 200)
    table = pd.DataFrame({"seller_id": np.tile(np.arange(240), 3), "as_of": np.repeat(MONTHS, 240)})
    decided = MONTHS[0] + pd.to_timedelta(100 + table["seller_id"], "D")
    return table.assign(
        label=np.tile(label, 3),
        case=table["seller_id"],
        schemes=None,
        weight=1 / 3,
        decided_at=decided.where(table["seller_id"] < UNKNOWN[0]),
    )


@pytest.fixture(scope="module")
def taken(rows: pd.DataFrame, settings: ClassifierSettings) -> Taken:
    random = np.random.default_rng(1)
    guilty = rows["seller_id"].isin([*FOUND, *UNKNOWN[:10]]).to_numpy()
    signals = pd.DataFrame(np.nan, rows.index, list(CATALOGUE)).assign(
        **{name: random.poisson(np.where(guilty, 12.0, 2.0)).astype(float) for name in USED},
        negative_removals_beyond_floods_tail_91d=np.where(guilty, 1e-6, random.random(len(rows))),
        reviews_arrived_91d=np.where(rows["label"].notna(), 200.0, 20.0),
    )
    panel = pd.concat([rows[["seller_id", "as_of"]], signals], axis=1)
    learned = learned_rows(rows, panel, {name: CATALOGUE[name] for name in USED}, settings)
    return Taken(rows, panel, learned, settings)


def test_as_shipped_the_unknown_weigh_less_than_the_cleared(taken: Taken) -> None:
    lesson = taken_as_negative(taken)
    assert lesson.positive.sum() == 3 * len(FOUND)
    assert lesson.weights[taken.unknown] == pytest.approx(taken.settings.unknown_weight / 3)


def test_left_out_means_verdicts_alone(taken: Taken) -> None:
    lesson = UNKNOWN_WAYS["left out, verdicts alone"](taken)
    assert set(taken.rows["seller_id"].iloc[lesson.at]) == {*FOUND, *CLEARED}


def test_by_delay_a_row_of_long_ago_is_a_surer_negative(taken: Taken) -> None:
    weights = UNKNOWN_WAYS["delay weights"](taken).weights
    unknown = taken.unknown & (taken.rows["seller_id"] == UNKNOWN[0]).to_numpy()
    assert np.all(np.diff(weights[unknown]) <= 0)
    assert weights[~taken.unknown] == pytest.approx(taken.learned.weights[~taken.unknown])


def test_by_propensity_who_is_judged_more_often_for_its_size_weighs_less(taken: Taken) -> None:
    weights = UNKNOWN_WAYS["propensity by size"](taken).weights
    assert np.all(weights[~taken.unknown] < taken.learned.weights[~taken.unknown])
    assert np.all(weights[taken.unknown] == taken.learned.weights[taken.unknown])


def test_positive_unlabelled_splits_an_unknown_row_into_a_culprit_and_an_innocent(taken: Taken) -> None:
    lesson = UNKNOWN_WAYS["positive-unlabelled weights"](taken)
    unknown = np.flatnonzero(taken.unknown)
    both = lesson.weights[unknown] + lesson.weights[len(taken.rows) :]
    assert both == pytest.approx(taken.learned.weights[unknown])
    culprits = pd.Series(lesson.weights[len(taken.rows) :]).groupby(taken.rows["seller_id"].iloc[unknown].to_numpy())
    assert culprits.sum()[[*UNKNOWN[:10]]].min() > culprits.sum()[[*UNKNOWN[10:]]].median()


def test_self_training_takes_the_most_surprising_for_culprits(taken: Taken) -> None:
    lesson = UNKNOWN_WAYS["self-training once by day zero"](taken)
    turned = (lesson.positive == 1) & taken.unknown
    assert turned.sum() == round(0.005 * 3 * len(UNKNOWN))
    assert set(taken.rows["seller_id"][turned]) <= set(UNKNOWN[:10])
    assert lesson.weights[turned] == pytest.approx(0.5 / 3)


def test_verdicts_are_made_worse_by_the_shares_that_are_told(rows: pd.DataFrame, tmp_path: Path) -> None:
    (tmp_path / "schemes").mkdir()
    schemes = {
        "seller_id": [*FOUND],
        "scheme": ["paid_removal"] * 20,
        "onset_on": [date(2022, 1, 3)] * 20,
        "ended_on": pa.array([None] * 20, pa.date32()),
        "ring_id": [seller // 4 for seller in FOUND],
    }
    pq.write_table(pa.table(schemes), tmp_path / "schemes" / "part.parquet")
    worse = dict(noisy(rows, tmp_path, seed=1))
    labels = {name: table.groupby("seller_id")["label"].first() for name, table in worse.items()}
    one_by_one, by_ring, half = (labels[name] for name in worse)
    for turned in (one_by_one, by_ring):
        assert (turned[[*FOUND]] == 0).sum() == 4
        assert (turned[[*CLEARED]] == 1).sum() == round(0.02 * 20)
        assert turned[[*UNKNOWN]].isna().all()
    cleared = by_ring[[*FOUND]]
    assert len({seller // 4 for seller in cleared.index[cleared == 0]}) == 1
    assert half[[*FOUND, *CLEARED]].isna().sum() == 20
