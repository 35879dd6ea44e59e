"""The rows from which the product learns at a cutoff, made as ``retrain`` makes them, for what is held against it."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import pandas as pd

from features.store import Store
from features.verdict_rows import verdicts_of
from model.settings import Configuration
from training.frames import learned_from
from training.verdicts import verdicts_before


class Learned(NamedTuple):
    """What was known at a cutoff.

    Attributes:
        rows: the training rows: seller_id, as_of, label, case, weight.
        panel: the signals of all sellers at the training cutoffs.
        decided: sellers with a verdict recorded before the cutoff.

    """

    rows: pd.DataFrame
    panel: pd.DataFrame
    decided: pd.Series


def learned_at(store: Store, as_of: date, configuration: Configuration) -> Learned:
    """What ``retrain`` learns from at a cutoff; the store must hold what was delivered by then."""
    rows, panel = learned_from(store, as_of, configuration)
    decided = verdicts_before(verdicts_of(store, configuration), as_of)["seller_id"].drop_duplicates()
    return Learned(rows, panel, decided)
