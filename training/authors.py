"""Bursts: weeks in which one person gave more verdicts than may count in full.

Whoever gives many verdicts in a short time may be loading history, or clearing accomplices and accusing rivals. Either
way one person's week teaches no more than ``labels.author_week_verdicts`` verdicts do, and lets nobody rest.
"""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd

from features.weeks import mondays_of
from model.settings import LabelSettings

_OF_AUTHOR = ["decided_by", "week"]


def bursts_before(verdicts: pd.DataFrame, known_before: date, settings: LabelSettings) -> pd.DataFrame:
    """One row a burst, sorted: ``decided_by`` (a pseudonym), ``week`` (the Monday) and ``verdicts`` recorded in it.

    Counted by when a verdict was recorded, which its author cannot choose. Verdicts without an author are in no burst.
    """
    known = verdicts[(verdicts["known_at"] < pd.Timestamp(known_before)) & verdicts["decided_by"].notna()]
    counted = (
        known.assign(week=mondays_of(known["known_at"])).groupby(_OF_AUTHOR).size().rename("verdicts").reset_index()
    )
    return counted[counted["verdicts"] > settings.author_week_verdicts].reset_index(drop=True)


def author_weights(verdicts: pd.DataFrame, bursts: pd.DataFrame, settings: LabelSettings) -> pd.Series:
    """What each verdict weighs, above 0 and at most 1: those of a burst weigh together what the limit lets count."""
    keys = verdicts[["decided_by"]].assign(week=mondays_of(verdicts["known_at"]))
    found = keys.merge(bursts, on=_OF_AUTHOR, how="left")["verdicts"]
    return (settings.author_week_verdicts / found).fillna(1.0).set_axis(verdicts.index)


def outside_bursts(verdicts: pd.DataFrame, known_before: date, settings: LabelSettings) -> pd.DataFrame:
    """Verdicts recorded before a date that are in no burst: only these let a seller rest."""
    known = verdicts[verdicts["known_at"] < pd.Timestamp(known_before)]
    return known[author_weights(known, bursts_before(known, known_before, settings), settings) == 1.0]


def told_bursts(verdicts: pd.DataFrame, known_before: date, settings: LabelSettings) -> tuple[str, ...]:
    """A sentence for people about the bursts of the last year; nothing if there was none."""
    bursts = bursts_before(verdicts, known_before, settings)
    bursts = bursts[bursts["week"] >= pd.Timestamp(known_before - timedelta(days=364))]
    if bursts.empty:
        return ()
    worst = bursts.loc[bursts["verdicts"].idxmax()]
    told = (
        f"{len(bursts)} times one person gave over {settings.author_week_verdicts} verdicts in a week"
        f" (labels.author_week_verdicts), most {int(worst['decided_by'])} with {worst['verdicts']} in the week of"
        f" {worst['week'].date()}: they weigh together as much as {settings.author_week_verdicts}, and let nobody rest."
        " Look at whether they are right."
    )
    return (told,)
