"""Sentences of a case: what is claimed, and what is new; counts and days, no statistics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date

from scoring.cases.chances import LIKELY
from scoring.findings import numbered
from scoring.report.run_files import Row

SCHEMES = {
    "paid_removal": "Paid removal of reviews",
    "reviewer_pressure": "Pressure on reviewers",
    "bought_reviews": "Bought reviews",
    "paid_standing": "Paid standing",
    "data_purchase": "Purchase of internal data",
    "sabotage": "Sabotage of rivals",
    "other": "An unnamed scheme",
}
"""How the contract's schemes are called."""

_EVENTS = {
    "review_actions": "action on a review",
    "reviews": "review",
    "staff_access": "look-up in internal tools",
    "account_actions": "action on the account",
    "search_ranks": "place in search",
    "sales": "day of sales",
    "tickets": "ticket",
    "buyer_reports": "report by a buyer",
}


def main_scheme(case: Row) -> str:
    """The scheme that has the largest share of what speaks against the seller; ``other`` where none is told."""
    schemes = sorted(case["schemes"], key=lambda each: (-each["share"], each["scheme"]))
    return str(schemes[0]["scheme"]) if schemes else "other"


def claim(case: Row, restore: Sequence[Row]) -> str:
    """What may go on, since when, and how much of it was seen, in one sentence."""
    since = "" if case["onset_on"] is None else f" since about {in_words(case['onset_on'])}"
    likely = [row for row in restore if row["probability"] >= LIKELY]
    seen = Counter(event["table"] for event in case["evidence"] if event["weight"] >= LIKELY)
    parts = []
    if likely:
        del seen["review_actions"]
        parts.append(_removals(likely))
    parts += counted(seen)
    events = len(case["evidence"])
    told = f": {_joined(parts)}" if parts else f"; by itself none of its {numbered(events, 'event')} stands out"
    return f"{SCHEMES[main_scheme(case)]} may be going on{since}{told if events else ''}."


def _removals(likely: Sequence[Row]) -> str:
    text = f"{numbered(len(likely), 'removed review')} that should probably have stayed"
    people = Counter(row["actor"] for row in likely if row["actor"] is not None)
    most = max(people.values(), default=0)
    if most < 2:
        return text
    return f"{text} ({'all' if most == len(likely) else most} of them removed by one person)"


def news(case: Row, before: date | None, as_of: date) -> list[str]:
    """What is new about a case since the run before, or in the last seven days where there is none.

    Args:
        case: a row of ``cases.parquet``.
        before: cutoff of the run before.
        as_of: this cutoff.

    """
    first = in_words(case["first_listed_on"])
    standing = {
        "new": "On the list for the first time.",
        "returned": f"Back on the list after having been away; first listed on {first}.",
        "known": f"On the list before; first listed on {first}.",
    }[case["state"]]
    since = since_day(before, as_of)
    fresh = Counter(event["table"] for event in case["evidence"] if is_new(event, since))
    told = _joined(counted(fresh)) if fresh else "nothing"
    return [standing, f"Since {in_words(since)}: {told}{' new' if not fresh else ''}."]


def since_day(before: date | None, as_of: date) -> date:
    """The first day whose events are called new."""
    return date.fromordinal(as_of.toordinal() - 7) if before is None else before


def is_new(event: Row, since: date) -> bool:
    """Whether an event happened since that day; one without an instant is not new."""
    return event["happened_at"] is not None and event["happened_at"].date() >= since


def counted(tables: Counter[str]) -> list[str]:
    """Counts of events in words, by table, most first.

    >>> counted(Counter({"staff_access": 2, "tickets": 1}))
    ['2 look-ups in internal tools', '1 ticket']
    """
    ordered = sorted((item for item in tables.items() if item[1] > 0), key=lambda item: (-item[1], item[0]))
    return [_numbered(count, _EVENTS.get(table, f"row of {table}")) for table, count in ordered]


def _numbered(count: int, noun: str) -> str:
    head, space, rest = noun.partition(" ")
    return f"{count} {noun}" if count == 1 else f"{count} {head}s{space}{rest}"


def in_words(day: date) -> str:
    """A day as people write it.

    >>> in_words(date(2025, 3, 4))
    '4 March 2025'
    """
    return f"{day.day} {day:%B %Y}"


def _joined(parts: Iterable[str]) -> str:
    *most, last = parts
    return f"{', '.join(most)} and {last}" if most else last
