"""A small marketplace for tests that live through weeks of it."""

from __future__ import annotations

from datetime import date
from typing import Any

from model.settings import Configuration

SELLERS, WEEKS, SEED = 150, 60, 3
LIVED = (date(2025, 1, 13), date(2025, 2, 10))
OFTEN_FOUND = {"guilt": {"guilty_share": 0.2}, "verdicts": {"tips_on_guilty_per_week": 3.0, "audits_per_week": 2.0}}
"""More culprits and more of them found than anywhere, so that a model can be fitted to so few sellers."""


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
        promotion={"min_positive_cases": 2, "kept_top_share": 0.01},
        alerts={"budget": 10},
        drift={"history_weeks": 4},
        staff={"exchanges": 100},
    )
