"""What a comparison of models found, as data and in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np

from model.metrics import Estimate
from training.differences import DifferentFact, Moved
from training.plain import without_nan
from training.reliability import Reliability


@dataclass(frozen=True)
class Figure:
    """A metric of one model, on some rows.

    ``gain`` is how much better than the first model it is, paired on the same rows; None for the first model.
    """

    model: str
    metric: str
    rows: str
    found: Estimate
    gain: Estimate | None


@dataclass(frozen=True)
class Lists:
    """How a model's list at the cutoff differs from the first model's.

    Attributes:
        model: its label.
        rank_agreement: Spearman's correlation of the two orders of all sellers.
        kept: sellers on both lists.
        enter: sellers on its list alone, best first.
        leave: sellers on the first model's list alone, best first.
        moved: signals whose weight in the reasons changed most.

    """

    model: str
    rank_agreement: float
    kept: int
    enter: tuple[Any, ...]
    leave: tuple[Any, ...]
    moved: tuple[Moved, ...]


@dataclass(frozen=True)
class ModelComparison:
    """What a comparison found.

    Attributes:
        as_of: the cutoff; what was recorded before it judges.
        models: labels, the first being the one that the others are held against.
        facts: what differs between them, before any figure.
        tested: sellers judged; ``culprits`` of them were found since, in ``cases`` cases.
        culprits: how many of the tested run a scheme by a verdict recorded since.
        cases: independent cases among them.
        elsewhere: culprits found by routes that no model steers.
        split_on: when the last of the models was fitted.
        saw_training: whether sellers count that a model has learned from; then it looks better than it is.
        budget: length of the lists.
        figures: by model and metric.
        reliability: by model, how far its scores are probabilities.
        curves: by model, culprits among the first 1, 2, ... tested sellers.
        lists: each other model's list beside the first one's.
        messages: what a person must be told.
        seconds: by step.

    """

    as_of: date
    models: tuple[str, ...]
    facts: tuple[DifferentFact, ...]
    tested: int
    culprits: int
    cases: int
    elsewhere: int
    split_on: date
    saw_training: bool
    budget: int
    figures: tuple[Figure, ...]
    reliability: tuple[Reliability, ...]
    curves: Mapping[str, tuple[int, ...]]
    lists: tuple[Lists, ...]
    messages: tuple[str, ...]
    seconds: Mapping[str, float]

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``json.dumps``; NaN becomes None."""
        plain: dict[str, Any] = without_nan(asdict(self))
        return plain


def in_words(comparison: ModelComparison) -> Iterator[str]:
    """What a data scientist should take home, a sentence each."""
    since = "" if comparison.saw_training else f" that no verdict named before {comparison.split_on}"
    yield (
        f"{comparison.tested:,} sellers are judged{since}; {comparison.culprits} of them were found since, in"
        f" {comparison.cases} cases, {comparison.elsewhere} otherwise than by a model's list"
    )
    for figure in comparison.figures:
        if figure.metric == "recall_at_budget" and figure.rows == "all" and figure.gain is not None:
            yield _listed_in_words(comparison, figure)
    for promised in comparison.reliability:
        yield _promised_in_words(promised)
    for each in comparison.lists:
        yield (
            f"{each.model}: {each.kept} of its {each.kept + len(each.enter)} listed sellers are also on"
            f" {comparison.models[0]}'s list; the orders of all sellers agree by {each.rank_agreement:.2f} (Spearman)"
        )


def _promised_in_words(found: Reliability) -> str:
    if not found.calibrated:
        return f"{found.model}: its score is an index, not a probability: {found.reason}"
    if found.verdicts == 0:
        return f"{found.model}: no verdict with a known selection probability tells whether its scores hold"
    told = [
        f"{each.observed_over_expected:.2f} times the promised culprits among the {each.top} highest scores"
        for each in found.tops
        if not np.isnan(each.observed_over_expected)
    ]
    among = ", ".join(told) or "nobody among the highest scores"
    return (
        f"{found.model}: {found.verdicts} verdicts with a known selection probability found {among};"
        f" slope {found.slope:.2f} (1 is right)"
    )


def _listed_in_words(comparison: ModelComparison, figure: Figure) -> str:
    first = next(
        each for each in comparison.figures if (each.metric, each.rows, each.gain) == (figure.metric, figure.rows, None)
    )
    culprits, gain = comparison.culprits, figure.gain
    if culprits == 0 or gain is None:
        return f"{figure.model}: no culprit to list"
    own, theirs = (round(culprits * each.found.value) for each in (figure, first))
    told = f"of {culprits} culprits {figure.model} lists {own}, {first.model} {theirs}"
    if gain.method == "count":
        return f"{told}; {comparison.cases} cases are too few for an interval"
    shown = np.ceil(culprits * (gain.high - gain.low) / 2)
    return (
        f"{told}; difference {culprits * gain.low:+.0f} to {culprits * gain.high:+.0f}; these rows could have shown"
        f" {shown:.0f} or more"
    )
