"""What speaks of a seller since it was last judged."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pandas as pd

from features.signal import Signal


def since_verdict(
    rows: pd.DataFrame, decided_at: pd.Series, as_of: date, catalogue: Mapping[str, Signal]
) -> pd.DataFrame:
    """Rows of the signal table in which every signal is missing whose window reaches back before the verdict.

    Args:
        rows: of one cutoff.
        decided_at: when each row's seller was last judged, on the same index.
        as_of: the cutoff.
        catalogue: declarations of the signals.

    """
    days = (pd.Timestamp(as_of) - pd.to_datetime(decided_at)).dt.days
    newer = {name: rows[name].where(days >= signal.window_days) for name, signal in catalogue.items()}
    return rows.assign(**newer)
