"""The pages of a run: content, style and script in one file each, that fetches nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from markupsafe import Markup

from scoring.report.run_files import RestrictedFiles, Row
from training.page import fill_in

_HERE = Path(__file__).parent
_SCRIPTS = ("dom.js", "charts.js", "decisions.js", "queue.js", "sheet.js", "case.js", "start.js")


def report_page(content: Mapping[str, Any]) -> str:
    """The page as HTML, from `page_content`."""
    overview = content["overview"]
    return fill_in(
        "report.html",
        _HERE,
        title=f"Scrubwatch, sellers listed as of {overview['as_of']}",
        caveat=overview["caveat"],
        style=_file("report.css"),
        script=Markup("\n").join(_file(name) for name in _SCRIPTS),
        overview=embedded(overview),
        cases=[embedded(case) for case in content["cases"]],
        histories=[embedded(history) for history in content["histories"]],
    )


def staff_page(record: Row, restricted: RestrictedFiles) -> str:
    """The page that names members of staff and reviewers, as HTML.

    Args:
        record: ``run.json``.
        restricted: what the run wrote for its owner.

    """
    return fill_in(
        "report_staff.html",
        _HERE,
        title=f"Scrubwatch, staff as of {record['as_of']}",
        caveat=record["caveat"],
        style=_file("report.css"),
        as_of=record["as_of"],
        false_share=record["staff"]["rules"]["false_share"],
        messages=record["staff"]["messages"],
        staff=restricted.staff,
        listed=[row for row in restricted.staff if row["alerted"]],
        others=[row for row in restricted.staff if not row["alerted"]],
        serves={row["actor_id"]: row["sellers"] for row in restricted.staff},
        rings=restricted.rings,
        exposed=restricted.exposed,
    )


def embedded(value: Any) -> Markup:
    """JSON that can stand in a script element: without ``<`` nothing in it ends the element or begins another."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("<", "\\u003c"))  # noqa: S704  (nothing is left that HTML would read)


def _file(name: str) -> Markup:
    return Markup((_HERE / name).read_text(encoding="utf-8"))  # noqa: S704  (our own file)
