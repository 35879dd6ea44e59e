"""What people do at their desk with a case: judge it, name a person, keep what it needs from being pruned."""

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
    DataOption,
    Engine,
    StorePath,
    Wait,
    Why,
    make_surroundings,
    read_configuration,
    read_date,
    silent,
)

desk = typer.Typer()


@desk.command()
def verdict(
    case: Annotated[str | None, typer.Argument(metavar="[CASE]", help="The case, unless --from names a file.")] = None,
    found: Annotated[
        str | None, typer.Argument(metavar="[VERDICT]", help="manipulated, cleared or inconclusive.")
    ] = None,
    *,
    by: Annotated[str, typer.Option("--by", metavar="ID", help="Who decided; kept as a pseudonym.")],
    file: Annotated[
        Path | None, typer.Option("--from", metavar="FILE", help="Decisions that the report page saved.")
    ] = None,
    scheme: Annotated[str | None, typer.Option("--scheme", help="What was found; without it, or of all.")] = None,
    onset: Annotated[
        date | None, typer.Option("--onset", parser=read_date, metavar="DATE", help="Since when it ran.")
    ] = None,
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="Kept with the verdict; names nobody.")] = "",
    store: StorePath = STORE,
    config: ConfigFile = None,
    wait: Wait = WAIT_SECONDS,
    as_json: AsJson = False,
) -> None:
    """Give a verdict on a case, or all those that a file holds.

    The next retrain and score read it. Why the case was looked at is known to the store, and not asked.
    """
    from commands import desk_results
    from features.errors import WrongUse
    from features.store import Store
    from scoring.casework.decisions import Decision, read_decisions
    from scoring.casework.ledger import give_verdicts

    if (file is None) == (case is None) or (case is None) != (found is None):
        raise WrongUse("verdict: give CASE and VERDICT, or --from FILE")
    if file is not None and (scheme or onset or note):
        raise WrongUse("--from: the file has its own schemes, onsets and notes; leave --scheme, --onset and --note out")
    decisions = (
        read_decisions(file)
        if file is not None
        else [Decision("verdict", case or "", found or "", scheme, onset, note)]
    )
    around = make_surroundings(wait, None, silent)
    given = give_verdicts(Store(store, wait), decisions, by, read_configuration(config), around)
    desk_results.print_verdicts(given, as_json=as_json)


@desk.command()
def reveal(
    pseudonym: Annotated[str, typer.Argument(metavar="PSEUDONYM", help="A person, as the evidence of a case has it.")],
    *,
    data: DataOption,
    case: Annotated[str, typer.Option("--case", metavar="CASE", help="For which case.")],
    why: Why,
    by: Annotated[str, typer.Option("--by", metavar="ID", help="Who asks.")],
    second: Annotated[str, typer.Option("--second", metavar="ID", help="Who else agrees.")],
    store: StorePath = STORE,
    config: ConfigFile = None,
    engine: Engine = None,
    wait: Wait = WAIT_SECONDS,
    as_json: AsJson = False,
) -> None:
    """Name one person for one case.

    Takes a reason and two people, who stand in the audit log before the name is printed.
    """
    from commands import desk_results
    from features.store import Store
    from scoring.casework.reveal import Request
    from scoring.casework.reveal import reveal as reveal_then

    request = Request(pseudonym, case, why, by, second)
    around = make_surroundings(wait, None, silent)
    person = reveal_then(request, data, Store(store, wait), read_configuration(config, engine), around)
    desk_results.print_revealed(person, as_json=as_json)


Case = Annotated[str, typer.Argument(metavar="CASE", help="The case.")]


@desk.command()
def hold(case: Case, why: Why, store: StorePath = STORE, wait: Wait = WAIT_SECONDS, *, as_json: AsJson = False) -> None:
    """Keep what a case needs, whatever is pruned, until it is released."""
    from commands import model_results
    from features.store import Store
    from scoring.casework.holds import hold as hold_then

    entry = hold_then(Store(store, wait), case, why, make_surroundings(wait, None, silent))
    model_results.print_entries([entry], as_json=as_json)


@desk.command()
def release(
    case: Case, why: Why, store: StorePath = STORE, wait: Wait = WAIT_SECONDS, *, as_json: AsJson = False
) -> None:
    """Let the next pruning remove what a held case needs."""
    from commands import model_results
    from features.store import Store
    from scoring.casework.holds import release as release_then

    entry = release_then(Store(store, wait), case, why, make_surroundings(wait, None, silent))
    model_results.print_entries([entry], as_json=as_json)


@desk.command()
def prune(
    keep_weeks: Annotated[int, typer.Option("--keep-weeks", min=1, metavar="N", help="How many weeks are kept whole.")],
    store: StorePath = STORE,
    config: ConfigFile = None,
    wait: Wait = WAIT_SECONDS,
    *,
    as_json: AsJson = False,
) -> None:
    """Remove old rows from the store for good.

    What a later fact can need stays, and so does what belongs to a held case.
    """
    from commands import desk_results, running
    from features.store import Store
    from scoring.casework.holds import prune_store

    with running.show_progress() as tell:
        around = make_surroundings(wait, None, tell)
        report = prune_store(Store(store, wait), keep_weeks, read_configuration(config), around)
    desk_results.print_pruned(report, as_json=as_json)


@desk.command()
def explain(
    about: Annotated[str, typer.Argument(metavar="CASE|SELLER", help="A case, or a seller.")],
    scores: Annotated[Path | None, typer.Option("--scores", metavar="DIR", help="The folder of a scoring run.")] = None,
    as_of: Annotated[
        date | None, typer.Option("--as-of", parser=read_date, metavar="DATE", help="Else the run's.")
    ] = None,
    signal: Annotated[str | None, typer.Option("--signal", metavar="NAME", help="Work this signal out.")] = None,
    store: StorePath = STORE,
    config: ConfigFile = None,
    wait: Wait = WAIT_SECONDS,
    *,
    rows: Annotated[bool, typer.Option("--rows", help="Print the rows that the signal counts.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say why a seller is listed.

    With --signal also how one of its numbers comes about, so that it can be recomputed by hand.
    """
    from commands import desk_results, running
    from features.store import Store
    from scoring.casework.explain import Question
    from scoring.casework.explain import explain as explain_then

    with running.show_progress() as tell:
        question, around = Question(about, scores, as_of, signal, rows), make_surroundings(wait, None, tell)
        found = explain_then(question, Store(store, wait), read_configuration(config), around)
    desk_results.print_explanation(found, as_json=as_json)


@desk.command()
def pack(
    case: Annotated[str | None, typer.Argument(metavar="[CASE]", help="The case, unless --verify is given.")] = None,
    scores: Annotated[Path | None, typer.Option("--scores", metavar="DIR", help="The run that lists it.")] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE.zip", help="A new file.")] = None,
    check: Annotated[Path | None, typer.Option("--verify", metavar="FILE.zip", help="Check a pack instead.")] = None,
    store: StorePath = STORE,
    config: ConfigFile = None,
    wait: Wait = WAIT_SECONDS,
    *,
    for_seller: Annotated[bool, typer.Option("--for-seller", help="Without staff, signals and thresholds.")] = False,
    as_json: AsJson = False,
) -> None:
    """Freeze a case for others, or check such a pack.

    A pack is checked without the store: its numbers are counted anew from its rows. Exit code 1: something differs.
    """
    from commands import desk_results, running
    from features.errors import WrongUse
    from features.store import Store

    if check is not None:
        from scoring.casework.verify import verify

        checked = verify(check)
        desk_results.print_checked(checked, as_json=as_json)
        raise typer.Exit(1 if checked.wrong else 0)
    if case is None or scores is None or out is None:
        raise WrongUse("pack: give CASE, --scores and --out, or --verify FILE.zip")
    from scoring.casework.pack import pack as pack_then

    with running.show_progress() as tell:
        around = make_surroundings(wait, None, tell)
        settings = read_configuration(config)
        packed = pack_then(case, scores, out, Store(store, wait), settings, around, for_seller=for_seller)
    desk_results.print_packed(packed, as_json=as_json)
