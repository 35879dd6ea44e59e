"""A person is named for one case, by two people, with a reason that is in the log before the name is told."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from features.audit_log import AuditLog
from features.errors import ScrubwatchError, WrongUse
from features.privacy import pseudonyms_of
from features.store import Store
from model.settings import Configuration
from scoring.casework.reveal import REVEALED, Request, Revealed, reveal
from tests.features.conftest import action, moment, review
from tests.scoring.cases_at_hand import ANNA, at, store_with_cases

REASON = "two batches without a ticket, to be asked about by the works council"
STAFF = [
    {"actor_id": "mallory", "role": "moderator", "site": "Berlin"},
    {"actor_id": "carol", "role": "moderator", "site": "Riga"},
    {"actor_id": "night shift", "role": "moderator", "site": "Riga", "shared": True},
]


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory, configuration: Configuration) -> Path:
    folder = tmp_path_factory.mktemp("market")
    access = {"access_id": "1", "actor_id": "carol", "accessed_at": moment("2024-02-02"), "resource": "sales_report"}
    ticket = {"ticket_id": "t", "opened_at": moment("2024-02-01"), "opened_by_kind": "seller"}
    store_with_cases(
        folder,
        configuration,
        reviews=[review("bad", "lamp", 1, "2024-01-10"), review("other", "rake", 1, "2024-01-10")],
        review_actions=[
            action("bad", "removed", "2024-02-01", actor_id="mallory", ticket_id="t"),
            action("bad", "restored", "2024-02-03", actor_id="night shift"),
            action("other", "removed", "2024-02-01", actor_id="carol"),
        ],
        tickets=[{**ticket, "assigned_to": "trudy"}],
        staff_access=[{**access, "product_id": "lamp"}],
        staff=STAFF,
    )
    return folder


@pytest.fixture
def store(market: Path, tmp_path: Path) -> Store:
    shutil.copytree(market / "store", tmp_path / "store")
    return Store(tmp_path / "store", 5)


def pseudonym(store: Store, configuration: Configuration, plain: str) -> str:
    return str(pseudonyms_of([plain], store, configuration)[0])


def ask(market: Path, store: Store, configuration: Configuration, plain: str, **more: str) -> Revealed:
    request = Request(pseudonym(store, configuration, plain), ANNA, REASON, "ada", "bea")
    return reveal(replace(request, **more), market / "data", store, configuration, at("2024-03-20 12:00"))


@pytest.mark.parametrize(
    ("plain", "kinds"),
    [
        ("mallory", ("staff",)),
        ("carol", ("staff",)),  # looked up a product of the seller
        ("trudy", ("staff",)),  # had the ticket, and stands in no table of the staff
        ("author of bad", ("reviewer",)),
    ],
)
def test_who_has_to_do_with_the_seller_is_named(
    plain: str, kinds: tuple[str, ...], market: Path, store: Store, configuration: Configuration
) -> None:
    found = ask(market, store, configuration, plain)
    assert (found.person, found.kinds) == (plain, kinds)


def test_the_log_tells_who_asked_and_why_and_no_plain_id(
    market: Path, store: Store, configuration: Configuration
) -> None:
    ask(market, store, configuration, "mallory")
    (entry,) = AuditLog(store.path, 5).entries()
    assert (entry.action, entry.why, entry.who) == (REVEALED, REASON, "desk")
    assert entry.details == {
        "case": ANNA,
        "person": pseudonym(store, configuration, "mallory"),
        "kind": "staff",
        "by": pseudonym(store, configuration, "ada"),
        "second": pseudonym(store, configuration, "bea"),
    }
    text = re.sub(r"[0-9a-f]{64}", "", AuditLog(store.path, 5).path.read_text())  # in a hash, "ada" is no name
    assert not [name for name in ("mallory", "ada", "bea") if name in text]


def test_a_log_that_cannot_be_written_names_nobody(
    market: Path, store: Store, configuration: Configuration, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise ScrubwatchError("disk full")

    monkeypatch.setattr(AuditLog, "append", die)
    with pytest.raises(ScrubwatchError, match="disk full"):
        ask(market, store, configuration, "mallory")


@pytest.mark.parametrize(
    ("plain", "more", "said"),
    [
        ("mallory", {"why": " "}, "--why: is needed"),
        ("mallory", {"by": ""}, "--by: is needed"),
        ("mallory", {"second": ""}, "--second: is needed"),
        ("mallory", {"second": " Ada"}, "another person has to agree"),
        ("mallory", {"second": "mallory"}, "neither of the two may be the person"),
        ("mallory", {"why": "was it mallory?"}, "--why: holds the person's plain id"),
        ("mallory", {"case_id": "case of ana"}, "never listed from .*did you mean 'case of anna'"),
        ("mallory", {"pseudonym": "mallory"}, "'mallory' is no pseudonym"),
        ("author of other", {}, "nothing to do with the seller of case case of anna"),
        ("night shift", {}, "several people share this login"),
    ],
)
def test_who_may_not_be_named_is_not_and_nothing_is_logged(
    plain: str, more: dict[str, str], said: str, market: Path, store: Store, configuration: Configuration
) -> None:
    with pytest.raises(WrongUse, match=said):
        ask(market, store, configuration, plain, **more)
    assert AuditLog(store.path, 5).entries() == []


def test_staff_of_a_site_that_is_not_scored_are_not_named(
    market: Path, store: Store, configuration: Configuration
) -> None:
    off = configuration.staff.model_copy(update={"staff_scoring_by_site": {"Berlin": "off"}})
    with pytest.raises(WrongUse, match="not scored"):
        ask(market, store, configuration.model_copy(update={"staff": off}), "mallory")
    assert ask(market, store, configuration.model_copy(update={"staff": off}), "carol").person == "carol"


def test_another_key_names_nobody(market: Path, store: Store, configuration: Configuration, tmp_path: Path) -> None:
    key = tmp_path / "other.key"
    key.write_text("a key of another marketplace", encoding="utf-8")
    other = configuration.model_copy(update={"privacy": configuration.privacy.model_copy(update={"key_file": key})})
    request = Request(pseudonym(store, configuration, "mallory"), ANNA, REASON, "ada", "bea")
    with pytest.raises(WrongUse, match="not the key"):
        reveal(request, market / "data", store, other, at("2024-03-20 12:00"))


def test_a_data_set_that_no_longer_holds_the_person_is_said_so(
    store: Store, configuration: Configuration, tmp_path: Path
) -> None:
    request = Request(pseudonym(store, configuration, "mallory"), ANNA, REASON, "ada", "bea")
    with pytest.raises(WrongUse, match="0 of the 8 files of the store are here"):
        reveal(request, tmp_path, store, configuration, at("2024-03-20 12:00"))
    assert AuditLog(store.path, 5).entries() == []
