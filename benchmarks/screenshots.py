"""The README's pictures of the report: the queue and a case of a run, at 1280 x 800, as docs/report*.png."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from benchmarks.chromium import NoBrowser, chromium

LARGEST = 300_000
"""Bytes of a picture, at most."""


def main() -> int:
    """Draw the pictures of a run's report, as ``make demo`` leaves it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, default=Path("demo/scores"), help="folder of a scoring run")
    parser.add_argument("--out", type=Path, default=Path("docs"), help="folder of the pictures")
    given = parser.parse_args()
    page = given.run / "report.html"
    if not page.is_file():
        print(f"{page} is not there; `make demo` writes one", file=sys.stderr)
        return 2
    try:
        with chromium() as browser:
            pictures = draw(browser, page.resolve(), given.out)
    except NoBrowser as missing:
        print(missing, file=sys.stderr)
        return 2
    too_large = [picture for picture in pictures if picture.stat().st_size > LARGEST]
    for picture in pictures:
        print(f"{picture}: {picture.stat().st_size:,} bytes")
    return 1 if too_large else 0


def draw(browser: Any, page: Path, out: Path) -> list[Path]:
    """Draw the queue, the first screen of its most telling case, and that case's weeks."""
    browser.get(f"file://{page}")
    pictures = [_shot(browser, out / "report.png")]
    browser.get(f"file://{page}#case={_telling(browser)}")
    pictures.append(_shot(browser, out / "report_case.png"))
    browser.execute_script("document.getElementById('time').scrollIntoView()")
    return [*pictures, _shot(browser, out / "report_weeks.png")]


def _telling(browser: Any) -> str:
    """The first case of a ring with linked cases; the first of all where there is none."""
    script = """
const sheets = page.queue.map((row, at) => JSON.parse(document.getElementById(`case-${at}`).textContent));
return (sheets.find((sheet) => sheet.linked.length > 0) ?? sheets[0]).case_id;
"""
    return str(browser.execute_script(script))


def _shot(browser: Any, picture: Path) -> Path:
    browser.save_screenshot(str(picture))
    return picture


if __name__ == "__main__":
    sys.exit(main())
