"""Figures by slice of the market; a slice with few culprits says nothing and is left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from model.metrics import METRICS, Estimate, estimate
from model.settings import Configuration

SLICED_BY = ("marketplace", "category", "size_band")
FEWEST_IN_SLICE = 10
"""Culprits from which a slice is told."""
TOLD = ("average_precision", "recall_at_budget")


def slices_of(rows: pd.DataFrame, fewest: int) -> Iterator[tuple[str, pd.DataFrame]]:
    """Name and rows of each slice with this many culprits (``label`` 1) and someone who is none.

    Args:
        rows: with ``label`` and the columns ``SLICED_BY``.
        fewest: culprits.

    """
    for column in SLICED_BY:
        for value, part in rows.groupby(column, sort=True):
            culprits = int((part["label"] == 1).sum())
            if fewest <= culprits < len(part):
                yield f"{column} {value}", part


def slice_figures(
    measured: pd.DataFrame, sellers: pd.DataFrame, configuration: Configuration
) -> Mapping[str, Estimate]:
    """Figures of the out-of-fold margins by slice and metric, on the last training row of each seller.

    Args:
        measured: training rows with ``label``, ``margin`` and ``case``; the unknown count as not found.
        sellers: the signal table, with the columns ``SLICED_BY``.
        configuration: budget and seed.

    """
    keys = ["seller_id", "as_of"]
    last = measured.sort_values("as_of", kind="stable").drop_duplicates("seller_id", keep="last")
    rows = last.merge(sellers[[*keys, *SLICED_BY]], on=keys, how="left", validate="one_to_one")
    return {
        f"slice.{name}.{metric}": estimate(
            METRICS[metric],
            (part["label"] == 1).to_numpy(dtype=float),
            part["margin"].to_numpy(),
            part["case"].to_numpy(),
            budget=configuration.alerts.budget,
            seed=configuration.classifier.seed,
        )
        for name, part in slices_of(rows, FEWEST_IN_SLICE)
        for metric in TOLD
    }
