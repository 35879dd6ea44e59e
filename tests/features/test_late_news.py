"""Late news makes anew what it may change, and nothing else."""

from __future__ import annotations

import shutil
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from features.intake import take_in
from features.panel import signals_at
from features.store import Store
from features.week_files import weeks_of
from model.settings import Configuration
from tests.features.deliveries import for_small_markets, take_in_runs
from tests.features.random_market import write_rows
from tests.features.random_moments import Market, Row

WEEKS = 30
LAST = date(2023, 1, 2) + timedelta(weeks=WEEKS)
LATE_DAY = date(2023, 3, 15)
LATE = datetime.combine(LATE_DAY, time())


def monday(week: int) -> date:
    return date(2023, 1, 2) + timedelta(weeks=week)


def review(number: int, day: date, product: int = 1) -> Row:
    more = {"review_id": number, "created_at": datetime.combine(day, time(12))}
    return {"product_id": product, "reviewer_id": 1, "rating": 1, "verified": True, **more}


def place(day: date, position: int, query: int = 1, product: int = 1, **more: datetime) -> Row:
    row = {"product_id": product, "query_id": query, "observed_on": day, "position": position, "sponsored": False}
    return {**row, **more}


def sale(day: date, units: int, product: int = 1, **more: datetime) -> Row:
    return {"product_id": product, "sold_on": day, "units": units, "revenue": 5.0 * units, **more}


def decision(review_id: int, acted_at: datetime, kind: str = "kept", **more: int) -> Row:
    return {"review_id": review_id, "acted_at": acted_at, "kind": kind, "actor_kind": "staff", **more}


def warning(seller: int, acted_at: datetime) -> Row:
    done = {"kind": "warned", "actor_kind": "staff", "actor_id": 7}
    return {"seller_id": seller, "acted_at": acted_at, **done}


def report(number: int, seller: int, reported_at: datetime) -> Row:
    return {"report_id": number, "seller_id": seller, "reported_at": reported_at, "kind": "paid_review"}


def look_up(number: int, day: date, resource: str = "sales_report", **more: int) -> Row:
    row = {"access_id": number, "actor_id": 7, "resource": resource, "accessed_at": datetime.combine(day, time())}
    return {**row, **more}


def ticket(number: int, opened_at: datetime) -> Row:
    return {"ticket_id": number, "opened_at": opened_at, "opened_by_kind": "staff", "seller_id": 9}


def market() -> Market:
    """A review, a sale and an observation each Monday; each review is removed on the Tuesday of the next week.

    Each removal names a ticket, and a look-up a product, of which nothing is known. Product 8, with a review, a
    place and a look-up, and seller 2 become known in the twelfth week.
    """
    twelfth = {"recorded_at": datetime.combine(monday(12), time())}
    days = [monday(week) for week in range(WEEKS)]
    acted = {1: datetime.combine(monday(1), time()), 10: datetime.combine(monday(10), time())}
    removals = [
        decision(week, datetime.combine(day + timedelta(days=8), time()), "removed", ticket_id=week)
        for week, day in enumerate(days[:-1])
    ]
    return {
        "sellers": [
            {"seller_id": number, "marketplace": "US", "category": "toys", "opened_on": date(2022, 1, 1), **known}
            for number, known in ((1, {}), (2, twelfth))
        ],
        "products": [
            {"product_id": number, "seller_id": 1, "category": "toys", "listed_on": date(2022, 1, 1), **known}
            for number, known in ((1, {}), (8, twelfth))
        ],
        "reviews": [*(review(week, day) for week, day in enumerate(days)), review(100, monday(9), product=8)],
        "review_actions": [
            *removals,
            decision(100, datetime.combine(monday(9) + timedelta(days=1), time()), "removed", ticket_id=100),
        ],
        "account_actions": [warning(1, at) for at in acted.values()],
        "buyer_reports": [report(number, 1, at) for number, at in acted.items()],
        "tickets": [ticket(1_000 + number, at) for number, at in acted.items()],
        "search_ranks": [
            *(place(day, 1 + week % 5) for week, day in enumerate(days)),
            place(monday(9), 1, query=8, product=8),
            place(monday(0), 50, query=5),
        ],
        "staff_access": [
            look_up(1, monday(3), "reviewer_contact", product_id=7),
            look_up(2, monday(9), product_id=8, ticket_id=60),
            look_up(3, monday(3), seller_id=1, ticket_id=61),
        ],
        "sales": [
            *(sale(day, 3) for day in days),
            sale(monday(5), 4, recorded_at=datetime.combine(monday(20), time())),
        ],
    }


@pytest.fixture(scope="module")
def folded(configuration: Configuration, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The market's data and a store that has folded them; whoever adds to them copies both."""
    folder = tmp_path_factory.mktemp("folded")
    take_in_runs(folder, [market()], for_small_markets(configuration, folder / "key"), ask_between=[LAST])
    return folder


LATE_ROWS: dict[str, tuple[Market, dict[str, list[int]]]] = {
    "a review": ({"reviews": [review(1_000, LATE_DAY)]}, {"review_arrivals": [10], "rank_moves": []}),
    "what was done to a review": (
        {"review_actions": [decision(3, LATE)]},
        {"review_changes": [3, 4, 10], "rank_moves": []},
    ),
    "what was done to a review before its listing is known": (
        {"review_actions": [decision(100, LATE)]},
        {"review_changes": [12], "rank_moves": []},
    ),
    "a place": ({"search_ranks": [place(LATE_DAY, 2)]}, {"review_arrivals": [], "rank_moves": [10, 11]}),
    "a place in a query that was never observed": (
        {"search_ranks": [place(LATE_DAY, 2, query=2)]},
        {"review_arrivals": [], "rank_moves": [10]},
    ),
    "a place in a query that was last observed half a year before": (
        {"search_ranks": [place(monday(26), 1, query=5)]},
        {"review_arrivals": [], "rank_moves": [26]},
    ),
    "a correction of a place": (
        {"search_ranks": [place(monday(3), 9, recorded_at=datetime.combine(LAST, time()))]},
        {"review_arrivals": [], "rank_moves": [3]},
    ),
    "a correction of a place whose listing came later": (
        {"search_ranks": [place(monday(9), 9, query=8, product=8, recorded_at=datetime.combine(LAST, time()))]},
        {"review_arrivals": [], "rank_moves": [12]},
    ),
    "a ticket": ({"tickets": [ticket(3, LATE)]}, {"review_changes": [], "ticket_removals": [3, 4, 10]}),
    "a ticket about a review whose listing comes later": (
        {"tickets": [ticket(100, LATE)]},
        {"review_changes": [], "ticket_removals": [10, 12]},
    ),
    "a ticket of a look-up": ({"tickets": [ticket(61, LATE)]}, {"number_lookups": [3, 10], "look_ups": []}),
    "a ticket of a look-up whose listing comes later": (
        {"tickets": [ticket(60, LATE)]},
        {"number_lookups": [12], "look_ups": []},
    ),
    "a look-up": ({"staff_access": [look_up(4, LATE_DAY, product_id=1)]}, {"number_lookups": [10]}),
    "a look-up before its listing is known": (
        {"staff_access": [look_up(5, LATE_DAY, product_id=8)]},
        {"number_lookups": [12]},
    ),
    "what was done to an account": (
        {"account_actions": [warning(1, LATE)]},
        {"account_service": [10], "account_standing": [1, 10]},
    ),
    "what was done to an account before it is known": (
        {"account_actions": [warning(2, LATE)]},
        {"account_service": [12], "account_standing": [10, 12]},
    ),
    "a report": ({"buyer_reports": [report(2, 1, LATE)]}, {"buyer_reports": [10], "account_standing": []}),
    "a report on an account before it is known": (
        {"buyer_reports": [report(3, 2, LATE)]},
        {"buyer_reports": [12], "account_standing": []},
    ),
    "a product": (
        {
            "products": [
                {"product_id": 7, "seller_id": 1, "category": "toys", "listed_on": monday(0), "recorded_at": LATE}
            ]
        },
        {"review_changes": [], "look_ups": [3, 10]},
    ),
    "a sale": ({"sales": [sale(LATE_DAY, 2)]}, {"sales_days": [10], "rank_moves": []}),
    "a sale before its listing is known": (
        {"sales": [sale(LATE_DAY, 2, product=8)]},
        {"sales_days": [12], "rank_moves": []},
    ),
    "a correction of a sale": (
        {"sales": [sale(monday(3), 2, recorded_at=LATE)]},
        {"sales_days": [10], "rank_moves": []},
    ),
    "a correction of a sale before another one": (
        {"sales": [sale(monday(5), 2, recorded_at=LATE)]},
        {"sales_days": [10, 20], "rank_moves": []},
    ),
}
"""Rows that come late, by what they are, and the weeks of some kinds of tile that they make anew."""


@pytest.mark.parametrize("name", LATE_ROWS)
def test_a_late_row_makes_only_the_weeks_anew_in_which_its_keys_have_facts(
    name: str, folded: Path, configuration: Configuration, tmp_path: Path
) -> None:
    late, weeks_to_fold = LATE_ROWS[name]
    small, store = for_small_markets(configuration, tmp_path / "key"), copied(folded, tmp_path)
    before = {entry.group: weeks_of(store.manifest(), entry.group) for entry in store.manifest().files.values()}
    deliver_late(tmp_path, "late", late)
    take_in(tmp_path / "data", store, None, small)
    gone = {
        group.split("/")[1].split("@")[0]: sorted(weeks - weeks_of(store.manifest(), group))
        for group, weeks in before.items()
        if group.startswith("tiles/") and not group.endswith("/totals")
    }
    assert {kind: gone[kind] for kind in weeks_to_fold} == {
        kind: [monday(week) for week in weeks] for kind, weeks in weeks_to_fold.items()
    }


def test_late_rows_one_after_the_other_give_what_the_whole_gives(
    folded: Path, configuration: Configuration, tmp_path: Path
) -> None:
    small, store = for_small_markets(configuration, tmp_path / "key"), copied(folded, tmp_path)
    together = market()
    for number, (late, _) in enumerate(LATE_ROWS.values()):
        deliver_late(tmp_path, f"late {number}", late)
        take_in(tmp_path / "data", store, None, small)
        together = {name: [*together.get(name, []), *late.get(name, [])] for name in {**together, **late}}
    whole = take_in_runs(tmp_path / "whole", [together], small)
    assert signals_at(store, [LAST], small).equals(signals_at(whole, [LAST], small))


def test_a_place_is_held_against_the_one_before_however_long_ago(
    folded: Path, configuration: Configuration, tmp_path: Path
) -> None:
    small, store = for_small_markets(configuration, tmp_path / "key"), copied(folded, tmp_path)
    late, _ = LATE_ROWS["a place in a query that was last observed half a year before"]
    deliver_late(tmp_path, "late", late)
    take_in(tmp_path / "data", store, None, small)
    ranks = [*market()["search_ranks"], *late["search_ranks"]]
    whole = take_in_runs(tmp_path / "whole", [{**market(), "search_ranks": ranks}], small)
    assert signals_at(store, [LAST], small).equals(signals_at(whole, [LAST], small))


def copied(folded: Path, folder: Path) -> Store:
    """A copy of data and store."""
    for name in ("data", "store"):
        shutil.copytree(folded / name, folder / name)
    return Store(folder / "store")


def deliver_late(folder: Path, file: str, late: Market) -> None:
    for name, rows in late.items():
        write_rows(folder / "data" / name / f"{file}.parquet", name, rows)


def test_a_late_row_of_a_week_before_all_others_stands_in_the_running_totals(
    configuration: Configuration, tmp_path: Path
) -> None:
    small = for_small_markets(configuration, tmp_path / "key")
    two_years = date(2025, 1, 6)
    begun, late = market(), {"reviews": [review(1_000, LATE_DAY)]}
    begun["reviews"] = [review(week, monday(week)) for week in (20, 90)]
    begun["review_actions"] = [
        {"review_id": 20, "acted_at": datetime.combine(monday(90), time()), "kind": "kept", "actor_kind": "staff"}
    ]
    store = take_in_runs(tmp_path, [begun, late], small, ask_between=[two_years])
    whole = take_in_runs(tmp_path / "whole", [{**begun, "reviews": [*begun["reviews"], *late["reviews"]]}], small)
    assert signals_at(store, [two_years], small).equals(signals_at(whole, [two_years], small))


def test_a_file_that_is_as_it_was_is_not_read_again_and_one_that_is_not_is(
    configuration: Configuration, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = for_small_markets(configuration, tmp_path / "key")
    store = take_in_runs(tmp_path, [market()], small)
    hashed: list[str] = []

    def noted(path: Path) -> str:
        hashed.append(path.parent.name)
        return "another digest"

    monkeypatch.setattr("features.delivery.file_digest", noted)
    take_in(tmp_path / "data", store, None, small)
    assert hashed == []
    write_rows(tmp_path / "data" / "reviews" / "1.parquet", "reviews", [review(1_000, LATE_DAY)])
    take_in(tmp_path / "data", store, None, small)
    assert hashed == ["reviews"]


def test_a_table_may_come_for_the_first_time_when_others_are_folded(
    configuration: Configuration, tmp_path: Path
) -> None:
    small = for_small_markets(configuration, tmp_path / "key")
    later = {"search_ranks": market()["search_ranks"]}
    first = {name: rows for name, rows in market().items() if name not in later}
    store = take_in_runs(tmp_path, [first, later], small, ask_between=[LAST])
    whole = take_in_runs(tmp_path / "whole", [market()], small)
    assert signals_at(store, [LAST], small).equals(signals_at(whole, [LAST], small))
