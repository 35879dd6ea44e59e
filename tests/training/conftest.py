from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from benchmarks.made import OFTEN_FOUND
from features.intake import take_in
from features.panel import signals_at
from features.settings import read_settings
from features.store import Store
from features.verdict_rows import verdicts_of
from model.settings import Configuration, LabelSettings
from simulator import simulate
from simulator.settings import settings_with
from tests.training.small_market import LIVED, SEED, SELLERS, WEEKS, small
from training.labels import labelled_cutoffs

CONFIGURATION = Path(__file__).parents[2] / "configs" / "scrubwatch.yaml"
VERDICT: dict[str, Any] = {
    "seller_id": "a",
    "decided_at": "2024-06-03",
    "verdict": "manipulated",
    "scheme": None,
    "opened_at": None,
    "onset_on": None,
    "ended_on": None,
    "covers_from": None,
    "covers_to": None,
    "route": "tip",
    "selection_probability": None,
    "decided_by": None,
    "case_id": None,
    "known_at": None,
}
MOMENTS = ("decided_at", "opened_at", "onset_on", "ended_on", "covers_from", "covers_to", "known_at")


@pytest.fixture(scope="session")
def configuration() -> Configuration:
    return read_settings(CONFIGURATION, Configuration)


@pytest.fixture(scope="session")
def label_settings(configuration: Configuration) -> LabelSettings:
    return configuration.labels


@pytest.fixture(scope="session")
def verdict_rows() -> Callable[..., pd.DataFrame]:
    """Verdict rows as the store gives them; what is not said is null, and known_at is decided_at."""

    def build(*rows: dict[str, Any]) -> pd.DataFrame:
        table = pd.DataFrame([VERDICT | row for row in rows], columns=list(VERDICT))
        for column in MOMENTS:
            table[column] = pd.to_datetime(table[column]).astype("datetime64[us]")
        table["known_at"] = table["known_at"].fillna(table["decided_at"])
        return table.astype({"selection_probability": "float64"})

    return build


@pytest.fixture(scope="session")
def population() -> Callable[..., pd.DataFrame]:
    """Sellers at cutoffs, every seller at every cutoff; owners by seller."""

    def build(sellers: list[str], cutoffs: list[str], owners: dict[str, str] | None = None) -> pd.DataFrame:
        rows = [(seller, cutoff, (owners or {}).get(seller)) for cutoff in cutoffs for seller in sellers]
        table = pd.DataFrame(rows, columns=["seller_id", "as_of", "owner_id"])
        return table.assign(as_of=pd.to_datetime(table["as_of"]).astype("datetime64[us]"))

    return build


@pytest.fixture(scope="session")
def small_settings(configuration: Configuration) -> Configuration:
    """Settings under which a model of a few trees is fitted to a few culprits."""
    return small(configuration)


@pytest.fixture(scope="session")
def small_market(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A marketplace, the tables in ``data`` and what is true of it in ``truth``."""
    folder = tmp_path_factory.mktemp("small")
    market = settings_with(OFTEN_FOUND, sellers=SELLERS, weeks=WEEKS, seed=SEED)
    simulate(folder / "data", folder / "truth", market)
    return folder


@pytest.fixture(scope="session")
def small_store(small_market: Path, small_settings: Configuration, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that holds the marketplace and the signals of the weeks ``LIVED``; whoever writes copies it."""
    store = Store(tmp_path_factory.mktemp("folded") / "store")
    take_in(small_market / "data", store, LIVED[-1], small_settings)
    taught = labelled_cutoffs(verdicts_of(store, small_settings), LIVED[-1], small_settings.labels)
    drift = [week - timedelta(weeks=4 * back) for week in LIVED for back in range(3)]
    signals_at(store, [*taught, *drift], small_settings)
    return store.path
