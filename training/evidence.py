"""What speaks for and against a new model, measured beside the champion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

import pandas as pd

from features.errors import NoFittingModel
from model.bundle import Bundle
from model.settings import Configuration
from training.change import Change
from training.fit import Fit
from training.halvings import compare_ranks
from training.origins import NEITHER_STEERS
from training.promotion import Evidence, kept_top_share
from training.verdicts import verdicts_before

QUALITY = "drawn.average_precision"


def first_evidence(fit: Fit) -> Evidence:
    """Weigh a model where there is no champion."""
    return Evidence(
        positive_cases=fit.card.positive_cases,
        champion_since=None,
        champion_obstacle="",
        same_recipe=False,
        quality=fit.estimates[QUALITY].value,
        kept_top_share=float("nan"),
        champion_calibrated=False,
        calibrated=fit.card.calibration.calibrated,
        comparison=None,
        change=None,
    )


@dataclass(frozen=True)
class Champion:
    """The model that holds the place.

    Attributes:
        bundle: the model, or why it can no longer be used.
        since: cutoff of its retraining.
        same_recipe: whether its settings and signals are the new model's.

    """

    bundle: Bundle | NoFittingModel
    since: date
    same_recipe: bool


def evidence_beside(
    champion: Champion,
    fit: Fit,
    challenger: Bundle,
    panel: pd.DataFrame,
    verdicts: pd.DataFrame,
    configuration: Configuration,
    as_of: date,
    change: Callable[[], Change],
) -> Evidence:
    """Weigh a new model against the champion.

    Args:
        champion: who holds the place.
        fit: the new model's fit, with its out-of-fold margins.
        challenger: the new model's bundle.
        panel: the signal table, training cutoffs and ``as_of``.
        verdicts: all verdict rows delivered.
        configuration: all settings.
        as_of: the date before which everything was known.
        change: compares the recipes over past cutoffs, which costs fits; asked where the decision can rest on it.

    """
    alone = replace(first_evidence(fit), champion_since=champion.since, same_recipe=champion.same_recipe)
    if isinstance(champion.bundle, NoFittingModel):
        return replace(alone, champion_obstacle=str(champion.bundle))
    decidable = fit.card.positive_cases >= configuration.promotion.min_positive_cases
    if not champion.same_recipe and decidable:
        alone = replace(alone, change=change())
    current = panel[panel["as_of"] == pd.Timestamp(as_of)].set_index("seller_id")
    threads = configuration.classifier.threads
    old = pd.Series(champion.bundle.margins(current, threads), current.index)
    new = pd.Series(challenger.margins(current, threads), current.index)
    undecided = ~current.index.isin(verdicts_before(verdicts, as_of)["seller_id"])
    culprits = _new_culprits(champion.bundle, champion.since, fit, panel, verdicts, threads)
    return replace(
        alone,
        kept_top_share=kept_top_share(old, new, configuration.promotion.kept_top),
        champion_calibrated=champion.bundle.card.calibration.calibrated,
        comparison=compare_ranks(
            culprits,
            old[undecided].to_numpy(),
            new[undecided].to_numpy(),
            configuration.alerts.budget,
            configuration.promotion.significance,
        ),
    )


def _new_culprits(
    champion: Bundle, since: date, fit: Fit, panel: pd.DataFrame, verdicts: pd.DataFrame, threads: int
) -> pd.DataFrame:
    """Culprits of cases of which nothing was known when the champion was fitted, with both models' margins."""
    known_then = fit.rows["seller_id"].isin(verdicts_before(verdicts, since)["seller_id"])
    fresh = ~fit.rows["case"].isin(fit.rows.loc[known_then, "case"]) & fit.rows["route"].isin(NEITHER_STEERS)
    found = fit.rows[fresh & (fit.rows["label"] == 1)]
    last = found.sort_values("as_of", kind="stable").drop_duplicates("seller_id", keep="last")
    signals = last[["seller_id", "as_of"]].merge(panel, on=["seller_id", "as_of"], how="left")
    return pd.DataFrame(
        {
            "case": last["case"].to_numpy(),
            "champion": champion.margins(signals, threads),
            "challenger": last["margin"].to_numpy(),
        }
    )
