"""Cases of a market of a few literal sellers: one pays a moderator, one is flooded by a rival, the others live."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import configs
from features.catalogue import CATALOGUE
from features.intake import take_in
from features.intake_report import IntakeReport
from features.panel import signals_at
from features.settings import read_settings
from features.store import Store
from model.baseline import chance_of, day_zero
from model.settings import Configuration
from scoring.cases.build import ListedSellers, find_cases
from scoring.cases.chances import LIKELY, chances_of
from scoring.cases.facts import Facts, facts_at
from scoring.cases.files import FoundCases, write_cases
from scoring.cases.guilt import guilt_apart
from scoring.cases.harm import harms
from scoring.cases.honest_life import Explanation
from scoring.cases.innocence import explanations
from scoring.cases.onset import Onset, onsets, peers_trend
from scoring.cases.removals import bought_chances
from scoring.suspects import Suspects
from tests.features.conftest import Row, action, deliver, product, review, seller

AS_OF = date(2024, 12, 30)
FIRST_PAID = date(2024, 10, 7)
OTHERS = [f"seller {number:02}" for number in range(20)]
STAFF = [f"moderator {number}" for number in range(1, 6)]
PAYS, FLOODED = "anna", "fred"
LISTED = [PAYS, FLOODED, OTHERS[0]]


def moment(on: date, hour: int = 12) -> str:
    return datetime(on.year, on.month, on.day, hour).isoformat()  # noqa: DTZ001  (UTC by contract)


def ordinary_life() -> list[tuple[Row, Row]]:
    """Forty weeks in which anybody removes two-day-old complaints about anybody, each on a ticket."""
    random, found = Random(3), []  # noqa: S311  (work, not a secret)
    for week in range(43):
        for number in range(3):
            on = date(2024, 3, 4) + timedelta(weeks=week, days=number)
            name, whose = f"life {week} {number}", random.choice(OTHERS)
            act = action(name, "removed", moment(on), actor_id=random.choice(STAFF), ticket_id=f"ticket of {name}")
            found.append((review(name, f"product of {whose}", 1, moment(on - timedelta(days=2))), act))
    return found


def paid() -> list[tuple[Row, Row | None]]:
    """Ten fives and eight complaints of spring; from October on one hand removes six of these, on six days."""
    reviews: list[tuple[Row, Row | None]] = [
        (review(f"praise {number}", f"product of {PAYS}", 5, moment(date(2024, 2, 1))), None) for number in range(10)
    ]
    for number in range(8):
        name = f"complaint {number}"
        on = moment(FIRST_PAID + timedelta(weeks=number, days=1))
        act = action(name, "removed", on, actor_id=STAFF[0]) if number < 6 else None
        reviews.append((review(name, f"product of {PAYS}", 1, moment(date(2024, 4, 1))), act))
    return reviews


def flood() -> list[tuple[Row, Row]]:
    """Eight complaints of one week in June, removed on tickets by two moderators a week later."""
    found = []
    for number in range(8):
        name = f"flood {number}"
        act = action(
            name,
            "removed",
            moment(date(2024, 6, 12)),
            actor_id=STAFF[1 + number % 2],
            ticket_id=f"of the flood {number}",
        )
        found.append((review(name, f"product of {FLOODED}", 1, moment(date(2024, 6, 4))), act))
    return found


def market() -> dict[str, list[Row]]:
    rows = [*ordinary_life(), *paid(), *flood()]
    acts = [{"queue": "garden", **act} for _, act in rows if act is not None]
    tickets = [
        {
            "ticket_id": act["ticket_id"],
            "opened_at": act["acted_at"] - timedelta(days=1),
            "opened_by_kind": "reviewer",
            "opened_by": "somebody else",
        }
        for act in acts
        if "ticket_id" in act
    ]
    return {
        "sellers": [seller(name) for name in (*OTHERS, PAYS, FLOODED)],
        "products": [product(f"product of {name}", name) for name in (*OTHERS, PAYS, FLOODED)],
        "reviews": [posted for posted, _ in rows],
        "review_actions": acts,
        "tickets": tickets,
        "staff": [{"actor_id": name, "role": "moderator", "queue": "garden", "site": "north"} for name in STAFF],
    }


@pytest.fixture(scope="module")
def settings() -> Configuration:
    return read_settings(configs.SHIPPED, Configuration)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cases")


@pytest.fixture(scope="module")
def intake(folder: Path, settings: Configuration) -> IntakeReport:
    return take_in(deliver(folder / "data", market()), Store(folder / "store"), None, settings)


@pytest.fixture(scope="module")
def signal_table(folder: Path, intake: IntakeReport, settings: Configuration) -> pd.DataFrame:
    assert intake.files
    return signals_at(Store(folder / "store"), [AS_OF], settings)


@pytest.fixture(scope="module")
def facts(folder: Path, signal_table: pd.DataFrame, settings: Configuration) -> Facts:
    assert len(signal_table) == 22
    return facts_at(Store(folder / "store"), AS_OF, settings, LISTED, [])


@pytest.fixture(scope="module")
def onset(facts: Facts) -> dict[Any, Onset]:
    return onsets(facts, LISTED)


Find = Callable[[list[str]], FoundCases]


@pytest.fixture(scope="module")
def find(folder: Path, intake: IntakeReport, signal_table: pd.DataFrame, settings: Configuration) -> Find:
    """Make the cases of these sellers."""

    def make(names: list[str]) -> FoundCases:
        return cases_of(names, folder, intake, signal_table, settings)

    return make


@pytest.fixture(scope="module")
def found(find: Find) -> FoundCases:
    return find(LISTED)


def cases_of(
    names: list[str], folder: Path, intake: IntakeReport, signal_table: pd.DataFrame, settings: Configuration
) -> FoundCases:
    rows = signal_table[signal_table["seller_id"].isin(names)]
    guilt = guilt_apart(chance_of(day_zero(signal_table, CATALOGUE).strength, CATALOGUE))
    scored = pd.DataFrame({"seller_id": rows["seller_id"], "score": np.nan, "guilt": guilt[rows.index]})
    scored["rank"] = np.arange(1, len(scored) + 1)
    scored["reasons"] = [[] for _ in range(len(scored))]
    nobody = pd.DataFrame(columns=["ring_id", "sellers", "staff", "first_seen_on", "text"])
    suspects = Suspects(pd.DataFrame(), nobody, pa.string(), {}, 0)
    sellers = ListedSellers(scored, rows, calibrated=False)
    return find_cases(folder / "data", intake, Store(folder / "store"), AS_OF, settings, sellers, suspects)


def case_of(found: FoundCases, name: str) -> Any:
    return next(case for case in found.cases.itertuples() if case.seller_id == name)


def test_the_onset_is_the_week_of_the_first_paid_removal(onset: dict[Any, Onset]) -> None:
    assert abs(onset[PAYS].on - FIRST_PAID) <= timedelta(weeks=2)
    assert onset[PAYS].low <= FIRST_PAID <= onset[PAYS].high


def test_praise_by_authors_who_praise_again_is_an_onset(facts: Facts) -> None:
    """One five-star review a week at all times, and from a week on one more by an author who praises again."""
    sellers, weeks, began = [PAYS, FLOODED], facts.weeks, 70
    steady = pd.DataFrame({"seller_id": FLOODED, "created_at": weeks, "same": 1})
    again = pd.DataFrame({"seller_id": PAYS, "created_at": weeks[began:], "same": 2})
    fives = pd.DataFrame({"kind": "fives", "week": weeks, "count": 2, "sellers": 2})
    nothing = facts.weekly.iloc[:0]
    bought = replace(facts, weekly=nothing, market=fives, praise=pd.concat([steady, again]))
    plain = replace(bought, praise=bought.praise.assign(same=1))
    assert abs(onsets(bought, sellers)[PAYS].on - weeks[began].date()) <= timedelta(weeks=2)
    assert onsets(plain, sellers)[PAYS].high - onsets(plain, sellers)[PAYS].low > timedelta(weeks=52)  # nobody can tell


def test_a_flood_lets_more_removals_be_expected_in_the_weeks_after_it(facts: Facts) -> None:
    week = pd.to_datetime([facts.weeks[60]])
    one = {"week": week, "count": [1]}
    own = pd.DataFrame({"kind": "negatives", "seller_id": FLOODED, "week": week, "count": [50]})
    everybody = pd.concat([pd.DataFrame({"kind": kind, "sellers": 9, **one}) for kind in ("removals", "look-ups")])
    negatives = pd.DataFrame({"kind": "negatives", "week": week, "count": [100], "sellers": 9})
    known = replace(facts, weekly=own, market=pd.concat([everybody, negatives]))
    trend = {kind: peers_trend(known, kind, [FLOODED])[0] for kind in ("removals", "look-ups")}
    of_negatives = 50.5 / 100.5  # half of the market's
    assert trend["removals"][60] == pytest.approx(of_negatives / 9)  # a mean of nine weeks
    assert trend["look-ups"][60] == pytest.approx(0.5 / 9)  # of its reviews, none are known
    assert trend["removals"][64] > 0


def test_removals_of_a_hand_that_keeps_coming_back_are_bought_and_those_of_a_flood_are_not(
    facts: Facts, onset: dict[Any, Onset]
) -> None:
    chance = bought_chances(facts, dict.fromkeys(LISTED, 0.2), onset)
    by_seller = facts.decisions["seller_id"]
    assert chance[by_seller == PAYS].min() > 0.8
    assert chance[by_seller == FLOODED].max() < 0.1
    assert chance[by_seller == OTHERS[0]].max() < 0.1


def test_nothing_was_bought_of_a_seller_beyond_guilt(facts: Facts, onset: dict[Any, Onset]) -> None:
    assert bought_chances(facts, dict.fromkeys(LISTED, 0.0), onset).max() < 0.01


def test_the_restored_rating_counts_what_was_removed_by_its_probability(facts: Facts, onset: dict[Any, Onset]) -> None:
    of_two = facts.decisions["review_id"].isin(["complaint 0", "complaint 1"]).astype(float)
    found = harms(facts, of_two, onset)[PAYS]
    assert found.shown_rating == pytest.approx(52 / 12)  # ten fives and two ones are left
    assert found.restored_rating == pytest.approx(54 / 14)  # two more ones


def test_harm_is_revenue_beyond_the_own_level_carried_on_by_the_market(facts: Facts, onset: dict[Any, Onset]) -> None:
    since = 12  # weeks from the 7th of October on
    weeks = [week.date() for week in facts.weeks]
    own = [20_000 if week >= FIRST_PAID else 10_000 for week in weeks]  # cents
    all_sellers = [cents + (60_000 if week >= FIRST_PAID else 40_000) for week, cents in zip(weeks, own, strict=True)]
    weekly = pd.DataFrame({"kind": "cents", "seller_id": PAYS, "week": weeks, "count": own})
    total = pd.DataFrame({"kind": "cents", "week": weeks, "count": all_sellers, "sellers": 2})
    known = replace(facts, weekly=weekly, market=total, tables=facts.tables | {"sales"})
    on = replace(onset[PAYS], on=FIRST_PAID)
    found = harms(known, pd.Series(0.0, facts.decisions.index), {PAYS: on})[PAYS]
    assert found.revenue == pytest.approx(since * 200)
    assert found.excess == pytest.approx(since * (200 - 100 * 1.5))  # the others sell half as much again


def test_the_first_events_are_the_paid_removals_told_by_pseudonym(found: FoundCases) -> None:
    first = case_of(found, PAYS).evidence[:6]
    assert {event["key"].split(" 2024")[0] for event in first} == {f"complaint {number}" for number in range(6)}
    assert {event["table"] for event in first} == {"review_actions"}
    assert "removed a 1-star review" in first[0]["text"]
    assert "without a ticket" in first[0]["text"]
    assert "on 6 days" in first[0]["text"]
    assert "moderator" not in first[0]["text"]


def test_staff_of_a_site_that_is_not_scored_are_nobody_in_particular(facts: Facts) -> None:
    actor = facts.decisions["actor_id"].iloc[0]
    assert facts.person(actor) == f"staff {actor}"
    assert replace(facts, unnamed=frozenset({actor})).person(actor) == "a member of staff"


def test_what_is_to_be_restored_is_still_gone_and_has_its_actor(found: FoundCases, facts: Facts) -> None:
    first = found.restore.head(6)
    assert set(first["seller_id"]) == {PAYS}
    assert first["probability"].is_monotonic_decreasing
    actors = facts.decisions.set_index("review_id")["actor_id"]
    assert first["actor"].tolist() == actors[first["review_id"]].tolist()
    assert first["text"].str.contains("differs from its peers").all()


def told(
    facts: Facts, onset: dict[Any, Onset], whose: str, scheme: str = "paid_removal", guilt: float = 0.0
) -> list[Explanation]:
    """The explanations of a seller where all are listed for one scheme, and as probably guilty as is said."""
    schemes = {seller: [{"scheme": scheme, "share": 1.0}] for seller in LISTED}
    guilty = dict.fromkeys(LISTED, guilt)
    removal_chance = bought_chances(facts, guilty, onset)
    return explanations(facts, onset, schemes, removal_chance, chances_of(facts, guilty, onset))[whose]


def fits(
    facts: Facts, onset: dict[Any, Onset], whose: str, scheme: str = "paid_removal", guilt: float = 0.0
) -> dict[str, str]:
    return {each.name: each.fits for each in told(facts, onset, whose, scheme, guilt)}


def test_a_flood_explains_removals_of_what_came_with_it(facts: Facts, onset: dict[Any, Onset]) -> None:
    assert fits(facts, onset, FLOODED)["rival_flood"] == "yes"
    assert fits(facts, onset, PAYS)["rival_flood"] == "no"
    assert told(facts, onset, FLOODED)[0].name == "rival_flood"  # what fits comes first


def test_nothing_explains_a_case_whose_events_stand_out_by_themselves(facts: Facts, onset: dict[Any, Onset]) -> None:
    """A flood is one whatever the seller is listed for, and what it brought is no evidence against it."""
    assert fits(facts, onset, FLOODED, "reviewer_pressure")["rival_flood"] == "yes"
    alone = replace(facts, owners=pd.DataFrame({"queue": ["garden"], "share": [0.95], "removed": [100]}))
    assert fits(alone, onset, PAYS, guilt=0.0)["queue_owner"] == "yes"
    found = told(alone, onset, PAYS, guilt=0.9)
    assert {each.fits for each in found} <= {"no", "unknown"}
    owner = next(each for each in found if each.name == "queue_owner")
    assert owner.value == pytest.approx(0.95)  # the number is told all the same
    assert owner.text.endswith("But 6 events stand out by themselves.")


def test_events_of_all_kinds_stand_out(facts: Facts, onset: dict[Any, Onset]) -> None:
    chances = chances_of(facts, dict.fromkeys(LISTED, 0.0), onset)
    assert chances.likely(facts).sum() == 0
    praised = replace(chances, praise=pd.Series(LIKELY, facts.praise.index))
    assert praised.likely(facts).to_dict() == facts.praise["seller_id"].value_counts().to_dict()
    assert len(facts.praise)


def test_what_a_flood_brought_does_not_stand_out(facts: Facts, onset: dict[Any, Onset]) -> None:
    likely = pd.Series(1.0, facts.decisions.index)  # that each of its removals was bought
    chances = chances_of(facts, dict.fromkeys(LISTED, 0.0), onset)
    schemes = {seller: [{"scheme": "paid_removal", "share": 1.0}] for seller in LISTED}
    found = explanations(facts, onset, schemes, likely, chances)[FLOODED]
    assert {each.name for each in found if each.fits == "yes"} == {"rival_flood"}


def test_a_queue_with_one_owner_explains_that_one_hand_comes_back(facts: Facts, onset: dict[Any, Onset]) -> None:
    alone = replace(facts, owners=pd.DataFrame({"queue": ["garden"], "share": [0.95], "removed": [100]}))
    assert fits(alone, onset, PAYS)["queue_owner"] == "yes"
    assert fits(facts, onset, PAYS)["queue_owner"] == "no"
    owner = next(each for each in told(alone, onset, PAYS, "reviewer_pressure") if each.name == "queue_owner")
    assert owner.fits == "no"
    assert owner.text.endswith("But most of what it is listed for is of another kind.")


def test_a_purge_of_many_sellers_explains_removals_of_praise(facts: Facts, onset: dict[Any, Onset]) -> None:
    week = date(2024, 9, 2)
    purge = {"queue": ["garden"], "reason": ["policy"], "week": [week], "sellers": [50], "removed": [300], "own": [7]}
    purged = replace(facts, purges=pd.DataFrame({"seller_id": [FLOODED], **purge}))
    assert fits(purged, onset, FLOODED, "bought_reviews")["policy_purge"] == "yes"  # 7 of 8 removals
    assert fits(facts, onset, FLOODED, "bought_reviews")["policy_purge"] == "no"


def test_a_surge_of_sales_explains_praise_in_proportion(facts: Facts, onset: dict[Any, Onset]) -> None:
    weeks = [week.date() for week in facts.weeks]
    since = onset[PAYS].low

    def sold(fives_in_surge: int) -> Facts:
        units = [100 if week < since else 300 for week in weeks]
        fives = [10 if week < since else fives_in_surge for week in weeks]
        rows = [
            pd.DataFrame({"kind": kind, "seller_id": PAYS, "week": weeks, "count": counts})
            for kind, counts in (("units", units), ("fives", fives))
        ]
        return replace(facts, weekly=pd.concat(rows), tables=facts.tables | {"sales"})

    assert fits(sold(30), onset, PAYS)["sales_surge"] == "yes"
    assert fits(sold(300), onset, PAYS)["sales_surge"] == "no"


def test_bad_months_explain_removals_at_the_markets_rate(facts: Facts, onset: dict[Any, Onset]) -> None:
    weeks = [week.date() for week in facts.weeks]
    bad = set(weeks[60:73])

    def trouble(removed_in_all: int) -> Facts:
        counts = {
            "reviews": [10] * len(weeks),
            "negatives": [6 if week in bad else 1 for week in weeks],
            "negatives removed": [removed_in_all if week in bad else 0 for week in weeks],
        }
        own = [
            pd.DataFrame({"kind": kind, "seller_id": PAYS, "week": weeks, "count": each})
            for kind, each in counts.items()
        ]
        practice = {"negatives": 100, "negatives removed": 20}
        everybody = [
            pd.DataFrame({"kind": kind, "week": weeks, "count": each, "sellers": 20}) for kind, each in practice.items()
        ]
        return replace(facts, weekly=pd.concat(own), market=pd.concat(everybody))

    assert fits(trouble(1), onset, PAYS)["delivery_crisis"] == "yes"
    assert fits(trouble(5), onset, PAYS)["delivery_crisis"] == "no"
    crisis = next(each for each in told(trouble(1), onset, PAYS) if each.name == "delivery_crisis")
    assert (crisis.value, crisis.usual) == pytest.approx((0.6, 0.1))  # the thirteen weeks are found by themselves
    assert crisis.text.startswith("In its worst 13 weeks 60% of its reviews were negative, otherwise 10%;")


def returned(appealed_hours_before: int) -> pd.DataFrame:
    at = pd.Timestamp("2024-08-08 12:00")
    row = {"seller_id": FLOODED, "acted_at": at, "kind": "reinstated", "actor_kind": "staff", "actor_id": 1}
    row |= {"of_account": True, "ticketless": False, "strange": False, "suspended_at": at - pd.Timedelta(days=4)}
    return pd.DataFrame([{**row, "appealed_at": at - pd.Timedelta(hours=appealed_hours_before)}])


@pytest.mark.parametrize(("hours", "said"), [(60, "yes"), (1, "no")])
def test_an_appeal_that_was_looked_at_for_a_day_explains_a_return(
    hours: int, said: str, facts: Facts, onset: dict[Any, Onset]
) -> None:
    quiet = facts.weekly[facts.weekly["kind"] != "negatives removed"]
    known = replace(facts, accounts=returned(hours), tables=facts.tables | {"account_actions"}, weekly=quiet)
    assert fits(known, onset, FLOODED, "paid_standing")["honest_appeal"] == said


def test_without_optional_tables_money_is_null_and_what_they_would_tell_is_unknown(
    found: FoundCases, facts: Facts, onset: dict[Any, Onset]
) -> None:
    assert "sales" not in facts.tables
    assert found.cases[["revenue_since_onset", "expected_harm"]].isna().all().all()
    told = fits(facts, onset, PAYS)
    assert [told[name] for name in ("sales_surge", "honest_appeal")] == ["unknown", "unknown"]
    assert len(found.exposed) == 0


def test_where_nobody_is_listed_there_are_no_cases(find: Find, tmp_path: Path) -> None:
    write_cases(tmp_path, find([]))
    assert sorted(path.name for path in tmp_path.rglob("*.parquet")) == [
        "cases.parquet",
        "exposed_reviewers.parquet",
        "reviews_to_delete.parquet",
        "reviews_to_restore.parquet",
    ]
    assert all(pq.read_metadata(path).num_rows == 0 for path in tmp_path.rglob("*.parquet"))
