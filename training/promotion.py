"""Whether a newly fitted model takes the champion's place, said in numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np
import pandas as pd

from model.settings import PromotionSettings
from training.change import Change
from training.halvings import Comparison

Outcome = Literal["first champion", "refreshed", "changed", "kept", "cannot be decided yet", "too few cases"]


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
        change: both recipes over past cutoffs; None where the recipe is the champion's.

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
    change: Change | None


@dataclass(frozen=True)
class Decision:
    """What becomes of the new model, and why; ``looked`` if it used one of the year's looks at a change."""

    outcome: Outcome
    why: str
    looked: bool = False

    @property
    def promotes(self) -> bool:
        """Whether the new model becomes the champion."""
        return self.outcome in ("first champion", "refreshed", "changed")


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
        return _change(evidence, settings)
    return _refresh(evidence, evidence.champion_since, settings, as_of)


def _change(evidence: Evidence, settings: PromotionSettings) -> Decision:
    """Other settings or signals win by a sure gain over past cutoffs; whatever is missing keeps the champion."""
    change = evidence.change
    if change is None or change.obstacle:
        why = "other settings or signals than the champion's, and past cutoffs were not compared"
        return Decision("cannot be decided yet", why if change is None else f"{why}: {change.obstacle}")
    found = change.comparison
    told = (
        f"gain {found.gain:+.2f} halvings of the list ({found.low:+.2f} to {found.high:+.2f}) over"
        f" {change.culprits} culprits in {found.cases} cases at {len(change.origins)} past cutoffs;"
        f" recall at the budget {change.recall[1]:.2f} beside {change.recall[0]:.2f}"
    )
    if found.cases < settings.min_positive_cases:
        return Decision(
            "cannot be decided yet",
            f"{settings.min_positive_cases} cases are needed (promotion.min_positive_cases); {told}; these could have"
            f" shown {change.least:.2f} halvings or more",
        )
    if not np.isfinite([found.gain, found.low, found.high]).all():
        return Decision("kept", f"the gain over past cutoffs could not be measured; {told}", looked=True)
    veto = _veto(evidence, change)
    if veto:
        return Decision("kept", f"{veto}; {told}", looked=True)
    if change.wins:
        return Decision("changed", f"other settings or signals find culprits sooner: {told}", looked=True)
    return Decision("kept", f"no sure gain: {told}; these could have shown {change.least:.2f} or more", looked=True)


def _veto(evidence: Evidence, change: Change) -> str:
    """What speaks against a change whatever its gain; empty for nothing."""
    if evidence.champion_calibrated and not evidence.calibrated:
        return "the champion's scores are probabilities, the new model's would be an index"
    lost = [f"{each.name} ({each.gain:+.2f} halvings, {each.culprits} culprits)" for each in change.losses]
    return f"a sure loss in {', '.join(lost)}" if lost else ""


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
