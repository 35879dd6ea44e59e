"""Every rate and price of the simulated market, as frozen settings, and the scenarios that override some of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, ValidationError

from features.errors import WrongUse
from features.settings import Count, PositiveCount, Section, Share

Rate = Annotated[float, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]
AtLeastOne = Annotated[float, Field(ge=1)]
ByStar = Annotated[tuple[float, ...], Field(min_length=5, max_length=5)]

CONFIGURATION = Path(__file__).parent.parent / "configs" / "simulator.yaml"
SCENARIOS = CONFIGURATION.parent / "scenarios"


class MarketSettings(Section):
    """How large, how long, from when; `stock_weeks` of reviews lie on the shelves at the start."""

    sellers: PositiveCount
    weeks: PositiveCount
    seed: Count
    start_on: date
    max_sellers_per_market: PositiveCount
    marketplaces: tuple[str, ...]
    ids: Literal["string", "integer"]
    stock_weeks: Count


class CategorySettings(Section):
    """A category, the moderators' queue that works it, and its share of the sellers."""

    name: str
    queue: str
    share: Positive


class PopulationSettings(Section):
    """Sellers, products, owners, reviewers."""

    categories: tuple[CategorySettings, ...]
    size_log_sigma: Positive
    size_tail_exponent: Positive
    products_per_seller: AtLeastOne
    max_products: PositiveCount
    opened_before_start_share: Share
    second_account_share: Share
    listings_sold_per_year: Share
    sellers_moved_per_year: Share
    reviewers_per_seller: Positive
    deal_hunters_share: Share


class DemandSettings(Section):
    """Search, places and sales."""

    queries_per_product: AtLeastOne
    candidates_per_query: PositiveCount
    places_shown: PositiveCount
    units_per_seller: Positive
    direct_share: Share
    place_exponent: Positive
    season_amplitude: Share
    growth_per_year: float
    rank_noise: Positive
    rating_weight: Rate
    sales_weight: Rate
    promotions_per_year: Rate
    promotion_lift: Positive
    advertised_share: Share
    correction_share: Share


class ReviewSettings(Section):
    """Stars and what their authors and machines do to them; lists are by star, one to five."""

    per_unit: Share
    thresholds: Annotated[tuple[float, ...], Field(min_length=4, max_length=4)]
    seller_quality_sigma: Rate
    product_quality_sigma: Rate
    verified_share: Share
    author_removed_by_star: ByStar
    author_edited_by_star: ByStar
    author_delay_days: Positive
    automation_removed_by_star: ByStar
    automation_delay_days: Positive


class ModerationSettings(Section):
    """Flags, sweeps, decisions and tickets of honest staff."""

    flagged_by_star: ByStar
    removed_if_flagged_by_star: ByStar
    flag_delay_days: Positive
    sweeps_per_review: Rate
    negative_sweep_share: Share
    sweep_size_mean: AtLeastOne
    max_reviews_per_ticket: PositiveCount
    removed_in_positive_sweep: Share
    removed_in_negative_sweep: Share
    strictness_sigma: Rate
    strict_moderators: Count
    strict_logit: float
    specialist_share: Share
    ticketless_share: Share
    other_queue_share: Share
    restored_share: Share
    restored_delay_days: Positive
    reassigned_share: Share


class StaffSettings(Section):
    """How many sellers one member of staff serves, by role."""

    sellers_per_moderator: Positive
    sellers_per_account_specialist: Positive
    sellers_per_support: Positive
    sellers_per_analyst: Positive
    sellers_per_investigator: Positive
    shared_logins: Count
    moved_per_year: Share


class AccountSettings(Section):
    """Suspensions, appeals and the rest of an account's life."""

    suspended_per_year: Rate
    listing_suspended_per_year: Rate
    appealed_share: Share
    reinstated_share: Share
    appeal_days: Positive
    reinstatement_days: Positive
    warned_per_year: Rate
    category_opened_per_year: Rate
    closed_per_year: Rate
    by_automation_share: Share


class LookUpSettings(Section):
    """Honest look-ups in internal tools, and what buyers report by mistake."""

    per_seller_week: Rate
    with_ticket_share: Share
    per_assignment: Rate
    key_account_per_week: Rate
    buyer_reports_per_review: Rate


class RecordingSettings(Section):
    """How late the platform's own store learns of an event."""

    usual_delay_minutes: Positive
    slow_share: Share
    slow_delay_days: Positive
    late_share: Share
    late_delay_days: Positive


class LookAlikeSettings(Section):
    """Honest episodes that look like guilt: how many a year and seller, and how strong."""

    review_bomb_per_year: Rate
    review_bomb_reviews: Positive
    review_bomb_removed_share: Share
    delivery_trouble_per_year: Rate
    delivery_quality_shift: float
    delivery_removed_share: Share
    zealous_service_per_year: Rate
    zealous_factor: AtLeastOne
    deal_club_per_year: Rate
    deal_club_reviews: Positive
    viral_per_year: Rate
    viral_lift: Positive
    serial_flagger_per_year: Rate
    serial_flagger_factor: AtLeastOne
    key_account_per_year: Rate
    wrong_suspension_per_year: Rate
    swindled_per_year: Rate


class GuiltSettings(Section):
    """Who is guilty, of what, for how long, through how many brokers."""

    guilty_share: Share
    size_bias: float
    quality_bias: float
    scheme_weights: dict[str, Rate]
    second_scheme_share: Share
    sellers_per_ring: AtLeastOne
    same_queue_share: Share
    staff_per_ring_mean: AtLeastOne
    duration_weeks_median: Positive
    duration_log_sigma: Rate
    running_at_start_share: Share
    recruits_again_share: Share


class SchemeSettings(Section):
    """How each scheme works, a week and client."""

    removals_per_week: Positive
    removals_log_sigma: Rate
    order_size: Positive
    small_client_share: Share
    small_client_removals_per_month: Positive
    max_share_of_decisions: Share
    forged_ticket_share: Share
    cover_removals_share: Share
    pressured_per_week: Positive
    pressure_yields_share: Share
    pressure_reported_share: Share
    bought_per_week: Positive
    bought_found_share: Share
    bought_found_delay_days: Positive
    bought_reported_share: Share
    ring_reviewers: PositiveCount
    standing_suspension_factor: Positive
    standing_reinstatement_days: Positive
    standing_categories_per_year: Rate
    data_look_ups_per_week: Positive
    data_rank_boost: float
    sabotage_floods_per_year: Rate
    sabotage_reviews: Positive
    sabotage_reports: Rate


class VerdictSettings(Section):
    """Investigations: who is looked at, how long it takes, how often it errs."""

    tips_on_guilty_per_week: Rate
    tips_on_innocent_per_week: Rate
    alerts_per_week: Rate
    audits_per_week: Rate
    random_per_week: Rate
    suspicion_noise: Rate
    design_from_share: Share
    ring_found_share: Share
    decision_weeks_mean: Positive
    found_share: Share
    innocent_condemned_share: Share
    inconclusive_share: Share
    onset_error_weeks: Positive
    overturned_share: Share
    restored_after_share: Share
    staff_found_share: Share
    staff_cleared_per_week: Rate


class EventSettings(Section):
    """What happens to the whole market; a week below 0 means never, shares are of the period."""

    purge_at_share: float
    purge_removed_share: Share
    crisis_at_share: float
    crisis_weeks: Count
    crisis_quality_shift: float
    crisis_category_share: Share
    takedown_at_share: float
    takedown_intensity: Rate
    drift_per_year: float


class SimulatorSettings(Section):
    """The whole market; `configs/simulator.yaml` holds every value with its source."""

    market: MarketSettings
    population: PopulationSettings
    demand: DemandSettings
    reviews: ReviewSettings
    moderation: ModerationSettings
    staff: StaffSettings
    accounts: AccountSettings
    look_ups: LookUpSettings
    recording: RecordingSettings
    look_alikes: LookAlikeSettings
    guilt: GuiltSettings
    schemes: SchemeSettings
    verdicts: VerdictSettings
    events: EventSettings


def scenario_names() -> list[str]:
    """Names of the known scenarios, in order."""
    return sorted(path.stem for path in SCENARIOS.glob("*.yaml"))


def read_scenario(name: str, *, sellers: int, weeks: int, seed: int) -> SimulatorSettings:
    """Settings of a named scenario at the given size.

    Raises:
        WrongUse: there is no such scenario, or a setting is unknown or wrong.

    """
    if name not in scenario_names():
        raise WrongUse(f"unknown scenario '{name}'; known are: {', '.join(scenario_names())}")
    return settings_with(_mapping(SCENARIOS / f"{name}.yaml"), sellers=sellers, weeks=weeks, seed=seed)


def settings_with(overrides: Mapping[str, Any], *, sellers: int, weeks: int, seed: int) -> SimulatorSettings:
    """The written settings with some overridden, at the given size.

    Raises:
        WrongUse: a setting is unknown or wrong.

    """
    size = {"market": {"sellers": sellers, "weeks": weeks, "seed": seed}}
    return _checked(_merged(_merged(_mapping(CONFIGURATION), overrides), size))


def settings_from(*files: Path) -> SimulatorSettings:
    """Settings of one or several YAML files, each overriding those before it; together they hold every setting.

    Raises:
        WrongUse: a setting is missing, unknown or wrong.

    """
    content: dict[str, Any] = {}
    for path in files:
        content = _merged(content, _mapping(path))
    return _checked(content)


def _checked(content: Mapping[str, Any]) -> SimulatorSettings:
    try:
        return SimulatorSettings.model_validate(content)
    except ValidationError as error:
        problems = (f"{'.'.join(str(p) for p in e['loc'])}: {e['msg']}, given {e['input']!r}" for e in error.errors())
        raise WrongUse("simulator settings: " + "\n".join(problems)) from error


def _mapping(path: Path) -> dict[str, Any]:
    return dict(yaml.safe_load(path.read_text(encoding="utf-8")) or {})


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        inner = merged.get(key)
        merged[key] = _merged(inner, value) if isinstance(inner, Mapping) and isinstance(value, Mapping) else value
    return merged
