"""Day zero: orders sellers by how surprising they are among their peers, service by service, without any verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.signal import Signal
from model.arrays import Floats
from model.tails import Codes, beta_binomial_tails, cauchy_combination, gamma_poisson_tails, robust_tails


@dataclass(frozen=True)
class DayZero:
    """Surprise of each seller, on the index of the signal table.

    Attributes:
        strength: -log10 of the combined tail; finite, larger is more suspicious, 0 where nothing is known.
        services: one column a service, its tail from 0 to 1; NaN where none of its signals is known.
        signals: one column a signal that day zero reads, its tail; NaN where the signal is.

    """

    strength: pd.Series
    services: pd.DataFrame
    signals: pd.DataFrame


def day_zero(signal_table: pd.DataFrame, catalogue: Mapping[str, Signal]) -> DayZero:
    """Measure the surprise of every row against the rows of its peer group at the same cutoff.

    Signals say themselves how they are read: ``beta_binomial`` takes a share (or a count of successes) of its exposure,
    ``gamma_poisson`` a count for its exposure (1 a seller without one), ``robust_z`` the number itself. A signal whose
    direction of risk is not known is left out; where less is riskier, the lower tail counts.

    Args:
        signal_table: with ``as_of``, ``marketplace`` (the parent group), ``peer_group`` and the signals.
        catalogue: declarations of the signals.

    """
    groups, parents = (_codes(signal_table, column) for column in ("peer_group", "marketplace"))
    read = [s for s in catalogue.values() if s.day_zero is not None and s.direction != 0]
    tails = {signal.name: _signal_tails(signal_table, signal, groups, parents) for signal in read}
    signals = pd.DataFrame(tails, index=signal_table.index, dtype=np.float64)
    services = pd.DataFrame(
        {
            service: _combined_or_unknown(signals[[s.name for s in read if s.service == service]].to_numpy())
            for service in dict.fromkeys(signal.service for signal in read)
        },
        index=signal_table.index,
        dtype=np.float64,
    )
    strength = -np.log10(cauchy_combination(services.to_numpy()))
    return DayZero(pd.Series(np.abs(strength), signal_table.index, name="strength"), services, signals)


def _codes(signal_table: pd.DataFrame, column: str) -> Codes:
    together = signal_table.groupby(["as_of", column], sort=False, dropna=False)
    return np.asarray(together.ngroup(), dtype=np.intp)


def _combined_or_unknown(tails: Floats) -> Floats:
    return np.where(np.isnan(tails).all(axis=1), np.nan, cauchy_combination(tails))


def _signal_tails(signal_table: pd.DataFrame, signal: Signal, groups: Codes, parents: Codes) -> Floats:
    values = np.asarray(signal_table[signal.name], dtype=np.float64)
    exposure = np.ones(len(values)) if signal.exposure is None else np.asarray(signal_table[signal.exposure], float)
    known = np.isfinite(values) & (exposure > 0)
    tails = np.full(len(values), np.nan)
    if known.any():
        own_groups, own_parents = (np.unique(codes[known], return_inverse=True)[1] for codes in (groups, parents))
        tails[known] = _tails(signal, values[known], exposure[known], own_groups, own_parents)
    return tails


def _tails(signal: Signal, values: Floats, exposure: Floats, groups: Codes, parents: Codes) -> Floats:
    riskier_below = signal.direction < 0
    if signal.day_zero == "robust_z":
        return robust_tails(-values if riskier_below else values, groups, parents)
    counts = np.maximum(values * exposure if signal.unit == "share" else values, 0.0)
    if signal.day_zero == "gamma_poisson":
        tails = gamma_poisson_tails(counts, exposure, groups, parents)
        return 1 - tails if riskier_below else tails
    if signal.exposure is None:
        raise ValueError(
            f"signal '{signal.name}': day zero 'beta_binomial' needs an exposure, the signal of its trials"
        )
    trials = np.maximum(np.round(exposure), 1.0)
    successes = np.minimum(np.round(counts), trials)
    return beta_binomial_tails(trials - successes if riskier_below else successes, trials, groups, parents)
