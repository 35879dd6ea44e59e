from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa

from features.store import Store
from scoring.rings import Ring, find_rings, found_together, keep_rings, ring_rows, rings_before

MONDAY, NEXT_MONDAY, THIRD_MONDAY = date(2024, 3, 4), date(2024, 3, 11), date(2024, 3, 18)


def pairs(*rows: tuple[int, str], desk: str = "moderation") -> pd.DataFrame:
    """Pairs of helper and client, the first the strongest; ten assignments each where 1.5 would be usual."""
    return pd.DataFrame(
        {
            "desk": desk,
            "actor_id": [actor for actor, _ in rows],
            "seller_id": [seller for _, seller in rows],
            "count": 10,
            "expected": 1.5,
            "evidence": [20.0 - place / 10 for place in range(len(rows))],
        }
    )


ALONE = pd.Series(dtype=object)
"""No seller was found with others."""

TWO_RINGS = pairs((1, "ann"), (1, "bob"), (2, "bob"), (2, "cay"), (3, "dan"), (3, "eve"))


def verdicts(*rows: tuple[str, str, str | None, date]) -> pd.DataFrame:
    """Verdicts by seller, what was decided, case and day; each became known on that day."""
    frame = pd.DataFrame(rows, columns=["seller_id", "verdict", "case_id", "decided_at"])
    frame["decided_at"] = pd.to_datetime(frame["decided_at"])
    return frame.assign(known_at=frame["decided_at"], scheme="paid_removal")


def members(rings: list[Ring]) -> list[tuple[list[str], list[int]]]:
    return [(list(ring.sellers), list(ring.staff)) for ring in rings]


def test_sellers_with_common_helpers_are_one_ring() -> None:
    rings = find_rings(TWO_RINGS, ALONE, MONDAY, [])
    assert members(rings) == [(["ann", "bob", "cay"], [1, 2]), (["dan", "eve"], [3])]
    assert {ring.first_seen_on for ring in rings} == {MONDAY}


def test_a_helper_with_one_seller_is_no_ring() -> None:
    assert find_rings(pairs((1, "ann"), (2, "bob")), ALONE, MONDAY, []) == []


def test_without_pairs_there_is_no_ring() -> None:
    assert find_rings(TWO_RINGS[:0], ALONE, MONDAY, []) == []


def test_who_was_found_together_is_one_ring() -> None:
    rings = find_rings(TWO_RINGS, pd.Series({"cay": "case:7", "dan": "case:7"}), MONDAY, [])
    assert members(rings) == [(["ann", "bob", "cay", "dan", "eve"], [1, 2, 3])]
    assert rings[0].text.endswith(
        " 1 seller served by more than one of them. Investigators found 2 sellers together in 364 days."
    )


def test_who_was_found_together_is_a_ring_also_where_nobody_is_seen_to_help() -> None:
    together = pd.Series({"ida": "case:7", "joe": "case:7", "kay": "case:8", "leo": "case:8"})
    alone = find_rings(TWO_RINGS[:0], together, MONDAY, [])
    assert sorted(members(alone)) == [(["ida", "joe"], []), (["kay", "leo"], [])]
    assert {ring.text for ring in alone} == {"Investigators found 2 sellers together in 364 days."}
    beside = find_rings(TWO_RINGS[4:], together, MONDAY, [])
    assert sorted(members(beside)) == [(["dan", "eve"], [3]), (["ida", "joe"], []), (["kay", "leo"], [])]


def test_found_together_are_standing_findings_of_one_case_in_the_year_before() -> None:
    known = verdicts(
        ("ann", "manipulated", "7", date(2024, 1, 8)),
        ("bob", "manipulated", "7", date(2024, 2, 5)),
        ("bob", "manipulated", "8", date(2024, 2, 6)),
        ("cay", "manipulated", "8", date(2024, 2, 26)),
        ("dan", "cleared", "7", date(2024, 2, 5)),
        ("eve", "manipulated", "7", date(2024, 2, 5)),
        ("eve", "cleared", "7", date(2024, 2, 20)),
        ("fay", "manipulated", "7", MONDAY),
        ("gus", "manipulated", None, date(2024, 2, 5)),
        ("hal", "manipulated", None, date(2024, 2, 5)),
        ("ida", "manipulated", "9", date(2023, 3, 5)),
        ("joe", "manipulated", "9", date(2023, 3, 6)),
        ("kay", "manipulated", "10", date(2024, 2, 5)),
    )
    together = found_together(known, MONDAY)
    assert sorted(together.index) == ["ann", "bob", "cay"]
    assert set(together) == {"case:7"}
    assert found_together(known[:0], MONDAY).empty


def test_the_evidence_is_told_in_words() -> None:
    text = find_rings(TWO_RINGS, ALONE, MONDAY, [])[0].text
    assert text == (
        "2 of the staff and 3 sellers, joined in 364 days by removal of negative reviews of 3 sellers in 40 assignments"
        " (shared out as other work is: about 6.0). 1 seller served by more than one of them."
    )


def test_the_strongest_pairs_come_first_and_names_decide_nothing() -> None:
    other = {"ann": "zoe", "bob": "yan", "cay": "xia", "dan": "bea", "eve": "abe"}
    renamed = TWO_RINGS.assign(seller_id=TWO_RINGS["seller_id"].map(other), actor_id=9 - TWO_RINGS["actor_id"])
    assert members(find_rings(renamed, ALONE, MONDAY, [])) == [(["xia", "yan", "zoe"], [7, 8]), (["abe", "bea"], [6])]


def test_a_ring_that_goes_on_keeps_its_id_and_first_day() -> None:
    before = find_rings(TWO_RINGS, ALONE, MONDAY, [])
    others = pairs((1, "ann"), (1, "bob"), (4, "bob"), (4, "fay"), (5, "gus"), (5, "hal"))
    later = find_rings(others, ALONE, NEXT_MONDAY, before)
    assert members(later) == [(["ann", "bob", "fay"], [1, 4]), (["gus", "hal"], [5])]
    assert later[0].ring_id == before[0].ring_id
    assert later[0].first_seen_on == MONDAY
    assert later[1].ring_id not in {ring.ring_id for ring in before}
    assert later[1].first_seen_on == NEXT_MONDAY


def test_an_id_is_given_to_one_ring_alone_when_a_ring_splits() -> None:
    before = find_rings(pairs((1, "ann"), (1, "bob"), (1, "cay"), (1, "dan"), (1, "eve")), ALONE, MONDAY, [])
    halves = find_rings(pairs((1, "ann"), (1, "bob"), (1, "cay"), (2, "dan"), (2, "eve")), ALONE, NEXT_MONDAY, before)
    assert [ring.ring_id == before[0].ring_id for ring in halves] == [True, False]


def test_kept_rings_are_those_of_the_last_cutoff_before(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    first = find_rings(TWO_RINGS, ALONE, MONDAY, [])
    keep_rings(store, MONDAY, first, pa.string())
    second = find_rings(TWO_RINGS[:4], ALONE, NEXT_MONDAY, rings_before(store, NEXT_MONDAY))
    keep_rings(store, NEXT_MONDAY, second, pa.string())
    assert rings_before(store, MONDAY) == []
    assert rings_before(store, NEXT_MONDAY) == first
    assert rings_before(store, THIRD_MONDAY) == second
    assert second[0].ring_id == first[0].ring_id


def test_scoring_a_cutoff_twice_keeps_the_same_rings_and_commits_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    for _ in range(2):
        keep_rings(store, MONDAY, find_rings(TWO_RINGS, ALONE, MONDAY, rings_before(store, MONDAY)), pa.string())
    assert store.manifest().generation == 1


def test_rings_found_anew_at_a_cutoff_replace_those_kept_there(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    keep_rings(store, MONDAY, find_rings(TWO_RINGS, ALONE, MONDAY, []), pa.string())
    keep_rings(store, MONDAY, find_rings(TWO_RINGS[:4], ALONE, MONDAY, []), pa.string())
    assert members(rings_before(store, NEXT_MONDAY)) == [(["ann", "bob", "cay"], [1, 2])]


def test_staff_stand_in_the_output_by_their_plain_ids() -> None:
    rows = ring_rows(find_rings(TWO_RINGS, ALONE, MONDAY, []), {1: "kim", 2: "lou", 3: "max"})
    assert rows["staff"].tolist() == [["kim", "lou"], ["max"]]


def test_one_common_helper_does_not_join_two_dense_rings() -> None:
    first = [(actor, seller) for actor in (1, 2, 3) for seller in ("ann", "bob", "cay", "dan")]
    second = [(actor, seller) for actor in (4, 5, 6) for seller in ("eve", "fay", "gus", "hal")]
    rings = find_rings(pairs(*first, *second, (3, "eve")), ALONE, MONDAY, [])
    assert sorted(members(rings)) == [
        (["ann", "bob", "cay", "dan"], [1, 2, 3]),
        (["eve", "fay", "gus", "hal"], [4, 5, 6]),
    ]
