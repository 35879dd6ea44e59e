"""What is drawn of a seller's weeks, from a few literal rows. Week 0 is 3 to 9 February, week 3 ends on 2 March."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from features.intake import take_in
from features.settings import read_settings
from features.store import Store
from model.settings import Configuration
from scoring.report.histories import History, People, histories
from tests.features.conftest import action, deliver, honest_tables, product, rank, review

AS_OF = date(2025, 3, 3)
EVERYBODY = People({}, others_named=True)


def look_up(name: str, accessed_at: str, **more: Any) -> dict[str, Any]:
    accessed = datetime.fromisoformat(accessed_at)
    return {"access_id": name, "actor_id": "ines", "accessed_at": accessed, "resource": "reviewer_contact", **more}


def account(kind: str, acted_at: str, actor_kind: str, actor_id: str | None = None) -> dict[str, Any]:
    acted = datetime.fromisoformat(acted_at)
    return {"seller_id": "anna", "acted_at": acted, "kind": kind, "actor_kind": actor_kind, "actor_id": actor_id}


@pytest.fixture(scope="module")
def configuration() -> Configuration:
    return read_settings(Path(__file__).parents[2] / "configs" / "scrubwatch.yaml", Configuration)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, configuration: Configuration) -> Store:
    tables = honest_tables(
        products=[product("moved", "boris"), product("moved", "anna", valid_from=date(2025, 1, 1))],
        reviews=[
            review("praise", "lamp", 5, "2024-12-01"),
            review("complaint", "lamp", 1, "2025-02-05"),
            review("middling", "moved", 4, "2025-02-18"),
        ],
        review_actions=[
            action("complaint", "removed", "2025-02-12 10:00", actor_id="ines"),
            action("praise", "removed", "2025-02-20", "reviewer"),
            action("praise", "restored", "2025-02-25", "reviewer"),
            action("middling", "edited", "2025-02-26", "reviewer", new_rating=2),
            action("middling", "removed", "2025-03-03", actor_id="ines"),  # at the cutoff: after it
        ],
        search_ranks=[
            rank("lamp", "light", "2025-02-05", 9),
            rank("lamp", "light", "2025-02-05", 7, recorded_at=datetime.fromisoformat("2025-02-06")),  # corrected
            rank("lamp", "light", "2025-02-05", 2, sponsored=True),
            rank("lamp", "light", "2025-02-19", 12),
            rank("moved", "light", "2025-02-23", 30),
            rank("rake", "light", "2025-02-19", 1),  # of another seller
        ],
        staff_access=[
            look_up("of the seller", "2025-02-10", seller_id="anna"),
            look_up("of a review", "2025-02-16", review_id="complaint"),
            look_up("of another", "2025-02-10", seller_id="boris"),
            look_up("long ago", "2024-06-10", seller_id="anna"),
        ],
        account_actions=[
            account("suspended", "2025-02-27", "automation"),
            account("reinstated", "2025-03-01", "staff", "ines"),
        ],
    )
    folder = tmp_path_factory.mktemp("weeks")
    store = Store(folder / "store")
    take_in(deliver(folder / "data", tables), store, None, configuration)
    return store


def anna(store: Store, configuration: Configuration, people: People = EVERYBODY) -> History:
    return histories(store, ["anna"], {"complaint": 0.5}, AS_OF, 4, configuration.engine, people)["anna"]


def test_the_shown_rating_is_that_of_the_reviews_visible_at_the_end_of_each_week(
    store: Store, configuration: Configuration
) -> None:
    # praise and complaint; praise alone; middling alone, as praise is withdrawn; praise again and middling at 2 stars
    assert anna(store, configuration).shown == [3.0, 5.0, 4.0, 3.5]


def test_the_restored_rating_counts_a_removed_review_by_its_chance_to_have_stayed(
    store: Store, configuration: Configuration
) -> None:
    # (5 + 1) / 2; (5 + .5) / 1.5; (4 + .5) / 1.5; (5 + 2 + .5) / 2.5
    assert anna(store, configuration).restored == [3.0, 3.6667, 3.0, 3.0]


def test_the_place_is_the_best_organic_one_as_corrected(store: Store, configuration: Configuration) -> None:
    assert anna(store, configuration).places == [7, None, 12, None]


def test_removals_and_look_ups_are_counted_by_week_and_person(store: Store, configuration: Configuration) -> None:
    found = anna(store, configuration)
    ((_, ines, negatives, others), by_author) = found.removals
    assert ines.isdecimal()
    assert (negatives, others) == (1, 0)
    assert by_author == (2, "reviewer", 0, 1)
    assert found.look_ups == [(1, ines, 2)]
    assert found.account == [
        (date(2025, 2, 27), "suspended", "automation"),
        (date(2025, 3, 1), "reinstated", ines),
    ]


def test_people_who_may_not_be_told_apart_are_staff(store: Store, configuration: Configuration) -> None:
    ines = int(anna(store, configuration).look_ups[0][1])
    for people in (People({ines: False}, others_named=True), People({}, others_named=False)):
        found = anna(store, configuration, people)
        assert [by for _, by, *_ in found.removals] == ["staff", "reviewer"]
        assert [by for _, by, _ in found.look_ups] == ["staff"]
        assert found.account[1][2] == "staff"


def test_a_seller_of_whom_nothing_is_known_has_empty_weeks(store: Store, configuration: Configuration) -> None:
    found = histories(store, ["nobody"], {}, AS_OF, 2, configuration.engine, EVERYBODY)
    assert found == {"nobody": History([None, None], [None, None], [None, None], [], [], [])}
