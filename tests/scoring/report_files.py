"""Invented runs: a folder with the files that a page is made of, and what the store would add to them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from scoring.cases.files import Keys, cases_schema, delete_schema, restore_schema
from scoring.output import scores_schema
from scoring.report.content import Around, Earlier
from scoring.report.histories import History
from scoring.rings import Ring

AS_OF = date(2025, 6, 30)
BEFORE = date(2025, 6, 23)
WEEKS = 78
MOST_EVENTS = 100
RING = 9
"""Sellers of the ring, the first ones."""
UNREMARKABLE = 13
"""The case of which no event stands out by itself."""
HOSTILE = '<script>alert("1")</script>\u202e\'&amp;'
FLOODED = (
    "In its worst 13 weeks 37% of its reviews were negative, usually 23%; 3% of its removed negatives fall into them "
    "and the weeks after."
)
PEOPLE = (812345678901234567, 423456789012345678)
SCHEMES = ("paid_removal", "reviewer_pressure", "paid_standing", "data_purchase")
Row = dict[str, Any]

_KEYS = Keys(*[pa.string()] * 4)


def seller_of(number: int) -> str:
    """The seller of the case with that number; the first one's id is hostile."""
    return HOSTILE if number == 0 else f"seller-{number:03}"


def write_run(folder: Path, cases: int = 20, *, calibrated: bool = False) -> None:
    """Write the files of a run with so many listed sellers and as many that are not."""
    random = Random(7)  # noqa: S311  (rows, not a secret)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "run.json").write_text(json.dumps(_record(cases, calibrated=calibrated)), encoding="utf-8")
    scores = [_scored(number, listed=number < cases) for number in range(2 * cases)]
    restore = [row for number in range(cases) for row in _restore(number, random)]
    delete = [_bought(number) for number in range(0, cases, 5)]
    _write(folder / "scores.parquet", scores, scores_schema(pa.string()))
    _write(folder / "cases.parquet", [_case(number, random) for number in range(cases)], cases_schema(_KEYS))
    _write(folder / "reviews_to_restore.parquet", restore, restore_schema(_KEYS))
    _write(folder / "reviews_to_delete.parquet", delete, delete_schema(_KEYS))


def around(cases: int = 20) -> Around:
    """What the store adds: every third marketplace is small, the first sellers are a ring, and the next two another."""
    random = Random(8)  # noqa: S311
    sellers = [seller_of(number) for number in range(2 * cases)]
    places = {seller: ("US" if at % 3 else "DE", f"category {at % 4}") for at, seller in enumerate(sellers)}
    ring = Ring(
        "ring-1", tuple(sellers[:RING]), PEOPLE, date(2025, 5, 5), "2 of the staff and 9 sellers, joined by work."
    )
    alone = Ring(
        "ring-2", tuple(sellers[RING : RING + 2]), (), AS_OF, "Investigators found 2 sellers together in 364 days."
    )
    return Around(
        places=places,
        histories={seller: _history(random, guilty=at < cases) for at, seller in enumerate(sellers)},
        peers={seller: sellers[cases + at : cases + at + 2] for at, seller in enumerate(sellers[:cases])},
        rings=[ring, alone],
        earlier=Earlier(BEFORE, {"case-001": sellers[1], "case-gone": "seller-gone"}),
    )


def _record(cases: int, *, calibrated: bool) -> Row:
    calibration = {"calibrated": calibrated, "reason": "55 verdicts with a known selection probability, 200 are needed"}
    return {
        "caveat": "a reason to look, not a finding",
        "as_of": AS_OF.isoformat(),
        "model": {"name": "seller-risk 3", "digest": "abc", "trained_as_of": "2025-06-02", "notes": []},
        "calibration": calibration,
        "sellers": 2 * cases,
        "tables": {"reviews": {"quarantined": {"rating_out_of_range": 12}}, "sales": {"quarantined": {}}},
        "missing_tables": ["buyer_reports"],
        "allowed": ["allow-stale sales"],
        "messages": ["not handed in, so what needs them is missing: buyer_reports", "allow-stale sales"],
    }


def _scored(number: int, *, listed: bool) -> Row:
    score = round(0.97 - 0.9 * number / 1000, 4)
    reason = {"signal": "removed_negatives_91d", "value": 23.0, "peer_median": 0.0, "contribution": 2.25}
    text = "Staff removed 23 negative reviews in 91 days; usual are 0."
    return {
        "seller_id": seller_of(number),
        "as_of": AS_OF,
        "score": score,
        "log_odds": math.log(score / (1 - score)),
        "strength": math.log(score / (1 - score)),
        "rank": number + 1,
        "lists": ["budget", "error_rate"][: 1 + number % 2] if listed else [],
        "alerted": listed,
        "model": "seller-risk 3",
        "reasons": [{**reason, "text": text}] if listed else [],
    }


def _case(number: int, random: Random) -> Row:
    onset = date(2025, 2, 3) + timedelta(weeks=number % 9)
    state = ("new", "known", "returned")[number % 3]
    scheme = SCHEMES[number % 4]
    events = sorted(
        (_event(number, at, random) for at in range(min(8 + number, MOST_EVENTS))), key=lambda event: -event["weight"]
    )
    return {
        "case_id": f"case-{number:03}",
        "seller_id": seller_of(number),
        "score": round(0.97 - 0.9 * number / 1000, 4),
        "state": state,
        "first_listed_on": AS_OF if state == "new" else date(2025, 3, 31),
        "schemes": [{"scheme": scheme, "share": 0.8}, {"scheme": "other", "share": 0.2}],
        "onset_on": onset,
        "onset_low": onset - timedelta(weeks=3),
        "onset_high": onset + timedelta(weeks=4),
        "shown_rating": 4.6,
        "restored_rating": 3.4 + number / 100,
        "revenue_since_onset": None if number % 4 else 125_400.0 + number,
        "expected_harm": None if number % 4 else 18_250.0 + number,
        "evidence": events,
        "innocent_explanations": _explanations(number),
        "ring_id": "ring-1" if number < RING else "ring-2" if number < RING + 2 else None,
    }


def _event(number: int, at: int, random: Random) -> Row:
    table = ("review_actions", "review_actions", "staff_access", "account_actions")[at % 4]
    did = {
        "review_actions": "removed a 1-star review on 2025-06-06, 232 days after it came, on a ticket opened later, "
        "by the same hand, or for another seller; this hand removed negatives of this seller on 12 days",
        "staff_access": "looked up the contact data of one of its reviewers on 2025-06-06, though nothing asked for it",
        "account_actions": "brought back the account on 2025-06-06, 16.9 days after it was suspended, without a ticket",
    }[table]
    happened = datetime.combine(AS_OF, datetime.min.time()) - timedelta(days=2 + 3 * at, hours=number)
    text = f"Staff {PEOPLE[at % 2]} {did}."
    key = f"{table}-{number}-{at}"
    if table.endswith("_actions"):
        key = f"{HOSTILE if number == 0 and at == 0 else key} {happened.isoformat()} removed"
    return {
        "table": table,
        "key": key,
        "happened_at": happened,
        "weight": round(random.uniform(0.2, 1) * (0.01 if number == UNREMARKABLE else 1), 3),
        "text": text,
    }


def _explanations(number: int) -> list[Row]:
    flood = {"name": "rivals_flood", "fits": "yes" if number % 2 else "unknown", "value": 14.0, "usual": 2.0}
    purge = {"name": "policy_purge", "fits": "no", "value": 1.0, "usual": 9.0}
    owner = {"name": "small_queue", "fits": "no", "value": 0.12, "usual": None}
    return [
        {
            **flood,
            "text": FLOODED,
        },
        {**purge, "text": "In the same weeks the queue removed reviews of 1 other seller only; in a purge it is many."},
        {**owner, "text": "The person who removed most did 12 % of the queue's work: nobody owns it alone."},
    ]


def _restore(number: int, random: Random) -> list[Row]:
    rows = []
    for at in range(4 + number % 7):
        removed = datetime.combine(AS_OF, datetime.min.time()) - timedelta(days=3 * at + 1)
        row = {"review_id": f"review-{number}-{at}", "seller_id": seller_of(number), "removed_at": removed}
        actor = PEOPLE[0 if at % 3 else 1]
        probability = round(random.uniform(0.3, 0.99), 3)
        rows.append({**row, "actor": actor, "probability": probability, "text": "One star, removed on no ticket."})
    return rows


def _bought(number: int) -> Row:
    text = "One of 9 five-star reviews of a day by reviewers who praise the same five sellers."
    return {"review_id": f"praise-{number}", "seller_id": seller_of(number), "probability": 0.7, "text": text}


def _history(random: Random, *, guilty: bool) -> History:
    begins = random.randrange(50, 62)
    shown = [round(4.1 + 0.1 * math.sin(week / 9) + 0.02 * max(0, week - begins) * guilty, 4) for week in range(WEEKS)]
    restored = [round(value - 0.05 * max(0, week - begins) * guilty, 4) for week, value in enumerate(shown)]
    places = [max(1, round(30 - guilty * max(0, week - begins) + random.uniform(-6, 6))) for week in range(WEEKS)]
    removals = []
    for week in range(WEEKS):
        if random.random() < 0.25:
            removals.append((week, "automation", 0, random.randrange(1, 3)))
        if guilty and week >= begins and random.random() < 0.7:
            removals.append((week, str(PEOPLE[week % 2]), random.randrange(1, 5), 0))
    look_ups = [(week, str(PEOPLE[0]), 1 + week % 2) for week in range(begins, WEEKS, 4)] if guilty else []
    account = [
        (AS_OF - timedelta(days=90), "suspended", "automation"),
        (AS_OF - timedelta(days=80), "reinstated", str(PEOPLE[1])),
    ]
    return History(shown, restored, places, removals, look_ups, account if guilty else [])


def _write(path: Path, rows: list[Row], schema: pa.Schema) -> None:
    pq.write_table(pa.Table.from_pylist(rows, schema), path)


def read_rows(path: Path) -> list[Mapping[str, Any]]:
    """The rows of a Parquet file."""
    return list(pq.read_table(path).to_pylist())


def moment(text: str) -> datetime:
    """An instant in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
