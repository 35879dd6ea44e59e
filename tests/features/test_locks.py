"""What a run sets aside is its own while it lives, and goes with the next one when it was killed."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from features.locks import own_folder, sweep

DUCKDB = "duckdb-"


def killed(scratch: Path) -> None:
    """Let a process die while it holds a folder with a file."""
    child = os.fork()
    if child == 0:
        with own_folder(scratch, DUCKDB) as folder:
            (folder / "spilled").touch()
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)


def fails(scratch: Path) -> None:
    with own_folder(scratch, DUCKDB) as folder:
        (folder / "spilled").touch()
        raise ValueError


def test_a_folder_is_gone_at_the_end_whatever_happened(tmp_path: Path) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        fails(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_run_left_goes_with_the_next(tmp_path: Path) -> None:
    killed(tmp_path)
    assert len(list(tmp_path.iterdir())) == 2
    with own_folder(tmp_path, DUCKDB) as folder:
        assert {path.stem for path in tmp_path.iterdir()} == {folder.name}


def test_neither_another_run_nor_a_sweep_takes_a_living_folder(tmp_path: Path) -> None:
    (tmp_path / "signals-2025-01-06.parquet").touch()
    (tmp_path / "landing" / "reviews").mkdir(parents=True)
    with own_folder(tmp_path, DUCKDB) as living:
        (living / "spilled").touch()
        killed(tmp_path)
        with own_folder(tmp_path, DUCKDB):
            pass
        assert (tmp_path / "landing").is_dir()  # a writer's, who may be at work
        sweep(tmp_path)
        assert (living / "spilled").exists()
        assert {path.stem for path in tmp_path.iterdir()} == {living.name}


def test_a_lock_without_a_folder_is_swept(tmp_path: Path) -> None:
    (tmp_path / "duckdb-0123.lock").touch()
    sweep(tmp_path)
    assert list(tmp_path.iterdir()) == []
