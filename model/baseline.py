"""Day zero: orders sellers by how surprising they are among their peers, service by service, without any verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import chi2

from features.distributions import SMALLEST
from features.signal import Signal, learnable
from model.arrays import Floats


@dataclass(frozen=True)
class DayZero:
    """Surprise of each seller, on the index of the signal table.

    Attributes:
        services: one column a service, its tail from 0 to 1; NaN where none of its signals is known.
        signals: the tails that day zero reads, each under the name of the signal that is compared; NaN where it is.

    """

    services: pd.DataFrame
    signals: pd.DataFrame

    @property
    def surprise(self) -> pd.DataFrame:
        """-log10 of the services' tails; finite, larger is more suspicious, 0 where a service is not known."""
        return np.abs(np.log10(self.services.fillna(1.0).clip(lower=SMALLEST)))

    @property
    def strength(self) -> pd.Series:
        """The sum of the services' surprise."""
        return self.surprise.sum(axis="columns").rename("strength")


def day_zero_tails(catalogue: Mapping[str, Signal]) -> dict[str, Signal]:
    """The tails that day zero reads, each with the signal that is compared."""
    return {
        signal.name: signal.compared.of
        for signal in learnable(catalogue).values()
        if signal.day_zero and signal.compared is not None and signal.direction != 0
    }


def day_zero(signal_table: pd.DataFrame, catalogue: Mapping[str, Signal]) -> DayZero:
    """Combine the tails among the peers that are marked for it, within a service and over services.

    The tails of one service depend on each other: Cauchy's combination. Services are held for independent and added up
    (Fisher's statistic): two that are surprising outdo one that is more so, as peers that fit badly make it.

    Args:
        signal_table: with the tails, as they were computed with the other signals.
        catalogue: declarations of the signals; those that are retired or whose direction of risk is not known stay out.

    """
    read = day_zero_tails(catalogue)
    signals = signal_table[list(read)].set_axis([of.name for of in read.values()], axis="columns").astype(np.float64)
    services = pd.DataFrame(
        {
            service: _combined_or_unknown(
                signals[[of.name for of in read.values() if of.service == service]].to_numpy()
            )
            for service in dict.fromkeys(of.service for of in read.values())
        },
        index=signal_table.index,
        dtype=np.float64,
    )
    return DayZero(services, signals)


def chance_of(strength: pd.Series, catalogue: Mapping[str, Signal]) -> pd.Series:
    """How probably chance alone would set a seller as far apart as each strength does: Fisher's tail."""
    services = {of.service for of in day_zero_tails(catalogue).values()}
    return pd.Series(chi2.sf(2 * np.log(10) * strength, 2 * len(services)), strength.index)


def cauchy_combination(tails: Floats) -> Floats:
    """One tail a row from several that may depend on each other; NaN are left out, 1.0 where all are NaN.

    Tails over .9 count as .9: one very ordinary service must not cancel a surprising one.
    """
    known = ~np.isnan(tails)
    bounded = np.clip(np.where(known, tails, 0.5), SMALLEST, 0.9)
    small = bounded < 1e-8
    cotangent = np.where(small, 1 / (np.pi * bounded), np.tan(np.pi * (0.5 - np.where(small, 0.5, bounded))))
    mean = (cotangent * known).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    large = mean > 1e8
    combined = np.where(large, 1 / (np.pi * np.where(large, mean, 1.0)), 0.5 - np.arctan(mean) / np.pi)
    return np.where(known.any(axis=1), combined, 1.0)


def _combined_or_unknown(tails: Floats) -> Floats:
    return np.where(np.isnan(tails).all(axis=1), np.nan, cauchy_combination(tails))
