"""An invented run's page, opened in a browser; without one these tests are skipped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.chromium import NoBrowser, chromium
from model.settings import ReportSettings
from scoring.report.content import page_content
from scoring.report.page import report_page
from scoring.report.run_files import read_run
from tests.scoring.report_files import WEEKS, around, write_run


@pytest.fixture(scope="session")
def downloads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("downloads")


@pytest.fixture(scope="session")
def browser(downloads: Path) -> Iterator[Any]:
    try:
        with chromium(str(downloads)) as opened:
            yield opened
    except NoBrowser as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("run"), 20)


def make_run(folder: Path, cases: int) -> Path:
    """Write the files and the page of a run with so many cases."""
    write_run(folder, cases)
    settings = ReportSettings(weeks=WEEKS, links={"seller": "https://tools.example/sellers/{id}?view=all"})
    html = report_page(page_content(read_run(folder), around(cases), settings))
    (folder / "report.html").write_text(html, encoding="utf-8")
    return folder
