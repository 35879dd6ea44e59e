"""Splits of labelled rows that let no case stand on both sides."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from model.settings import LabelSettings
from training.labels import label_rows
from training.verdicts import investigation_starts, verdicts_before

Indices = npt.NDArray[np.int64]


class CaseFolds:
    """A scikit-learn splitter: folds of whole cases, each with its share of positive, negative and unknown rows.

    Args:
        n_splits: folds; with fewer cases there are as many folds as cases.
        seed: of the order in which cases of equal size are dealt.

    """

    def __init__(self, n_splits: int, seed: int) -> None:
        """Keep the settings."""
        self.n_splits = n_splits
        self.seed = seed

    def split(self, X: Any, y: Any, groups: Any) -> Iterator[tuple[Indices, Indices]]:  # noqa: N803 - scikit-learn's name
        """Yield train and test row numbers of each fold.

        Args:
            X: rows; only their number counts.
            y: 1, 0 or NaN (unknown) for each row.
            groups: the case of each row.

        Raises:
            ValueError: the rows belong to fewer than two cases, or the lengths differ.

        """
        fold_of_row = self._folds(X, y, groups)
        for fold in range(fold_of_row.max() + 1):
            inside = fold_of_row == fold
            yield np.flatnonzero(~inside), np.flatnonzero(inside)

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:  # noqa: ARG002, N803 - scikit-learn's signature
        """Return the number of folds, at most one for each case if ``groups`` is given."""
        return self.n_splits if groups is None else min(self.n_splits, len(np.unique(np.asarray(groups))))

    def _folds(self, rows: Any, labels: Any, groups: Any) -> Indices:
        outcome = np.asarray(labels, dtype=float)
        if not len(rows) == len(outcome) == len(groups):
            raise ValueError(
                f"{len(rows)} rows, {len(outcome)} labels and {len(groups)} cases: expected as many of each"
            )
        folds = self.get_n_splits(groups=groups)
        if folds < 2:
            raise ValueError(f"{len(outcome)} rows of {folds} case(s) cannot be split; two cases are needed")
        cases, case_of_row = np.unique(np.asarray(groups), return_inverse=True)
        counts = np.zeros((len(cases), 3), dtype=np.int64)
        np.add.at(counts, (case_of_row, np.where(np.isnan(outcome), 2, np.where(outcome == 1, 0, 1))), 1)
        return self._deal(counts, folds)[case_of_row]

    def _deal(self, counts: Indices, folds: int) -> Indices:
        """Deal cases, those with most positive rows first, each to the fold that has least of its rarest kind."""
        shuffled = np.random.default_rng(self.seed).permutation(len(counts))
        ordered = shuffled[np.lexsort(tuple(-counts[shuffled, kind] for kind in (2, 1, 0)))]
        held = np.zeros((folds, 4), dtype=np.int64)
        fold_of_case = np.empty(len(counts), dtype=np.int64)
        for case in ordered:
            kind = int(np.flatnonzero(counts[case])[0])
            fold = min(range(folds), key=lambda candidate: (held[candidate, kind], held[candidate, 3]))
            fold_of_case[case] = fold
            held[fold, :3] += counts[case]
            held[fold, 3] += 1
        return fold_of_case


def time_test_rows(
    population: pd.DataFrame, verdicts: pd.DataFrame, split_on: date, as_of: date, settings: LabelSettings
) -> pd.DataFrame:
    """Rows on which a model that knew the verdicts recorded before ``split_on`` is tested.

    One row a seller without a verdict recorded before ``split_on``: the last cutoff <= ``split_on`` + the horizon and
    <= the start of its investigation. Labels come from verdicts recorded from ``split_on`` on and before ``as_of``.

    Args:
        population: one row per seller and cutoff, columns ``seller_id``, ``as_of``, ``owner_id``.
        verdicts: all verdict rows delivered.
        split_on: S, the date at which the tested model was fitted.
        as_of: the date up to which verdicts are known now.
        settings: the horizon, and how verdicts are read.

    Returns:
        As ``label_rows``, one row a seller, sorted by seller, with the row's ``case``.

    """
    before = verdicts_before(verdicts, split_on)
    horizon = pd.Timestamp(split_on + timedelta(weeks=settings.test_horizon_weeks))
    undecided = population[~population["seller_id"].isin(before["seller_id"]) & (population["as_of"] <= horizon)]
    later = verdicts_before(verdicts, as_of)
    opened = investigation_starts(later, settings).groupby(later["seller_id"]).min()
    first_opened = undecided["seller_id"].map(opened)
    usable = undecided[first_opened.isna() | (undecided["as_of"] <= first_opened)]
    last = usable.sort_values("as_of", kind="stable").drop_duplicates("seller_id", keep="last")
    return label_rows(last, verdicts, as_of, settings).sort_values("seller_id", kind="stable", ignore_index=True)


def matured_share(verdicts: pd.DataFrame, split_on: date, as_of: date, settings: LabelSettings) -> float:
    """Share of a test period's verdicts that should be in by ``as_of``, judged by how long verdicts took before.

    A scheme open to be found at ``split_on`` + horizon is recorded once its investigation has run; the share is that
    of the verdicts known before ``as_of`` whose investigation took no longer than from the horizon to ``as_of``. NaN
    without any verdict.
    """
    known = verdicts_before(verdicts, as_of)
    if known.empty:
        return float("nan")
    took = pd.to_datetime(known["known_at"]) - investigation_starts(known, settings)
    horizon = split_on + timedelta(weeks=settings.test_horizon_weeks)
    return float((took <= pd.Timestamp(as_of) - pd.Timestamp(horizon)).mean())
