"""The product's own classifier on real labels: Amazon products whose sellers bought reviews (He et al., PNAS 2022).

A check of the classifier, not of the signals: the 31 columns are the authors', not ours, and a product is not a seller
at a cutoff. What is chosen (derived columns or not, number of trees) is chosen anew inside the training side of each
fold. The list of derived columns and the shape of the trees were fixed beforehand after a look at folds of the same
table, so the figure by folds flatters a little; that of a test file does not. Beside it stands what a user would take
instead, on the same folds. Prints one line of JSON::

    python -m benchmarks.fake_review_buyers --train train.csv.gz [--test test.csv.gz]
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import joblib
import lightgbm
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import t as student
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import RepeatedStratifiedKFold, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from features.errors import ScrubwatchError, WrongUse
from model.arrays import Floats
from model.classifier import SellerRiskClassifier, fit_folds
from model.metrics import METRICS, difference

LABEL = "fake"
OURS = "scrubwatch"
REPEATS, FOLDS, INNER_FOLDS = 10, 5, 3
JOBS = 2
CLASSIFIER = SellerRiskClassifier(
    trees=500,
    bags=2,
    learning_rate=0.03,
    max_depth=6,
    max_leaves=20,
    min_leaf_rows=10,
    row_share=0.8,
    signal_share=0.5,
    l2=1.0,
)
FIGURES = ("roc_auc", "average_precision")

Fit = Callable[[pd.DataFrame, NDArray[np.intp], pd.DataFrame], Floats]
"""Training rows, their labels, test rows; returns the risk of each test row, 0 to 1."""


class _Classifier(Protocol):
    def fit(self, rows: pd.DataFrame, labels: NDArray[np.intp]) -> Any: ...

    def predict_proba(self, rows: pd.DataFrame) -> Floats: ...


def derive(rows: pd.DataFrame) -> pd.DataFrame:
    """Add what single columns do not say: place in the network for its size, age, restlessness, thin middles.

    Row by row: nothing of a column is computed from other rows or from labels.
    """
    reviews, degree = _positive(rows["n_of_reviews"]), _positive(rows["w_degree"])
    return rows.assign(
        age_days=rows["avg_days_between_reviews"] * rows["n_of_reviews"],
        eigenvector_of_degree=rows["eigenvector_cent"] / degree,
        eigenvector_of_reviews=rows["eigenvector_cent"] / reviews,
        pagerank_of_degree=rows["pagerank"] / degree,
        pagerank_of_reviews=rows["pagerank"] / reviews,
        pagerank_of_eigenvector=rows["pagerank"] / _positive(rows["eigenvector_cent"]),
        degree_of_reviews=rows["w_degree"] / reviews,
        images_of_reviews=rows["num_images"] / reviews,
        photo_reviews_of_reviews=rows["num_reviews"] / reviews,
        images_of_photo_reviews=rows["num_images"] / _positive(rows["num_reviews"]),
        restlessness=rows["stdev_days_between_reviews"] / _positive(rows["avg_days_between_reviews"]),
        longest_pause=rows["max_days_between_reviews"] / _positive(rows["avg_days_between_reviews"]),
        length_noise=rows["std_review_len"] / np.sqrt(reviews),
        text_amount=rows["tfidf_review_body"] * rows["std_review_len"],
        middle_stars=1 - rows["share_1star"] - rows["share_5star"],
        review_images_beyond_product=rows["mean_sim_review"] - rows["mean_sim_product"],
        closest_beyond_mean=rows["max_sim"] - rows["mean_sim"],
    )


def ours(rows: pd.DataFrame, labels: NDArray[np.intp], test: pd.DataFrame) -> Floats:
    """Choose columns and number of trees by folds of the training rows, then fit on all of them."""
    folds = list(StratifiedKFold(INNER_FOLDS, shuffle=True, random_state=1).split(rows, labels))
    quick = clone(CLASSIFIER).set_params(bags=1)
    views: tuple[Callable[[pd.DataFrame], pd.DataFrame], ...] = (lambda plain: plain, derive)
    found = [fit_folds(quick, view(rows), labels, folds) for view in views]
    best = min(range(len(views)), key=lambda number: found[number].losses[found[number].trees])
    chosen = clone(CLASSIFIER).set_params(trees=found[best].trees)
    chosen.fit(views[best](rows), labels)
    return np.asarray(chosen.predict_proba(views[best](test))[:, 1], dtype=np.float64)


def contestants() -> dict[str, Fit]:
    """Ours and the peers by name; XGBoost only where it is installed."""
    scaled = make_pipeline(SimpleImputer(strategy="median"), StandardScaler(), LogisticRegression(max_iter=2000))
    forest = RandomForestClassifier(n_estimators=500, random_state=1)
    untuned = lightgbm.LGBMClassifier(n_estimators=400, random_state=1, n_jobs=1, verbosity=-1)
    found = {
        OURS: ours,
        "logistic_regression": _plainly(scaled),
        "random_forest": _plainly(make_pipeline(SimpleImputer(strategy="median"), forest)),
        "untuned_lightgbm": _plainly(untuned),
    }
    if importlib.util.find_spec("xgboost") is not None:
        xgboost = importlib.import_module("xgboost")
        found["xgboost"] = _plainly(xgboost.XGBClassifier(n_estimators=400, random_state=1, n_jobs=1))
    return found


def by_folds(rows: pd.DataFrame, labels: NDArray[np.intp], repeats: int) -> dict[str, Any]:
    """Figures on repeated stratified folds; gains over each peer with 95 % Nadeau-Bengio intervals."""
    splitter = RepeatedStratifiedKFold(n_splits=FOLDS, n_repeats=repeats, random_state=1)
    fits = contestants()
    folds = joblib.Parallel(n_jobs=JOBS)(
        joblib.delayed(_one_fold)(fits, rows, labels, training, test) for training, test in splitter.split(rows, labels)
    )
    means = {name: {figure: _mean(folds, name, figure) for figure in folds[0][name]} for name in fits}
    gains = {
        name: {
            figure: corrected_interval(
                np.array([fold[OURS][figure] - fold[name][figure] for fold in folds]), 1 / (FOLDS - 1)
            )
            for figure in FIGURES
        }
        for name in fits
        if name != OURS
    }
    return _record(means, gains, len(rows), f"{repeats} x {FOLDS} stratified folds, Nadeau-Bengio 95 %")


def on_test(
    rows: pd.DataFrame, labels: NDArray[np.intp], test: pd.DataFrame, truth: NDArray[np.intp]
) -> dict[str, Any]:
    """Figures on other rows; gains over each peer with 95 % intervals by bootstrap over those rows."""
    risks = {name: fit(rows, labels, test) for name, fit in contestants().items()}
    means = {name: _figures(truth, risk) for name, risk in risks.items()}
    gains = {name: _gains_on_rows(truth, risks[OURS], risk) for name, risk in risks.items() if name != OURS}
    return _record(means, gains, len(test), "the given test file, bootstrap over its rows 95 %")


def corrected_interval(gains: Floats, test_over_training: float) -> list[float]:
    """Mean, low and high of gains over folds that share training rows (Nadeau and Bengio, 2003), at 95 %."""
    spread = np.sqrt((1 / len(gains) + test_over_training) * gains.var(ddof=1))
    reach = float(student.ppf(0.975, len(gains) - 1)) * float(spread)
    return [round(float(gains.mean()) + step, 5) for step in (0.0, -reach, reach)]


def read_table(path: Path) -> tuple[pd.DataFrame, NDArray[np.intp]]:
    """Read features and labels (1 = reviews were bought) of a CSV file.

    Raises:
        WrongUse: there is no such file, or it lacks the label.

    """
    if not path.is_file():
        raise WrongUse(f"{path}: no such file; give the table of fake-review buyers, as CSV")
    table = pd.read_csv(path)
    if LABEL not in table:
        raise WrongUse(f"{path}: lacks the column '{LABEL}' (1 = the seller bought reviews, 0 = not seen to)")
    return table.drop(columns=LABEL), table[LABEL].to_numpy(dtype=np.intp)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark and print its line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", type=Path, required=True, help="CSV file with the column 'fake'")
    parser.add_argument("--test", type=Path, help="CSV file of the same columns; without it, repeated folds")
    parser.add_argument("--repeats", type=int, default=REPEATS, help="repetitions of the folds")
    given = parser.parse_args(arguments)
    try:
        rows, labels = read_table(given.train)
        if given.test is None:
            record = by_folds(rows, labels, given.repeats)
        else:
            test, truth = read_table(given.test)
            record = on_test(rows, labels, test[list(rows)], truth)
    except ScrubwatchError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print(json.dumps(record))
    return 0


def _positive(column: pd.Series) -> pd.Series:
    return column.where(column > 0)


def _plainly(classifier: _Classifier) -> Fit:
    def fit(rows: pd.DataFrame, labels: NDArray[np.intp], test: pd.DataFrame) -> Floats:
        fitted = clone(classifier).fit(rows, labels)
        return np.asarray(fitted.predict_proba(test)[:, 1], dtype=np.float64)

    return fit


def _one_fold(
    fits: dict[str, Fit],
    rows: pd.DataFrame,
    labels: NDArray[np.intp],
    training: NDArray[np.intp],
    test: NDArray[np.intp],
) -> dict[str, dict[str, float]]:
    return {
        name: _figures(labels[test], fit(rows.iloc[training], labels[training], rows.iloc[test]))
        for name, fit in fits.items()
    }


def _figures(labels: NDArray[np.intp], risk: Floats) -> dict[str, float]:
    truth, ones = labels.astype(np.float64), np.ones(len(labels))
    figures = {name: METRICS[name](truth, risk, ones, 1) for name in FIGURES}
    return {**figures, "accuracy": float(np.mean((risk > 0.5) == labels))}


def _gains_on_rows(labels: NDArray[np.intp], risk: Floats, peer: Floats) -> dict[str, list[float]]:
    truth, rows = labels.astype(np.float64), np.arange(len(labels))
    found = {name: difference(METRICS[name], truth, risk, peer, rows, budget=1, seed=1) for name in FIGURES}
    return {name: [round(gain.value, 5), round(gain.low, 5), round(gain.high, 5)] for name, gain in found.items()}


def _mean(folds: Sequence[dict[str, dict[str, float]]], name: str, figure: str) -> float:
    return float(np.mean([fold[name][figure] for fold in folds]))


def _record(
    means: dict[str, dict[str, float]], gains: dict[str, dict[str, list[float]]], rows: int, method: str
) -> dict[str, Any]:
    short = {"roc_auc": "auc", "average_precision": "ap", "accuracy": "accuracy"}
    named = {name: {short[figure]: round(value, 5) for figure, value in found.items()} for name, found in means.items()}
    peers: dict[str, Any] = {
        name: {**named[name], **{f"{short[figure]}_gain": gain for figure, gain in found.items()}}
        for name, found in gains.items()
    }
    if "xgboost" not in peers:
        peers["xgboost"] = "not installed, left out"
    return {**named[OURS], "n": rows, "method": method, "gains": "ours minus peer: mean, low, high", "peers": peers}


if __name__ == "__main__":
    sys.exit(main())
