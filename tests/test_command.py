"""The command line: what a person and a machine get back, and how each failure ends."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple

import filelock
import pandas as pd
import pyarrow.parquet as pq
import pytest

import scrubwatch
from examples.from_csv.convert import convert
from features.audit_log import AuditLog
from features.contract import TABLES
from features.delivery import inspect

ROOT = Path(__file__).parent.parent
CSV_FILES = ROOT / "examples" / "from_csv"
CUTOFF = "2026-01-05"


class Answer(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Answer]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("shop")
    convert(CSV_FILES, data)
    return data


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Run a command in an empty working directory, as a shell without an MLflow server would."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)

    def run_command(*arguments: object) -> Answer:
        monkeypatch.setattr(sys, "argv", ["scrubwatch", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            scrubwatch.main()
        return Answer(ended.value.code if isinstance(ended.value.code, int) else 0, *capsys.readouterr())

    return run_command


def test_check_prints_a_line_a_table_and_what_is_missing(run: Run, shop: Path) -> None:
    answer = run("check", shop)
    assert answer.code == 0
    rows = {line.split()[0]: line.split()[1:] for line in answer.out.splitlines() if line.split()[0] in TABLES}
    assert rows["reviews"] == ["188", "188", "0", "188", "0", "0", "0", "0"]
    assert rows["review_actions"] == ["21", "21", "0", "21", "0", "0", "0", "0"]
    assert "columns that review_actions lacks: new_rating, queue, trigger\n" in answer.out
    assert "not handed in, so what needs them is missing, not zero: tickets, sales, account_actions, " in answer.out


def test_check_names_the_rule_of_quarantined_rows(run: Run, shop: Path, tmp_path: Path) -> None:
    data = _copy(shop, tmp_path)
    reviews = pd.read_parquet(data / "reviews.parquet")
    reviews.loc[[3, 4], "rating"] = [0, 6]
    reviews.to_parquet(data / "reviews.parquet", index=False)
    answer = run("check", data)
    assert answer.code == 0
    assert "quarantined in reviews: 2 rows break the rule rating_out_of_range\n" in answer.out


def test_check_lands_nothing(run: Run, shop: Path) -> None:
    run("check", shop, "--store", "held")
    assert not Path("held/manifest.json").exists()


def test_json_is_all_of_standard_output(run: Run, shop: Path) -> None:
    answer = run("check", shop, "--json")
    assert json.loads(answer.out)["tables"]["sellers"]["new"] == 12
    assert answer.err == ""


def test_features_writes_a_row_a_seller_and_cutoff(run: Run, shop: Path) -> None:
    answer = run("features", shop, "--as-of", CUTOFF, "--as-of", "2025-12-15", "--out", "signals.parquet", "--json")
    assert answer.code == 0
    table = pd.read_parquet("signals.parquet")
    assert table.groupby("as_of").size().to_dict() == {pd.Timestamp("2025-12-15"): 12, pd.Timestamp(CUTOFF): 12}
    assert json.loads(answer.out)["rows"] == 24


def test_score_without_verdicts_puts_the_seller_with_removed_complaints_first(run: Run, shop: Path) -> None:
    answer = run("score", shop, "--as-of", CUTOFF, "--out", "scores")
    assert answer.code == 0
    first = pq.read_table("scores/scores.parquet").to_pylist()[0]
    assert (first["seller_id"], first["rank"], first["score"]) == ("larch", 1, None)
    assert "Staff removed 6 bad reviews that came in no flood in 91 days" in first["reasons"][0]["text"]
    assert "12 sellers scored as of 2026-01-05 by day zero" in answer.out
    assert "a reason to look, not a finding" in answer.out


def test_retrain_without_verdicts_stays_at_day_zero(run: Run, shop: Path) -> None:
    answer = run("retrain", shop, "--as-of", CUTOFF)
    assert answer.code == 0
    assert answer.out.startswith("2026-01-05: day zero\nno verdict was recorded before this date\n")


def test_promote_without_any_model_says_what_makes_one(run: Run) -> None:
    answer = run("promote", "1", "--why", "because")
    assert (answer.code, answer.out) == (4, "")
    assert answer.err == "store: no model was ever registered here; `scrubwatch retrain` makes one\n"


def test_the_audit_log_is_shown_and_verified(run: Run) -> None:
    log = AuditLog(Path("store"), 5)
    head = log.append(
        datetime(2026, 1, 5, tzinfo=UTC), "ada", "promoted", "better", {"version": "seller-risk 2"}
    ).digest
    assert run("audit", "show").out == "2026-01-05T00:00:00+00:00  ada promoted version seller-risk 2: better\n"
    assert run("audit", "verify", "--head", head).out == f"1 entries, whole; head {head}\n"
    assert json.loads(run("audit", "verify", "--json").out) == {"entries": 1, "head": head}
    cut = run("audit", "verify", "--head", "0" * 64)
    assert cut.code == 1
    assert "the log was cut off or replaced after that head was written down" in cut.err


def test_init_writes_settings_and_tables_that_keep_the_contract(run: Run) -> None:
    assert run("init", "mine").code == 0
    assert sorted(inspect(Path("mine/data"), {}, {}).tables) == sorted(TABLES)
    assert run("check", "mine/data", "--config", "mine/scrubwatch.yaml").err.count("required table is empty") == 4
    assert "scrubwatch check mine/data --config mine/scrubwatch.yaml" in Path("mine/README.md").read_text()


@pytest.mark.parametrize(("ids", "kind"), [("string", "string"), ("integer", "int64")])
def test_init_gives_keys_the_type_that_is_asked_for(run: Run, ids: str, kind: str) -> None:
    run("init", "mine", "--ids", ids)
    assert str(pq.read_schema("mine/data/sales.parquet").field("product_id").type) == kind


def test_init_overwrites_nothing(run: Run) -> None:
    Path("mine").mkdir()
    Path("mine/notes.txt").touch()
    answer = run("init", "mine")
    assert (answer.code, answer.err) == (2, "mine: exists already and nothing is overwritten; name a new folder\n")
    assert [path.name for path in Path("mine").iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("command", [("check",), ("retrain", "--as-of", CUTOFF)], ids=["check", "retrain"])
def test_a_folder_that_is_absent_ends_with_2(run: Run, command: tuple[str, ...]) -> None:
    answer = run(*command, "nowhere")
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("nowhere: no such folder")


@pytest.mark.parametrize("given", ["2026-02-30", "yesterday", "05.01.2026"])
def test_a_cutoff_that_is_no_date_ends_with_2_and_shows_the_form(run: Run, shop: Path, given: str) -> None:
    answer = run("score", shop, "--out", "scores", "--as-of", given)
    assert answer.code == 2
    assert f"'{given}' is no date; give one as YYYY-MM-DD" in answer.err


def test_a_broken_contract_ends_with_3_and_one_message(run: Run, shop: Path, tmp_path: Path) -> None:
    data = _copy(shop, tmp_path)
    (data / "review_actions.parquet").unlink()
    answer = run("score", data, "--as-of", CUTOFF, "--out", "scores")
    assert (answer.code, answer.out) == (3, "")
    assert "review_actions: required table is missing" in answer.err
    assert "Traceback" not in answer.err
    assert not Path("scores").exists()


def test_a_stalled_feed_ends_with_3_unless_it_is_allowed(run: Run, shop: Path) -> None:
    late = ("--as-of", "2026-01-14", "--allow-incomplete", "--store", "held")
    assert run("check", shop, *late).code == 3
    answer = run("check", shop, *late, "--allow-stale", "reviews", "--allow-stale", "review_actions")
    assert answer.code == 0
    assert "allow-stale reviews\n" in answer.out


def test_a_model_that_is_unknown_ends_with_4(run: Run, shop: Path) -> None:
    answer = run("score", shop, "--as-of", CUTOFF, "--out", "scores", "--model", "17")
    assert (answer.code, answer.out) == (4, "")
    assert "17" in answer.err


def test_a_store_that_is_held_ends_with_5(run: Run, shop: Path, tmp_path: Path) -> None:
    (tmp_path / "held" / "locks").mkdir(parents=True)
    with filelock.FileLock(tmp_path / "held" / "locks" / "store.lock"):
        answer = run("check", shop, "--store", "held", "--wait", "0")
    assert (answer.code, answer.out) == (5, "")
    assert answer.err.startswith("held: another run has held this store")


def test_a_setting_that_is_unknown_ends_with_2_and_names_the_near_one(run: Run, shop: Path, tmp_path: Path) -> None:
    text = (ROOT / "configs" / "scrubwatch.yaml").read_text(encoding="utf-8")
    (tmp_path / "mine.yaml").write_text(text.replace("orphan_after_days", "orphans_after_days"), encoding="utf-8")
    answer = run("check", shop, "--config", "mine.yaml")
    assert answer.code == 2
    assert "unknown setting 'contract.orphans_after_days'; did you mean 'contract.orphan_after_days'?" in answer.err


def test_an_unexpected_failure_keeps_its_traceback(shop: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("features.intake.take_in", fail)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["scrubwatch", "check", str(shop)])
    with pytest.raises(ZeroDivisionError):
        scrubwatch.main()


def test_simulate_writes_the_truth_apart(run: Run) -> None:
    answer = run("simulate", "market", "--sellers", "20", "--weeks", "8", "--seed", "3")
    assert answer.code == 0
    assert "the last cutoff is 2024-02-26" in answer.out
    assert sorted(path.name for path in Path().iterdir()) == ["market", "market-truth"]
    delivered = inspect(Path("market"), {}, {}).tables
    assert {"sellers", "products", "reviews", "review_actions", "search_ranks", "staff"} <= delivered.keys()


def test_simulate_names_the_known_scenarios(run: Run) -> None:
    answer = run("simulate", "market", "--scenario", "calm")
    assert answer.code == 2
    assert "unknown scenario 'calm'; known are: crisis, default" in answer.err


@pytest.mark.parametrize("command", [("simulate", "there"), ("demo", "--folder", "there")], ids=["simulate", "demo"])
def test_simulated_markets_overwrite_nothing(run: Run, command: tuple[str, ...]) -> None:
    Path("there").mkdir()
    answer = run(*command)
    assert answer.code == 2
    assert answer.err.startswith("there: exists already and nothing is overwritten")


def test_demo_lists_ten_sellers_with_reasons_and_compares_them_with_the_truth(run: Run) -> None:
    answer = run("demo", "--sellers", "150", "--weeks", "56")
    assert answer.code == 0
    assert "Most suspicious as of 2025-01-27" in answer.out
    assert "sellers run a scheme at the cutoff" in answer.out
    assert "precision of the first 10: " in answer.out
    assert all(f"{name}: demo/{name}\n" in answer.out for name in ("data", "truth", "store", "scores"))
    listed = pq.read_table("demo/scores/scores.parquet").to_pylist()
    assert all(row["as_of"] == date(2025, 1, 27) for row in listed)


def _copy(data: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(data, tmp_path / "copy"))


def test_an_engine_that_is_not_installed_is_named_with_the_way_to_install_it(
    run: Run, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "pyspark" else find(name))
    answer = run("features", shop, "--as-of", CUTOFF, "--engine", "spark", "--out", "signals.parquet")
    assert answer.code == 2
    assert "pip install 'pyspark>=4.0,<5'" in answer.err


def test_a_catalogue_is_no_data_set_for_duckdb(run: Run) -> None:
    answer = run("score", "lake.market", "--as-of", CUTOFF, "--out", "scores")
    assert answer.code == 2
    assert "lake.market: no such folder" in answer.err
    assert "--engine spark" in answer.err
