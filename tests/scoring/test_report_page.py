"""The pages of an invented run hold its files, as text and nothing else."""

import json
import re
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from model.settings import ReportSettings
from scoring.report.content import Around, page_content
from scoring.report.page import report_page, staff_page
from scoring.report.run_files import RestrictedFiles, RunFiles, read_run
from scoring.report.words import claim, news
from tests.scoring.report_files import AS_OF, BEFORE, HOSTILE, WEEKS, around, read_rows, write_run

SETTINGS = ReportSettings(weeks=WEEKS, links={"seller": "https://tools.example/sellers/{id}"})
CASES = 20


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    write_run(folder, CASES)
    return folder


@pytest.fixture(scope="module")
def html(folder: Path) -> str:
    return report_page(page_content(read_run(folder), around(CASES), SETTINGS))


def embedded(html: str, name: str) -> Any:
    (text,) = re.findall(f'<script type="application/json" id="{name}">(.*?)</script>', html, re.DOTALL)
    return json.loads(text)


def test_the_overview_counts_the_cases_by_state_and_who_is_gone(html: str, folder: Path) -> None:
    overview = embedded(html, "overview")
    states = Counter(row["state"] for row in read_rows(folder / "cases.parquet"))
    assert overview["counts"] == {**states, "gone": 1}
    assert overview["gone"] == [{"case_id": "case-gone", "seller_id": "seller-gone", "marketplace": ""}]
    assert sum(row["new"] for row in overview["marketplaces"]) == states["new"]
    assert overview["before"] == BEFORE.isoformat()


def test_the_overview_says_what_the_run_lacked(html: str) -> None:
    overview = embedded(html, "overview")
    assert overview["stale"] == ["sales"]
    assert overview["quarantined"] == {"reviews": {"rating_out_of_range": 12}}
    assert overview["missing_tables"] == ["buyer_reports"]
    assert overview["calibrated"] is False
    assert overview["model"] == "seller-risk 3"
    assert "a reason to look, not a finding" in html


def test_every_case_stands_in_the_queue_by_rank_with_the_numbers_of_its_files(html: str, folder: Path) -> None:
    queue = embedded(html, "overview")["queue"]
    scores = {row["seller_id"]: row for row in read_rows(folder / "scores.parquet")}
    cases = {row["case_id"]: row for row in read_rows(folder / "cases.parquet")}
    assert [row["rank"] for row in queue] == list(range(1, CASES + 1))
    for row in queue:
        case, scored = cases[row["case_id"]], scores[cases[row["case_id"]]["seller_id"]]
        assert (row["score"], row["rank"]) == (scored["score"], scored["rank"])
        assert row["state"] == case["state"]
        assert row["first_listed_on"] == case["first_listed_on"].isoformat()
        assert row["lists"] == sorted(scored["lists"])


def test_a_case_holds_the_numbers_of_its_files(html: str, folder: Path) -> None:
    restore = Counter(row["seller_id"] for row in read_rows(folder / "reviews_to_restore.parquet"))
    for number, row in enumerate(embedded(html, "overview")["queue"]):
        sheet = embedded(html, f"case-{number}")
        (case,) = (each for each in read_rows(folder / "cases.parquet") if each["case_id"] == row["case_id"])
        for name in ("shown_rating", "restored_rating", "revenue_since_onset", "expected_harm"):
            assert sheet[name] == case[name]
        assert [(event["table"], event["key"], event["text"]) for event in sheet["events"]] == [
            (event["table"], event["key"], event["text"]) for event in case["evidence"]
        ]
        assert len(sheet["restore"]) == restore[case["seller_id"]]
        assert [each["text"] for each in sheet["explanations"]] == [
            each["text"] for each in case["innocent_explanations"]
        ]


def test_cases_of_one_ring_are_linked_and_the_ring_counts_its_removals(html: str) -> None:
    sheet = embedded(html, "case-1")
    assert sheet["linked"] == [f"case-{number:03}" for number in (0, 2, 3, 4, 5, 6, 7, 8)]
    own = embedded(html, f"history-{sheet['history']}")
    for person in sheet["ring"]["staff"]:
        removed = sum(negatives + others for _, by, negatives, others in own["removals"] if by == person["by"])
        assert person["removed"][1] == removed > 0
    assert embedded(html, "case-9")["linked"] == ["case-010"]
    assert embedded(html, "case-11")["linked"] == []


def test_hostile_ids_are_data_and_no_markup(html: str) -> None:
    assert "<script>alert" not in html
    assert embedded(html, "overview")["queue"][0]["seller_id"] == HOSTILE
    assert html.count("<script") == html.count("</script>") == 2 + CASES + 2 * CASES


def test_the_page_names_no_host_but_that_of_its_links(html: str) -> None:
    hosts = set(re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]+", html))
    assert hosts <= {"https://tools.example", "http://www.w3.org"}  # the second names SVG, and is never asked
    assert not re.search(r"\b(src|srcset|@import)\s*=|url\(", html)
    assert "default-src 'none'" in html


def test_the_same_run_gives_the_same_bytes(html: str, folder: Path) -> None:
    assert report_page(page_content(read_run(folder), around(CASES), SETTINGS)) == html


def test_a_case_takes_few_kilobytes_beside_its_events(folder: Path) -> None:
    run = read_run(folder)
    bare = RunFiles(run.record, run.listed, [{**case, "evidence": []} for case in run.cases], {}, {})
    html = report_page(page_content(bare, around(CASES), SETTINGS))
    assert len(html.encode()) < 80_000 + 10_000 * CASES


def test_on_day_zero_the_strength_stands_where_the_score_is_missing(folder: Path) -> None:
    run = read_run(folder)
    listed = [{**row, "score": None, "log_odds": None} for row in run.listed]
    record = {**run.record, "calibration": {"calibrated": False, "reason": "day zero"}}
    content = page_content(RunFiles(record, listed, run.cases, run.restore, run.delete), around(CASES), SETTINGS)
    assert {row["score"] for row in content["overview"]["queue"]} == {None}
    assert all(row["strength"] is not None for row in content["overview"]["queue"])


def test_numbers_larger_than_a_browser_holds_are_text(folder: Path) -> None:
    run = read_run(folder)
    large = 2**60 + 1
    cases = [{**run.cases[5], "seller_id": large}]
    listed = [{**run.listed[5], "seller_id": large}]
    content = page_content(RunFiles(run.record, listed, cases, {}, {}), Around({}), SETTINGS)
    assert content["overview"]["queue"][0]["seller_id"] == "1152921504606846977"


@pytest.mark.parametrize(
    "address", ["javascript:alert({id})", "https://tools.example/", "https://{id}", "/sellers/{id}"]
)
def test_a_link_needs_a_host_of_its_own_and_a_place_for_the_id(address: str) -> None:
    with pytest.raises(ValidationError, match=r"links\.seller"):
        ReportSettings.model_validate({"weeks": WEEKS, "links": {"seller": address}})


def event(table: str, happened_at: str, weight: float = 1.0) -> dict[str, Any]:
    happened = datetime.fromisoformat(happened_at)
    return {"table": table, "key": "k", "happened_at": happened, "weight": weight, "text": ""}


def case(events: Sequence[dict[str, Any]], **more: Any) -> dict[str, Any]:
    row = {"schemes": [{"scheme": "paid_removal", "share": 1.0}], "onset_on": date(2025, 3, 4), "state": "known"}
    return {**row, "first_listed_on": date(2025, 5, 5), "evidence": events, **more}


REMOVED = event("review_actions", "2025-06-25")
LOOKED_UP = event("staff_access", "2025-06-01")


def test_the_claim_counts_what_was_seen() -> None:
    assert claim(case([REMOVED, REMOVED, LOOKED_UP]), []) == (
        "Paid removal of reviews may be going on since about 4 March 2025: 2 actions on a review and 1 look-up in "
        "internal tools."
    )


CHANCES = (("1", 0.9), ("1", 0.5), ("2", 0.7), ("2", 0.2))


def test_the_claim_counts_removals_that_were_probably_wrong_and_the_busiest_hand() -> None:
    restore = [{"actor": actor, "probability": chance} for actor, chance in CHANCES]
    assert claim(case([REMOVED, LOOKED_UP], onset_on=None), restore) == (
        "Paid removal of reviews may be going on: 3 removed reviews that should probably have stayed (2 of them "
        "removed by one person) and 1 look-up in internal tools."
    )


def test_the_claim_says_when_one_hand_did_all_of_it_and_not_when_each_did_one() -> None:
    both, each = ([{"actor": actor, "probability": 0.9} for actor in actors] for actors in ((1, 1), (1, 2)))
    assert "2 removed reviews that should probably have stayed (all of them removed by one person)." in claim(
        case([REMOVED]), both
    )
    assert claim(case([REMOVED]), each).endswith(": 2 removed reviews that should probably have stayed.")


def test_a_claim_without_events_or_scheme_stands_alone() -> None:
    assert claim(case([], schemes=[], onset_on=None), []) == "An unnamed scheme may be going on."


def test_a_claim_counts_no_event_that_looks_ordinary() -> None:
    ordinary = event("staff_access", "2025-06-01", weight=0.49)
    assert claim(case([REMOVED, ordinary], onset_on=None), []) == (
        "Paid removal of reviews may be going on: 1 action on a review."
    )
    assert claim(case([ordinary, ordinary], onset_on=None), []) == (
        "Paid removal of reviews may be going on; by itself none of its 2 events stands out."
    )


def test_news_are_what_happened_since_the_run_before() -> None:
    assert news(case([REMOVED, LOOKED_UP]), date(2025, 6, 23), AS_OF) == [
        "On the list before; first listed on 5 May 2025.",
        "Since 23 June 2025: 1 action on a review.",
    ]
    assert news(case([LOOKED_UP], state="returned"), None, AS_OF) == [
        "Back on the list after having been away; first listed on 5 May 2025.",
        "Since 23 June 2025: nothing new.",
    ]


def helper(actor_id: str, *, alerted: bool) -> dict[str, Any]:
    counts = {"observed": 9, "expected": 1.25, "false_share": 0.01}
    return {
        "actor_id": actor_id,
        "score": 4.0,
        "rank": 1,
        "alerted": alerted,
        **counts,
        "sellers": ["anna"],
        "text": "nine",
    }


def test_the_page_for_the_owner_names_staff_as_text() -> None:
    record = {
        "as_of": "2025-06-30",
        "caveat": "a reason to look",
        "staff": {"rules": {"false_share": 0.05}, "messages": []},
    }
    ring = {"ring_id": "r", "sellers": ["anna", "bob"], "staff": [HOSTILE], "first_seen_on": AS_OF, "text": "joined"}
    looked = {
        "reviewer_id": "<b>rita</b>",
        "seller_id": "anna",
        "actor_id": HOSTILE,
        "accessed_at": datetime.fromisoformat("2025-06-01"),
    }
    exposed = [{**looked, "probability": 0.8, "what_followed": "nothing", "text": "no ticket"}]
    staff = [helper(HOSTILE, alerted=True), helper("kim", alerted=False)]
    html = staff_page(record, RestrictedFiles(staff, [ring], exposed))
    assert "1 of 2 members of staff listed" in html
    assert "<script" not in html
    assert "<b>rita" not in html
    assert "&lt;b&gt;rita" in html
    assert html.count(">serves</td>") == 1
    assert "../report.html#q=anna" in html
