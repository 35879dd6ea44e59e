"""A held case keeps its rows when the store is pruned; all of it stands in the audit log."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from features.audit_log import AuditLog
from features.contract import TABLES
from features.errors import WrongUse
from features.landed import landed
from features.store import Store
from model.settings import Configuration
from scoring.casework.holds import held_cases, hold, prune_store, release
from tests.features.conftest import action, review, sale
from tests.scoring.cases_at_hand import ANNA, BORIS, at, store_with_cases

WHY = "asked for by the works council"
NOON = at("2024-03-20 12:00")


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory, configuration: Configuration) -> Path:
    folder = tmp_path_factory.mktemp("untouched")
    reviews = [review("new", "lamp", 5, "2026-05-01")]
    sales = [sale(name, day, 1, 5.0) for name in ("lamp", "rake") for day in ("2023-02-01", "2026-05-01")]
    actions = [action("new", "kept", "2026-05-02")]
    return store_with_cases(folder, configuration, reviews=reviews, review_actions=actions, sales=sales).path


@pytest.fixture
def store(untouched: Path, tmp_path: Path) -> Store:
    shutil.copytree(untouched, tmp_path / "store")
    return Store(tmp_path / "store", 5)


def sold(store: Store) -> list[str]:
    manifest = store.manifest()
    rows = landed(store, manifest, TABLES["sales"], manifest.identity["key_types"])
    found = duckdb.connect().execute(f"select product_id from ({rows}) where known_at < date '2024-01-01' order by 1")
    return [product for (product,) in found.fetchall()]


def test_a_held_case_is_kept_until_it_is_released(store: Store, configuration: Configuration) -> None:
    hold(store, ANNA, WHY, NOON)
    prune_store(store, 157, configuration, NOON)
    assert sold(store) == ["lamp"]
    release(store, ANNA, "closed", NOON)
    prune_store(store, 157, configuration, NOON)
    assert sold(store) == []


def test_a_case_held_twice_is_held_once_and_the_log_tells_why(store: Store) -> None:
    assert hold(store, ANNA, WHY, NOON) == hold(store, ANNA, "again", NOON)
    log = AuditLog(store.path, 5)
    assert [(case, entry.why) for case, entry in held_cases(log).items()] == [(ANNA, WHY)]
    assert len(log.entries()) == 1


def test_a_pruning_is_logged_once_before_it_is_done(store: Store, configuration: Configuration) -> None:
    for _ in range(2):
        prune_store(store, 157, configuration, NOON)
    (entry,) = AuditLog(store.path, 5).entries()
    assert (entry.action, entry.why, entry.details) == (
        "pruned",
        "keep 157 weeks",
        {"floor": "2023-05-01", "held": "none"},
    )
    assert store.manifest().floor == "2023-05-01"


@pytest.mark.parametrize(
    ("act", "case", "why", "said"),
    [
        (hold, "case of ana", WHY, "did you mean 'case of anna'"),
        (hold, ANNA, " ", "--why: a reason is needed"),
        (release, BORIS, WHY, "'case of boris' is not held; held are: none"),
    ],
)
def test_what_cannot_be_held_or_released_is_refused(act: object, case: str, why: str, said: str, store: Store) -> None:
    with pytest.raises(WrongUse, match=said):
        act(store, case, why, NOON)  # type: ignore[operator]
    assert AuditLog(store.path, 5).entries() == []


def test_what_the_next_retraining_learns_from_cannot_be_pruned(store: Store, configuration: Configuration) -> None:
    with pytest.raises(WrongUse, match=r"cutoffs 104 weeks back \(labels.panel_weeks\).* keep at least 157"):
        prune_store(store, 156, configuration, NOON)
    assert AuditLog(store.path, 5).entries() == []
