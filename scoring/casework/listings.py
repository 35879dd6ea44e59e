"""Who was listed when, under which case and why: from it, and from no person, comes the route of a verdict.

Investigators must not know whether a case was drawn at random. So the record lies in the store, which only its owner
reads, and no command shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.errors import WrongUse
from features.store import Store
from features.whole_file import read_file
from model.alerts import ERROR_RATE, Listing
from model.draw import DISAGREEMENT, RANDOM
from scoring.casework.decisions import near

GROUP = "listings/cases"
ALERT = "alert"


@dataclass(frozen=True)
class Listed:
    """A case on a list.

    Attributes:
        case_id: of the case.
        seller_id: whose it is.
        listed_on: the cutoff.
        route: ``alert``, ``random`` or ``disagreement``.
        selection_probability: of being listed by that route at that cutoff, above 0 and at most 1.

    """

    case_id: str
    seller_id: Any
    listed_on: date
    route: str
    selection_probability: float


def routes(sellers: pd.Series, listing: Listing) -> pd.DataFrame:
    """How each listed seller came on a list: seller_id, route, selection_probability.

    Who is on the error-rate list would have been looked at anyhow, drawn or not: an alert, with certainty.

    Args:
        sellers: seller_id on the index of the listing.
        listing: the lists of one cutoff.

    """
    listed = pd.DataFrame({"seller_id": sellers, "lists": listing.lists})[listing.alerted.to_numpy()]
    found = listed.merge(listing.audits[["seller_id", "stratum", "selection_probability"]], on="seller_id", how="left")
    certain = found["stratum"].isna() | found["lists"].map(lambda names: ERROR_RATE in names)
    picked = found["stratum"].map(lambda stratum: DISAGREEMENT if str(stratum).endswith(f"/{DISAGREEMENT}") else RANDOM)
    return pd.DataFrame(
        {
            "seller_id": found["seller_id"],
            "route": picked.mask(certain, ALERT),
            "selection_probability": found["selection_probability"].mask(certain, 1.0).astype("float64"),
        }
    )


def keep_listings(
    store: Store, as_of: date, cases: pd.DataFrame, listed: pd.DataFrame, seller_key: pa.DataType
) -> None:
    """Keep the listings of a cutoff; a run made again may add to them, what people may have seen stays.

    Args:
        store: where they are kept.
        as_of: the cutoff.
        cases: case_id and seller_id of the listed.
        listed: of ``routes``.
        seller_key: Arrow type of the sellers' ids.

    Raises:
        StoreBusy: another run holds the store.

    """
    schema = pa.schema(
        [
            ("case_id", pa.string()),
            ("seller_id", seller_key),
            ("route", pa.string()),
            ("selection_probability", pa.float64()),
        ]
    )
    rows = {
        row["case_id"]: row for row in cases[["case_id", "seller_id"]].merge(listed, on="seller_id").to_dict("records")
    }
    with store.writing():
        manifest = store.manifest()
        earlier = {path for path, entry in manifest.group(GROUP).items() if entry.week == as_of.isoformat()}
        for path in earlier:
            rows |= {row["case_id"]: row for row in read_file(store.path / path).to_pylist()}
        staged = store.scratch / f"listings-{as_of}.parquet"
        kept = pa.Table.from_pylist([rows[case] for case in sorted(rows)], schema)
        pq.write_table(kept, staged, compression="zstd")
        entry = store.adopt(staged, GROUP, as_of, len(rows), label="as_of")
        if earlier != {entry[0]}:
            store.commit(manifest.without(earlier).with_files([entry]))


def listings_of(store: Store) -> dict[str, list[Listed]]:
    """All listings by case, the first cutoff first."""
    found: dict[str, list[Listed]] = {}
    for path, entry in store.manifest().group(GROUP).items():
        for row in read_file(store.path / path).to_pylist():
            listed = Listed(
                row["case_id"],
                row["seller_id"],
                date.fromisoformat(entry.week),
                row["route"],
                row["selection_probability"],
            )
            found.setdefault(listed.case_id, []).append(listed)
    return found


def opened_by(listings: Sequence[Listed], verdicts_at: Sequence[datetime], decided_at: datetime) -> Listed | None:
    """The listing that a decision answers: the first one of the case after its last verdict.

    A verdict that corrects the one before it, the case not having been listed since, answers the same listing as that.

    Args:
        listings: of the case, the first first.
        verdicts_at: when earlier verdicts of the case were decided, ascending.
        decided_at: when this one was; null comes back if the case had not been listed by then.

    """
    before = [moment for moment in verdicts_at if moment < decided_at]
    known = [each for each in listings if _midnight(each.listed_on) <= decided_at]
    if not before:
        return known[0] if known else None
    since = [each for each in known if _midnight(each.listed_on) > before[-1]]
    return since[0] if since else opened_by(listings, before[:-1], before[-1])


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001  (all moments are naive UTC)


def seller_of_case(store: Store, case_id: str) -> Any:
    """The seller of a case.

    Raises:
        WrongUse: no such case was listed from this store.

    """
    listings = listings_of(store)
    if case_id not in listings:
        raise WrongUse(f"case '{case_id}' was never listed from {store.path}{near(case_id, list(listings))}")
    return listings[case_id][-1].seller_id
