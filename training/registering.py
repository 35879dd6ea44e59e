"""Registers a fitted model and decides, once, what becomes of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd

from features.audit_log import AuditLog
from features.catalogue import CATALOGUE
from features.errors import NoFittingModel, TrackingUnreachable
from model.bundle import Bundle, read_bundle, write_bundle
from model.metrics import Estimate
from model.registry import BUNDLE, CHALLENGER, CHAMPION, FIGURES, Registry
from model.tracked import Registered, RunRecord, Trial
from training.at_work import Job
from training.champions import DECIDED, finish_change, rolled_back
from training.change import Change, not_compared
from training.choosing import make_registry, settings_of
from training.drift import Drift, measure_drift
from training.evidence import Champion, evidence_beside, first_evidence
from training.figures import write_figures
from training.fit import Fit
from training.origins import Recipe, change_over_origins
from training.promotion import Decision, decide
from training.report import RetrainReport, catalogue_digest
from training.slices import slice_figures
from training.waiting import WAITING, keep, upload

WAITING_FOR_SERVER = "waiting for the tracking server"
"""Outcome of a run that is fitted, kept on disk and not decided."""
CHANGE_FILE = f"{FIGURES}/change.json"
LOOKED = "looked on"
"""In the audit log, the cutoff of a decision that used one of the year's looks at a change."""


@dataclass(frozen=True)
class _Fitted:
    """A fitted model on disk, and what is told of it."""

    fit: Fit
    bundle: Bundle
    drift: Drift
    record: RunRecord
    panel: pd.DataFrame
    verdicts: pd.DataFrame


def decide_and_register(
    job: Job, fit: Fit, panel: pd.DataFrame, verdicts: pd.DataFrame, trials: tuple[Trial, ...]
) -> RetrainReport:
    """Register a fit, decide what becomes of it and carry that out; what a killed run did is not done twice.

    Args:
        job: the retraining.
        fit: the new model.
        panel: the signal table, training cutoffs and the job's date.
        verdicts: all verdict rows delivered.
        trials: settings that were tried before.

    """
    fitted = _written(job, fit, panel, verdicts, trials)
    job.steps.begin("registering")
    try:
        report = _registered(job, fitted)
    except TrackingUnreachable as error:
        keep(job.folder, fitted.record)
        return _report(
            job,
            fitted,
            outcome=WAITING_FOR_SERVER,
            why=f"the run waits in {job.folder} for `scrubwatch sync`; nothing was decided: {error}",
            model=None,
            champion=None,
            challenger=None,
            run_id=None,
            tracking_uri=job.surroundings.tracking_uri or "",
        )
    for folder in (BUNDLE, FIGURES):
        shutil.rmtree(job.folder / folder, ignore_errors=True)  # the copy among the run's artifacts is used
    return report


def label_of(version: Registered | None) -> str | None:
    """How outputs name a version; None for none."""
    return None if version is None else version.label


def _written(job: Job, fit: Fit, panel: pd.DataFrame, verdicts: pd.DataFrame, trials: tuple[Trial, ...]) -> _Fitted:
    """Write bundle and figures into the run's folder."""
    folder = job.folder / BUNDLE
    shutil.rmtree(folder, ignore_errors=True)  # a run that was killed may have left one; the fit is the same
    write_bundle(folder, fit.booster, fit.card)
    bundle = read_bundle(folder, CATALOGUE)
    job.steps.begin("measuring drift")
    drift = measure_drift(job.store, verdicts, job.as_of, job.configuration, bundle, job.steps.tell)
    job.steps.begin("drawing figures")
    slices = slice_figures(fit.rows, panel, job.configuration)
    tables = {"drift": drift.as_json()}
    write_figures(job.folder / FIGURES, fit.rows, bundle, slices, job.configuration, tables)
    return _Fitted(fit, bundle, drift, _record(job, fit, slices, drift, trials), panel, verdicts)


def _registered(job: Job, fitted: _Fitted) -> RetrainReport:
    registry = make_registry(job.store.path, job.configuration, job.surroundings)
    finish_change(registry, job.log)
    upload(job.store.path, registry, job.steps.tell, except_key=job.key)
    champion = registry.find(CHAMPION)
    version = registry.register(fitted.bundle, job.folder / BUNDLE, fitted.record, job.folder / FIGURES)
    (job.folder / WAITING).unlink(missing_ok=True)
    job.steps.begin("deciding")
    decision = _decided_before(version)
    if decision is None:
        decision = _decision(job, registry, champion, version, fitted)
        looked = {LOOKED: job.as_of.isoformat()} if decision.looked else {}
        registry.tag(version, {**looked, "why": decision.why[:5000], "outcome": decision.outcome})
    _carry_out(job, registry, version, champion, decision)
    return _report(
        job,
        fitted,
        outcome=decision.outcome,
        why=decision.why,
        model=version.label,
        champion=label_of(registry.find(CHAMPION)),
        challenger=label_of(registry.find(CHALLENGER)),
        run_id=version.run_id,
        tracking_uri=registry.uri,
    )


def _report(job: Job, fitted: _Fitted, **facts: Any) -> RetrainReport:
    card = fitted.fit.card
    return job.report(
        rows=card.rows,
        positive_cases=card.positive_cases,
        calibrated=card.calibration.calibrated,
        metrics=card.metrics,
        notes=card.notes,
        drift=fitted.drift.summary(),
        tuned=job.configuration.classifier.model_dump(mode="json") if fitted.record.trials else {},
        **facts,
    )


def _carry_out(
    job: Job, registry: Registry, version: Registered, champion: Registered | None, decision: Decision
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
    if decision.looked:
        details[LOOKED] = job.as_of.isoformat()
    job.log.append(job.surroundings.now(), job.surroundings.who, DECIDED, decision.why, details)


def _decision(
    job: Job, registry: Registry, champion: Registered | None, version: Registered, fitted: _Fitted
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
        return decide(first_evidence(fitted.fit), promotion, job.as_of)
    recipe = {"configuration": job.configuration.digest, "catalogue": catalogue_digest(CATALOGUE)}
    holder = Champion(
        _opened(registry, champion),
        date.fromisoformat(champion.tags["as_of"]),
        all(champion.tags.get(name) == digest for name, digest in recipe.items()),
    )

    def compared() -> Change:
        change = _change(job, registry, champion, holder, fitted)
        registry.add_text(version, CHANGE_FILE, json.dumps(change.as_json(), indent=1, allow_nan=False) + "\n")
        return change

    evidence = evidence_beside(
        holder, fitted.fit, fitted.bundle, fitted.panel, fitted.verdicts, job.configuration, job.as_of, compared
    )
    return decide(evidence, promotion, job.as_of)


def _change(job: Job, registry: Registry, champion: Registered, holder: Champion, fitted: _Fitted) -> Change:
    """What past cutoffs say of the new recipe beside the champion's, where a look is left."""
    looks = looks_before(job.log, job.as_of)
    most = job.configuration.promotion.looks_a_year
    if len(looks) >= most:
        again = min(looks) + timedelta(days=364)
        return not_compared(f"{most} changes were decided since {min(looks)} (promotion.looks_a_year); from {again} on")
    settings = settings_of(registry, champion)
    if isinstance(settings, str) or isinstance(holder.bundle, NoFittingModel):
        return not_compared(f"the settings of {champion.label} cannot be read: {settings}")
    theirs = Recipe(settings, {name: CATALOGUE[name] for name in holder.bundle.signals})
    ours = Recipe(job.configuration, CATALOGUE)
    job.steps.begin("fitting at past cutoffs")
    return change_over_origins(job.store, fitted.verdicts, theirs, ours, job.as_of, job.steps.tell)


def looks_before(log: AuditLog, as_of: date) -> list[date]:
    """Cutoffs in the 364 days before a date at which a change was decided."""
    looked = [date.fromisoformat(entry.details[LOOKED]) for entry in log.entries() if LOOKED in entry.details]
    return [on for on in looked if as_of - timedelta(days=364) < on < as_of]


def _opened(registry: Registry, model: Registered) -> Bundle | NoFittingModel:
    try:
        return read_bundle(registry.bundle_folder(model), CATALOGUE)
    except NoFittingModel as error:
        return error


def _decided_before(version: Registered) -> Decision | None:
    """Return the decision of a run that was killed after it had decided."""
    outcome: Any = version.tags.get("outcome")
    return None if outcome is None else Decision(outcome, version.tags.get("why", ""), LOOKED in version.tags)


def _record(job: Job, fit: Fit, slices: Mapping[str, Estimate], drift: Drift, trials: tuple[Trial, ...]) -> RunRecord:
    metrics: dict[str, float | None] = {}
    for name, found in {**fit.estimates, **slices}.items():
        metrics |= {name: found.value, f"{name}.low": found.low, f"{name}.high": found.high}
    metrics |= {f"rows.{label}": float(count) for label, count in fit.card.rows.items()}
    metrics |= {"positive_cases": float(fit.card.positive_cases), "trees": float(fit.card.trees)}
    return RunRecord(
        key=job.key,
        name=f"retrain {job.as_of}",
        parameters=_flat(job.configuration.model_dump(mode="json")),
        metrics={**metrics, **drift.metrics()},
        data_digest=job.data_digest,
        data_source=str(job.data.resolve()),
        tags={
            "as_of": job.as_of.isoformat(),
            "data": job.data_digest,
            "configuration": job.configuration.digest,
            "catalogue": catalogue_digest(CATALOGUE),
            "calibrated": str(fit.card.calibration.calibrated).lower(),
        },
        trials=trials,
    )


def _flat(settings: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in settings.items():
        if isinstance(value, dict) and value:
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = value
    return flat
