from collections.abc import Callable
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict

from model.settings import LabelSettings
from training.split import CaseFolds, matured_share, time_test_rows

Rows = Callable[..., pd.DataFrame]
UNKNOWN = float("nan")


@given(
    rows=st.lists(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from([1.0, 0.0, UNKNOWN])), min_size=2),
    folds=st.integers(2, 6),
    seed=st.integers(0, 3),
)
def test_no_case_stands_on_both_sides_and_every_row_is_tested_once(
    rows: list[tuple[str, float]], folds: int, seed: int
) -> None:
    cases = np.array([case for case, _ in rows])
    labels = [label for _, label in rows]
    splitter = CaseFolds(folds, seed)
    if len(set(cases)) < 2:
        with pytest.raises(ValueError, match="two cases are needed"):
            list(splitter.split(rows, labels, cases))
        return
    splits = list(splitter.split(rows, labels, cases))
    assert len(splits) == splitter.get_n_splits(rows, labels, cases) == min(folds, len(set(cases)))
    assert sorted(np.concatenate([test for _, test in splits]).tolist()) == list(range(len(rows)))
    for train, test in splits:
        assert not set(cases[train]) & set(cases[test])
        assert len(train) + len(test) == len(rows)
        assert len(test) > 0


def test_folds_share_positives_negatives_and_unknown_evenly() -> None:
    labels = [1.0] * 10 + [0.0] * 20 + [UNKNOWN] * 70
    cases = [f"c{row}" for row in range(100)]
    for _, test in CaseFolds(5, seed=1).split(labels, labels, cases):
        held = np.array(labels)[test]
        assert ((held == 1).sum(), (held == 0).sum(), np.isnan(held).sum()) == (2, 4, 14)


def test_a_large_ring_is_met_by_small_cases_in_the_other_folds() -> None:
    labels = [1.0] * 6 + [1.0] * 6
    cases = ["ring"] * 6 + ["c1", "c2", "c3", "c4", "c5", "c6"]
    held = [set(np.array(cases)[test]) for _, test in CaseFolds(2, seed=1).split(labels, labels, cases)]
    assert sorted(held, key=len) == [{"ring"}, {"c1", "c2", "c3", "c4", "c5", "c6"}]


def test_the_folds_depend_on_the_seed_alone() -> None:
    labels = [1.0, 0.0] * 20
    cases = [f"c{row}" for row in range(40)]

    def folds(seed: int) -> list[list[int]]:
        return [test.tolist() for _, test in CaseFolds(4, seed).split(labels, labels, cases)]

    assert folds(1) == folds(1)
    assert folds(1) != folds(2)


def test_scikit_learn_takes_the_splitter() -> None:
    labels = np.array([1.0, 0.0] * 10)
    signal = labels.reshape(-1, 1)
    margins = cross_val_predict(
        LogisticRegression(), signal, labels, groups=np.arange(20), cv=CaseFolds(4, seed=1), method="decision_function"
    )
    assert roc_auc_score(labels, margins) == 1.0


def test_labels_dealt_to_cases_by_chance_are_not_learned() -> None:
    """Ten near-identical rows a case: folds by row would show an AUC near 1 where there is nothing to learn."""
    generator = np.random.default_rng(1)
    cases = np.repeat(np.arange(120), 10)
    signals = generator.normal(size=(120, 4))[cases] + 0.01 * generator.normal(size=(1200, 4))
    found = []
    for _ in range(20):
        labels = generator.permutation([1.0] * 40 + [0.0] * 80)[cases]
        margins = cross_val_predict(
            LogisticRegression(), signals, labels, groups=cases, cv=CaseFolds(5, seed=1), method="decision_function"
        )
        found.append(roc_auc_score(labels, margins))
    standard_error = np.std(found, ddof=1) / np.sqrt(len(found))
    assert abs(np.mean(found) - 0.5) < max(3 * standard_error, 0.03)


CUTOFFS = ["2024-01-08", "2024-02-05", "2024-03-04", "2024-04-01"]


def test_the_test_at_a_date_takes_undecided_sellers_at_their_last_clean_cutoff(
    verdict_rows: Rows, population: Rows, label_settings: LabelSettings
) -> None:
    verdicts = verdict_rows(
        {"seller_id": "decided before", "decided_at": "2024-02-04", "opened_at": "2024-01-20"},
        {"seller_id": "opened later", "decided_at": "2024-06-03", "opened_at": "2024-05-01"},
        {"seller_id": "opened already", "decided_at": "2024-03-20", "opened_at": "2024-02-01"},
        {"seller_id": "cleared", "verdict": "cleared", "decided_at": "2024-07-01", "opened_at": "2024-06-15"},
        {"seller_id": "recorded too late", "known_at": "2024-12-02"},
    )
    sellers = ["cleared", "decided before", "never judged", "opened already", "opened later", "recorded too late"]
    rows = time_test_rows(population(sellers, CUTOFFS), verdicts, date(2024, 2, 5), date(2024, 12, 2), label_settings)
    assert [
        (row.seller_id, row.as_of.date().isoformat(), row.label) for row in rows.fillna({"label": -1}).itertuples()
    ] == [
        ("cleared", "2024-03-04", 0),
        ("never judged", "2024-03-04", -1),
        ("opened already", "2024-01-08", 1),
        ("opened later", "2024-03-04", 1),
        ("recorded too late", "2024-03-04", -1),
    ]


@pytest.mark.parametrize(("as_of", "share"), [("2024-04-01", 0.0), ("2024-05-06", 0.5), ("2024-12-02", 1.0)])
def test_a_test_period_matures_as_fast_as_verdicts_came_before(
    as_of: str, share: float, verdict_rows: Rows, label_settings: LabelSettings
) -> None:
    """Two verdicts took 30 and 90 days; the horizon ends on 4 March, 28 and 63 days before the first two dates."""
    verdicts = verdict_rows(
        {"seller_id": "a", "opened_at": "2023-01-01", "decided_at": "2023-01-31"},
        {"seller_id": "b", "opened_at": "2023-01-01", "decided_at": "2023-04-01"},
    )
    assert matured_share(verdicts, date(2024, 2, 5), date.fromisoformat(as_of), label_settings) == share


def test_without_any_verdict_nothing_is_known_of_maturity(verdict_rows: Rows, label_settings: LabelSettings) -> None:
    assert np.isnan(matured_share(verdict_rows(), date(2024, 2, 5), date(2024, 12, 2), label_settings))
