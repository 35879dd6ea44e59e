"""What a terminal shows while a job runs."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from rich.progress import Progress

from commands.running import Lines, PaceColumn, lines_on, show_progress
from features.progress import Counted


def shown(running: Progress) -> list[str]:
    pace = PaceColumn()
    return [f"{task.description}: {pace.render(task)}" for task in running.tasks]


def test_a_loop_shows_its_pace_and_what_remains() -> None:
    seconds = iter(range(0, 1000, 10))
    nowhere = Console(file=io.StringIO())
    running = Progress(console=nowhere, speed_estimate_period=3600, get_time=lambda: float(next(seconds)))
    lines = Lines(running)
    lines.tell("taking in")
    for done in (0, 1, 2):
        lines.tell(Counted(f"week {done}", "weeks", done, 6))
        lines.tell("fitting")
    loop = shown(running)[1]
    assert loop.startswith("week 2: 2/6, ")
    assert " s each, 0:0" in loop
    assert loop.endswith(" left")
    assert [line for line in shown(running) if line == "fitting: "] == ["fitting: "] * 3
    lines.tell(Counted("weeks", "weeks", 6, 6))
    assert shown(running)[1] == "weeks: 6/6"


def test_a_long_name_leaves_room_for_the_figures() -> None:
    narrow = Console(file=io.StringIO(), width=50)
    running = lines_on(narrow)
    Lines(running).tell(Counted("folding " + "one kind of tile after the other, " * 3, "folding", 5, 104))
    with narrow.capture() as captured:
        narrow.print(running.get_renderable())
    line, *further = captured.get().splitlines()
    assert "5/104" in line
    assert further == []


def test_nothing_is_shown_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with show_progress() as tell:
        tell("taking in")
        tell(Counted("week 1", "weeks", 0, 2))
    assert tuple(capsys.readouterr()) == ("", "")
