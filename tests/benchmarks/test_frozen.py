from __future__ import annotations

import pytest

from benchmarks.frozen import frozen_market, frozen_names
from features.errors import WrongUse


def test_there_are_ten_hard_markets_twenty_honest_ones_and_an_easy_one() -> None:
    kinds = [frozen_market(name).kind for name in frozen_names()]
    assert {kind: kinds.count(kind) for kind in sorted(set(kinds))} == {"easy": 1, "hard": 10, "honest": 20}


def test_every_market_has_its_own_digest_and_seed() -> None:
    markets = [frozen_market(name) for name in frozen_names()]
    assert len({market.digest for market in markets}) == 31
    assert len({market.settings.market.seed for market in markets}) == 31


@pytest.mark.parametrize("name", [name for name in frozen_names() if name.startswith("honest")])
def test_nobody_is_guilty_in_an_honest_market(name: str) -> None:
    assert frozen_market(name).settings.guilt.guilty_share == 0


def test_an_unknown_market_is_refused_with_the_known_ones() -> None:
    with pytest.raises(WrongUse, match=r"unknown market 'soft'; known are: easy, hard_01, hard_02"):
        frozen_market("soft")
