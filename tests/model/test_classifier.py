import itertools
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.metrics import roc_auc_score
from sklearn.utils.estimator_checks import parametrize_with_checks

from features.signal import Signal
from model.booster_text import check_text
from model.boosting import beside, contributions_of, grow, margin_of, open_model, raw_outputs
from model.classifier import OfPart, SellerRiskClassifier, classifier_of, directions_of, fit_folds
from model.settings import Configuration

EXPECTED_FAILURES = {
    "check_sample_weight_equivalence_on_dense_data": (
        "LightGBM counts rows, not their weight, in bins and in the least rows of a leaf, so that a row of weight 2 is "
        "not quite two rows; rows of weight 0 do count for nothing"
    ),
    "check_array_api_input": "LightGBM reads NumPy arrays only; the check runs where SCIPY_ARRAY_API is set",
}
PARTS = {"rising": "first", "noise_0": "first", "falling": "second", "bent": "second", "noise_1": "second"}
BAGGED = SellerRiskClassifier(trees=12, bags=2, row_share=0.8, signal_share=0.7)


@parametrize_with_checks(
    [SellerRiskClassifier(trees=20), BAGGED], expected_failed_checks=lambda _: EXPECTED_FAILURES, xfail_strict=False
)
def test_scikit_learn_finds_a_classifier_of_its_own_kind(estimator: BaseEstimator, check: Any) -> None:
    check(estimator)


@pytest.fixture(scope="module")
def market() -> tuple[pd.DataFrame, np.ndarray]:
    """Return 3,000 rows of 8 signals, a fifth missing; more of ``rising`` and less of ``falling`` is riskier."""
    random = np.random.default_rng(3)
    names = ["rising", "falling", "bent", *(f"noise_{number}" for number in range(5))]
    rows = pd.DataFrame(random.normal(size=(3000, 8)), columns=names)
    risk = rows["rising"] - rows["falling"] + rows["bent"] ** 2 - 2 + random.normal(size=3000)
    return rows.mask(random.uniform(size=rows.shape) < 0.2), (risk > 1).to_numpy().astype(int)


@pytest.fixture(scope="module")
def fitted(market: tuple[pd.DataFrame, np.ndarray]) -> SellerRiskClassifier:
    return _constrained("intermediate").fit(*market)


def _constrained(method: str) -> SellerRiskClassifier:
    return SellerRiskClassifier(
        trees=30,
        bags=3,
        row_share=0.8,
        signal_share=0.6,
        directions={"rising": 1, "falling": -1},
        monotone_method=method,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("parts", [None, PARTS])
@pytest.mark.parametrize("method", ["basic", "intermediate"])
@pytest.mark.parametrize(("signal", "riskier"), [("rising", 1), ("falling", -1)])
def test_raising_a_constrained_signal_alone_never_lowers_the_score(
    market: tuple[pd.DataFrame, np.ndarray], method: str, signal: str, riskier: int, parts: dict[str, str] | None
) -> None:
    rows, labels = market
    model = _constrained(method).set_params(parts=parts).fit(rows, labels)
    steps = [model.decision_function(rows.assign(**{signal: value * riskier})) for value in np.linspace(-4, 4, 17)]
    assert min((after - before).min() for before, after in itertools.pairwise(steps)) >= 0
    assert (steps[-1] > steps[0]).all()


def test_one_thread_and_two_give_the_same_text(
    market: tuple[pd.DataFrame, np.ndarray], fitted: SellerRiskClassifier
) -> None:
    few = clone(fitted).set_params(trees=4)
    assert clone(few).set_params(threads=2).fit(*market).booster_ == few.fit(*market).booster_


def test_another_seed_gives_another_text(market: tuple[pd.DataFrame, np.ndarray], fitted: SellerRiskClassifier) -> None:
    assert clone(fitted).set_params(seed=2).fit(*market).booster_ != fitted.booster_


def test_a_frame_and_an_array_give_the_same_margins(market: tuple[pd.DataFrame, np.ndarray]) -> None:
    rows, labels = market
    model = SellerRiskClassifier(trees=20)
    by_frame = clone(model).fit(rows, labels).decision_function(rows)
    assert (clone(model).fit(rows.to_numpy(), labels).decision_function(rows.to_numpy()) == by_frame).all()


def test_bags_are_averaged_as_margins(market: tuple[pd.DataFrame, np.ndarray]) -> None:
    rows, labels = market
    array, ones = rows.to_numpy(), np.ones(len(rows))
    texts = [
        grow(
            array,
            labels.astype(float),
            ones,
            list(rows),
            {"seed": seed, "num_threads": 1, "bagging_fraction": 0.5, "bagging_freq": 1},
            9,
        )
        for seed in (1, 2, 3)
    ]
    margins = [lightgbm.Booster(model_str=text).predict(array, raw_score=True) for text in texts]
    joined = open_model(beside(texts, [], 9))
    assert joined.num_trees() == 27
    assert np.abs(margin_of(raw_outputs(joined, array, 1), bags=3) - np.mean(margins, axis=0)).max() < 1e-12


def test_trees_that_found_no_split_are_joined_and_pass_the_check_of_texts(
    market: tuple[pd.DataFrame, np.ndarray],
) -> None:
    rows, labels = market[0].to_numpy()[:200], market[1][:200].astype(float)
    least = {"num_threads": 1, "seed": 1, "learning_rate": 0.5, "bagging_freq": 1, "bagging_fraction": 0.7}
    texts = [
        grow(rows, labels, np.ones(200), list(market[0]), {**least, "min_data_in_leaf": leaf}, 12) for leaf in (20, 90)
    ]
    assert "num_leaves=1\n" in texts[1]
    joined = beside(texts, [], 12)
    check_text(joined)
    margins = [lightgbm.Booster(model_str=text).predict(rows, raw_score=True) for text in texts]
    told = margin_of(raw_outputs(open_model(joined), rows, 1), bags=2)
    assert np.abs(told - (margins[0] + margins[1]) / 2).max() < 1e-12


@pytest.mark.parametrize("parts", [None, PARTS])
def test_contributions_add_up_to_the_margin(
    market: tuple[pd.DataFrame, np.ndarray], parts: dict[str, str] | None
) -> None:
    rows, labels = market
    model = _constrained("basic").set_params(parts=parts).fit(rows, labels)
    contributions = contributions_of(open_model(model.booster_), rows.to_numpy()[:50], model.bags, threads=1)
    assert contributions.shape == (50, rows.shape[1] + 1)
    assert np.abs(contributions.sum(axis=1) - model.decision_function(rows.iloc[:50])).max() < 1e-9


def test_the_margin_is_the_mean_of_the_whole_and_of_the_highest_part(market: tuple[pd.DataFrame, np.ndarray]) -> None:
    """Each part is the model that its columns alone would give."""
    rows, labels = market
    model = SellerRiskClassifier(trees=12, directions={"falling": -1})
    whole = clone(model).fit(rows, labels).decision_function(rows)
    alone = []
    for part in ("first", "second"):
        columns = [name for name in rows if PARTS.get(name) == part]
        held = {"falling": -1} if "falling" in columns else None
        alone.append(
            clone(model).set_params(directions=held).fit(rows[columns], labels).decision_function(rows[columns])
        )
    joined = clone(model).set_params(parts=PARTS).fit(rows, labels)
    assert np.abs(joined.decision_function(rows) - (whole + np.maximum(*alone)) / 2).max() < 1e-12
    check_text(joined.booster_)


def test_a_part_learns_nothing_from_the_rows_that_it_leaves_out(market: tuple[pd.DataFrame, np.ndarray]) -> None:
    rows, labels = market
    model, columns = SellerRiskClassifier(trees=12), [name for name in rows if PARTS.get(name) == "second"]
    others = (labels == 1) & (rows["rising"] > 0).to_numpy()
    whole, second = clone(model).fit(rows, labels), clone(model).fit(rows.loc[~others, columns], labels[~others])
    nothing = np.zeros(len(rows))
    of_parts = {"second": OfPart(others, nothing, ()), "first": OfPart(labels == 1, nothing, ())}
    joined = clone(model).set_params(parts=PARTS).fit(rows, labels, None, of_parts)
    expected = (whole.decision_function(rows) + second.decision_function(rows[columns])) / 2
    assert np.abs(joined.decision_function(rows) - expected).max() < 1e-12  # and "first" has no culprit left: no part


def test_what_was_held_before_weighs_as_so_many_culprits(market: tuple[pd.DataFrame, np.ndarray]) -> None:
    """A part's model is what it learns and a tree of what was held before; the whole is as it was."""
    rows, labels = market
    before = np.clip(rows["falling"].fillna(0).to_numpy() * -2, 0, None)
    everybody = np.zeros(len(rows), dtype=bool)
    of_parts = {
        "second": OfPart(everybody, before, ("falling",)),
        "first": OfPart(labels == 1, before, ("rising",)),
    }
    model = SellerRiskClassifier(trees=12, bags=2, parts=PARTS)
    plain = clone(model).fit(rows, labels, None, of_parts)
    held = clone(model).set_params(before_worth=100.0).fit(rows, labels, None, of_parts)
    added = held.part_orders(rows)["second"] - plain.part_orders(rows)["second"]
    share = 100 / (100 + labels.sum())
    assert np.abs(added - share * before / 2).max() < 0.02
    assert plain.parts_ == held.parts_ == ("second",)
    assert held.decision_function(rows) - plain.decision_function(rows) == pytest.approx(added)
    assert held.staged_margins(rows, [5, 12])[1] == pytest.approx(held.decision_function(rows))
    small = clone(held).set_params(trees=5).fit(rows, labels, None, of_parts)
    assert held.staged_margins(rows, [5, 12])[0] == pytest.approx(small.decision_function(rows))
    check_text(held.booster_)


def test_what_was_held_before_keeps_to_the_directions(market: tuple[pd.DataFrame, np.ndarray]) -> None:
    rows, labels = market
    misleading = np.clip(rows["rising"].fillna(0).to_numpy() * -2, 0, None)
    of_parts = {"first": OfPart(np.zeros(len(rows), dtype=bool), misleading, ("rising",))}
    model = SellerRiskClassifier(trees=12, parts=PARTS, directions={"rising": 1}, before_worth=1000.0)
    order = model.fit(rows, labels, None, of_parts).part_orders(
        pd.concat([rows[:1]] * 5).assign(rising=[-2, -1, 0, 1, 2])
    )
    assert (np.diff(order["first"]) >= 0).all()


def test_one_part_is_no_part(market: tuple[pd.DataFrame, np.ndarray]) -> None:
    model = SellerRiskClassifier(trees=5)
    alike = clone(model).set_params(parts=dict.fromkeys(market[0], "all"))
    assert alike.fit(*market).booster_ == model.fit(*market).booster_


def test_parts_have_their_tree_of_each_round(market: tuple[pd.DataFrame, np.ndarray]) -> None:
    rows, labels = market
    model = _constrained("basic").set_params(parts=PARTS).fit(rows, labels)
    small = clone(model).set_params(trees=15).fit(rows, labels)
    assert np.abs(model.staged_margins(rows, [5, 15])[1] - small.decision_function(rows)).max() < 1e-12


def test_a_bag_without_a_split_counts_as_its_share(market: tuple[pd.DataFrame, np.ndarray]) -> None:
    rows, labels = market
    blind = SellerRiskClassifier(trees=5, bags=2, min_leaf_rows=2000).fit(rows, labels)
    share = labels.mean()
    assert blind.decision_function(rows.iloc[:3]) == pytest.approx([np.log(share / (1 - share))] * 3)


def test_the_first_trees_are_the_smaller_model(
    market: tuple[pd.DataFrame, np.ndarray], fitted: SellerRiskClassifier
) -> None:
    rows, labels = market
    small = clone(fitted).set_params(trees=15).fit(rows, labels)
    staged = fitted.staged_margins(rows, [5, 15, 30])
    assert np.abs(staged[1] - small.decision_function(rows)).max() < 1e-12
    assert np.abs(staged[2] - fitted.decision_function(rows)).max() < 1e-12


def test_rows_of_weight_zero_count_for_nothing(market: tuple[pd.DataFrame, np.ndarray]) -> None:
    rows, labels = market
    kept = np.arange(len(rows)) % 3 > 0
    model = SellerRiskClassifier(trees=10, bags=2, row_share=0.7)
    assert clone(model).fit(rows, labels, kept).booster_ == clone(model).fit(rows[kept], labels[kept]).booster_


def test_all_missing_signals_give_the_share_of_culprits_to_everyone() -> None:
    rows = np.full((200, 3), np.nan)
    labels = (np.arange(200) % 4 == 0).astype(int)
    model = SellerRiskClassifier(trees=5).fit(rows, labels)
    assert model.predict_proba(rows)[:, 1] == pytest.approx([0.25] * 200)


def test_one_class_is_refused() -> None:
    with pytest.raises(ValueError, match="needs two classes, given 1 class"):
        SellerRiskClassifier().fit(np.zeros((10, 1)), np.ones(10))


def test_one_class_after_weights_is_refused() -> None:
    labels = np.array([0, 1] * 5)
    with pytest.raises(ValueError, match="one class is left"):
        SellerRiskClassifier().fit(np.zeros((10, 1)), labels, sample_weight=labels)


@pytest.mark.parametrize("setting", [{"directions": {"raising": 1}}, {"parts": {"raising": "first"}}])
def test_a_column_that_is_not_there_is_refused(
    market: tuple[pd.DataFrame, np.ndarray], setting: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match="no column 'raising'"):
        SellerRiskClassifier(**setting).fit(*market)


def test_folds_choose_the_trees_with_the_least_loss(market: tuple[pd.DataFrame, np.ndarray]) -> None:
    rows, labels = market
    positions = np.arange(len(rows))
    folds = [(positions[positions % 3 != fold], positions[positions % 3 == fold]) for fold in range(3)]
    found = fit_folds(SellerRiskClassifier(trees=300, learning_rate=0.3), rows, labels, folds)
    assert found.losses[found.trees] == min(found.losses.values())
    assert found.trees < 150
    assert roc_auc_score(labels, found.margins) > 0.8


def test_a_row_in_no_test_fold_has_no_margin(market: tuple[pd.DataFrame, np.ndarray]) -> None:
    rows, labels = market
    found = fit_folds(SellerRiskClassifier(trees=4), rows, labels, [(np.arange(1000, 3000), np.arange(500))])
    assert np.isnan(found.margins[500:]).all()
    assert not np.isnan(found.margins[:500]).any()


TAILS = {"deletions_tail_91d", "bursts_tail_91d", "rank_jump_tail_28d"}


@pytest.mark.parametrize(
    ("chosen", "held"),
    [
        ("none", set()),
        ("core", {"deletions_91d", "bursts_91d", "rank_jump_28d", *TAILS}),
        (
            "all",
            {
                "deletion_rate_91d",
                "deletion_rate_364d",
                "kept_share_91d",
                "deletions_91d",
                "bursts_91d",
                "rank_jump_28d",
                *TAILS,
            },
        ),
    ],
)
def test_the_set_of_constraints_follows_the_declarations(
    catalogue: dict[str, Signal], chosen: Any, held: set[str]
) -> None:
    assert set(directions_of(catalogue, chosen)) == held


def test_the_settings_reach_the_classifier(catalogue: dict[str, Signal], configuration: Configuration) -> None:
    held_to_all = configuration.classifier.model_copy(update={"monotone": "all"})
    model = classifier_of(held_to_all, catalogue, 70)
    assert (model.trees, model.bags, model.max_depth) == (70, 3, 4)
    assert model.directions is not None
    assert model.directions["kept_share_91d"] == -1
    assert model.parts == {name: "removals" for name, signal in catalogue.items() if signal.service != "rank"}
    apart = held_to_all.model_copy(update={"by_service": False})
    assert classifier_of(apart, catalogue, 70).parts is None
