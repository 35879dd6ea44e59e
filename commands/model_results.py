"""What models, backtests and decisions came to, as a person reads it on standard output."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from commands.terminal import console, print_json, print_lines, say, table_of

if TYPE_CHECKING:
    from features.audit_log import Entry
    from training.champions import Change
    from training.comparison import ModelComparison
    from training.drift import Drift
    from training.evasion.report import Evasion
    from training.hindsight import Backtest


def print_comparison(found: ModelComparison, page: Path | None) -> None:
    """Print what differs, the figures with their intervals, and the findings in words."""
    from training.comparison import in_words
    from training.page import interval, number, signed

    print_lines(found.messages)
    facts = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("what differs", *found.models):
        facts.add_column(heading, overflow="fold")
    for fact in found.facts:
        facts.add_row(Text(fact.name), *map(Text, fact.values))
    console().print(facts)
    figures = table_of("tested", "metric", "model", "value", "95 %", f"beside {found.models[0]}", "95 % ")
    for each in found.figures:
        gain = ("", "") if each.gain is None else (signed(each.gain.value), interval(each.gain))
        figures.add_row(each.rows, each.metric, each.model, number(each.found.value), interval(each.found), *gain)
    console().print(figures)
    print_lines(in_words(found))
    print_lines([] if page is None else [f"page: {page}"])


def print_drift(found: Drift, shown: int) -> None:
    """Print what has changed in words, and the signals that changed most."""
    from training.page import number

    print_lines(found.in_words())
    most = number(found.told_apart_usually)
    say(f"told apart from {found.before}: {number(found.told_apart)} (at most {most} before)")
    table = table_of("signal", "index", "at most before", "by chance", "missing", "missing before", "")
    for each in found.signals[:shown]:
        figures = (number(each.index), number(each.usual), number(each.chance))
        missing = (f"{each.missing:.0%}", f"{each.missing_before:.0%}")
        table.add_row(each.signal, *figures, *missing, "ALARM" if each.alarm else "")
    console().print(table)


def print_backtest(found: Backtest, out: Path) -> None:
    """Print each week's list and what it was worth, how soon culprits were listed, and where everything lies."""
    from training.page import number

    table = table_of("week", "verdicts", "listed", "new", "kept", "culprits", "hits", "precision", "average precision")
    for week in found.table.to_dict("records"):
        counts = (f"{week[name]:,}" for name in ("verdicts", "listed", "entered"))
        figures = (number(week[name]) for name in ("precision", "average_precision"))
        kept = number(week["kept_share"])
        table.add_row(str(week["as_of"]), *counts, kept, f"{week['culprits']:,}", f"{week['hits']:,}", *figures)
    console().print(table)
    soon = found.detection
    within = ", ".join(f"{number(share)} within {weeks} weeks" for weeks, share in soon.within.items())
    say(f"of {soon.culprits} culprits with 26 weeks to be seen, {soon.findable} findable: listed {within}")
    say(f"listed before their onset, which is a false alert: {soon.before_onset}; judged by {found.judged_by}")
    say(f"written to {out}")


def print_evasion(found: Evasion, page: Path | None) -> None:
    """Print what staying unseen costs, strategy by strategy and in words."""
    from training.evasion.report import in_words, money

    table = table_of("strategy", "cost", "gain", *(f"listed by {model}" for model in found.named))
    for each in sorted(found.estimated, key=lambda each: each.cost):
        listed = (f"{each.chance[m]:.2f} ({each.low[m]:.2f} to {each.high[m]:.2f})" for m in found.named)
        table.add_row(each.strategy, money(each.cost), f"{each.gain:+.1%}", *listed)
    console().print(table)
    print_lines(in_words(found))
    for model in found.refits:
        say(f"{model}: {money(found.price(model))}")
    if page is not None:
        say(f"page: {page}")


def print_change(change: Change, *, as_json: bool) -> None:
    """Print who is champion now, and who was."""
    if as_json:
        print_json(change.as_json())
    else:
        say(f"champion: {change.champion} (before: {change.before or 'none'}); logged by {change.entry.who}")


def print_entries(entries: Sequence[Entry], *, as_json: bool) -> None:
    """Print the audit log's entries, a line each."""
    from features.audit_log import entry_as_text

    if as_json:
        print_json({"entries": [asdict(entry) for entry in entries]})
    else:
        print_lines(entry_as_text(entry) for entry in entries)
