"""Orders the sellers of one cutoff: by a model, or without any verdict by day zero; and says why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from features.errors import NoFittingModel, TrackingUnreachable
from features.signal import Signal
from features.stored_signals import StoredSignals
from model.baseline import day_zero, day_zero_tails
from model.bundle import Bundle, read_bundle
from model.calibration import Calibration
from model.reasons import MediansOf, Reason, day_zero_reasons, model_reasons, peer_medians
from model.registry import CHALLENGER, CHAMPION, Registry
from model.settings import Configuration
from scoring.last_seen import last_champion, remember
from scoring.margins import margins
from training.choosing import fetch, open_model, open_registry
from training.steps import Surroundings

DAY_ZERO = "day zero"

Explain = Callable[[pd.DataFrame], list[list[Reason]]]


@dataclass(frozen=True)
class ChosenModel:
    """What orders the sellers; ``bundle`` None means day zero."""

    label: str
    bundle: Bundle | None
    challenger: Bundle | None
    messages: tuple[str, ...]


@dataclass(frozen=True)
class Ranking:
    """The order of the sellers, on their numbers in the signal table.

    Attributes:
        strength: orders them, larger first, never NaN.
        log_odds: NaN on day zero.
        score: 0 to 1; NaN on day zero.
        calibration: of the model; None on day zero.
        explain: reasons of some rows of the signal table, in their order.

    """

    strength: pd.Series
    log_odds: pd.Series
    score: pd.Series
    calibration: Calibration | None
    explain: Explain


def choose_model(
    model: str,
    store_path: Path,
    configuration: Configuration,
    surroundings: Surroundings,
    catalogue: Mapping[str, Signal],
) -> ChosenModel:
    """Fetch and check the model that a version, an alias, a run id or a bundle folder names.

    Without a champion, the alias ``champion`` means day zero. If the tracking server does not answer, it means the
    champion seen last.

    Raises:
        NoFittingModel: nothing has that name, or what has it does not fit.

    """
    if model != CHAMPION:
        named = open_model(model, store_path, configuration, surroundings, catalogue)
        return ChosenModel(named.label, named.bundle, None, ())
    try:
        return _champion(store_path, configuration, surroundings, catalogue)
    except TrackingUnreachable as error:
        label, bundle, said = last_champion(store_path, catalogue, error)
        return ChosenModel(label, bundle, None, (said,))


def _champion(
    store_path: Path, configuration: Configuration, surroundings: Surroundings, catalogue: Mapping[str, Signal]
) -> ChosenModel:
    registry = open_registry(store_path, configuration, surroundings)
    challenger, messages = (None, ()) if registry is None else _challenger(registry, catalogue)
    champion = None if registry is None else fetch(registry, CHAMPION, catalogue)
    if registry is None or champion is None:
        said = (
            "there is no champion: sellers are ordered by day zero, by how they differ from their peers; score is null"
        )
        return ChosenModel(DAY_ZERO, None, challenger, (*messages, said))
    remember(store_path, registry, champion)
    return ChosenModel(champion.label, champion.bundle, challenger, messages)


def _challenger(registry: Registry, catalogue: Mapping[str, Signal]) -> tuple[Bundle | None, tuple[str, ...]]:
    """Read the challenger for the disagreement list; one that no longer fits is left aside, and said."""
    found = registry.find(CHALLENGER)
    if found is None:
        return None, ()
    try:
        return read_bundle(registry.bundle_folder(found), catalogue), ()
    except NoFittingModel as error:
        return None, (f"the challenger {found.label} is left aside: {error}",)


def rank(
    chosen: ChosenModel, signals: StoredSignals, catalogue: Mapping[str, Signal], configuration: Configuration
) -> Ranking:
    """Order the sellers of one cutoff."""
    shown, threads = configuration.alerts.reasons_shown, configuration.classifier.threads

    def peers_of(rows: pd.DataFrame) -> MediansOf:
        groups = rows["peer_group"].unique()
        return lambda names: peer_medians(signals.sellers, groups, ((name, signals.column(name)) for name in names))

    if chosen.bundle is None:
        nothing = pd.Series(np.nan, signals.sellers.index)

        def tell(rows: pd.DataFrame) -> list[list[Reason]]:
            return day_zero_reasons(rows, day_zero(rows, catalogue), catalogue, peers_of(rows), shown)

        return Ranking(day_zero_strength(signals, catalogue), nothing, nothing, None, tell)
    bundle = chosen.bundle
    found, calibration = margins(signals, bundle, configuration), bundle.card.calibration

    def explain(rows: pd.DataFrame) -> list[list[Reason]]:
        contributions, medians = bundle.contributions(rows, threads), peers_of(rows)
        return model_reasons(rows, contributions, calibration, catalogue, bundle.signals, medians, shown)

    log_odds = pd.Series(bundle.log_odds(found))
    return Ranking(log_odds, log_odds, pd.Series(bundle.scores(found)), calibration, explain)


def day_zero_strength(signals: StoredSignals, catalogue: Mapping[str, Signal]) -> pd.Series:
    """Day zero's strength of all sellers, on their numbers."""
    parts = [day_zero(rows, catalogue).strength for rows in signals.parts(list(day_zero_tails(catalogue)))]
    return pd.concat(parts) if parts else pd.Series(dtype=np.float64)


def challenger_strength(chosen: ChosenModel, signals: StoredSignals, configuration: Configuration) -> pd.Series | None:
    """The challenger's order of the same sellers; None without one."""
    return None if chosen.challenger is None else pd.Series(margins(signals, chosen.challenger, configuration))


def strength_alone(
    chosen: ChosenModel, rows: pd.DataFrame, catalogue: Mapping[str, Signal], threads: int
) -> pd.DataFrame:
    """Strength and score, on the rows' index, of rows that are no part of the order; none of whom nothing is known.

    Args:
        chosen: what orders the sellers.
        rows: with the signals of the catalogue.
        catalogue: declarations of the signals.
        threads: of the model.

    """
    if chosen.bundle is None:
        strength = day_zero(rows, catalogue).strength
        return pd.DataFrame({"strength": strength, "score": np.nan})[strength > 0]
    known = rows[rows[list(chosen.bundle.signals)].notna().any(axis="columns")]
    margins = chosen.bundle.margins(known, threads)
    log_odds, scores = chosen.bundle.log_odds(margins), chosen.bundle.scores(margins)
    return pd.DataFrame({"strength": log_odds, "score": scores}, index=known.index)
