"""The commands: arguments to calls, nothing else. What a command needs is imported inside it."""

import typer

from commands.audit import audit
from commands.desk import desk
from commands.evasion import evasion
from commands.jobs import jobs
from commands.models import models
from commands.weekly import weekly

command = typer.Typer(
    help="Finds marketplace sellers whose reviews, rank or standing are manipulated with inside help.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for group in (jobs, weekly, models, evasion, desk):
    command.add_typer(group)
command.add_typer(audit, name="audit")
