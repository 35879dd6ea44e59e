"""Whether entrants of a copied market would stand on the budget list of each model, each of them by itself."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from features.intake import take_in
from features.panel import signals_at
from features.store import Store
from features.verdict_rows import verdicts_of
from model.alerts import resting_sellers
from model.arrays import Floats
from model.bundle import Bundle
from model.settings import AlertSettings, Configuration

Score = Callable[[pd.DataFrame, Path], Floats]
"""A model: rows of the signal table and the folder of the data set in, a strength a row out."""


def by_bundle(bundle: Bundle, threads: int) -> Score:
    """A registered model as a score."""
    return lambda signals, _: bundle.log_odds(bundle.margins(signals, threads))


def open_base(data: Path, folder: Path, cutoffs: Sequence[date], configuration: Configuration) -> Store:
    """A store of the fixed market with everything folded, from which those of its copies begin; made once."""
    store = Store(folder)
    take_in(data, store, cutoffs[-1], configuration)
    signals_at(store, cutoffs[-1:], configuration)
    return store


def listed_in(
    data: Path,
    base: Store,
    place: Path,
    entrants: Collection[Any],
    cutoffs: Sequence[date],
    models: Mapping[str, Score],
    configuration: Configuration,
) -> pd.DataFrame:
    """Who of the entrants stands on a budget list: one row an entrant, a column of booleans a model.

    An entrant is held against all sellers but the other entrants, so it stands where it would if it had come alone.
    What the others change in the signals of the market remains; `docs/evasion.md` says how much that is.

    Args:
        data: the copied market with the entrants' rows.
        base: the store of the fixed market.
        place: a folder for the copy's store, removed at the end.
        entrants: seller ids.
        cutoffs: of the lists.
        models: by name.
        configuration: budgets and rest.

    """
    shutil.copytree(base.path, place, copy_function=os.link)
    try:
        store = Store(place)
        take_in(data, store, cutoffs[-1], configuration)
        signals = signals_at(store, cutoffs, configuration)
        verdicts = verdicts_of(store, configuration)
    finally:
        shutil.rmtree(place)
    inside = signals["seller_id"].isin(list(entrants)).to_numpy()
    found = {}
    for name, score in models.items():
        listed = pd.Series(data=False, index=pd.Index(list(entrants), name="seller_id"))
        scored = signals[["seller_id", "as_of", "marketplace"]].assign(strength=score(signals, data), entrant=inside)
        for cutoff, rows in scored.groupby("as_of"):
            resting = resting_sellers(verdicts, cutoff.date(), configuration.alerts.rest_days)
            pool = rows[~rows["seller_id"].isin(resting)]
            listed |= pd.Series(_above(pool, configuration.alerts), dtype=bool).reindex(listed.index, fill_value=False)
        found[name] = listed
    return pd.DataFrame(found)


def certain_places(alerts: AlertSettings, marketplace: str) -> int:
    """Places of a budget that go to the strongest: all but those of audits, where a key draws any."""
    budget = alerts.budget_of(marketplace)
    return budget - audit_places(alerts, marketplace)


def audit_places(alerts: AlertSettings, marketplace: str) -> int:
    """Places of a budget that a keyed draw fills."""
    return 0 if alerts.audit_key_file is None else round(alerts.budget_of(marketplace) * alerts.audits_share)


def _above(pool: pd.DataFrame, alerts: AlertSettings) -> dict[Any, bool]:
    """For each entrant that does not rest whether fewer others are stronger than the list has places."""
    told: dict[Any, bool] = {}
    for marketplace, rows in pool.groupby("marketplace"):
        others = rows.loc[~rows["entrant"], "strength"].sort_values().to_numpy()
        own = rows[rows["entrant"]]
        stronger = len(others) - others.searchsorted(own["strength"].to_numpy(), side="right")
        told |= dict(zip(own["seller_id"], stronger < certain_places(alerts, str(marketplace)), strict=True))
    return told
