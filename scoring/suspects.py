"""Staff and rings of one run: from the landed rows at the cutoff to what lies in ``restricted/``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa

from features.intake_report import IntakeReport
from features.store import Store
from model.settings import Configuration
from scoring.findings import clients, staff_rows
from scoring.people import people_at, plain_ids, with_unlisted
from scoring.rings import find_rings, found_together, keep_rings, ring_rows, rings_before
from scoring.staff import find_helpers
from scoring.work import assignments_at


@dataclass(frozen=True)
class Suspects:
    """What a run found of the staff, with plain ids.

    Attributes:
        staff: one row a scored member of staff, by rank.
        rings: one row a ring.
        key: Arrow type of the staff's ids.
        listed: the plain id of each listed member of staff, by pseudonym.
        unnamed: scored members of staff whom the data set no longer names, and who are left out.

    """

    staff: pd.DataFrame
    rings: pd.DataFrame
    key: pa.DataType
    listed: Mapping[int, str | int]
    unnamed: int

    @property
    def messages(self) -> tuple[str, ...]:
        """What the run has to say of them."""
        if not self.unnamed:
            return ()
        return (f"{self.unnamed} members of staff are left out: the data set no longer holds their ids",)


def find_suspects(
    data: Path,
    intake: IntakeReport,
    store: Store,
    verdicts: pd.DataFrame,
    as_of: date,
    configuration: Configuration,
    seller_key: pa.DataType,
) -> Suspects:
    """Score the staff, join them with the sellers they serve, and keep the rings in the store.

    Args:
        data: the folder of the data set, which alone holds the staff's plain ids.
        intake: its files.
        store: the landed rows.
        verdicts: as `features.verdict_rows.verdicts_of` returns them.
        as_of: the cutoff.
        configuration: engine, privacy and staff.
        seller_key: Arrow type of the sellers' ids.

    Raises:
        StoreBusy: another run holds the store.

    """
    assignments = assignments_at(store, as_of, configuration)
    people = with_unlisted(people_at(store, as_of, configuration), assignments["actor_id"], configuration)
    helpers = find_helpers(assignments, people, configuration.staff)
    found = people[people["found_on"].notna()]
    pairs = clients(helpers, found)
    rings = find_rings(pairs, found_together(verdicts, as_of), as_of, rings_before(store, as_of))
    keep_rings(store, as_of, rings, seller_key)
    plain = plain_ids(data, intake.files, helpers.scored["actor_id"].tolist(), store, configuration)
    staff = staff_rows(helpers, pairs, assignments, found, plain)
    numbers = store.manifest().identity.get("key_types", {}).get("staff") == "bigint"
    key = pa.int64() if numbers else pa.string()
    alerted = set(helpers.scored.loc[helpers.scored["alerted"], "actor_id"])
    listed = {person: name for person, name in plain.items() if person in alerted}
    return Suspects(staff, ring_rows(rings, plain), key, listed, len(helpers.scored) - len(staff))
