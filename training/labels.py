"""Verdicts recorded before a date, and sellers at cutoffs, made into rows to learn from.

A row is a seller at a cutoff. Its label is 1 (a scheme ran), 0 (an innocent explanation was found) or NaN (unknown,
which is not innocent). Rows whose signals carry the verdict itself, or whose onset may lie earlier than it was found,
are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd

from features.signal import SCHEME_OF_SERVICE
from model.settings import LabelSettings
from training.authors import author_weights, bursts_before
from training.cases import case_of_sellers
from training.verdicts import investigation_starts, judged_periods, standing_verdicts, verdicts_before

GRID_ORIGIN = date(2001, 1, 1)
"""A Monday; cutoffs of the training panel are counted from it, so that next week's panel reuses this week's."""

SPEAKING = ("manipulated", "cleared")
"""Verdicts that label rows; all others leave them unknown."""

_ROW = ["seller_id", "as_of"]


def panel_cutoffs(as_of: date, settings: LabelSettings) -> list[date]:
    """Cutoffs of the training panel before a date, ascending: Mondays ``panel_step_weeks`` apart."""
    step = timedelta(weeks=settings.panel_step_weeks)
    oldest = as_of - timedelta(weeks=settings.panel_weeks)
    last = GRID_ORIGIN + step * ((as_of - timedelta(days=1) - GRID_ORIGIN) // step)
    count = max(0, (last - oldest) // step + 1)
    return [last - step * back for back in reversed(range(count))]


def labelled_cutoffs(verdicts: pd.DataFrame, as_of: date, settings: LabelSettings) -> list[date]:
    """Those of the panel's cutoffs for which some verdict recorded before ``as_of`` speaks; others teach nothing."""
    periods = judged_periods(standing_verdicts(verdicts, as_of), settings)
    speaking = periods[periods["verdict"].isin(SPEAKING)]
    starts, ends = speaking["starts_at"].to_numpy(), speaking["ends_at"].to_numpy()
    moments = [(cutoff, np.datetime64(cutoff)) for cutoff in panel_cutoffs(as_of, settings)]
    return [cutoff for cutoff, moment in moments if ((starts <= moment) & (moment <= ends)).any()]


def label_rows(
    population: pd.DataFrame, verdicts: pd.DataFrame, known_before: date, settings: LabelSettings
) -> pd.DataFrame:
    """Label sellers at cutoffs by the verdicts recorded before a date.

    Args:
        population: one row per seller and cutoff, columns ``seller_id``, ``as_of``, ``owner_id``.
        verdicts: all verdict rows delivered.
        known_before: the date D; later records are not seen.
        settings: lengths of investigations and of judged periods.

    Returns:
        Rows that may be learned from, sorted by cutoff and seller: ``seller_id``, ``as_of``, ``label`` (1, 0, NaN =
        unknown), ``schemes`` (those that verdicts found, with a space between; null where one does not say), ``case``,
        and of the verdict that speaks ``selection_probability``, ``decided_at``, ``route`` and ``author_weight`` (null
        for unknown rows).

    """
    known = verdicts_before(verdicts, known_before)
    standing = standing_verdicts(verdicts, known_before)
    rows = population[[*_ROW, "owner_id"]].sort_values(["as_of", "seller_id"], kind="stable", ignore_index=True)
    spoken = _spoken(rows, judged_periods(standing, settings), _investigations(known, settings))
    bursts = bursts_before(known, known_before, settings)
    spoken = spoken.assign(author_weight=author_weights(spoken, bursts, settings)).drop(
        columns=["known_at", "decided_by"]
    )
    labelled = rows.merge(spoken, on=_ROW, how="left")
    kept = labelled[~labelled["left_out"].eq(other=True)].drop(columns=["left_out", "owner_id"])
    return kept.assign(case=kept["seller_id"].map(case_of_sellers(rows, known))).reset_index(drop=True)


def _investigations(known: pd.DataFrame, settings: LabelSettings) -> pd.DataFrame:
    """When an investigation of a seller was running, replaced verdicts included: their traces stay in the signals."""
    return known[["seller_id", "decided_at"]].assign(opened_at=investigation_starts(known, settings))


def _spoken(rows: pd.DataFrame, periods: pd.DataFrame, investigations: pd.DataFrame) -> pd.DataFrame:
    """One row per judged seller and cutoff: label, whether it is left out, and the verdict that speaks."""
    pairs = rows[_ROW].merge(periods, on="seller_id")
    cutoff, positive = pairs["as_of"], pairs["verdict"] == "manipulated"
    starts = (cutoff > pairs["starts_at"]) | (~positive & (cutoff == pairs["starts_at"]))
    speaks = starts & (cutoff <= pairs["ends_at"]) & pairs["verdict"].isin(SPEAKING)
    pairs = pairs.assign(
        positive=speaks & positive,
        negative=speaks & ~positive,
        too_late=cutoff > pairs["opened_at"],
        too_early=cutoff <= pairs["found_onset_on"],
    )
    facts = pairs.groupby(_ROW)[["positive", "negative", "too_late", "too_early"]].any().reset_index()
    facts["investigated"] = _running(rows, investigations).reindex(facts[_ROW]).to_numpy(dtype=bool)
    contradicted = facts["positive"] & facts["negative"]
    silent = ~facts["positive"] & ~facts["negative"]
    facts["left_out"] = facts["investigated"] | contradicted | (silent & (facts["too_late"] | facts["too_early"]))
    facts["label"] = np.where(silent, np.nan, facts["positive"].astype(float))
    speaking = pairs[speaks].sort_values("decided_at", kind="stable").drop_duplicates(_ROW, keep="last")
    origin = speaking[[*_ROW, "selection_probability", "decided_at", "route", "known_at", "decided_by"]]
    found = pairs[pairs["positive"]].groupby(_ROW)["scheme"].agg(_named).rename("schemes").reset_index()
    told = facts[[*_ROW, "label", "left_out"]].merge(origin, on=_ROW, how="left")
    return told.merge(found, on=_ROW, how="left")


def _named(schemes: pd.Series) -> str | None:
    """All schemes, in order; None where one of them is not named, or is another than those that are sold."""
    named = schemes.isin(SCHEME_OF_SERVICE.values())
    return " ".join(sorted(set(schemes))) if named.all() else None


def _running(rows: pd.DataFrame, investigations: pd.DataFrame) -> pd.Series:
    """Whether an investigation was running, for each (seller, cutoff) of an investigated seller."""
    pairs = rows[_ROW].merge(investigations, on="seller_id")
    running = (pairs["opened_at"] < pairs["as_of"]) & (pairs["as_of"] <= pairs["decided_at"])
    return running.groupby([pairs["seller_id"], pairs["as_of"]]).any()


def training_rows(
    panel: pd.DataFrame, verdicts: pd.DataFrame, as_of: date, settings: LabelSettings, seed: int
) -> pd.DataFrame:
    """Label the rows by what was known, draw those to learn from, and weigh them so that each seller counts once.

    All rows with a label stay. Unknown rows are drawn from sellers without a labelled row, at the labelled rows'
    cutoffs and in their proportions, so that the calendar separates nothing.

    Args:
        panel: the population, as ``label_rows`` takes it.
        verdicts: verdict rows by the contract; those recorded later than the cutoff are not known yet.
        as_of: the cutoff.
        settings: how verdicts speak, and how many unknown rows are drawn for each labelled one.
        seed: of the draw.

    Returns:
        The rows of ``label_rows`` that were kept, with ``weight`` added, sorted by cutoff and seller; a seller's
        weights add up to 1, or less where the verdict is of a burst (``training.authors``).

    """
    labelled = label_rows(panel, verdicts, as_of, settings)
    judged = labelled[labelled["label"].notna()]
    unknown = labelled[labelled["label"].isna() & ~labelled["seller_id"].isin(judged["seller_id"])]
    wanted = judged["as_of"].value_counts().sort_index()
    available = unknown["as_of"].value_counts().reindex(wanted.index, fill_value=0)
    drawn = _draw(unknown, wanted[available > 0], available[available > 0], settings.unknown_per_labelled, seed)
    rows = pd.concat([judged, *drawn]).sort_values(["as_of", "seller_id"], kind="stable", ignore_index=True)
    once = 1 / rows.groupby("seller_id")["seller_id"].transform("size")
    return rows.assign(weight=once * rows["author_weight"].fillna(1.0))


def _draw(
    unknown: pd.DataFrame, wanted: pd.Series, available: pd.Series, per_labelled: int, seed: int
) -> Sequence[pd.DataFrame]:
    """Draw at each cutoff the same number of unknown rows for each labelled one, as many as all cutoffs can give."""
    if wanted.empty:
        return []
    ratio = min(float(per_labelled), float((available / wanted).min()))
    generator = np.random.default_rng(seed)
    drawn = []
    for cutoff, count in wanted.items():
        at_cutoff = unknown[unknown["as_of"] == cutoff]
        chosen = generator.choice(len(at_cutoff), size=round(ratio * count), replace=False)
        drawn.append(at_cutoff.iloc[np.sort(chosen)])
    return drawn
