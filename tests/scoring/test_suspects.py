"""Staff and rings from delivered rows to the frames that are written."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

import configs
from features.intake import take_in
from features.settings import read_settings
from features.store import Store
from features.verdict_rows import verdicts_of
from model.settings import Configuration
from scoring.suspects import Suspects, find_suspects
from scoring.work import assignments_at
from tests.features.conftest import Row, action, deliver, product, review, seller

AS_OF = date(2025, 1, 6)
START = datetime.fromisoformat("2024-01-15 09:00")
STAFF = [f"moderator {number:02}" for number in range(1, 13)]
BRIBED, CLIENTS = STAFF[6], ("client one", "client two")
SELLERS = [*(f"seller {number:02}" for number in range(60)), *CLIENTS]
Market = dict[str, list[Row]]


def decision(number: int, when: datetime, whose: str, actor_id: str, **more: Any) -> tuple[Row, Row]:
    """A negative review of the seller, two days old, and what the member of staff does to it."""
    name = f"review {number}"
    posted = review(name, f"product of {whose}", 1, (when - timedelta(days=2)).isoformat())
    act: Row = {"queue": "garden", "actor_id": actor_id, "trigger": "reader_flag"}
    return posted, action(name, more.pop("kind", "removed"), when.isoformat(), **act, **more)


def market_of(decisions: list[tuple[Row, Row]], **more: list[Row]) -> Market:
    staff = [{"actor_id": name, "role": "moderator", "queue": "garden", "site": "north"} for name in STAFF]
    tables: Market = {
        "sellers": [seller(name) for name in SELLERS],
        "products": [product(f"product of {name}", name) for name in SELLERS],
        "reviews": [posted for posted, _ in decisions],
        "review_actions": [act for _, act in decisions],
        "staff": staff,
    }
    return {**tables, **more}


def a_year(*, bribed: bool = True) -> list[tuple[Row, Row]]:
    """Twelve moderators, twenty removals and kept reviews a week for anybody, and two clients who always get one."""
    random, found = Random(4), []  # noqa: S311  (work, not a secret)
    for week in range(50):
        work = [(random.choice(SELLERS[:60]), random.choice(STAFF), kind) for kind in ("removed", "kept") * 20]
        work += [(whose, BRIBED, "removed") for whose in CLIENTS if bribed and week % 2]
        for place, (whose, actor, kind) in enumerate(work):
            when = START + timedelta(weeks=week, minutes=7 * place)
            found.append(decision(len(found), when, whose, actor, kind=kind))
    return found


@pytest.fixture(scope="module")
def settings() -> Configuration:
    configuration = read_settings(configs.SHIPPED, Configuration)
    return configuration.model_copy(update={"staff": configuration.staff.model_copy(update={"exchanges": 150})})


Find = Callable[..., Suspects]


@pytest.fixture
def find(tmp_path: Path, settings: Configuration) -> Find:
    """Deliver a market, and find the suspects; with a folder's name several markets can be compared."""

    def found(
        market: Market, name: str = "one", configuration: Configuration = settings, as_of: date = AS_OF
    ) -> Suspects:
        data, store = deliver(tmp_path / name / "data", market), Store(tmp_path / name / "store")
        intake = take_in(data, store, None, configuration)
        verdicts = verdicts_of(store, configuration)
        return find_suspects(data, intake, store, verdicts, as_of, configuration, pa.string())

    return found


def named(found: Suspects) -> list[str]:
    return found.staff.loc[found.staff["alerted"], "actor_id"].tolist()


def with_staff(configuration: Configuration, **changes: object) -> Configuration:
    return configuration.model_copy(update={"staff": configuration.staff.model_copy(update=changes)})


def test_the_helper_is_named_by_the_plain_id_and_joined_with_the_clients(find: Find) -> None:
    found = find(market_of(a_year()))
    assert named(found) == [BRIBED]
    assert sorted(found.staff["actor_id"]) == STAFF
    assert sorted(found.staff["sellers"].iloc[0]) == sorted(CLIENTS)
    assert found.staff["observed"].iloc[0] == 50
    assert found.rings[["sellers", "staff", "first_seen_on"]].to_numpy().tolist() == [
        [sorted(CLIENTS), [BRIBED], AS_OF]
    ]


def test_without_a_helper_nobody_is_named(find: Find) -> None:
    found = find(market_of(a_year(bribed=False)))
    assert len(found.staff) == 12
    assert named(found) == []
    assert len(found.rings) == 0


def test_a_ring_keeps_its_id_the_week_after_and_is_found_twice_alike(find: Find) -> None:
    first = find(market_of(a_year()), as_of=date(2024, 12, 30))
    later, again = (find(market_of(a_year())) for _ in range(2))
    assert later.rings["ring_id"].tolist() == first.rings["ring_id"].tolist()
    assert later.rings["first_seen_on"].tolist() == [date(2024, 12, 30)]
    pd.testing.assert_frame_equal(again.rings, later.rings)
    pd.testing.assert_frame_equal(again.staff, later.staff)


def test_nothing_known_from_the_cutoff_on_changes_anything(find: Find) -> None:
    later = [
        decision(10_000 + number, datetime.fromisoformat("2025-01-06") + timedelta(hours=number), CLIENTS[0], STAFF[1])
        for number in range(100)
    ]
    late = [
        decision(20_000 + number, START + timedelta(days=number), CLIENTS[1], STAFF[2], recorded_at=AS_OF)
        for number in range(100)
    ]
    late = [(posted, {**act, "recorded_at": datetime.fromisoformat("2025-01-06")}) for posted, act in late]
    cleared = {"actor_id": BRIBED, "decided_at": datetime.fromisoformat("2025-01-06"), "verdict": "cleared"}
    moved = {"actor_id": STAFF[3], "role": "analyst", "shared": True, "valid_from": AS_OF}
    plain = find(market_of(a_year()), "plain")
    market = market_of([*a_year(), *later, *late], staff_verdicts=[cleared])
    market["staff"].append(moved)
    other = find(market, "other")
    pd.testing.assert_frame_equal(other.staff, plain.staff)
    pd.testing.assert_frame_equal(other.rings, plain.rings)


def test_a_site_whose_staff_are_not_scored_appears_nowhere_and_still_is_the_crowd(
    find: Find, settings: Configuration
) -> None:
    market = market_of(a_year())
    market["staff"] = [{**row, "site": "south" if row["actor_id"] in STAFF[6:] else "north"} for row in market["staff"]]
    found = find(market, configuration=with_staff(settings, staff_scoring_by_site={"south": "off"}))
    assert sorted(found.staff["actor_id"]) == STAFF[:6]
    assert named(found) == []
    assert len(found.rings) == 0


def test_staff_are_compared_within_their_marketplace_though_queues_have_one_name(find: Find) -> None:
    market = market_of(a_year())
    home = {name: STAFF[:6] if number % 2 else STAFF[6:] for number, name in enumerate(SELLERS)}
    home |= dict.fromkeys(CLIENTS, STAFF[6:])
    random = Random(8)  # noqa: S311  (work, not a secret)
    whose = {row["review_id"]: row["product_id"].removeprefix("product of ") for row in market["reviews"]}
    market["sellers"] = [{**row, "marketplace": home[row["seller_id"]][0]} for row in market["sellers"]]
    market["review_actions"] = [
        row if whose[row["review_id"]] in CLIENTS else {**row, "actor_id": random.choice(home[whose[row["review_id"]]])}
        for row in market["review_actions"]
    ]
    found = find(market)
    assert named(found) == [BRIBED]
    # One of six on duty; in a client's weeks the helper does two assignments more, one for each client.
    assert found.staff["expected"].iloc[0] == pytest.approx(50 * 3.67 / 12, rel=0.15)


def test_with_scoring_off_everywhere_nobody_appears(find: Find, settings: Configuration) -> None:
    found = find(market_of(a_year()), configuration=with_staff(settings, staff_scoring="off"))
    assert len(found.staff) == 0
    assert len(found.rings) == 0


def test_a_shared_login_is_not_named(find: Find) -> None:
    market = market_of(a_year())
    market["staff"] = [{**row, "shared": row["actor_id"] == BRIBED} for row in market["staff"]]
    found = find(market)
    assert sorted(found.staff["actor_id"]) == [name for name in STAFF if name != BRIBED]
    assert len(found.rings) == 0


def test_other_names_of_people_sites_and_sellers_change_nothing_but_these(find: Find) -> None:
    plain = find(market_of(a_year()), "plain")
    new = {name: f"person {99 - number}" for number, name in enumerate(STAFF)}
    new |= {name: f"shop {99 - number}" for number, name in enumerate(SELLERS)}
    market = {
        table: [{key: new.get(value, value) for key, value in row.items()} for row in rows]
        for table, rows in market_of(a_year()).items()
    }
    market["staff"] = [{**row, "site": "elsewhere"} for row in market["staff"]]
    other = find(market, "other")
    assert other.staff["actor_id"].tolist() == [new[name] for name in plain.staff["actor_id"]]
    columns = ["score", "rank", "alerted", "false_share", "observed", "expected", "text"]
    pd.testing.assert_frame_equal(other.staff[columns], plain.staff[columns])
    assert other.rings["text"].tolist() == plain.rings["text"].tolist()


def test_without_a_table_of_the_staff_those_who_acted_are_scored(find: Find) -> None:
    market = market_of(a_year())
    del market["staff"]
    assert named(find(market)) == [BRIBED]


def test_work_that_a_verdict_cleared_accuses_nobody(find: Find) -> None:
    cleared = {"actor_id": BRIBED, "decided_at": datetime.fromisoformat("2025-01-03"), "verdict": "cleared"}
    assert named(find(market_of(a_year(), staff_verdicts=[cleared]))) == []


def assignments(tmp_path: Path, settings: Configuration, market: Market) -> pd.DataFrame:
    store = Store(tmp_path / "store")
    take_in(deliver(tmp_path / "data", market), store, None, settings)
    return assignments_at(store, AS_OF, settings)


def test_a_ticket_of_fifty_reviews_is_one_assignment(tmp_path: Path, settings: Configuration) -> None:
    fifty = [
        decision(number, START + timedelta(hours=number), SELLERS[0], STAFF[0], ticket_id="big") for number in range(50)
    ]
    found = assignments(tmp_path, settings, market_of(fifty))
    assert found[["pieces", "negatives_removed", "bought", "uncaused"]].to_numpy().tolist() == [[50, 50, True, False]]


def test_without_a_ticket_a_day_is_one_assignment(tmp_path: Path, settings: Configuration) -> None:
    midnight = datetime.fromisoformat("2024-03-02")
    times = [midnight - timedelta(minutes=2), midnight - timedelta(minutes=1), midnight]
    rows = [decision(number, when, SELLERS[0], STAFF[0]) for number, when in enumerate(times)]
    found = assignments(tmp_path, settings, market_of(rows))
    assert found[["pieces", "uncaused"]].to_numpy().tolist() == [[2, True], [1, True]]


@pytest.mark.parametrize(
    ("ticket", "uncaused"),
    [
        ({}, False),
        ({"opened_at": START + timedelta(minutes=1)}, True),
        ({"opened_by": STAFF[0], "opened_by_kind": "staff"}, True),
        ({"opened_by": STAFF[1], "opened_by_kind": "staff"}, False),
        ({"seller_id": SELLERS[1]}, True),
    ],
)
def test_a_ticket_is_a_cause_if_another_opened_it_before_for_the_seller(
    ticket: Row, tmp_path: Path, settings: Configuration, *, uncaused: bool
) -> None:
    usual: Row = {"ticket_id": "t", "opened_at": START - timedelta(days=1), "opened_by_kind": "seller"}
    tickets = [{**usual, "seller_id": SELLERS[0], **ticket}]
    rows = [decision(1, START, SELLERS[0], STAFF[0], ticket_id="t")]
    found = assignments(tmp_path, settings, market_of(rows, tickets=tickets))
    assert found["uncaused"].tolist() == [uncaused]


def test_a_look_up_beside_the_own_work_on_the_seller_has_a_cause(tmp_path: Path, settings: Configuration) -> None:
    looks: Row = {"actor_id": STAFF[0], "resource": "reviewer_contact"}
    accesses = [
        {**looks, "access_id": "beside", "accessed_at": START - timedelta(hours=1), "seller_id": SELLERS[0]},
        {**looks, "access_id": "elsewhere", "accessed_at": START - timedelta(hours=1), "seller_id": SELLERS[1]},
    ]
    found = assignments(tmp_path, settings, market_of([decision(1, START, *_OWN)], staff_access=accesses))
    looked = found[found["desk"] == "look-ups"].set_index("seller_id")
    assert looked.loc[SELLERS[0], ["bought", "kind"]].tolist() == [False, "reviewer_contact with a cause"]
    assert looked.loc[SELLERS[1], ["bought", "kind"]].tolist() == [True, "reviewer_contact"]


_OWN = (SELLERS[0], STAFF[0])


@pytest.mark.parametrize("what", [{"product_id": f"product of {SELLERS[1]}"}, {"review_id": "review 1"}])
def test_a_look_up_of_a_product_or_review_is_one_of_its_seller(
    what: Row, tmp_path: Path, settings: Configuration
) -> None:
    access = {"access_id": "a", "actor_id": STAFF[0], "resource": "sales_report", "accessed_at": SPRING, **what}
    found = assignments(
        tmp_path, settings, market_of([decision(1, START, SELLERS[1], STAFF[1])], staff_access=[access])
    )
    looked = found[found["desk"] == "look-ups"]
    assert looked[["seller_id", "bought"]].to_numpy().tolist() == [[SELLERS[1], True]]


SPRING = START + timedelta(days=100)


@pytest.mark.parametrize("opened", [{"opened_at": SPRING - timedelta(days=20)}, {}])
def test_a_look_up_while_the_seller_was_investigated_has_a_cause(
    opened: Row, tmp_path: Path, settings: Configuration
) -> None:
    decided = SPRING + timedelta(days=10)  # without a day of its opening a case began eight weeks before: 46 days
    verdict = {"seller_id": SELLERS[0], "decided_at": decided, "verdict": "cleared", "route": "tip", **opened}
    accesses = [
        {
            "actor_id": STAFF[0],
            "resource": "sales_report",
            "access_id": f"day {days}",
            "accessed_at": SPRING + timedelta(days=days),
            "seller_id": SELLERS[0],
        }
        for days in (-47, -19, 9, 11)
    ]
    tables = {"staff_access": accesses, "verdicts": [verdict]}
    found = assignments(tmp_path, settings, market_of([decision(1, START, SELLERS[1], STAFF[1])], **tables))
    looked = found[found["desk"] == "look-ups"]
    assert looked["bought"].tolist() == [True, False, False, True]


def test_a_rare_decision_weighs_more_than_a_common_one(tmp_path: Path, settings: Configuration) -> None:
    # Nine of ten negatives flagged by machines are removed, one of ten flagged by readers.
    rows = [
        decision(
            10 * place + number,
            START + timedelta(days=number),
            SELLERS[place],
            STAFF[0],
            kind="removed" if (number == 0) == (trigger == "reader_flag") else "kept",
        )
        for place, trigger in enumerate(("reader_flag", "automation"))
        for number in range(10)
    ]
    rows = [
        (posted, {**act, "trigger": ("reader_flag", "automation")[place // 10]})
        for place, (posted, act) in enumerate(rows)
    ]
    found = assignments(tmp_path, settings, market_of(rows))
    weight = found[found["bought"]].groupby("seller_id")["weight"].first()
    # With one more of each: (1 + 1) / (10 + 2) and (9 + 1) / (10 + 2) are removed.
    assert weight[SELLERS[0]] == pytest.approx(10 / 12)
    assert weight[SELLERS[1]] == pytest.approx(2 / 12)
