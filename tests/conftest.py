"""Where tests write: in memory where there is room, for they make many small files and want none of them kept."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")  # noqa: S108  (each test has a folder of its own in it, as it has in /tmp)
NEEDED_BYTES = 4 << 30


def pytest_configure() -> None:
    """Tell this process and those that it starts; whoever sets TMPDIR is obeyed."""
    if "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK) or shutil.disk_usage(MEMORY).free < NEEDED_BYTES:
        return
    os.environ["TMPDIR"] = str(MEMORY)
    tempfile.tempdir = None
