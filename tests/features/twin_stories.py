"""The naive twin, second half: what happened to every review and every place in search, one piece of news at a time.

Whatever became known is taken up in the order in which it became known; after each piece of news a review's story is
told again from its beginning, with the actions known by then in the order in which they happened.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from tests.features.random_moments import Row
from tests.features.twin_events import FOREVER, Listings, as_known, midnight

_LATE_AFTER = timedelta(days=28)
_RANK_KEY = ("product_id", "query_id", "observed_on", "sponsored")


@dataclass(frozen=True)
class Happening:
    """Something that counts for a seller from an instant on, until a correction replaced it."""

    seller: Any
    what: str
    counts_from: datetime
    happened: datetime
    stars: int = 0
    actor: str = ""
    rise: float = 0.0
    advertised: bool = False
    person: Any = None
    age: timedelta = timedelta(0)
    units: int = 0
    cents: int = 0
    days: int = 0
    until: datetime = FOREVER
    about: Row = field(default_factory=dict)

    @property
    def late(self) -> bool:
        """Whether it became known too long after it happened for the shorter windows."""
        return self.counts_from > self.happened + _LATE_AFTER


@dataclass(frozen=True)
class Standing:
    """How a review stands from an instant on: with whom, of how many stars, now and as posted, by whom hidden."""

    since: datetime
    holder: Any
    stars: int
    posted: int
    hidden_by: str | None = None


@dataclass(frozen=True)
class News:
    """Something about a review that became known: an action, or (kind ``moved``) another holder of its product."""

    counts_from: datetime
    happened: datetime
    kind: str
    row: Row


@dataclass
class Story:
    """What is known of one review: its standings in the order in which they became known, and what counts."""

    standings: list[Standing]
    happenings: list[Happening]

    def at(self, moment: datetime) -> Standing | None:
        """How the review stood by what was known before a moment; None before it was known itself."""
        earlier = [standing for standing in self.standings if standing.since < moment]
        return earlier[-1] if earlier else None


def story_of(review: Row, actions: list[Row], listings: Listings) -> Story:
    """Tell one review's story, piece by piece."""
    product, start, posted = review["product_id"], review["counts_from"], review["created_at"]
    seller = listings.in_force(product, posted, start)["seller_id"]
    held = [row for row in listings.holders(product) if row["counts_from"] <= start][-1]
    story = Story([Standing(start, held["seller_id"], review["rating"], review["rating"])], [])
    story.happenings.append(Happening(seller, "arrived", start, posted, review["rating"]))
    by, bought = review["reviewer_id"], "" if review["verified"] else "without a purchase"
    story.happenings.append(Happening(seller, "written", start, posted, review["rating"], person=by))
    if held["seller_id"] == seller:
        story.happenings.append(Happening(seller, "came", start, posted, review["rating"], actor=bought))
    if held["seller_id"] != seller:
        since = midnight(held["valid_from"])
        story.happenings.append(Happening(held["seller_id"], "arrived", start, since, review["rating"]))
    told: list[News] = []
    for news in _news(review, actions, listings):
        told.append(news)
        before = story.standings[-1]
        now = _told_again(review, [each for each in told if each.kind != "moved"], before, news)
        story.happenings += _what_changed(before, now, news, review, listings)
        story.standings.append(now)
    return story


def _news(review: Row, actions: list[Row], listings: Listings) -> list[News]:
    found = [
        News(max(row["counts_from"], review["counts_from"]), row["acted_at"], row["kind"], row)
        for row in actions
        if row["review_id"] == review["review_id"] and row["kind"] in {"removed", "restored", "edited"}
    ]
    found += [
        News(row["counts_from"], midnight(row["valid_from"]), "moved", row)
        for row in listings.holders(review["product_id"])
        if row["counts_from"] > review["counts_from"]
    ]
    return sorted(found, key=lambda news: (news.counts_from, news.happened, news.kind))


def _told_again(review: Row, told: list[News], before: Standing, latest: News) -> Standing:
    """Tell it from the beginning, with the actions known by now in the order in which they happened."""
    holder = latest.row["seller_id"] if latest.kind == "moved" else before.holder
    stars, hidden_by = review["rating"], None
    for news in sorted(told, key=lambda each: (each.happened, each.kind)):
        if news.kind == "edited":
            stars = news.row["new_rating"] or stars
        elif news.kind == "removed":
            hidden_by = news.row["actor_kind"]
        else:
            hidden_by = None
    return Standing(latest.counts_from, holder, stars, review["rating"], hidden_by)


def _what_changed(before: Standing, now: Standing, news: News, review: Row, listings: Listings) -> Iterator[Happening]:
    shown = now.hidden_by is None
    if news.kind == "removed" and before.hidden_by is None and not shown:
        seller = listings.in_force(review["product_id"], news.happened, news.counts_from)["seller_id"]
        yield Happening(
            seller,
            "removed",
            news.counts_from,
            news.happened,
            before.stars,
            news.row["actor_kind"],
            person=news.row["actor_id"],
            age=news.happened - review["created_at"],
            about=news.row,
        )
    if news.kind == "edited" and shown and _side(now.stars) not in {"between", _side(before.stars)}:
        yield Happening(now.holder, "turned", news.counts_from, news.happened, now.stars)
    if news.kind == "moved" and shown:
        yield Happening(now.holder, "arrived", news.counts_from, news.happened, now.stars)


def _side(stars: int) -> str:
    return {1: "negative", 2: "negative", 4: "positive", 5: "positive"}.get(stars, "between")


def moves_of(ranks: list[Row], listings: Listings) -> Iterator[Happening]:
    """Yield every organic place beside the product's place when the query was last observed, as known by then."""
    first_known: dict[tuple[Any, date], datetime] = {}
    for row in ranks:
        query_day = row["query_id"], row["observed_on"]
        first_known[query_day] = min(first_known.get(query_day, FOREVER), row["counts_from"])
    for row in ranks:
        if row["sponsored"]:
            continue
        query, day = row["query_id"], row["observed_on"]
        known_before = [
            other
            for (its_query, other), moment in first_known.items()
            if its_query == query and (moment, other) < (first_known[query, day], day)
        ]
        if not known_before or max(known_before) > day:
            continue
        earlier = [other for other in ranks if (other["query_id"], other["observed_on"]) == (query, max(known_before))]
        advertised = any(
            other["sponsored"]
            and (other["product_id"], other["query_id"]) == (row["product_id"], query)
            and other["observed_on"] in {day, max(known_before)}
            and other["counts_from"] <= row["counts_from"]
            for other in ranks
        )
        for move in _move(row, as_known(earlier, row["counts_from"], _RANK_KEY), _replaced_at(row, ranks), listings):
            yield replace(move, advertised=advertised)


def _replaced_at(row: Row, ranks: list[Row]) -> datetime:
    same = [other for other in ranks if all(other[column] == row[column] for column in _RANK_KEY)]
    following = same[same.index(row) + 1 :]
    return following[0]["counts_from"] if following else FOREVER


def _move(row: Row, earlier: list[Row], until: datetime, listings: Listings) -> Iterator[Happening]:
    observed = midnight(row["observed_on"])
    version = listings.in_force(row["product_id"], observed, row["counts_from"])
    own = [other for other in earlier if other["product_id"] == row["product_id"] and not other["sponsored"]]
    if not own and version["listed_on"] > earlier[0]["observed_on"]:
        return  # it was not for sale then, so it did not stand below the last place either
    place = own[0]["position"] if own else max(other["position"] for other in earlier) + 1
    rise = round(math.log(place / row["position"]), 6)  # kept as whole millionths
    yield Happening(version["seller_id"], "ranked", row["counts_from"], observed, rise=rise, until=until)
