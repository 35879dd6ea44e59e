"""Checks the structure of a LightGBM model text before LightGBM reads it.

LightGBM aborts the process, or reads beyond its arrays, where a text does not hold what it announces. Sums tell an
accident; they do not stop somebody who writes both. So the sizes, arrays and branches of every tree are checked here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

_FIXED = {"version": "v4", "label_index": "0"}
_MOST_LEAVES = 4096
_MOST_OUTPUTS = 64
_OF_SPLITS = ("split_gain", "threshold", "internal_value", "internal_weight", "internal_count")
_OF_LEAVES = ("leaf_value", "leaf_weight", "leaf_count")
_END = "end of trees\n"


def check_text(text: str) -> None:
    """Check a model text.

    Raises:
        ValueError: it is not one that this product writes; the message says where it differs.

    """
    head, first, _ = text.partition("\nTree=0\n")
    if not first or not head.startswith("tree\n"):
        raise ValueError("has no head or no tree")
    told = _fields(head)
    for name, value in _FIXED.items():
        if told.get(name) != value:
            raise ValueError(f"{name} is not {value}")
    outputs = _wholes(told, "num_class")
    if outputs != _wholes(told, "num_tree_per_iteration") or len(outputs) != 1 or not 1 <= outputs[0] <= _MOST_OUTPUTS:
        raise ValueError(f"it does not have a tree a round for each of 1 to {_MOST_OUTPUTS} outputs")
    if len(_wholes(told, "tree_sizes")) % outputs[0]:
        raise ValueError(f"its trees are not so many for each of {outputs[0]} outputs")
    signals = len(told.get("feature_names", "").split())
    if told.get("max_feature_idx") != str(signals - 1) or len(told.get("feature_infos", "").split()) != signals:
        raise ValueError("the number of its signals contradicts itself")
    place = len(head) + 1
    for number, size in enumerate(_wholes(told, "tree_sizes")):
        tree = text[place : place + size]
        if size <= 0 or not tree.startswith(f"Tree={number}\n"):
            raise ValueError(f"tree {number} is not where tree_sizes says")
        _check_tree(_fields(tree), number, signals)
        place += size
    if not text[place:].startswith(_END) or "\nTree=" in text[place:]:
        raise ValueError("its trees do not end where tree_sizes says")


def _check_tree(tree: Mapping[str, str], number: int, signals: int) -> None:
    leaves = _wholes(tree, "num_leaves")
    if len(leaves) != 1 or not 1 <= leaves[0] <= _MOST_LEAVES:
        raise ValueError(f"tree {number}: num_leaves is not between 1 and {_MOST_LEAVES}")
    if tree.get("num_cat") != "0" or tree.get("is_linear") != "0":
        raise ValueError(f"tree {number}: has categories or linear leaves")
    splits = leaves[0] - 1
    for names, size in ((_OF_SPLITS, splits), (_OF_LEAVES, leaves[0])):
        for name in names:
            found = len(_numbers(tree, name))
            unsplit = leaves[0] == 1 and name == "leaf_weight"  # of a tree that found no split LightGBM writes none
            if found != size and not (unsplit and found == 0):
                raise ValueError(f"tree {number}: {name} does not have {size} values")
    for name, low, high in (("split_feature", 0, signals - 1), ("decision_type", 0, 15)):
        values = _wholes(tree, name)
        if len(values) != splits or any(not low <= value <= high for value in values):
            raise ValueError(f"tree {number}: {name} does not have {splits} values of {low} to {high}")
    _check_branches([_wholes(tree, name) for name in ("left_child", "right_child")], splits, number)


def _check_branches(children: list[list[int]], splits: int, number: int) -> None:
    """Every split but the first, and every leaf, hangs on one earlier split: so no path leads in circles."""
    if any(len(side) != splits for side in children):
        raise ValueError(f"tree {number}: a split lacks a branch")
    reached = [child for side in children for child in side]
    leaves = list(range(-splits - 1, 0)) if splits else []
    if sorted(reached) != [*leaves, *range(1, splits)]:
        raise ValueError(f"tree {number}: its branches do not lead once to each leaf and split")
    if any(0 <= child <= split for side in children for split, child in enumerate(side)):
        raise ValueError(f"tree {number}: a branch leads back")


def _fields(text: str) -> dict[str, str]:
    return {name: value for name, equal, value in _parts(text) if equal}


def _parts(text: str) -> Iterator[tuple[str, str, str]]:
    seen = set()
    for line in text.splitlines():
        name, equal, value = line.partition("=")
        if equal and name in seen:
            raise ValueError(f"{name} stands twice")
        seen.add(name)
        yield name, equal, value


def _wholes(fields: Mapping[str, str], name: str) -> list[int]:
    return [int(value) for value in fields.get(name, "").split()]


def _numbers(fields: Mapping[str, str], name: str) -> list[float]:
    return [float(value) for value in fields.get(name, "").split()]
