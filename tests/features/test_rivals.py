"""What befalls a seller's rivals at the hands of its staff and of those who praise it: worked by hand."""

from __future__ import annotations

import math

import pytest

from tests.features.conftest import (
    Row,
    Signals,
    action,
    covering,
    honest_tables,
    moment,
    product,
    rank,
    review,
    seller,
)

CUTOFF = "2024-06-03"
PRODUCTS = {"anna": "lamp", "boris": "rake", "carla": "vase", "dario": "sofa"}
TABLES = ("reviews", "review_actions", "search_ranks", "staff_access", "tickets", "account_actions")


def lookup(name: str, whom: str | None, at: str = "2024-05-02 09:00", **more: object) -> Row:
    row = {"access_id": name, "actor_id": "mia", "accessed_at": moment(at), "resource": "sales_report"}
    return {**row, "seller_id": whom, **more}


def ticket(name: str, about: str | None, at: str = "2024-05-01 09:00", **more: object) -> Row:
    return {"ticket_id": name, "opened_at": moment(at), "opened_by_kind": "seller", "seller_id": about, **more}


def suspension(whom: str, at: str, **more: object) -> Row:
    return {
        "seller_id": whom,
        "acted_at": moment(at),
        "kind": "suspended",
        "actor_kind": "staff",
        "actor_id": "mia",
        **more,
    }


def places(*positions: tuple[str, int, int]) -> list[Row]:
    """Where sellers' products stand in so many queries."""
    return [
        rank(PRODUCTS[whom], f"q{query}", "2024-05-01", position)
        for whom, queries, position in positions
        for query in range(queries)
    ]


NEAR = places(("anna", 3, 10), ("boris", 3, 30), ("carla", 3, 31), ("dario", 2, 11))
"""Boris is Anna's rival; Carla stands one place too far, Dario is near in two queries only."""


def market(**tables: list[Row]) -> dict[str, list[Row]]:
    """Four sellers; Mia kept a review of Anna's, and every column has been seen."""
    acted = action("praised", "kept", "2024-05-01 09:00", actor_id="mia")
    return honest_tables(
        **{
            **tables,
            "sellers": [seller("carla"), seller("dario"), *tables.get("sellers", [])],
            "products": [product("vase", "carla"), product("sofa", "dario")],
            "reviews": [review("praised", "lamp", 4, "2023-01-10 08:00"), *tables.get("reviews", [])],
            "review_actions": [acted, *tables.get("review_actions", [])],
            "staff_access": [
                lookup("seen", "anna", "2023-01-10 08:00", ticket_id="old"),
                *tables.get("staff_access", []),
            ],
            "tickets": [ticket("old", "anna", "2023-01-10 08:00", assigned_to="noah"), *tables.get("tickets", [])],
            "account_actions": [
                suspension("dario", "2023-01-10 08:00", ticket_id="old"),
                *tables.get("account_actions", []),
            ],
            "coverage": covering(*TABLES, since="2021-01-01"),
        }
    )


def test_look_ups_of_those_near_in_three_queries_count(signals: Signals) -> None:
    looked = [lookup(f"{whom} {n}", whom) for whom in ("boris", "carla", "dario") for n in range(2)]
    now = signals(CUTOFF, market(staff_access=looked, search_ranks=NEAR))
    assert now["rival_lookups_91d"].to_dict() == {"anna": 2, "boris": 0, "carla": 0, "dario": 0}
    assert now["serving_staff_91d"].to_dict() == {"anna": 1, "boris": 0, "carla": 0, "dario": 0}


def test_only_look_ups_of_numbers_without_cause_in_the_window_count(signals: Signals) -> None:
    looked = [
        lookup("ranking", "boris", resource="ranking_internals"),
        lookup("of the product", None, product_id="rake"),
        lookup("for another", "boris", ticket_id="about anna"),
        lookup("before its ticket came", "boris", ticket_id="later"),
        lookup("asked for", "boris", ticket_id="about boris"),
        lookup("for nobody", "boris", ticket_id="about nobody"),
        lookup("never opened", "boris", ticket_id="unknown"),
        lookup("contact", "boris", resource="reviewer_contact"),
        lookup("by another", "boris", actor_id="noah"),
        lookup("first instant", "boris", "2024-03-04 00:00"),
        lookup("too early", "boris", "2024-03-03 23:59:59"),
        lookup("own", "anna"),
    ]
    opened = [
        ticket("about anna", "anna"),
        ticket("about boris", "boris"),
        ticket("about nobody", None),
        ticket("later", "anna", "2024-05-20 09:00"),
    ]
    tables = market(staff_access=looked, tickets=opened, search_ranks=NEAR)
    # ranking, of the product, for another, before its ticket came, first instant
    assert signals(CUTOFF, tables).loc["anna", "rival_lookups_91d"] == 5
    assert signals("2024-05-19", tables).loc["anna", "rival_lookups_91d"] == 4 + 1  # too early is inside, later not yet


def test_whoever_is_seen_in_no_query_has_its_like_for_rivals(signals: Signals) -> None:
    """Anna and Boris have few reviews, Carla none and Dario is in another category."""
    looked = [lookup(whom, whom) for whom in ("boris", "carla", "elsa")]
    more = {
        "sellers": [seller("elsa", category="tools")],
        "reviews": [
            review("new lamp", "lamp", 4, "2024-01-10 08:00"),
            review("new rake", "rake", 4, "2024-01-10 08:00"),
        ],
    }
    now = signals(CUTOFF, market(staff_access=looked, search_ranks=places(("anna", 3, 1)), **more))
    assert now.loc["anna", "rival_lookups_91d"] == 1


def test_accounts_and_tickets_are_service_too(signals: Signals) -> None:
    now = signals(
        CUTOFF,
        market(
            account_actions=[suspension("carla", "2024-05-01 09:00", kind="warned", actor_id="noah")],
            tickets=[ticket("assigned", "dario", assigned_to="olga"), ticket("once more", "dario", assigned_to="olga")],
        ),
    )
    assert now["serving_staff_91d"].to_dict() == {"anna": 1, "boris": 0, "carla": 1, "dario": 1}


def test_suspensions_of_rivals_count_without_a_ticket_only(signals: Signals) -> None:
    suspended = [
        suspension("boris", "2024-05-02 09:00"),
        suspension("boris", "2024-05-03 09:00", product_id="rake"),
        suspension("boris", "2024-05-04 09:00", ticket_id="asked"),
        suspension("boris", "2024-05-05 09:00", kind="warned"),
        suspension("boris", "2024-05-06 09:00", actor_kind="automation"),
        suspension("dario", "2024-05-07 09:00"),
    ]
    now = signals(CUTOFF, market(account_actions=suspended, search_ranks=NEAR))["rival_suspensions_91d"]
    # Mia served all whom she suspended, but Boris's only rival is Anna, and Dario has none
    assert now.to_dict() == {"anna": 2, "boris": 0, "carla": 0, "dario": 0}


def test_who_praises_a_seller_and_pans_its_rivals_counts(signals: Signals) -> None:
    def by(reviewer: str, whom: str, rating: int, at: str = "2024-05-01 09:00") -> Row:
        return review(f"{reviewer} {whom} {rating} {at}", PRODUCTS[whom], rating, at, reviewer_id=reviewer)

    written = [
        by("pia", "anna", 5),
        by("pia", "boris", 1),
        by("pia", "boris", 1, "2024-05-02 09:00"),
        by("pia", "carla", 1),
        by("quinn", "anna", 4),
        by("quinn", "boris", 1),
        by("rosa", "boris", 2),
        by("rosa", "anna", 5, "2024-03-04 00:00"),
    ]
    now = signals(CUTOFF, market(reviews=written, search_ranks=NEAR))["rival_one_stars_91d"]
    assert now.to_dict() == {"anna": 2, "boris": 0, "carla": 0, "dario": 0}


def ranking(name: str, whom: str, at: str = "2024-05-02 09:00", **more: object) -> Row:
    return lookup(name, whom, at, resource="ranking_internals", **more)


def test_look_ups_of_the_ranking_are_counted_by_who_read_it(signals: Signals) -> None:
    looked = [ranking(f"mia {n}", "boris", f"2024-05-0{n + 1} 09:00") for n in range(3)]
    looked += [ranking("noah", "boris", actor_id="noah"), ranking("asked for", "boris", ticket_id="about boris")]
    looked += [lookup("sales", "boris")]
    now = signals(CUTOFF, market(staff_access=looked, tickets=[ticket("about boris", "boris")]))
    assert now.loc["boris", ["ranking_lookups_91d", "ranking_lookups_by_one_91d"]].tolist() == [4, 3]
    assert now.loc["anna", ["ranking_lookups_91d", "ranking_lookups_by_one_91d"]].tolist() == [0, 0]


def test_who_keeps_reading_a_sellers_ranking_and_then_of_its_rivals_reads_for_it(signals: Signals) -> None:
    """Olga never acted on Anna; two look-ups of Anna's ranking make her a reader for Anna, one would not."""
    own = [ranking(f"own {n}", "anna", actor_id="olga") for n in range(2)]
    looked = [lookup(f"{whom} {n}", whom, actor_id="olga") for whom in ("boris", "carla") for n in range(3)]
    once = ranking("once", "anna", actor_id="noah"), lookup("of a rival", "boris", actor_id="noah")
    now = signals(CUTOFF, market(staff_access=[*own, *looked, *once], search_ranks=NEAR))
    # Carla is no rival of Anna's; Boris, whose sales were read, has no part in it
    assert now["rival_lookups_by_readers_91d"].to_dict() == {"anna": 3, "boris": 0, "carla": 0, "dario": 0}
    assert now["rival_lookups_91d"].to_dict() == {"anna": 0, "boris": 0, "carla": 0, "dario": 0}


def test_places_that_rise_after_look_ups_are_held_against_those_before(signals: Signals) -> None:
    looked = [ranking("own", "anna", "2024-05-01 12:00")]
    seen = [rank("lamp", "q0", on, place) for on, place in (("2024-04-20", 40), ("2024-04-27", 40), ("2024-05-08", 10))]
    now = signals(CUTOFF, market(staff_access=looked, search_ranks=seen))["rank_rise_after_lookups_91d"]
    assert now["anna"] == pytest.approx(math.log(40 / 10), abs=1e-6)  # a quarter of the place after, no move before
    assert now["boris"] == 0


@pytest.mark.parametrize("late", ["product", "look_up"])
def test_a_look_up_of_a_product_s_ranking_counts_once_both_are_known(signals: Signals, late: str) -> None:
    recorded = {"recorded_at": moment("2024-05-20 00:00")}
    tables = market(
        staff_access=[ranking("a", None, product_id="bowl", **recorded if late == "look_up" else {})],
    )
    tables["products"] += [product("bowl", "anna", **recorded if late == "product" else {})]
    assert signals("2024-05-20", tables).loc["anna", "ranking_lookups_91d"] == 0
    assert signals("2024-05-21", tables).loc["anna", "ranking_lookups_91d"] == 1


def test_service_and_look_ups_without_cause_count_from_when_all_of_it_is_known(signals: Signals) -> None:
    recorded = {"recorded_at": moment("2024-05-20 00:00")}
    tables = market(
        sellers=[seller("elsa", **recorded)],
        account_actions=[suspension("elsa", "2024-05-01 09:00", kind="warned")],
        staff_access=[ranking("a", "boris", ticket_id="about anna", **recorded)],
        tickets=[ticket("about anna", "anna")],
    )
    now = signals("2024-08-10", tables)  # the account and the look-up became known 82 days before, all else earlier
    assert now.loc["elsa", "serving_staff_91d"] == 1
    assert now.loc["boris", "ranking_lookups_91d"] == 1


def test_places_of_a_listing_that_comes_later_count_from_when_it_is_known(signals: Signals) -> None:
    near = [rank(name, f"q{n}", "2024-05-10", 10) for name in ("bowl", "rake") for n in range(3)]
    alone = rank("lamp", "q9", "2024-05-10", 10)  # whoever is seen in no query has its like for rivals
    tables = market(staff_access=[lookup("of a rival", "boris")], search_ranks=[*near, alone])
    tables["products"].append(product("bowl", "anna", recorded_at=moment("2024-05-20 00:00")))
    assert signals("2024-05-20", tables).loc["anna", "rival_lookups_91d"] == 0
    assert signals("2024-05-21", tables).loc["anna", "rival_lookups_91d"] == 1


@pytest.mark.parametrize(
    ("observed", "recorded", "rivals"),
    [
        ("2024-06-04", None, 1),
        ("2024-06-05", None, 0),
        ("2024-05-01", "2024-05-29 00:00:00", 1),
        ("2024-05-01", "2024-05-29 00:00:01", 0),
    ],
)
def test_places_make_rivals_if_known_before_the_cutoff_and_within_28_days(
    signals: Signals, observed: str, recorded: str | None, rivals: int
) -> None:
    known = {"recorded_at": moment(recorded)} if recorded else {}
    near = [rank(name, f"q{n}", observed, 10, **known) for name in ("lamp", "rake") for n in range(3)]
    # whoever is seen in no query has its like for rivals
    alone = [rank(name, f"of the {name} alone", "2024-05-10", 10) for name in ("lamp", "rake")]
    tables = market(staff_access=[lookup("of a rival", "boris")], search_ranks=[*near, *alone])
    assert signals("2024-06-05", tables).loc["anna", "rival_lookups_91d"] == rivals
