"""How often drift is alarmed in half a year of an unchanged market, and how soon in one that changes.

python -m benchmarks.drift_weeks [SCENARIO...] [--sellers 600] [--seeds 1 2 3] [--work DIR]

`default` and `drift` are looked at in each of the last 26 weeks of 104; `crisis` from the week in which it begins on.
"""

from __future__ import annotations

import argparse
import shutil
from datetime import date, timedelta
from pathlib import Path

import configs
from features.intake import take_in
from features.settings import read_settings
from features.store import Store
from features.verdict_rows import verdicts_of
from model.settings import Configuration
from simulator import simulate
from simulator.settings import SimulatorSettings, read_scenario
from training.drift import measure_drift

_WEEKS, _LOOKS = 104, 26


def first_look(market: SimulatorSettings, scenario: str) -> int:
    """The week of the first look: that after a crisis began, else the first of the last half year."""
    if scenario != "crisis":
        return _WEEKS - _LOOKS + 1
    return round(market.events.crisis_at_share * market.market.weeks) + 1


def alarms(scenario: str, sellers: int, seed: int, work: Path) -> list[tuple[int, date, bool, tuple[str, ...]]]:
    """Each weekly look: its number, its cutoff, whether the market as a whole is alarmed, and which signals are."""
    shutil.rmtree(work, ignore_errors=True)
    market = read_scenario(scenario, sellers=sellers, weeks=_WEEKS, seed=seed)
    simulate(work / "data", work / "truth", market)
    configuration, store = read_settings(configs.SHIPPED, Configuration), Store(work / "store")
    start = market.market.start_on
    take_in(work / "data", store, start + timedelta(weeks=_WEEKS), configuration)
    verdicts, found = verdicts_of(store, configuration), []
    for look in range(_LOOKS):
        as_of = start + timedelta(weeks=first_look(market, scenario) + look)
        drift = measure_drift(store, verdicts, as_of, configuration, None, lambda _: None)
        found.append((look + 1, as_of, drift.market_alarm, drift.alarms))
    return found


def main() -> None:
    """Live the looks of each scenario and seed, and print what was alarmed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenarios", nargs="*", default=["default", "drift", "crisis"], metavar="SCENARIO")
    parser.add_argument("--sellers", type=int, default=600)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--work", type=Path, default=Path("drift-weeks"), help="where all of it lies; made anew")
    given = parser.parse_args()
    for scenario in given.scenarios:
        for seed in given.seeds:
            found = alarms(scenario, given.sellers, seed, given.work)
            market = [look for look, _, alarmed, _ in found if alarmed]
            signals = {look: names for look, _, _, names in found if names}
            told = f"market alarmed in weeks {market or 'none'} of {_LOOKS}; signals {signals or 'none'}"
            print(f"{scenario} {seed}: {told}", flush=True)


if __name__ == "__main__":
    main()
