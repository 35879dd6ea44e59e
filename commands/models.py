"""What data scientists do with models: compare them, promote one, go back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from commands.options import (
    STORE,
    WAIT_SECONDS,
    AsJson,
    AsOf,
    ConfigFile,
    DataOption,
    Incomplete,
    Stale,
    StorePath,
    Wait,
    Why,
    make_surroundings,
    read_configuration,
    silent,
)

models = typer.Typer()


@models.command()
def compare(
    names: Annotated[list[str], typer.Argument(metavar="MODEL...", help="Versions, aliases, run ids, bundle folders.")],
    data: DataOption,
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
    from commands import model_results, running, terminal
    from training.choosing import open_registry
    from training.comparing import compare as compare_then
    from training.comparison_page import publish

    configuration = read_configuration(config)
    with running.show_progress() as tell:
        around = make_surroundings(wait, allow_stale, tell, incomplete=allow_incomplete)
        found = compare_then(names, data, store, as_of, configuration, around, with_training=with_training)
        run_id = publish(found, open_registry(store, configuration, around), page)
    if as_json:
        terminal.print_json({**found.as_json(), "run_id": run_id})
    else:
        model_results.print_comparison(found, page)


@models.command()
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
    from commands import model_results
    from training.champions import promote as promote_then

    change = promote_then(store, version, why, read_configuration(config), make_surroundings(wait, None, silent))
    model_results.print_change(change, as_json=as_json)


@models.command()
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
    from commands import model_results
    from training.champions import rollback as rollback_then

    change = rollback_then(store, why, read_configuration(config), make_surroundings(wait, None, silent))
    model_results.print_change(change, as_json=as_json)
