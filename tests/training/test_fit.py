import dataclasses
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from features.catalogue import CATALOGUE as SHIPPED_SIGNALS
from features.signal import Retired
from model.settings import Configuration
from tests.declared import declared
from training.fit import calibrate, fit_model, obstacle
from training.learned import chosen_signals, found_otherwise, learned_rows
from training.report import catalogue_digest

AS_OF = date(2024, 12, 2)
UNKNOWN = float("nan")


CATALOGUE = {name: declared(name) for name in ("telling_91d", "noise_91d", "never_known_91d")}


def market(positive: int, negative: int, unknown: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Training rows, one a seller and case, and their signals: one tells, one is noise, one is never known."""
    labels = [1.0] * positive + [0.0] * negative + [UNKNOWN] * unknown
    count = len(labels)
    generator = np.random.default_rng(1)
    keys = pd.DataFrame({"seller_id": range(count), "as_of": pd.Timestamp("2024-03-04")})
    rows = keys.assign(
        label=labels,
        case=[f"seller:{number}" for number in range(count)],
        schemes=None,
        weight=1.0,
        selection_probability=UNKNOWN,
        decided_at=pd.Timestamp("2024-06-03"),
        route="tip",
    )
    panel = keys.assign(
        telling_91d=np.array(labels) == 1,
        noise_91d=generator.normal(size=count),
        never_known_91d=UNKNOWN,
    ).astype({"telling_91d": "float64"})
    return rows, panel


def test_who_ran_another_scheme_only_is_left_out_of_a_service() -> None:
    rows = pd.DataFrame({"schemes": ["paid_removal", "paid_removal sabotage", "bought_reviews", None]})
    left_out = found_otherwise(rows)
    assert left_out["removals"].tolist() == [False, False, True, False]
    assert left_out["sabotage"].tolist() == [True, False, True, False]
    assert left_out["data_purchase"].tolist() == [True, True, True, False]


def test_a_services_model_begins_from_what_day_zero_holds_of_it(configuration: Configuration) -> None:
    names = ["negative_removals_beyond_floods_tail_91d", "negative_removals_beyond_floods_91d"]
    catalogue = {name: SHIPPED_SIGNALS[name] for name in names}
    rows, panel = market(3, 4, 5)
    tails = [1e-3, 1e-40, UNKNOWN, *[0.1] * 9]
    known = panel.assign(**{names[0]: tails, names[1]: 1.0})
    told = learned_rows(rows, known, catalogue, configuration.classifier)
    assert told.of_services["removals"].before.tolist() == pytest.approx([3.0, 12.0, 0.0, *[1.0] * 9])
    assert told.of_services["removals"].told_by == (names[0],)
    assert not told.of_services["sabotage"].before.any()
    assert told.of_services["sabotage"].told_by == ()


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ((0, 5, 5), "0 case(s) with a culprit"),
        ((1, 5, 5), "1 case(s) with a culprit"),
        ((5, 1, 0), "1 case(s) without a culprit"),
        ((0, 0, 0), "0 case(s) with a culprit"),
    ],
)
def test_too_few_cases_are_an_obstacle_that_is_said(
    configuration: Configuration, counts: tuple[int, int, int], said: str
) -> None:
    rows, panel = market(*counts)
    assert obstacle(rows, panel, CATALOGUE, configuration.classifier).startswith(said)


def test_signals_that_are_all_missing_are_an_obstacle(configuration: Configuration) -> None:
    rows, panel = market(5, 5, 5)
    missing = panel.assign(telling_91d=UNKNOWN, noise_91d=UNKNOWN)
    assert obstacle(rows, panel, CATALOGUE, configuration.classifier) == ""
    assert "all 3 signals are missing" in obstacle(rows, missing, CATALOGUE, configuration.classifier)


def test_a_fit_finds_the_telling_signal_and_says_what_it_left_out(configuration: Configuration) -> None:
    rows, panel = market(40, 40, 200)
    small = configuration.classifier.model_copy(update={"bags": 1, "max_trees": 40, "monotone": "all"})
    settings = configuration.model_copy(update={"classifier": small})
    fit = fit_model(rows, panel, CATALOGUE, settings, AS_OF, progress=lambda _: None)
    assert [known.name for known in fit.card.signals] == ["telling_91d", "noise_91d"]
    assert any("never_known_91d" in note for note in fit.card.notes)
    assert fit.card.rows == {"positive": 40, "negative": 40, "unknown": 200}
    assert fit.card.positive_cases == 40
    assert fit.card.metrics["judged.roc_auc"] == 1.0
    assert fit.rows["margin"].notna().all()


def test_a_retired_signal_is_not_learned_from_however_much_it_tells(configuration: Configuration) -> None:
    rows, panel = market(40, 40, 200)
    small = configuration.classifier.model_copy(update={"bags": 1, "max_trees": 40})
    settings = configuration.model_copy(update={"classifier": small})
    retired = dataclasses.replace(CATALOGUE["telling_91d"], retired=Retired(date(2024, 6, 1), "a test"))
    catalogue = {**CATALOGUE, "telling_91d": retired}
    fit = fit_model(rows, panel, catalogue, settings, AS_OF, progress=lambda _: None)
    assert [known.name for known in fit.card.signals] == ["noise_91d"]
    assert not any("telling_91d" in note for note in fit.card.notes)
    assert "all 2 signals are missing" in obstacle(rows, panel.assign(noise_91d=UNKNOWN), catalogue, small)
    assert catalogue_digest(catalogue) != catalogue_digest(CATALOGUE)  # so that the next retraining is not a repetition


def test_sizes_are_learned_from_only_where_the_settings_say_so(configuration: Configuration) -> None:
    catalogue = {"size_91d": declared("size_91d", direction=0), "rarity_91d": declared("rarity_91d", direction=-1)}
    directed, everything = (
        configuration.classifier.model_copy(update={"signals": signals}) for signals in ("directed", "all")
    )
    assert [*chosen_signals(catalogue, directed)] == ["rarity_91d"]
    assert [*chosen_signals(catalogue, everything)] == ["size_91d", "rarity_91d"]


def test_a_service_that_the_settings_leave_out_is_not_learned_from(configuration: Configuration) -> None:
    catalogue = {
        name: declared(name, service=service) for name, service in (("jump_91d", "rank"), ("undone_91d", "removals"))
    }
    without, all_of_them = (
        configuration.classifier.model_copy(update={"not_learned": services}) for services in (("rank",), ())
    )
    assert [*chosen_signals(catalogue, without)] == ["undone_91d"]
    assert [*chosen_signals(catalogue, all_of_them)] == ["jump_91d", "undone_91d"]


def test_calibration_takes_the_last_row_of_each_verdict_that_the_product_drew(configuration: Configuration) -> None:
    """Three rows of one drawn verdict, one of another, one tip and one unknown: two verdicts count."""
    facts: list[tuple[Any, ...]] = [
        ("a", "2024-01-08", 1.0, 0.5),
        ("a", "2024-02-05", 1.0, 0.5),
        ("a", "2024-03-04", 1.0, 0.5),
        ("b", "2024-03-04", 0.0, 0.001),
        ("c", "2024-03-04", 1.0, UNKNOWN),
        ("d", "2024-03-04", UNKNOWN, UNKNOWN),
    ]
    measured = pd.DataFrame(facts, columns=["seller_id", "as_of", "label", "selection_probability"]).assign(
        decided_at=pd.Timestamp("2024-06-03"), margin=0.0
    )
    found = calibrate(measured, configuration)
    assert (found.calibrated, found.verdicts, found.clipped) == (False, 2, 1)
