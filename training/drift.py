"""How this cutoff's market differs from the one some weeks before, beside how such cutoffs usually differ.

It informs: nothing is stopped, promoted or kept because of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import t as student

from features.catalogue import CATALOGUE
from features.panel import signals_at
from features.store import Store
from model.arrays import Floats
from model.bundle import Bundle
from model.classifier import SellerRiskClassifier
from model.metrics import METRICS
from model.settings import Configuration, DriftSettings
from training.plain import without_nan
from training.verdict_lag import VerdictLag, verdict_lag

BINS = 10
FEWEST_PAIRS = 5
"""Earlier pairs of cutoffs from which it can be said what is usual."""
TOLD_SIGNALS = 10
_TREES = 40
TELLING = tuple(name for name, signal in CATALOGUE.items() if signal.formula is not None and signal.direction != 0)
"""Signals by which cutoffs are told apart: peers' figures and ages are a cutoff's own, and would tell it every week."""


@dataclass(frozen=True)
class SignalDrift:
    """A signal at the cutoff, beside the one before.

    Attributes:
        signal: its name.
        index: population stability index of its values, the missing being a bin of their own; NaN if it is missing
            everywhere at either cutoff.
        usual: the greatest index of the earlier pairs; NaN without any.
        chance: how often an index as large comes by itself, judged by the earlier pairs; NaN where they are too few.
        missing: share of the sellers without a value.
        missing_before: the same at the cutoff before.
        alarm: whether the index is above ``usual``, above the settings' least, and surely so among all signals.

    """

    signal: str
    index: float
    usual: float
    chance: float
    missing: float
    missing_before: float
    alarm: bool


@dataclass(frozen=True)
class Drift:
    """What has changed.

    Attributes:
        as_of: the cutoff.
        before: the cutoff that it is held against.
        pairs: earlier pairs of cutoffs that say what is usual.
        signals: every signal, the largest index first.
        told_apart: area under the curve of a classifier that tells the two cutoffs' rows apart; .5 is no change.
        told_apart_usually: the greatest of the earlier pairs; NaN without any.
        market_alarm: whether the cutoffs are told apart better than ever, and surely so; many small changes at once
            show here before any signal's own.
        told_apart_by: signals by which it does, the heaviest first.
        score_index: stability index of the model's margins; NaN without a model.
        above_old_threshold: sellers above the margin that a budget's last seller had before; None without a model.
        lag: how long verdicts take, and how many are still to come.

    """

    as_of: date
    before: date
    pairs: int
    signals: tuple[SignalDrift, ...]
    told_apart: float
    told_apart_usually: float
    market_alarm: bool
    told_apart_by: tuple[str, ...]
    score_index: float
    above_old_threshold: int | None
    lag: VerdictLag

    @property
    def alarms(self) -> tuple[str, ...]:
        """Names of the signals that changed more than they ever did."""
        return tuple(each.signal for each in self.signals if each.alarm)

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``json.dumps``; NaN becomes None."""
        plain: dict[str, Any] = without_nan({**asdict(self), "alarms": self.alarms})
        return plain

    def summary(self) -> dict[str, Any]:
        """What a report keeps: the figures, the alarms, and all of it in words."""
        plain: dict[str, Any] = without_nan(
            {**self.metrics(), "before": self.before, "alarms": list(self.alarms), "words": list(self.in_words())}
        )
        return plain

    def metrics(self) -> dict[str, float | None]:
        """Figures for tracking."""
        above = self.above_old_threshold
        return {
            "drift.alarms": float(len(self.alarms)),
            "drift.told_apart": self.told_apart,
            "drift.market_alarm": float(self.market_alarm),
            "drift.score_index": self.score_index,
            "drift.above_old_threshold": None if above is None else float(above),
            "drift.verdicts_to_come": self.lag.still_to_come,
        }

    def in_words(self) -> Iterator[str]:
        """What an engineer on call should read, a sentence each."""
        if self.pairs < FEWEST_PAIRS:
            yield f"drift: {self.pairs} earlier pairs of cutoffs, {FEWEST_PAIRS} are needed to say what is usual"
        elif self.market_alarm:
            told = ", ".join(self.told_apart_by[:3])
            yield f"drift since {self.before}: the market as a whole changed more than it usually does, most in {told}"
        if self.pairs >= FEWEST_PAIRS and self.alarms:
            yield f"drift since {self.before}: more than ever before in {', '.join(self.alarms)}"
        elif self.pairs >= FEWEST_PAIRS:
            yield f"drift since {self.before}: no signal by itself changed more than it usually does"
        lost = [each.signal for each in self.signals if each.missing > each.missing_before + 0.05]
        if lost:
            yield f"missing more often than on {self.before}: {', '.join(lost)}"
        if np.isfinite(self.lag.still_to_come):
            yield (
                f"verdicts take {self.lag.median_weeks:.0f} weeks (median); of those on investigations of the last"
                f" {self.lag.recent_weeks} weeks {self.lag.still_to_come:.0%} are still to come"
            )


def measure_drift(
    store: Store,
    verdicts: pd.DataFrame,
    as_of: date,
    configuration: Configuration,
    bundle: Bundle | None,
    progress: Callable[[str], None],
) -> Drift:
    """Hold the signals, scores and verdicts of a cutoff against those of earlier ones.

    Args:
        store: the landed rows; signal tables that are missing are made.
        verdicts: all verdict rows delivered.
        as_of: the cutoff.
        configuration: lag, history and alarm.
        bundle: the model whose scores are looked at; None for none.
        progress: told what is made.

    """
    settings = configuration.drift
    lag = timedelta(weeks=settings.lag_weeks)
    cutoffs = [as_of - lag * back for back in range(settings.history_weeks // settings.lag_weeks + 2)]
    panel = signals_at(store, cutoffs, configuration, progress=progress)
    tables = [panel[panel["as_of"] == pd.Timestamp(cutoff)] for cutoff in cutoffs]
    pairs = [(now, before) for now, before in pairwise(tables) if len(before)]
    if not pairs:
        pairs = [(tables[0], tables[0])]
    now, before = pairs[0]
    apart, by = told_apart(now, before, settings)
    earlier = np.array([told_apart(*pair, settings)[0] for pair in pairs[1 : 2 + FEWEST_PAIRS]])
    usual = float(np.nanmax(earlier)) if np.isfinite(earlier).any() else float("nan")
    chance = _chance(float(_odds(np.array(apart))), _odds(earlier[np.isfinite(earlier)]))
    score_index, above = _scores(now, before, bundle, configuration)
    return Drift(
        as_of=as_of,
        before=cutoffs[1],
        pairs=len(pairs) - 1,
        signals=signal_drift(pairs, settings),
        told_apart=apart,
        told_apart_usually=usual,
        market_alarm=chance < settings.significance and apart > usual,
        told_apart_by=by,
        score_index=score_index,
        above_old_threshold=above,
        lag=verdict_lag(verdicts, as_of, configuration.labels),
    )


def signal_drift(
    pairs: Sequence[tuple[pd.DataFrame, pd.DataFrame]], settings: DriftSettings
) -> tuple[SignalDrift, ...]:
    """Judge each signal of the first pair (now, before) by the pairs after it.

    Alarms are held to the settings' level over all signals (Holm), by how far the logarithm of the index lies from
    those of the earlier pairs.
    """
    found = []
    for name in CATALOGUE:
        now, before = pairs[0]
        index = stability_index(now[name].to_numpy(), before[name].to_numpy())
        earlier = [stability_index(one[name].to_numpy(), other[name].to_numpy()) for one, other in pairs[1:]]
        known = np.array([each for each in earlier if np.isfinite(each)])
        found.append((name, index, float(known.max()) if len(known) else float("nan"), _chance(index, known)))
    testable = sorted((chance, name) for name, _, _, chance in found if np.isfinite(chance))
    sure, still = set(), True
    for number, (chance, name) in enumerate(testable):
        still = still and chance < settings.significance / (len(testable) - number)
        sure |= {name} if still else set()
    now, before = pairs[0]
    drifts = [
        SignalDrift(
            name,
            index,
            usual,
            chance,
            float(now[name].isna().mean()),
            float(before[name].isna().mean()),
            alarm=name in sure and index > usual and index > settings.alarm_stability_index,
        )
        for name, index, usual, chance in found
    ]
    return tuple(sorted(drifts, key=lambda each: (-np.nan_to_num(each.index, nan=-1.0), each.signal)))


def stability_index(now: Floats, before: Floats) -> float:
    """Population stability index over the tenths of the values before, the missing apart; NaN where all are missing."""
    known_now, known_before = now[~np.isnan(now)], before[~np.isnan(before)]
    if len(known_now) == 0 or len(known_before) == 0:
        return float("nan")
    edges = np.unique(np.quantile(known_before, np.linspace(0, 1, BINS + 1)[1:-1], method="lower"))
    shares = [
        (counts + 0.5) / (counts.sum() + 0.5 * len(counts))
        for counts in (
            np.append(np.bincount(np.searchsorted(edges, known, side="left"), minlength=len(edges) + 1), missing)
            for known, missing in (
                (known_now, len(now) - len(known_now)),
                (known_before, len(before) - len(known_before)),
            )
        )
    ]
    return float(((shares[0] - shares[1]) * np.log(shares[0] / shares[1])).sum())


def told_apart(now: pd.DataFrame, before: pd.DataFrame, settings: DriftSettings) -> tuple[float, tuple[str, ...]]:
    """How well a small classifier tells two cutoffs apart on sellers it did not see, and by which signals.

    A signal that is missing everywhere at one of them is left out: the end of its coverage is no change of the market.
    """
    both = np.intersect1d(now["seller_id"].to_numpy(), before["seller_id"].to_numpy())
    generator = np.random.default_rng(0)
    chosen = generator.permutation(both)[: settings.sampled_sellers]
    telling = [name for name in TELLING if now[name].notna().any() and before[name].notna().any()]
    if len(chosen) < 4 or not telling:
        return float("nan"), ()
    rows = pd.concat([now[now["seller_id"].isin(chosen)], before[before["seller_id"].isin(chosen)]])
    signals = rows[telling]
    later = (rows["as_of"] == now["as_of"].iloc[0]).to_numpy(dtype=float)
    first = rows["seller_id"].isin(chosen[: len(chosen) // 2]).to_numpy()
    margins, gains = np.zeros(len(rows)), np.zeros(signals.shape[1])
    if len(np.unique(later)) < 2:
        return 0.5, ()
    for learned in (first, ~first):
        small = SellerRiskClassifier(trees=_TREES, max_depth=3, max_leaves=8, min_leaf_rows=20, signal_share=0.5)
        small.fit(signals[learned], later[learned])
        margins[~learned] = small.decision_function(signals[~learned])
        gains += small.gains()
    area = METRICS["roc_auc"](later, margins, np.ones(len(later)), 1)
    heaviest = np.argsort(-gains, kind="stable")[:TOLD_SIGNALS]
    return area, tuple(str(signals.columns[each]) for each in heaviest if gains[each] > 0)


def _odds(area: Floats) -> Floats:
    """What an area under the curve is against its rest, so that its logarithm has no bounds."""
    inside: Floats = np.clip(area, 1e-3, 1 - 1e-3)
    return inside / (1 - inside)


def _chance(index: float, known: Floats) -> float:
    """How often an index as large comes by itself, if its logarithm is normal around those of earlier pairs."""
    if len(known) < FEWEST_PAIRS or not np.isfinite(index):
        return float("nan")
    logs = np.log(np.maximum(known, 1e-9))
    spread = float(logs.std(ddof=1)) * np.sqrt(1 + 1 / len(logs))
    distance = float(np.log(max(index, 1e-9)) - logs.mean())
    if spread == 0:
        return 1.0 if distance <= 0 else 0.0
    return float(student.sf(distance / spread, len(logs) - 1))


def _scores(
    now: pd.DataFrame, before: pd.DataFrame, bundle: Bundle | None, configuration: Configuration
) -> tuple[float, int | None]:
    if bundle is None:
        return float("nan"), None
    threads, budget = configuration.classifier.threads, configuration.alerts.budget
    margins = [bundle.margins(each, threads) for each in (now, before)]
    threshold = np.sort(margins[1])[::-1][:budget][-1]
    return stability_index(margins[0], margins[1]), int((margins[0] >= threshold).sum())
