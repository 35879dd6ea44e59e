"""Who is listed at a cutoff: by a scoring run, and in a week that a backtest lives."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

import pandas as pd

from features.catalogue import CATALOGUE
from features.errors import WrongUse
from features.stored_signals import StoredSignals
from model.alerts import Listing, list_sellers, resting_sellers
from model.newer import since_verdict
from model.settings import AlertSettings, Configuration
from scoring.ranking import ChosenModel, Ranking, challenger_strength, strength_alone
from training.authors import outside_bursts


def draw_lists(
    signals: StoredSignals,
    chosen: ChosenModel,
    ranking: Ranking,
    verdicts: pd.DataFrame,
    as_of: date,
    configuration: Configuration,
    open_cases: Collection[Any] = (),
) -> tuple[Listing, pd.Series]:
    """Draw the lists; sellers judged lately compete with what is newer than their verdict alone.

    Args:
        signals: of all sellers at the cutoff.
        chosen: what orders them.
        ranking: their order.
        verdicts: all verdict rows delivered or given; bursts of one author let nobody rest.
        as_of: the cutoff.
        configuration: lists, rest and labels.
        open_cases: sellers who are being investigated.

    Returns:
        The lists on the sellers' numbers, and when each resting seller was judged last, as ``resting_sellers``
        gives it.

    Raises:
        WrongUse: the file of the random draw's key is not there, or too short.

    """
    counted = outside_bursts(verdicts, as_of, configuration.labels)
    resting = resting_sellers(counted, as_of, configuration.alerts.rest_days, open_cases)
    judged_at = signals.sellers["seller_id"].map(resting.dropna()).dropna()
    rows = signals.rows(judged_at.index)
    newer = since_verdict(rows, judged_at, as_of, CATALOGUE)
    listing = list_sellers(
        signals.sellers[["seller_id", "marketplace"]].assign(strength=ranking.strength, score=ranking.score),
        configuration.alerts,
        as_of=as_of,
        audit_key=read_audit_key(configuration.alerts),
        calibration=ranking.calibration,
        resting=resting.index,
        newer=strength_alone(chosen, newer, CATALOGUE, configuration.classifier.threads),
        challenger=challenger_strength(chosen, signals, configuration),
    )
    return listing, resting


def read_audit_key(settings: AlertSettings) -> bytes | None:
    """Read the key of the random draw from its file; None if no file is set.

    Raises:
        WrongUse: the file is not there, or holds fewer than 16 bytes.

    """
    if settings.audit_key_file is None:
        return None
    try:
        key = settings.audit_key_file.read_bytes().strip()
    except OSError as error:
        raise WrongUse(f"alerts.audit_key_file: {settings.audit_key_file}: {error.strerror or error}") from None
    if len(key) < 16:
        raise WrongUse(
            f"alerts.audit_key_file: {settings.audit_key_file} holds {len(key)} bytes; a key that nobody guesses has "
            "16 or more, for instance from `openssl rand -hex 32`"
        )
    return key
