"""A model scores sellers on Spark as in this process."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from features.catalogue import CATALOGUE
from features.stored_signals import StoredSignals
from model.bundle import Bundle, Card, base_margin, card_signals, library_versions
from model.calibration import Calibration
from model.classifier import SellerRiskClassifier
from scoring.margins import margins_here, margins_in_partitions

SIGNALS = ["review_deletion_rate_91d", "negative_deletion_rate_91d", "units_growth_28d"]
SELLERS = 2_000


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    random = np.random.default_rng(3)
    values = pd.DataFrame(random.uniform(size=(SELLERS, len(SIGNALS))), columns=SIGNALS)
    values = values.mask(random.uniform(size=values.shape) < 0.2)
    same = {"marketplace": "US", "category": "garden", "size_band": "0", "peer_group": "US/garden/0"}
    return values.assign(seller_id=[f"seller {number}" for number in range(SELLERS)], **same)


@pytest.fixture(scope="module")
def bundle(table: pd.DataFrame) -> Bundle:
    guilty = (table[SIGNALS[0]].fillna(0) > 0.9).astype(int)
    parts = dict(zip(SIGNALS, ("removals", "removals", "sales"), strict=True))
    fitted = SellerRiskClassifier(trees=10, bags=2, row_share=0.8, parts=parts).fit(table[SIGNALS], guilty)
    card = Card(
        signals=card_signals(CATALOGUE, SIGNALS, {}),
        calibration=Calibration(
            slope=1.0, intercept=0.0, prevalence=0.1, calibrated=False, verdicts=0, clipped=0, reason="few verdicts"
        ),
        base=base_margin(fitted.booster_, fitted.bags),
        trained_as_of=date(2024, 6, 3),
        first_cutoff=date(2023, 6, 5),
        last_cutoff=date(2024, 6, 3),
        rows={"positive": 20, "negative": 380, "unknown": 0},
        positive_cases=20,
        trees=10,
        bags=2,
        metrics={},
        configuration="digest",
        libraries=library_versions(),
        notes=(),
    )
    return Bundle(card, fitted.booster_, "digest")


def test_margins_are_the_same_in_partitions_whatever_the_order_of_the_rows(
    spark: Any, table: pd.DataFrame, bundle: Bundle, tmp_path: Path
) -> None:
    spark.conf.set("spark.sql.files.maxPartitionBytes", "20000")
    table.sample(frac=1.0, random_state=1).to_parquet(tmp_path / "signals.parquet", index=False, row_group_size=300)
    signals = StoredSignals(tmp_path / "signals.parquet")
    margins = margins_in_partitions(signals, bundle)
    assert len(np.unique(margins)) > 5
    np.testing.assert_array_equal(margins, margins_here(signals, bundle, threads=1))
