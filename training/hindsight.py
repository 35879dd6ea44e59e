"""Judges the weeks of a backtest by who turned out to run a scheme, and when."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from features.errors import WrongUse
from model.metrics import METRICS
from training.backtest import Week
from training.plain import without_nan

ROOM_WEEKS = 26
"""A culprit counts in weeks to detection if its onset leaves so many weeks in the window."""
WITHIN_WEEKS = (4, 13, 26)
TABLE, FOUND, PAGE = "backtest.parquet", "detection.json", "backtest.html"


@dataclass(frozen=True)
class Detection:
    """Weeks from onset to the first list.

    Attributes:
        culprits: whose onset leaves 26 weeks in the window.
        findable: of these, those who were scored and did not rest in some week of theirs.
        within: share listed within so many weeks after onset; NaN without culprits. The undetected count as not.
        before_onset: listed in the weeks before their onset: false alerts.

    """

    culprits: int
    findable: int
    within: Mapping[int, float]
    before_onset: int


@dataclass(frozen=True)
class Backtest:
    """What the weeks were worth.

    Attributes:
        table: one row a week: ``as_of``, ``model``, ``outcome`` and ``why`` (null in weeks without a retraining),
            ``verdicts`` known, ``sellers``, ``listed``, ``entered`` and ``kept_share`` (beside the week before, null in
            the first), ``culprits`` undecided, ``hits`` among the listed, ``precision``, and ``average_precision`` and
            ``recall_at_budget`` over the sellers who do not rest.
        detection: weeks to detection.
        judged_by: ``truth`` or ``verdicts``.

    """

    table: pd.DataFrame
    detection: Detection
    judged_by: str

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``json.dumps``."""
        found = self.detection
        plain: dict[str, Any] = without_nan(
            {
                "judged_by": self.judged_by,
                "weeks": self.table.assign(as_of=self.table["as_of"].map(date.isoformat)).to_dict("records"),
                "detection": {
                    "culprits": found.culprits,
                    "findable": found.findable,
                    "within": {str(weeks): share for weeks, share in found.within.items()},
                    "before_onset": found.before_onset,
                },
            }
        )
        return plain


def judge_weeks(weeks: Sequence[Week], guilty: pd.DataFrame, budget: int, judged_by: str) -> Backtest:
    """Judge lived weeks.

    Args:
        weeks: one or more, the first first.
        guilty: ``seller_id``, ``onset_on`` and ``ended_on`` (null while it runs), one row a scheme.
        budget: length of the list for recall.
        judged_by: where ``guilty`` comes from: ``truth`` or ``verdicts``.

    """
    rows, before = [], None
    for week in weeks:
        listed = set(week.sellers.loc[week.sellers["alerted"], "seller_id"])
        rows.append({**_figures(week, active_at(guilty, week.as_of), budget), **_churn(listed, before)})
        before = listed
    return Backtest(pd.DataFrame(rows), detection(weeks, guilty), judged_by)


def active_at(guilty: pd.DataFrame, on: date) -> set[Any]:
    """Sellers whose scheme began before a cutoff and has not ended by then."""
    cutoff = pd.Timestamp(on)
    begun = pd.to_datetime(guilty["onset_on"]) < cutoff
    ended = pd.to_datetime(guilty["ended_on"])
    return set(guilty.loc[begun & (ended.isna() | (ended >= cutoff)), "seller_id"])


def detection(weeks: Sequence[Week], guilty: pd.DataFrame) -> Detection:
    """How soon culprits were listed; see ``Detection``."""
    first, last = weeks[0].as_of, weeks[-1].as_of
    onset = pd.to_datetime(guilty["onset_on"]).groupby(guilty["seller_id"]).min()
    room = (onset >= pd.Timestamp(first)) & (onset <= pd.Timestamp(last - timedelta(weeks=ROOM_WEEKS)))
    onset = onset[room]
    seen = pd.concat([week.sellers.assign(as_of=pd.Timestamp(week.as_of)) for week in weeks], ignore_index=True)
    seen = seen[seen["seller_id"].isin(onset.index)]
    age = (seen["as_of"] - seen["seller_id"].map(onset)).dt.days / 7
    listed = seen["alerted"].to_numpy(dtype=bool)
    weeks_to = age[listed & (age > 0)].groupby(seen["seller_id"]).min().reindex(onset.index)
    return Detection(
        culprits=len(onset),
        findable=int(seen.loc[(age > 0) & ~seen["rests"], "seller_id"].nunique()),
        within={limit: float((weeks_to <= limit).mean()) if len(onset) else float("nan") for limit in WITHIN_WEEKS},
        before_onset=int(seen.loc[listed & (age <= 0), "seller_id"].nunique()),
    )


def write_backtest(out: Path, found: Backtest, page: str) -> None:
    """Write the table, weeks to detection and the page."""
    found.table.to_parquet(out / TABLE, index=False)
    told = {name: value for name, value in found.as_json().items() if name != "weeks"}
    (out / FOUND).write_text(json.dumps(told, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    (out / PAGE).write_text(page, encoding="utf-8")


def read_backtest(out: Path) -> Backtest:
    """What a backtest came to, as ``write_backtest`` wrote it.

    Raises:
        WrongUse: there is no backtest that has ended.

    """
    if not (out / FOUND).is_file():
        raise WrongUse(f"{out}: no backtest has ended here; `scrubwatch backtest DATA ... --out {out}` lives one")
    told = json.loads((out / FOUND).read_text(encoding="utf-8"))
    found = told["detection"]
    within = {int(weeks): float("nan") if share is None else share for weeks, share in found["within"].items()}
    return Backtest(
        pd.read_parquet(out / TABLE),
        Detection(found["culprits"], found["findable"], within, found["before_onset"]),
        told["judged_by"],
    )


def _figures(week: Week, culprits: set[Any], budget: int) -> dict[str, Any]:
    free = week.sellers[~week.sellers["rests"]]
    labels = free["seller_id"].isin(culprits).to_numpy(dtype=float)
    listed = week.sellers[week.sellers["alerted"]]
    hits = int(listed["seller_id"].isin(culprits).sum())
    ranked = -free["rank"].to_numpy(dtype=float)
    return {
        "as_of": week.as_of,
        "model": week.facts["model"],
        "outcome": week.facts["outcome"],
        "why": week.facts["why"],
        "verdicts": week.facts["verdicts"],
        "sellers": len(week.sellers),
        "listed": len(listed),
        "culprits": int(labels.sum()),
        "hits": hits,
        "precision": hits / len(listed) if len(listed) else float("nan"),
        **{
            name: METRICS[name](labels, ranked, np.ones(len(free)), budget)
            for name in ("average_precision", "recall_at_budget")
        },
    }


def _churn(listed: set[Any], before: set[Any] | None) -> dict[str, Any]:
    if before is None:
        return {"entered": len(listed), "kept_share": float("nan")}
    return {
        "entered": len(listed - before),
        "kept_share": len(listed & before) / len(before) if before else float("nan"),
    }
