"""Spends a marketplace's budget: the best, those on whom two models disagree, and audits that nobody can foresee."""

from __future__ import annotations

import heapq
import hmac
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from model.settings import AlertSettings

BUDGET = "budget"
RANDOM = "random"
DISAGREEMENT = "disagreement"


@dataclass
class BudgetDraw:
    """Spends the budget of one marketplace after the other."""

    settings: AlertSettings
    as_of: date
    audit_key: bytes | None
    challenger: pd.Series | None
    listed: list[Any] = field(default_factory=list)
    audits: list[tuple[Any, date, str, float]] = field(default_factory=list)

    def spend(self, marketplace: str, sellers: pd.DataFrame) -> None:
        """List the best, then those on whom the models disagree, then audits drawn from the rest.

        Places that no disagreement takes go to the next best.

        Args:
            marketplace: whose budget it is.
            sellers: best first, none that rests.

        """
        budget = self.settings.budget_of(marketplace)
        audits = 0 if self.audit_key is None else self._audit_places(budget)
        disputed = 0 if self.challenger is None else int(budget * self.settings.disagreement_share)
        certain = max(budget - audits - disputed, 0)
        best, rest = sellers.iloc[:certain], sellers.iloc[certain:]
        picks = self._disagreement(sellers, rest, disputed)
        agreed = _without(rest, picks)
        more = agreed.iloc[: disputed - len(picks)]
        self.listed += [*best.index, *picks.index, *more.index]
        self.audits += [
            (seller, self.as_of, f"{marketplace}/{DISAGREEMENT}", 1.0) for seller in picks["seller_id"].tolist()
        ]
        self._audit(marketplace, _without(agreed, more), audits)

    def reasons(self, pool: int) -> dict[str, str]:
        """Why a list that the budget pays for has nobody on it."""
        nobody = "the budget is 0" if pool > 0 else "every seller rests, or nothing is known of any"
        drawn = {stratum.endswith(DISAGREEMENT) for _, _, stratum, _ in self.audits}
        found = {
            BUDGET: "" if self.listed else nobody,
            RANDOM: "" if False in drawn else "nobody is left to draw from, or the budget is 0",
            DISAGREEMENT: "" if True in drawn else "the models agree, or alerts.disagreement_share buys no place",
        }
        if self.audit_key is None:
            found[RANDOM] = "no key: alerts.audit_key_file is not set, so that the draw could be predicted"
        if self.challenger is None:
            found[DISAGREEMENT] = "there is no challenger"
        return {name: why for name, why in found.items() if why}

    def _audit_places(self, budget: int) -> int:
        """At least the share that is set, but the best seller is always listed."""
        share = int(np.ceil(round(budget * self.settings.audits_share, 9)))
        return min(share, max(budget - 1, 0))

    def _disagreement(self, sellers: pd.DataFrame, rest: pd.DataFrame, places: int) -> pd.DataFrame:
        """Those of the rest whom the challenger ranks above the champion, by the most halvings of the rank."""
        if self.challenger is None or places == 0:
            return rest.iloc[:0]
        champion_rank = pd.Series(np.arange(1, len(sellers) + 1), index=sellers.index)
        challenger_rank = self.challenger.reindex(sellers.index).rank(ascending=False, method="first")
        halvings = np.log2(champion_rank / challenger_rank).reindex(rest.index)
        return rest.loc[halvings[halvings > 0].sort_values(ascending=False, kind="stable").index[:places]]

    def _audit(self, marketplace: str, rest: pd.DataFrame, places: int) -> None:
        if self.audit_key is None or places == 0:
            return
        strata = min(self.settings.audit_strata, places)
        for number, positions in enumerate(np.array_split(np.arange(len(rest)), strata)):
            share = places // strata + (number < places % strata)
            sellers = rest["seller_id"].iloc[positions]
            tickets = zip(self._tickets(self.audit_key, sellers), sellers.index, sellers, strict=True)
            drawn = heapq.nsmallest(share, tickets)
            probability = len(drawn) / max(len(positions), 1)
            stratum = f"{marketplace}/{number + 1}"
            self.listed += [place for _, place, _ in drawn]
            self.audits += [(seller, self.as_of, stratum, probability) for _, _, seller in drawn]

    def _tickets(self, key: bytes, sellers: Iterable[Any]) -> Iterator[bytes]:
        """Numbers that only the key's holder can foresee; the same all week, so that a rerun draws the same."""
        year, week, _ = self.as_of.isocalendar()
        for seller in sellers:
            yield hmac.digest(key, f"{seller}|{year}-W{week:02}".encode(), "sha256")


def _without(rows: pd.DataFrame, some: pd.DataFrame) -> pd.DataFrame:
    return rows if some.empty else rows[~rows.index.isin(some.index)]
