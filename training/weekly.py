"""The weekly job: take in, learn from the verdicts, and decide whether the new model takes the champion's place."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from features.audit_log import AuditLog
from features.catalogue import CATALOGUE
from features.errors import NoFittingModel
from features.intake import take_in
from features.locks import alone
from features.panel import signals_at
from features.store import Store
from features.verdict_rows import verdicts_of
from model.bundle import Bundle, read_bundle, write_bundle
from model.registry import CHALLENGER, CHAMPION, Registry
from model.settings import Configuration
from model.tracked import Registered, RunRecord
from training.champions import DECIDED, rolled_back
from training.choosing import make_registry, open_registry
from training.evidence import Champion, evidence_beside, first_evidence
from training.fit import Fit, chosen_signals, count_labels, fit_model, obstacle
from training.labels import label_rows, labelled_cutoffs, training_rows
from training.promotion import Decision, decide
from training.report import RetrainReport, catalogue_digest, read_report, run_folder, run_key, write_report
from training.steps import Steps, Surroundings, told
from training.verdicts import verdicts_before


@dataclass(frozen=True)
class _Job:
    """One retraining at work.

    ``key`` names all that it depends on; ``messages`` are intake's.
    """

    data: Path
    store: Store
    as_of: date
    configuration: Configuration
    surroundings: Surroundings
    key: str
    data_digest: str
    messages: tuple[str, ...]
    steps: Steps

    @property
    def log(self) -> AuditLog:
        return AuditLog(self.store.path, self.surroundings.wait_seconds)

    def report(self, **facts: Any) -> RetrainReport:
        """Return a report with what is common to all outcomes filled in."""
        return RetrainReport(
            as_of=self.as_of,
            messages=self.messages,
            data_digest=self.data_digest,
            configuration_digest=self.configuration.digest,
            seconds=self.steps.seconds(),
            **facts,
        )


def retrain(
    data: Path, store_path: Path, as_of: date, configuration: Configuration, surroundings: Surroundings
) -> RetrainReport:
    """Retrain on what was known before a date, and register, promote or keep.

    Running it again with the same delivered rows, date and settings changes nothing and returns the same report.

    Args:
        data: the folder of the data set.
        store_path: the store; made if it is not there.
        as_of: the date.
        configuration: all settings.
        surroundings: tracking server, waiting, allowances, listener and clock.

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
        key = run_key(data_digest, as_of, configuration, CATALOGUE)
        earlier = read_report(store_path, key)
        if earlier is not None:
            steps.tell("nothing has changed since the last retraining at this date: its report is returned")
            return replace(earlier, repeated=True)
        job = _Job(data, store, as_of, configuration, surroundings, key, data_digest, told(intake), steps)
        report = _learn(job)
        write_report(store_path, key, report)
    return report


def _learn(job: _Job) -> RetrainReport:
    job.steps.begin("reading verdicts")
    settings, verdicts = job.configuration.labels, verdicts_of(job.store, job.configuration)
    if verdicts_before(verdicts, job.as_of).empty:
        return _day_zero(job, "no verdict was recorded before this date", {})
    job.steps.begin("computing signals")
    cutoffs = labelled_cutoffs(verdicts, job.as_of, settings)
    panel = signals_at(job.store, [*cutoffs, job.as_of], job.configuration, progress=job.steps.tell)
    job.steps.begin("labelling")
    history = panel[panel["as_of"] < pd.Timestamp(job.as_of)]
    labelled = label_rows(history, verdicts, job.as_of, settings)
    rows = training_rows(labelled, settings, job.configuration.classifier.seed)
    catalogue = chosen_signals(CATALOGUE, job.configuration.classifier)
    hindrance = obstacle(rows, history, catalogue)
    if hindrance:
        return _day_zero(job, hindrance, count_labels(rows))
    job.steps.begin("fitting")
    fit = fit_model(rows, history, catalogue, job.configuration, job.as_of, progress=job.steps.tell)
    return _decide_and_register(job, fit, panel, verdicts)


def _day_zero(job: _Job, why: str, rows: Mapping[str, int]) -> RetrainReport:
    """Report that no model could be fitted; a champion of earlier weeks stays."""
    registry = open_registry(job.store.path, job.configuration, job.surroundings)
    champion = None if registry is None else registry.find(CHAMPION)
    challenger = None if registry is None else registry.find(CHALLENGER)
    return job.report(
        outcome="day zero" if champion is None else "kept",
        why=why,
        model=None,
        champion=_label(champion),
        challenger=_label(challenger),
        run_id=None,
        tracking_uri=job.surroundings.tracking_uri or "",
        rows=rows,
        positive_cases=0,
        calibrated=False,
        metrics={},
        notes=("A reason to look, not a finding.",),
    )


def _decide_and_register(job: _Job, fit: Fit, panel: pd.DataFrame, verdicts: pd.DataFrame) -> RetrainReport:
    folder = run_folder(job.store.path, job.key) / "bundle"
    shutil.rmtree(folder, ignore_errors=True)  # a run that was killed may have left one; the fit is the same
    write_bundle(folder, fit.booster, fit.card)
    bundle = read_bundle(folder, CATALOGUE)
    job.steps.begin("registering")
    registry = make_registry(job.store.path, job.configuration, job.surroundings)
    champion = registry.find(CHAMPION)
    version = registry.register(bundle, folder, _record(job, fit))
    job.steps.begin("deciding")
    decision = _decided_before(version)
    if decision is None:
        decision = _decision(job, registry, champion, fit, bundle, panel, verdicts)
        registry.tag(version, {"outcome": decision.outcome, "why": decision.why[:5000]})
    _carry_out(job, registry, version, champion, decision)
    shutil.rmtree(folder)  # its copy among the run's artifacts is the one that is used
    return job.report(
        outcome=decision.outcome,
        why=decision.why,
        model=version.label,
        champion=_label(registry.find(CHAMPION)),
        challenger=_label(registry.find(CHALLENGER)),
        run_id=version.run_id,
        tracking_uri=registry.uri,
        rows=fit.card.rows,
        positive_cases=fit.card.positive_cases,
        calibrated=fit.card.calibration.calibrated,
        metrics=fit.card.metrics,
        notes=fit.card.notes,
    )


def _carry_out(
    job: _Job, registry: Registry, version: Registered, champion: Registered | None, decision: Decision
) -> None:
    """Log the decision and give out the aliases, once: a person may have decided otherwise since."""
    if job.log.find(DECIDED, key=job.key) is not None:
        return
    registry.set_alias(CHAMPION if decision.promotes else CHALLENGER, version)
    if decision.promotes:
        registry.drop_alias(CHALLENGER)
    holder = version if decision.promotes else champion
    details = {"version": version.label, "as of": job.as_of.isoformat(), "outcome": decision.outcome, "key": job.key}
    if holder is not None:
        details[CHAMPION] = holder.label
    job.log.append(job.surroundings.now(), job.surroundings.who, DECIDED, decision.why, details)


def _decision(
    job: _Job,
    registry: Registry,
    champion: Registered | None,
    fit: Fit,
    bundle: Bundle,
    panel: pd.DataFrame,
    verdicts: pd.DataFrame,
) -> Decision:
    promotion = job.configuration.promotion
    by_people = rolled_back(job.log)
    if champion is not None and by_people is not None:
        return Decision(
            "kept",
            f"{by_people.who} went back to {champion.label} on {by_people.day} ({by_people.why}); it stays until"
            " somebody promotes a version (`scrubwatch promote VERSION --why TEXT`)",
        )
    if champion is None:
        return decide(first_evidence(fit), promotion, job.as_of)
    recipe = {"configuration": job.configuration.digest, "catalogue": catalogue_digest(CATALOGUE)}
    holder = Champion(
        _opened(registry, champion),
        date.fromisoformat(champion.tags["as_of"]),
        all(champion.tags.get(name) == digest for name, digest in recipe.items()),
    )
    evidence = evidence_beside(holder, fit, bundle, panel, verdicts, job.configuration, job.as_of)
    return decide(evidence, promotion, job.as_of)


def _opened(registry: Registry, model: Registered) -> Bundle | NoFittingModel:
    try:
        return read_bundle(registry.bundle_folder(model), CATALOGUE)
    except NoFittingModel as error:
        return error


def _decided_before(version: Registered) -> Decision | None:
    """Return the decision of a run that was killed after it had decided."""
    outcome: Any = version.tags.get("outcome")
    return None if outcome is None else Decision(outcome, version.tags.get("why", ""))


def _record(job: _Job, fit: Fit) -> RunRecord:
    metrics: dict[str, float | None] = {}
    for name, found in fit.estimates.items():
        metrics |= {name: found.value, f"{name}.low": found.low, f"{name}.high": found.high}
    metrics |= {f"rows.{label}": float(count) for label, count in fit.card.rows.items()}
    metrics |= {"positive_cases": float(fit.card.positive_cases), "trees": float(fit.card.trees)}
    return RunRecord(
        key=job.key,
        name=f"retrain {job.as_of}",
        parameters=_flat(job.configuration.model_dump(mode="json")),
        metrics=metrics,
        data_digest=job.data_digest,
        data_source=str(job.data.resolve()),
        tags={
            "as_of": job.as_of.isoformat(),
            "data": job.data_digest,
            "configuration": job.configuration.digest,
            "catalogue": catalogue_digest(CATALOGUE),
            "calibrated": str(fit.card.calibration.calibrated).lower(),
        },
    )


def _flat(settings: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in settings.items():
        if isinstance(value, dict) and value:
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = value
    return flat


def _label(version: Registered | None) -> str | None:
    return None if version is None else version.label
