"""Two orders of the sellers at past cutoffs, judged by hand-made places."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from training.change import OriginRanks, chance_of_loss, compare_over_origins
from training.halvings import Comparison, jackknife

SELLERS = 64


def origin(places: dict[str, tuple[int, int]], on: date = date(2024, 8, 12), case: str = "") -> OriginRanks:
    """64 sellers; each culprit stands at one place with the champion and at another with the challenger."""
    rows = pd.DataFrame(
        {
            "seller_id": [f"s{number}" for number in range(SELLERS)],
            "champion": -np.arange(1.0, SELLERS + 1),
            "challenger": -np.arange(1.0, SELLERS + 1),
            "label": 0.0,
            "weight": 0.0,
            "case": [f"seller:s{number}" for number in range(SELLERS)],
            "marketplace": "US",
            "category": "toys",
            "size_band": 1,
        }
    )
    for number, (name, (champion, challenger)) in enumerate(places.items()):
        rows.loc[number, ["seller_id", "case"]] = name, case or f"case:{name}"
        rows.loc[number, ["champion", "challenger"]] = 0.5 - champion, 0.5 - challenger
        rows.loc[number, ["label", "weight"]] = 1.0, 1.0
    return OriginRanks(on, rows)


def test_the_gain_is_the_mean_over_culprits_and_cutoffs() -> None:
    """Places 32 to 8 are two halvings, 16 to 16 none; the second cutoff has one halving."""
    found = compare_over_origins(
        [origin({"a": (32, 8), "b": (16, 16)}), origin({"a": (32, 16)}, date(2024, 9, 9))], 1, 0.025
    )
    assert found.comparison.gain == pytest.approx(1.0, abs=0.15)
    assert (found.culprits, found.comparison.cases) == (2, 2)
    assert found.origins == (date(2024, 8, 12), date(2024, 9, 9))
    assert found.least == pytest.approx(found.comparison.gain - found.comparison.low)


def test_places_within_the_budget_are_equally_good() -> None:
    assert compare_over_origins([origin({"a": (9, 2), "b": (8, 4)})], 10, 0.025).comparison.gain == 0.0


def test_recall_at_the_budget_is_told_of_both() -> None:
    found = compare_over_origins([origin({"a": (32, 4), "b": (33, 40)})], 10, 0.025)
    assert found.recall == (0.0, 0.5)


def test_a_cutoff_without_a_culprit_changes_no_figure() -> None:
    alone = compare_over_origins([origin({"a": (32, 4), "b": (33, 40)})], 10, 0.025)
    both = compare_over_origins([origin({"a": (32, 4), "b": (33, 40)}), origin({}, date(2024, 9, 9))], 10, 0.025)
    assert (both.comparison, both.recall) == (alone.comparison, alone.recall)


def test_culprits_of_a_weight_count_as_many() -> None:
    """A gain of 4 with weight 3 and one of 0 with weight 1."""
    found = jackknife(np.array(["a", "b"]), np.array([4.0, 0.0]), np.array([3.0, 1.0]), 0.025)
    assert found.gain == 3.0


def test_a_slice_needs_twenty_culprits_to_veto() -> None:
    """All lose: place 2 becomes 60."""
    few = {f"c{number}": (2, 60) for number in range(19)}
    assert compare_over_origins([origin(few)], 1, 0.025).slices == ()
    many = compare_over_origins([origin({**few, "c19": (2, 50)})], 1, 0.025)
    assert {each.name for each in many.slices} == {"marketplace US", "category toys", "size_band 1"}
    assert all(each.vetoes and each.gain < -4 for each in many.slices)


def test_no_loss_is_never_sure() -> None:
    assert chance_of_loss(Comparison(20, 0.0, 0.0, 0.0), 0.025) == 1.0
    assert chance_of_loss(Comparison(20, 0.4, 0.1, 0.7), 0.025) > 0.99


def test_a_bound_of_the_interval_at_zero_is_a_loss_at_the_level() -> None:
    assert chance_of_loss(Comparison(20, -0.4, -0.8, 0.0), 0.025) == pytest.approx(0.025)
