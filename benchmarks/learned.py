"""The rows from which the product learns at a cutoff, made as ``retrain`` makes them, for what is held against it."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import pandas as pd

from features.panel import signals_at
from features.store import Store
from features.verdict_rows import verdicts_of
from model.settings import Configuration
from training.labels import label_rows, labelled_cutoffs, training_rows
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
    labels, verdicts = configuration.labels, verdicts_of(store, configuration)
    panel = signals_at(store, labelled_cutoffs(verdicts, as_of, labels), configuration)
    rows = training_rows(label_rows(panel, verdicts, as_of, labels), labels, configuration.classifier.seed)
    return Learned(rows, panel, verdicts_before(verdicts, as_of)["seller_id"].drop_duplicates())
