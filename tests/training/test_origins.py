"""Who counts as found later at a past cutoff, which cutoffs are judged, and how often a year."""

import itertools
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd
import pytest

from features.audit_log import AuditLog
from model.settings import Configuration
from tests.training.small_market import changed
from training.champions import DECIDED
from training.origins import found_later, mature_origins
from training.registering import LOOKED, looks_before

ON, AS_OF = date(2024, 3, 4), date(2024, 12, 2)
RUNNING = {"verdict": "manipulated", "onset_on": "2024-01-01", "opened_at": "2024-06-03", "decided_at": "2024-07-01"}


def signals_then(*sellers: str) -> pd.DataFrame:
    rows = pd.DataFrame({"seller_id": list(sellers), "as_of": pd.Timestamp(ON), "owner_id": None})
    return rows.assign(marketplace="US", category="toys", size_band=1)


@pytest.mark.parametrize(
    ("told", "label", "weight"),
    [
        ({"route": "tip"}, 1.0, 1.0),
        ({"route": "audit"}, 1.0, 1.0),
        ({"route": "random"}, 1.0, 1.0),
        ({"route": "alert", "selection_probability": 0.25}, 1.0, 4.0),
        ({"route": "alert", "selection_probability": 0.0001}, 1.0, 200.0),
        ({"route": "alert"}, 0.0, 0.0),
        ({"route": "disagreement", "selection_probability": 1.0}, 0.0, 0.0),
        ({"route": "tip", "verdict": "cleared", "onset_on": None}, 0.0, 0.0),
        ({"route": "tip", "onset_on": "2024-05-06"}, None, None),
    ],
)
def test_a_culprit_counts_by_the_route_that_found_it(
    told: dict[str, object],
    label: float | None,
    weight: float | None,
    verdict_rows: Callable[..., pd.DataFrame],
    configuration: Configuration,
) -> None:
    """Of an onset after the cutoff nothing is known at the cutoff: the row is left out."""
    verdicts = verdict_rows({"seller_id": "a", **RUNNING, **told})
    found = found_later(signals_then("a", "b"), verdicts, ON, AS_OF, configuration).set_index("seller_id")
    assert found.loc["b", "label"] == 0.0
    if label is None:
        assert "a" not in found.index
    else:
        assert (found.loc["a", "label"], found.loc["a", "weight"]) == (label, pytest.approx(weight))


def test_a_seller_decided_before_the_cutoff_is_not_in_the_order(
    verdict_rows: Callable[..., pd.DataFrame], configuration: Configuration
) -> None:
    verdicts = verdict_rows({"seller_id": "a", "route": "tip", "decided_at": "2024-03-03"})
    found = found_later(signals_then("a", "b"), verdicts, ON, AS_OF, configuration)
    assert found["seller_id"].tolist() == ["b"]


def test_a_verdict_recorded_after_the_date_finds_nobody(
    verdict_rows: Callable[..., pd.DataFrame], configuration: Configuration
) -> None:
    verdicts = verdict_rows({"seller_id": "a", "route": "tip", **RUNNING, "known_at": AS_OF.isoformat()})
    assert found_later(signals_then("a"), verdicts, ON, AS_OF, configuration)["label"].tolist() == [0.0]


def test_the_latest_cutoffs_by_which_most_verdicts_are_in_are_judged(
    verdict_rows: Callable[..., pd.DataFrame], configuration: Configuration
) -> None:
    """Verdicts took 8 weeks and are asked for up to 4 weeks after a cutoff, so that it lies 12 weeks back or more."""
    verdicts = verdict_rows({"opened_at": "2024-01-01", "decided_at": "2024-02-26"})
    found = mature_origins(verdicts, AS_OF, changed(configuration, promotion={"most_origins": 3}))
    assert len(found) == 3
    assert (AS_OF - found[-1]).days // 7 in range(12, 16)
    assert {(later - earlier).days for earlier, later in itertools.pairwise(found)} == {28}


def test_looks_of_the_last_364_days_count(tmp_path: Path) -> None:
    log = AuditLog(tmp_path, 60)
    for on in ("2023-12-04", "2023-12-05", "2024-06-03", "2024-12-02"):
        log.append(datetime(2024, 12, 2, tzinfo=UTC), "the weekly job", DECIDED, "no sure gain", {LOOKED: on})
    log.append(datetime(2024, 12, 2, tzinfo=UTC), "the weekly job", DECIDED, "not due", {})
    assert looks_before(log, AS_OF) == [date(2023, 12, 5), date(2024, 6, 3)]
