"""What ``retrain`` learns from, as one frame for those who try ideas of their own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pandas as pd

from features.errors import WrongUse
from features.panel import signals_at
from features.store import Store
from features.verdict_rows import verdicts_of
from model.settings import Configuration
from training.labels import labelled_cutoffs, training_rows


def learned_from(
    store: Store,
    as_of: date,
    configuration: Configuration,
    *,
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The training rows, as ``training_rows`` returns them, and the signals of all sellers at their cutoffs.

    Made as ``retrain`` makes them; the store holds what was delivered by then.

    Raises:
        StoreBusy: another run holds the store.
        WrongUse: no verdict recorded before the cutoff speaks of an earlier one.

    """
    labels, verdicts = configuration.labels, verdicts_of(store, configuration)
    cutoffs = labelled_cutoffs(verdicts, as_of, labels)
    if not cutoffs:
        raise WrongUse(f"no verdict recorded before {as_of} speaks of an earlier cutoff; choose a later date")
    signals = signals_at(store, cutoffs, configuration, progress=progress)
    return training_rows(signals, verdicts, as_of, labels, configuration.classifier.seed), signals


def panel(
    store: Store,
    as_of: date,
    configuration: Configuration,
    *,
    progress: Callable[[str], None] = lambda _: None,
) -> pd.DataFrame:
    """The training rows of a cutoff: everything in them was known before it.

    Args:
        store: the landed rows; signals that are missing are computed and kept.
        as_of: the cutoff.
        configuration: all settings.
        progress: told the name of each step.

    Returns:
        One row a (seller, past cutoff), sorted by both, with the signal table's columns, ``label`` (1 manipulated, 0
        cleared, NaN unknown), ``case`` (no case may stand on both sides of a split), ``weight`` (the rows of one
        seller weigh 1 together), and of the verdict that speaks ``route``, ``decided_at`` and
        ``selection_probability``. No row without a verdict recorded before the cutoff.

    Raises:
        StoreBusy: another run holds the store.
        WrongUse: no verdict recorded before the cutoff speaks of an earlier one.

    """
    rows, signals = learned_from(store, as_of, configuration, progress=progress)
    keys = ["seller_id", "as_of"]
    added = [column for column in rows.columns if column not in signals.columns]
    found = signals.merge(rows[[*keys, *added]], on=keys, how="inner", validate="one_to_one")
    return found.sort_values(keys, kind="stable", ignore_index=True)
