"""What is not delivered: signals that need it are missing, and no other one changes."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from random import Random

import pandas as pd
import pytest

from features.catalogue import CATALOGUE, WINDOWED, windowed_of
from features.contract import TABLES
from features.signal import Signal
from model.settings import Configuration
from tests.features.busy_market import busy_market
from tests.features.deliveries import for_small_markets, signals_of
from tests.features.random_moments import Market

CUTOFF = date(2024, 6, 12)


def is_optional(need: str) -> bool:
    table, _, column = need.partition(".")
    return TABLES[table].column(column).optional if column else not TABLES[table].required


NEEDS = sorted({need for each in WINDOWED for need in each.measure.needs if is_optional(need)})


def is_of(need: str, missing: str) -> bool:
    """Whether what is needed is what is missing, or a column of it."""
    return need == missing or need.startswith(f"{missing}.")


def needs_of(signal: Signal) -> set[str]:
    if signal.compared is not None:
        compared = [each for each in (signal.compared.of, signal.compared.exposure) if each is not None]
        return set().union(*map(needs_of, compared))
    shown = set() if signal.neighbours is None else needs_of(signal.neighbours.of)
    return shown.union(*(each.measure.needs for each in windowed_of(signal)))


def without(market: Market, need: str) -> Market:
    table, _, column = need.partition(".")
    if not column:
        return {name: rows for name, rows in market.items() if name != table} | {
            "coverage": [row for row in market["coverage"] if row["table_name"] != table]
        }
    return {**market, table: [{**row, column: None} for row in market[table]]}


def market() -> Market:
    """A busy market, each key of which comes once: what contradicts what may change with a column."""
    drawn, _ = busy_market(Random(2))  # noqa: S311  (a market, not a secret)
    return {
        name: [*{tuple(row.get(key) for key in TABLES[name].key): row for row in reversed(rows)}.values()]
        for name, rows in drawn.items()
    }


def signals(rows: Market, folder: Path, configuration: Configuration) -> pd.DataFrame:
    return signals_of(folder, rows, [CUTOFF], for_small_markets(configuration, folder / "key"))


@pytest.fixture(scope="module")
def whole(configuration: Configuration, tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    return signals(market(), tmp_path_factory.mktemp("whole"), configuration)


def signals_that_need(need: str) -> set[str]:
    return {name for name, signal in CATALOGUE.items() if any(is_of(each, need) for each in needs_of(signal))}


def apart(needs: list[str]) -> list[list[str]]:
    """Put together what no signal needs two of: each signal then shows what the lack of a single thing does to it."""
    groups: list[list[str]] = []
    for need in needs:
        for group in groups:
            if not any(signals_that_need(need) & signals_that_need(other) for other in group):
                group.append(need)
                break
        else:
            groups.append([need])
    return groups


@pytest.mark.parametrize("needs", apart(NEEDS), ids=" and ".join)
def test_a_signal_is_missing_without_what_it_needs_and_no_other_changes(
    needs: list[str], whole: pd.DataFrame, configuration: Configuration, tmp_path: Path
) -> None:
    rows = market()
    for need in needs:
        rows = without(rows, need)
        assert signals_that_need(need)
    left = signals(rows, tmp_path, configuration)
    needing = sorted(set().union(*map(signals_that_need, needs)))
    assert left[needing].isna().all(axis=None)
    pd.testing.assert_frame_equal(left.drop(columns=needing), whole.drop(columns=needing))
