"""Three services' signals, declared for these tests alone, and settings as the jobs read them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.families.peers import rarity, robust_tail
from features.peers import compare
from features.settings import read_settings
from features.signal import Signal
from model.settings import Configuration
from tests.declared import declared

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def catalogue() -> dict[str, Signal]:
    reviews = declared("reviews_91d", unit="reviews", direction=0)
    deletions = declared("deletions_91d", unit="removals")
    bursts = declared("bursts_91d", unit="removals")
    jump = declared("rank_jump_28d", service="rank", unit="log ratio", window_days=28)
    signals = [
        reviews,
        declared("deletion_rate_91d"),
        declared("deletion_rate_364d", window_days=364),
        deletions,
        bursts,
        jump,
        declared("kept_share_91d", direction=-1),
        rarity(deletions, reviews, "beta_binomial", "{value}, {peer}", day_zero=True),
        rarity(bursts, reviews, "gamma_poisson", "{value}, {peer}", day_zero=True),
        robust_tail(jump, "{value}, {peer}", day_zero=True),
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
            "size_band": "e1",
            "deletions_91d": random.binomial(reviews.astype(int), rate).astype(float),
            "deletion_rate_364d": random.beta(2, 50, sellers),
            "bursts_91d": random.poisson(reviews * rate / 5).astype(float),
            "rank_jump_28d": random.normal(size=sellers) + 3 * (np.arange(sellers) < 20),
            "kept_share_91d": random.uniform(size=sellers),
        }
    )
    table["deletion_rate_91d"] = table["deletions_91d"] / reviews
    measured = [name for name, signal in catalogue.items() if signal.compared is None]
    missing = random.uniform(size=(sellers, len(measured))) < 0.2
    missing[:, 0] = False
    table[measured] = table[measured].mask(missing)
    return table.assign(
        **compare(
            {name: each.compared for name, each in catalogue.items() if each.compared is not None},
            {name: table[name].to_numpy() for name in table},
        )
    )
