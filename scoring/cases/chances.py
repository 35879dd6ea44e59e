"""How probably a look-up, an author's retreat, a return or a five-star review belongs to a scheme.

Beside removals, of which there are many, these events are few: the chance begins with the seller's guilt, whether its
scheme had begun, and how many more there were than the peers' trend lets expect; what is seen of the event itself then
counts with weights that are guesses of the field.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit, logit

from features.families.reviewer_look_ups import WITHIN_DAYS
from features.weeks import mondays_of
from model.arrays import Floats
from scoring.cases.facts import NOBODY, Facts
from scoring.cases.onset import Onset, counted, peers_trend, raised

LIKELY = 0.5
"""Chance from which on an event probably belongs to a scheme, and a removed review should have stayed."""

_MOST, _LEAST = 0.95, 1e-4

_UNCAUSED, _CAUSED = 4.0, 0.1
"""How much likelier a look-up that nothing asked for is in a scheme, and one that something did (guesses)."""
_SAME_HAND, _SAME_HAND_DAYS = 3.0, 3
"""How much likelier it is where one hand looked on so many days or more (a guess)."""
_SWIFT, _SWIFT_HOURS = 3.0, 48
"""How much likelier a return within so many hours of the suspension is bought (a guess)."""
_STRANGE = 3.0
"""How much likelier an action without a ticket that another opened before for the seller is bought (a guess)."""
_AGAIN, _ONCE = 8.0, 0.5
"""How much likelier praise is bought whose author praises the seller again within three months, and that of others
(guesses: buyers rarely praise twice; who praises many sellers may as well hunt for deals)."""
_SURE = 3.0
"""The most that the authors who praise again say of a seller, in log-odds."""
_REPORTED = 0.5
"""Chance that a buyer who reports an offer tells what was (a guess), before that of the offer."""


@dataclass(frozen=True)
class Chances:
    """The chance of each event, on the indexes of the frames of `Facts`."""

    look_ups: pd.Series
    take_backs: pd.Series
    accounts: pd.Series
    reports: pd.Series
    praise: pd.Series

    def likely(self, facts: Facts) -> pd.Series:
        """How many events of each seller probably belong to a scheme."""
        frames = [facts.look_ups, facts.take_backs, facts.accounts, facts.reports, facts.praise]
        each = (self.look_ups, self.take_backs, self.accounts, self.reports, self.praise)
        found = [frame.loc[chance >= LIKELY, "seller_id"] for frame, chance in zip(frames, each, strict=True)]
        return pd.concat(found).value_counts()


class Priors:
    """What is held of a seller's events before they are looked at.

    Args:
        facts: weekly counts.
        guilt: probability that each listed seller runs a scheme.
        onset: of each listed seller.

    """

    def __init__(self, facts: Facts, guilt: Mapping[Any, float], onset: Mapping[Any, Onset]) -> None:
        """Nothing is counted yet."""
        self._facts, self._guilt, self._onset = facts, guilt, onset
        self._sellers = list(onset)

    def of(self, sellers: pd.Series, at: pd.Series, kind: str) -> Floats:
        """Guilt, times the chance that the scheme had begun, times the share of such events beyond the trend."""
        beyond = self._beyond(kind)
        week = self._weeks(at)
        return np.array(
            [
                np.clip(self._guilt[seller] * self._onset[seller].begun[place] * beyond[seller], _LEAST, _MOST)
                if seller in self._onset
                else _LEAST
                for seller, place in zip(sellers, week, strict=True)
            ],
            dtype=np.float64,
        )

    def excess_of_week(self, sellers: pd.Series, at: pd.Series, kind: str) -> Floats:
        """The share of a week's events beyond the seller's own level before its onset, carried on by the trend."""
        seen, usual = counted(self._facts, kind, self._sellers), peers_trend(self._facts, kind, self._sellers)
        shares = {}
        for row, seller in enumerate(self._sellers):
            before = 1 - self._onset[seller].begun
            own = (float(seen[row] @ before) + 4.0) / (float(usual[row] @ before) + 4.0)
            shares[seller] = np.clip(1 - own * usual[row] / np.maximum(seen[row], 1.0), 0.0, 1.0)
        return np.array(
            [shares[seller][place] for seller, place in zip(sellers, self._weeks(at), strict=True)], dtype=np.float64
        )

    def _beyond(self, kind: str) -> dict[Any, float]:
        seen, usual = counted(self._facts, kind, self._sellers), peers_trend(self._facts, kind, self._sellers)
        found = {}
        for row, seller in enumerate(self._sellers):
            begun = self._onset[seller].begun
            count = float(seen[row] @ begun)
            found[seller] = float(np.clip((count - float(usual[row] @ begun)) / max(count, 1.0), 0.02, 1.0))
        return found

    def _weeks(self, at: pd.Series) -> Any:
        return np.maximum(self._facts.weeks.get_indexer(mondays_of(at)), 0)


def chances_of(facts: Facts, guilt: Mapping[Any, float], onset: Mapping[Any, Onset]) -> Chances:
    """The chances of all events but removals by staff."""
    priors = Priors(facts, guilt, onset)
    look_ups = _look_ups(facts.look_ups, priors)
    return Chances(
        look_ups=look_ups,
        take_backs=_take_backs(facts, look_ups, priors),
        accounts=_accounts(facts.accounts, priors),
        reports=_reports(facts.reports, priors),
        praise=_praise(facts.praise, priors),
    )


def _look_ups(rows: pd.DataFrame, priors: Priors) -> pd.Series:
    """Of contact data or ranking; a seller whose sales are looked up is the victim, if anything."""
    sold = rows["tool"].isin(["reviewer_contact", "ranking_internals"]).to_numpy()
    contact = (rows["tool"] == "reviewer_contact").to_numpy()
    prior = np.where(
        contact,
        priors.of(rows["seller_id"], rows["accessed_at"], "look-ups"),
        priors.of(rows["seller_id"], rows["accessed_at"], "internals"),
    )
    uncaused = ~rows["with_cause"].to_numpy(dtype=bool)
    open_hand = rows.assign(day=rows["accessed_at"].dt.normalize())[uncaused & sold]
    days = open_hand.groupby(["seller_id", "actor_id"])["day"].nunique()
    of_pair = days.reindex(pd.MultiIndex.from_frame(rows[["seller_id", "actor_id"]])).fillna(0).to_numpy()
    odds = _weighed(prior, np.where(uncaused, _UNCAUSED, _CAUSED))
    odds = odds + np.log(_SAME_HAND) * (of_pair >= _SAME_HAND_DAYS)
    return pd.Series(np.where(sold, expit(odds), 0.0), rows.index)


def _take_backs(facts: Facts, look_ups: pd.Series, priors: Priors) -> pd.Series:
    """What follows a look-up of its author is as likely of the scheme as that; what follows none, little."""
    rows = facts.take_backs
    alone = priors.of(rows["seller_id"], rows["acted_at"], "take-backs") * _CAUSED
    seen = facts.look_ups.assign(chance=look_ups)
    seen = seen[(seen["reviewer_id"] != NOBODY) & (seen["tool"] == "reviewer_contact")]
    pairs = rows.reset_index(names="row").merge(seen, on=["seller_id", "reviewer_id"], suffixes=("", "_seen"))
    after = pairs["acted_at"] - pairs["accessed_at"]
    followed = pairs[(after >= pd.Timedelta(0)) & (after <= pd.Timedelta(days=WITHIN_DAYS))]
    prompted = followed.groupby("row")["chance"].max().reindex(rows.index).fillna(0.0).to_numpy(dtype=np.float64)
    again = np.where(prompted > 0, expit(_weighed(np.clip(prompted, _LEAST, _MOST), np.full(len(rows), 3.0))), 0.0)
    return pd.Series(np.maximum(alone, again), rows.index)


def _accounts(rows: pd.DataFrame, priors: Priors) -> pd.Series:
    """Returns and openings by staff: swift, or without a ticket that another opened before."""
    for_sale = ((rows["actor_kind"] == "staff") & rows["kind"].isin(["reinstated", "category_opened"])).to_numpy()
    prior = priors.of(rows["seller_id"], rows["acted_at"], "standing")
    strange = (rows["ticketless"] | rows["strange"]).to_numpy(dtype=bool)
    swift = ((rows["acted_at"] - rows["suspended_at"]) < pd.Timedelta(hours=_SWIFT_HOURS)).to_numpy()
    swift &= (rows["kind"] == "reinstated").to_numpy()
    odds = _weighed(prior, np.where(strange, _STRANGE, 1 / _STRANGE)) + np.log(_SWIFT) * swift
    return pd.Series(np.where(for_sale, expit(odds), 0.0), rows.index)


def _reports(rows: pd.DataFrame, priors: Priors) -> pd.Series:
    """What buyers say of contact is as likely as that contact data were sold; of paid reviews, as that praise was."""
    contact, at = (rows["kind"] == "off_platform_contact").to_numpy(), rows["reported_at"]
    prior = np.where(contact, priors.of(rows["seller_id"], at, "look-ups"), priors.of(rows["seller_id"], at, "fives"))
    return pd.Series(_REPORTED * prior, rows.index)


def _praise(rows: pd.DataFrame, priors: Priors) -> pd.Series:
    """Five stars of a week with more than the seller's own level and its peers' trend let expect."""
    prior = priors.of(rows["seller_id"], rows["created_at"], "fives")
    excess = priors.excess_of_week(rows["seller_id"], rows["created_at"], "fives")
    again = (rows["same"] > 1).to_numpy(dtype=bool)
    prior = np.clip(expit(_weighed(prior, _again_by_seller(rows, again))) * excess, _LEAST, _MOST)
    return pd.Series(expit(_weighed(prior, np.where(again, _AGAIN, _ONCE))), rows.index)


def _again_by_seller(rows: pd.DataFrame, again: npt.NDArray[np.bool_]) -> Floats:
    """How much likelier a scheme is for how much of the seller's praise is from authors who praise it again."""
    counts = rows.assign(again=again).groupby("seller_id")["again"].agg(["size", "sum"])
    usual = counts["size"] * (counts["sum"].sum() + 0.5) / (counts["size"].sum() + 0.5)
    odds = raised(counts["sum"].to_numpy(np.float64), usual.to_numpy(np.float64))
    ratio = pd.Series(np.exp(np.clip(odds, -_SURE, _SURE)), counts.index)
    return np.asarray(ratio.reindex(rows["seller_id"]), dtype=np.float64)


def _weighed(prior: Floats, ratio: Floats) -> Floats:
    return np.asarray(logit(np.clip(prior, _LEAST, _MOST)) + np.log(ratio))
