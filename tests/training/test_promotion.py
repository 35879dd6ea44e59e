from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from model.settings import Configuration, PromotionSettings
from training.change import Change, SliceLoss, not_compared
from training.halvings import Comparison, compare_ranks
from training.promotion import Evidence, decide, kept_top_share

NAN = float("nan")
AS_OF = date(2024, 12, 2)
REFRESH = Evidence(
    positive_cases=25,
    champion_since=date(2024, 11, 4),
    champion_obstacle="",
    same_recipe=True,
    quality=0.4,
    kept_top_share=0.8,
    champion_calibrated=False,
    calibrated=False,
    comparison=Comparison(cases=2, gain=-1.0, low=NAN, high=NAN),
    change=None,
)
GAIN = Change(
    origins=(date(2024, 8, 12), date(2024, 9, 9)),
    culprits=30,
    comparison=Comparison(cases=20, gain=0.8, low=0.1, high=1.5),
    least=0.7,
    recall=(0.25, 0.5),
    average_precision=(0.2, 0.4),
    slices=(SliceLoss("marketplace US", 30, 0.8, 0.9, vetoes=False),),
)
LOSS_IN_A_SLICE = (SliceLoss("category toys", 21, -1.0, 0.001, vetoes=True),)
OTHER = {"same_recipe": False}


@pytest.fixture
def promotion(configuration: Configuration) -> PromotionSettings:
    return configuration.promotion


@pytest.mark.parametrize(
    ("changes", "outcome", "said"),
    [
        ({}, "refreshed", "keeps 80% of the top 100"),
        ({"champion_since": date(2024, 11, 5)}, "kept", "is refreshed from 2024-12-03 on"),
        ({"kept_top_share": 0.49}, "kept", "keeps 49%"),
        ({"kept_top_share": NAN}, "kept", "keeps nan%"),
        ({"quality": NAN}, "kept", "could not be measured"),
        ({"champion_calibrated": True}, "kept", "would be an index"),
        ({"champion_calibrated": True, "calibrated": True}, "refreshed", "newer data"),
        ({"comparison": None}, "kept", "could not be measured"),
        ({"comparison": Comparison(0, NAN, NAN, NAN)}, "refreshed", "0 new cases"),
        ({"comparison": Comparison(20, -0.5, -0.9, -0.1)}, "kept", "significant loss"),
        ({"comparison": Comparison(20, -0.5, -1.1, 0.1)}, "refreshed", "gain -0.50 halvings"),
        ({"comparison": Comparison(20, -0.5, NAN, NAN)}, "kept", "could not be measured"),
        (OTHER, "cannot be decided yet", "past cutoffs were not compared"),
        (OTHER | {"change": not_compared("5 past cutoffs")}, "cannot be decided yet", "not compared: 5 past cutoffs"),
        (
            OTHER | {"change": GAIN},
            "changed",
            "gain +0.80 halvings of the list (+0.10 to +1.50) over 30 culprits in 20",
        ),
        (
            OTHER | {"change": replace(GAIN, comparison=Comparison(19, 0.8, 0.1, 1.5))},
            "cannot be decided yet",
            "20 cases are needed (promotion.min_positive_cases)",
        ),
        (OTHER | {"change": replace(GAIN, comparison=Comparison(19, 0.8, 0.1, 1.5))}, "cannot be decided yet", "0.70"),
        (OTHER | {"change": replace(GAIN, comparison=Comparison(20, 0.8, 0.0, 1.6))}, "kept", "no sure gain"),
        (OTHER | {"change": replace(GAIN, comparison=Comparison(20, 0.8, NAN, NAN))}, "kept", "not be measured"),
        (OTHER | {"change": replace(GAIN, slices=LOSS_IN_A_SLICE)}, "kept", "a sure loss in category toys (-1.00"),
        (OTHER | {"change": GAIN, "champion_calibrated": True}, "kept", "would be an index"),
        ({"same_recipe": False, "champion_obstacle": "changed"}, "refreshed", "can no longer score: changed"),
        ({"positive_cases": 19}, "kept", "19 cases with a culprit, 20 are needed"),
        ({"champion_since": None, "positive_cases": 19}, "too few cases", "registered as challenger"),
        ({"champion_since": None}, "first champion", "no champion before"),
        ({"champion_since": None, "quality": NAN}, "kept", "could not be measured"),
    ],
)
def test_the_decision_follows_the_rules_and_says_why(
    changes: dict[str, object], outcome: str, said: str, promotion: PromotionSettings
) -> None:
    decision = decide(replace(REFRESH, **changes), promotion, AS_OF)  # type: ignore[arg-type]
    assert decision.outcome == outcome
    assert said in decision.why
    assert decision.promotes == (outcome in ("first champion", "refreshed", "changed"))


def test_kept_share_counts_sellers_in_both_tops() -> None:
    champion = pd.Series({"a": 5.0, "b": 4.0, "c": 3.0, "d": 2.0})
    challenger = pd.Series({"a": 5.0, "b": 1.0, "c": 3.0, "d": 2.0})
    assert kept_top_share(champion, challenger, 2) == 0.5
    assert kept_top_share(champion, challenger, 100) == 1.0
    assert np.isnan(kept_top_share(champion, challenger.where(challenger > 1), 2))


def test_a_gain_is_counted_in_halvings_of_the_list() -> None:
    """One culprit: place 8 with the champion, place 2 with the challenger; the budget covers one place."""
    pool = np.arange(100.0)
    culprits = pd.DataFrame({"case": ["c1"], "champion": [92.5], "challenger": [98.5]})
    assert compare_ranks(culprits, pool, pool, 1, 0.025).gain == 2.0
    assert compare_ranks(culprits, pool, pool, 4, 0.025).gain == 1.0
    assert compare_ranks(culprits, pool, pool, 10, 0.025).gain == 0.0


def test_the_interval_is_a_jackknife_over_cases() -> None:
    """Gains 2, 0, 1 of three cases: mean 1, standard error sqrt(1/3), t(2) at 97.5 % is 4.303."""
    pool = np.arange(100.0)
    culprits = pd.DataFrame(
        {"case": ["c1", "c2", "c3"], "champion": [92.5, 92.5, 96.5], "challenger": [98.5, 92.5, 98.5]}
    )
    found = compare_ranks(culprits, pool, pool, 1, 0.025)
    assert (found.cases, found.gain) == (3, pytest.approx(1.0))
    assert (found.low, found.high) == (pytest.approx(1 - 2.4842, abs=1e-3), pytest.approx(1 + 2.4842, abs=1e-3))


def test_culprits_of_one_case_are_one_observation() -> None:
    pool = np.arange(100.0)
    culprits = pd.DataFrame({"case": ["ring"] * 30, "champion": [92.5] * 30, "challenger": [98.5] * 30})
    found = compare_ranks(culprits, pool, pool, 1, 0.025)
    assert (found.cases, found.gain) == (1, 2.0)
    assert np.isnan(found.low)


def test_without_new_culprits_nothing_is_compared() -> None:
    culprits = pd.DataFrame({"case": [], "champion": [], "challenger": []})
    assert compare_ranks(culprits, np.arange(3.0), np.arange(3.0), 1, 0.025).cases == 0
