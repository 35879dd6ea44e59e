"""Three services' signals, declared for these tests alone, and settings as the jobs read them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.settings import read_settings
from features.signal import Signal
from model.settings import Configuration
from tests.declared import declared

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def catalogue() -> dict[str, Signal]:
    signals = [
        declared("reviews_91d", unit="reviews", direction=0),
        declared("deletion_rate_91d", day_zero="beta_binomial", exposure="reviews_91d"),
        declared("deletion_rate_364d", window_days=364),
        declared("bursts_91d", unit="removals", day_zero="gamma_poisson", exposure="reviews_91d"),
        declared("rank_jump_28d", service="rank", unit="log ratio", window_days=28, day_zero="robust_z"),
        declared("kept_share_91d", direction=-1),
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
