"""Chance of guilt of the listed, and what they are probably listed for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from features.catalogue import CATALOGUE
from model.reasons import Reason
from scoring.cases.guilt import CEILING, guilt_apart, guilt_guessed, schemes


def test_without_a_probability_it_is_told_from_how_many_chance_would_set_as_far_apart() -> None:
    # Of 100 sellers chance sets 0.01 as far apart as the first and 1 as far as the second, of two that are.
    found = guilt_apart(pd.Series([1e-4, 1e-2, *[1.0] * 98]))
    assert found.iloc[:3].tolist() == pytest.approx([CEILING * 0.99, CEILING * 0.5, 0.0])


def test_a_score_that_is_no_probability_is_the_guess_where_day_zero_tells_less() -> None:
    score, chance = pd.Series([0.1, 0.6, np.nan]), pd.Series([1e-9, 1.0, 1.0])
    assert guilt_guessed(score, chance).tolist() == pytest.approx([CEILING, 0.6, 0.0], abs=1e-6)


def reason(signal: str, contribution: float) -> Reason:
    return {"signal": signal, "value": None, "peer_median": None, "contribution": contribution, "text": ""}


def shares(reasons: list[Reason], services: dict[str, float]) -> dict[str, Any]:
    return {each["scheme"]: each["share"] for each in schemes(reasons, services, CATALOGUE)}


def test_shares_are_half_of_the_reasons_and_half_of_how_far_each_service_lies_from_the_peers() -> None:
    reasons = [reason("negative_deletion_rate_91d", 3.0), reason("contact_look_ups_91d", 1.0)]
    found = shares(reasons, {"removals": 0.001, "standing": 0.1})
    # of the reasons 3/4 and 1/4; of the services 3 and 1 orders of magnitude
    assert found == pytest.approx({"paid_removal": 0.75, "reviewer_pressure": 0.125, "paid_standing": 0.125})


def test_what_lowers_the_score_or_speaks_of_no_scheme_has_no_share() -> None:
    reasons = [reason("base rate", -3.0), reason("negative_deletion_rate_91d", -1.0)]
    assert shares(reasons, {"rank": 1e-6}) == {"other": 1.0}
