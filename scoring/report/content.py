"""What the page of a run holds, as plain values: an overview with the queue, a sheet for each case, and histories."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from model.settings import ReportSettings
from scoring.cases.evidence import first_events
from scoring.report.histories import History
from scoring.report.run_files import Row, RunFiles
from scoring.report.words import SCHEMES, claim, is_new, main_scheme, news, since_day
from scoring.rings import Ring

Plain = dict[str, Any]


@dataclass(frozen=True)
class Earlier:
    """The run before: its cutoff, and the seller of each case that was on its lists."""

    as_of: date
    cases: Mapping[str, Any]


@dataclass(frozen=True)
class Around:
    """What the store adds to the files of a run.

    Attributes:
        places: marketplace and category by seller_id.
        histories: by seller_id, of listed sellers, their peers and their rings' sellers.
        peers: sellers to compare each listed one with, by seller_id.
        rings: with pseudonyms.
        earlier: the run before, if there was one.

    """

    places: Mapping[Any, tuple[str, str]]
    histories: Mapping[Any, History] = field(default_factory=dict)
    peers: Mapping[Any, Sequence[Any]] = field(default_factory=dict)
    rings: Sequence[Ring] = ()
    earlier: Earlier | None = None


def page_content(run: RunFiles, around: Around, settings: ReportSettings) -> Plain:
    """All that the page of a run holds: ``overview``, ``cases`` and ``histories``, in the order of the queue.

    Ids are text, as they may be larger than the numbers of a browser.
    """
    as_of = date.fromisoformat(run.record["as_of"])
    listed = {row["seller_id"]: row for row in run.listed}
    numbers = {seller: number for number, seller in enumerate(around.histories)}
    return {
        "overview": {
            **_of_the_run(run, as_of, settings),
            **_counts(run.cases, around),
            "queue": [_queue_row(case, listed[case["seller_id"]], around) for case in run.cases],
        },
        "cases": [_sheet(case, listed[case["seller_id"]], run, around, numbers, as_of) for case in run.cases],
        "histories": [_told(history) for history in around.histories.values()],
    }


def _of_the_run(run: RunFiles, as_of: date, settings: ReportSettings) -> Plain:
    record = run.record
    quarantined = {name: report["quarantined"] for name, report in record["tables"].items() if report["quarantined"]}
    return {
        "as_of": as_of.isoformat(),
        "caveat": record["caveat"],
        "model": record["model"]["name"],
        "trained_as_of": record["model"]["trained_as_of"],
        "calibrated": record["calibration"]["calibrated"],
        "uncalibrated_because": record["calibration"].get("reason", ""),
        "sellers": record["sellers"],
        "stale": [mark.removeprefix("allow-stale ") for mark in record["allowed"] if mark.startswith("allow-stale ")],
        "incomplete": "allow-incomplete" in record["allowed"],
        "missing_tables": record["missing_tables"],
        "quarantined": quarantined,
        "messages": record["messages"],
        "schemes": SCHEMES,
        "links": dict(settings.links),
        "weeks": settings.weeks,
    }


def _counts(cases: Sequence[Row], around: Around) -> Plain:
    """How many cases are new, returned and known, and who is gone since the run before; in all and by marketplace."""
    held = {case["case_id"] for case in cases}
    before = {} if around.earlier is None else around.earlier.cases
    gone = [
        {"case_id": case_id, "seller_id": str(seller), "marketplace": _place(around, seller)[0]}
        for case_id, seller in before.items()
        if case_id not in held
    ]
    by_marketplace: dict[str, Counter[str]] = {}
    for case in cases:
        by_marketplace.setdefault(_place(around, case["seller_id"])[0], Counter())[case["state"]] += 1
    for case in gone:
        by_marketplace.setdefault(str(case["marketplace"]), Counter())["gone"] += 1
    states = ("new", "returned", "known", "gone")
    return {
        "before": None if around.earlier is None else around.earlier.as_of.isoformat(),
        "gone": gone,
        "counts": {state: sum(counts[state] for counts in by_marketplace.values()) for state in states},
        "marketplaces": [
            {"marketplace": name, **{state: counts[state] for state in states}}
            for name, counts in sorted(by_marketplace.items())
        ],
    }


def _queue_row(case: Row, scored: Row, around: Around) -> Plain:
    marketplace, category = _place(around, case["seller_id"])
    return {
        "case_id": case["case_id"],
        "seller_id": str(case["seller_id"]),
        "marketplace": marketplace,
        "category": category,
        "state": case["state"],
        "scheme": main_scheme(case),
        "lists": sorted(scored["lists"]),
        "rank": scored["rank"],
        "score": scored["score"],
        "strength": scored["strength"],
        "onset_on": _plain(case["onset_on"]),
        "first_listed_on": _plain(case["first_listed_on"]),
    }


def _sheet(case: Row, scored: Row, run: RunFiles, around: Around, numbers: Mapping[Any, int], as_of: date) -> Plain:
    seller = case["seller_id"]
    restore, delete = run.restore.get(seller, ()), run.delete.get(seller, ())
    before = None if around.earlier is None else around.earlier.as_of
    since = since_day(before, as_of)
    events = [{**_plain(event), "new": is_new(event, since)} for event in case["evidence"]]
    copied = ("shown_rating", "restored_rating", "revenue_since_onset", "expected_harm", "ring_id")
    return {
        "case_id": case["case_id"],
        "seller_id": str(seller),
        "claim": claim(case, restore),
        "news": news(case, before, as_of),
        **{name: _plain(case[name]) for name in (*copied, "onset_on", "onset_low", "onset_high", "schemes")},
        "explanations": _plain(case["innocent_explanations"]),
        "events": events,
        "first_events": first_events(case["evidence"]),
        "reasons": _plain(scored["reasons"]),
        "linked": _linked(case, run),
        "restore": [_review(row) for row in restore],
        "delete": [_review(row) for row in delete],
        "history": numbers.get(seller),
        "peers": [{"seller_id": str(peer), "history": numbers[peer]} for peer in around.peers.get(seller, ())],
        "ring": _ring(case, around),
    }


def _linked(case: Row, run: RunFiles) -> list[str]:
    """The other cases of the same ring, in the order of the queue."""
    if case["ring_id"] is None:
        return []
    same = (other for other in run.cases if other["ring_id"] == case["ring_id"])
    return [other["case_id"] for other in same if other["case_id"] != case["case_id"]]


def _ring(case: Row, around: Around) -> Plain | None:
    """The ring as a table: which of its staff removed how many reviews of which of its sellers in the weeks shown."""
    ring = next((each for each in around.rings if each.ring_id == case["ring_id"]), None)
    if ring is None:
        return None
    removed: Counter[tuple[str, Any]] = Counter()
    for seller in ring.sellers:
        for _, by, negatives, others in around.histories[seller].removals:
            removed[by, seller] += negatives + others
    return {
        "ring_id": ring.ring_id,
        "text": ring.text,
        "first_seen_on": ring.first_seen_on.isoformat(),
        "sellers": [str(seller) for seller in ring.sellers],
        "staff": [
            {"by": str(person), "removed": [removed[str(person), seller] for seller in ring.sellers]}
            for person in ring.staff
        ],
    }


def _review(row: Row) -> Plain:
    return {name: _plain(value) for name, value in row.items() if name != "seller_id"} | {
        "review_id": str(row["review_id"])
    }


def _told(history: History) -> Plain:
    return {**vars(history), "account": [[day.isoformat(), kind, by] for day, kind, by in history.account]}


def _place(around: Around, seller: Any) -> tuple[str, str]:
    return around.places.get(seller, ("", ""))


def _plain(value: Any) -> Any:
    """A value of a Parquet file as JSON holds it; instants to the second, large numbers as text."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(" ", "seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, float) and math.isnan(value):
        return None
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**53 else value
