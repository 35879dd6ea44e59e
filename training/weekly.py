"""The weekly job: take in, learn from the verdicts, and decide whether the new model takes the champion's place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd

from features.catalogue import CATALOGUE
from features.errors import TrackingUnreachable
from features.intake import take_in
from features.locks import alone
from features.panel import signals_at
from features.store import Store
from features.verdict_rows import verdicts_of
from model.registry import CHALLENGER, CHAMPION
from model.settings import Configuration
from training.at_work import Job
from training.authors import told_bursts
from training.choosing import open_registry
from training.drift import Drift, measure_drift
from training.fit import count_labels, fit_model, obstacle
from training.labels import labelled_cutoffs, training_rows
from training.registering import WAITING_FOR_SERVER, decide_and_register, label_of
from training.report import RetrainReport, read_report, run_key, write_report
from training.steps import Steps, Surroundings, told
from training.tuning import tune
from training.verdicts import verdicts_before


def retrain(
    data: Path,
    store_path: Path,
    as_of: date,
    configuration: Configuration,
    surroundings: Surroundings,
    *,
    tuning_trials: int = 0,
) -> RetrainReport:
    """Retrain on what was known before a date, and register, promote or keep.

    Running it again with the same delivered rows, date and settings changes nothing and returns the same report. If the
    tracking server does not answer, the run waits in the store for `sync`, and nothing is decided until a further run.

    Args:
        data: the folder of the data set.
        store_path: the store; made if it is not there.
        as_of: the date.
        configuration: all settings.
        surroundings: tracking server, waiting, allowances, listener and clock.
        tuning_trials: how many settings of the classifier are tried first; 0 takes them as they are.

    Raises:
        ContractBroken: the data break the event contract; nothing was written.
        StoreBusy: another run held the store for too long.

    """
    store = Store(store_path, surroundings.wait_seconds)
    steps = Steps(surroundings.progress, surroundings.clock)
    with alone(store_path, "retraining", surroundings.wait_seconds):
        steps.begin("taking in")
        intake = take_in(data, store, as_of, configuration, allow=surroundings.allow, progress=steps.tell)
        data_digest = store.digest()
        key = run_key(data_digest, as_of, configuration, CATALOGUE, tuning_trials)
        earlier = read_report(store_path, key)
        if earlier is not None:
            steps.tell("nothing has changed since the last retraining at this date: its report is returned")
            return replace(earlier, repeated=True)
        job = Job(data, store, as_of, configuration, surroundings, key, data_digest, told(intake), steps)
        report = _learn(job, tuning_trials)
        if report.outcome != WAITING_FOR_SERVER:
            write_report(store_path, key, report)
    return report


def _learn(job: Job, tuning_trials: int) -> RetrainReport:
    job.steps.begin("reading verdicts")
    settings, verdicts = job.configuration.labels, verdicts_of(job.store, job.configuration)
    if verdicts_before(verdicts, job.as_of).empty:
        return _day_zero(job, verdicts, "no verdict was recorded before this date", {})
    job.steps.begin("computing signals")
    cutoffs = labelled_cutoffs(verdicts, job.as_of, settings)
    panel = signals_at(job.store, [*cutoffs, job.as_of], job.configuration, progress=job.steps.tell)
    job.steps.begin("labelling")
    history = panel[panel["as_of"] < pd.Timestamp(job.as_of)]
    rows = training_rows(history, verdicts, job.as_of, settings, job.configuration.classifier.seed)
    hindrance = obstacle(rows, history, CATALOGUE, job.configuration.classifier)
    if hindrance:
        return _day_zero(job, verdicts, hindrance, count_labels(rows))
    tuned = None
    if tuning_trials > 0:
        job.steps.begin("tuning")
        journal, clock = job.folder / "tuning.log", job.surroundings.clock
        tuned = tune(rows, history, CATALOGUE, job.configuration, tuning_trials, journal, clock, job.steps.tell)
        found = job.configuration.model_copy(update={"classifier": tuned.classifier})
        job = replace(job, configuration=found)
    job.steps.begin("fitting")
    bursts = told_bursts(verdicts, job.as_of, settings)
    fit = fit_model(rows, history, CATALOGUE, job.configuration, job.as_of, progress=job.steps.tell, notes=bursts)
    return decide_and_register(job, fit, panel, verdicts, () if tuned is None else tuned.trials)


def _day_zero(job: Job, verdicts: pd.DataFrame, why: str, rows: Mapping[str, int]) -> RetrainReport:
    """Report that no model could be fitted; a champion of earlier weeks stays."""
    job.steps.begin("measuring drift")
    drift: Drift = measure_drift(job.store, verdicts, job.as_of, job.configuration, None, job.steps.tell)
    try:
        registry = open_registry(job.store.path, job.configuration, job.surroundings)
        champion = None if registry is None else registry.find(CHAMPION)
        challenger = None if registry is None else registry.find(CHALLENGER)
        outcome = "day zero" if champion is None else "kept"
    except TrackingUnreachable as error:
        champion = challenger = None
        outcome, why = WAITING_FOR_SERVER, f"{why}; who is champion is not known: {error}"
    return job.report(
        outcome=outcome,
        why=why,
        model=None,
        champion=label_of(champion),
        challenger=label_of(challenger),
        run_id=None,
        tracking_uri=job.surroundings.tracking_uri or "",
        rows=rows,
        positive_cases=0,
        calibrated=False,
        metrics={},
        notes=("A reason to look, not a finding.",),
        drift=drift.summary(),
    )
