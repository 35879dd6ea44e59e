"""The jobs: simulate, check, compute signals, learn and score."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Literal

import typer

from commands.options import (
    AS_OF,
    STORE,
    WAIT_SECONDS,
    AsJson,
    AsOf,
    ConfigFile,
    Data,
    Engine,
    Incomplete,
    Seed,
    Sellers,
    Stale,
    StorePath,
    Wait,
    Weeks,
    make_surroundings,
    read_configuration,
    read_date,
    refuse_existing,
)

jobs = typer.Typer()


@jobs.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder.")],
    ids: Annotated[Literal["string", "integer"], typer.Option(help="What your keys are.")] = "string",
) -> None:
    """Write settings and empty tables to begin with.

    The settings are commented, the tables have the names and types of the contract.
    """
    from commands import terminal
    from features.blank import write_blank

    terminal.print_lines(f"wrote {place}" for place in write_blank(folder, ids))


@jobs.command()
def demo(
    folder: Annotated[Path, typer.Option("--folder", metavar="DIR", help="A new folder for all of it.")] = Path("demo"),
    sellers: Sellers = 2000,
    weeks: Weeks = 78,
    seed: Seed = 1,
) -> None:
    """Simulate a marketplace, learn, list, and judge the list.

    Prints the ten most suspicious sellers with the reasons, and compares them with the truth.
    """
    from commands import job_results, running, terminal
    from scoring.job import score as score_then
    from simulator import simulate as simulate_then
    from simulator.judge import guilty_sellers
    from simulator.settings import read_scenario
    from training.weekly import retrain as retrain_then

    refuse_existing(folder)
    market, configuration = read_scenario("default", sellers=sellers, weeks=weeks, seed=seed), read_configuration(None)
    as_of = market.market.start_on + timedelta(weeks=weeks)
    data, truth, store, scores = (folder / name for name in ("data", "truth", "store", "scores"))
    with running.show_progress() as tell:
        around = make_surroundings(WAIT_SECONDS, None, tell, incomplete=False)
        tell(f"simulating {sellers:,} sellers over {weeks} weeks")
        simulate_then(data, truth, market)
        learned = retrain_then(data, store, as_of, configuration, around)
        scored = score_then(data, store, as_of, scores, configuration, around)
    terminal.print_lines([f"learned as of {as_of}: {learned.outcome}; {learned.why}"])
    job_results.print_scoring(scored)
    job_results.print_truth(job_results.read_listed(scores), guilty_sellers(truth, as_of), scored.sellers)
    terminal.print_lines([f"data: {data}", f"truth: {truth}", f"store: {store}", f"scores: {scores}"])
    terminal.print_lines([f"to look at: {scores / 'report.html'}"])
    terminal.print_lines([f"MLflow: {job_results.mlflow_ui(learned.tracking_uri)}"] if learned.run_id else [])


@jobs.command()
def simulate(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A new folder for the tables.")],
    truth: Annotated[Path | None, typer.Option(metavar="DIR", help="A new folder; else OUT-truth.")] = None,
    sellers: Sellers = 2000,
    weeks: Weeks = 78,
    seed: Seed = 1,
    scenario: Annotated[str, typer.Option(help="Which kind of marketplace.")] = "default",
) -> None:
    """Invent a marketplace whose culprits are known.

    Writes its tables, and the truth in a folder of its own.
    """
    from commands import running, terminal
    from simulator import simulate as simulate_then
    from simulator.settings import read_scenario

    apart = truth or out.with_name(f"{out.name}-truth")
    refuse_existing(out, apart)
    settings = read_scenario(scenario, sellers=sellers, weeks=weeks, seed=seed)
    with running.show_progress() as tell:
        tell(f"simulating {sellers:,} sellers over {weeks} weeks")
        simulate_then(out, apart, settings)
    last = settings.market.start_on + timedelta(weeks=weeks)
    terminal.print_lines([f"tables in {out}, truth in {apart}; the last cutoff is {last}"])


@jobs.command()
def check(
    data: Data,
    as_of: Annotated[date | None, typer.Option("--as-of", parser=read_date, metavar="DATE", help=AS_OF)] = None,
    store: StorePath = STORE,
    config: ConfigFile = None,
    wait: Wait = WAIT_SECONDS,
    allow_stale: Stale = None,
    *,
    engine: Engine = None,
    allow_incomplete: Incomplete = False,
    as_json: AsJson = False,
) -> None:
    """Check the event contract alone.

    Prints the rows of each table, what is quarantined by which rule, and what is missing. Lands nothing.
    """
    from commands import job_results, running, terminal
    from features.delivery import absent_columns
    from features.intake import take_in
    from features.intake_report import Allowances
    from features.store import Store

    settings, allow = read_configuration(config, engine), Allowances(allow_stale or (), allow_incomplete)
    with running.show_progress() as tell:
        report = take_in(data, Store(store, wait), as_of, settings, allow=allow, write=False, progress=tell)
    if as_json:
        terminal.print_json(asdict(report))
    else:
        job_results.print_check(report, absent_columns(data))


@jobs.command()
def features(
    data: Data,
    as_of: Annotated[
        list[date], typer.Option("--as-of", parser=read_date, metavar="DATE", help=AS_OF + " Repeatable.")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Parquet file to write.")],
    store: StorePath = STORE,
    config: ConfigFile = None,
    wait: Wait = WAIT_SECONDS,
    allow_stale: Stale = None,
    *,
    engine: Engine = None,
    allow_incomplete: Incomplete = False,
    as_json: AsJson = False,
) -> None:
    """Write the signal table of a cutoff.

    It has a row for each seller and cutoff, and a column for each signal.
    """
    from commands import running, terminal
    from features.intake import take_in
    from features.intake_report import Allowances
    from features.panel import signals_at
    from features.store import Store

    settings, allow = read_configuration(config, engine), Allowances(allow_stale or (), allow_incomplete)
    with running.show_progress() as tell:
        held = Store(store, wait)
        intake = take_in(data, held, max(as_of), settings, allow=allow, progress=tell)
        table = signals_at(held, as_of, settings, progress=tell)
        table.to_parquet(out, index=False)
    written = {"out": out, "rows": len(table), "columns": list(table.columns), "messages": intake.messages}
    if as_json:
        terminal.print_json(written)
    else:
        terminal.print_lines([*intake.messages, f"{len(table):,} rows of {len(table.columns)} columns in {out}"])


@jobs.command()
def retrain(
    data: Data,
    as_of: AsOf,
    store: StorePath = STORE,
    config: ConfigFile = None,
    wait: Wait = WAIT_SECONDS,
    allow_stale: Stale = None,
    *,
    engine: Engine = None,
    tune: Annotated[int, typer.Option(metavar="TRIALS", min=0, help="Settings of the classifier to try first.")] = 0,
    allow_incomplete: Incomplete = False,
    as_json: AsJson = False,
) -> None:
    """Fit a model, then promote it or keep the champion.

    It learns from the verdicts known before the cutoff; the run is found in MLflow.
    """
    from commands import job_results, running, terminal
    from training.weekly import retrain as retrain_then

    with running.show_progress() as tell:
        around = make_surroundings(wait, allow_stale, tell, incomplete=allow_incomplete)
        report = retrain_then(data, store, as_of, read_configuration(config, engine), around, tuning_trials=tune)
    if as_json:
        terminal.print_json(report.as_json())
    else:
        job_results.print_retraining(report)


@jobs.command()
def score(
    data: Data,
    as_of: AsOf,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder of the run; an earlier run is replaced.")],
    model: Annotated[str, typer.Option(help="A version, an alias, a run id or a bundle's folder.")] = "champion",
    store: StorePath = STORE,
    config: ConfigFile = None,
    wait: Wait = WAIT_SECONDS,
    allow_stale: Stale = None,
    *,
    engine: Engine = None,
    allow_incomplete: Incomplete = False,
    as_json: AsJson = False,
) -> None:
    """Score every seller and say why.

    Writes scores.parquet and run.json; without a model the sellers are compared with their peers.
    """
    from commands import job_results, running, terminal
    from scoring.job import score as score_then

    with running.show_progress() as tell:
        around = make_surroundings(wait, allow_stale, tell, incomplete=allow_incomplete)
        report = score_then(data, store, as_of, out, read_configuration(config, engine), around, model=model)
    if as_json:
        terminal.print_json(report.as_json())
    else:
        job_results.print_scoring(report)
