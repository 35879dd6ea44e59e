"""Who is named among the staff of a few invented desks."""

from random import Random

import pandas as pd
import pytest

from scoring.findings import NOTHING, clients, staff_rows
from scoring.staff import Helpers, find_helpers
from tests.scoring.desks import PLAIN, SETTINGS, Row, assignment, crowd, drawn_work, frame, honest_queue

TWELVE = range(1, 13)
BRIBED = 7
SERVED = [assignment(week, BRIBED, "client", uncaused=week % 4 == 0) for week in range(0, 52, 2)]


def scored(rows: list[Row], people: pd.DataFrame) -> Helpers:
    return find_helpers(frame(rows), people, SETTINGS)


def alerted(helpers: Helpers) -> list[int]:
    return sorted(helpers.scored.loc[helpers.scored["alerted"], "actor_id"])


def rows_of(rows: list[Row], people: pd.DataFrame) -> pd.DataFrame:
    """The rows of `staff.parquet`, by actor; the plain id of 7 is `no 7`."""
    helpers = scored(rows, people)
    found = people[people["found_on"].notna()]
    plain = {number: f"no {number}" for number in people["actor_id"]}
    return staff_rows(helpers, clients(helpers, found), frame(rows), found, plain).set_index("actor_id")


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_an_honest_queue_of_twelve_names_nobody(seed: int) -> None:
    helpers = scored(honest_queue(seed), crowd(TWELVE))
    assert len(helpers.scored) == 12
    assert alerted(helpers) == []


def test_who_always_serves_one_seller_is_found_with_that_seller() -> None:
    table = rows_of([*honest_queue(2), *SERVED], crowd(TWELVE))
    assert table.index[table["alerted"]].tolist() == ["no 7"]
    served = table.loc["no 7"]
    assert served["rank"] == 1
    assert served["sellers"] == ["client"]
    assert served["observed"] == 26
    # One of twelve on duty; in the weeks of an order the bribed one does an assignment more than the others.
    assert 26 / 12 < served["expected"] < 26 / 12 + 2
    assert "removed negative reviews of 1 seller in 26 assignments" in served["text"]
    assert "13 of them lack a ticket" in served["text"]
    assert set(table.loc[~table["alerted"], "text"]) == {NOTHING}


def test_who_is_strict_with_everybody_is_not_named() -> None:
    strict = [assignment(week, BRIBED, f"seller {number:03}") for week in range(52) for number in (week, week + 60)]
    assert alerted(scored([*honest_queue(2), *strict], crowd(TWELVE))) == []


def test_all_of_a_sellers_work_in_one_week_by_one_person_is_one_assignment_and_names_nobody() -> None:
    flood = [assignment(20, BRIBED, "bombed", pieces=50, negatives_removed=50)]
    assert alerted(scored([*honest_queue(3), *flood], crowd(TWELVE))) == []


def test_who_gets_batches_of_single_tickets_in_all_kinds_of_work_is_not_named() -> None:
    random = Random(5)  # noqa: S311  (work, not a secret)

    def batches(**more: object) -> list[Row]:
        drawn = drawn_work(random, TWELVE, 6, 150, **more)
        return [single for batch in drawn for single in [batch] * 4]

    assert alerted(scored([*batches(), *batches(**PLAIN)], crowd(TWELVE))) == []


def test_who_keeps_accounts_is_not_named_for_looking_them_up() -> None:
    random = Random(6)  # noqa: S311  (work, not a secret)
    looked = {"desk": "look-ups", "place": "account_specialist", "negatives_removed": 0}
    rows = []
    for week in range(52):
        for actor in TWELVE:
            kept = f"account {actor}"
            rows.append(assignment(week, actor, kept, **looked, kind="sales_report", bought=True))
            rows.append(assignment(week, actor, kept, **looked, kind="other", bought=False))
            other = f"seller {random.randrange(150)}"
            rows.append(assignment(week, actor, other, **looked, kind="sales_report", bought=True))
    assert alerted(scored(rows, crowd(TWELVE))) == []


def test_a_shared_login_is_not_named_and_lets_nobody_else_be_named() -> None:
    people = crowd(TWELVE)
    people.loc[people["actor_id"] == BRIBED, "named"] = False
    helpers = scored([*honest_queue(2), *SERVED], people)
    assert BRIBED not in set(helpers.scored["actor_id"])
    assert len(helpers.scored) == 11
    assert alerted(helpers) == []
    assert clients(helpers, people[:0]).empty


def test_who_is_in_no_list_of_people_is_not_named() -> None:
    helpers = scored([*honest_queue(2), *SERVED], crowd(range(1, 7)))
    assert sorted(helpers.scored["actor_id"]) == [1, 2, 3, 4, 5, 6]


def _of_toys(rows: list[Row]) -> list[Row]:
    return [{**row, "place": "toys", "actor_id": 99, "seller_id": f"toy {row['seller_id']}"} for row in rows]


def test_who_owns_a_queue_alone_is_compared_with_the_own_past_and_the_text_says_so() -> None:
    rows = [*honest_queue(1), *_of_toys(honest_queue(4))]
    table = rows_of(rows, crowd([*TWELVE, 99]))
    assert not table["alerted"].any()
    assert "compared with the own past only" in table.loc["no 99", "text"]
    assert table["text"].str.contains("own past").sum() == 1


def test_who_owns_a_queue_alone_and_begins_to_serve_a_seller_is_found() -> None:
    begun = [assignment(week, 99, "toy client", place="toys") for week in range(27, 52)]
    rows = [*honest_queue(1), *_of_toys(honest_queue(4)), *begun]
    table = rows_of(rows, crowd([*TWELVE, 99]))
    assert table.index[table["alerted"]].tolist() == ["no 99"]


def test_who_owns_a_queue_alone_and_served_a_seller_all_year_cannot_be_told() -> None:
    always = [assignment(week, 99, "toy client", place="toys") for week in range(52)]
    rows = [*honest_queue(1), *_of_toys(honest_queue(4)), *always]
    assert alerted(scored(rows, crowd([*TWELVE, 99]))) == []


def test_other_ids_change_nothing_but_the_ids() -> None:
    rows = [*honest_queue(2), *SERVED]
    plain = scored(rows, crowd(TWELVE))
    new_actor = {number: 5_000 - 37 * number for number in TWELVE}
    sellers = sorted({row["seller_id"] for row in rows})
    new_seller = dict(zip(sellers, reversed(sellers), strict=True))
    renamed = [
        {**row, "actor_id": new_actor[row["actor_id"]], "seller_id": new_seller[row["seller_id"]], "place": "yard"}
        for row in rows
    ]
    other = scored(renamed, crowd(new_actor.values()))
    assert other.scored["actor_id"].tolist() == [new_actor[number] for number in plain.scored["actor_id"]]
    pd.testing.assert_frame_equal(other.scored.drop(columns="actor_id"), plain.scored.drop(columns="actor_id"))
    assert other.pairs["seller_id"].tolist() == [new_seller[each] for each in plain.pairs["seller_id"]]


def test_a_verdict_that_found_somebody_is_told() -> None:
    found_on = [pd.Timestamp("2024-06-03") if number == BRIBED else pd.NaT for number in TWELVE]
    table = rows_of([*honest_queue(2), *SERVED], crowd(TWELVE, found_on=found_on))
    assert table.loc["no 7", "text"].endswith("A verdict found this person manipulated on 2024-06-03.")


def test_who_has_no_plain_id_any_more_is_left_out() -> None:
    helpers = scored([*honest_queue(2), *SERVED], crowd(TWELVE))
    people = crowd(TWELVE)[:0]
    table = staff_rows(helpers, clients(helpers, people), frame([*honest_queue(2), *SERVED]), people, {1: "no 1"})
    assert table["actor_id"].tolist() == ["no 1"]
