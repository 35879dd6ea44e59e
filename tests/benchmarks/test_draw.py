from __future__ import annotations

import pytest

from benchmarks.draw import drawn, outside, ranges_of, text_of
from benchmarks.frozen import FOLDER, frozen_market, frozen_names
from features.errors import WrongUse

DRAWN = [name for name in frozen_names() if name != "easy"]


@pytest.mark.parametrize("name", DRAWN)
def test_a_frozen_market_is_what_its_seed_draws_from_the_ranges(name: str) -> None:
    market = frozen_market(name)
    text = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    assert text == text_of(market.kind, market.settings.market.seed)


@pytest.mark.parametrize("name", DRAWN)
def test_a_frozen_market_lies_in_its_ranges(name: str) -> None:
    market = frozen_market(name)
    assert outside(market.kind, market.settings.model_dump(mode="json")) == []


def test_a_setting_outside_its_range_is_named() -> None:
    settings = frozen_market("hard_01").settings.model_dump(mode="json")
    settings["guilt"]["guilty_share"] = 0.2
    settings["moderation"]["flagged_by_star"][1] = 0.5
    assert outside("hard", settings) == ["moderation.flagged_by_star[1]: 0.5", "guilt.guilty_share: 0.2"]


def test_the_ranges_keep_what_was_promised_of_hard_markets() -> None:
    ranges = ranges_of("hard")
    shortest_years = ranges["market"]["weeks"]["from"] / 52
    assert ranges["schemes"]["max_share_of_decisions"]["to"] <= 0.05
    assert ranges["schemes"]["forged_ticket_share"] == 0.5
    assert ranges["schemes"]["small_client_share"] == {"from": 0.2, "to": 0.3}
    assert ranges["schemes"]["small_client_removals_per_month"] * 1.2 < 5  # a client's own wish varies up to 1.2 times
    # A ring has one moderator and Poisson many more; half have none more where that mean is log 2.
    assert ranges["guilt"]["staff_per_ring_mean"]["from"] >= 1.69
    rarest = min(rate["from"] for rate in ranges["look_alikes"].values())
    assert rarest * shortest_years > ranges["guilt"]["guilty_share"]["to"]


def test_the_same_seed_draws_the_same_market_and_another_seed_another() -> None:
    assert drawn("hard", 1) == drawn("hard", 1)
    first, second = (drawn("hard", seed) for seed in (1, 2))
    assert first["guilt"]["guilty_share"] != second["guilt"]["guilty_share"]


def test_a_takedown_comes_to_some_markets_only() -> None:
    weeks = [drawn("hard", seed)["events"]["takedown_at_share"] for seed in range(200)]
    assert 0.2 < sum(week > 0 for week in weeks) / 200 < 0.4
    assert {week for week in weeks if week < 0} == {-1.0}


def test_ranges_that_are_not_there_are_refused() -> None:
    with pytest.raises(WrongUse, match="there are: hard, honest"):
        drawn("soft", 1)
