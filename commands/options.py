"""What the commands share: their options, the settings, and what a job is told about its surroundings."""

from __future__ import annotations

import os
import time
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from model.settings import Configuration
    from training.steps import Surroundings


def read_date(text: str) -> date:
    """Read a date as people write it."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"'{text}' is no date; give one as YYYY-MM-DD, such as 2026-01-05") from None


AS_OF = "Cutoff: what was known before the first instant of this day (UTC) counts."

_DATA = "Folder with one Parquet file or folder per table."

Data = Annotated[Path, typer.Argument(metavar="DATA", help=_DATA)]
DataOption = Annotated[Path, typer.Option("--data", metavar="DATA", help=_DATA)]
AsOf = Annotated[date, typer.Option("--as-of", parser=read_date, metavar="DATE", help=AS_OF)]
StorePath = Annotated[Path, typer.Option("--store", metavar="DIR", help="Landed events, tiles, models and runs.")]
ConfigFile = Annotated[Path | None, typer.Option("--config", metavar="FILE", help="Settings; else the packaged ones.")]
EngineName = Literal["duckdb", "spark"]
Engine = Annotated[EngineName | None, typer.Option("--engine", help="What computes signals; else as configured.")]
Wait = Annotated[float, typer.Option("--wait", min=0, metavar="SECONDS", help="How long to wait for another run.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON, for machines.")]
Stale = Annotated[list[str] | None, typer.Option("--allow-stale", metavar="TABLE", help="Accept a stalled feed.")]
Incomplete = Annotated[bool, typer.Option("--allow-incomplete", help="Accept a last day that is not over.")]

Why = Annotated[str, typer.Option("--why", metavar="TEXT", help="The reason; it stands in the audit log.")]

Sellers = Annotated[int, typer.Option(min=1, help="Sellers of the simulated marketplace.")]
Weeks = Annotated[int, typer.Option(min=1, help="Weeks of its history.")]
Seed = Annotated[int, typer.Option(min=0, help="Another seed, another marketplace.")]

STORE, WAIT_SECONDS = Path("store"), 600.0


def read_configuration(file: Path | None, engine: EngineName | None = None) -> Configuration:
    """Read the settings of a file, or the packaged ones; an engine that is given takes the configured one's place."""
    import configs
    from features.settings import read_settings
    from model.settings import Configuration

    settings = read_settings(file or configs.SHIPPED, Configuration)
    if engine is None:
        return settings
    return settings.model_copy(update={"engine": settings.engine.model_copy(update={"name": engine})})


def refuse_existing(*folders: Path) -> None:
    """Overwrite nothing."""
    from features.errors import WrongUse

    for folder in folders:
        if folder.exists():
            raise WrongUse(f"{folder}: exists already and nothing is overwritten; remove it, or name a new folder")


def silent(_: str) -> None:
    """Tell nobody of the steps of what takes a moment."""


def make_surroundings(
    wait: float, stale: list[str] | None, tell: Callable[[str], None], *, incomplete: bool = False
) -> Surroundings:
    """Gather what a job is told: the server, how long to wait, what is allowed, who listens, the clock and the user."""
    import getpass
    from datetime import UTC, datetime

    from features.intake_report import Allowances
    from training.steps import Surroundings

    server = os.environ.get("MLFLOW_TRACKING_URI")
    return Surroundings(
        server,
        wait,
        Allowances(stale or (), incomplete),
        tell,
        time.perf_counter,
        lambda: datetime.now(UTC),
        getpass.getuser(),
    )
