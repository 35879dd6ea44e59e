"""Three services' signals, declared for these tests alone, and settings as the jobs read them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.measures import Formula
from features.settings import read_settings
from features.signal import Signal
from model.settings import Configuration

REPOSITORY = Path(__file__).parents[2]


def _signal(name: str, service: str, **facts: object) -> Signal:
    told = {
        "unit": "share",
        "window_days": 91,
        "direction": 1,
        "no_events": 0.0,
        "why": "a test",
        "source": "a test",
        "sentence": f"{name} is {{value}}; its peers have {{peer}}",
        "formula": Formula(f"{name} / 2"),
    }
    return Signal(name=name, service=service, **{**told, **facts})  # type: ignore[arg-type]


@pytest.fixture
def catalogue() -> dict[str, Signal]:
    signals = [
        _signal("reviews_91d", "removals", unit="reviews", direction=0),
        _signal("deletion_rate_91d", "removals", day_zero="beta_binomial", exposure="reviews_91d"),
        _signal("deletion_rate_364d", "removals", window_days=364),
        _signal("bursts_91d", "removals", unit="removals", day_zero="gamma_poisson", exposure="reviews_91d"),
        _signal("rank_jump_28d", "rank", unit="log ratio", window_days=28, day_zero="robust_z"),
        _signal("kept_share_91d", "removals", direction=-1),
    ]
    return {signal.name: signal for signal in signals}


@pytest.fixture(scope="session")
def configuration() -> Configuration:
    return read_settings(REPOSITORY / "configs" / "scrubwatch.yaml", Configuration)


@pytest.fixture
def signal_table(catalogue: dict[str, Signal]) -> pd.DataFrame:
    """Return 400 sellers of two marketplaces with a fifth of the values missing; the first 20 stand out."""
    random = np.random.default_rng(7)
    sellers = 400
    reviews = random.integers(5, 200, sellers).astype(float)
    rate = np.where(np.arange(sellers) < 20, 0.3, 0.02)
    table = pd.DataFrame(
        {
            "seller_id": [f"s{number:03}" for number in range(sellers)],
            "as_of": pd.Timestamp("2024-06-03"),
            "marketplace": np.where(np.arange(sellers) % 4 == 0, "DE", "US"),
            "peer_group": [f"group {number % 8}" for number in range(sellers)],
            "reviews_91d": reviews,
            "deletion_rate_91d": random.binomial(reviews.astype(int), rate) / reviews,
            "deletion_rate_364d": random.beta(2, 50, sellers),
            "bursts_91d": random.poisson(reviews * rate / 5).astype(float),
            "rank_jump_28d": random.normal(size=sellers) + 3 * (np.arange(sellers) < 20),
            "kept_share_91d": random.uniform(size=sellers),
        }
    )
    missing = random.uniform(size=(sellers, len(catalogue))) < 0.2
    missing[:, 0] = False
    table[list(catalogue)] = table[list(catalogue)].mask(missing)
    return table
