"""A small marketplace for tests that live through weeks of it."""

from __future__ import annotations

from datetime import date
from typing import Any

from model.settings import Configuration

SELLERS, WEEKS, SEED = 150, 60, 3
LIVED = (date(2025, 1, 13), date(2025, 2, 10))


def changed(configuration: Configuration, **sections: dict[str, Any]) -> Configuration:
    """The settings with some of some sections replaced."""
    updates = {name: getattr(configuration, name).model_copy(update=changes) for name, changes in sections.items()}
    return configuration.model_copy(update=updates)


def small(configuration: Configuration) -> Configuration:
    """Settings under which a model of a few trees is fitted to a few culprits."""
    return changed(
        configuration,
        labels={"panel_step_weeks": 8},
        classifier={"bags": 1, "max_trees": 10, "folds": 2},
        promotion={"min_positive_cases": 4, "kept_top_share": 0.01},  # three new cases show a loss by chance
        alerts={"budget": 10},
        drift={"history_weeks": 4},
        staff={"exchanges": 100},
    )
