"""What people recompute from a seller's own rows is what the signal table says."""

from __future__ import annotations

import math
from pathlib import Path
from random import Random

from features.catalogue import CATALOGUE
from features.engine import connect
from features.panel import signals_at
from features.workings import from_own_rows, kinds_of, open_own_rows, statements, told_of, work_out
from model.settings import Configuration
from tests.features.busy_market import busy_market
from tests.features.deliveries import for_small_markets, take_in_runs


def test_every_formula_over_own_rows_comes_out_as_in_the_signal_table(
    tmp_path: Path, configuration: Configuration
) -> None:
    settings = for_small_markets(configuration, tmp_path / "key")
    market, cutoffs = busy_market(Random(7), size=4)  # noqa: S311  (a market, not a secret)
    store = take_in_runs(tmp_path, [market], settings)
    table = signals_at(store, [cutoffs[-1]], settings).set_index("seller_id")
    signals = [signal for signal in CATALOGUE.values() if from_own_rows(signal)]
    compared = 0
    for seller in table.index:
        with connect(settings.engine, store.scratch) as connection:
            open_own_rows(connection, store, store.manifest(), seller, cutoffs[-1])
            worked = work_out(connection, signals, seller, cutoffs[-1], statements(kinds_of(signals), settings))
        for working in worked:
            stored = table.loc[seller, working.signal]
            if not math.isnan(stored):
                assert working.value is not None, working.signal
                assert math.isclose(working.value, stored, abs_tol=1e-12), working.signal
                compared += 1
    assert compared > 200


def test_most_formulas_need_nobody_elses_rows() -> None:
    formulas = [signal for signal in CATALOGUE.values() if signal.formula is not None]
    assert sum(map(from_own_rows, formulas)) > 0.6 * len(formulas)


def test_a_comparison_is_told_from_what_it_compares_first() -> None:
    name = next(name for name, signal in CATALOGUE.items() if signal.compared and signal.compared.exposure)
    told = told_of(name)
    assert told[-1].name == name
    assert {signal.name for signal in told} >= {CATALOGUE[name].compared.of.name}  # type: ignore[union-attr]
