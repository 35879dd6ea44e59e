"""Standard output: tables for people, or one JSON object."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

_WIDTH_OF_A_FILE = 120


def print_json(report: Mapping[str, object]) -> None:
    """Print a report as one JSON object."""
    say(json.dumps(report, indent=1, default=_plain, allow_nan=False))


def print_lines(lines: Iterable[str]) -> None:
    """Print lines on standard output, as they are."""
    for line in lines:
        say(line)


def say(line: str) -> None:
    """Print a line on standard output, as it is."""
    console().print(Text(line), soft_wrap=True)


def table_of(first: str, *numbers: str) -> Table:
    """A plain table: names in the first column, numbers in the others."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(first)
    for name in numbers:
        table.add_column(name, justify="right")
    return table


def console() -> Console:
    """Standard output as wide as the terminal is, or as a file is."""
    shown = Console(highlight=False)
    return shown if shown.is_terminal else Console(highlight=False, width=_WIDTH_OF_A_FILE)


def _plain(value: object) -> object:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"no JSON form for {type(value).__name__}")
