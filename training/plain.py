"""Results as plain values, as JSON takes them."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np


def without_nan(value: Any) -> Any:
    """The same value of lists, mappings and numbers; NaN becomes None, a date text."""
    if isinstance(value, dict):
        return {name: without_nan(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_nan(each) for each in value]
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value.isoformat() if isinstance(value, date) else value
