"""What is installed: the wheel, the lock, the imports, and the cost of starting."""

from __future__ import annotations

import os
import re
import resource
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
SCRUBWATCH = Path(sys.executable).with_name("scrubwatch")
PACKAGES = ("commands", "configs", "features", "model", "scoring", "simulator", "training")
LOCK, BROWSER_LOCK, DOCS_LOCK, SPARK_LOCK = (
    "requirements.lock",
    "requirements-browser.lock",
    "requirements-docs.lock",
    "requirements-spark.lock",
)
HEAVY = ("duckdb", "lightgbm", "mlflow", "numpy", "pandas", "pyarrow", "scipy", "sklearn")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("source") / "tree"
    left_out = shutil.ignore_patterns(".*", "__pycache__", "build", "*.egg-info", "store", "demo", "real", "runs")
    shutil.copytree(ROOT, copy, ignore=left_out)
    return copy


@pytest.fixture(scope="module")
def wheel_names(source: Path, tmp_path_factory: pytest.TempPathFactory) -> frozenset[str]:
    built = tmp_path_factory.mktemp("wheel")
    command = ["-m", "pip", "-qq", "wheel", "--no-build-isolation", "--no-deps", "--no-index", "--wheel-dir"]
    subprocess.run([sys.executable, *command, str(built), str(source)], check=True, timeout=120)
    (wheel,) = built.glob("scrubwatch-*.whl")
    return frozenset(zipfile.ZipFile(wheel).namelist())


def test_the_wheel_holds_the_packages_and_the_command_only(wheel_names: frozenset[str]) -> None:
    tops = {name.split("/")[0] for name in wheel_names if ".dist-info/" not in name}
    assert tops == {*PACKAGES, "scrubwatch.py"}


def test_the_wheel_holds_every_module_of_its_packages(wheel_names: frozenset[str], source: Path) -> None:
    modules = {str(path.relative_to(source)) for package in PACKAGES for path in (source / package).rglob("*.py")}
    assert modules == {name for name in wheel_names if name.split("/")[0] in PACKAGES and name.endswith(".py")}


def test_the_wheel_holds_every_file_of_settings(wheel_names: frozenset[str], source: Path) -> None:
    settings = {str(path.relative_to(source)) for path in (source / "configs").rglob("*.yaml")}
    assert {"configs/scrubwatch.yaml", "configs/simulator.yaml", "configs/scenarios/default.yaml"} <= settings
    assert settings | {"configs/start.md"} <= wheel_names


def test_the_wheel_holds_every_part_of_the_pages(wheel_names: frozenset[str], source: Path) -> None:
    kinds = {".html", ".css", ".js"}
    files = [path for package in PACKAGES for path in (source / package).rglob("*") if path.suffix in kinds]
    assert {"report.html", "report.css", "start.js", "base.html"} <= {path.name for path in files}
    assert {str(path.relative_to(source)) for path in files} <= wheel_names


def test_the_lock_satisfies_every_requirement() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    texts = [*project["dependencies"], *(text for extra in extras.values() for text in extra)]
    wanted = [Requirement(text) for text in texts]
    locked = _locked(SPARK_LOCK) | _locked(DOCS_LOCK) | _locked(BROWSER_LOCK) | _locked(LOCK)
    unmet = [str(each) for each in wanted if locked.get(canonicalize_name(each.name), "") not in each.specifier]
    assert unmet == []


@pytest.mark.parametrize("file", [BROWSER_LOCK, DOCS_LOCK, SPARK_LOCK])
def test_the_locks_agree_on_what_both_hold(file: str) -> None:
    core, extra = _locked(LOCK), _locked(file)
    assert {name: core[name] for name in core.keys() & extra} == {name: extra[name] for name in core.keys() & extra}


@pytest.mark.parametrize("file", [LOCK, BROWSER_LOCK, DOCS_LOCK, SPARK_LOCK])
def test_the_lock_names_no_host(file: str) -> None:
    lock = (ROOT / file).read_text(encoding="utf-8")
    assert "://" not in lock
    assert "--index-url" not in lock


def _locked(file: str) -> dict[str, str]:
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    pins = [line.split(" ")[0].split("==") for line in lines if "==" in line and not line.startswith((" ", "#"))]
    return {canonicalize_name(name): version for name, version in pins}


def test_help_takes_under_half_a_cpu_second() -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([SCRUBWATCH, "--help"], check=True, capture_output=True, timeout=60)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime) < 0.5


def test_the_command_line_imports_nothing_heavy() -> None:
    code = f"import sys, scrubwatch, commands.terminal; print([name for name in {HEAVY} if name in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60)
    assert answer.stdout == "[]\n"


def test_imports_keep_their_contract() -> None:
    checker = Path(sys.executable).with_name("lint-imports")
    answer = subprocess.run([checker, "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert answer.returncode == 0, answer.stdout


@pytest.mark.parametrize("package", ["features", "model", "training", "scoring"])
@pytest.mark.parametrize("files", [("__init__.py",), ()], ids=["package", "plain folder"])
def test_a_package_that_shadows_ours_is_named(package: str, files: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / package).mkdir()
    for name in files:
        (tmp_path / package / name).touch()
    shadowed = {**os.environ, "PYTHONPATH": str(tmp_path)}
    answer = subprocess.run(
        [SCRUBWATCH, "--help"], env=shadowed, capture_output=True, text=True, timeout=60, check=False
    )
    assert answer.returncode == 2
    assert f"the package '{package}' must lie beside" in answer.stderr
    assert f"was found at {tmp_path / package}" in answer.stderr


def test_the_licences_page_names_every_locked_package_and_no_other() -> None:
    from benchmarks.licences import locked  # noqa: PLC0415  (imported from the repository, which is not installed)

    page = (ROOT / "docs" / "licences.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1:3] for line in page.splitlines() if line.startswith("| ")][2:]
    told = [(name.strip(), version.strip()) for name, version in rows]
    assert told == [(name, version.rstrip(";")) for name, version in locked()], (
        "docs/licences.md is stale: run `python -m benchmarks.licences --write docs/licences.md`"
    )


def test_what_trials_leave_in_the_project_is_not_kept() -> None:
    ignored = {line.strip("/") for line in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()}
    named = re.compile(r'"--work", type=Path, default=Path\("([^"]+)"\)')
    left = {name for file in (ROOT / "benchmarks").rglob("*.py") for name in named.findall(file.read_text("utf-8"))}
    assert len(left) > 5
    assert left <= ignored
