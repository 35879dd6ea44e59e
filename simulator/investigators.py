"""Investigators who decide the sellers that a list names, with the habits of the simulated market's own."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from simulator.judge import read_truth
from simulator.schema import WORDS
from simulator.settings import VerdictSettings
from simulator.verdicts import judged

_RECENT_DAYS = 26 * 7
"""A scheme that ended within half a year is still found."""


class Investigators:
    """Decide listed sellers after a delay; the same list of the same week gives the same verdicts.

    Args:
        truth: folder of what is true of the market.
        rules: how long decisions take, and how often they err.
        seed: of delays and errors.

    """

    def __init__(self, truth: Path, rules: VerdictSettings, seed: int) -> None:
        """Read who runs what."""
        schemes = read_truth(truth, "schemes").sort_values(["onset_on", "seller_id"], kind="stable")
        self._schemes = schemes
        self._rules = rules
        self._seed = seed

    def decide(self, listed: pd.DataFrame, on: date) -> pd.DataFrame:
        """Verdict rows of the contract on listed sellers, opened at a date and decided a week or more after it.

        Args:
            listed: ``seller_id``, ``route`` and ``selection_probability``.
            on: when their cases are opened.

        """
        rules, count, opened = self._rules, len(listed), pd.Timestamp(on)
        random = np.random.default_rng([self._seed, on.toordinal()])
        rows = listed.sort_values("seller_id", kind="stable").reset_index(drop=True)
        scheme = self._running(rows, opened)
        guilty = scheme["onset_on"].notna().to_numpy()
        codes = judged(random, rules.found_share, rules.innocent_condemned_share, rules.inconclusive_share, guilty)
        verdict = np.array(WORDS["verdict"])[codes]
        weeks = np.maximum(1.0, random.gamma(2.5, rules.decision_weeks_mean / 2.5, count))
        condemned = verdict == "manipulated"
        late = pd.to_timedelta(np.round(random.exponential(rules.onset_error_weeks * 7, count)), unit="D")
        guessed = opened - pd.to_timedelta(random.integers(40, 250, count), unit="D")
        onset = (scheme["onset_on"] + late).clip(upper=opened - pd.Timedelta(days=7)).where(guilty, guessed)
        return rows.assign(
            decided_at=opened + pd.to_timedelta(np.round(weeks * 7 * 86_400), unit="s"),
            verdict=verdict,
            scheme=pd.Series(scheme["scheme"]).where(guilty, "other").where(condemned),
            opened_at=opened,
            onset_on=onset.where(condemned).dt.date,
            ended_on=scheme["ended_on"].where(condemned & (scheme["ended_on"] < opened)).dt.date,
            case_id=self._cases(rows["seller_id"], on),
        )

    def _running(self, rows: pd.DataFrame, opened: pd.Timestamp) -> pd.DataFrame:
        """For each row the first scheme of the seller that ran within the last half year; null if none did."""
        begun = self._schemes["onset_on"] < opened
        lately = self._schemes["ended_on"].isna() | (
            self._schemes["ended_on"] > opened - pd.Timedelta(days=_RECENT_DAYS)
        )
        first = self._schemes[begun & lately].drop_duplicates("seller_id")
        columns = ["seller_id", "scheme", "onset_on", "ended_on"]
        return rows[["seller_id"]].merge(first[columns], on="seller_id", how="left")

    def _cases(self, sellers: pd.Series, on: date) -> list[Any]:
        if pd.api.types.is_integer_dtype(sellers.dtype):
            return [on.toordinal() * 10**9 + number for number in range(len(sellers))]
        return [f"listed-{on}-{seller}" for seller in sellers]
