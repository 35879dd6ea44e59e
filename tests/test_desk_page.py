"""Every command of the page about the desk runs, in its order, from an empty folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

PAGE = (Path(__file__).parent.parent / "docs/desk.md").read_text(encoding="utf-8")


def test_the_worked_example_runs(tmp_path: Path) -> None:
    (script,) = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    shell = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}
    shell["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{shell['PATH']}"
    answer = subprocess.run(
        ["/bin/sh", "-e", "-c", script],
        cwd=tmp_path,
        env=shell,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    assert ": whole; " in answer.stdout
    assert "recomputed from the seller's rows" in answer.stdout
    done = re.findall(r" (held|released|packed|explained|gave a verdict) ", answer.stdout)
    assert {"held", "released", "packed", "explained", "gave a verdict"} <= set(done)
