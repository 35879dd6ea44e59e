"""The naive twin of the signal table: plain loops over plain rows, slow and obvious.

Written from the contract and from what each signal declares that it means, not from its SQL.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import pandas as pd

from features.catalogue import CATALOGUE
from features.families.removals import PRIOR_REVIEWS, USUAL_RATE
from features.signal import Signal
from tests.features import twin_pressure, twin_sales, twin_staff, twin_standing
from tests.features.random_moments import Market, Row
from tests.features.twin_events import Covered, Listings, counted, coverage_of, midnight
from tests.features.twin_neighbours import read_neighbours
from tests.features.twin_peers import compare_with_peers
from tests.features.twin_rivals import (
    Rivals,
    befell_rivals,
    done_by_staff,
    of_ranking,
    panned_rivals,
    read_rivals,
    rivals_at,
    serving,
)
from tests.features.twin_stories import Happening, Standing, Story, moves_of, story_of

_YEAR = 364
_AROUND = 28
_TWICE = 0.693147  # the logarithm of 2, in whole millionths as rises are kept
NAN = math.nan


def signal_table(
    market: Market, cutoffs: Sequence[date], min_group_sellers: int, max_sellers_linked: int
) -> pd.DataFrame:
    """The signal table as features.panel describes it, from delivered rows."""
    rows = counted(market)
    listings = Listings(rows["products"])
    stories = [story_of(review, rows["review_actions"], listings) for review in rows["reviews"]]
    happenings = [each for story in stories for each in story.happenings]
    happenings += [*moves_of(rows["search_ranks"], listings), *done_by_staff(rows, listings)]
    happenings += [*twin_staff.under_tickets(happenings, rows["tickets"]), *twin_staff.in_queues(rows, listings)]
    happenings += [*twin_pressure.pressed(rows, listings), *twin_standing.on_accounts(rows)]
    happenings += twin_sales.sales_of(rows["sales"], listings)
    covered = coverage_of(rows, listings)
    table: list[Row] = []
    for cutoff in sorted(set(cutoffs)):
        sellers = [{**row, "as_of": pd.Timestamp(cutoff)} for row in _sellers_at(rows["sellers"], cutoff)]
        views = [View(row["seller_id"], cutoff, happenings, stories, max_sellers_linked) for row in sellers]
        for seller, view in zip(sellers, views, strict=True):
            size = view.count(_YEAR, "arrived")
            seller["size_band"] = "none" if size == 0 else f"e{len(str(size)) - 1}"
        rivals = rivals_at(cutoff, sellers, rows["search_ranks"], listings)
        for seller, each in zip(sellers, views, strict=True):
            view = replace(each, rivals=rivals)
            for name, signal in CATALOGUE.items():
                seller[name] = _value(signal, view, covered, seller["marketplace"])
        compare_with_peers(sellers, min_group_sellers)
        read_neighbours(sellers, partial(View(None, cutoff, happenings, stories).of_all, 91), max_sellers_linked)
        table += sellers
    names = ["seller_id", "as_of", "marketplace", "category", "owner_id", "size_band", "peer_group"]
    return pd.DataFrame(table, columns=[*names, "peer_sellers", *CATALOGUE])


def _sellers_at(sellers: list[Row], cutoff: date) -> list[Row]:
    known: dict[Any, Row] = {}
    for row in sorted(sellers, key=lambda each: (each["seller_id"], each["valid_from"])):
        if row["counts_from"] < midnight(cutoff):
            known[row["seller_id"]] = row
    return list(known.values())


@dataclass(frozen=True)
class View:
    """One seller at one cutoff: what is known of it, by window."""

    seller: Any
    cutoff: date
    happenings: list[Happening]
    stories: list[Story]
    max_sellers_linked: int = 0
    rivals: Rivals | None = None

    def within(self, days: int, *whats: str, until: int = 0) -> list[Happening]:
        """What happened in the window; late news only in a year's, and nothing that a correction has replaced."""
        return [each for each in self.of_all(days, *whats, until=until) if each.seller == self.seller]

    def of_all(self, days: int, *whats: str, until: int = 0) -> list[Happening]:
        """What happened to any seller in the window."""
        end = midnight(self.cutoff)
        first, last = end - timedelta(days=days), end - timedelta(days=until)
        return [
            each
            for each in self.happenings
            if each.what in whats
            and first <= each.counts_from < last
            and each.until >= end
            and (days == _YEAR or not each.late)
        ]

    def count(self, days: int, *whats: str, until: int = 0, **wanted: Any) -> int:
        """How many of them, of some stars or by some actor only."""
        found = self.within(days, *whats, until=until)
        return len([each for each in found if all(getattr(each, name) in wanted[name] for name in wanted)])

    def held(self, days: int = 0) -> list[Standing]:
        """How the seller's reviews stood so many days before the cutoff."""
        moment = midnight(self.cutoff) - timedelta(days=days)
        standings = [story.at(moment) for story in self.stories]
        return [each for each in standings if each is not None and each.holder == self.seller]

    def arrivals(self) -> list[Happening]:
        """All reviews that ever arrived, late news among them."""
        end = midnight(self.cutoff)
        mine = [each for each in self.happenings if each.seller == self.seller and each.what == "arrived"]
        return [each for each in mine if each.counts_from < end]

    def at_risk(self, days: int, stars: Iterable[int] = range(1, 6), until: int = 0) -> int:
        """Reviews of these stars that could be removed: shown when the window began, or arrived in it."""
        shown = [each for each in self.held(days) if each.hidden_by is None and each.stars in stars]
        arrivals = ("arrived",) if len([*stars]) == 5 else ("arrived", "turned")
        return len(shown) + self.count(days, *arrivals, until=until, stars=stars)

    def taken(self, days: int) -> list[Happening]:
        """Removals of negative reviews by staff."""
        found = self.within(days, "removed")
        return [each for each in found if each.actor == "staff" and each.stars in _STARS["negative"]]

    def around_removals(self, what: str) -> Iterator[tuple[str, Happening]]:
        """What happened up to 28 days before or after a day with such a removal, both known in the last 91 days."""
        return self.around(self.taken(91 + _AROUND), what)

    def around(self, events: Iterable[Happening], what: str) -> Iterator[tuple[str, Happening]]:
        """What happened up to 28 days before or after a day with such events, both known in the last 91 days."""
        for event in {each.counts_from.date() for each in events if not each.late}:
            for each in self.within(91 + _AROUND, what):
                day = each.counts_from.date()
                known = max(day, event) >= self.cutoff - timedelta(days=91)
                if known and not each.late and 0 < abs((day - event).days) <= _AROUND:
                    yield "after" if day > event else "before", each


_STARS = {"review": range(1, 6), "negative": range(1, 3), "positive": range(4, 6)}


def _share(part: float, whole: float) -> float:
    return NAN if whole == 0 else min(part / whole, 1.0)


def _deletion_rate(view: View, stars: Iterable[int], days: int, actor: str = "staff", until: int = 0) -> float:
    removed = view.count(days, "removed", until=until, stars=stars, actor=[actor])
    return _share(removed, view.at_risk(days, stars, until))


def _smoothed(removed: int, at_risk: int) -> float:
    return (removed + USUAL_RATE * PRIOR_REVIEWS) / (at_risk + PRIOR_REVIEWS)


def _smoothed_rate_of(stars: str, view: View, days: int) -> float:
    removed = view.count(days, "removed", stars=_STARS[stars], actor=["staff"])
    return _smoothed(removed, view.at_risk(days, _STARS[stars]))


def _excess(view: View, days: int) -> float:
    return math.log(_smoothed_rate_of("negative", view, days) / _smoothed_rate_of("positive", view, days))


def _deletion_change(view: View, stars: str, actor: str = "staff") -> float:
    before = _deletion_rate(view, _STARS[stars], _YEAR, actor, until=91)
    return _deletion_rate(view, _STARS[stars], 91, actor) - before


def _by_person(view: View, days: int) -> Counter[Any]:
    return Counter(each.person for each in view.taken(days) if each.person is not None)


def _most_by_one(view: View) -> float:
    return max(_by_person(view, 91).values(), default=0)


def _median_age(view: View) -> float:
    """The lower median of the ages, as the middle of the bin that holds it, in days."""
    ages = sorted(each.age for each in view.taken(91))
    if not ages:
        return NAN
    edge = timedelta(hours=1.5)
    while 2 * edge <= ages[(len(ages) - 1) // 2] and edge < timedelta(days=512):
        edge *= 2
    return edge / timedelta(days=1) * math.sqrt(2)


def _floods(view: View) -> Counter[date]:
    """Weeks of a flood of negatives, with how many were written in each."""
    written = [each.happened for each in view.within(91, "written") if each.stars in _STARS["negative"]]
    weeks = Counter(_monday(happened) for happened in written)
    return Counter({week: came for week, came in weeks.items() if came >= max(5, 4 * (len(written) - came) / 12)})


def _flooded(view: View) -> list[bool]:
    """Of each removal of a negative by staff, whether the review was written in the week of a flood."""
    return [_monday(each.happened - each.age) in _floods(view) for each in view.taken(91)]


def _at_risk_beyond_floods(view: View) -> int:
    return max(0, view.at_risk(91, _STARS["negative"]) - _floods(view).total())


def _rate_beyond_floods(view: View) -> float:
    return _share(_flooded(view).count(False), _at_risk_beyond_floods(view))


def _excess_beyond_floods(view: View) -> float:
    beyond = _smoothed(_flooded(view).count(False), _at_risk_beyond_floods(view))
    return math.log(beyond / _smoothed_rate_of("positive", view, 91))


def _monday(moment: datetime) -> date:
    return moment.date() - timedelta(days=moment.weekday())


def _streak(view: View) -> float:
    """The longest run of weeks, counted back from the cutoff, with a removal in each."""
    weeks = {(view.cutoff - each.counts_from.date()).days - 1 for each in view.taken(_YEAR)}
    weeks = {days // 7 for days in weeks}
    longest = run = 0
    for week in range(_YEAR // 7):
        run = run + 1 if week in weeks else 0
        longest = max(longest, run)
    return longest


def _rise_around(moves: Iterable[tuple[str, Happening]]) -> float:
    """The mean rise on days after a day with events, less that on days before one."""
    rises: dict[str, list[float]] = {"before": [], "after": []}
    for side, move in moves:
        rises[side].append(move.rise)
    before, after = (sum(each) / max(len(each), 1) for each in rises.values())
    return after - before


def _rating_uplift(view: View) -> float:
    """By how much staff's removals lift the shown rating, less by how much they did a year before."""
    return _lift(view.held()) - _lift(view.held(_YEAR))


def _lift(held: list[Standing]) -> float:
    """The mean of the shown stars, less the mean with those put back that staff hid."""
    shown = [each.stars for each in held if each.hidden_by is None]
    hidden = [each.stars for each in held if each.hidden_by == "staff"]
    return sum(shown) / len(shown) - sum(shown + hidden) / len(shown + hidden) if shown else 0.0


def _put_back(held: list[Standing]) -> float:
    """The mean of the shown stars, less the mean with removed ones of staff and authors back, none above its first."""
    shown = [each.stars for each in held if each.hidden_by is None]
    first = [min(each.stars, each.posted) for each in held if each.hidden_by in {None, "staff", "reviewer"}]
    return sum(shown) / len(shown) - sum(first) / len(first) if shown else 0.0


def _shown_mean(view: View, days: int = 0) -> float:
    shown = [each.stars for each in view.held(days) if each.hidden_by is None]
    return sum(shown) / len(shown) if shown else NAN


def _by_arrivals_alone(view: View, days: int) -> float:
    """The mean of what was shown before and of all that arrived since, as it arrived."""
    stars = [each.stars for each in view.held(days) if each.hidden_by is None]
    stars += [
        each.stars for each in view.arrivals() if each.counts_from >= midnight(view.cutoff - timedelta(days=days))
    ]
    return sum(stars) / len(stars) if stars else NAN


def _or_nothing(value: float) -> float:
    return 0.0 if math.isnan(value) else value


def _incoming_change(view: View) -> float:
    """Stars that arrived in 91 days beside those of the year before, a tenth of the year's added to either."""
    year, ever = view.within(_YEAR, "arrived"), [each.stars for each in view.arrivals()]
    if not year:
        return NAN
    means, tenth = [], len(year) / 10
    for days, until in ((91, 0), (_YEAR, 91)):
        arrived = view.within(days, "arrived", until=until)
        stars = sum(each.stars for each in arrived) + tenth * sum(ever) / len(ever)
        means.append(stars / (len(arrived) + tenth))
    return means[0] - means[1]


def _shown_change(view: View) -> float:
    return _shown_mean(view) - _shown_mean(view, 91)


def _fall_undone(view: View) -> float:
    alone = _by_arrivals_alone(view, 28)
    fall, back = _or_nothing(_shown_mean(view, 28) - alone), _or_nothing(_shown_mean(view) - alone)
    return max(0.0, min(fall, back))


def _jump(view: View, days: int, until: int = 0) -> float:
    return max([0.0, *(each.rise for each in view.within(days, "ranked", until=until))])


def _jump_change(view: View, days: int) -> float:
    return _jump(view, days) - _jump(view, _YEAR, until=days)


def _swing(view: View) -> float:
    moves = [abs(each.rise) for each in view.within(91, "ranked")]
    return sum(moves) / len(moves) if moves else NAN


def _surprise(view: View, days: int) -> float:
    """The largest rise less what the past's mean swing and the number of looks let expect."""
    past = [abs(each.rise) for each in view.within(_YEAR, "ranked", until=days)]
    if not past:
        return NAN
    looks = len(view.within(days, "ranked"))
    return _jump(view, days) - sum(past) / len(past) * math.log(1 + 1.781072 * looks)


def _jump_beyond_sales(view: View) -> float:
    """The largest rise without an advertisement, less growth and a fall in price of 28 days up to two weeks ago."""
    jump = max([0.0, *(each.rise for each in view.within(28, "ranked") if not each.advertised)])
    cheaper = -twin_sales.price_change(view, 28, until=14)
    return (
        NAN if math.isnan(cheaper) else jump - max(0.0, twin_sales.units_growth(view, 28, until=14)) - max(0, cheaper)
    )


def _leaps(view: View) -> int:
    return len([each for each in view.within(91, "ranked") if each.rise >= _TWICE and not each.advertised])


def _leaps_held(view: View) -> float:
    falls = len([each for each in view.within(91, "ranked") if each.rise <= -_TWICE])
    return _share(max(0, _leaps(view) - falls), _leaps(view))


def _befell_rivals(view: View, what: str) -> float:
    if view.rivals is None:
        raise ValueError("a view without rivals")
    happened = view.of_all(91, "served", what)
    if what == "numbers read again":
        return read_rivals(view.seller, view.of_all(91, "numbers read"), view.rivals, view.max_sellers_linked)
    if what == "written":
        return panned_rivals(view.seller, happened, view.rivals, view.max_sellers_linked)
    return befell_rivals(view.seller, what, happened, view.rivals, view.max_sellers_linked)


def _largest_day(view: View, days: int = 91, until: int = 0) -> float:
    praise = [each for each in view.within(days, "came", until=until) if each.stars == 5]
    # what is late news is no part of a day's arrivals, as it became known long after them
    by_day = Counter((each.counts_from.date(), each.late) for each in praise)
    return max(by_day.values(), default=0)


def _praising(view: View) -> set[Any]:
    return {each.person for each in view.within(91, "written") if each.stars == 5}


def _others(view: View) -> dict[Any, set[Any]]:
    """Who praised each other seller."""
    sellers = {each.seller for each in view.happenings} - {view.seller}
    return {other: _praising(replace(view, seller=other)) for other in sellers}


def _praising_others(view: View) -> set[Any]:
    """Who praised the seller and others, but not too many."""
    praised = Counter(person for people in _others(view).values() for person in people)
    return {person for person in _praising(view) if 1 <= praised[person] < view.max_sellers_linked}


def _closest(view: View) -> float:
    """The most five-star reviewers in common with one other seller, beside what both their numbers let expect."""
    mine, few, others = _praising(view), _praising_others(view), _others(view)
    everybody = mine.union(*others.values())
    excess = [
        math.log((len(few & theirs) + 1) / (len(mine) * len(theirs) / len(everybody) + 1))
        for theirs in others.values()
        if few & theirs
    ]
    return round(max([0.0, *excess]), 6)  # kept as whole millionths


_MEANINGS: dict[str, Callable[[View], float]] = {
    **{
        f"{stars}_deletion_rate_{days}d": partial(_deletion_rate, stars=_STARS[stars], days=days)
        for stars in _STARS
        for days in (28, 91, _YEAR)
    },
    **{f"negative_deletion_excess_{days}d": partial(_excess, days=days) for days in (28, 91, _YEAR)},
    "author_deletion_rate_91d": partial(_deletion_rate, stars=_STARS["review"], days=91, actor="reviewer"),
    "automation_deletion_rate_91d": partial(_deletion_rate, stars=_STARS["review"], days=91, actor="automation"),
    "negative_removals_91d": lambda view: view.count(91, "removed", stars=_STARS["negative"], actor=["staff"]),
    "negatives_at_risk_91d": lambda view: view.at_risk(91, _STARS["negative"]),
    "reviews_arrived_91d": lambda view: view.count(91, "arrived"),
    "staff_share_of_removals_91d": lambda view: _share(
        view.count(91, "removed", actor=["staff"]), view.count(91, "removed")
    ),
    "staff_removals_91d": lambda view: view.count(91, "removed", actor=["staff"]),
    "reviews_at_risk_91d": lambda view: view.at_risk(91),
    **{f"{stars}_deletion_change_91d": partial(_deletion_change, stars=stars) for stars in _STARS},
    "author_deletion_change_91d": partial(_deletion_change, stars="review", actor="reviewer"),
    "automation_deletion_change_91d": partial(_deletion_change, stars="review", actor="automation"),
    **{f"removing_staff_{days}d": lambda view, days=days: len(_by_person(view, days)) for days in (91, _YEAR)},
    "negative_removals_by_one_91d": _most_by_one,
    "share_of_one_remover_91d": lambda view: _share(_most_by_one(view), _by_person(view, 91).total()),
    "removed_negative_age_91d": _median_age,
    "removal_weeks_in_a_row_364d": _streak,
    "flooded_removal_share_91d": lambda view: _share(sum(_flooded(view)), len(_flooded(view))),
    "negative_removals_beyond_floods_91d": lambda view: _flooded(view).count(False),
    "negatives_at_risk_beyond_floods_91d": _at_risk_beyond_floods,
    "negative_deletion_rate_beyond_floods_91d": _rate_beyond_floods,
    "negative_deletion_excess_beyond_floods_91d": _excess_beyond_floods,
    "rank_rise_after_removals_91d": lambda view: _rise_around(view.around_removals("ranked")),
    "rank_rise_after_lookups_91d": lambda view: _rise_around(
        view.around(of_ranking(view.within(91 + _AROUND, "numbers read")), "ranked")
    ),
    "ranking_lookups_91d": lambda view: len(of_ranking(view.within(91, "numbers read"))),
    "ranking_lookups_by_one_91d": lambda view: max(
        Counter(each.person for each in of_ranking(view.within(91, "numbers read"))).values(), default=0
    ),
    "rating_uplift_364d": _rating_uplift,
    "rating_above_posted_364d": lambda view: _put_back(view.held()) - _put_back(view.held(_YEAR)),
    "shown_rating_change_91d": _shown_change,
    "incoming_rating_change_91d": _incoming_change,
    "rating_rise_over_incoming_91d": lambda view: (
        _or_nothing(_shown_change(view)) - _or_nothing(_incoming_change(view))
    ),
    "rating_rise_beyond_arrivals_91d": lambda view: _shown_mean(view) - _by_arrivals_alone(view, 91),
    "rating_fall_undone_28d": _fall_undone,
    **{f"rank_jump_{days}d": partial(_jump, days=days) for days in (28, 91, _YEAR)},
    **{f"rank_jump_change_{days}d": partial(_jump_change, days=days) for days in (28, 91)},
    "rank_swing_91d": _swing,
    "five_star_reviewers_91d": lambda view: len(_praising(view)),
    "serving_staff_91d": lambda view: len(serving(view.seller, view.within(91, "served"))),
    "rival_lookups_91d": partial(_befell_rivals, what="numbers read"),
    "rival_lookups_by_readers_91d": partial(_befell_rivals, what="numbers read again"),
    "rival_suspensions_91d": partial(_befell_rivals, what="suspended"),
    "rival_one_stars_91d": partial(_befell_rivals, what="written"),
    "shared_five_star_reviewers_91d": lambda view: len(_praising_others(view)),
    "five_star_reviewers_in_common_91d": _closest,
    "five_star_day_91d": _largest_day,
    "five_stars_arrived_91d": lambda view: view.count(91, "came", stars=[5]),
    "five_star_day_change_91d": lambda view: math.log(
        (_largest_day(view) + 1) / (_largest_day(view, _YEAR, until=91) + 1)
    ),
    "five_stars_removed_by_automation_182d": lambda view: _share(
        view.count(182, "removed", stars=[5], actor=["automation"]), view.count(182, "came", stars=[5])
    ),
    "unverified_five_stars_91d": lambda view: _share(
        view.count(91, "came", stars=[5], actor=["without a purchase"]), view.count(91, "came", stars=[5])
    ),
    **twin_staff.MEANINGS,
    **twin_pressure.MEANINGS,
    **twin_standing.MEANINGS,
    **{f"rank_jump_surprise_{days}d": partial(_surprise, days=days) for days in (28, 91)},
    "rank_jump_beyond_sales_28d": _jump_beyond_sales,
    "rank_leaps_91d": _leaps,
    "rank_observations_91d": lambda view: view.count(91, "ranked"),
    "rank_leaps_held_91d": _leaps_held,
    **twin_sales.MEANINGS,
}
"""What each signal means, by its name; NaN where it says nothing, which reads as no events."""


_ACTORS = ("reviews", "review_actions", "review_actions.actor_id")
_SERVING = (*_ACTORS, "account_actions", "account_actions.actor_id", "tickets", "tickets.assigned_to")
_LOOK_UPS = ("staff_access", "staff_access.ticket_id", "tickets")
_NEEDS = {
    "reviews_arrived_91d": ("reviews",),
    **dict.fromkeys(
        ("removing_staff_91d", "removing_staff_364d", "negative_removals_by_one_91d", "share_of_one_remover_91d"),
        _ACTORS,
    ),
    "rank_rise_after_removals_91d": ("reviews", "review_actions", "search_ranks"),
    **dict.fromkeys(
        (
            "five_star_reviewers_91d",
            "shared_five_star_reviewers_91d",
            "five_star_reviewers_in_common_91d",
            "five_star_day_91d",
            "five_stars_arrived_91d",
            "five_star_day_change_91d",
            "unverified_five_stars_91d",
            "rival_one_stars_91d",
        ),
        ("reviews",),
    ),
    "serving_staff_91d": _SERVING,
    "rival_lookups_91d": (*_SERVING, "staff_access", "staff_access.ticket_id"),
    "rival_suspensions_91d": (*_SERVING, "account_actions.ticket_id"),
    **dict.fromkeys(("ranking_lookups_91d", "ranking_lookups_by_one_91d", "rival_lookups_by_readers_91d"), _LOOK_UPS),
    "rank_rise_after_lookups_91d": (*_LOOK_UPS, "search_ranks"),
    **{name: _ACTORS for name in CATALOGUE if name.endswith("_by_staff_91d")},
    **{name: ("reviews",) for name in CATALOGUE if name.endswith("_by_reviewers_91d")},
    **twin_staff.NEEDS,
    **twin_pressure.NEEDS,
    **twin_standing.NEEDS,
    "sales_rise_after_removals_91d": ("reviews", "review_actions", "sales"),
    "rank_jump_beyond_sales_28d": ("search_ranks", "sales"),
}
"""Tables and columns that a signal needs, where they are not those of its service."""
_REACH = dict.fromkeys(
    ("rank_rise_after_removals_91d", "rank_rise_after_lookups_91d", "sales_rise_after_removals_91d"), 91 + _AROUND
)
_SHORTER = {("rank_jump_beyond_sales_28d", "search_ranks"): 28}
"""Days that a source must cover, where another source of the signal must cover more."""
_OF_SERVICE = {"rank": ("search_ranks",), "sales": ("sales",)}


def _value(signal: Signal, view: View, covered: Covered, marketplace: str) -> float:
    if signal.compared is not None:
        return NAN
    usual = _OF_SERVICE.get(signal.service, ("reviews", "review_actions"))
    days = _REACH.get(signal.name, signal.window_days)
    for source in _NEEDS.get(signal.name, usual):
        reach = _SHORTER.get((signal.name, source), days)
        if not covered(source, marketplace, reach, view.cutoff):
            return NAN
    if signal.neighbours is not None:
        return 0.0
    value = float(_MEANINGS[signal.name](view))
    empty = signal.no_events if isinstance(signal.no_events, float) else NAN
    return empty if math.isnan(value) else value
