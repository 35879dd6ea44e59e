"""Settings of learning, lists, promotion, drift, staff, cases and the report, and all of them as one file."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from features.settings import Count, FeatureSettings, PositiveCount, Section
from features.signal import Service

NotNegative = Annotated[float, Field(ge=0)]
OpenShare = Annotated[float, Field(gt=0, lt=1)]
PositiveShare = Annotated[float, Field(gt=0, le=1)]
MonotoneSet = Literal["none", "core", "all"]
MonotoneMethod = Literal["basic", "intermediate"]
LearnedSignals = Literal["directed", "all"]
StaffScoring = Annotated[
    Literal["pseudonymous", "off"],
    BeforeValidator(lambda given: "off" if given is False else given),  # what YAML makes of a plain off
]
LinkedKey = Literal["seller", "review", "product", "ticket", "case"]
LinkTemplate = Annotated[str, Field(pattern=r"^https?://[^\s{}]+[^{}]*\{id\}[^{}]*$")]


class LabelSettings(Section):
    """Which (seller, cutoff) rows are positive, negative or unknown, and which of them are learned from."""

    investigation_weeks: PositiveCount
    judged_days: PositiveCount
    panel_weeks: PositiveCount
    panel_step_weeks: PositiveCount
    unknown_per_labelled: PositiveCount
    author_week_verdicts: PositiveCount
    test_horizon_weeks: PositiveCount


class ClassifierSettings(Section):
    """How the boosted trees are grown; the same settings and rows give the same model text."""

    folds: Annotated[int, Field(ge=2)]
    bags: PositiveCount
    seed: Count
    threads: PositiveCount
    max_trees: PositiveCount
    learning_rate: PositiveShare
    max_depth: Annotated[int, Field(ge=1, le=6)]
    max_leaves: Annotated[int, Field(ge=2, le=64)]
    min_leaf_rows: PositiveCount
    min_leaf_hessian: NotNegative
    row_share: PositiveShare
    signal_share: PositiveShare
    l2: NotNegative
    signals: LearnedSignals
    not_learned: tuple[Service, ...]
    monotone: MonotoneSet
    monotone_method: MonotoneMethod
    by_service: bool
    day_zero_worth: NotNegative
    unknown_weight: PositiveShare


class CalibrationSettings(Section):
    """When scores may be called probabilities."""

    min_design_verdicts: PositiveCount
    min_selection_probability: PositiveShare


class AlertSettings(Section):
    """Who is listed for the investigators, by which rule."""

    budget: PositiveCount
    budget_by_marketplace: dict[str, Count]
    false_share: OpenShare
    audits_share: Annotated[float, Field(ge=0.1, lt=1)]
    audit_strata: PositiveCount
    disagreement_share: Annotated[float, Field(ge=0, lt=1)]
    rest_days: PositiveCount
    audit_key_file: Path | None
    reasons_shown: PositiveCount

    def budget_of(self, marketplace: str) -> int:
        """How many sellers of the marketplace are listed each week, audits and disagreements included."""
        return self.budget_by_marketplace.get(marketplace, self.budget)


class TrackingSettings(Section):
    """Where a data scientist finds the runs in MLflow, and how long a server that is down may hold a job up."""

    experiment: str
    registered_model: str
    timeout_seconds: PositiveCount
    retries: Count


class TuningSettings(Section):
    """Between which values `retrain --tune` searches settings of the classifier, and for how long."""

    minutes: PositiveCount
    max_depth: tuple[int, int]
    max_leaves: tuple[int, int]
    min_leaf_rows: tuple[int, int]
    learning_rate: tuple[float, float]
    row_share: tuple[float, float]
    signal_share: tuple[float, float]
    l2: tuple[float, float]

    @property
    def ranges(self) -> dict[str, tuple[float, float]]:
        """Least and greatest value by setting of the classifier."""
        return dict(self.model_dump(exclude={"minutes"}))


class DriftSettings(Section):
    """What is held against what when the market changes; it informs and stops nothing."""

    lag_weeks: PositiveCount
    history_weeks: PositiveCount
    alarm_stability_index: PositiveShare
    significance: OpenShare
    sampled_sellers: PositiveCount


class PromotionSettings(Section):
    """When a challenger takes the champion's place."""

    refresh_weeks: PositiveCount
    min_positive_cases: PositiveCount
    kept_top: PositiveCount
    kept_top_share: OpenShare
    significance: OpenShare
    min_mature_share: OpenShare
    least_origins: PositiveCount
    most_origins: PositiveCount
    looks_a_year: PositiveCount


class StaffSettings(Section):
    """Whether members of staff are scored, and who is named.

    The scoring of a site is ``pseudonymous`` or ``off``: then its people appear nowhere, and what they did still counts
    for the sellers and as the work of the crowd that others are compared with.
    """

    staff_scoring: StaffScoring
    staff_scoring_by_site: dict[str, StaffScoring]
    false_share: OpenShare
    exchanges: Annotated[int, Field(ge=100)]

    def scores(self, site: str | None) -> bool:
        """Whether the people of a site are scored; None: no site is known of them."""
        of_site = self.staff_scoring if site is None else self.staff_scoring_by_site.get(site, self.staff_scoring)
        return of_site == "pseudonymous"


class CaseSettings(Section):
    """What is written of a listed seller."""

    look_back_weeks: Annotated[int, Field(ge=26)]
    evidence_shown: Annotated[int, Field(ge=10)]
    delete_from: OpenShare


class ReportSettings(Section):
    """What the report shows, and where its ids lead to: ``links`` has an address by kind of key, ``{id}`` in it."""

    weeks: PositiveCount
    links: dict[LinkedKey, LinkTemplate]


class Configuration(FeatureSettings):
    """All settings of all jobs, as ``configs/scrubwatch.yaml`` holds them."""

    labels: LabelSettings
    classifier: ClassifierSettings
    calibration: CalibrationSettings
    alerts: AlertSettings
    tracking: TrackingSettings
    tuning: TuningSettings
    promotion: PromotionSettings
    drift: DriftSettings
    staff: StaffSettings
    cases: CaseSettings
    report: ReportSettings

    @property
    def digest(self) -> str:
        """SHA-256 of the settings that change a fitted model; under the same digest a newer fit is a refresh."""
        fitted = self.model_dump(
            mode="json", include={"contract", "peers", "relations", "labels", "classifier", "calibration"}
        )
        del fitted["contract"]["max_age_days"], fitted["classifier"]["threads"]
        return hashlib.sha256(json.dumps(fitted, sort_keys=True).encode()).hexdigest()
