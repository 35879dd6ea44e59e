"""What is done beside the weekly jobs: upload runs that waited, look at drift, live past weeks again."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from commands.options import (
    STORE,
    WAIT_SECONDS,
    AsJson,
    AsOf,
    ConfigFile,
    Data,
    Incomplete,
    Stale,
    StorePath,
    Wait,
    make_surroundings,
    read_configuration,
    read_date,
)

weekly = typer.Typer()


@weekly.command()
def sync(
    store: StorePath = STORE, config: ConfigFile = None, wait: Wait = WAIT_SECONDS, *, as_json: AsJson = False
) -> None:
    """Upload the runs that waited for the tracking server.

    Each is registered once; what becomes of it is decided by the next weekly job.
    """
    from commands import running, terminal
    from training.waiting import sync as sync_then

    with running.show_progress() as tell:
        uploaded = sync_then(store, read_configuration(config), make_surroundings(wait, None, tell))
    if as_json:
        terminal.print_json({"uploaded": [each.label for each in uploaded]})
    else:
        terminal.print_lines([f"uploaded: {each.label}" for each in uploaded] or ["no run waits"])


@weekly.command()
def drift(
    data: Data,
    as_of: AsOf,
    store: StorePath = STORE,
    config: ConfigFile = None,
    wait: Wait = WAIT_SECONDS,
    allow_stale: Stale = None,
    *,
    signals: Annotated[int, typer.Option(min=1, help="How many signals are shown.")] = 15,
    allow_incomplete: Incomplete = False,
    as_json: AsJson = False,
) -> None:
    """Hold the market against itself some weeks before.

    Prints which signals changed more than they usually do, which are missing, and how late verdicts are.
    """
    from commands import model_results, running, terminal
    from features.intake import take_in
    from features.store import Store
    from features.verdict_rows import verdicts_of
    from training.choosing import champion_of
    from training.drift import measure_drift

    configuration, held = read_configuration(config), Store(store, wait)
    with running.show_progress() as tell:
        around = make_surroundings(wait, allow_stale, tell, incomplete=allow_incomplete)
        take_in(data, held, as_of, configuration, allow=around.allow, progress=tell)
        champion = champion_of(store, configuration, around)
        found = measure_drift(held, verdicts_of(held, configuration), as_of, configuration, champion, tell)
    if as_json:
        terminal.print_json(found.as_json())
    else:
        model_results.print_drift(found, signals)


@weekly.command()
def backtest(
    data: Data,
    first: Annotated[date, typer.Option("--from", parser=read_date, metavar="DATE", help="The first week's cutoff.")],
    last: Annotated[date, typer.Option("--to", parser=read_date, metavar="DATE", help="No cutoff lies after it.")],
    truth: Annotated[Path | None, typer.Option(metavar="DIR", help="What is true of a simulated market.")] = None,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder of the backtest.")] = Path("backtest"),
    config: ConfigFile = None,
    wait: Wait = WAIT_SECONDS,
    allow_stale: Stale = None,
    *,
    allow_incomplete: Incomplete = False,
    as_json: AsJson = False,
) -> None:
    """Live past weeks again, each with what was known then.

    Writes backtest.parquet and backtest.html. With --truth, verdicts follow the lists and the truth judges; else the
    verdicts recorded since judge. A killed run goes on where it was.
    """
    from commands import model_results, running, terminal
    from training.backtest import Plan, found_by_verdicts, live
    from training.backtest_page import backtest_page
    from training.hindsight import judge_weeks, write_backtest

    configuration, investigate = read_configuration(config), None
    if truth is not None:
        from simulator.investigators import Investigators
        from simulator.judge import read_truth
        from simulator.settings import read_scenario

        rules = read_scenario("default", sellers=1, weeks=1, seed=1).verdicts
        investigate = Investigators(truth, rules, configuration.classifier.seed).decide
    plan = Plan(data, out, first, last, configuration, investigate)
    with running.show_progress() as tell:
        weeks = live(plan, make_surroundings(wait, allow_stale, tell, incomplete=allow_incomplete))
    guilty = found_by_verdicts(plan) if truth is None else read_truth(truth, "schemes")
    found = judge_weeks(weeks, guilty, configuration.alerts.budget, "verdicts" if truth is None else "truth")
    write_backtest(out, found, backtest_page(found))
    if as_json:
        terminal.print_json(found.as_json())
    else:
        model_results.print_backtest(found, out)


@weekly.command()
def report(
    out: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a backtest that has ended.")],
    page: Annotated[Path | None, typer.Option(metavar="FILE", help="Where the page is drawn again.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Tell again what a backtest came to, without living it again."""
    from commands import model_results, terminal
    from training.backtest_page import backtest_page
    from training.hindsight import read_backtest
    from training.page import write_page

    found = read_backtest(out)
    if page is not None:
        write_page(page, backtest_page(found))
    if as_json:
        terminal.print_json(found.as_json())
    else:
        model_results.print_backtest(found, out)
