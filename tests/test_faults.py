"""Kills, full disks and stores that cannot be written: a clear end, and a second run that makes good."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from examples.from_csv.convert import convert

ROOT = Path(__file__).parent.parent
LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)),) * 2)
from scrubwatch import main
main()
"""
WITHOUT_RIGHTS = "-dac_override,-dac_read_search,-fowner"


def python(*arguments: object, before: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
    command = [*before, sys.executable, *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("MLFLOW_TRACKING_URI", None)
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("shop")
    convert(ROOT / "examples" / "from_csv", data)
    return data


def features(shop: Path, store: Path) -> tuple[object, ...]:
    out = store.with_name(f"{store.name}.parquet")
    return ("features", shop, "--as-of", "2026-01-05", "--store", store, "--out", out)


@pytest.fixture(scope="module")
def undisturbed(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    store = tmp_path_factory.mktemp("undisturbed") / "store"
    assert python("-m", "scrubwatch", *features(shop, store)).returncode == 0
    return store.with_name("store.parquet").read_bytes()


def assert_said_and_made_good(
    ended: subprocess.CompletedProcess[str], shop: Path, store: Path, undisturbed: bytes
) -> None:
    assert ended.returncode == 1, ended.stderr
    assert ended.stderr.startswith("could not write or read: ")
    assert "Traceback" not in ended.stderr
    again = python("-m", "scrubwatch", *features(shop, store))
    assert again.returncode == 0, again.stderr
    assert store.with_name(f"{store.name}.parquet").read_bytes() == undisturbed


def test_a_file_that_may_not_grow_is_said_and_harms_nothing(shop: Path, undisturbed: bytes, tmp_path: Path) -> None:
    ended = python("-c", LIMITED, 9_000, *features(shop, tmp_path / "store"))
    assert_said_and_made_good(ended, shop, tmp_path / "store", undisturbed)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 200 kB, where one may be mounted."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = shutil.which("mount")
    if mount is None or os.geteuid() != 0:
        pytest.skip("only root mounts a disk")
    mounted = subprocess.run([mount, "-t", "tmpfs", "-o", "size=200k", "tmpfs", disk], capture_output=True, check=False)
    if mounted.returncode != 0:
        pytest.skip("no disk can be mounted here")
    yield disk
    subprocess.run([str(shutil.which("umount")), disk], check=True)


def test_a_full_disk_is_said_and_harms_nothing(
    small_disk: Path, shop: Path, undisturbed: bytes, tmp_path: Path
) -> None:
    ended = python("-m", "scrubwatch", *features(shop, small_disk / "store"))
    shutil.copytree(small_disk / "store", tmp_path / "store")
    assert_said_and_made_good(ended, shop, tmp_path / "store", undisturbed)


def test_a_store_that_cannot_be_written_is_said_and_stays_as_it_is(
    shop: Path, undisturbed: bytes, tmp_path: Path
) -> None:
    store, before = tmp_path / "store", ()
    if os.geteuid() == 0:
        drop = shutil.which("setpriv")
        if drop is None:
            pytest.skip("root may write everywhere, and setpriv, which takes that right, is not here")
        before = (drop, f"--bounding-set={WITHOUT_RIGHTS}", f"--inh-caps={WITHOUT_RIGHTS}")
    assert python("-m", "scrubwatch", "check", shop, "--store", store).returncode == 0
    folders = [store, *(path for path in store.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o500)
    held = sorted(path for path in store.rglob("*"))
    ended = python("-m", "scrubwatch", *features(shop, store), before=before)
    assert sorted(path for path in store.rglob("*")) == held
    for folder in folders:
        folder.chmod(0o700)
    assert_said_and_made_good(ended, shop, store, undisturbed)


def test_killed_at_some_of_its_write_points_a_job_comes_to_the_same() -> None:
    """All points of all jobs: `make trust`."""
    ended = python("-m", "benchmarks.crashes", "--jobs", "features", "--kills", "3")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "as undisturbed" in ended.stdout


def test_some_hostile_data_sets_end_as_the_contract_says() -> None:
    """An hour of them: `make trust`."""
    ended = python("-m", "benchmarks.fuzz", "--sets", "12", "--workers", "1")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout.startswith("12 data sets: ")
