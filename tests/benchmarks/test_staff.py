from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from benchmarks.frozen import frozen_market
from benchmarks.staff import StaffJudged, judged_by_truth, totals, with_tickets
from scoring.suspects import Suspects

AS_OF = date(2025, 1, 6)
LATELY, LONG_AGO, LATER = (pd.Timestamp(day, tz="UTC") for day in ("2024-10-01", "2023-10-01", "2025-01-06"))


def write(truth: Path, table: str, rows: list[dict[str, object]], *columns: str) -> None:
    (truth / table).mkdir(parents=True)
    pd.DataFrame(rows, columns=[*columns]).to_parquet(truth / table / "all.parquet")


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    """Three clients of one broker and one of another; kim helped both, lou long ago, max only later, nan never."""
    day = pd.Timestamp("2024-03-01")
    clients = {"ann": "ring", "bob": "ring", "cay": "ring", "dan": "other"}
    schemes = [
        {"seller_id": name, "scheme": "paid_removal", "ring_id": ring, "onset_on": day, "ended_on": pd.NaT}
        for name, ring in clients.items()
    ]
    write(tmp_path, "schemes", schemes, *schemes[0])
    write(tmp_path, "staff", [{"actor_id": name, "onset_on": day} for name in ("kim", "lou")], "actor_id", "onset_on")
    acts = [("kim", "ann", LATELY), ("kim", "bob", LATELY), ("lou", "ann", LONG_AGO), ("max", "dan", LATER)]
    removals = [{"actor_id": who, "seller_id": whom, "acted_at": at, "cover": False} for who, whom, at in acts]
    write(tmp_path, "review_actions", removals, "actor_id", "seller_id", "acted_at", "cover")
    for table, happened in (("staff_access", "accessed_at"), ("account_actions", "acted_at")):
        empty = pd.DataFrame({"actor_id": pd.Series(dtype="str"), "seller_id": pd.Series(dtype="str")})
        (tmp_path / table).mkdir()
        empty.assign(**{happened: pd.Series(dtype="datetime64[us, UTC]")}).to_parquet(tmp_path / table / "all.parquet")
    return tmp_path


@pytest.fixture
def judged(truth: Path) -> StaffJudged:
    staff = pd.DataFrame({"actor_id": ["nan", "kim", "lou", "max"], "score": [4.0, 3.0, 2.5, 0.1]})
    rings = pd.DataFrame({"sellers": [["ann", "bob", "dan"], ["cay", "eve"]]})
    suspects = Suspects(staff.assign(alerted=[True, True, False, False]), rings, pa.string(), {}, unnamed=0)
    return judged_by_truth(frozen_market("easy"), suspects, truth, pd.Series({"kim": 9, "max": 3}), AS_OF)


def test_who_was_bribed_is_not_falsely_named_and_who_acted_lately_is_to_be_found(judged: StaffJudged) -> None:
    assert (judged.scored, judged.acted, judged.innocent) == (4, 1, 2)
    assert (judged.named, judged.falsely, judged.found, judged.small) == (2, 1, 1, 1)
    assert judged.false_share == pytest.approx(1 / 2)
    assert judged.recall == pytest.approx(1.0)


def test_the_score_and_the_plain_count_are_judged_alike(judged: StaffJudged) -> None:
    # kim is second by the score and first by the count.
    assert (judged.precision, judged.by_removals) == (pytest.approx(1 / 2), pytest.approx(1.0))


def test_rings_are_judged_by_pairs_of_sellers(judged: StaffJudged) -> None:
    # Of ann-bob, ann-cay and bob-cay the staff reached both of the first; ann-bob is found among four joined pairs.
    assert (judged.pairs, judged.reachable) == (3, 1)
    assert (judged.joined, judged.guilty, judged.rightly) == (4, 3, 1)


def test_totals_add_pairs_up_over_markets(judged: StaffJudged) -> None:
    found = totals([judged, judged])
    assert found["pairs joined rightly"] == "2 of 8 (25.0%)"
    assert found["ring pairs joined"] == "2 of 6 (33.3%)"
    assert found["markets in which an innocent is named"] == "2 of 2"


def test_another_size_of_tickets_is_another_market() -> None:
    market = frozen_market("honest_01")
    single = with_tickets(market, 1)
    assert single.settings.moderation.max_reviews_per_ticket == 1
    assert single.name == "honest_01_tickets_of_1"
    assert single.digest not in {market.digest, with_tickets(market, 3).digest}
