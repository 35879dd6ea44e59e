"""Every command of the README runs, in its order, from an empty folder."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.pages import ROOT, commands_of, run_commands

README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = commands_of(README)

# What takes minutes, or never ends, runs as this instead.
REPLACED = {
    "make demo": f"grep -q 'scrubwatch demo$' {ROOT}/Makefile",  # which tests/test_command.py runs
    "make test": f"grep -q '^test:' {ROOT}/Makefile",  # this very run
    ". .venv/bin/activate": "python -c 'import scrubwatch'",  # the environment that runs the tests
    "mlflow ui --backend-store-uri sqlite:///store/mlflow.db": "test -s store/mlflow.db; mlflow ui --help",
}


def test_every_replaced_command_is_in_the_readme() -> None:
    assert REPLACED.keys() <= set(COMMANDS)


def test_the_readme_names_every_command() -> None:
    told = subprocess.run([_beside("scrubwatch"), "--help"], capture_output=True, text=True, check=True, timeout=60)
    names = re.findall(r"^  (\w+)  ", told.stdout.split("Commands:")[1], re.MULTILINE)
    assert len(names) >= 7
    assert [name for name in names if f"`{name}" not in README] == []


def test_every_command_runs(tmp_path: Path) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    printed = run_commands(COMMANDS, tmp_path, REPLACED)
    shop = re.findall(r"^ +\d+   (larch|birch) +([\d.]+)   (.*)$", README, re.MULTILINE)
    assert len(shop) == 2
    assert [row for row in shop if " ".join(row) not in " ".join(printed.split())] == []
    assert {"shop", "shop-scores", "mymarket", "market", "signals.parquet", "scores"} <= {
        p.name for p in tmp_path.iterdir()
    }


def _beside(name: str) -> Path:
    return Path(sys.executable).with_name(name)
