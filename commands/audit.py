"""The audit log, read and checked."""

from __future__ import annotations

from typing import Annotated

import typer

from commands.options import STORE, WAIT_SECONDS, AsJson, StorePath, Wait

audit = typer.Typer(help="The audit log: who did what to models and people, when and why.", no_args_is_help=True)


@audit.command()
def show(store: StorePath = STORE, wait: Wait = WAIT_SECONDS, *, as_json: AsJson = False) -> None:
    """Print every entry, the first first, once the log is found whole."""
    from commands import model_results
    from features.audit_log import AuditLog

    model_results.print_entries(AuditLog(store, wait).entries(), as_json=as_json)


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
    from commands import terminal
    from features.audit_log import AuditLog

    entries = AuditLog(store, wait).verified(head)
    found = {"entries": len(entries), "head": entries[-1].digest if entries else None}
    if as_json:
        terminal.print_json(found)
    else:
        terminal.print_lines([f"{found['entries']} entries, whole; head {found['head'] or 'none'}"])
