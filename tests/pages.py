"""The blocks of a page that readers copy into a shell, and how tests run them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
_BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```", re.DOTALL | re.MULTILINE)


def commands_of(page: str) -> list[str]:
    """The commands of a page in their order: each line of its shell blocks, and each Python block as one command."""
    commands = []
    for language, text in _BLOCK.findall(page):
        lines = [line for line in text.splitlines() if line.strip()]
        commands += lines if language == "sh" else [f"python - <<'END'\n{text}END"]
    return commands


def run_commands(commands: Sequence[str], folder: Path, replaced: Mapping[str, str]) -> str:
    """Run them in one shell, as if typed by somebody who has no MLflow server; returns what they printed."""
    shell = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}
    shell["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{shell['PATH']}"
    script = "\n".join(replaced.get(command, command) for command in commands)
    answer = subprocess.run(
        ["/bin/sh", "-exc", script],
        cwd=folder,
        env=shell,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert answer.returncode == 0, f"{answer.stdout}\n{answer.stderr}"
    return answer.stdout
