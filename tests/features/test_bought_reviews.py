"""Praise by a crowd that praises others too, at once, without a purchase, removed later: worked by hand."""

from __future__ import annotations

import math

import pytest

from tests.features.conftest import Row, Signals, action, covering, honest_tables, product, review, seller

CUTOFF = "2024-06-03"
PRODUCTS = {"anna": "lamp", "boris": "rake", "carla": "vase", "dario": "sofa"}


def praise(reviewer: str, whom: str, at: str = "2024-05-01 09:00", rating: int = 5, **more: object) -> Row:
    return review(f"{reviewer} {whom} {at}", PRODUCTS[whom], rating, at, reviewer_id=reviewer, **more)


def market(*reviews: Row, actions: tuple[Row, ...] = ()) -> dict[str, list[Row]]:
    """Four sellers of a listing each, and these reviews."""
    return honest_tables(
        sellers=[seller("carla"), seller("dario")],
        products=[product("vase", "carla"), product("sofa", "dario")],
        reviews=reviews,
        review_actions=actions,
    )


def test_who_praised_others_too_is_counted_once_and_only_in_the_window(signals: Signals) -> None:
    now = signals(
        CUTOFF,
        market(
            praise("olga", "anna"),
            praise("olga", "anna", "2024-05-02 09:00"),
            praise("olga", "boris"),
            praise("pia", "anna", "2024-03-04 00:00"),  # the first instant of the 91 days
            praise("pia", "carla", "2024-03-03 23:59:59"),  # before them
            praise("quinn", "anna"),
            praise("quinn", "carla", rating=4),
        ),
    )
    assert now["five_star_reviewers_91d"].to_dict() == {"anna": 3, "boris": 1, "carla": 0, "dario": 0}
    assert now["shared_five_star_reviewers_91d"].to_dict() == {"anna": 1, "boris": 1, "carla": 0, "dario": 0}


def test_the_most_in_common_with_one_other_is_held_against_what_both_sizes_let_expect(signals: Signals) -> None:
    now = signals(
        CUTOFF,
        market(
            *(praise(f"crowd {n}", whom) for n in range(4) for whom in ("anna", "boris")),
            *(praise(f"buyer {n}", "carla") for n in range(8)),
            praise("buyer 0", "anna"),
        ),
    )["five_star_reviewers_in_common_91d"]
    # of 12 reviewers 5 praised Anna, 4 Boris, 8 Carla: 4 in common where 5 x 4 / 12 are expected
    assert now["anna"] == pytest.approx(math.log((4 + 1) / (20 / 12 + 1)), abs=1e-6)
    assert now["boris"] == now["anna"]
    # Carla has 1 in common with Anna where 5 x 8 / 12 are expected: fewer
    assert now[["carla", "dario"]].tolist() == [0, 0]


def test_sharing_is_as_rare_as_the_peers_make_it(signals: Signals) -> None:
    now = signals(CUTOFF, market(*(praise(f"crowd {n}", whom) for n in range(2) for whom in ("anna", "boris"))))
    # two of two for both, nobody else praised: the rate is (4 + .5) / 4, cut at 1
    assert now.loc[["anna", "boris"], "shared_five_star_reviewers_posterior_91d"].tolist() == pytest.approx([1, 1])
    assert now.loc[["carla", "dario"], "shared_five_star_reviewers_tail_91d"].isna().all()


def test_the_busiest_day_is_held_against_the_busiest_before(signals: Signals) -> None:
    days = ["2023-06-05 00:00"] * 2 + ["2024-02-01 10:00"] * 3 + ["2024-05-01 00:00"] * 4 + ["2024-05-02 00:00"] * 5
    reviews = [praise(f"{number}", "anna", at) for number, at in enumerate(days)]
    now = signals(CUTOFF, market(*reviews, praise("old", "anna", "2023-06-04 23:59:59")))
    assert now["five_star_day_91d"].to_dict() == {"anna": 5, "boris": 0, "carla": 0, "dario": 0}
    assert now.loc["anna", "five_stars_arrived_91d"] == 9
    assert now.loc["anna", "five_star_day_change_91d"] == pytest.approx(math.log(6 / 4))


def test_what_automation_removed_of_five_stars_is_held_against_what_came(signals: Signals) -> None:
    names = [f"p{number}" for number in range(4)]
    reviews = [{**praise(name, "anna", "2024-01-10 09:00"), "review_id": name} for name in names]
    actions = (
        action("p0", "removed", "2024-05-01 09:00", "automation"),
        action("p1", "removed", "2024-05-01 09:00", "staff"),
        action("low", "removed", "2024-05-01 09:00", "automation"),
    )
    low = {**praise("low", "anna", "2024-01-10 09:00", rating=1), "review_id": "low"}
    now = signals(CUTOFF, market(*reviews, low, actions=actions))["five_stars_removed_by_automation_182d"]
    assert now.to_dict() == {"anna": 1 / 4, "boris": 0, "carla": 0, "dario": 0}


def test_the_share_without_a_purchase_is_of_five_stars_only(signals: Signals) -> None:
    now = signals(
        CUTOFF,
        market(
            praise("olga", "anna", verified=False),
            praise("pia", "anna"),
            praise("quinn", "anna", rating=4, verified=False),
        ),
    )["unverified_five_stars_91d"]
    assert now["anna"] == 1 / 2
    assert math.isnan(now["boris"])


def test_crowds_are_unknown_where_reviews_do_not_reach_back(signals: Signals) -> None:
    tables = market(praise("olga", "anna"), praise("olga", "boris"))
    now = signals(CUTOFF, {**tables, "coverage": covering("reviews", "review_actions", since="2024-05-01")})
    names = ["shared_five_star_reviewers_91d", "five_star_reviewers_in_common_91d", "five_star_day_91d"]
    assert now[names].isna().all(axis=None)
