"""Weeks, which begin on Mondays."""

from __future__ import annotations

import pandas as pd


def mondays_of(moments: pd.Series) -> pd.Series:
    """The Monday of the week of each moment, on the same index; NaT where there is none.

    >>> mondays_of(pd.Series(pd.to_datetime(["2024-01-07 23:59", None]))).tolist()
    [Timestamp('2024-01-01 00:00:00'), NaT]

    """
    return pd.to_datetime(moments).dt.to_period("W-SUN").dt.start_time
