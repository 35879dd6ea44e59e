"""Self-contained HTML pages: templates filled in, figures as SVG inside; nothing is fetched when they are opened."""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2

if TYPE_CHECKING:
    from matplotlib.figure import Figure

from model.metrics import Estimate

_TEMPLATES = Path(__file__).parent / "pages"


def fill_in(template: str, folder: Path = _TEMPLATES, **values: Any) -> str:
    """Fill a template of the folder in; every value is escaped unless the template says otherwise.

    All extend ``base.html``, which lies in ``training/pages``.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([folder, _TEMPLATES]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"number": number, "signed": signed, "interval": interval}
    return environment.get_template(template).render(**values)


def write_page(place: Path, page: str) -> None:
    """Write a page, in a folder that is made if it is not there."""
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(page, encoding="utf-8")


def number(value: float | None) -> str:
    """A figure with three digits; a dash where it was not measured."""
    return "-" if value is None or math.isnan(value) else f"{value:.3f}"


def signed(value: float) -> str:
    """A difference with its sign; a dash where it was not measured."""
    return "-" if math.isnan(value) else f"{value:+.3f}"


def interval(found: Estimate) -> str:
    """The interval of a figure, or how many cases there were where these are too few."""
    if found.method == "count" or math.isnan(found.low):
        return f"{found.positive_cases} cases"
    return f"{found.low:.3f} to {found.high:.3f}"


def as_svg(figure: Figure) -> str:
    """The figure as an SVG element, the same bytes for the same figure."""
    from matplotlib import rc_context  # noqa: PLC0415  (costs a second)

    image = io.StringIO()
    with rc_context({"svg.hashsalt": "scrubwatch", "svg.fonttype": "none"}):
        figure.savefig(image, format="svg", metadata={"Date": None}, bbox_inches="tight")
    text = image.getvalue()
    return text[text.index("<svg") :]
