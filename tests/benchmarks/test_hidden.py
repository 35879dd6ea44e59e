from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.frozen import frozen_market
from benchmarks.hidden import Hidden, how_hidden
from simulator import simulate

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


def test_a_small_market_with_a_hard_ones_settings_hides_its_guilty(tmp_path: Path) -> None:
    hard = frozen_market("hard_01").settings
    market = hard.market.model_copy(update={"sellers": 900, "weeks": 40})
    simulate(tmp_path / "data", tmp_path / "truth", hard.model_copy(update={"market": market}))
    found = how_hidden(tmp_path / "data", tmp_path / "truth")
    assert found.paid_share < 0.08  # few decisions a moderator: chance adds to 5 %
    assert 0.3 < found.ticketed_share < 0.7
    assert found.small_share > 0.25
    assert found.rarest_look_alike > 1
