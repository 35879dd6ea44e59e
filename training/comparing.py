"""Compares models on the same rows: what differs, who finds more, how sure that is, and whose list changes.

They are judged on sellers of whom no verdict was recorded when the last of them was fitted, by what was recorded since.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from features.catalogue import CATALOGUE
from features.errors import WrongUse
from features.intake import take_in
from features.panel import signals_at
from features.store import Store
from features.verdict_rows import verdicts_of
from model.arrays import Floats
from model.metrics import METRICS, difference, estimate
from model.settings import Configuration, LabelSettings
from training.choosing import NamedModel, open_model, open_registry, settings_of
from training.comparison import Figure, Lists, ModelComparison
from training.differences import facts_that_differ, reasons_that_moved
from training.labels import label_rows, labelled_cutoffs
from training.origins import NEITHER_STEERS
from training.reliability import reliability_of
from training.slices import FEWEST_IN_SLICE, SLICED_BY, slices_of
from training.split import time_test_rows
from training.steps import Steps, Surroundings, told
from training.verdicts import verdicts_before


def compare(
    models: Sequence[str],
    data: Path,
    store_path: Path,
    as_of: date,
    configuration: Configuration,
    surroundings: Surroundings,
    *,
    with_training: bool = False,
) -> ModelComparison:
    """Compare models on the rows of one data set.

    Args:
        models: two or more versions, aliases, run ids or bundle folders; the first is what others are held against.
        data: the folder of the data set.
        store_path: the store; made if it is not there.
        as_of: the cutoff.
        configuration: all settings.
        surroundings: tracking server, waiting, allowances, listener and clock.
        with_training: also judge on sellers of whom a model knew the verdict; told in the messages.

    Raises:
        WrongUse: fewer than two different models.
        NoFittingModel: a name that no model has, or a model whose signals have changed their meaning.

    """
    steps = Steps(surroundings.progress, surroundings.clock)
    steps.begin("opening the models")
    named = [open_model(name, store_path, configuration, surroundings, CATALOGUE) for name in models]
    if len({each.bundle.digest for each in named}) < 2:
        raise WrongUse(f"{', '.join(models)}: one and the same model; name two or more different ones")
    settings = _settings_of(named, store_path, configuration, surroundings)
    steps.begin("taking in")
    store = Store(store_path, surroundings.wait_seconds)
    intake = take_in(data, store, as_of, configuration, allow=surroundings.allow, progress=steps.tell)
    steps.begin("computing signals")
    labels, verdicts = configuration.labels, verdicts_of(store, configuration)
    split_on = min(as_of, max(each.bundle.card.trained_as_of for each in named))
    cutoffs = _test_cutoffs(verdicts, split_on, as_of, labels, with_training=with_training)
    panel = signals_at(store, [*cutoffs, as_of], configuration, progress=steps.tell)
    steps.begin("judging")
    rows = _judged_rows(panel, verdicts, split_on, as_of, labels, with_training=with_training)
    rows = rows.merge(panel[["seller_id", "as_of", *SLICED_BY]], on=["seller_id", "as_of"], how="left")
    margins = {each.label: _margins(each, rows, panel, configuration.classifier.threads) for each in named}
    figures = tuple(_figures(named, rows, margins, configuration))
    reliable = tuple(
        reliability_of(each.label, each.bundle, rows, margins[each.label], configuration.calibration) for each in named
    )
    steps.begin("comparing the lists")
    current = panel[panel["as_of"] == pd.Timestamp(as_of)].reset_index(drop=True)
    undecided = current[~current["seller_id"].isin(verdicts_before(verdicts, as_of)["seller_id"])]
    lists = tuple(_lists(named[0], each, undecided, configuration) for each in named[1:])
    found = rows[rows["label"] == 1]
    return ModelComparison(
        as_of=as_of,
        models=tuple(each.label for each in named),
        facts=facts_that_differ(named, settings),
        tested=len(rows),
        culprits=len(found),
        cases=found["case"].nunique(),
        elsewhere=int(found["route"].isin(NEITHER_STEERS).sum()),
        split_on=split_on,
        saw_training=with_training,
        budget=configuration.alerts.budget,
        figures=figures,
        reliability=reliable,
        curves={label: _curve(rows, each) for label, each in margins.items()},
        lists=lists,
        messages=(*told(intake), *_warnings(len(found), split_on, as_of, with_training=with_training)),
        seconds=steps.seconds(),
    )


def _settings_of(
    named: Sequence[NamedModel], store_path: Path, configuration: Configuration, surroundings: Surroundings
) -> Sequence[Configuration | None]:
    """The settings of each model's fit; None of a bundle's folder, and where they cannot be read any more."""
    registry = open_registry(store_path, configuration, surroundings)
    if registry is None:
        return [None] * len(named)
    found = [None if each.version is None else settings_of(registry, each.version) for each in named]
    return [None if isinstance(each, str) else each for each in found]


def _test_cutoffs(
    verdicts: pd.DataFrame, split_on: date, as_of: date, settings: LabelSettings, *, with_training: bool
) -> list[date]:
    weeks = range(settings.test_horizon_weeks + 1)
    tested = [cutoff for week in weeks if (cutoff := split_on + timedelta(weeks=week)) < as_of]
    return [*labelled_cutoffs(verdicts, as_of, settings), *tested] if with_training else tested


def _judged_rows(
    panel: pd.DataFrame,
    verdicts: pd.DataFrame,
    split_on: date,
    as_of: date,
    settings: LabelSettings,
    *,
    with_training: bool,
) -> pd.DataFrame:
    """One row a tested seller; with training the last that a verdict speaks of.

    ``verdict`` is NaN for the unknown, whom ``label`` counts as not found.
    """
    history = panel[panel["as_of"] < pd.Timestamp(as_of)]
    if not with_training:
        rows = time_test_rows(history, verdicts, split_on, as_of, settings)
    else:
        labelled = label_rows(history, verdicts, as_of, settings)
        told_last = labelled.assign(told=labelled["label"].notna()).sort_values(["told", "as_of"], kind="stable")
        rows = told_last.drop_duplicates("seller_id", keep="last").sort_values("seller_id", kind="stable")
    found = (rows["label"] == 1).astype(float)
    return rows.assign(verdict=rows["label"], label=found).reset_index(drop=True)


def _margins(model: NamedModel, rows: pd.DataFrame, panel: pd.DataFrame, threads: int) -> Floats:
    keys = ["seller_id", "as_of"]
    signals = rows[keys].merge(panel, on=keys, how="left", validate="one_to_one")
    return model.bundle.margins(signals, threads)


def _figures(
    named: Sequence[NamedModel], rows: pd.DataFrame, margins: Mapping[str, Floats], configuration: Configuration
) -> Iterator[Figure]:
    """Figures of all tested sellers, then of the slices that hold enough culprits."""
    yield from _figures_of(named, rows, margins, configuration, "all")
    for name, part in slices_of(rows, FEWEST_IN_SLICE):
        cut = {label: each[part.index.to_numpy()] for label, each in margins.items()}
        yield from _figures_of(named, part, cut, configuration, name)


def _figures_of(
    named: Sequence[NamedModel],
    rows: pd.DataFrame,
    margins: Mapping[str, Floats],
    configuration: Configuration,
    name: str,
) -> Iterator[Figure]:
    labels, cases = rows["label"].to_numpy(), rows["case"].to_numpy()
    drawn = {"budget": configuration.alerts.budget, "seed": configuration.classifier.seed}
    first = margins[named[0].label]
    for metric in METRICS.values():
        for each in named:
            own = margins[each.label]
            gain = None if each is named[0] else difference(metric, labels, own, first, cases, **drawn)
            yield Figure(each.label, metric.name, name, estimate(metric, labels, own, cases, **drawn), gain)


def _curve(rows: pd.DataFrame, margins: Floats) -> tuple[int, ...]:
    """Culprits among the first 1, 2, ... sellers, down to the last culprit."""
    found = rows["label"].to_numpy()[np.argsort(-margins, kind="stable")].cumsum().astype(int)
    return tuple(found[: int(np.searchsorted(found, found[-1])) + 1].tolist()) if len(found) and found[-1] else ()


def _lists(first: NamedModel, other: NamedModel, sellers: pd.DataFrame, configuration: Configuration) -> Lists:
    threads, budget = configuration.classifier.threads, configuration.alerts.budget
    orders = [pd.Series(each.bundle.margins(sellers, threads), sellers["seller_id"]) for each in (first, other)]
    tops = [order.sort_index().sort_values(ascending=False, kind="stable").index[:budget] for order in orders]
    agreement = float(spearmanr(*orders).statistic) if len(sellers) > 2 else float("nan")
    union = sellers[sellers["seller_id"].isin(tops[0].union(tops[1]))]
    return Lists(
        model=other.label,
        rank_agreement=agreement,
        kept=len(tops[0].intersection(tops[1])),
        enter=tuple(each for each in tops[1] if each not in tops[0]),
        leave=tuple(each for each in tops[0] if each not in tops[1]),
        moved=reasons_that_moved(first.bundle, other.bundle, union, threads),
    )


def _warnings(culprits: int, split_on: date, as_of: date, *, with_training: bool) -> Iterator[str]:
    if with_training:
        yield (
            "MARKED: sellers count whose verdicts a model has learned from; whoever learned from more looks better than"
            " it is"
        )
    elif split_on >= as_of:
        yield f"the last of the models was fitted as of {split_on}: no verdict was recorded since that could judge it"
    elif culprits == 0:
        yield f"no culprit was found between {split_on} and {as_of} whom no model knew: figures say nothing yet"
