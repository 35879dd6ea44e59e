import hashlib
from collections import Counter
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from model.alerts import Listing, list_sellers, prevalence_now, resting_sellers
from model.calibration import Calibration
from model.newer import since_verdict
from model.settings import AlertSettings
from tests.declared import declared

AS_OF = date(2024, 6, 3)
KEY = b"a key that nobody listed may know"
CALIBRATED = Calibration(slope=1.0, intercept=0.0, prevalence=0.02, calibrated=True, verdicts=400, clipped=0, reason="")
INDEX = Calibration(
    slope=1.0, intercept=0.0, prevalence=None, calibrated=False, verdicts=7, clipped=0, reason="7 verdicts"
)


def _settings(**changed: Any) -> AlertSettings:
    usual = {
        "budget": 20,
        "budget_by_marketplace": {},
        "false_share": 0.2,
        "audits_share": 0.1,
        "audit_strata": 5,
        "disagreement_share": 0.1,
        "rest_days": 182,
        "audit_key_file": None,
        "reasons_shown": 6,
    }
    return AlertSettings.model_validate({**usual, **changed})


@pytest.fixture
def scored() -> pd.DataFrame:
    """Return 1,000 sellers, 750 of them in the US, in no order; 20 have a score near 1, the others one near 0.005."""
    random = np.random.default_rng(1)
    strength = random.normal(-5.3, 0.5, 1000)
    strength[:20] = random.normal(4, 0.5, 20)
    table = pd.DataFrame(
        {
            "seller_id": [f"s{number:04}" for number in range(1000)],
            "marketplace": np.where(np.arange(1000) % 4 == 0, "DE", "US"),
            "strength": strength,
            "score": expit(strength),
        }
    )
    return table.sample(frac=1, random_state=2)


def _listed(scored: pd.DataFrame, found: Listing, name: str) -> set[str]:
    return set(scored.loc[found.lists.map(lambda lists: name in lists), "seller_id"])


def _run(scored: pd.DataFrame, settings: AlertSettings | None = None, **changed: Any) -> Listing:
    usual: dict[str, Any] = {"as_of": AS_OF, "audit_key": KEY, "calibration": CALIBRATED}
    return list_sellers(scored, settings or _settings(), **{**usual, **changed})


def test_without_audits_the_budget_lists_the_best_of_each_marketplace(scored: pd.DataFrame) -> None:
    found = _run(scored, _settings(budget=3, budget_by_marketplace={"DE": 2}), audit_key=None)
    best = scored.sort_values("strength", ascending=False)
    expected = {
        *best[best["marketplace"] == "US"]["seller_id"][:3],
        *best[best["marketplace"] == "DE"]["seller_id"][:2],
    }
    assert _listed(scored, found, "budget") == expected


def test_the_budget_is_spent_whole_with_audits_and_disagreements(scored: pd.DataFrame) -> None:
    challenger = scored["strength"].sample(frac=1, random_state=3).set_axis(scored.index)
    found = _run(scored, challenger=challenger)
    listed = scored["seller_id"].isin(_listed(scored, found, "budget"))
    assert scored.loc[listed, "marketplace"].value_counts().to_dict() == {"US": 20, "DE": 20}
    strata = Counter("disagreement" in stratum for stratum in found.audits["stratum"])
    assert strata == {False: 4, True: 4}


def test_audits_are_a_tenth_of_the_budget_from_outside_the_best(scored: pd.DataFrame) -> None:
    found = _run(scored)
    assert len(found.audits) == 4
    assert set(found.audits["seller_id"]) <= _listed(scored, found, "budget")
    best = set(scored.sort_values("strength").groupby("marketplace").tail(18)["seller_id"])
    assert not best & set(found.audits["seller_id"])


def test_the_probability_of_an_audit_is_places_over_sellers_of_the_stratum(scored: pd.DataFrame) -> None:
    found = _run(scored, _settings(budget=50, budget_by_marketplace={"DE": 0}))
    # 750 sellers, 45 the best, 705 left: five strata of 141, one audit in each
    assert found.audits["stratum"].tolist() == ["US/1", "US/2", "US/3", "US/4", "US/5"]
    assert found.audits["selection_probability"].tolist() == [1 / 141] * 5
    assert found.audits["drawn_on"].tolist() == [AS_OF] * 5


def test_audits_hit_every_seller_of_a_stratum_alike(scored: pd.DataFrame) -> None:
    settings = _settings(budget=11, audit_strata=1, disagreement_share=0.0, budget_by_marketplace={"US": 0})
    keys = [hashlib.sha256(str(number).encode()).digest() for number in range(100)]
    drawn = [seller for key in keys for seller in _run(scored, settings, audit_key=key).audits["seller_id"]]
    assert len(drawn) == 200
    # 240 sellers, 2 of them each time: 0.8 expected for each, 136 of them at least once
    assert max(Counter(drawn).values()) < 7
    assert 115 < len(set(drawn)) < 157


def test_a_rerun_in_the_same_week_draws_the_same_audits(scored: pd.DataFrame) -> None:
    drawn = _run(scored).audits["seller_id"].tolist()
    assert _run(scored.iloc[::-1], as_of=date(2024, 6, 7)).audits["seller_id"].tolist() == drawn
    assert _run(scored, as_of=date(2024, 6, 10)).audits["seller_id"].tolist() != drawn
    assert _run(scored, audit_key=b"another key").audits["seller_id"].tolist() != drawn


def test_without_a_key_there_are_no_audits_and_it_is_said(scored: pd.DataFrame) -> None:
    found = _run(scored, audit_key=None)
    assert found.audits.empty
    assert list(found.audits.columns) == ["seller_id", "drawn_on", "stratum", "selection_probability"]
    assert "alerts.audit_key_file" in found.empty["random"]


def test_disagreements_are_those_whom_the_challenger_moves_furthest_up(scored: pd.DataFrame) -> None:
    challenger = scored["strength"].copy()
    last = challenger.idxmin()
    challenger[last] = 100.0
    found = _run(scored, challenger=challenger)
    disputed = found.audits[found.audits["stratum"].str.endswith("disagreement")]
    assert disputed["seller_id"].tolist()[0] == scored.loc[last, "seller_id"]
    assert (disputed["selection_probability"] == 1).all()


def test_a_challenger_that_agrees_takes_no_place(scored: pd.DataFrame) -> None:
    found = _run(scored, challenger=scored["strength"] * 2)
    assert "models agree" in found.empty["disagreement"]
    assert len(_listed(scored, found, "budget")) == 40


def test_the_error_rate_list_holds_the_culprits_and_stays_under_its_rate(scored: pd.DataFrame) -> None:
    found = _run(scored, audit_key=None)
    listed = _listed(scored, found, "error_rate")
    assert {f"s{number:04}" for number in range(20)} <= listed
    assert len(listed) <= 25
    assert found.expected_false_share is not None
    assert found.expected_false_share <= 0.2
    assert found.prevalence is not None
    assert 0.02 < found.prevalence < 0.03


def test_a_week_without_culprits_has_an_empty_error_rate_list(scored: pd.DataFrame) -> None:
    honest = scored.assign(score=expit(scored["strength"].where(scored["strength"] < 0, -5.3)))
    found = _run(honest)
    assert _listed(honest, found, "error_rate") == set()
    assert "even the first seller" in found.empty["error_rate"]


def test_an_index_lists_nobody_by_error_rate_and_says_why(scored: pd.DataFrame) -> None:
    found = _run(scored, calibration=INDEX)
    assert _listed(scored, found, "error_rate") == set()
    assert found.empty["error_rate"] == "scores are an index, not probabilities: 7 verdicts"
    assert found.prevalence is None


def test_day_zero_lists_by_budget_alone(scored: pd.DataFrame) -> None:
    surprises = scored.assign(score=np.nan, strength=scored["strength"].abs())
    found = _run(surprises, calibration=None)
    assert "day zero" in found.empty["error_rate"]
    assert len(_listed(surprises, found, "budget")) == 40


def test_day_zero_lists_nobody_of_whom_nothing_is_known(scored: pd.DataFrame) -> None:
    unknown = scored.assign(score=np.nan, strength=0.0)
    found = _run(unknown, calibration=None)
    assert not found.alerted.any()
    assert "nothing is known" in found.empty["budget"]


def test_resting_sellers_take_no_place_on_any_list(scored: pd.DataFrame) -> None:
    resting = [f"s{number:04}" for number in range(10)]
    found = _run(scored, resting=resting)
    assert not set(resting) & (_listed(scored, found, "budget") | _listed(scored, found, "error_rate"))
    assert len(_listed(scored, found, "budget")) == 40


def test_everyone_resting_leaves_every_list_empty(scored: pd.DataFrame) -> None:
    found = _run(scored, resting=list(scored["seller_id"]))
    assert not found.alerted.any()
    assert set(found.empty) == {"budget", "error_rate", "random", "disagreement"}


def test_alerted_means_on_a_list_and_ranks_cover_everyone(scored: pd.DataFrame) -> None:
    found = _run(scored)
    assert (found.alerted == found.lists.map(bool)).all()
    assert sorted(found.rank) == list(range(1, 1001))
    assert found.rank[scored["strength"].idxmax()] == 1


def test_equal_strengths_stand_in_the_order_of_their_ids(scored: pd.DataFrame) -> None:
    found = _run(scored.assign(strength=1.0), audit_key=None)
    assert found.rank[scored.index[scored["seller_id"] == "s0000"][0]] == 1


@pytest.mark.parametrize("true_share", [0.002, 0.02, 0.1])
def test_the_share_of_culprits_is_found_again_from_scores_of_another_share(true_share: float) -> None:
    random = np.random.default_rng(4)
    guilty = random.uniform(size=50_000) < true_share
    evidence = random.normal(np.where(guilty, 4.5, -4.5), 3)  # its log-likelihood ratio is itself
    scores = expit(evidence + np.log(0.02 / 0.98))
    assert prevalence_now(scores, 0.02) == pytest.approx(true_share, rel=0.25)


def test_a_verdict_rests_a_seller_from_when_it_is_known_until_it_is_old() -> None:
    rows = pd.DataFrame(
        {
            "seller_id": ["recent", "old", "not yet known", "on the edge"],
            "decided_at": pd.to_datetime(["2024-05-01", "2023-05-01", "2024-06-01", "2023-12-04"]),
            "known_at": pd.to_datetime(["2024-05-02", "2023-05-02", "2024-06-03", "2023-12-04"]),
        }
    )
    # 182 days before 2024-06-03 is 2023-12-04
    resting = resting_sellers(rows, AS_OF, 182)
    assert resting.to_dict() == {"recent": pd.Timestamp("2024-05-01"), "on the edge": pd.Timestamp("2023-12-04")}
    resting = resting_sellers(rows, AS_OF, 182, open_cases=["open", "recent"])
    assert set(resting.index) == {"recent", "on the edge", "open"}
    assert set(resting.dropna().index) == {"on the edge"}


def test_who_rests_is_listed_again_once_newer_evidence_alone_would_list_it(scored: pd.DataFrame) -> None:
    best = scored.sort_values("strength", ascending=False)
    best = best[best["marketplace"] == "US"]
    resting, settings = best["seller_id"].iloc[:2], _settings(budget=3)

    def listed(first: float, second: float) -> set[str]:
        newer = pd.DataFrame({"strength": [first, second], "score": expit([first, second])}, index=resting.index)
        found = _run(scored, settings, audit_key=None, resting=list(resting), newer=newer)
        return _listed(scored, found, "budget") & set(best["seller_id"])

    third, fourth, last = (float(best["strength"].iloc[place]) for place in (2, 3, 4))
    assert listed(last - 0.01, -5.0) == set(best["seller_id"].iloc[2:5])
    assert listed(last + 0.01, -5.0) == {*best["seller_id"].iloc[2:4], resting.iloc[0]}
    assert listed(third + 1, fourth + 0.01) == {best["seller_id"].iloc[2], *resting}


def test_the_first_of_few_sellers_is_not_woken_by_anything(scored: pd.DataFrame) -> None:
    few = scored.iloc[:9]
    newer = pd.DataFrame({"strength": [99.0], "score": [1.0]}, index=few.index[:1])
    found = _run(few, audit_key=None, resting=[few["seller_id"].iloc[0]], newer=newer)
    assert not found.alerted.iloc[0]


def test_only_windows_that_begin_after_the_verdict_are_newer() -> None:
    catalogue = {f"x_{days}d": declared(f"x_{days}d", window_days=days) for days in (7, 28, 91)}
    rows = pd.DataFrame(dict.fromkeys(catalogue, 1.0), index=["judged 28 days ago", "an hour later"])
    decided_at = pd.Series(pd.to_datetime(["2024-05-06 00:00", "2024-05-06 01:00"]), rows.index)
    newer = since_verdict(rows, decided_at, AS_OF, catalogue)
    assert newer.notna().to_numpy().tolist() == [[True, True, False], [True, False, False]]
