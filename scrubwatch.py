"""The command line: arguments to calls, nothing else. What a command needs is imported inside it."""

from __future__ import annotations

import importlib.util
import os
import sys
import time
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from model.settings import Configuration
    from training.steps import Surroundings

PACKAGES = ("configs", "features", "model", "scoring", "simulator", "training")
"""They stand beside this file; their names are common, so another distribution may stand in front of them."""

command = typer.Typer(
    help="Finds marketplace sellers whose reviews, rank or standing are manipulated with inside help.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"'{text}' is no date; give one as YYYY-MM-DD, such as 2026-01-05") from None


_AS_OF = "Cutoff: what was known before the first instant of this day (UTC) counts."

Data = Annotated[Path, typer.Argument(metavar="DATA", help="Folder with one Parquet file or folder per table.")]
AsOf = Annotated[date, typer.Option("--as-of", parser=_date, metavar="DATE", help=_AS_OF)]
StorePath = Annotated[Path, typer.Option("--store", metavar="DIR", help="Landed events, tiles, models and runs.")]
ConfigFile = Annotated[Path | None, typer.Option("--config", metavar="FILE", help="Settings; else the packaged ones.")]
Wait = Annotated[float, typer.Option("--wait", min=0, metavar="SECONDS", help="How long to wait for another run.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON, for machines.")]
Stale = Annotated[list[str] | None, typer.Option("--allow-stale", metavar="TABLE", help="Accept a stalled feed.")]
Incomplete = Annotated[bool, typer.Option("--allow-incomplete", help="Accept a last day that is not over.")]

Why = Annotated[str, typer.Option("--why", metavar="TEXT", help="The reason; it stands in the audit log.")]

Sellers = Annotated[int, typer.Option(min=1, help="Sellers of the simulated marketplace.")]
Weeks = Annotated[int, typer.Option(min=1, help="Weeks of its history.")]
Seed = Annotated[int, typer.Option(min=0, help="Another seed, another marketplace.")]

STORE, WAIT_SECONDS = Path("store"), 600.0


@command.command()
def demo(
    folder: Annotated[Path, typer.Option("--folder", metavar="DIR", help="A new folder for all of it.")] = Path("demo"),
    sellers: Sellers = 2000,
    weeks: Weeks = 78,
    seed: Seed = 1,
) -> None:
    """Simulate a marketplace, learn, list, and judge the list.

    Prints the ten most suspicious sellers with the reasons, and compares them with the truth.
    """
    import scrubwatch_terminal as terminal
    from scoring.job import score as score_then
    from simulator import simulate as simulate_then
    from simulator.judge import guilty_sellers
    from simulator.settings import read_scenario
    from training.weekly import retrain as retrain_then

    _refuse_existing(folder)
    market, configuration = read_scenario("default", sellers=sellers, weeks=weeks, seed=seed), _configuration(None)
    as_of = market.market.start_on + timedelta(weeks=weeks)
    data, truth, store, scores = (folder / name for name in ("data", "truth", "store", "scores"))
    with terminal.progress() as tell:
        around = _surroundings(WAIT_SECONDS, None, tell, incomplete=False)
        tell(f"simulating {sellers:,} sellers over {weeks} weeks")
        simulate_then(data, truth, market)
        learned = retrain_then(data, store, as_of, configuration, around)
        scored = score_then(data, store, as_of, scores, configuration, around)
    terminal.print_lines([f"learned as of {as_of}: {learned.outcome}; {learned.why}"])
    terminal.print_scoring(scored)
    terminal.print_truth(terminal.read_listed(scores), guilty_sellers(truth, as_of), scored.sellers)
    terminal.print_lines([f"data: {data}", f"truth: {truth}", f"store: {store}", f"scores: {scores}"])
    terminal.print_lines([f"MLflow: {terminal.mlflow_ui(learned.tracking_uri)}"] if learned.run_id else [])


@command.command()
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
    import scrubwatch_terminal as terminal
    from simulator import simulate as simulate_then
    from simulator.settings import read_scenario

    apart = truth or out.with_name(f"{out.name}-truth")
    _refuse_existing(out, apart)
    settings = read_scenario(scenario, sellers=sellers, weeks=weeks, seed=seed)
    with terminal.progress() as tell:
        tell(f"simulating {sellers:,} sellers over {weeks} weeks")
        simulate_then(out, apart, settings)
    last = settings.market.start_on + timedelta(weeks=weeks)
    terminal.print_lines([f"tables in {out}, truth in {apart}; the last cutoff is {last}"])


@command.command()
def check(
    data: Data,
    as_of: Annotated[date | None, typer.Option("--as-of", parser=_date, metavar="DATE", help=_AS_OF)] = None,
    store: StorePath = STORE,
    config: ConfigFile = None,
    wait: Wait = WAIT_SECONDS,
    allow_stale: Stale = None,
    *,
    allow_incomplete: Incomplete = False,
    as_json: AsJson = False,
) -> None:
    """Check the event contract alone.

    Prints the rows of each table, what is quarantined by which rule, and what is missing. Lands nothing.
    """
    import scrubwatch_terminal as terminal
    from features.delivery import absent_columns
    from features.intake import take_in
    from features.intake_report import Allowances
    from features.store import Store

    settings, allow = _configuration(config), Allowances(allow_stale or (), allow_incomplete)
    with terminal.progress() as tell:
        report = take_in(data, Store(store, wait), as_of, settings, allow=allow, write=False, progress=tell)
    if as_json:
        terminal.print_json(asdict(report))
    else:
        terminal.print_check(report, absent_columns(data))


@command.command()
def features(
    data: Data,
    as_of: Annotated[list[date], typer.Option("--as-of", parser=_date, metavar="DATE", help=_AS_OF + " Repeatable.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Parquet file to write.")],
    store: StorePath = STORE,
    config: ConfigFile = None,
    wait: Wait = WAIT_SECONDS,
    allow_stale: Stale = None,
    *,
    allow_incomplete: Incomplete = False,
    as_json: AsJson = False,
) -> None:
    """Write the signal table of a cutoff.

    It has a row for each seller and cutoff, and a column for each signal.
    """
    import scrubwatch_terminal as terminal
    from features.intake import take_in
    from features.intake_report import Allowances
    from features.panel import signals_at
    from features.store import Store

    settings, allow = _configuration(config), Allowances(allow_stale or (), allow_incomplete)
    with terminal.progress() as tell:
        held = Store(store, wait)
        intake = take_in(data, held, max(as_of), settings, allow=allow, progress=tell)
        table = signals_at(held, as_of, settings, progress=tell)
        table.to_parquet(out, index=False)
    written = {"out": out, "rows": len(table), "columns": list(table.columns), "messages": intake.messages}
    if as_json:
        terminal.print_json(written)
    else:
        terminal.print_lines([*intake.messages, f"{len(table):,} rows of {len(table.columns)} columns in {out}"])


@command.command()
def retrain(
    data: Data,
    as_of: AsOf,
    store: StorePath = STORE,
    config: ConfigFile = None,
    wait: Wait = WAIT_SECONDS,
    allow_stale: Stale = None,
    *,
    allow_incomplete: Incomplete = False,
    as_json: AsJson = False,
) -> None:
    """Fit a model, then promote it or keep the champion.

    It learns from the verdicts known before the cutoff; the run is found in MLflow.
    """
    import scrubwatch_terminal as terminal
    from training.weekly import retrain as retrain_then

    with terminal.progress() as tell:
        around = _surroundings(wait, allow_stale, tell, incomplete=allow_incomplete)
        report = retrain_then(data, store, as_of, _configuration(config), around)
    if as_json:
        terminal.print_json(report.as_json())
    else:
        terminal.print_retraining(report)


@command.command()
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
    allow_incomplete: Incomplete = False,
    as_json: AsJson = False,
) -> None:
    """Score every seller and say why.

    Writes scores.parquet and run.json; without a model the sellers are compared with their peers.
    """
    import scrubwatch_terminal as terminal
    from scoring.job import score as score_then

    with terminal.progress() as tell:
        around = _surroundings(wait, allow_stale, tell, incomplete=allow_incomplete)
        report = score_then(data, store, as_of, out, _configuration(config), around, model=model)
    if as_json:
        terminal.print_json(report.as_json())
    else:
        terminal.print_scoring(report)


@command.command()
def compare(
    models: Annotated[
        list[str], typer.Argument(metavar="MODEL...", help="Versions, aliases, run ids, bundle folders.")
    ],
    data: Annotated[
        Path, typer.Option("--data", metavar="DATA", help="Folder with one Parquet file or folder a table.")
    ],
    as_of: AsOf,
    page: Annotated[Path | None, typer.Option("--page", metavar="FILE", help="Where the HTML page is written.")] = None,
    store: StorePath = STORE,
    config: ConfigFile = None,
    wait: Wait = WAIT_SECONDS,
    allow_stale: Stale = None,
    *,
    with_training: Annotated[
        bool, typer.Option("--with-training", help="Also judge on sellers that a model learned from; marked.")
    ] = False,
    allow_incomplete: Incomplete = False,
    as_json: AsJson = False,
) -> None:
    """Hold models against each other on the same sellers.

    Prints what differs, who finds more and how sure that is; the page and an MLflow run tell all.
    """
    import scrubwatch_terminal as terminal
    from training.choosing import open_registry
    from training.compare import compare as compare_then
    from training.comparison_page import publish

    configuration = _configuration(config)
    with terminal.progress() as tell:
        around = _surroundings(wait, allow_stale, tell, incomplete=allow_incomplete)
        found = compare_then(models, data, store, as_of, configuration, around, with_training=with_training)
        run_id = publish(found, open_registry(store, configuration, around), page)
    if as_json:
        terminal.print_json({**found.as_json(), "run_id": run_id})
    else:
        terminal.print_comparison(found, page)


@command.command()
def promote(
    version: Annotated[str, typer.Argument(metavar="VERSION", help="A version, an alias or a run id.")],
    why: Why,
    store: StorePath = STORE,
    config: ConfigFile = None,
    wait: Wait = WAIT_SECONDS,
    *,
    as_json: AsJson = False,
) -> None:
    """Make a version the champion, against or ahead of the weekly job's decision.

    The next weekly job decides about it as about any other champion.
    """
    import scrubwatch_terminal as terminal
    from training.champions import promote as promote_then

    change = promote_then(store, version, why, _configuration(config), _surroundings(wait, None, _silent))
    terminal.print_change(change, as_json=as_json)


@command.command()
def rollback(
    why: Why,
    store: StorePath = STORE,
    config: ConfigFile = None,
    wait: Wait = WAIT_SECONDS,
    *,
    as_json: AsJson = False,
) -> None:
    """Go back to the champion before the present one.

    It stays until somebody promotes a version; the weekly job goes on fitting challengers.
    """
    import scrubwatch_terminal as terminal
    from training.champions import rollback as rollback_then

    change = rollback_then(store, why, _configuration(config), _surroundings(wait, None, _silent))
    terminal.print_change(change, as_json=as_json)


audit = typer.Typer(help="The audit log: who did what to models and people, when and why.", no_args_is_help=True)
command.add_typer(audit, name="audit")


@audit.command()
def show(store: StorePath = STORE, wait: Wait = WAIT_SECONDS, *, as_json: AsJson = False) -> None:
    """Print every entry, the first first, once the log is found whole."""
    import scrubwatch_terminal as terminal
    from features.audit_log import AuditLog

    terminal.print_entries(AuditLog(store, wait).entries(), as_json=as_json)


@audit.command()
def verify(
    store: StorePath = STORE,
    wait: Wait = WAIT_SECONDS,
    head: Annotated[str | None, typer.Option(metavar="DIGEST", help="A head that a scoring run wrote.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Check that no entry was changed, dropped or put in between.

    With --head also that the log still holds the entry which run.json names.
    """
    import scrubwatch_terminal as terminal
    from features.audit_log import AuditLog

    entries = AuditLog(store, wait).verified(head)
    found = {"entries": len(entries), "head": entries[-1].digest if entries else None}
    if as_json:
        terminal.print_json(found)
    else:
        terminal.print_lines([f"{found['entries']} entries, whole; head {found['head'] or 'none'}"])


@command.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder.")],
    ids: Annotated[Literal["string", "integer"], typer.Option(help="What your keys are.")] = "string",
) -> None:
    """Write settings and empty tables to begin with.

    The settings are commented, the tables have the names and types of the contract.
    """
    import scrubwatch_terminal as terminal
    from features.blank import write_blank

    terminal.print_lines(f"wrote {place}" for place in write_blank(folder, ids))


def _configuration(file: Path | None) -> Configuration:
    import configs
    from features.settings import read_settings
    from model.settings import Configuration

    return read_settings(file or configs.SHIPPED, Configuration)


def _refuse_existing(*folders: Path) -> None:
    from features.errors import WrongUse

    for folder in folders:
        if folder.exists():
            raise WrongUse(f"{folder}: exists already and nothing is overwritten; remove it, or name a new folder")


def _silent(_: str) -> None:
    """Tell nobody of the steps of what takes a moment."""


def _surroundings(
    wait: float, stale: list[str] | None, tell: Callable[[str], None], *, incomplete: bool = False
) -> Surroundings:
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


def _siblings_only() -> None:
    """Say so, and stop, when another distribution stands in front of a package of this one."""
    here = Path(__file__).resolve().parent
    for name in PACKAGES:
        spec = importlib.util.find_spec(name)
        found = [Path(place).resolve() for place in (spec.submodule_search_locations or ())] if spec else []
        if found != [here / name]:
            place = ", ".join(map(str, found)) or "nowhere"
            print(
                f"scrubwatch: the package '{name}' must lie beside {here / 'scrubwatch.py'} and was found at {place};"
                " another distribution shadows it: install scrubwatch alone in its environment and unset PYTHONPATH",
                file=sys.stderr,
            )
            sys.exit(2)


def main() -> None:
    """Run a command; a failure with a message for people ends with its exit code and that message alone."""
    _siblings_only()
    from features.errors import ScrubwatchError

    try:
        command()
    except ScrubwatchError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
