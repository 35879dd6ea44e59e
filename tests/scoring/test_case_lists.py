"""The lists beside the cases: who was exposed, and which praise is held to be bought, from literal rows."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from typing import Any

import pandas as pd
import pytest

from scoring.cases.facts import NOBODY, Facts
from scoring.cases.lists import exposed_look_ups, exposed_reviewers, reviews_to_delete, reviews_to_restore

HELPER, COLLEAGUE = 2**59 + 1, 2**59 + 2  # neither is a floating point number
CRITIC, OTHER = 2**58 + 1, 2**58 + 3


def facts_of(**frames: pd.DataFrame) -> Facts:
    """Facts with these frames and no others."""
    others: dict[str, Any] = {field.name: pd.DataFrame() for field in fields(Facts)}
    others |= {"as_of": date(2025, 1, 6), "weeks": pd.DatetimeIndex([]), "unnamed": frozenset({COLLEAGUE})}
    return Facts(**{**others, "tables": frozenset(), **frames})


def look_up(name: str, on: str, **more: Any) -> dict[str, Any]:
    row = {"access_id": name, "seller_id": "anna", "actor_id": HELPER, "accessed_at": pd.Timestamp(on)}
    row |= {"tool": "reviewer_contact", "resource": "reviewer_contact", "reviewer_id": CRITIC, "with_cause": False}
    return {**row, **more}


LOOK_UPS = pd.DataFrame(
    [
        look_up("followed", "2024-11-01 09:00"),
        look_up("long before", "2024-09-01 09:00"),
        look_up("in vain", "2024-11-01 09:00", reviewer_id=OTHER),
        look_up("asked for", "2024-11-01 09:00", with_cause=True),
        look_up("by a colleague", "2024-11-01 09:00", actor_id=COLLEAGUE),
        look_up("of nobody", "2024-11-01 09:00", reviewer_id=NOBODY),
        look_up("of sales", "2024-11-01 09:00", tool="sales_report"),
    ]
)
TAKE_BACKS = pd.DataFrame(
    [
        {"seller_id": "anna", "reviewer_id": CRITIC, "acted_at": pd.Timestamp(on), "kind": kind}
        for on, kind in (("2024-11-06 12:00", "edited"), ("2024-11-20 12:00", "removed"))
    ]
)


def test_exposed_are_reviewers_whom_listed_staff_looked_up_though_nothing_asked_for_it() -> None:
    facts = facts_of(look_ups=LOOK_UPS, take_backs=TAKE_BACKS)
    found = exposed_look_ups(facts, pd.Series(0.5, LOOK_UPS.index), [HELPER])
    followed = dict(zip(found["access_id"], found["what_followed"], strict=True))
    # the first thing that the reviewer did within 28 days; what was looked up in September was not followed
    assert followed == {"followed": "raised the review 5 days later", "long before": "nothing", "in vain": "nothing"}


def test_the_exposed_are_named_by_their_plain_ids_or_left_out() -> None:
    facts = facts_of(look_ups=LOOK_UPS, take_backs=TAKE_BACKS)
    seen = exposed_look_ups(facts, pd.Series([0.1, 0.9, *[0.5] * 5]), [HELPER])
    found = exposed_reviewers(seen, {HELPER: "moderator 7"}, {CRITIC: "critic"})
    assert found["reviewer_id"].tolist() == ["critic", "critic"]
    assert found["actor_id"].tolist() == ["moderator 7", "moderator 7"]
    assert found["probability"].tolist() == [0.9, 0.1]
    assert found["text"].iloc[1].endswith("then the reviewer raised the review 5 days later.")


def test_praise_is_held_to_be_bought_from_a_probability_on() -> None:
    row = {"seller_id": "anna", "created_at": pd.Timestamp("2024-11-01"), "others": 4, "same": 2}
    facts = facts_of(praise=pd.DataFrame([{**row, "review_id": name} for name in ("one", "two", "three")]))
    found = reviews_to_delete(facts, pd.Series([0.5, 0.49, 0.8]), 0.5)
    assert found["review_id"].tolist() == ["three", "one"]
    assert (
        "gave this seller five stars 2 times within 91 days, and five to 4 others in that time" in found["text"].iloc[0]
    )


def removal(name: str, actor: int, *, visible: bool) -> dict[str, Any]:
    row = {"review_id": name, "seller_id": "anna", "acted_at": pd.Timestamp("2024-11-01"), "actor_id": actor}
    return {**row, "rating": 1, "age_days": 80, "fit": "none", "returns": 2, "by_pair": 3, "visible": visible}


def test_what_is_visible_again_is_not_to_be_restored_and_who_may_not_be_told_apart_is_no_actor() -> None:
    rows = [removal("by helper", HELPER, visible=False), removal("by colleague", COLLEAGUE, visible=False)]
    facts = facts_of(decisions=pd.DataFrame([*rows, removal("back", HELPER, visible=True)]))
    found = reviews_to_restore(facts, pd.Series([0.9, 0.8, 0.7]), calibrated=True)
    assert found["review_id"].tolist() == ["by helper", "by colleague"]
    assert found["actor"].iloc[0] == HELPER
    assert found["actor"].isna().tolist() == [False, True]
    assert "A member of staff removed" in found["text"].iloc[1]


@pytest.mark.parametrize("listed", [[], [COLLEAGUE + 5]])
def test_without_listed_staff_nobody_was_exposed(listed: list[int]) -> None:
    facts = facts_of(look_ups=LOOK_UPS, take_backs=TAKE_BACKS)
    assert len(exposed_look_ups(facts, pd.Series(0.5, LOOK_UPS.index), listed)) == 0
