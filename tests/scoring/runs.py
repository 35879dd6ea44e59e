"""The folder of a scoring run with one listed seller, as the job writes it."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from scoring.cases.files import CASES, Keys, cases_schema
from scoring.output import RUN, write_scores, write_table


def write_run(folder: Path, as_of: date, seller: Any, case_id: str, *quoted: str) -> None:
    """Write it; the reasons quote these signals, or the removals alone."""
    folder.mkdir()
    (folder / RUN).write_text(json.dumps({"as_of": as_of.isoformat(), "model": {"name": "day zero"}}), encoding="utf-8")
    numbers = {"value": 2.0, "peer_median": 1.0, "contribution": 1.5}
    row = {"seller_id": seller, "score": None, "log_odds": None, "strength": 1.0, "rank": 1}
    row |= {"lists": ["budget"], "alerted": True}
    text = "Staff removed 2 negative reviews in 91 days."
    names = quoted or ("negative_removals_91d",)
    reasons = pd.Series([[{"signal": name, "text": text, **numbers} for name in names]])
    write_scores(folder, pd.DataFrame([row]), reasons, as_of, "day zero")
    schema = cases_schema(Keys(*[pa.string()] * 4))
    onset = as_of - timedelta(weeks=10)
    case: dict[str, Any] = dict.fromkeys(schema.names) | {"case_id": case_id, "seller_id": seller, "state": "new"}
    case |= {"first_listed_on": as_of, "onset_on": onset, "onset_low": onset, "onset_high": onset}
    write_table(
        folder / CASES,
        pd.DataFrame([{**case, "schemes": [], "evidence": [], "innocent_explanations": []}]),
        schema,
    )
