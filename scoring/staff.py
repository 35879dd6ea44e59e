"""Which members of staff work for some sellers far more than those who share their desk would.

Everybody is compared with those who share the queue or role, the week and the kind of work; who owns a queue alone,
only with the own past. The error is controlled over all of them together (Benjamini-Hochberg).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from model.baseline import cauchy_combination
from model.settings import StaffSettings
from scoring.desk import Desk
from scoring.own_past import against_own_past
from scoring.surprise import Floats, Ints, Pairs, beyond_habit, medians
from scoring.work import DESKS, MODERATION

CLIENT = 0.5
"""Chance from which on a seller is named as served by a helper."""

_PLAIN_EXCHANGES = 50

_KEPT = 3.0
"""Standard deviations of a role's plain work at a desk, at the median, from which on its accounts have keepers."""

_SEED = 20_180_916


@dataclass(frozen=True)
class Helpers:
    """What is found of the staff; people and sellers by the keys of the assignments.

    Attributes:
        scored: one row a member of staff with work that could be bought, most suspicious first: actor_id, chance (of
            such work without a client), score (-log10 of it), false_share, alerted, lone (compared with the own past
            only), rank (1 = highest).
        pairs: one row a desk and pair with two or more assignments: desk, actor_id, seller_id, count, expected
            (among those on duty; where accounts have keepers, as in the seller's other work), evidence, client (chance
            that the seller is one), chance (of the actor's work at this desk).

    """

    scored: pd.DataFrame
    pairs: pd.DataFrame


def find_helpers(assignments: pd.DataFrame, people: pd.DataFrame, settings: StaffSettings) -> Helpers:
    """Score the staff by their assignments.

    Args:
        assignments: as `scoring.work.assignments_at` returns them, in that order.
        people: actor_id, role, named (False: part of the crowd, and left out of what is returned).
        settings: how often to exchange, and the share of false names that is accepted.

    """
    actor, actor_ids = _coded(assignments["actor_id"])
    seller, seller_ids = _coded(assignments["seller_id"])
    known = people.set_index("actor_id").reindex(actor_ids)
    role, _ = _coded(known["role"].fillna(""))
    chances, pairs = [], []
    lone = np.zeros(len(actor_ids), dtype=bool)
    for number, name in enumerate(DESKS):
        desk = Desk(assignments, actor, seller, name)
        found = desk.of_staff(desk.bought, settings.exchanges, np.random.default_rng([_SEED, number, 0]))
        plain = desk.of_staff(desk.plain, _PLAIN_EXCHANGES, np.random.default_rng([_SEED, number, 1]))
        chance = found.tail(beyond_habit(found.deviation, plain.deviation, role))
        keepers = medians(plain.deviation, role) > _KEPT
        if name == MODERATION:
            lone, by_past = against_own_past(desk, settings.exchanges, _PLAIN_EXCHANGES, _SEED)
            chance = np.where(lone, by_past, chance)
        chances.append(chance)
        pairs.append(_pair_rows(name, desk.beyond_keeping(found.pairs, keepers), chance))
    scored = pd.DataFrame({"actor_id": actor_ids, "chance": _combined(chances), "lone": lone})
    busy = np.bincount(actor, assignments["bought"], minlength=len(actor_ids)) > 0
    together = pd.concat(pairs, ignore_index=True)
    together["actor_id"] = actor_ids[together.pop("actor")]
    together["seller_id"] = seller_ids[together.pop("seller")]
    named = known["named"].eq(other=True).to_numpy()
    return Helpers(_ranked(scored[named & busy], settings.false_share), together)


def _coded(values: pd.Series) -> tuple[Ints, pd.Index]:
    """Numbers from 0 in the order in which the values come, and the values."""
    codes, uniques = pd.factorize(values)
    return codes.astype(np.int64), pd.Index(uniques)


def _combined(chances: list[Floats]) -> Floats:
    return cauchy_combination(np.column_stack(chances))


def _ranked(scored: pd.DataFrame, false_share: float) -> pd.DataFrame:
    """Order by chance; the false share of a row is Benjamini-Hochberg's, over everybody who is scored."""
    ordered = scored.sort_values("chance", kind="stable", ignore_index=True)
    place = np.arange(1, len(ordered) + 1)
    share = np.minimum.accumulate((ordered["chance"].to_numpy() * len(ordered) / place)[::-1])[::-1]
    return ordered.assign(
        score=np.abs(np.log10(ordered["chance"])),
        false_share=np.minimum(share, 1.0),
        alerted=share <= false_share,
        rank=place,
    )


def _pair_rows(desk: str, pairs: Pairs, chance: Floats) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "desk": desk,
            "actor": pairs.actor,
            "seller": pairs.seller,
            "count": pairs.count,
            "expected": pairs.expected,
            "evidence": pairs.evidence,
            "client": pairs.client_chance,
            "chance": chance[pairs.actor],
        }
    )
