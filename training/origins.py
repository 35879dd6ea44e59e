"""Fits two configurations again on what was known at past cutoffs, and orders the sellers who were undecided then."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from features.panel import signals_at, table_group
from features.progress import counted
from features.signal import Signal
from features.store import Store
from model.settings import ClassifierSettings, Configuration, LabelSettings, PromotionSettings
from training.change import Change, OriginRanks, compare_over_origins, not_compared
from training.fit import obstacle
from training.labels import label_rows, labelled_cutoffs, panel_cutoffs, training_rows
from training.learned import final_fit, fold_fits, learned_rows
from training.report import catalogue_digest
from training.slices import SLICED_BY
from training.split import matured_share
from training.verdicts import verdicts_before

NEITHER_STEERS = ("tip", "audit", "random")
"""Routes by which a verdict comes whatever a model lists."""
FOLDER = "origins"


@dataclass(frozen=True)
class Recipe:
    """Settings and signals from which a model is made at any cutoff."""

    configuration: Configuration
    catalogue: Mapping[str, Signal]


def change_over_origins(
    store: Store,
    verdicts: pd.DataFrame,
    champion: Recipe,
    challenger: Recipe,
    as_of: date,
    progress: Callable[[str], None],
) -> Change:
    """Compare two recipes at the past cutoffs whose verdicts are mostly in.

    What was fitted for a cutoff is kept in the store, so that the next week fits nothing twice.

    Args:
        store: the landed rows; signal tables that are missing are made.
        verdicts: all verdict rows delivered.
        champion: settings and signals of the champion.
        challenger: those of the new model; its promotion settings and budget hold.
        as_of: the date before which everything was known.
        progress: told each cutoff.

    """
    settings = challenger.configuration.promotion
    cutoffs = mature_origins(verdicts, as_of, challenger.configuration)
    if len(cutoffs) < settings.least_origins:
        return _too_few(len(cutoffs), settings)
    compared = ranks_at_origins(store, verdicts, champion, challenger, cutoffs, as_of, progress)
    if len(compared) < settings.least_origins:
        return _too_few(len(compared), settings)
    return compare_over_origins(compared, challenger.configuration.alerts.budget, settings.significance)


def ranks_at_origins(
    store: Store,
    verdicts: pd.DataFrame,
    champion: Recipe,
    challenger: Recipe,
    cutoffs: Sequence[date],
    as_of: date,
    progress: Callable[[str], None],
) -> list[OriginRanks]:
    """Both orders at past cutoffs, without those at which one of the two could not be fitted.

    Args:
        store: the landed rows; keeps what was fitted.
        verdicts: all verdict rows delivered.
        champion: settings and signals of the champion.
        challenger: those of the new model; its reading of verdicts holds.
        cutoffs: the past cutoffs.
        as_of: the date before which everything was known.
        progress: told each cutoff.

    """
    panels = {}
    for recipe in (champion, challenger):
        needed = tuple(_all_cutoffs(verdicts, cutoffs, recipe))
        panels[table_group(recipe.configuration), needed] = recipe.configuration
    for (_, needed), configuration in panels.items():
        signals_at(store, needed, configuration, progress=progress)
    found = []
    for cutoff in counted(cutoffs, progress, "fitting at past cutoffs", lambda cutoff: f"fitting both as of {cutoff}"):
        ranks = _ranks(store, verdicts, champion, challenger, cutoff, as_of)
        if ranks is not None:
            found.append(ranks)
    return found


def _too_few(origins: int, settings: PromotionSettings) -> Change:
    return not_compared(
        f"{origins} past cutoffs can be judged, {settings.least_origins} are needed (promotion.least_origins)"
    )


def _all_cutoffs(verdicts: pd.DataFrame, origins: Sequence[date], recipe: Recipe) -> list[date]:
    """Every cutoff whose signals are read: made in one pass they cost a fraction of one pass each."""
    labels = recipe.configuration.labels
    return [cutoff for origin in origins for cutoff in (*labelled_cutoffs(verdicts, origin, labels), origin)]


def mature_origins(verdicts: pd.DataFrame, as_of: date, configuration: Configuration) -> list[date]:
    """The latest cutoffs of the training panel by which most verdicts should be in, the first first."""
    labels, promotion = configuration.labels, configuration.promotion
    mature = [
        cutoff
        for cutoff in panel_cutoffs(as_of, labels)
        if matured_share(verdicts, cutoff, as_of, labels) >= promotion.min_mature_share
    ]
    return mature[-promotion.most_origins :]


def found_later(
    then: pd.DataFrame, verdicts: pd.DataFrame, on: date, as_of: date, configuration: Configuration
) -> pd.DataFrame:
    """The sellers undecided at a cutoff, with ``label`` 1 for those whom verdicts since show to be culprits then.

    Only verdicts by routes that neither model steers count, alerts by the inverse of their chance.

    Args:
        then: the signal table of the cutoff.
        verdicts: all verdict rows delivered.
        on: the cutoff.
        as_of: verdicts recorded before it count.
        configuration: how verdicts are read, and the least chance.

    Returns:
        ``seller_id``, ``label``, ``weight``, ``case`` and the columns ``SLICED_BY``.

    """
    undecided = then[~then["seller_id"].isin(verdicts_before(verdicts, on)["seller_id"])]
    rows = label_rows(undecided, verdicts, as_of, configuration.labels)
    chance = rows["selection_probability"].clip(lower=configuration.calibration.min_selection_probability)
    unsteered = rows["route"].isin(NEITHER_STEERS)
    weight = pd.Series(np.where(unsteered, 1.0, np.where(rows["route"] == "alert", 1 / chance, np.nan)), rows.index)
    counts = (rows["label"] == 1) & weight.notna()
    told = rows.assign(label=counts.astype(float), weight=weight.where(counts, 0.0))
    return told[["seller_id", "label", "weight", "case"]].merge(then[["seller_id", *SLICED_BY]], on="seller_id")


def _ranks(
    store: Store, verdicts: pd.DataFrame, champion: Recipe, challenger: Recipe, cutoff: date, as_of: date
) -> OriginRanks | None:
    """Both orders at a cutoff; None where one of them could not be fitted then."""
    margins, panels = {}, _Panels(store, verdicts, cutoff)
    for name, recipe in (("champion", champion), ("challenger", challenger)):
        fitted = past_margins(store, verdicts, recipe, cutoff, panels.of(recipe))
        if fitted is None:
            return None
        margins[name] = fitted
    panel = panels.of(challenger)
    then = panel[panel["as_of"] == pd.Timestamp(cutoff)]
    sellers = found_later(then, verdicts, cutoff, as_of, challenger.configuration)
    return OriginRanks(
        cutoff, sellers.assign(**{name: sellers["seller_id"].map(found) for name, found in margins.items()})
    )


class _Panels:
    """The signals of a past cutoff and of its training cutoffs, read once for recipes whose signals are the same."""

    def __init__(self, store: Store, verdicts: pd.DataFrame, cutoff: date) -> None:
        self._store, self._verdicts, self._cutoff = store, verdicts, cutoff
        self._read: dict[tuple[str, tuple[date, ...]], pd.DataFrame] = {}

    def of(self, recipe: Recipe) -> pd.DataFrame:
        cutoffs = tuple(_all_cutoffs(self._verdicts, [self._cutoff], recipe))
        name = (table_group(recipe.configuration), cutoffs)
        if name not in self._read:
            self._read[name] = signals_at(self._store, cutoffs, recipe.configuration)
        return self._read[name]


def past_margins(
    store: Store, verdicts: pd.DataFrame, recipe: Recipe, cutoff: date, panel: pd.DataFrame
) -> pd.Series | None:
    """Margins by seller of a model fitted on what was known at a past cutoff; None where none could be.

    Args:
        store: keeps what was fitted.
        verdicts: all verdict rows delivered.
        recipe: settings and signals.
        cutoff: the past cutoff.
        panel: the signals of its training cutoffs, and of itself.

    """
    labels, classifier = recipe.configuration.labels, _seeded(recipe.configuration.classifier, cutoff)
    rows = _rows(panel, verdicts, cutoff, labels, classifier.seed)
    if obstacle(rows, panel, recipe.catalogue, classifier):
        return None
    kept = store.path / "runs" / FOLDER / f"{_digest(recipe, rows, panel, cutoff)}.parquet"
    if not kept.is_file():
        learned = learned_rows(rows, panel, recipe.catalogue, classifier)
        model = final_fit(learned, classifier, fold_fits(learned, classifier).trees)
        then = panel[panel["as_of"] == pd.Timestamp(cutoff)]
        margins = model.decision_function(then[list(learned.used)])
        _keep(kept, pd.DataFrame({"seller_id": then["seller_id"].to_numpy(), "margin": margins}))
    return pd.read_parquet(kept).set_index("seller_id")["margin"]


def _seeded(classifier: ClassifierSettings, cutoff: date) -> ClassifierSettings:
    """A seed for each cutoff: under one for all, the same draws of rows and signals are lucky at every cutoff."""
    (seed,) = np.random.SeedSequence([classifier.seed, cutoff.toordinal()]).generate_state(1)
    return classifier.model_copy(update={"seed": int(seed) % 2**20})


def _rows(panel: pd.DataFrame, verdicts: pd.DataFrame, cutoff: date, labels: LabelSettings, seed: int) -> pd.DataFrame:
    history = panel[panel["as_of"] < pd.Timestamp(cutoff)]
    return training_rows(history, verdicts, cutoff, labels, seed)


def _digest(recipe: Recipe, rows: pd.DataFrame, panel: pd.DataFrame, cutoff: date) -> str:
    """Names all that the margins depend on: recipe, rows, their signals, and the sellers scored."""
    told = hashlib.sha256()
    for text in (
        cutoff.isoformat(),
        table_group(recipe.configuration),
        recipe.configuration.digest,
        catalogue_digest(recipe.catalogue),
    ):
        told.update(text.encode() + b"|")
    keys = ["seller_id", "as_of"]
    read = pd.concat([rows[keys], panel.loc[panel["as_of"] == pd.Timestamp(cutoff), keys]])
    signals = read.merge(panel, on=keys, how="left").select_dtypes("float64")
    for part in _parts(rows, signals):
        told.update(part)
    return told.hexdigest()[:32]


def _parts(rows: pd.DataFrame, signals: pd.DataFrame) -> Iterator[bytes]:
    columns: Sequence[str] = ["seller_id", "as_of", "label", "weight", "case"]
    yield np.asarray(pd.util.hash_pandas_object(rows[columns], index=False)).tobytes()
    yield np.ascontiguousarray(signals.to_numpy()).tobytes()


def _keep(path: Path, margins: pd.DataFrame) -> None:
    """Write whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = path.with_suffix(".next")
    margins.to_parquet(beside, index=False)
    beside.replace(path)
