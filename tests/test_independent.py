"""The same data give the same bytes in another time zone and language, with other hash seeds, threads and parts."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from examples.from_csv.convert import convert

ROOT = Path(__file__).parent.parent
JOBS = """
import sys
from pathlib import Path
import features.week_files
features.week_files._ROWS_A_MB = float(sys.argv[1])
sys.argv = ["scrubwatch", *sys.argv[2:]]
from scrubwatch import main
main()
"""
SURROUNDINGS = {
    "another zone and language": ({"TZ": "Asia/Kathmandu", "LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"}, 2, 1_000.0),
    "another hash seed and no language": (
        {"PYTHONHASHSEED": "77", "LC_ALL": "C", "TZ": "America/St_Johns"},
        2,
        1_000.0,
    ),
    "one thread and small parts": ({"PYTHONHASHSEED": "1", "OMP_NUM_THREADS": "1"}, 1, 0.0001),
}


def scored(folder: Path, shop: Path, environment: dict[str, str], threads: int, rows_a_mb: float) -> dict[str, str]:
    """Digests of what a scoring run writes, the record and the page, which tell of the run, aside."""
    settings = yaml.safe_load((ROOT / "configs" / "scrubwatch.yaml").read_text(encoding="utf-8"))
    settings["engine"]["threads"] = threads
    settings["privacy"]["key_file"] = str(folder / "key")
    (folder / "key").write_text("a key of sixteen bytes and more", encoding="utf-8")
    (folder / "settings.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    given = ["score", shop, "--as-of", "2026-01-05", "--store", folder / "store", "--out", folder / "out"]
    command = [sys.executable, "-c", JOBS, str(rows_a_mb), *map(str, given), "--config", str(folder / "settings.yaml")]
    inherited = {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"}
    surroundings = {**inherited, "PYTHONPATH": str(ROOT), **environment}
    ended = subprocess.run(command, cwd=folder, env=surroundings, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    written = {path.relative_to(folder): path for path in (folder / "out").rglob("*.parquet")}
    signals = json.loads((folder / "store" / "manifest.json").read_text(encoding="utf-8"))["files"]
    digests = {str(name): hashlib.sha256(path.read_bytes()).hexdigest() for name, path in written.items()}
    return digests | {name: entry["sha256"] for name, entry in signals.items() if name.startswith(("signals", "tiles"))}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("shop")
    convert(ROOT / "examples" / "from_csv", data)
    return data


@pytest.fixture(scope="module")
def usual(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return scored(tmp_path_factory.mktemp("usual"), shop, {}, 2, 1_000.0)


@pytest.mark.parametrize(("environment", "threads", "rows_a_mb"), SURROUNDINGS.values(), ids=SURROUNDINGS)
def test_tiles_signals_and_scores_are_the_same_bytes(
    environment: dict[str, str], threads: int, rows_a_mb: float, shop: Path, usual: dict[str, str], tmp_path: Path
) -> None:
    assert len(usual) > 20
    assert scored(tmp_path, shop, environment, threads, rows_a_mb) == usual
