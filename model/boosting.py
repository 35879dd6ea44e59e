"""Grows boosted trees with LightGBM and joins several of them into one model text, exactly."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

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


ALWAYS: dict[str, Any] = {
    "objective": "binary",
    "verbosity": -1,
    "deterministic": True,
    "force_col_wise": True,  # a histogram is summed by one thread, so that two threads give the same sums
    "feature_pre_filter": False,
    "max_bin": 255,
}


def average(texts: Sequence[str], trees: int) -> str:
    """Join model texts into one whose raw score is the mean of theirs.

    Leaf values are divided by the number of texts; the trees of one round stand side by side, so that the first
    ``n * len(texts)`` trees are the average of the models' first ``n``. Settings of the training are left out.

    """
    blocks = [_padded(_scaled(_trees(text), 1 / len(texts)), trees) for text in texts]
    head = texts[0][: texts[0].index("Tree=0")]
    head = "\n".join(line for line in head.splitlines() if not line.startswith("tree_sizes=")).rstrip()
    rounds = itertools.chain.from_iterable(zip(*blocks, strict=True))
    body = "".join(f"Tree={number}\n{block}\n\n" for number, block in enumerate(rounds))
    return str(open_model(f"{head}\n\n{body}end of trees\n\n").model_to_string())


def open_model(text: str) -> lightgbm.Booster:
    """Read a model text; only for texts of our own making or checked before, a broken one may end the process."""
    return lightgbm.Booster(model_str=text)


def raw_scores(booster: lightgbm.Booster, rows: Floats, threads: int, start: int = 0, trees: int = -1) -> Floats:
    """Margins in log-odds, shape (rows,); of ``trees`` trees from ``start`` on, or of all that follow."""
    if len(rows) == 0:
        return np.zeros(0)
    scores = booster.predict(rows, raw_score=True, start_iteration=start, num_iteration=trees, num_threads=threads)
    return np.asarray(scores, dtype=np.float64)


def _trees(text: str) -> Iterator[str]:
    body = text[text.index("Tree=0") : text.index("end of trees")]
    for block in re.split(r"^Tree=\d+\n", body, flags=re.MULTILINE)[1:]:
        yield block.strip() + "\n"


def _scaled(blocks: Iterator[str], factor: float) -> Iterator[str]:
    for block in blocks:
        yield re.sub(
            r"^(leaf_value|internal_value)=(.*)$",
            lambda match: f"{match[1]}={' '.join(repr(float(value) * factor) for value in match[2].split())}",
            block,
            flags=re.MULTILINE,
        )


def _padded(blocks: Iterator[str], trees: int) -> list[str]:
    grown = list(blocks)
    return grown + [NO_TREE] * (trees - len(grown))
