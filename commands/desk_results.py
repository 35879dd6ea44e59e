"""What the desk's commands came to, as a person reads it on standard output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from commands.terminal import print_json, print_lines, say

if TYPE_CHECKING:
    from features.pruning import Pruned
    from scoring.casework.explain import Explanation, Told
    from scoring.casework.ledger import Given
    from scoring.casework.pack import Packed
    from scoring.casework.reveal import Revealed
    from scoring.casework.verify import Checked

_SHOWN_EVENTS = 10


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
    for event in case["evidence"][:_SHOWN_EVENTS]:
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
