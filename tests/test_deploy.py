"""What lies in deploy/ is what systemd, cron and a shell accept, and the jobs keep the contract that it tells."""

import configparser
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from examples.from_csv.convert import convert

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
CUTOFF = "2026-01-05"


def _environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}
    return {**kept, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}", **more}


def _unit(name: str) -> configparser.ConfigParser:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # systemd's names have capitals
    unit.read_string((DEPLOY / name).read_text(encoding="utf-8"))
    return unit


def test_the_units_name_a_weekly_job_that_is_tried_again_only_if_the_store_was_held() -> None:
    service, timer = _unit("scrubwatch.service"), _unit("scrubwatch.timer")
    assert service["Service"]["Type"] == "exec"
    assert service["Service"]["RestartForceExitStatus"] == "5"
    assert service["Service"]["ExecStart"].split()[0].endswith("deploy/weekly.sh")
    assert timer["Timer"]["OnCalendar"].startswith("Mon ")
    assert timer["Timer"]["Persistent"] == "true"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not here")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    """Its program is put where it is found; whether the user exists is the installation's business."""
    service = (DEPLOY / "scrubwatch.service").read_text(encoding="utf-8")
    (tmp_path / "scrubwatch.service").write_text(
        service.replace("/opt/scrubwatch/deploy/weekly.sh", str(DEPLOY / "weekly.sh")), encoding="utf-8"
    )
    shutil.copy(DEPLOY / "scrubwatch.timer", tmp_path)
    units = [str(tmp_path / f"scrubwatch.{kind}") for kind in ("service", "timer")]
    answer = subprocess.run(
        [str(shutil.which("systemd-analyze")), "verify", *units],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "scrubwatch." not in answer.stderr, answer.stderr


def test_the_container_installs_what_is_locked_and_what_cron_starts() -> None:
    text = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    assert "--require-hashes -r requirements.lock" in text
    for given in re.findall(r"(?:deploy/)[\w.]+", text):
        assert (ROOT / given).is_file(), given
    lines = [line for line in (DEPLOY / "crontab").read_text(encoding="utf-8").splitlines() if re.match(r"[\d*]", line)]
    assert [line.split()[:6] for line in lines] == [["0", "4", "*", "*", "1", "scrubwatch"]]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("shop") / "data"
    convert(ROOT / "examples" / "from_csv", data)
    return data


def _weekly(data: Path, store: Path) -> "subprocess.CompletedProcess[str]":
    store.mkdir(exist_ok=True)
    command = ["/bin/sh", str(DEPLOY / "weekly.sh"), str(data), str(store), CUTOFF]
    return subprocess.run(command, env=_environment(), capture_output=True, text=True, timeout=300, check=False)


def test_the_weekly_script_leaves_json_of_both_jobs_and_a_second_run_the_same_scores(
    shop: Path, tmp_path: Path
) -> None:
    store = tmp_path / "store"
    scores = store / "scores" / CUTOFF / "scores.parquet"
    assert _weekly(shop, store).returncode == 0
    assert json.loads((store / f"retrain-{CUTOFF}.json").read_text(encoding="utf-8"))["outcome"] == "day zero"
    first = scores.read_bytes()
    assert _weekly(shop, store).returncode == 0
    assert json.loads((store / f"retrain-{CUTOFF}.json").read_text(encoding="utf-8"))["repeated"] is True
    assert json.loads((store / f"score-{CUTOFF}.json").read_text(encoding="utf-8"))["as_of"] == CUTOFF
    assert scores.read_bytes() == first


def test_broken_data_end_the_weekly_script_with_3(shop: Path, tmp_path: Path) -> None:
    broken = shutil.copytree(shop, tmp_path / "data")
    (broken / "reviews.parquet").unlink()
    answer = _weekly(broken, tmp_path / "store")
    assert answer.returncode == 3
    assert "reviews" in answer.stderr


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("retrain", "nowhere", "--as-of", CUTOFF), 2),
        (("retrain", "nowhere", "--as-of", "yesterday"), 2),
        (("rollback", "--why", "worse lists"), 4),
        (("sync",), 0),
    ],
)
def test_commands_end_with_the_code_that_is_told(arguments: tuple[str, ...], code: int, tmp_path: Path) -> None:
    scrubwatch = Path(sys.executable).with_name("scrubwatch")
    answer = subprocess.run(
        [scrubwatch, *arguments], cwd=tmp_path, env=_environment(), capture_output=True, timeout=120, check=False
    )
    assert answer.returncode == code
