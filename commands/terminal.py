"""What a person sees of a result: tables or JSON on standard output."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from features.audit_log import Entry
    from features.intake_report import IntakeReport
    from features.pruning import Pruned
    from scoring.casework.explain import Explanation, Told
    from scoring.casework.ledger import Given
    from scoring.casework.pack import Packed
    from scoring.casework.reveal import Revealed
    from scoring.casework.verify import Checked
    from scoring.record import ScoreReport
    from training.champions import Change
    from training.comparison import ModelComparison
    from training.drift import Drift
    from training.evasion.report import Evasion
    from training.hindsight import Backtest
    from training.report import RetrainReport

SHOWN_SELLERS, SHOWN_REASONS = 10, 3
_WIDTH_OF_A_FILE = 120


def print_json(report: Mapping[str, object]) -> None:
    """Print a report as one JSON object."""
    say(json.dumps(report, indent=1, default=_plain, allow_nan=False))


def print_check(report: IntakeReport, absent: Mapping[str, Sequence[str]]) -> None:
    """Print what became of the rows of each table, what is missing, and what a person should be told."""
    console = _console()
    table = _table(
        "table", *("rows", "new", "re-delivered", "count", "waiting", "quarantined", "late", "read as other")
    )
    for name, rows in report.tables.items():
        put_aside = sum(rows.quarantined.values())
        taken = (rows.delivered, rows.new, rows.redelivered, rows.landed, rows.waiting)
        table.add_row(Text(name), *(f"{count:,}" for count in (*taken, put_aside, rows.late, rows.other_values)))
    console.print(table)
    for name, rows in report.tables.items():
        for rule, number in rows.quarantined.items():
            say(f"quarantined in {name}: {number:,} rows break the rule {rule}")
    for name, columns in absent.items():
        say(f"columns that {name} lacks: {', '.join(columns)}")
    if report.missing:
        say(f"not handed in, so what needs them is missing, not zero: {', '.join(report.missing)}")
    print_lines([*report.messages, *report.marks])


def print_retraining(report: RetrainReport) -> None:
    """Print what became of the new model, why, and where a data scientist finds it."""
    again = " (found done; nothing was changed)" if report.repeated else ""
    say(f"{report.as_of}: {report.outcome}{again}")
    say(report.why)
    for role in ("model", "champion", "challenger"):
        say(f"{role}: {getattr(report, role) or 'none'}")
    rows = ", ".join(f"{count:,} {label}" for label, count in report.rows.items())
    say(f"learned from: {rows or 'no rows'}; {report.positive_cases} cases with a culprit")
    figures = _table("out of fold", "value")
    for name, value in report.metrics.items():
        figures.add_row(Text(name), "not measured" if value is None else f"{value:.3f}")
    if report.metrics:
        _console().print(figures)
    print_lines([*report.notes, *report.messages, *report.drift.get("words", ())])
    if report.tuned:
        say("settings found, to be written into the file of --config as `classifier`:")
        print_lines(f"  {name}: {value}" for name, value in report.tuned.items())
    if report.run_id:
        say(f"MLflow: {mlflow_ui(report.tracking_uri)}")


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
    _console().print(facts)
    figures = _table("tested", "metric", "model", "value", "95 %", f"beside {found.models[0]}", "95 % ")
    for each in found.figures:
        gain = ("", "") if each.gain is None else (signed(each.gain.value), interval(each.gain))
        figures.add_row(each.rows, each.metric, each.model, number(each.found.value), interval(each.found), *gain)
    _console().print(figures)
    print_lines(in_words(found))
    print_lines([] if page is None else [f"page: {page}"])


def print_drift(found: Drift, shown: int) -> None:
    """Print what has changed in words, and the signals that changed most."""
    from training.page import number

    print_lines(found.in_words())
    most = number(found.told_apart_usually)
    say(f"told apart from {found.before}: {number(found.told_apart)} (at most {most} before)")
    table = _table("signal", "index", "at most before", "by chance", "missing", "missing before", "")
    for each in found.signals[:shown]:
        figures = (number(each.index), number(each.usual), number(each.chance))
        missing = (f"{each.missing:.0%}", f"{each.missing_before:.0%}")
        table.add_row(each.signal, *figures, *missing, "ALARM" if each.alarm else "")
    _console().print(table)


def print_backtest(found: Backtest, out: Path) -> None:
    """Print each week's list and what it was worth, how soon culprits were listed, and where everything lies."""
    from training.page import number

    table = _table("week", "verdicts", "listed", "new", "kept", "culprits", "hits", "precision", "average precision")
    for week in found.table.to_dict("records"):
        counts = (f"{week[name]:,}" for name in ("verdicts", "listed", "entered"))
        figures = (number(week[name]) for name in ("precision", "average_precision"))
        kept = number(week["kept_share"])
        table.add_row(str(week["as_of"]), *counts, kept, f"{week['culprits']:,}", f"{week['hits']:,}", *figures)
    _console().print(table)
    soon = found.detection
    within = ", ".join(f"{number(share)} within {weeks} weeks" for weeks, share in soon.within.items())
    say(f"of {soon.culprits} culprits with 26 weeks to be seen, {soon.findable} findable: listed {within}")
    say(f"listed before their onset, which is a false alert: {soon.before_onset}; judged by {found.judged_by}")
    say(f"written to {out}")


def print_evasion(found: Evasion, page: Path | None) -> None:
    """Print what staying unseen costs, strategy by strategy and in words."""
    from training.evasion.report import in_words, money

    table = _table("strategy", "cost", "gain", *(f"listed by {model}" for model in found.named))
    for each in sorted(found.estimated, key=lambda each: each.cost):
        listed = (f"{each.chance[m]:.2f} ({each.low[m]:.2f} to {each.high[m]:.2f})" for m in found.named)
        table.add_row(each.strategy, money(each.cost), f"{each.gain:+.1%}", *listed)
    _console().print(table)
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


def print_scoring(report: ScoreReport) -> None:
    """Print the most suspicious sellers with their reasons, and where everything lies."""
    record = report.record
    say(f"{report.sellers:,} sellers scored as of {report.as_of} by {report.model}, {report.listed} of them listed")
    print_lines([*record["messages"], *record["model"]["notes"], *record["allowed"]])
    for name, reason in record["lists"]["empty"].items():
        say(f"list {name} is empty: {reason}")
    print_worst(read_listed(report.out), report.as_of)
    say(f"written to {report.out}: {record['caveat']}")


def print_worst(listed: Sequence[Mapping[str, Any]], as_of: date) -> None:
    """Print the first ten listed sellers, and for each the reasons that weigh most."""
    by_score = any(row["score"] is not None for row in listed)
    table = Table(title=f"Most suspicious as of {as_of}", title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("rank", justify="right")
    table.add_column("seller")
    table.add_column("score" if by_score else "strength", justify="right")
    table.add_column("reasons, the heaviest first", overflow="fold")
    for row in listed[:SHOWN_SELLERS]:
        reasons = [reason["text"] for reason in row["reasons"] if reason["contribution"] > 0][:SHOWN_REASONS]
        figure = row["score"] if by_score else row["strength"]
        table.add_row(str(row["rank"]), Text(str(row["seller_id"])), f"{figure:.3f}", Text("\n".join(reasons)))
    _console().print(table)


def read_listed(out: Path) -> list[dict[str, Any]]:
    """The rows of ``scores.parquet`` that stand on a list, the most suspicious first."""
    import pyarrow.parquet as pq

    return [dict(row) for row in pq.read_table(out / "scores.parquet").to_pylist() if row["alerted"]]


def print_truth(listed: Sequence[Mapping[str, Any]], culprits: Collection[object], sellers: int) -> None:
    """Print how many of the listed sellers run a scheme, beside how many a blind list of that length would hold."""
    found = [row["seller_id"] in culprits for row in listed]
    share = len(culprits) / sellers
    say(f"the truth: {len(culprits):,} of {sellers:,} sellers run a scheme at the cutoff ({share:.1%})")
    for length in sorted({min(SHOWN_SELLERS, len(found)), len(found)} - {0}):
        hits = sum(found[:length])
        say(f"precision of the first {length}: {hits / length:.0%} ({hits} run one; {share * length:.1f} by chance)")


def mlflow_ui(tracking_uri: str) -> str:
    """How the runs are looked at: the command that serves a local database, or the server's address."""
    return tracking_uri if tracking_uri.startswith("http") else f"mlflow ui --backend-store-uri {tracking_uri}"


def print_lines(lines: Iterable[str]) -> None:
    """Print lines on standard output, as they are."""
    for line in lines:
        say(line)


def say(line: str) -> None:
    """Print a line on standard output, as it is."""
    _console().print(Text(line), soft_wrap=True)


def _table(first: str, *numbers: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(first)
    for name in numbers:
        table.add_column(name, justify="right")
    return table


def _console() -> Console:
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=_WIDTH_OF_A_FILE)


def _plain(value: object) -> object:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"no JSON form for {type(value).__name__}")


def print_verdicts(given: Given, *, as_json: bool) -> None:
    """Print which verdicts were written, and which stood already."""
    report = given.as_json()
    if as_json:
        print_json(report)
        return
    for how, rows in report.items():
        for row in rows:
            scheme = f", {row['scheme']}" if row["scheme"] else ""
            onset = f" since {row['onset_on']}" if row["onset_on"] else ""
            about = f"case {row['case_id']}, seller {row['seller_id']}: {row['verdict']}{scheme}{onset}"
            say(about if how == "written" else f"{about} stands already, decided {row['decided_at']} UTC")
    counts = {how: len(rows) for how, rows in report.items()}
    say(f"{counts['written']} written, {counts['standing']} stood already; the next retrain and score read them")


def print_revealed(person: Revealed, *, as_json: bool) -> None:
    """Print the name of a person, and where it is written down that it was asked for."""
    if as_json:
        print_json(person.as_json())
        return
    say(f"{' and '.join(person.kinds)} {person.entry.details['person']}: {person.person}")
    say(f"entry {person.entry.number} of the audit log")


def print_pruned(report: Pruned, *, as_json: bool) -> None:
    """Print what was removed, and from when on everything is kept."""
    from features.contract import TABLES
    from features.measures import LONGEST_DAYS

    if as_json:
        print_json(report.as_json())
    elif report.floor is None:
        say("nothing is older than what is to be kept")
    else:
        for name, number in report.removed.items():
            say(f"{name}: {number:,} {'rows' if name in TABLES else 'files'} removed")
        first = report.floor + timedelta(days=LONGEST_DAYS)
        say(f"everything from {report.floor} on is kept, {report.bytes / 1e6:,.1f} MB are free; first cutoff {first}")


def print_explanation(found: Explanation, *, as_json: bool) -> None:
    """Print the claim with its reasons and events, and how a signal comes about."""
    from scoring.record import CAVEAT

    if as_json:
        print_json(found.as_json())
        return
    if found.scored:
        score = found.scored["score"]
        number = "no score yet (day zero)" if score is None else f"score {score:.3f}"
        say(f"seller {found.seller_id} as of {found.as_of}: rank {found.scored['rank']}, {number}; {CAVEAT}")
    for reason in found.scored.get("reasons", []):
        say(f"  {reason['contribution']:+.3f}  {reason['text']}")
    if found.case:
        _print_case(found.case)
    for told in found.signals:
        _print_signal(told)
    for name, rows in found.rows.items():
        say(f"{name}: {len(rows)} rows of the seller")
        for row in rows:
            say("  " + ", ".join(f"{column} {value}" for column, value in row.items() if value is not None))


def _print_case(case: Mapping[str, Any]) -> None:
    onset = f"since {case['onset_on']} ({case['onset_low']} to {case['onset_high']})"
    say(f"case {case['case_id']}, {case['state']}, first listed {case['first_listed_on']}; {onset}")
    for told in case["innocent_explanations"]:
        say(f"  innocent? {told['fits']}: {told['text']}")
    for event in case["evidence"][:SHOWN_SELLERS]:
        say(f"  {event['happened_at']:%Y-%m-%d %H:%M}  {event['text']} ({event['table']} {event['key']})")


def _print_signal(told: Told) -> None:
    signal = told.signal
    value = "missing" if told.value is None else f"{told.value:g}"
    say(f"{signal.name} = {value} {signal.unit}, {signal.window_days} days; {signal.why}")
    if told.peers:
        peers = told.peers
        say(f"  compared: {peers['of']} among {peers['sellers']} sellers of {peers['group']}, median {peers['median']}")
    elif told.working is None:
        say("  told from rows of other sellers too: not recomputed from this seller's rows")
    else:
        say(f"  formula: {told.working.formula}")
        for column, number in told.working.measures.items():
            say(f"  {column} = {0 if number is None else number}")
        say(f"  recomputed from the seller's rows: {told.working.value}")


def print_packed(packed: Packed, *, as_json: bool) -> None:
    """Print where a pack lies, its digest, and what can be counted anew from it."""
    if as_json:
        print_json(packed.as_json())
        return
    say(f"{packed.file}: SHA-256 {packed.sha256}")
    say(f"numbers that can be counted anew from it: {packed.recomputed}")
    _print_stated(packed.stated)


def print_checked(checked: Checked, *, as_json: bool) -> None:
    """Print whether a pack is whole, and what differs."""
    if as_json:
        print_json(checked.as_json())
        return
    print_lines(checked.wrong)
    outcome = f"{len(checked.wrong)} differ" if checked.wrong else "whole"
    say(f"case {checked.case_id}: {outcome}; numbers counted anew: {checked.recomputed}; SHA-256 {checked.sha256}")
    _print_stated(checked.stated)


def _print_stated(stated: Sequence[str]) -> None:
    if stated:
        say(f"told from rows of other sellers, and only stated: {', '.join(stated)}")
