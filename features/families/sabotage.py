"""Sabotage of rivals: suspended by staff who serve the seller, and badly reviewed by those who praise it."""

from __future__ import annotations

from features.families import befell_rivals
from features.families.bought_reviews import PRAISING
from features.families.peers import rarity
from features.signal import Signal

_SOURCE = "DOJ, Sep 2020, through the press: rivals suspended, rivals flooded with fake negative reviews"

SUSPENSIONS = Signal(
    name="rival_suspensions_91d",
    service="sabotage",
    unit="suspensions",
    window_days=91,
    direction=1,
    no_events=0.0,
    why="A suspension that nobody asked for, of a rival, by who serves the seller, helps the seller.",
    source=_SOURCE,
    sentence="Staff who acted on it suspended its rivals {value} times without a ticket in 91 days; usual {peer}.",
    formula=befell_rivals.RIVAL_SUSPENSIONS,
)

ONE_STARS = Signal(
    name="rival_one_stars_91d",
    service="sabotage",
    unit="complaints",
    window_days=91,
    direction=1,
    no_events=0.0,
    why="A buyer may like one lamp and not the next; a crowd that praises one seller and pans its rivals is hired.",
    source=_SOURCE,
    sentence="Those who gave it five stars gave its rivals {value} reviews of one star in 91 days; usual are {peer}.",
    formula=befell_rivals.RIVAL_ONES,
)

SIGNALS: tuple[Signal, ...] = (
    SUSPENSIONS,
    ONE_STARS,
    rarity(
        ONE_STARS,
        PRAISING,
        "gamma_poisson",
        "{value} of the sellers like it had so many rivals panned by those who praised it in 91 days; usual is {peer}.",
        day_zero=True,
    ),
)
