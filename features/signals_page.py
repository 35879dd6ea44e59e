"""Writes the page of the signals from their declarations: ``python -m features.signals_page`` in the repository."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from features.catalogue import CATALOGUE, windowed_of
from features.signal import Signal

PAGE = Path("docs") / "signals.md"

_HEAD = """# Signals

Every number that a model may read of a seller at a cutoff, as it is declared in `features/families/`. This page is
written by `python -m features.signals_page`; a test fails when it is stale.

A window of n days holds what became known in the n days before the cutoff. *Risk* says in which direction a signal
points: `more` is riskier, `less` is, or `either` may be. *Quiet* is the value when the data cover the window and
nothing happened. A signal is missing where one of the tables or columns that it *needs* does not cover its window. In
the sentence `{value}` is the seller's number and `{peer}` the median of its peers. A changed meaning changes the
*fingerprint*, and a model that was fitted with another one is refused.
"""


def page(catalogue: Mapping[str, Signal]) -> str:
    """The page of these signals, service by service, in the order of the catalogue."""
    services = dict.fromkeys(signal.service for signal in catalogue.values())
    parts = [_HEAD, *(_overview(service, catalogue) for service in services)]
    parts += [_section(signal) for signal in catalogue.values()]
    return "\n".join(parts)


def _overview(service: str, catalogue: Mapping[str, Signal]) -> str:
    rows = [
        f"| [`{signal.name}`](#{signal.name}) | {signal.unit} | {signal.window_days} | {_risk(signal)} |"
        for signal in catalogue.values()
        if signal.service == service
    ]
    return "\n".join(
        [
            f"## {service.replace('_', ' ').capitalize()}\n",
            "| signal | unit | days | risk |",
            "| --- | --- | --- | --- |",
            *rows,
            "",
        ]
    )


def _section(signal: Signal) -> str:
    return "\n".join([f"### {signal.name}\n", f"{signal.why}\n", *(f"- {line}" for line in _facts(signal)), ""])


def _facts(signal: Signal) -> Iterator[str]:
    if signal.retired is not None:
        yield f"**Retired** since {signal.retired.since}, no new model learns from it: {signal.retired.why}"
    yield f"*Says* {signal.sentence}"
    yield f"*Unit* {signal.unit}, *window* {signal.window_days} days, *risk* {_risk(signal)}, *quiet* {_quiet(signal)}"
    if signal.compared is not None:
        yield f"*Compares* `{signal.compared.of.name}` with the peers' ({_how(signal)})"
    if signal.neighbours is not None:
        told, shared = signal.neighbours, signal.neighbours.over.name.replace("_", " ")
        yield f"*Reads* `{told.of.name}` of {shared} with it in {told.over.days} days ({told.read})"
    yield f"*Needs* {', '.join(f'`{need}`' for need in _needs(signal))}"
    yield f"*Source* {signal.source}"
    yield f"*Fingerprint* `{signal.fingerprint[:16]}`"


def _risk(signal: Signal) -> str:
    risk = {1: "more", -1: "less", 0: "either"}[signal.direction]
    return risk if signal.retired is None else f"{risk}, retired"


def _quiet(signal: Signal) -> str:
    if signal.no_events is None:
        return "missing"
    return "as compared" if signal.no_events == "compared" else f"{signal.no_events:g}"


def _how(signal: Signal) -> str:
    compared = signal.compared
    if compared is None or compared.fit is None:
        return "mid-rank percentile"
    size = "" if compared.exposure is None else f", for each of `{compared.exposure.name}`"
    return f"{compared.read}, {compared.fit.replace('_', ' ')}{size}"


def _needs(signal: Signal) -> list[str]:
    """Tables, and optional columns, without which the signal is missing."""
    if signal.compared is not None:
        compared = (signal.compared.of, signal.compared.exposure)
        return sorted({need for each in compared if each is not None for need in _needs(each)})
    own = {need for windowed in windowed_of(signal) for need in windowed.measure.needs}
    return sorted(own.union(*([] if signal.neighbours is None else [_needs(signal.neighbours.of)])))


if __name__ == "__main__":
    PAGE.write_text(page(CATALOGUE), encoding="utf-8")
