"""Which verdicts stand at a date, and the period for which each of them speaks."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from model.settings import LabelSettings

_KEY = ["seller_id", "decided_at", "scheme"]
_PERIOD_COLUMNS = [
    *("seller_id", "case_id", "verdict", "scheme", "route", "selection_probability"),
    *("decided_at", "known_at", "decided_by"),
]


def verdicts_before(verdicts: pd.DataFrame, known_before: date) -> pd.DataFrame:
    """Rows recorded before the first instant of a date, corrections applied: one a seller, decision and scheme.

    The order of the given rows does not matter; the result is sorted by seller, decision and scheme.
    """
    known = verdicts[verdicts["known_at"] < pd.Timestamp(known_before)]
    ordered = known.sort_values([*_KEY, "known_at", "verdict"], kind="stable")
    return ordered.drop_duplicates([*_KEY, "case_id"], keep="last").reset_index(drop=True)


def standing_verdicts(verdicts: pd.DataFrame, known_before: date) -> pd.DataFrame:
    """Verdicts that no later one replaces, among those recorded before a date.

    A later decision on the same seller and scheme (or one of the two names no scheme) replaces the earlier one if it
    has the same ``case_id`` or none; with another ``case_id`` it adds a period.
    """
    known = verdicts_before(verdicts, known_before)
    known["row"] = np.arange(len(known))
    pairs = known.merge(known, on="seller_id", suffixes=("", "_later"))
    later = (pairs["decided_at_later"] > pairs["decided_at"]) | (
        (pairs["decided_at_later"] == pairs["decided_at"]) & (pairs["known_at_later"] > pairs["known_at"])
    )
    same_case = pairs["case_id_later"].isna() | (pairs["case_id_later"] == pairs["case_id"])
    same_scheme = pairs["scheme"].isna() | pairs["scheme_later"].isna() | (pairs["scheme"] == pairs["scheme_later"])
    replaced = set(pairs.loc[later & same_case & same_scheme, "row"])
    return known[~known["row"].isin(replaced)].drop(columns="row").reset_index(drop=True)


def investigation_starts(verdicts: pd.DataFrame, settings: LabelSettings) -> pd.Series:
    """When each verdict's investigation began; without ``opened_at``, ``investigation_weeks`` before its decision."""
    decided = pd.to_datetime(verdicts["decided_at"])
    assumed = decided - pd.Timedelta(weeks=settings.investigation_weeks)
    opened = pd.to_datetime(verdicts["opened_at"]).fillna(assumed)
    return opened.where(opened <= decided, decided)


def judged_periods(verdicts: pd.DataFrame, settings: LabelSettings) -> pd.DataFrame:
    """One row a verdict: where it speaks, with the defaults of missing columns filled in.

    Columns beside the verdict's own: ``opened_at`` (never null); ``starts_at`` and ``ends_at``, the period judged: a
    cutoff T lies in it if starts_at < T <= ends_at for ``manipulated``, starts_at <= T <= ends_at otherwise;
    ``found_onset_on``, null where no onset was found.
    """
    opened = investigation_starts(verdicts, settings)
    onset = pd.to_datetime(verdicts["onset_on"])
    default_start = pd.to_datetime(verdicts["covers_from"]).fillna(opened - pd.Timedelta(days=settings.judged_days))
    manipulated = verdicts["verdict"] == "manipulated"
    ends = pd.to_datetime(verdicts["ended_on"]).where(manipulated, pd.to_datetime(verdicts["covers_to"]))
    return verdicts[_PERIOD_COLUMNS].assign(
        opened_at=opened,
        starts_at=default_start.where(~manipulated | onset.isna(), onset),
        ends_at=ends.fillna(opened).where(~(ends > opened), opened),
        found_onset_on=onset.where(manipulated),
    )
