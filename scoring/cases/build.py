"""Makes the cases of one run: from who is listed to the rows of the files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from features.catalogue import CATALOGUE
from features.intake_report import IntakeReport
from features.store import Store
from model.baseline import day_zero
from model.settings import Configuration
from scoring.cases.chances import chances_of
from scoring.cases.evidence import evidence
from scoring.cases.facts import Facts, facts_at
from scoring.cases.files import FoundCases, Keys, cases_schema
from scoring.cases.guilt import day_zero_services, schemes
from scoring.cases.harm import Harm, harms
from scoring.cases.history import Case, open_cases
from scoring.cases.honest_life import Explanation
from scoring.cases.innocence import explanations
from scoring.cases.lists import exposed_look_ups, exposed_reviewers, reviews_to_delete, reviews_to_restore
from scoring.cases.onset import Onset, onsets
from scoring.cases.removals import bought_chances
from scoring.people import OF_REVIEWERS, plain_ids
from scoring.suspects import Suspects


@dataclass(frozen=True)
class ListedSellers:
    """The listed sellers of a run, by rank.

    Attributes:
        scored: seller_id, score (NaN on day zero), rank, guilt (how probably it runs a scheme) and reasons.
        signals: whole rows of the signal table, on the same index.
        calibrated: whether the scores are probabilities.

    """

    scored: pd.DataFrame
    signals: pd.DataFrame
    calibrated: bool


def find_cases(
    data: Path,
    intake: IntakeReport,
    store: Store,
    as_of: date,
    configuration: Configuration,
    sellers: ListedSellers,
    suspects: Suspects,
) -> FoundCases:
    """Make the cases of the listed sellers and the lists beside them, and keep the cases' ids in the store.

    Args:
        data: the folder of the data set, which alone holds plain ids of people.
        intake: its files.
        store: landed rows and tiles.
        as_of: the cutoff.
        configuration: all settings.
        sellers: who is listed, and why.
        suspects: who of the staff is listed, and the rings.

    Raises:
        StoreBusy: another run holds the store.

    """
    keys = _keys(store, suspects)
    listed, calibrated = sellers.scored, sellers.calibrated
    names = listed["seller_id"].tolist()
    facts = facts_at(store, as_of, configuration, names, sorted(suspects.listed))
    guilty = dict(zip(names, listed["guilt"].astype(float), strict=True))
    onset = onsets(facts, names)
    removal_chance = bought_chances(facts, guilty, onset)
    chances = chances_of(facts, guilty, onset)
    services = day_zero_services(day_zero(sellers.signals, CATALOGUE), listed["seller_id"])
    opened = open_cases(store, as_of, names, configuration.alerts.rest_days, keys.seller)
    ring = {seller: row.ring_id for row in suspects.rings.itertuples() for seller in row.sellers}
    parts = {
        "schemes": {
            row.seller_id: schemes(list(row.reasons), services[row.seller_id], CATALOGUE) for row in listed.itertuples()
        },
        "evidence": evidence(facts, removal_chance, chances, configuration.cases.evidence_shown),
    }
    told = explanations(facts, onset, parts["schemes"], removal_chance, chances)
    harm = harms(facts, removal_chance, onset)
    rows = [
        _row(opened[row.seller_id], row.score, onset[row.seller_id], harm[row.seller_id], told[row.seller_id])
        | {name: part.get(row.seller_id, []) for name, part in parts.items()}
        | {"ring_id": ring.get(row.seller_id)}
        for row in listed.itertuples()
    ]
    return FoundCases(
        cases=pd.DataFrame(rows, columns=cases_schema(keys).names),
        restore=reviews_to_restore(facts, removal_chance, calibrated=calibrated),
        delete=reviews_to_delete(facts, chances.praise, configuration.cases.delete_from),
        exposed=_exposed(data, intake, store, configuration, facts, chances.look_ups, suspects.listed),
        keys=keys,
    )


def _row(case: Case, score: float, onset: Onset, harm: Harm, told: list[Explanation]) -> dict[str, Any]:
    return {
        "case_id": case.case_id,
        "seller_id": case.seller_id,
        "score": score,
        "state": case.state,
        "first_listed_on": case.first_listed_on,
        "onset_on": onset.on,
        "onset_low": onset.low,
        "onset_high": onset.high,
        "shown_rating": harm.shown_rating,
        "restored_rating": harm.restored_rating,
        "revenue_since_onset": harm.revenue,
        "expected_harm": harm.excess,
        "innocent_explanations": [asdict(each) for each in told],
    }


def _exposed(
    data: Path,
    intake: IntakeReport,
    store: Store,
    configuration: Configuration,
    facts: Facts,
    chance: pd.Series,
    staff: Mapping[int, str | int],
) -> pd.DataFrame:
    look_ups = exposed_look_ups(facts, chance, staff)
    wanted = sorted(set(look_ups["reviewer_id"].tolist()))
    reviewers = plain_ids(data, intake.files, wanted, store, configuration, OF_REVIEWERS) if wanted else {}
    return exposed_reviewers(look_ups, staff, reviewers)


def _keys(store: Store, suspects: Suspects) -> Keys:
    types = store.manifest().identity.get("key_types", {})

    def arrow(entity: str) -> pa.DataType:
        return pa.int64() if types.get(entity) == "bigint" else pa.string()

    return Keys(arrow("seller"), arrow("review"), suspects.key, arrow("reviewer"))
