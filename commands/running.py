"""What a person sees while a job runs: its steps on standard error, where that is a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from rich.console import Console
from rich.progress import Progress, ProgressColumn, SpinnerColumn, Task, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Column
from rich.text import Text

from features.progress import Counted

_PACE_SECONDS = 3600.0
"""How far back the pace of a loop is taken from."""


class PaceColumn(ProgressColumn):
    """Of a step of known length: how much is done, how fast it goes, and how long it will still take."""

    max_refresh = 0.5

    def render(self, task: Task) -> Text:
        """Nothing for a step whose length is not known."""
        if not task.fields["counted"] or task.total is None:
            return Text()
        done = f"{task.completed:,.0f}/{task.total:,.0f}"
        if not task.speed or task.time_remaining is None or task.finished:
            return Text(done)
        pace = f"{task.speed:,.1f}/s" if task.speed >= 1 else f"{1 / task.speed:,.1f} s each"
        return Text(f"{done}, {pace}, {timedelta(seconds=task.time_remaining)} left")


@contextmanager
def show_progress() -> Iterator[Callable[[str], None]]:
    """Show the running step and its seconds on standard error, of a loop also its pace and what remains of it.

    Nothing where standard error is no terminal.
    """
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    with lines_on(console) as running:
        lines = Lines(running)
        yield lines.tell
        lines.end()


def lines_on(console: Console) -> Progress:
    """Lines of progress; a name that is too long gives way to the figures beside it."""
    name = TextColumn("{task.description}", table_column=Column(ratio=1, no_wrap=True, overflow="ellipsis"))
    columns = (SpinnerColumn(), name, PaceColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, expand=True, speed_estimate_period=_PACE_SECONDS)


class Lines:
    """A line for each step; a loop keeps its own while steps within it come and go."""

    def __init__(self, running: Progress) -> None:
        """Begin without a line."""
        self._running = running
        self._step: TaskID | None = None
        self._loops: dict[str, TaskID] = {}

    def tell(self, step: str) -> None:
        """End the step that runs and begin this one, or move its loop's line."""
        self._end_step()
        if not isinstance(step, Counted):
            self._step = self._running.add_task(step, total=None, counted=False)
            return
        if step.loop not in self._loops:
            self._loops[step.loop] = self._running.add_task(step, total=step.total, completed=step.done, counted=True)
        self._running.update(self._loops[step.loop], description=step, completed=step.done, total=step.total)
        if step.done == step.total:
            del self._loops[step.loop]

    def end(self) -> None:
        """End what runs; a loop that was left early stands where it was."""
        self._end_step()
        for loop in self._loops.values():
            self._running.stop_task(loop)

    def _end_step(self) -> None:
        if self._step is not None:
            self._running.update(self._step, total=1, completed=1)
            self._step = None
