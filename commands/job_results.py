"""What the weekly jobs came to, as a person reads it on standard output."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from commands.terminal import console, print_lines, say, table_of
from features.whole_file import read_file

if TYPE_CHECKING:
    from features.intake_report import IntakeReport
    from scoring.record import ScoreReport
    from training.report import RetrainReport

SHOWN_SELLERS, SHOWN_REASONS = 10, 3


def print_check(report: IntakeReport, absent: Mapping[str, Sequence[str]]) -> None:
    """Print what became of the rows of each table, what is missing, and what a person should be told."""
    table = table_of(
        "table", *("rows", "new", "re-delivered", "count", "waiting", "quarantined", "late", "read as other")
    )
    for name, rows in report.tables.items():
        put_aside = sum(rows.quarantined.values())
        taken = (rows.delivered, rows.new, rows.redelivered, rows.landed, rows.waiting)
        table.add_row(Text(name), *(f"{count:,}" for count in (*taken, put_aside, rows.late, rows.other_values)))
    console().print(table)
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
    figures = table_of("out of fold", "value")
    for name, value in report.metrics.items():
        figures.add_row(Text(name), "not measured" if value is None else f"{value:.3f}")
    if report.metrics:
        console().print(figures)
    print_lines([*report.notes, *report.messages, *report.drift.get("words", ())])
    if report.tuned:
        say("settings found, to be written into the file of --config as `classifier`:")
        print_lines(f"  {name}: {value}" for name, value in report.tuned.items())
    if report.run_id:
        say(f"MLflow: {mlflow_ui(report.tracking_uri)}")


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
    console().print(table)


def read_listed(out: Path) -> list[dict[str, Any]]:
    """The rows of ``scores.parquet`` that stand on a list, the most suspicious first."""
    return [dict(row) for row in read_file(out / "scores.parquet").to_pylist() if row["alerted"]]


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
