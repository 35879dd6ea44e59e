"""A pack is the same bytes each time, can be checked without the store, and shows whatever was changed in it."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import stat
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from features.audit_log import AuditLog
from features.errors import ScrubwatchError, WrongUse
from features.store import Store
from model.settings import Configuration
from scoring.casework.holds import hold
from scoring.casework.pack import Packed, pack
from scoring.casework.verify import verify
from tests.features.conftest import action, review
from tests.scoring.cases_at_hand import ANNA, BORIS, SECOND, at, store_with_cases
from tests.scoring.runs import write_run

NOON = at("2024-03-20 12:00")
RANKED = "rank_jump_91d"


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory, configuration: Configuration) -> Path:
    """Staff removed two bad reviews of anna's lamp; the reasons quote these, what is usual, and a jump in rank."""
    folder = tmp_path_factory.mktemp("market")
    reviews = [review(f"bad {number}", "lamp", 1, "2024-01-10") for number in (1, 2, 3)]
    removals = [action(f"bad {number}", "removed", "2024-02-05", actor_id="mallory") for number in (1, 2)]
    store_with_cases(folder, configuration, reviews=reviews, review_actions=removals)
    write_run(folder / "scores", SECOND, "anna", ANNA, "negative_removals_91d", "negative_removals_tail_91d", RANKED)
    return folder


@pytest.fixture
def store(market: Path, tmp_path: Path) -> Store:
    shutil.copytree(market / "store", tmp_path / "store")
    return Store(tmp_path / "store", 5)


def packed(market: Path, store: Store, configuration: Configuration, name: str = "case.zip", **more: bool) -> Packed:
    return pack(ANNA, market / "scores", store.path.parent / name, store, configuration, NOON, **more)


def members_of(file: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rewritten(file: Path, members: Mapping[str, bytes]) -> None:
    """Write a pack whose sums are those of its members."""
    head = json.loads(members["manifest.json"])
    head["members"] = {
        name: hashlib.sha256(content).hexdigest() for name, content in members.items() if name != "manifest.json"
    }
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in {**members, "manifest.json": json.dumps(head).encode()}.items():
            archive.writestr(name, content)


def test_every_number_that_can_be_counted_from_the_rows_is(
    market: Path, store: Store, configuration: Configuration
) -> None:
    made = packed(market, store, configuration)
    checked = verify(made.file)
    assert checked.wrong == ()
    assert checked.sha256 == made.sha256
    assert made.recomputed == checked.recomputed >= 3
    assert checked.stated == (RANKED,)


def test_the_same_case_is_the_same_bytes(market: Path, store: Store, configuration: Configuration) -> None:
    first, again = (packed(market, store, configuration, name) for name in ("first.zip", "again.zip"))
    assert first.file.read_bytes() == again.file.read_bytes()
    assert [entry.action for entry in AuditLog(store.path, 5).entries()] == ["packed"]


def test_a_row_less_is_a_number_that_differs(market: Path, store: Store, configuration: Configuration) -> None:
    made = packed(market, store, configuration)
    members = members_of(made.file)
    rows = pq.read_table(io.BytesIO(members["rows/review_actions.parquet"]))
    fewer = io.BytesIO()
    pq.write_table(rows.filter(pc.not_equal(rows["review_id"], pa.scalar("bad 2"))), fewer)
    rewritten(made.file, {**members, "rows/review_actions.parquet": fewer.getvalue()})
    assert "negative_removals_91d: the case says 2, the rows do not" in verify(made.file).wrong


def test_a_member_that_was_changed_is_named(market: Path, store: Store, configuration: Configuration) -> None:
    made = packed(market, store, configuration)
    members = members_of(made.file)
    with zipfile.ZipFile(made.file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content.replace(b"anna", b"boris") if name == "case.json" else content)
    assert verify(made.file).wrong == ("case.json: was changed",)


@pytest.mark.parametrize(
    "statement", ["copy (select 1) to 'stolen.csv'", "set enable_external_access = true", "select * from 'secret.csv'"]
)
def test_the_sql_of_a_pack_reaches_nothing_outside_of_it(
    statement: str, market: Path, store: Store, configuration: Configuration, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = packed(market, store, configuration)
    monkeypatch.chdir(store.path)
    (store.path / "secret.csv").write_text("a\n1\n", encoding="utf-8")
    members = members_of(made.file)
    rewritten(made.file, {**members, "count.sql": members["count.sql"] + statement.encode()})
    with pytest.raises(ScrubwatchError, match="cannot be run"):
        verify(made.file)
    assert not (store.path / "stolen.csv").exists()


def test_a_pack_names_nobody_and_only_its_owner_reads_it(
    market: Path, store: Store, configuration: Configuration
) -> None:
    made = packed(market, store, configuration)
    assert stat.S_IMODE(made.file.stat().st_mode) == 0o600
    text = b"".join(members_of(made.file).values())
    assert b"mallory" not in text
    for name in ("reviews", "review_actions"):
        rows = pq.read_table(io.BytesIO(members_of(made.file)[f"rows/{name}.parquet"])).to_pylist()
        assert {row["review_id"] for row in rows} <= {"bad 1", "bad 2", "bad 3"}  # not those of other sellers
        assert not [value for row in rows for value in row.values() if value in ("mallory", "author of bad 1")]


def test_staff_of_a_site_that_is_not_scored_cannot_be_told_from_one_pack_to_another(
    market: Path, store: Store, configuration: Configuration
) -> None:
    off = configuration.staff.model_copy(update={"staff_scoring": "off"})
    made = packed(market, store, configuration.model_copy(update={"staff": off}))
    actions = pq.read_table(io.BytesIO(members_of(made.file)["rows/review_actions.parquet"]))
    assert actions["actor_id"].to_pylist() == [-1, -1]
    assert verify(made.file).wrong == ()


def test_it_holds_what_the_log_says_of_the_case(market: Path, store: Store, configuration: Configuration) -> None:
    hold(store, ANNA, "asked for", NOON)
    hold(store, BORIS, "another case", NOON)
    entries = json.loads(members_of(packed(market, store, configuration).file)["audit.json"])["entries"]
    assert [(entry["action"], entry["why"]) for entry in entries] == [("held", "asked for")]


def test_what_a_seller_gets_has_no_staff_no_signals_and_no_thresholds(
    market: Path, store: Store, configuration: Configuration
) -> None:
    made = packed(market, store, configuration, for_seller=True)
    members = members_of(made.file)
    assert set(members) == {
        "manifest.json",
        *(f"rows/{name}.parquet" for name in ("account_actions", "products", "review_actions", "reviews", "sales")),
    }
    actions = pq.read_table(io.BytesIO(members["rows/review_actions.parquet"]))
    assert actions.column_names == ["review_id", "acted_at", "kind", "new_rating"]
    assert len(actions) == 2
    assert verify(made.file).wrong == ()


def test_a_packing_that_dies_leaves_no_file(
    market: Path, store: Store, configuration: Configuration, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise ScrubwatchError("disk full")

    monkeypatch.setattr(Path, "rename", die)
    with pytest.raises(ScrubwatchError, match="disk full"):
        packed(market, store, configuration)
    assert not (store.path.parent / "case.zip").exists()


def test_what_cannot_be_packed_or_checked_is_refused(
    market: Path, store: Store, configuration: Configuration, tmp_path: Path
) -> None:
    made = packed(market, store, configuration)
    with pytest.raises(WrongUse, match="exists already"):
        packed(market, store, configuration)
    with pytest.raises(WrongUse, match="does not list case case of boris"):
        pack(BORIS, market / "scores", tmp_path / "other.zip", store, configuration, NOON)
    made.file.write_bytes(b"PK no pack")
    with pytest.raises(WrongUse, match="no pack that"):
        verify(made.file)
