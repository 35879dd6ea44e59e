"""The learned ranking: shallow boosted trees over signals, constrained where the direction of risk is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.utils import Tags
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from features.signal import SCHEME_OF_SERVICE, Signal
from model.arrays import Floats
from model.boosting import OfColumns, Part, beside, grow, margin_of, one_tree, open_model, raw_outputs
from model.settings import ClassifierSettings, MonotoneMethod, MonotoneSet


@dataclass(frozen=True)
class OfPart:
    """What concerns the model of one part alone.

    Attributes:
        left_out: the rows that it does not learn from.
        before: how risky each row is held to be before any label, in log-odds but for a constant.
        told_by: the columns that tell that.

    """

    left_out: NDArray[np.bool_]
    before: Floats
    told_by: tuple[str, ...]

    def at(self, rows: NDArray[np.integer]) -> OfPart:
        """The same of these rows."""
        return replace(self, left_out=self.left_out[rows], before=self.before[rows])


class SellerRiskClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """A binary scikit-learn classifier around LightGBM that answers with margins (log-odds).

    NaN is a missing value. The same rows, order and settings give the same model text, with any number of threads.
    The defaults exist because scikit-learn asks for them; jobs go through ``classifier_of``.

    Attributes:
        booster_: one LightGBM model text, with an output for each bag and part (``model.boosting.margin_of``).
        classes_: the two labels, the riskier one last.
        feature_names_in_: names of the columns, where rows came as a DataFrame.
        parts_: the parts that have a model, in the order of their outputs.

    """

    def __init__(  # noqa: PLR0913  scikit-learn's way: a setting is an argument
        self,
        *,
        trees: int = 100,
        bags: int = 1,
        seed: int = 1,
        threads: int = 1,
        learning_rate: float = 0.1,
        max_depth: int = 4,
        max_leaves: int = 15,
        min_leaf_rows: int = 5,
        min_leaf_hessian: float = 0.001,
        row_share: float = 1.0,
        signal_share: float = 1.0,
        l2: float = 0.0,
        directions: Mapping[str, int] | None = None,
        monotone_method: MonotoneMethod = "basic",
        parts: Mapping[str, str] | None = None,
        before_worth: float = 0.0,
    ) -> None:
        """Keep the settings as given.

        ``directions`` maps columns to 1 (more is riskier), -1 or 0. ``parts`` maps columns to the part that they
        belong to: with two parts or more, a model of its own is grown for each whose rows are of two classes, and the
        margin is the mean of that of all columns and of the highest of theirs. Who does one thing wrong shows it in
        one part. What is held of the rows before any label (``OfPart.before``) weighs in a part's model as
        ``before_worth`` beside the weight of the riskier rows that it learns from.
        """
        self.trees = trees
        self.bags = bags
        self.seed = seed
        self.threads = threads
        self.learning_rate = learning_rate
        self.max_depth = max_depth
        self.max_leaves = max_leaves
        self.min_leaf_rows = min_leaf_rows
        self.min_leaf_hessian = min_leaf_hessian
        self.row_share = row_share
        self.signal_share = signal_share
        self.l2 = l2
        self.directions = directions
        self.monotone_method = monotone_method
        self.parts = parts
        self.before_worth = before_worth

    def fit(
        self,
        X: ArrayLike,  # noqa: N803  scikit-learn's name
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        of_parts: Mapping[str, OfPart] | None = None,
    ) -> Self:
        """Grow the bags and the parts, and join them in one text.

        Args:
            X: rows, shape (rows, columns).
            y: labels of two classes.
            sample_weight: weight a row; rows of weight 0 are not learned from.
            of_parts: by part, what concerns its model alone; by default it learns from all rows, from nothing on.

        Raises:
            ValueError: the labels are not of two classes, or a column that is named is not there.

        """
        rows, labels = validate_data(self, X, y, dtype=np.float64, ensure_all_finite="allow-nan")
        self.classes_, positive = self._two_classes(labels)
        weights = _check_sample_weight(sample_weight, rows, dtype=np.float64, ensure_non_negative=True)
        counted = weights > 0
        if len(np.unique(positive[counted])) < len(self.classes_):
            raise ValueError("SellerRiskClassifier needs rows of two classes with a weight above 0; one class is left")
        everything = range(rows.shape[1])
        learned = rows[counted], positive[counted], weights[counted]
        bags = [self._grown(*learned, everything, bag) for bag in range(self.bags)]
        parts = {}
        for part, columns in self._parts().items():
            own = (of_parts or {}).get(part)
            told = counted & ~own.left_out if own else counted
            if len(np.unique(positive[told])) == len(self.classes_):
                text = self._grown(rows[told], positive[told], weights[told], columns, 0)
                found = weights[told] @ positive[told]
                first = self._before(rows[counted], own.before[counted], own.told_by, found) if own else None
                parts[part] = Part(OfColumns(text, columns), first)
        self.parts_ = tuple(parts)
        self.booster_ = beside(bags, list(parts.values()), self.trees)
        self._booster = open_model(self.booster_)
        self._rounds_before = int(any(part.first for part in parts.values()))
        return self

    def decision_function(self, X: ArrayLike) -> Floats:  # noqa: N803
        """Margins in log-odds, shape (rows,); above 0 the riskier class is more likely, as trained."""
        rows = self._checked(X)
        return margin_of(raw_outputs(self._booster, rows, self.threads), self.bags)

    def part_orders(self, X: ArrayLike) -> dict[str, Floats]:  # noqa: N803
        """What each part's model says of the rows, shape (rows,); larger is riskier, in half log-odds."""
        outputs = raw_outputs(self._booster, self._checked(X), self.threads)
        return dict(zip(self.parts_, outputs[:, self.bags :].T, strict=True))

    def staged_margins(self, X: ArrayLike, counts: Sequence[int]) -> Floats:  # noqa: N803
        """Margins with the first trees only, shape (counts, rows); counts ascend."""
        rows = self._checked(X)
        outputs, start = np.zeros((len(rows), 1)), 0
        stages = []
        for count in counts:
            until = count + self._rounds_before
            outputs = outputs + raw_outputs(self._booster, rows, self.threads, start, until - start)
            start = until
            stages.append(margin_of(outputs, self.bags))
        return np.array(stages)

    def gains(self) -> Floats:
        """How much each column's splits lowered the loss, shape (columns,)."""
        check_is_fitted(self)
        return np.asarray(self._booster.feature_importance("gain"), dtype=np.float64)

    def predict_proba(self, X: ArrayLike) -> Floats:  # noqa: N803
        """Shape (rows, 2): probability of each class as trained; not calibrated for the market."""
        risk = expit(self.decision_function(X))
        return np.column_stack([1 - risk, risk])

    def predict(self, X: ArrayLike) -> NDArray[Any]:  # noqa: N803
        """The likelier class of each row."""
        risky = self.decision_function(X) > 0
        return np.asarray(self.classes_[risky.astype(int)])

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.classifier_tags.multi_class = False
        return tags

    def _checked(self, rows: ArrayLike) -> Floats:
        check_is_fitted(self)
        checked = validate_data(self, rows, dtype=np.float64, ensure_all_finite="allow-nan", reset=False)
        return np.asarray(checked, dtype=np.float64)

    def _two_classes(self, labels: NDArray[Any]) -> tuple[NDArray[Any], Floats]:
        check_classification_targets(labels)
        classes, codes = np.unique(labels, return_inverse=True)
        kind = type_of_target(labels, input_name="y", raise_unknown=True)
        if kind != "binary":
            raise ValueError(f"Only binary classification is supported. The type of the target is {kind}.")
        if len(classes) != 2:
            raise ValueError(f"SellerRiskClassifier needs two classes, given 1 class: {classes.tolist()}")
        return classes, codes.astype(np.float64)

    def _names(self) -> list[str]:
        return list(getattr(self, "feature_names_in_", [f"Column_{number}" for number in range(self.n_features_in_)]))

    def _named(self, setting: str) -> dict[str, Any]:
        """A setting by column, all of which are there."""
        given = dict(getattr(self, setting) or {})
        unknown = sorted(set(given) - set(self._names()))
        if unknown:
            raise ValueError(f"{setting}: no column '{unknown[0]}' among the {self.n_features_in_} columns given")
        return given

    def _parts(self) -> dict[str, list[int]]:
        """The places of each part's columns; none where there are fewer than two parts."""
        columns: dict[str, list[int]] = {}
        given = self._named("parts")
        for place, name in enumerate(self._names()):
            if name in given:
                columns.setdefault(given[name], []).append(place)
        return columns if len(columns) > 1 else {}

    def _grown(self, rows: Floats, labels: Floats, weights: Floats, columns: Sequence[int], bag: int) -> str:
        names = [self._names()[place] for place in columns]
        return grow(rows[:, list(columns)], labels, weights, names, self._parameters(names, bag), self.trees)

    def _before(self, rows: Floats, before: Floats, told_by: Sequence[str], found: float) -> OfColumns | None:
        """The tree from which a part begins: what was held before, the less the more culprits were found."""
        columns = [self._names().index(name) for name in told_by]
        if self.before_worth == 0 or not columns:
            return None
        worth = self.before_worth / (self.before_worth + found)
        return OfColumns(one_tree(rows[:, columns], worth * before, told_by, self._always(told_by, 0)), columns)

    def _parameters(self, names: Sequence[str], bag: int) -> dict[str, Any]:
        return {
            **self._always(names, bag),
            "learning_rate": self.learning_rate,
            "max_depth": self.max_depth,
            "num_leaves": self.max_leaves,
            "min_data_in_leaf": self.min_leaf_rows,
            "min_sum_hessian_in_leaf": self.min_leaf_hessian,
            "bagging_fraction": self.row_share,
            "bagging_freq": 1 if self.row_share < 1 else 0,
            "feature_fraction": self.signal_share,
            "lambda_l2": self.l2,
        }

    def _always(self, names: Sequence[str], bag: int) -> dict[str, Any]:
        directions = self._named("directions")
        constraints = [directions.get(name, 0) for name in names]
        held = {"monotone_constraints": constraints, "monotone_constraints_method": self.monotone_method}
        return {"seed": self.seed + 1000 * bag, "num_threads": self.threads, **(held if any(constraints) else {})}


def classifier_of(settings: ClassifierSettings, catalogue: Mapping[str, Signal], trees: int) -> SellerRiskClassifier:
    """The classifier that the settings describe, for rows with exactly the catalogue's signals as columns."""
    of_rows = {
        *("folds", "max_trees", "signals", "not_learned", "monotone"),
        *("by_service", "unknown_weight", "day_zero_worth"),
    }
    directions = directions_of(catalogue, settings.monotone)
    sold = {name: signal.service for name, signal in catalogue.items() if signal.service in SCHEME_OF_SERVICE}
    return SellerRiskClassifier(
        **settings.model_dump(exclude=of_rows),
        trees=trees,
        directions=directions,
        parts=sold if settings.by_service else None,
        before_worth=settings.day_zero_worth,
    )


def directions_of(catalogue: Mapping[str, Signal], monotone: MonotoneSet) -> dict[str, int]:
    """The direction of risk of each signal that is held to it.

    ``core`` are the tails that day zero reads and what they compare: their direction carried the ranking before any
    verdict.
    """
    read = [signal for signal in catalogue.values() if signal.day_zero]
    core = {signal.name for signal in read} | {
        signal.compared.of.name for signal in read if signal.compared is not None
    }
    held = {"none": set(), "core": core, "all": set(catalogue)}[monotone]
    return {name: signal.direction for name, signal in catalogue.items() if name in held and signal.direction != 0}


@dataclass(frozen=True)
class FoldFits:
    """What the case folds say.

    Attributes:
        trees: number of trees with the least out-of-fold loss.
        margins: out-of-fold margins with that number, in the rows' order; NaN for a row in no test fold.
        losses: mean log loss a row of weight, by number of trees.

    """

    trees: int
    margins: Floats
    losses: dict[int, float]


def fit_folds(
    classifier: SellerRiskClassifier,
    X: ArrayLike,  # noqa: N803
    y: ArrayLike,
    folds: Sequence[tuple[NDArray[np.intp], NDArray[np.intp]]],
    sample_weight: ArrayLike | None = None,
    evaluated: ArrayLike | None = None,
    of_parts: Mapping[str, OfPart] | None = None,
) -> FoldFits:
    """Choose the number of trees, up to the classifier's own, by the pooled out-of-fold log loss.

    Args:
        classifier: unfitted; its ``trees`` is the most that are tried.
        X: DataFrame or array, shape (rows, signals).
        y: labels of two classes.
        folds: pairs of training and test positions; no case stands on both sides.
        sample_weight: weight a row, in training and in the loss.
        evaluated: rows that count in the loss, for instance the labelled ones; all by default.
        of_parts: by part, what concerns its model alone.

    """
    labels = np.asarray(y)
    weights = np.ones(len(labels)) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
    counts = _tree_counts(classifier.trees)
    staged = np.full((len(counts), len(labels)), np.nan)
    for training, test in folds:
        own = {part: rows.at(training) for part, rows in (of_parts or {}).items()}
        fitted = clone(classifier).fit(_at(X, training), labels[training], weights[training], own)
        staged[:, test] = fitted.staged_margins(_at(X, test), counts)
    counted = ~np.isnan(staged[0]) & (True if evaluated is None else np.asarray(evaluated, dtype=bool))
    signs = np.where(labels[counted] == labels.max(), -1.0, 1.0)
    losses = np.average(np.logaddexp(0, signs * staged[:, counted]), axis=1, weights=weights[counted])
    best = int(np.argmin(losses))
    return FoldFits(counts[best], staged[best], dict(zip(counts, losses.tolist(), strict=True)))


def _tree_counts(most: int) -> list[int]:
    step = max(1, most // 40)
    return sorted({*range(step, most + 1, step), most})


def _at(rows: Any, positions: NDArray[np.intp]) -> Any:
    return rows.iloc[positions] if hasattr(rows, "iloc") else np.asarray(rows)[positions]
