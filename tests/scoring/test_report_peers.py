"""Who a listed seller is drawn beside, and who was listed before."""

from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from features.intake import take_in
from features.settings import read_settings
from features.store import Store
from model.settings import Configuration
from scoring.cases.history import open_cases
from scoring.report.content import Earlier
from scoring.report.earlier import earlier_run
from scoring.report.peers import manipulated, nearest_peers, sizes
from tests.features.conftest import deliver, honest_tables, product, review

SELLERS = pd.DataFrame(
    [
        ("listed", "US", "garden"),
        ("listed too", "US", "garden"),
        ("caught once", "US", "garden"),
        ("as large", "US", "garden"),
        ("larger", "US", "garden"),
        ("far larger", "US", "garden"),
        ("abroad", "DE", "garden"),
        ("toys", "US", "toys"),
    ],
    columns=["seller_id", "marketplace", "category"],
)
REVIEWS = pd.Series(
    {"listed": 100, "listed too": 100, "caught once": 100, "as large": 90, "larger": 200, "far larger": 5000}
)


def test_peers_are_the_nearest_in_size_of_the_same_marketplace_and_category_and_not_suspected() -> None:
    found = nearest_peers(SELLERS, REVIEWS, ["listed"], ["listed too", "caught once"])
    assert found == {"listed": ["as large", "larger"]}


def test_other_listed_sellers_are_no_peers() -> None:
    found = nearest_peers(SELLERS, REVIEWS, ["listed", "as large", "larger"], ["listed too", "caught once"])
    assert found["listed"] == ["far larger"]


def test_a_seller_without_peers_has_none() -> None:
    assert nearest_peers(SELLERS, REVIEWS, ["toys"], []) == {"toys": []}


def test_of_peers_as_near_the_first_by_id_stand() -> None:
    sizes = pd.Series(100, SELLERS["seller_id"])
    found = nearest_peers(SELLERS[::-1], sizes, ["listed"], [])
    assert found == {"listed": ["as large", "caught once"]}


AS_OF = date(2025, 3, 3)


@pytest.fixture(scope="module")
def configuration() -> Configuration:
    return read_settings(Path(__file__).parents[2] / "configs" / "scrubwatch.yaml", Configuration)


def verdict(seller_id: str, found: str, decided_at: str) -> dict[str, object]:
    decided = datetime.fromisoformat(decided_at)
    return {"seller_id": seller_id, "decided_at": decided, "verdict": found, "scheme": "other", "route": "tip"}


def test_size_is_the_reviews_of_a_year_and_only_known_verdicts_make_a_seller_suspected(
    tmp_path: Path, configuration: Configuration
) -> None:
    tables = honest_tables(
        products=[product("sold", "boris"), product("sold", "anna", valid_from=date(2025, 1, 1))],
        reviews=[
            review("on the first day", "lamp", 5, "2024-03-04"),
            review("a day too old", "lamp", 5, "2024-03-03"),
            review("of what was sold", "sold", 5, "2024-12-01"),
            review("at the cutoff", "lamp", 5, "2025-03-03"),
            review("of another", "rake", 5, "2025-01-01"),
        ],
        verdicts=[verdict("anna", "cleared", "2024-05-01"), verdict("boris", "manipulated", "2025-03-02")],
    )
    store = Store(tmp_path / "store")
    take_in(deliver(tmp_path / "data", tables), store, None, configuration)
    assert sizes(store, AS_OF, configuration).to_dict() == {"anna": 2, "boris": 1}
    assert manipulated(store, AS_OF, configuration) == {"boris"}
    assert manipulated(store, date(2025, 3, 2), configuration) == set()


def test_the_run_before_is_the_last_earlier_cutoff_with_those_who_were_listed_then(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    first, second, third = date(2025, 2, 17), date(2025, 2, 24), AS_OF
    ids = {}
    for cutoff, listed in ((first, ["anna", "boris"]), (second, ["boris", "carla"]), (third, ["anna"])):
        cases = open_cases(store, cutoff, listed, 182, pa.string())
        ids |= {seller: case.case_id for seller, case in cases.items()}
    assert earlier_run(store, first) is None
    assert earlier_run(store, second) == Earlier(first, {ids["anna"]: "anna", ids["boris"]: "boris"})
    assert earlier_run(store, third) == Earlier(second, {ids["boris"]: "boris", ids["carla"]: "carla"})
