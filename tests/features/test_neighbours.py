"""What the sellers show who share staff or reviewers with a seller: worked by hand, and pair by pair."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from features.intake import take_in
from features.neighbours import Links, largest_of_neighbours, mean_of_neighbours
from features.panel import signals_at
from features.store import Store
from model.settings import Configuration
from tests.features.conftest import (
    Row,
    Signals,
    action,
    day,
    deliver,
    honest_tables,
    product,
    rank,
    review,
    seller,
)

CUTOFF = "2024-06-03"
PRODUCTS = {"anna": "lamp", "boris": "rake", "carla": "vase", "dario": "sofa"}


def market(removals: dict[tuple[str, str], int], reviews: list[Row] = []) -> dict[str, list[Row]]:  # noqa: B006
    """Four sellers, one-star reviews of theirs removed so often by whom, and jumps of Boris's and Carla's products.

    In the only query Boris rose from place 20 to 10, Carla from 40 to 10.
    """
    taken = [
        (f"{who} for {whom} {number}", PRODUCTS[whom], who)
        for (who, whom), count in removals.items()
        for number in range(count)
    ]
    return honest_tables(
        sellers=[seller("carla"), seller("dario")],
        products=[product("vase", "carla"), product("sofa", "dario")],
        reviews=[review(name, of, 1, "2023-01-10 08:00") for name, of, _ in taken] + reviews,
        review_actions=[action(name, "removed", "2024-05-01 09:00", actor_id=who) for name, _, who in taken],
        search_ranks=[
            rank("rake", "garden", "2024-04-01", 20),
            rank("vase", "lights", "2024-04-01", 40),
            rank("rake", "garden", "2024-04-08", 10),
            rank("vase", "lights", "2024-04-08", 10),
        ],
    )


MIA_AND_NOAH = {("mia", "anna"): 2, ("mia", "boris"): 1, ("mia", "carla"): 4, ("noah", "dario"): 7}
"""Mia made half of 14 removals, so half of each seller's is expected of her; she made all of three sellers'."""


def test_neighbours_by_staff_weigh_by_how_much_more_they_work_together_than_expected(signals: Signals) -> None:
    now = signals(CUTOFF, market(MIA_AND_NOAH))
    # n of n where n / 2 are expected surprise by n (2 ln 2 - 1): the links are as the roots of 2, 1 and 4
    two, four = math.log(20 / 10), math.log(40 / 10)
    mean = now["rank_jump_mean_by_staff_91d"]
    assert mean["anna"] == pytest.approx((1 * two + 2 * four) / 3)
    assert mean["boris"] == pytest.approx(2 / (math.sqrt(2) + 2) * four)  # Anna rose nowhere
    assert math.isnan(mean["dario"])
    extreme = now["rank_jump_extreme_by_staff_91d"]
    assert extreme[["anna", "boris", "carla"]].tolist() == pytest.approx([four, four, two])
    rarity = now["negative_removals_beyond_floods_tail_91d"]
    extreme_of_anna = now.loc["anna", "negative_removals_beyond_floods_tail_extreme_by_staff_91d"]
    assert extreme_of_anna == rarity[["boris", "carla"]].min()


def test_who_removes_less_for_a_seller_than_expected_does_not_link_it(signals: Signals) -> None:
    removals = {("mia", "anna"): 4, ("mia", "boris"): 1, ("noah", "boris"): 4, ("noah", "carla"): 1}
    now = signals(CUTOFF, market(removals))["rank_jump_extreme_by_staff_91d"]
    # of 10 removals 5 are Mia's: 1 of Boris's 5 is less than half of them; Noah links him with Carla
    assert math.isnan(now["anna"])
    assert now["boris"] == pytest.approx(math.log(4))
    assert now["carla"] == pytest.approx(math.log(2))


def by(reviewer: str, *whom: str, rating: int = 5, at: str = "2024-05-01 09:00") -> list[Row]:
    return [
        review(f"{reviewer} for {name} {rating} {at}", PRODUCTS[name], rating, at, reviewer_id=reviewer)
        for name in whom
    ]


def test_a_reviewer_of_many_sellers_weighs_little_and_only_praise_in_the_window_links(signals: Signals) -> None:
    praise = [
        *by("olga", "anna", "boris"),
        *by("olga", "anna", at="2024-05-02 09:00"),  # once more for the same seller
        *by("pia", "anna", "boris", "carla"),
        *by("quinn", "dario", "carla", rating=4),
        *by("rosa", "dario", "carla", at="2024-03-03 23:59:59"),  # before the 91 days
    ]
    now = signals(CUTOFF, market({}, praise))
    # Anna and Boris have Olga (1/2) and Pia (1/3) in common, Anna and Carla Pia
    two, four = math.log(2), math.log(4)
    mean = now["rank_jump_mean_by_reviewers_91d"]
    assert mean["anna"] == pytest.approx(((1 / 2 + 1 / 3) * two + 1 / 3 * four) / (1 / 2 + 1 / 3 + 1 / 3))
    assert math.isnan(mean["dario"])
    assert now["rank_jump_extreme_by_reviewers_91d"][["anna", "carla"]].tolist() == pytest.approx([four, two])


def test_without_any_known_actor_there_are_no_neighbours_by_staff(signals: Signals) -> None:
    tables = market(MIA_AND_NOAH)
    unknown = [{**row, "actor_id": None} for row in tables["review_actions"]]
    now = signals(CUTOFF, {**tables, "review_actions": unknown})
    assert now.filter(like="_by_staff_").isna().all(axis=None)


def test_who_has_to_do_with_too_many_sellers_links_none(configuration: Configuration, tmp_path: Path) -> None:
    fewer = configuration.model_copy(
        update={"relations": configuration.relations.model_copy(update={"max_sellers_linked": 2})}
    )
    store = Store(tmp_path / "store")
    take_in(deliver(tmp_path / "data", market(MIA_AND_NOAH, by("olga", "anna", "boris"))), store, None, fewer)
    now = signals_at(store, [day(CUTOFF)], fewer).set_index("seller_id")
    assert now["rank_jump_mean_by_staff_91d"].isna().all()  # Mia works for three
    assert now["rank_jump_mean_by_reviewers_91d"].notna().to_dict() == {
        "anna": True,
        "boris": True,
        "carla": False,
        "dario": False,
    }
    wider = signals_at(store, [day(CUTOFF)], configuration).set_index("seller_id")
    assert wider["rank_jump_mean_by_staff_91d"].notna().sum() == 3


@pytest.mark.parametrize("seed", range(20))
def test_arrays_say_what_pairs_of_neighbours_say(seed: int) -> None:
    random = np.random.default_rng(seed)
    sellers, entities = 12, 7
    linked = random.random((entities, sellers)) < 0.3
    strength = random.uniform(0.1, 3, (entities, sellers))
    values = np.where(random.random(sellers) < 0.3, np.nan, random.integers(-2, 3, sellers) * 1.5)
    places = np.argwhere(linked)
    links = Links(places[:, 1], places[:, 0], strength[linked])
    mean, largest = mean_of_neighbours(links, values), largest_of_neighbours(links, values)
    for mine in range(sellers):
        pairs = [
            (strength[entity, mine] * strength[entity, other], values[other])
            for entity in range(entities)
            for other in range(sellers)
            if other != mine and linked[entity, mine] and linked[entity, other] and not np.isnan(values[other])
        ]
        if not pairs:
            assert np.isnan([mean[mine], largest[mine]]).all()
            continue
        assert largest[mine] == max(value for _, value in pairs)
        assert mean[mine] == pytest.approx(sum(w * v for w, v in pairs) / sum(w for w, _ in pairs), abs=1e-12)
