"""How long verdicts take, from those that are in: slow ones are not in yet, so what is seen looks too fast."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from model.arrays import Floats
from model.settings import LabelSettings
from training.verdicts import investigation_starts, verdicts_before

RECENT_WEEKS = 26


@dataclass(frozen=True)
class VerdictLag:
    """From the opening of an investigation to the record of its verdict.

    Attributes:
        verdicts: how many are in.
        median_weeks: NaN without any.
        late_weeks: within which nine of ten are in; NaN without any.
        recent_weeks: of investigations; ``still_to_come`` is about these.
        still_to_come: share of their verdicts that is not in yet, 0 to 1; NaN without any.

    """

    verdicts: int
    median_weeks: float
    late_weeks: float
    recent_weeks: int
    still_to_come: float


def verdict_lag(verdicts: pd.DataFrame, as_of: date, settings: LabelSettings) -> VerdictLag:
    """Estimate the lag by Kaplan and Meier in reversed time.

    A verdict is seen only if its lag is below the time since its investigation began, so those that began lately
    are seen only if they were fast; read from the longest lag down, each lag is judged among those that could show it.
    """
    known = verdicts_before(verdicts, as_of)
    opened = investigation_starts(known, settings)
    lag = _weeks(pd.to_datetime(known["known_at"]) - opened)
    room = _weeks(pd.Timestamp(as_of) - opened)
    if len(lag) == 0:
        nothing = float("nan")
        return VerdictLag(0, nothing, nothing, RECENT_WEEKS, nothing)
    lags, below = share_recorded_by(lag, room)
    recent = room <= RECENT_WEEKS
    due = _at(lags, below, room[recent])
    expected = float((1 / np.maximum(due, 1e-6)).sum())
    return VerdictLag(
        verdicts=len(lag),
        median_weeks=_quantile(lags, below, 0.5),
        late_weeks=_quantile(lags, below, 0.9),
        recent_weeks=RECENT_WEEKS,
        still_to_come=1 - int(recent.sum()) / expected if recent.any() else float("nan"),
    )


def share_recorded_by(lag: Floats, room: Floats) -> tuple[Floats, Floats]:
    """The lags that occur, ascending, and the share of all verdicts whose lag is not above each; the longest has 1.

    Args:
        lag: of each verdict that is in.
        room: the longest lag with which each could have been seen; not below its lag.

    """
    lags = np.unique(lag)
    share = np.ones(len(lags))
    for place in range(len(lags) - 1, 0, -1):
        at_risk = int(((lag <= lags[place]) & (room >= lags[place])).sum())
        happened = int((lag == lags[place]).sum())
        share[place - 1] = share[place] * (1 - happened / at_risk)
    return lags, share


def _at(lags: Floats, share: Floats, room: Floats) -> Floats:
    place = np.searchsorted(lags, room, side="right") - 1
    found: Floats = np.where(place >= 0, share[np.maximum(place, 0)], 0.0)
    return found


def _quantile(lags: Floats, share: Floats, wanted: float) -> float:
    return float(lags[int(np.searchsorted(share, wanted))])


def _weeks(length: pd.Series) -> Floats:
    weeks: Floats = (length / pd.Timedelta(weeks=1)).to_numpy(dtype=float)
    return weeks
