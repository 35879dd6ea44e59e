"""The frozen markets on which detection is judged: parameter files, committed before any detector was tuned.

`benchmarks/markets/base.yaml` holds every setting as it was when the markets were frozen; each market's file overrides
some of them. `python -m benchmarks.frozen` lists the markets with their digests, `... NAME OUT` simulates one.
"""

from __future__ import annotations

import hashlib
import sys
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from features.errors import WrongUse
from simulator import simulate
from simulator.settings import SimulatorSettings, settings_from

FOLDER = Path(__file__).parent / "markets"
BASE = "base"


@dataclass(frozen=True)
class FrozenMarket:
    """A market to be judged on.

    Attributes:
        name: the stem of its file: `hard_01`, `honest_01`, `easy`.
        digest: SHA-256 of its file and of `base.yaml`; printed in every result.
        settings: what the simulator is given.

    """

    name: str
    digest: str
    settings: SimulatorSettings

    @property
    def last_cutoff(self) -> date:
        """The day after the last week."""
        return self.settings.market.start_on + timedelta(weeks=self.settings.market.weeks)

    @property
    def kind(self) -> str:
        """`hard`, `honest` or `easy`."""
        return self.name.split("_", maxsplit=1)[0]


def frozen_names() -> list[str]:
    """Names of the frozen markets, in order."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml") if path.stem != BASE)


@cache
def frozen_market(name: str) -> FrozenMarket:
    """The frozen market of that name.

    Raises:
        WrongUse: there is none of that name.

    """
    if name not in frozen_names():
        raise WrongUse(f"unknown market '{name}'; known are: {', '.join(frozen_names())}")
    files = [FOLDER / f"{BASE}.yaml", FOLDER / f"{name}.yaml"]
    digest = hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()
    return FrozenMarket(name, digest, settings_from(*files))


def main(arguments: list[str]) -> None:
    """List the markets, or simulate one into OUT and OUT-truth."""
    if len(arguments) == 2:
        market, out = frozen_market(arguments[0]), Path(arguments[1])
        simulate(out, out.with_name(f"{out.name}-truth"), market.settings)
        print(market.name, market.digest)
        return
    for name in frozen_names():
        print(f"{name:12} {frozen_market(name).digest}")


if __name__ == "__main__":
    main(sys.argv[1:])
