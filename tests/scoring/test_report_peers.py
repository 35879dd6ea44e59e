"""Who a listed seller is drawn beside."""

import pandas as pd

from scoring.report.peers import nearest_peers

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
