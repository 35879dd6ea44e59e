"""The worked notebook runs, cell after cell, on a smaller market; what it offers is imported when asked for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import features
import training

ROOT = Path(__file__).parent.parent
NOTEBOOK = ROOT / "examples" / "notebook.py"


def test_every_cell_runs(tmp_path: Path) -> None:
    text = NOTEBOOK.read_text(encoding="utf-8")
    smaller = text.replace("SELLERS, WEEKS = 400, 80", "SELLERS, WEEKS = 150, 80")
    assert smaller != text
    (tmp_path / "notebook.py").write_text(smaller, encoding="utf-8")
    shell = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}
    told = subprocess.run(
        [sys.executable, "notebook.py"],
        cwd=tmp_path,
        env={**shell, "MPLBACKEND": "agg", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    assert "the idea: average precision" in told.stdout
    assert "('classifier.max_depth', '4', '2')" in told.stdout
    assert "culprits found since are on its list" in told.stdout
    assert (tmp_path / "notebook" / "culprits.png").stat().st_size > 1_000


def test_nothing_else_is_offered() -> None:
    for package in (features, training):
        with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
            package.nonsense  # noqa: B018


def test_a_command_that_computes_nothing_starts_without_pandas() -> None:
    code = "import features, training, sys; sys.exit('pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
