"""What it costs a manipulator of a simulated market to stay unseen."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from commands.options import (
    STORE,
    WAIT_SECONDS,
    AsJson,
    ConfigFile,
    Data,
    StorePath,
    Wait,
    make_surroundings,
    read_configuration,
    read_date,
)

evasion = typer.Typer()

_AS_OF = "The first day of whoever begins to buy help; else 26 weeks before the end."


@evasion.command()
def evade(
    data: Data,
    model: Annotated[
        str, typer.Option("--model", metavar="MODEL", help="A version, an alias or a bundle.")
    ] = "champion",
    against: Annotated[
        list[str] | None, typer.Option("--against", metavar="MODEL", help="Another one; repeatable.")
    ] = None,
    as_of: Annotated[date | None, typer.Option("--as-of", parser=read_date, metavar="DATE", help=_AS_OF)] = None,
    truth: Annotated[Path | None, typer.Option(metavar="DIR", help="What is true of it; else DATA-truth.")] = None,
    store: StorePath = STORE,
    config: ConfigFile = None,
    page: Annotated[Path | None, typer.Option("--page", metavar="FILE", help="Where the HTML page is written.")] = None,
    *,
    levers: Annotated[Path | None, typer.Option("--levers", metavar="FILE", help="Prices, levers, effort.")] = None,
    wait: Wait = WAIT_SECONDS,
    families: Annotated[bool, typer.Option("--families", help="Also refit without each service's signals.")] = False,
    as_json: AsJson = False,
) -> None:
    """Price what staying unseen costs a manipulator of a simulated marketplace.

    One honest seller begins to buy help; strategies are searched against the models and the best run again.
    """
    from datetime import timedelta
    from tempfile import TemporaryDirectory

    from commands import model_results, running, terminal
    from simulator.evasion.stage import set_stage
    from simulator.evasion.strategy import CONFIGURATION, IDLE, read_evasion
    from simulator.evasion.theatre import Theatre
    from simulator.judge import read_market
    from training.choosing import open_registry
    from training.evasion.effort import WEEKS
    from training.evasion.evade import evade as evade_then
    from training.evasion.evade import named_models, open_bench
    from training.evasion.page import publish

    settings, configuration = read_evasion(levers or CONFIGURATION), read_configuration(config)
    made_from = read_market(truth or data.with_name(f"{data.name}-truth"))
    last = made_from.market.start_on + timedelta(weeks=made_from.market.weeks)
    entry = as_of or last - timedelta(weeks=WEEKS)
    with running.show_progress() as tell, TemporaryDirectory(prefix="evade-", dir=data.parent) as work:
        around = make_surroundings(wait, None, tell)
        models = named_models([model, *(against or ())], store, configuration, around)
        tell("simulating the market again")
        market = Theatre(set_stage(made_from, entry), data, settings)
        bench = open_bench(data, market, entry, models, settings.effort, Path(work), configuration, around)
        found = evade_then(bench, IDLE, families=families)
        run_id = publish(found, open_registry(store, configuration, around), page)
    if as_json:
        terminal.print_json({**found.as_json(), "run_id": run_id})
    else:
        model_results.print_evasion(found, page)
