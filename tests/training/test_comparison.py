"""What a comparison says, from literal figures."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import pytest

from model.metrics import Estimate
from training.comparison import Figure, Lists, ModelComparison, in_words
from training.comparison_page import PastVersion, comparison_page
from training.differences import DifferentFact, Moved
from training.reliability import Reliability, TopPromise


def recall(value: float, low: float = math.nan, high: float = math.nan, cases: int = 20) -> Estimate:
    method = "count" if math.isnan(low) else "jackknife"
    return Estimate("recall_at_budget", value, low, high, method, cases, math.nan)


FOUND = ModelComparison(
    as_of=date(2026, 1, 5),
    models=("seller-risk 1", "seller-risk 2"),
    facts=(DifferentFact("trees", ("40 x 3", "60 x 3")),),
    tested=1200,
    culprits=20,
    cases=20,
    elsewhere=12,
    split_on=date(2025, 9, 1),
    saw_training=False,
    budget=100,
    figures=(
        Figure("seller-risk 1", "recall_at_budget", "all", recall(0.3, 0.1, 0.5), None),
        # nine of twenty instead of six: 3 more, and 2 fewer to 8 more by the interval
        Figure("seller-risk 2", "recall_at_budget", "all", recall(0.45, 0.2, 0.7), recall(0.15, -0.1, 0.4)),
    ),
    reliability=(
        Reliability("seller-risk 1", False, "12 verdicts are too few", 12, (), math.nan, math.nan),  # noqa: FBT003
        Reliability("seller-risk 2", True, "", 240, (TopPromise(100, 90, 0.8),), -0.1, 1.25),  # noqa: FBT003
    ),
    curves={"seller-risk 1": (0, 1), "seller-risk 2": (1, 2)},
    lists=(Lists("seller-risk 2", 0.98, 1, ("new<b>",), ("old",), (Moved("rank_jump_28d", 0.1, 0.2),)),),
    messages=("tables are missing",),
    seconds={},
)


def test_the_difference_of_the_lists_is_told_in_culprits() -> None:
    told = list(in_words(FOUND))
    assert told[0] == (
        "1,200 sellers are judged that no verdict named before 2025-09-01; 20 of them were found since, in 20 cases, 12"
        " otherwise than by a model's list"
    )
    assert told[1] == (
        "of 20 culprits seller-risk 2 lists 9, seller-risk 1 6; difference -2 to +8; these rows could have shown 5 or"
        " more"
    )
    assert told[2] == "seller-risk 1: its score is an index, not a probability: 12 verdicts are too few"
    assert told[3] == (
        "seller-risk 2: 240 verdicts with a known selection probability found 0.80 times the promised culprits among"
        " the 100 highest scores; slope 1.25 (1 is right)"
    )
    assert told[4].startswith("seller-risk 2: 1 of its 2 listed sellers are also on seller-risk 1's list")


def test_too_few_cases_have_no_interval() -> None:
    few = replace(FOUND, cases=4, figures=(FOUND.figures[0], replace(FOUND.figures[1], gain=recall(0.15, cases=4))))
    assert list(in_words(few))[1] == (
        "of 20 culprits seller-risk 2 lists 9, seller-risk 1 6; 4 cases are too few for an interval"
    )


def test_what_is_not_measured_is_null_in_json() -> None:
    figures = FOUND.as_json()["figures"]
    assert figures[0]["found"]["error"] is None
    assert FOUND.as_json()["as_of"] == "2026-01-05"


@pytest.mark.parametrize(
    "shown",
    [
        "Models compared: seller-risk 1, seller-risk 2",
        "40 x 3",
        "+0.150",
        "<svg",
        "rank_jump_28d",
        "new&lt;b&gt;",
        "0.800 (90 verdicts)",
    ],
)
def test_the_page_shows_it(shown: str) -> None:
    assert shown in comparison_page(FOUND, [])


def test_the_page_fetches_nothing_and_runs_nothing() -> None:
    page = comparison_page(FOUND, [PastVersion("seller-risk 1", "2025-09-01", "kept", None)])
    assert "<script" not in page
    assert "http" not in page.replace("http://www.w3.org/", "").replace("http://purl.org/", "").replace(
        "http://creativecommons.org/", ""
    ).replace("https://matplotlib.org/", "")


def test_the_page_of_the_same_comparison_is_the_same() -> None:
    assert comparison_page(FOUND, []) == comparison_page(FOUND, [])
