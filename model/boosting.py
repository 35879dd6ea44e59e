"""Grows boosted trees with LightGBM and joins several models into one text, exactly: an output for each.

First come bags, models of all columns; then parts, models of a few columns each, if there are any. A part may have a
tree before those that it has learned.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import lightgbm
import numpy as np

from model.arrays import Floats

NO_TREE = """num_leaves=1
num_cat=0
split_feature=
split_gain=
threshold=
decision_type=
left_child=
right_child=
leaf_value=0
leaf_weight=0
leaf_count=0
internal_value=
internal_weight=
internal_count=
is_linear=0
shrinkage=1
"""
"""A tree that adds nothing, for a bag that found fewer splits than the others."""


def grow(
    rows: Floats,
    labels: Floats,
    weights: Floats,
    names: Sequence[str],
    parameters: Mapping[str, Any],
    trees: int,
) -> str:
    """Fit one binary model; NaN is missing.

    Args:
        rows: shape (rows, signals), float64.
        labels: 1.0 or 0.0 a row; both occur.
        weights: positive weight a row.
        names: a name for each column.
        parameters: LightGBM's own, without the objective.
        trees: how many to grow; fewer where no split is left.

    Returns:
        LightGBM's model text, with leaf values in log-odds.

    """
    asked = {**ALWAYS, **parameters}
    table = lightgbm.Dataset(rows, labels, weight=weights, feature_name=list(names), params=asked)
    return str(lightgbm.train(asked, table, num_boost_round=trees).model_to_string())


def one_tree(rows: Floats, values: Floats, names: Sequence[str], parameters: Mapping[str, Any]) -> str:
    """Tell values by one tree of up to 127 leaves, down to single rows where they are extreme; NaN is missing.

    Args:
        rows: shape (rows, signals), float64.
        values: one a row.
        names: a name for each column.
        parameters: LightGBM's own: seed, threads and constraints.

    """
    asked = {**ALWAYS, **parameters, **_ONE_TREE}
    table = lightgbm.Dataset(rows, values, feature_name=list(names), params=asked)
    return str(lightgbm.train(asked, table, num_boost_round=1).model_to_string())


_ONE_TREE = {
    "objective": "regression",
    "learning_rate": 1.0,
    "num_leaves": 127,
    "min_data_in_leaf": 1,
    "min_data_in_bin": 1,
    "max_bin": 4095,
}

ALWAYS: dict[str, Any] = {
    "objective": "binary",
    "verbosity": -1,
    "deterministic": True,
    "force_col_wise": True,  # a histogram is summed by one thread, so that two threads give the same sums
    "feature_pre_filter": False,
    "max_bin": 255,
}


class OfColumns(NamedTuple):
    """A model text of a few columns, and their places among all."""

    text: str
    columns: Sequence[int]


class Part(NamedTuple):
    """What a part has learned, and a model of one tree that comes before, if there is one."""

    learned: OfColumns
    first: OfColumns | None


def beside(bags: Sequence[str], parts: Sequence[Part], rounds: int) -> str:
    """Join model texts of one output into one with an output for each, whose ``margin_of`` is theirs.

    Leaf values are divided: the margin is the mean of the bags' or, with parts, the mean of that and of the highest of
    the parts'. The trees of one round stand side by side, so that the first ``n`` rounds are those of models of ``n``
    trees. If a part has a first tree, there is a round more, before the others. Settings of the training are left out.

    Args:
        bags: models of all columns.
        parts: models of a few columns each.
        rounds: of boosting; a model may hold fewer trees.

    """
    share = 0.5 if parts else 1.0
    none_before = [NO_TREE] * any(part.first for part in parts)
    blocks = [none_before + _padded(_scaled(_trees(text), share / len(bags)), rounds) for text in bags]
    for part in parts:
        first = list(_scaled(_moved(part.first), share)) if part.first else none_before
        blocks.append(first + _padded(_scaled(_moved(part.learned), share), rounds))
    head = bags[0][: bags[0].index("Tree=0")]
    left_out = "tree_sizes" if len(blocks) == 1 else "tree_sizes|objective"  # the objective is that of one output
    head = re.sub(rf"^({left_out})=.*\n", "", head, flags=re.MULTILINE).rstrip()
    head = re.sub(r"^(num_class|num_tree_per_iteration)=.*$", rf"\1={len(blocks)}", head, flags=re.MULTILINE)
    in_turn = itertools.chain.from_iterable(zip(*blocks, strict=True))
    body = "".join(f"Tree={number}\n{block}\n\n" for number, block in enumerate(in_turn))
    return str(open_model(f"{head}\n\n{body}end of trees\n\n").model_to_string())


def open_model(text: str) -> lightgbm.Booster:
    """Read a model text; only for texts of our own making or checked before, a broken one may end the process."""
    return lightgbm.Booster(model_str=text)


def raw_outputs(booster: lightgbm.Booster, rows: Floats, threads: int, start: int = 0, rounds: int = -1) -> Floats:
    """What each output adds up to, shape (rows, outputs), by so many rounds from ``start`` on, or all that follow."""
    if len(rows) == 0:
        return np.zeros((0, booster.num_model_per_iteration()))
    told = booster.predict(rows, raw_score=True, start_iteration=start, num_iteration=rounds, num_threads=threads)
    return np.asarray(told, dtype=np.float64).reshape(len(rows), -1)


def margin_of(outputs: Floats, bags: int) -> Floats:
    """Margins in log-odds, shape (rows,), of outputs, the bags' first: their sum, and the highest of the parts'.

    >>> margin_of(np.array([[0.5, 0.5], [1.0, 0.25]]), bags=2).tolist()
    [1.0, 1.25]
    >>> margin_of(np.array([[0.5, 0.5, -2.0, 0.25]]), bags=2).tolist()
    [1.25]
    """
    whole, parts = np.split(outputs, [bags], axis=1)
    return np.asarray(whole.sum(axis=1) + (parts.max(axis=1) if parts.size else 0.0))


def contributions_of(booster: lightgbm.Booster, rows: Floats, bags: int, threads: int) -> Floats:
    """What each column adds to each margin, exactly, shape (rows, columns + 1), the base last."""
    columns = booster.num_feature() + 1
    if len(rows) == 0:
        return np.zeros((0, columns))
    told = np.asarray(booster.predict(rows, pred_contrib=True, num_threads=threads), dtype=np.float64)
    whole, parts = np.split(told.reshape(len(rows), -1, columns), [bags], axis=1)
    if not parts.size:
        return np.asarray(whole.sum(axis=1))
    highest = parts.sum(axis=2).argmax(axis=1)
    return np.asarray(whole.sum(axis=1) + parts[np.arange(len(rows)), highest])


def _trees(text: str) -> Iterator[str]:
    body = text[text.index("Tree=0") : text.index("end of trees")]
    for block in re.split(r"^Tree=\d+\n", body, flags=re.MULTILINE)[1:]:
        yield block.strip() + "\n"


def _moved(model: OfColumns) -> Iterator[str]:
    """The trees of a part, reading the whole's columns."""
    return _changed(_trees(model.text), "split_feature", lambda place: str(model.columns[int(place)]))


def _scaled(blocks: Iterator[str], factor: float) -> Iterator[str]:
    return _changed(blocks, "leaf_value|internal_value", lambda value: repr(float(value) * factor))


def _changed(blocks: Iterator[str], fields: str, change: Callable[[str], str]) -> Iterator[str]:
    """The trees with each value of these fields changed."""
    for block in blocks:
        yield re.sub(
            rf"^({fields})=(.*)$",
            lambda match: f"{match[1]}={' '.join(change(value) for value in match[2].split())}",
            block,
            flags=re.MULTILINE,
        )


def _padded(blocks: Iterator[str], trees: int) -> list[str]:
    grown = list(blocks)
    return grown + [NO_TREE] * (trees - len(grown))
