"""The oldest versions that pyproject.toml allows: an environment of them, and the tests in it.

python -m benchmarks.oldest VENV [--only-print] [PYTEST ARGUMENT...]

Makes the environment VENV with the lower bound of every dependency, what they need in turn as pip chooses, and runs the
tests in it. Without arguments for pytest all that need no browser. Old libraries call what newer ones below them have
since deprecated, so such warnings are no errors here; tools for linting are not installed, so imports stay unchecked.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
_BOUND = re.compile(r"^([A-Za-z0-9_.-]+)\s*>=\s*([0-9.]+)")

_LENIENT = (
    "-W",
    "ignore::DeprecationWarning",
    "--deselect",
    "tests/test_packaging.py::test_imports_keep_their_contract",
)
_TESTING = ("hypothesis", "pytest", "setuptools", "wheel")


def oldest(project: Path) -> Iterator[str]:
    """Each dependency at its lower bound, and what runs the tests; one without a bound stands as it is."""
    told = tomllib.loads(project.read_text(encoding="utf-8"))["project"]
    testing = [each for each in told["optional-dependencies"]["develop"] if each.startswith(_TESTING)]
    for requirement in (*told["dependencies"], *testing):
        bound = _BOUND.match(requirement)
        yield f"{bound[1]}=={bound[2]}" if bound else requirement


def main() -> None:
    """Make the environment, say what is in it, and end as its tests do."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("venv", type=Path)
    parser.add_argument("--only-print", action="store_true", help="print the versions alone")
    given, tests = parser.parse_known_args()
    wanted = list(oldest(ROOT / "pyproject.toml"))
    print("\n".join(wanted))
    if given.only_print:
        return
    subprocess.run([sys.executable, "-m", "venv", given.venv], check=True)
    python = given.venv.resolve() / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *wanted], check=True)
    install = [python, "-m", "pip", "install", "-q", "--no-build-isolation", "--no-deps", "-e", ROOT]
    subprocess.run(install, check=True)
    arguments = tests or ["--ignore", "tests/browser", "-n", "2", "--dist", "worksteal"]
    sys.exit(subprocess.run([python, "-m", "pytest", "-q", *_LENIENT, *arguments], cwd=ROOT, check=False).returncode)


if __name__ == "__main__":
    main()
