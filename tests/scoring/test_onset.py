"""The first week of a scheme, from invented weekly counts."""

from __future__ import annotations

import numpy as np
import pytest

from model.arrays import Floats
from scoring.cases.onset import first_weeks

WEEKS = 52
ORDINARY = np.full(WEEKS, 0.1)


def weekly(*spells: tuple[int, int, float]) -> Floats:
    """Counts of 0 but for spells of (first week, week after the last, count a week)."""
    counts = np.zeros(WEEKS)
    for first, end, count in spells:
        counts[first:end] = count
    return counts


def quantile(chances: Floats, share: float) -> int:
    return int(np.searchsorted(np.cumsum(chances), share))


def test_chances_of_the_first_week_add_up_to_one() -> None:
    found = first_weeks({"removals": weekly((30, 52, 1))}, {"removals": ORDINARY})
    assert found.shape == (WEEKS,)
    assert found.sum() == pytest.approx(1)


def test_a_clear_onset_is_found_in_its_week() -> None:
    found = first_weeks({"removals": weekly((30, 52, 2))}, {"removals": ORDINARY})
    assert [quantile(found, share) for share in (0.1, 0.5, 0.9)] == [28, 30, 30]


def test_a_scheme_that_has_ended_is_found_by_its_first_week_too() -> None:
    found = first_weeks({"removals": weekly((20, 35, 2))}, {"removals": ORDINARY})
    assert quantile(found, 0.5) == 20


def test_what_ended_over_a_year_ago_is_not_what_a_seller_is_listed_for() -> None:
    ordinary, counts = np.full(110, 0.1), np.zeros(110)
    counts[10:20] = 2
    long_ago = first_weeks({"removals": counts}, {"removals": ordinary})
    lately = first_weeks({"removals": counts[:60]}, {"removals": ordinary[:60]})
    assert quantile(lately, 0.5) == 10
    assert long_ago[10] < lately[10] / 10


def test_what_changed_may_have_another_cause() -> None:
    found = first_weeks({"removals": weekly((30, 52, 50))}, {"removals": ORDINARY})
    assert found[30] == pytest.approx(0.85, abs=0.01)


def test_what_a_crisis_brings_to_all_sellers_is_no_onset() -> None:
    counts, everybody = weekly((0, 40, 0.1), (40, 52, 2)), np.where(np.arange(WEEKS) < 40, 0.1, 2.0)
    found = first_weeks({"removals": counts}, {"removals": everybody})
    alone = first_weeks({"removals": counts}, {"removals": ORDINARY})
    assert alone[40] > 0.6
    assert found.max() < 0.1


def test_without_events_every_week_is_about_as_likely() -> None:
    nothing = first_weeks({"removals": weekly()}, {"removals": ORDINARY})
    assert quantile(nothing, 0.1) < 10
    assert quantile(nothing, 0.9) > 40


def test_a_kind_of_event_that_never_happens_anywhere_says_nothing() -> None:
    one = first_weeks({"removals": weekly((30, 52, 1))}, {"removals": ORDINARY})
    two = first_weeks(
        {"removals": weekly((30, 52, 1)), "look-ups": weekly()}, {"removals": ORDINARY, "look-ups": np.zeros(WEEKS)}
    )
    assert two == pytest.approx(one)


def test_two_kinds_that_change_together_are_surer_than_one() -> None:
    counts = weekly((30, 52, 0.4))
    one = first_weeks({"removals": counts}, {"removals": ORDINARY})
    both = first_weeks({"removals": counts, "look-ups": counts}, {"removals": ORDINARY, "look-ups": ORDINARY})
    assert both[28:33].sum() > one[28:33].sum()
