"""The events of a case, heaviest first: who did what, when. People appear by pseudonym, or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from scoring.cases.chances import Chances
from scoring.cases.facts import NOBODY, Facts

_LOOKED_AT = {
    "reviewer_contact": "the contact data of one of its reviewers",
    "sales_report": "its sales report",
    "ranking_internals": "how search ranks it",
    "account_notes": "the notes on its account",
    "other": "its internal data",
}
_TICKET = {
    "none": "without a ticket",
    "unknown": "on a ticket that is not known",
    "wrong": "on a ticket that does not fit",
    "fits": "on a ticket of this seller",
}
_DONE = {
    "reinstated": "brought back {what}",
    "category_opened": "opened a category to the seller",
    "suspended": "suspended {what}",
    "warned": "warned the seller",
    "closed": "closed {what}",
    "appealed": "appealed for {what}",
}
_WORTH_A_LOOK = 0.05
"""Chance from which on an event is one to look at first; most reviews are praise, which under it is no evidence."""

_FIRST_EVENTS = 10
"""Events of a case to look at first, at most."""

COLUMNS = ("seller_id", "table", "key", "happened_at", "weight", "text")


def evidence(facts: Facts, removal_chance: pd.Series, chances: Chances, shown: int) -> dict[Any, list[dict[str, Any]]]:
    """The events of each listed seller, by weight and time.

    Args:
        facts: all events.
        removal_chance: on the index of `facts.decisions`.
        chances: of the other events.
        shown: events a seller, at most.

    """
    parts = [
        _removals(facts, removal_chance),
        _take_backs(facts, chances.take_backs),
        _look_ups(facts, chances.look_ups),
        _accounts(facts, chances.accounts),
        _reports(facts, chances.reports),
        _praise(facts, chances.praise),
    ]
    rows = pd.DataFrame([row for part in parts for row in part], columns=list(COLUMNS))
    order = ["weight", "happened_at", "table", "key"]
    rows = rows.sort_values(order, ascending=[False, False, True, True], kind="stable")
    first = rows.groupby("seller_id", sort=False).head(shown)
    return {seller: each.drop(columns="seller_id").to_dict("records") for seller, each in first.groupby("seller_id")}


def first_events(events: Sequence[Mapping[str, Any]]) -> int:
    """How many of a case's events are to be looked at first: the heaviest, and none that hardly belongs to a scheme.

    >>> first_events([{"weight": 0.9}, {"weight": 0.05}, {"weight": 0.001}])
    2
    """
    return sum(event["weight"] >= _WORTH_A_LOOK for event in events[:_FIRST_EVENTS])


def removal_text(facts: Facts, row: Any) -> str:
    """Who removed which review when, how old it was, on which ticket, and how often that hand came back."""
    who = facts.person(row.actor_id).capitalize()
    text = f"{who} removed a {row.rating}-star review on {row.acted_at:%Y-%m-%d}, {_age(row.age_days)} after it came"
    text += f", {_TICKET[row.fit]}"
    if row.returns:
        text += f"; this hand removed negatives of this seller on {row.by_pair} days"
    return f"{text}."


def _age(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"


def _removals(facts: Facts, chance: pd.Series) -> Iterator[tuple[Any, ...]]:
    rows = facts.decisions[facts.decisions["listed"] & facts.decisions["negative"]]
    for row in rows.itertuples():
        key = f"{row.review_id} {row.acted_at.isoformat()} removed"
        yield row.seller_id, "review_actions", key, row.acted_at, chance[row.Index], removal_text(facts, row)


def _take_backs(facts: Facts, chance: pd.Series) -> Iterator[tuple[Any, ...]]:
    listed = set(facts.weekly["seller_id"])
    looked = facts.look_ups[(facts.look_ups["tool"] == "reviewer_contact") & (facts.look_ups["reviewer_id"] != NOBODY)]
    seen = looked.groupby(["seller_id", "reviewer_id"])["accessed_at"].min()
    for row in facts.take_backs[facts.take_backs["seller_id"].isin(listed)].itertuples():
        key = f"{row.review_id} {row.acted_at.isoformat()} {row.kind}"
        did = "removed it" if row.kind == "removed" else f"raised it to {row.new_rating:.0f} stars"
        text = f"The author of a {row.rating}-star review {did} on {row.acted_at:%Y-%m-%d}"
        before = seen.get((row.seller_id, row.reviewer_id))
        if before is not None and before <= row.acted_at:
            text += f", after staff had looked up who wrote it on {before:%Y-%m-%d}"
        yield row.seller_id, "review_actions", key, row.acted_at, chance[row.Index], f"{text}."


def _look_ups(facts: Facts, chance: pd.Series) -> Iterator[tuple[Any, ...]]:
    for row in facts.look_ups[facts.look_ups["listed"]].itertuples():
        asked = "for a known reason" if row.with_cause else "though nothing asked for it"
        text = (
            f"{facts.person(row.actor_id).capitalize()} looked up {_LOOKED_AT[row.resource]} on"
            f" {row.accessed_at:%Y-%m-%d}, {asked}."
        )
        yield row.seller_id, "staff_access", str(row.access_id), row.accessed_at, chance[row.Index], text


def _accounts(facts: Facts, chance: pd.Series) -> Iterator[tuple[Any, ...]]:
    for row in facts.accounts.itertuples():
        what = "the account" if row.of_account else "a listing"
        did = _DONE.get(row.kind, "acted on {what}").format(what=what)
        who = {"staff": facts.person(row.actor_id).capitalize(), "automation": "A machine", "seller": "The seller"}
        text = f"{who.get(row.actor_kind, 'Somebody')} {did} on {row.acted_at:%Y-%m-%d}"
        if row.actor_kind == "staff" and row.kind in ("reinstated", "category_opened"):
            if row.kind == "reinstated" and not pd.isna(row.suspended_at):
                text += f", {(row.acted_at - row.suspended_at) / pd.Timedelta(days=1):.1f} days after it was suspended"
            text += ", without a ticket" if row.ticketless else ", on a ticket"
        key = f"{row.seller_id} {row.acted_at.isoformat()} {row.kind}"
        yield row.seller_id, "account_actions", key, row.acted_at, chance[row.Index], f"{text}."


def _reports(facts: Facts, chance: pd.Series) -> Iterator[tuple[Any, ...]]:
    said = {
        "off_platform_contact": "that the seller had written to them elsewhere",
        "paid_review": "that the seller pays for reviews",
    }
    for row in facts.reports.itertuples():
        text = f"A buyer reported on {row.reported_at:%Y-%m-%d} {said.get(row.kind, 'the seller')}."
        yield row.seller_id, "buyer_reports", str(row.report_id), row.reported_at, chance[row.Index], text


def _praise(facts: Facts, chance: pd.Series) -> Iterator[tuple[Any, ...]]:
    for row in facts.praise[chance >= _WORTH_A_LOOK].itertuples():
        yield row.seller_id, "reviews", str(row.review_id), row.created_at, chance[row.Index], praise_text(row)


def praise_text(row: Any) -> str:
    """When five stars came, and whom else their author praised."""
    text = f"Five stars came on {row.created_at:%Y-%m-%d} in a week with more of them than the seller usually has"
    if row.same > 1:
        text += f"; their author gave this seller five stars {row.same} times within 91 days"
    if row.others:
        text += f"{', and' if row.same > 1 else '; their author gave'} five to {row.others} others in that time"
    return f"{text}."
