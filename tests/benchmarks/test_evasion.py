"""What is said of prices over markets, and of models that score another scenario than they learned in."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.draw import drawn
from benchmarks.evasion import PEER, PRODUCT, chosen, ratio, summary
from benchmarks.scenarios_matrix import Scored, matrix
from training.evasion.outcomes import Outcome
from training.evasion.report import Evasion


def market(product: float, peer: float) -> Evasion:
    """A market in which one strategy evades each model at a price, and in the search a smaller gain at 30 and 10."""
    estimated = [_evades(model, cost, 0.2) for model, cost in ((PRODUCT, product), (PEER, peer))]
    searched = [_evades(PRODUCT, 30, 0.05), _evades(PEER, 10, 0.05)]
    return Evasion(date(2025, 1, 6), (PRODUCT, PEER), (), 0.1, 0.1, 1, searched, estimated, {})


def _evades(model: str, cost: float, gain: float) -> Outcome:
    chance = {PRODUCT: 1.0, PEER: 1.0} | {model: 0.0}
    return Outcome(model, 1, cost, gain, 0, 0, chance, chance, chance)


def test_a_ratio_is_the_geometric_mean_over_markets_in_which_both_have_a_price() -> None:
    never = float("inf")
    told = ratio([(200, 100), (800, 100), (never, 100), (never, never)])
    assert told.startswith("4.00 (")
    assert "2 markets" in told
    assert told.endswith("only the peer can be evaded in 1, only the product in 0, none in 1")


def test_prices_of_the_wanted_gain_are_estimated_and_those_of_smaller_ones_as_searched() -> None:
    told = summary({"one": market(200, 100), "two": market(400, 100)})
    assert "product over peer at a chance of 0.1: 2.83 (" in "\n".join(told)
    assert told[-1] == (
        "the same in the search for a gain of 5% at a chance of 0.5: 3.00 (3.00 to 3.00; 2 markets);"
        " only the peer can be evaded in 0, only the product in 0, none in 0"
    )


def test_a_market_of_a_seed_is_the_one_that_is_drawn_by_it() -> None:
    ((name, settings),) = chosen([], [9101])
    assert name == "drawn_9101"
    assert settings.market.sellers == drawn("hard", 9101)["market"]["sellers"]
    assert settings.market.seed == 9101


def test_a_row_of_the_matrix_learned_and_a_column_is_scored(tmp_path: Path) -> None:
    signals = pd.DataFrame({"removals": [3.0, 2.0, 1.0], "praise": [1.0, 2.0, 3.0]})
    models = {n: lambda rows, _, n=n: rows[n].to_numpy() for n in ("removals", "praise")}
    found = matrix(models, {"one": Scored(signals, np.array([1.0, 0.0, 0.0]), tmp_path)})
    assert found.loc["removals", "one"] == pytest.approx(1.0)
    assert found.loc["praise", "one"] == pytest.approx(1 / 3)
