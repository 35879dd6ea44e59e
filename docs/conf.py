"""How `make docs` makes a site of these pages: without the network, and refusing a page that would fetch something."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

sys.path.insert(0, str(Path(__file__).parent.parent))

project = "Scrubwatch"
html_title = "Scrubwatch"
html_theme = "furo"
html_copy_source = False
html_show_sphinx = False
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_heading_anchors = 3
highlight_language = "none"
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
autodoc_type_aliases = {"ArrayLike": "ArrayLike", "Floats": "Floats"}
python_maximum_signature_line_length = 80

FETCHED = re.compile(
    r"""<(?:script|img|iframe|source)[^>]*\ssrc=["'](?:https?:)?//|"""
    r"""<link[^>]*rel=["'](?:stylesheet|preload|preconnect|icon)["'][^>]*href=["'](?:https?:)?//"""
)
FETCHED_BY_STYLE = re.compile(r"""(?:url\(|@import)\s*["']?(?:https?:)?//""")


def refuse_what_is_fetched(app: Sphinx, failed: Exception | None) -> None:
    """End the build if a page or style of the site asks the network for a script, a picture or a font."""
    if failed is not None:
        return
    patterns = {".html": FETCHED, ".css": FETCHED_BY_STYLE}
    for file in sorted(Path(app.outdir).rglob("*")):
        pattern = patterns.get(file.suffix)
        found = pattern.search(file.read_text(encoding="utf-8")) if pattern else None
        if found:
            raise ExtensionError(f"{file}: fetches from the network: {found.group()}; keep it in docs/ instead")


def name_aliases(*told: Any) -> tuple[str, str] | None:
    """Write a type alias in a union by its name, which autodoc leaves as a forward reference."""
    signature, returned = told[-2:]
    return None if signature is None else (re.sub(r"TypeAliasForwardRef\('(\w+)'\)", r"\1", signature), returned)


def setup(app: Sphinx) -> None:
    """Write signatures as they stand in the code; look at the finished site."""
    app.connect("autodoc-process-signature", name_aliases)
    app.connect("build-finished", refuse_what_is_fetched)
