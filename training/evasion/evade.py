"""The price of evasion of some models in one simulated market: the job behind `scrubwatch evade`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from features.catalogue import CATALOGUE
from features.panel import signals_at
from features.store import Store
from model.settings import Configuration
from training.choosing import open_model
from training.evasion.effort import WEEKS, Effort
from training.evasion.lists import Score, audit_places, by_bundle, open_base
from training.evasion.outcomes import Strategy
from training.evasion.refits import Refits
from training.evasion.report import Evasion
from training.evasion.search import Bench, Market, search
from training.steps import Surroundings


def named_models(
    names: Sequence[str], store: Path, configuration: Configuration, surroundings: Surroundings
) -> dict[str, Score]:
    """Registered models or bundles as scores, by their label.

    Raises:
        NoFittingModel: one of them is not there, or does not fit.

    """
    opened = [open_model(name, store, configuration, surroundings, CATALOGUE) for name in names]
    return {each.label: by_bundle(each.bundle, configuration.classifier.threads) for each in opened}


def open_bench(
    data: Path,
    market: Market,
    entry: date,
    models: Mapping[str, Score],
    effort: Effort,
    work: Path,
    configuration: Configuration,
    surroundings: Surroundings,
) -> Bench:
    """Where strategies are tried: takes the fixed market into a store of its own below ``work``."""
    tell = surroundings.progress
    tell("folding the fixed market")
    cutoffs = effort.cutoffs(entry)
    base = open_base(data, work / "base", cutoffs, configuration)
    audited = _audited(base_sellers(base, cutoffs[-1:], configuration), configuration)
    return Bench(market, data, base, work, entry, models, tuple(models), configuration, effort, audited, tell)


def evade(bench: Bench, idle: Strategy, *, families: bool) -> Evasion:
    """Search the strategies against the named models of a bench, and estimate what they cost.

    Args:
        bench: where.
        idle: the strategy of buying nothing.
        families: also ask models fitted again at the entry, whole and without the signals of each service.

    """
    asked = refitted(bench) if families else {}
    found = search(replace(bench, models={**bench.models, **asked}), idle)
    return Evasion(
        entry=bench.entry,
        named=tuple(bench.named),
        refits=tuple(asked),
        gain=bench.effort.gain,
        chance=bench.effort.chance,
        hosts=bench.market.hosts,
        searched=found.searched,
        estimated=found.estimated,
        finalists=found.finalists,
    )


def refitted(bench: Bench) -> dict[str, Score]:
    """The model of the entry fitted again, whole and without the signals of each service."""
    refits = Refits(bench.base, bench.entry, bench.configuration, CATALOGUE)
    found = {"refit": refits.fitted()}
    for service in refits.services:
        bench.progress(f"fitting without the signals of {service}")
        found[f"without {service}"] = refits.fitted(without=service)
    return found


def base_sellers(base: Store, cutoffs: Sequence[date], configuration: Configuration) -> dict[str, int]:
    """How many sellers each marketplace has."""
    counts = signals_at(base, cutoffs, configuration)["marketplace"].value_counts()
    return {str(name): int(count) for name, count in counts.items()}


def _audited(sellers: Mapping[str, int], configuration: Configuration) -> float:
    """The greatest chance, over the marketplaces, that the weekly audits alone list a seller within the weeks."""
    alerts = configuration.alerts
    weekly = max((audit_places(alerts, name) / count for name, count in sellers.items()), default=0.0)
    return float(1 - (1 - min(weekly, 1.0)) ** WEEKS)
