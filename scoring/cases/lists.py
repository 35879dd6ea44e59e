"""The lists beside the cases: reviews to restore, reviews to delete, reviewers who were exposed."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pandas as pd

from scoring.cases.evidence import praise_text, removal_text
from scoring.cases.facts import NOBODY, Facts

FOLLOWED_DAYS = 28
"""Days after a look-up in which an edit or a deletion by the reviewer follows it."""

NOTHING_FOLLOWED = "nothing"

_UNCALIBRATED = " Without a calibrated model: a guess, from its score and how far the seller differs from its peers."


def reviews_to_restore(facts: Facts, removal_chance: pd.Series, *, calibrated: bool) -> pd.DataFrame:
    """One row a standing removal by staff of a listed seller's review, or by listed staff; likeliest first."""
    rows = facts.decisions[~facts.decisions["visible"].to_numpy(dtype=bool)]
    last = rows.drop_duplicates("review_id", keep="last")
    named = last["actor_id"].astype("Int64").where(~last["actor_id"].isin(facts.unnamed))
    caveat = "" if calibrated else _UNCALIBRATED
    found = pd.DataFrame(
        {
            "review_id": last["review_id"],
            "seller_id": last["seller_id"],
            "removed_at": last["acted_at"],
            "actor": named,
            "probability": removal_chance.reindex(last.index),
            "text": [removal_text(facts, row) + caveat for row in last.itertuples()],
        }
    )
    return found.sort_values(["probability", "removed_at", "review_id"], ascending=[False, True, True], kind="stable")


def reviews_to_delete(facts: Facts, praise_chance: pd.Series, least: float) -> pd.DataFrame:
    """One row a visible review of a listed seller that is bought with at least this probability; likeliest first."""
    rows = facts.praise[praise_chance.to_numpy() >= least]
    found = pd.DataFrame(
        {
            "review_id": rows["review_id"],
            "seller_id": rows["seller_id"],
            "probability": praise_chance.reindex(rows.index),
            "text": [praise_text(row) for row in rows.itertuples()],
        }
    )
    return found.sort_values(["probability", "review_id"], ascending=[False, True], kind="stable")


def exposed_look_ups(facts: Facts, look_up_chance: pd.Series, helpers: Collection[int]) -> pd.DataFrame:
    """Look-ups without a cause of a reviewer's contact data by listed staff, and what the reviewer did then.

    Columns: access_id, reviewer_id and actor_id (pseudonyms), seller_id, accessed_at, probability, what_followed.
    """
    rows = facts.look_ups
    chosen = (
        rows["actor_id"].isin(list(helpers))
        & (rows["tool"] == "reviewer_contact")
        & ~rows["with_cause"].to_numpy(dtype=bool)
        & (rows["reviewer_id"] != NOBODY)
    )
    seen = rows[chosen].assign(probability=look_up_chance[chosen])
    acts = facts.take_backs[["seller_id", "reviewer_id", "acted_at", "kind"]]
    pairs = seen.reset_index(names="row").merge(acts, on=["seller_id", "reviewer_id"])
    after = pairs["acted_at"] - pairs["accessed_at"]
    pairs = pairs[(after >= pd.Timedelta(0)) & (after <= pd.Timedelta(days=FOLLOWED_DAYS))]
    first = pairs.sort_values(["acted_at", "kind"], kind="stable").groupby("row").first()
    followed = first.reindex(seen.index)
    days = (followed["acted_at"] - seen["accessed_at"]).dt.days
    words = {"edited": "raised the review {} days later", "removed": "removed the review {} days later"}
    told = [
        NOTHING_FOLLOWED if not isinstance(kind, str) else words[kind].format(int(count))
        for kind, count in zip(followed["kind"], days, strict=True)
    ]
    columns = ["access_id", "reviewer_id", "actor_id", "seller_id", "accessed_at", "probability"]
    return seen[columns].assign(what_followed=told)


def exposed_reviewers(
    look_ups: pd.DataFrame, staff: Mapping[int, str | int], reviewers: Mapping[int, str | int]
) -> pd.DataFrame:
    """One row an exposed reviewer and look-up, with plain ids; likeliest first. Who has no id any more is left out."""
    found = look_ups.assign(
        reviewer_id=[reviewers.get(int(person)) for person in look_ups["reviewer_id"]],
        actor_id=[staff.get(int(person)) for person in look_ups["actor_id"]],
        text=[
            f"Contact data were looked up on {row.accessed_at:%Y-%m-%d} though nothing asked for it; then the reviewer "
            + ("did nothing." if row.what_followed == NOTHING_FOLLOWED else f"{row.what_followed}.")
            for row in look_ups.itertuples()
        ],
    )
    found = found[found["reviewer_id"].notna() & found["actor_id"].notna()]
    order = ["probability", "accessed_at", "access_id"]
    return found.sort_values(order, ascending=[False, True, True], kind="stable").drop(columns="access_id")
