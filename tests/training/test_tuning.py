"""A search of settings inside the case folds."""

import itertools
from pathlib import Path

import pytest

from model.settings import Configuration
from tests.training.small_market import changed
from tests.training.test_fit import CATALOGUE, market
from training.tuning import Tuned, tune


def search(settings: Configuration, journal: Path, trials: int, seconds_a_call: float = 0.0) -> Tuned:
    rows, panel = market(positive=12, negative=12, unknown=30)
    ticks = itertools.count()
    return tune(rows, panel, CATALOGUE, settings, trials, journal, lambda: next(ticks) * seconds_a_call, lambda _: None)


@pytest.fixture
def settings(configuration: Configuration) -> Configuration:
    return changed(configuration, classifier={"bags": 1, "max_trees": 10, "folds": 2})


def test_the_first_trial_is_what_was_given_and_the_best_is_no_worse(settings: Configuration, tmp_path: Path) -> None:
    found = search(settings, tmp_path / "log", 3)
    assert found.trials[0].parameters["max_depth"] == settings.classifier.max_depth
    losses = [trial.metrics["loss"] for trial in found.trials]
    best = found.trials[losses.index(min(losses))]  # type: ignore[type-var]
    assert {name: getattr(found.classifier, name) for name in best.parameters} == best.parameters
    assert found.classifier.unknown_weight == settings.classifier.unknown_weight


def test_a_search_that_was_killed_goes_on_to_the_same_end(settings: Configuration, tmp_path: Path) -> None:
    search(settings, tmp_path / "killed", 2)
    assert search(settings, tmp_path / "killed", 4) == search(settings, tmp_path / "whole", 4)


def test_a_search_whose_minutes_are_over_begins_no_trial(settings: Configuration, tmp_path: Path) -> None:
    minutes = 60.0 * settings.tuning.minutes
    assert len(search(settings, tmp_path / "log", 50, seconds_a_call=minutes).trials) == 1
