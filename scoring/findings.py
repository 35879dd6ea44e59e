"""What is found of the staff, as the contract has it: rows with plain ids, counts and a sentence for each person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from scoring.staff import CLIENT, Helpers
from scoring.work import LOOK_UPS, MODERATION, STANDING

NOTHING = "Nothing beyond what those who share the queue or role do too."
SPREAD = "More for the same sellers than those on duty have, but spread over many; none of them stands out alone."

_DID = {
    MODERATION: "removed negative reviews of",
    STANDING: "brought back the account or a listing of, or opened a category to,",
    LOOK_UPS: "without a cause looked up reviewers, sales or ranking of",
}
_STANDS_OUT = 0.02
"""Chance of what was seen at a desk, up to which the person's work there stands out."""


def clients(helpers: Helpers, found: pd.DataFrame) -> pd.DataFrame:
    """The pairs of listed staff and the sellers that they probably serve, by desk; strongest first.

    A desk counts only where the person's work at that desk stands out: habit at another desk accuses nobody. Staff
    whom a verdict has found (`found`: actor_id) count as listed.
    """
    listed = helpers.scored.loc[helpers.scored["alerted"], "actor_id"]
    known = helpers.scored.loc[helpers.scored["actor_id"].isin(found["actor_id"]), "actor_id"]
    pairs = helpers.pairs
    chosen = pairs["actor_id"].isin([*listed, *known]) & (pairs["client"] >= CLIENT) & (pairs["chance"] <= _STANDS_OUT)
    order = ["evidence", "count", "expected"]
    return pairs[chosen].sort_values(order, ascending=[False, False, True], kind="stable", ignore_index=True)


def staff_rows(
    helpers: Helpers,
    pairs: pd.DataFrame,
    assignments: pd.DataFrame,
    found: pd.DataFrame,
    plain: Mapping[int, str | int],
) -> pd.DataFrame:
    """One row a scored member of staff, by rank, with the columns of `restricted/staff.parquet`.

    Args:
        helpers: who is listed.
        pairs: of `clients`.
        assignments: as they were scored.
        found: actor_id and found_on of those whom a verdict has found.
        plain: id of each pseudonym; who has none is left out.

    """
    bought = assignments[assignments["bought"]]
    uncaused = bought.groupby(["desk", "actor_id", "seller_id"])["uncaused"].sum()
    usual = bought.groupby("desk")["uncaused"].mean()
    found_on = found.set_index("actor_id")["found_on"]
    rows = []
    for person in helpers.scored.itertuples():
        mine = pairs[(pairs["actor_id"] == person.actor_id) & person.alerted]
        rows.append(
            {
                "actor_id": plain.get(person.actor_id),
                "score": person.score,
                "rank": person.rank,
                "alerted": person.alerted,
                "false_share": person.false_share,
                "sellers": list(dict.fromkeys(mine["seller_id"])),
                "observed": int(mine["count"].sum()),
                "expected": float(mine["expected"].sum()),
                "text": _text(person, mine, uncaused, usual, found_on),
            }
        )
    columns = ["actor_id", "score", "rank", "alerted", "false_share", "sellers", "observed", "expected", "text"]
    table = pd.DataFrame(rows, columns=columns)
    return table[table["actor_id"].notna()].reset_index(drop=True)


def _text(person: Any, mine: pd.DataFrame, uncaused: pd.Series, usual: pd.Series, found_on: pd.Series) -> str:
    sentences = []
    for desk, pairs in mine.groupby("desk", sort=False):
        keys = [(desk, person.actor_id, seller) for seller in pairs["seller_id"]]
        sentences.append(_sentence(str(desk), pairs, int(uncaused.reindex(keys).sum()), float(usual[desk])))
    if not sentences:
        sentences = [SPREAD if person.alerted else NOTHING]
    if person.lone:
        sentences.append("Works alone in a queue: compared with the own past only.")
    if person.actor_id in found_on.index:
        sentences.append(f"A verdict found this person manipulated on {found_on[person.actor_id]:%Y-%m-%d}.")
    return " ".join(sentences)


def _sentence(desk: str, pairs: pd.DataFrame, uncaused: int, usual: float) -> str:
    did = int(pairs["count"].sum())
    text = (
        f"In 364 days {_DID[desk]} {numbered(len(pairs), 'seller')} in {did} assignments; had it been shared out among "
        f"those on duty as other work is, it would have been about {pairs['expected'].sum():.1f}"
    )
    if desk == LOOK_UPS:
        return f"{text}."
    return (
        f"{text}. {uncaused} of them lack a ticket that another had opened before for the seller (usual {usual:.0%})."
    )


def numbered(count: int, noun: str) -> str:
    """A count with its noun.

    >>> numbered(1, "seller"), numbered(3, "seller")
    ('1 seller', '3 sellers')
    """
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
