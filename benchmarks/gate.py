"""How often the gate over past cutoffs promotes an equal model, and how often a truly better one.

python -m benchmarks.gate [--trials 100] [--years 20] [--write FILE]

Margins are drawn, not fitted: a trial costs a tenth of a second, and what is tried is the test, not a learner. A
seller's margin is its guilt plus noise of its own. Models of one recipe share most of that noise, as two bags do; a
better one shares less of it and separates culprits further, so that its average precision among all sellers is about
.15 to .20 higher. Culprits of one case share a part of their noise.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from model.arrays import Floats
from model.metrics import METRICS
from training.change import Change, OriginRanks, compare_over_origins

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

SELLERS, ORIGINS, BUDGET, SIGNIFICANCE = 2000, 8, 100, 0.025
APART, CASE_SHARE = 1.2, 0.3
SHARED, SHARED_WITH_BETTER = 0.97, 0.8
BETTER = 0.45
"""How much further a better model separates culprits, in deviations of the noise."""
FIRST = date(2024, 1, 1)


@dataclass(frozen=True)
class Trial:
    """A pair of models: what the gate found, the true gain in average precision, the share of the top 100 in common."""

    change: Change
    gain: float
    overlap: float

    @property
    def changes(self) -> bool:
        """Whether the gate promotes."""
        return self.change.comparison.low > 0


def trial(seed: int, *, better: bool, cases: int = 40, positives: int = 200) -> Trial:
    """Draw a market, two models of it and the culprits who are found later; judge the pair."""
    random = np.random.default_rng(seed)
    guilty = np.zeros(SELLERS, dtype=bool)
    guilty[:positives] = True
    case = np.where(guilty, np.arange(SELLERS) % cases, np.arange(SELLERS) + cases)
    together = random.normal(size=SELLERS + cases)[case]
    own = random.normal(size=SELLERS)
    noise = np.sqrt(CASE_SHARE) * together + np.sqrt(1 - CASE_SHARE) * own
    champion = APART * guilty + noise
    shared = SHARED_WITH_BETTER if better else SHARED
    other = shared * noise + np.sqrt(1 - shared**2) * random.normal(size=SELLERS)
    challenger = (APART + BETTER * better) * guilty + other
    origins = [_origin(random, number, guilty, case, champion, challenger) for number in range(ORIGINS)]
    ones = np.ones(SELLERS)
    precise = METRICS["average_precision"]
    gain = precise(guilty * 1.0, challenger, ones, BUDGET) - precise(guilty * 1.0, champion, ones, BUDGET)
    tops = [set(np.argsort(-margins)[:BUDGET]) for margins in (champion, challenger)]
    return Trial(compare_over_origins(origins, BUDGET, SIGNIFICANCE), gain, len(tops[0] & tops[1]) / BUDGET)


def _origin(
    random: np.random.Generator,
    number: int,
    guilty: Bools,
    case: Ints,
    champion: Floats,
    challenger: Floats,
) -> OriginRanks:
    """A cutoff: margins wobble a little from one to the next, and a part of the culprits is found later."""
    wobble = 0.2 * random.normal(size=SELLERS)
    found = guilty & (random.random(SELLERS) < 0.5)
    sellers = pd.DataFrame(
        {
            "seller_id": np.arange(SELLERS),
            "champion": champion + wobble,
            "challenger": challenger + wobble,
            "label": found * 1.0,
            "weight": found * 1.0,
            "case": case,
            "marketplace": np.where(np.arange(SELLERS) % 3 == 0, "US", "DE"),
            "category": "all",
            "size_band": 1,
        }
    )
    return OriginRanks(FIRST + timedelta(weeks=4 * number), sellers)


def report(trials: int, years: int) -> list[str]:
    """Lines: equal pairs, better pairs, power with fewer cases, and false changes over years of four looks."""
    equal = [trial(seed, better=False) for seed in range(trials)]
    better = [trial(1000 + seed, better=True) for seed in range(trials)]
    lines = [
        (
            f"equal pairs that change: {sum(each.changes for each in equal)} of {trials} (at most 4 of 100);"
            f" top {BUDGET} in common {np.mean([each.overlap for each in equal]):.0%}"
        ),
        (
            f"better pairs that change: {sum(each.changes for each in better)} of {trials} (78 of 100 at least);"
            f" mean gain {np.mean([each.gain for each in better]):.3f} average precision"
        ),
    ]
    for positives, cases in ((50, 10), (100, 20)):
        fewer = [trial(2000 + seed, better=True, cases=cases, positives=positives) for seed in range(trials)]
        power = sum(each.changes for each in fewer)
        lines.append(f"power with {positives} culprits in {cases} cases: {power} of {trials}")
    looks = [[trial(5000 + 4 * year + look, better=False).changes for look in range(4)] for year in range(years)]
    lines.append(f"years of four looks with a false change: {sum(map(any, looks))} of {years}")
    return lines


def main() -> None:
    """Run the trials and print, or write, what they came to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=100, help="pairs of each kind")
    parser.add_argument("--years", type=int, default=20, help="simulated years of four looks")
    parser.add_argument("--write", type=Path, help="file for the lines")
    given = parser.parse_args()
    lines = report(given.trials, given.years)
    print("\n".join(lines))
    if given.write is not None:
        given.write.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
