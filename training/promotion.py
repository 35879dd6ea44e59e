"""Whether a newly fitted model takes the champion's place, said in numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import t as student

from model.settings import PromotionSettings

Floats = npt.NDArray[np.float64]
Outcome = Literal["first champion", "refreshed", "kept", "cannot be decided yet", "too few cases"]


@dataclass(frozen=True)
class Comparison:
    """By how many halvings the list that finds a culprit got shorter with the challenger; negative is a loss.

    Attributes:
        cases: cases with a culprit that neither model knew.
        gain: mean over those culprits of log2 of the ranks' ratio; NaN without any.
        low: lower end of the one-sided interval; NaN under two cases.
        high: upper end of the one-sided interval; NaN under two cases.

    """

    cases: int
    gain: float
    low: float
    high: float


@dataclass(frozen=True)
class Evidence:
    """What a decision rests on.

    Attributes:
        positive_cases: cases with a culprit that the new model learned from.
        champion_since: cutoff of the champion's retraining; None when there is no champion.
        champion_obstacle: why the champion can no longer score; empty if it can.
        same_recipe: whether settings and signals are those of the champion.
        quality: out-of-fold average precision of the new model; NaN where it could not be measured.
        kept_top_share: share of the champion's top that the new model's top keeps at this cutoff; NaN without one.
        champion_calibrated: whether the champion's scores are probabilities.
        calibrated: whether the new model's are.
        comparison: both on culprits that neither knew; None when there is no champion.

    """

    positive_cases: int
    champion_since: date | None
    champion_obstacle: str
    same_recipe: bool
    quality: float
    kept_top_share: float
    champion_calibrated: bool
    calibrated: bool
    comparison: Comparison | None


@dataclass(frozen=True)
class Decision:
    """What becomes of the new model, and why."""

    outcome: Outcome
    why: str

    @property
    def promotes(self) -> bool:
        """Whether the new model becomes the champion."""
        return self.outcome in ("first champion", "refreshed")


def decide(evidence: Evidence, settings: PromotionSettings, as_of: date) -> Decision:
    """Decide by the rules of promotion; a figure that is missing keeps the champion."""
    if evidence.positive_cases < settings.min_positive_cases:
        return Decision(
            "too few cases" if evidence.champion_since is None else "kept",
            f"{evidence.positive_cases} cases with a culprit, {settings.min_positive_cases} are needed "
            "(promotion.min_positive_cases); the new model is registered as challenger",
        )
    if not np.isfinite(evidence.quality):
        return Decision("kept", "the new model's average precision could not be measured")
    if evidence.champion_since is None:
        return Decision(
            "first champion",
            f"no champion before; {evidence.positive_cases} cases with a culprit, out-of-fold average precision "
            f"{evidence.quality:.3f}",
        )
    if evidence.champion_obstacle:
        return Decision("refreshed", f"the champion can no longer score: {evidence.champion_obstacle}")
    if not evidence.same_recipe:
        return Decision(
            "cannot be decided yet",
            "other settings or signals than the champion's: a change is decided over past origins only; "
            f"at this cutoff the new model keeps {evidence.kept_top_share:.0%} of the champion's top "
            f"{settings.kept_top}",
        )
    return _refresh(evidence, evidence.champion_since, settings, as_of)


def _refresh(evidence: Evidence, since: date, settings: PromotionSettings, as_of: date) -> Decision:
    due = since + timedelta(weeks=settings.refresh_weeks)
    if as_of < due:
        return Decision("kept", f"the champion of {since} is refreshed from {due} on (promotion.refresh_weeks)")
    kept, loss = evidence.kept_top_share, evidence.comparison
    if not kept >= settings.kept_top_share:
        return Decision(
            "kept",
            f"keeps {kept:.0%} of the champion's top {settings.kept_top}, "
            f"{settings.kept_top_share:.0%} is the least (promotion.kept_top_share)",
        )
    if evidence.champion_calibrated and not evidence.calibrated:
        return Decision("kept", "the champion's scores are probabilities, the new model's would be an index")
    decidable = loss is not None and loss.cases >= settings.min_positive_cases
    if loss is None or (decidable and not np.isfinite([loss.gain, loss.high]).all()):
        return Decision("kept", "the loss against the champion could not be measured")
    if decidable and loss.high < 0:
        return Decision(
            "kept",
            f"a significant loss: lists that find a culprit are {-loss.gain:.2f} halvings longer, at least "
            f"{-loss.high:.2f}, over {loss.cases} cases that neither model knew",
        )
    found = f"gain {loss.gain:+.2f} halvings ({loss.low:+.2f} to {loss.high:+.2f}) over {loss.cases} new cases"
    return Decision(
        "refreshed",
        f"newer data under the same configuration; keeps {kept:.0%} of the top {settings.kept_top}; "
        + (found if decidable else f"{loss.cases} new cases, too few to show a loss"),
    )


def kept_top_share(champion: pd.Series, challenger: pd.Series, top: int) -> float:
    """Share of the champion's top sellers that are also the challenger's.

    Args:
        champion: margin by seller; ties are broken by the index.
        challenger: margin by seller, for the same sellers.
        top: how many; all sellers if there are fewer.

    Returns:
        0 to 1; NaN without sellers or with a missing margin.

    """
    if champion.empty or champion.isna().any() or challenger.isna().any():
        return float("nan")
    size = min(top, len(champion))
    return len(set(_top(champion, size)) & set(_top(challenger, size))) / size


def _top(margins: pd.Series, size: int) -> pd.Index:
    ordered = margins.sort_index().sort_values(ascending=False, kind="stable")
    return ordered.index[:size]


def compare_ranks(
    culprits: pd.DataFrame, pool_champion: Floats, pool_challenger: Floats, budget: int, significance: float
) -> Comparison:
    """Compare at which place each model would have listed culprits that it did not know.

    Args:
        culprits: one row a culprit: ``case``, ``champion`` and ``challenger`` (margins).
        pool_champion: the champion's margins of the sellers then undecided.
        pool_challenger: the challenger's, of the same sellers.
        budget: places within it are equally good.
        significance: one-sided level of the interval.

    """
    if culprits.empty:
        return Comparison(0, float("nan"), float("nan"), float("nan"))
    halvings = _log_places(culprits["champion"], pool_champion, budget) - _log_places(
        culprits["challenger"], pool_challenger, budget
    )
    cases, codes = np.unique(culprits["case"].to_numpy(), return_inverse=True)
    gain = float(halvings.mean())
    if len(cases) < 2:
        return Comparison(len(cases), gain, float("nan"), float("nan"))
    totals, sizes = np.bincount(codes, halvings), np.bincount(codes)
    without = (totals.sum() - totals) / (sizes.sum() - sizes)
    spread = np.sqrt((len(cases) - 1) / len(cases) * ((without - without.mean()) ** 2).sum())
    reach = float(student.ppf(1 - significance, len(cases) - 1) * spread)
    return Comparison(len(cases), gain, gain - reach, gain + reach)


def _log_places(margins: pd.Series, pool: Floats, budget: int) -> Floats:
    ahead = len(pool) - np.searchsorted(np.sort(pool), margins.to_numpy(dtype=float), side="right")
    places: Floats = np.maximum(ahead + 1.0, float(budget))
    return np.log2(places)
