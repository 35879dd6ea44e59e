"""Which case a listed seller has: ids that last over weeks, kept in the store.

A case lives while its seller is listed at a cutoff, or was not longer ago than a rest. The cases of a cutoff depend on
those of the last cutoff before it that was scored, and stand once they are kept: a run at an earlier cutoff changes
nothing of a later one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from features.store import Manifest, Store
from features.whole_file import read_file

GROUP = "cases/known"

State = Literal["new", "known", "returned"]


@dataclass(frozen=True)
class Case:
    """A seller's case at a cutoff.

    Attributes:
        case_id: stable over weeks.
        seller_id: whose it is.
        state: `new` at the first cutoff at which the seller is listed, `known` when it was listed at the cutoff scored
            before, `returned` when it was away since.
        first_listed_on: cutoff at which the case began.
        last_listed_on: the last cutoff at which its seller was listed.

    """

    case_id: str
    seller_id: Any
    state: State
    first_listed_on: date
    last_listed_on: date


def open_cases(
    store: Store, as_of: date, listed: Collection[Any], rest_days: int, seller_key: pa.DataType
) -> dict[Any, Case]:
    """The case of each listed seller; kept in the store, where they replace those of an earlier run at this cutoff.

    Args:
        store: where the cases lie.
        as_of: the cutoff.
        listed: seller ids.
        rest_days: how long a case lives after its seller was last listed.
        seller_key: Arrow type of the sellers' ids.

    Raises:
        StoreBusy: another run holds the store.

    """
    with store.writing():
        manifest = store.manifest()
        earlier = _cutoffs(manifest)
        kept = _read(store, earlier.get(as_of))
        before = max((cutoff for cutoff in earlier if cutoff < as_of), default=None)
        last = _read(store, None if before is None else earlier[before])
        found = cases_at(as_of, listed, kept, last, before, rest_days)
        _keep(store, manifest, as_of, found, earlier.get(as_of), seller_key)
    return {seller: case for seller, case in found.items() if case.last_listed_on == as_of}


def cases_at(
    as_of: date,
    listed: Collection[Any],
    kept: Mapping[Any, Case],
    last: Mapping[Any, Case],
    before: date | None,
    rest_days: int,
) -> dict[Any, Case]:
    """All living cases at a cutoff, by seller: of the listed, and of those who were listed within a rest.

    Args:
        as_of: the cutoff.
        listed: seller ids.
        kept: cases that an earlier run at this cutoff kept; a seller's id, state and first day stay as they are.
        last: cases at the cutoff before.
        before: that cutoff; None: there was none.
        rest_days: how long a case lives after its seller was last listed.

    """
    living = {seller: case for seller, case in last.items() if case.last_listed_on >= as_of - timedelta(days=rest_days)}
    found = dict(living)
    for seller in listed:
        case = kept.get(seller)
        if case is not None and case.last_listed_on == as_of:
            found[seller] = case
        elif seller in living:
            state: State = "known" if living[seller].last_listed_on == before else "returned"
            found[seller] = replace(living[seller], state=state, last_listed_on=as_of)
        else:
            found[seller] = Case(_case_id(seller, as_of), seller, "new", as_of, as_of)
    return found


def _case_id(seller: Any, as_of: date) -> str:
    return hashlib.sha256(f"{as_of} {seller}".encode()).hexdigest()[:12]


def _cutoffs(manifest: Manifest) -> dict[date, str]:
    """Path of the cases by cutoff."""
    return {date.fromisoformat(entry.week): path for path, entry in manifest.group(GROUP).items()}


def _read(store: Store, path: str | None) -> dict[Any, Case]:
    if path is None:
        return {}
    return {row["seller_id"]: Case(**row) for row in read_file(store.path / path).to_pylist()}


def _keep(
    store: Store,
    manifest: Manifest,
    as_of: date,
    found: Mapping[Any, Case],
    earlier: str | None,
    seller_key: pa.DataType,
) -> None:
    schema = pa.schema(
        [
            ("case_id", pa.string()),
            ("seller_id", seller_key),
            ("state", pa.string()),
            ("first_listed_on", pa.date32()),
            ("last_listed_on", pa.date32()),
        ]
    )
    staged = store.scratch / f"cases-{as_of}.parquet"
    rows = [vars(found[seller]) for seller in sorted(found)]
    pq.write_table(pa.Table.from_pylist(rows, schema), staged, compression="zstd")
    entry = store.adopt(staged, GROUP, as_of, len(found), label="as_of")
    if entry[0] != earlier:
        store.commit(manifest.without({earlier} if earlier else set()).with_files([entry]))
