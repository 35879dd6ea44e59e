from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

import configs
from features.settings import FeatureSettings, read_settings
from simulator import simulate
from simulator.schema import TABLES
from simulator.settings import SimulatorSettings, read_scenario, settings_with
from simulator.truth import TRUTH


@dataclass(frozen=True)
class Written:
    """A simulated market on disk, its tables as views of the same name and its truth as `true_NAME`."""

    out: Path
    truth: Path
    settings: SimulatorSettings
    rows: Callable[[str], list[tuple[Any, ...]]]

    def value(self, query: str) -> Any:
        return self.rows(query)[0][0]


def written(folder: Path, settings: SimulatorSettings) -> Written:
    out, truth = folder / "market", folder / "truth"
    simulate(out, truth, settings)
    connection = duckdb.connect()
    connection.execute("set enable_progress_bar = false; set threads = 2")
    for name in TABLES:
        if (out / name).is_dir():
            connection.execute(f"create view {name} as from read_parquet('{out}/{name}/*/*.parquet')")
    for name in TRUTH:
        connection.execute(f"create view true_{name} as from read_parquet('{truth}/{name}/*.parquet')")
    return Written(out, truth, settings, lambda query: connection.execute(query).fetchall())


def digest(folder: Path) -> str:
    """Of all bytes of all files."""
    sums = hashlib.sha256()
    for path in sorted(folder.rglob("*.parquet")):
        sums.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    return sums.hexdigest()


class _Features(FeatureSettings):
    """The sections of the one configuration file that intake reads."""

    model_config = FeatureSettings.model_config | {"extra": "ignore"}


def feature_settings() -> FeatureSettings:
    return read_settings(Path(configs.__file__).with_name("scrubwatch.yaml"), _Features)


def small(scenario: str = "default", sellers: int = 150, weeks: int = 12, seed: int = 1) -> SimulatorSettings:
    return read_scenario(scenario, sellers=sellers, weeks=weeks, seed=seed)


@pytest.fixture(scope="session")
def market(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """A default market of a year, large enough for statistics."""
    return written(tmp_path_factory.mktemp("default"), small(sellers=900, weeks=60, seed=5))


@pytest.fixture(scope="session")
def guilty_market(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """A market with four times as many culprits, for tests that need many paid acts."""
    overrides = {"guilt": {"guilty_share": 0.2, "running_at_start_share": 0.5}}
    return written(tmp_path_factory.mktemp("guilty"), settings_with(overrides, sellers=900, weeks=36, seed=3))
