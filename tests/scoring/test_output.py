import json
import stat
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.errors import WrongUse
from scoring.output import check_place, staged, write_audits, write_record, write_scores, write_staff

REASON = {"signal": "rate_91d", "value": 0.5, "peer_median": None, "contribution": 1.25, "text": "half were removed"}


@pytest.fixture
def scored() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "seller_id": ["c", "a", "b"],
            "score": [0.25, 0.75, float("nan")],
            "log_odds": [-1.1, 1.1, float("nan")],
            "strength": [-1.1, 1.1, -9.0],
            "rank": [2, 1, 3],
            "lists": [[], ["budget", "error_rate"], []],
            "alerted": [False, True, False],
        }
    )


def write(folder: Path, scored: pd.DataFrame) -> None:
    reasons = pd.Series([[REASON]], scored.index[scored["alerted"]])
    write_scores(folder, scored, reasons, date(2024, 12, 2), "seller-risk 3")


def test_scores_are_sorted_by_rank_and_missing_numbers_are_null(scored: pd.DataFrame, tmp_path: Path) -> None:
    write(tmp_path, scored)
    rows = pq.read_table(tmp_path / "scores.parquet").to_pylist()
    assert [(row["seller_id"], row["rank"], row["score"]) for row in rows] == [
        ("a", 1, 0.75),
        ("c", 2, 0.25),
        ("b", 3, None),
    ]
    assert rows[0]["lists"] == ["budget", "error_rate"]
    assert rows[0]["reasons"] == [REASON]
    assert (rows[1]["lists"], rows[1]["reasons"]) == ([], [])
    assert (rows[1]["as_of"], rows[1]["model"]) == (date(2024, 12, 2), "seller-risk 3")
    assert rows[2]["log_odds"] is None


def test_the_types_are_the_contracts(scored: pd.DataFrame, tmp_path: Path) -> None:
    write(tmp_path, scored)
    types = {field.name: str(field.type) for field in pq.read_schema(tmp_path / "scores.parquet")}
    assert types == {
        "seller_id": "string",
        "as_of": "date32[day]",
        "score": "double",
        "log_odds": "double",
        "strength": "double",
        "rank": "int64",
        "lists": "list<element: string>",
        "alerted": "bool",
        "model": "string",
        "reasons": "list<element: struct<signal: string, value: double, peer_median: double, contribution: double, "
        "text: string>>",
    }


def test_number_keys_stay_numbers(scored: pd.DataFrame, tmp_path: Path) -> None:
    write(tmp_path, scored.assign(seller_id=[3, 1, 2]))
    assert pq.read_schema(tmp_path / "scores.parquet").field("seller_id").type == pa.int64()


def test_the_same_scores_in_another_order_are_the_same_bytes(scored: pd.DataFrame, tmp_path: Path) -> None:
    for name, rows in (("first", scored), ("second", scored[::-1].reset_index(drop=True))):
        (tmp_path / name).mkdir()
        write(tmp_path / name, rows)
    assert (tmp_path / "first/scores.parquet").read_bytes() == (tmp_path / "second/scores.parquet").read_bytes()


@pytest.mark.parametrize("drawn", [0, 1])
def test_audits_can_be_read_by_their_owner_alone(drawn: int, tmp_path: Path) -> None:
    audits = pd.DataFrame(
        {"seller_id": ["a"], "drawn_on": [date(2024, 12, 2)], "stratum": ["US/1"], "selection_probability": [0.1]}
    ).head(drawn)
    write_audits(tmp_path, audits, pa.string())
    assert stat.S_IMODE((tmp_path / "restricted").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "restricted/audits.parquet").stat().st_mode) == 0o600
    assert pq.read_table(tmp_path / "restricted/audits.parquet").num_rows == drawn


def test_staff_and_rings_can_be_read_by_their_owner_alone_and_have_the_contracts_columns(tmp_path: Path) -> None:
    helper = {"actor_id": "kim", "score": 4.0, "rank": 1, "alerted": True, "false_share": 0.01, "sellers": ["ann"]}
    staff = pd.DataFrame([{**helper, "observed": 9, "expected": 1.5, "text": "nine for ann"}])
    ring = {"ring_id": "r", "sellers": ["ann", "bob"], "staff": ["kim"], "first_seen_on": date(2024, 12, 2)}
    write_staff(tmp_path, staff, pd.DataFrame([{**ring, "text": "two"}]), pa.string(), pa.string())
    assert stat.S_IMODE((tmp_path / "restricted").stat().st_mode) == 0o700
    for name, row in (("staff", staff.iloc[0].to_dict()), ("rings", {**ring, "text": "two"})):
        path = tmp_path / f"restricted/{name}.parquet"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert pq.read_table(path).to_pylist() == [row]


def test_staff_with_number_keys_and_no_rows_keep_their_types(tmp_path: Path) -> None:
    write_staff(tmp_path, pd.DataFrame(columns=["actor_id", *STAFF_COLUMNS]), NO_RINGS, pa.int64(), pa.int64())
    staff, rings = (pq.read_schema(tmp_path / f"restricted/{name}.parquet") for name in ("staff", "rings"))
    assert str(staff.field("actor_id").type) == "int64"
    assert str(rings.field("staff").type) == "list<element: int64>"


STAFF_COLUMNS = ("score", "rank", "alerted", "false_share", "sellers", "observed", "expected", "text")
NO_RINGS = pd.DataFrame(columns=["ring_id", "sellers", "staff", "first_seen_on", "text"])


def run_once(out: Path, text: str | float) -> None:
    with staged(out) as folder:
        write_record(folder, {"text": text})


def test_an_earlier_runs_output_is_replaced_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    run_once(tmp_path / "deep" / "out", "first")
    run_once(tmp_path / "deep" / "out", "second")
    assert json.loads((tmp_path / "deep/out/run.json").read_text())["text"] == "second"
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["out"]


def _folder(place: Path) -> None:
    place.mkdir()
    (place / "holiday.jpg").touch()


def _link(place: Path) -> None:
    run_once(place.with_name("elsewhere"), "theirs")
    place.symlink_to(place.with_name("elsewhere"))


@pytest.mark.parametrize("make", [_folder, Path.mkdir, Path.touch, _link], ids=["folder", "empty", "file", "link"])
def test_what_no_run_wrote_is_not_replaced(make: Callable[[Path], None], tmp_path: Path) -> None:
    make(tmp_path / "out")
    with pytest.raises(WrongUse, match="name another --out"):
        check_place(tmp_path / "out")


def test_a_run_that_fails_leaves_the_earlier_output(tmp_path: Path) -> None:
    run_once(tmp_path / "out", "first")
    with pytest.raises(ValueError, match="not JSON compliant"):
        run_once(tmp_path / "out", float("nan"))
    assert json.loads((tmp_path / "out/run.json").read_text())["text"] == "first"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_what_a_killed_run_left_is_swept_by_the_next(tmp_path: Path) -> None:
    (tmp_path / ".out.part.999999999.abc").mkdir()
    run_once(tmp_path / "out", "first")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
