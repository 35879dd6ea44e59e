"""How much is searched for the price of evasion."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

from pydantic import Field

from features.settings import Count, PositiveCount, Section

WEEKS = 26
"""How long gain and chance are counted."""


class Effort(Section):
    """How much is searched, and for what; the same for all models."""

    gain: Annotated[float, Field(gt=0)]
    chance: Annotated[float, Field(gt=0, lt=1)]
    strategies: PositiveCount
    refined: Count
    searched_sellers: PositiveCount
    finalists: PositiveCount
    estimated_sellers: PositiveCount
    entrants_at_once: PositiveCount
    lists_every_weeks: PositiveCount
    seed: Count

    def cutoffs(self, entry: date) -> list[date]:
        """The lists that count, the last after all weeks."""
        weeks = range(self.lists_every_weeks, WEEKS, self.lists_every_weeks)
        return [entry + timedelta(weeks=week) for week in (*weeks, WEEKS)]
