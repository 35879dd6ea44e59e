from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.hidden import Hidden, how_hidden

GOOD = Hidden(paid_share=0.05, ticketed_share=0.5, small_share=0.25, crowded_share=0.5, rarest_look_alike=1.1)


def test_a_market_that_keeps_every_promise_breaks_none() -> None:
    assert GOOD.broken() == []


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"paid_share": 0.051}, "paid removals are over 5 %"),
        ({"ticketed_share": 0.3}, "forged ticket"),
        ({"small_share": 0.2}, "under five removals a month"),
        ({"crowded_share": 0.4}, "two moderators"),
        ({"rarest_look_alike": 1.0}, "a look-alike is rarer than guilt"),
    ],
)
def test_a_broken_promise_is_named(changed: dict[str, float], sentence: str) -> None:
    (found,) = GOOD._replace(**changed).broken()
    assert sentence in found


def write(folder: Path, rows: list[dict[str, object]]) -> None:
    folder.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(rows), folder / "part.parquet")


def act(review: str, actor: str, day: int, kind: str = "removed", ticket: str | None = None) -> dict[str, object]:
    at = datetime(2024, 3, day, 12)  # noqa: DTZ001 - naive as UTC, as the contract has it
    return {"review_id": review, "acted_at": at, "kind": kind, "actor_id": actor, "ticket_id": ticket}


def paid(acts: list[dict[str, object]], seller: str, *, cover: bool = False) -> list[dict[str, object]]:
    return [
        {"seller_id": seller, "scheme": "paid_removal", "cover": cover}
        | {name: given[name] for name in ("review_id", "acted_at", "actor_id")}
        for given in acts
    ]


@pytest.fixture
def market(tmp_path: Path) -> Path:
    """Two rings in March: `mo` and `mi` remove for `ann` and `bob`, `max` decides too little to have a share."""
    for_ann = [act("a1", "mo", 5, ticket="forged"), act("a2", "mo", 6)]
    for_bob = [act(f"b{number}", "mi", 1 + number, ticket="forged") for number in range(6)]
    hiding = [act("c1", "mo", 7)]
    honest = [act(f"k{number}", "mo", 20, "kept") for number in range(57)] + [act("k", "max", 31, "kept")]
    honest += [act(f"l{number}", "mi", 20, "kept") for number in range(194)]
    before_service = [act(f"e{number}", "mo", 1, "kept") for number in range(40)]
    write(tmp_path / "data" / "review_actions" / "day", [*for_ann, *for_bob, *hiding, *honest, *before_service])
    roles = {"mo": "moderator", "mi": "moderator", "max": "moderator", "sue": "support"}
    write(tmp_path / "data" / "staff" / "day", [{"actor_id": who, "role": role} for who, role in roles.items()])
    truth, since = tmp_path / "truth", date(2024, 3, 2)
    acts = [*paid(for_ann, "ann"), *paid(for_bob, "bob"), *paid(hiding, "ann", cover=True)]
    write(truth / "review_actions", acts)
    schemes = [
        {"seller_id": who, "scheme": "paid_removal", "onset_on": since, "ended_on": None} for who in ("ann", "bob")
    ]
    write(truth / "schemes", schemes)
    serving = [("mo", "first"), ("mi", "first"), ("sue", "first"), ("max", "second"), ("sue", "second")]
    write(truth / "staff", [{"actor_id": a, "ring_id": r, "onset_on": since, "ended_on": None} for a, r in serving])
    looks = [("viral", "cid"), ("viral", "dan"), ("viral", "eve"), ("swindled", "cid"), ("swindled", "cid")]
    write(truth / "look_alikes", [{"explanation": kind, "seller_id": who} for kind, who in looks])
    for table in ("reviews", "staff_access", "account_actions"):
        write(truth / table, [{"seller_id": "ann"}])
    return tmp_path


def test_what_hides_guilt_is_measured_on_the_truth(market: Path) -> None:
    found = how_hidden(market / "data", market / "truth")
    assert found.paid_share == pytest.approx(2 / 60)  # mo: 2 of 60 while he served, cover not counted; mi: 6 of 200
    assert found.ticketed_share == pytest.approx(7 / 8)
    assert found.small_share == 0.5  # ann had 2 in 29 days, bob 6
    assert found.crowded_share == 0.5
    assert found.rarest_look_alike == 0.5  # one swindled seller for two guilty ones
