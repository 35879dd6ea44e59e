"""Judges rankings by the truth; the only code that reads one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.parquet as pq

from features.errors import WrongUse
from simulator.settings import SimulatorSettings
from simulator.truth import SETTINGS, TRUTH

LATELY = timedelta(days=364)
"""How long before a cutoff a scheme may have ended for its seller to count as one whom an investigation should find."""


def read_truth(truth: Path, table: str) -> pd.DataFrame:
    """One table of a truth; `simulator.truth.TRUTH` lists and explains them.

    Raises:
        WrongUse: the folder holds no truth of a simulated market.

    """
    if table not in TRUTH:
        raise WrongUse(f"truth table '{table}' is unknown; known are: {', '.join(TRUTH)}")
    folder = truth / table
    if not folder.is_dir():
        raise WrongUse(
            f"{truth}: holds no truth of a simulated market; `scrubwatch simulate` writes one beside the market"
        )
    return pq.read_table(folder).to_pandas(date_as_object=False)


def read_market(truth: Path) -> SimulatorSettings:
    """The settings from which a simulated market was made.

    Raises:
        WrongUse: the folder holds none.

    """
    file = truth / SETTINGS
    if not file.is_file():
        raise WrongUse(f"{file}: not there; `scrubwatch simulate` writes it beside the truth: simulate the market anew")
    return SimulatorSettings.model_validate_json(file.read_text(encoding="utf-8"))


def open_truth(connection: duckdb.DuckDBPyConnection, truth: Path) -> None:
    """Let a connection see each table of a truth as the view `true_NAME`.

    Raises:
        WrongUse: the folder holds no truth of a simulated market.

    """
    for table in TRUTH:
        if not (truth / table).is_dir():
            raise WrongUse(f"{truth}: no folder '{table}'; expected the truth that `scrubwatch simulate` writes")
        connection.execute(f"create view true_{table} as from read_parquet('{truth}/{table}/*.parquet')")


def guilty_at(truth: Path, as_of: date) -> pd.DataFrame:
    """Every scheme that began before a cutoff: seller_id, scheme, onset_on, ended_on (null: runs at the end), active.

    One row a seller and scheme, in the order of onset. `active`: the scheme runs at the cutoff.
    """
    schemes = read_truth(truth, "schemes")
    cutoff = pd.Timestamp(as_of)
    begun = schemes[schemes["onset_on"] < cutoff].copy()
    begun["active"] = begun["ended_on"].isna() | (begun["ended_on"] >= cutoff)
    columns = ["seller_id", "scheme", "onset_on", "ended_on", "active", "ring_id"]
    return begun[columns].sort_values(["onset_on", "seller_id", "scheme"], ignore_index=True)


def guilty_lately(truth: Path, as_of: date) -> pd.DataFrame:
    """The rows of `guilty_at` whose scheme ran at some time in the 364 days before the cutoff (`LATELY`)."""
    begun = guilty_at(truth, as_of)
    return begun[begun["active"] | (begun["ended_on"] >= pd.Timestamp(as_of - LATELY))]


def guilty_sellers(truth: Path, as_of: date, *, active_only: bool = True) -> set[Any]:
    """Sellers with a scheme that runs at the cutoff, or (with `active_only` off) that ran at any time before."""
    guilty = guilty_at(truth, as_of)
    return set(guilty.loc[guilty["active"] if active_only else slice(None), "seller_id"])


def culprits_at(truth: Path, cutoffs: Sequence[date]) -> pd.DataFrame:
    """Who runs a scheme at each cutoff: one row a seller and cutoff, columns seller_id, as_of."""
    found = [
        pd.DataFrame({"seller_id": sorted(guilty_sellers(truth, cutoff)), "as_of": pd.Timestamp(cutoff)})
        for cutoff in cutoffs
    ]
    return pd.concat([frame for frame in found if len(frame)] or found[:1], ignore_index=True)


def ring_of_sellers(truth: Path) -> pd.Series:
    """The broker's ring of each seller that ever ran a scheme, by seller_id."""
    return read_truth(truth, "schemes").drop_duplicates("seller_id").set_index("seller_id")["ring_id"]


def precision_at(truth: Path, ranked_seller_ids: Sequence[Any], as_of: date, k: int) -> float:
    """Share of the first k sellers that run a scheme at the cutoff; of all of them when there are fewer.

    Raises:
        WrongUse: nothing is ranked, or k is below 1.

    """
    return float(_hits(truth, ranked_seller_ids, as_of)[: _at_least_one(k)].mean())


def recall_at(truth: Path, ranked_seller_ids: Sequence[Any], as_of: date, k: int) -> float:
    """Share of the culprits active at the cutoff that are among the first k; NaN when there is none."""
    guilty = len(guilty_sellers(truth, as_of))
    found = _hits(truth, ranked_seller_ids, as_of)[: _at_least_one(k)].sum()
    return float(found / guilty) if guilty else float("nan")


def average_precision(truth: Path, ranked_seller_ids: Sequence[Any], as_of: date) -> float:
    """Mean over the active culprits of the precision at each one's rank; a culprit that is not ranked counts 0.

    NaN when nobody is guilty at the cutoff.
    """
    guilty = len(guilty_sellers(truth, as_of))
    hits = _hits(truth, ranked_seller_ids, as_of)
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    return float(precision[hits].sum() / guilty) if guilty else float("nan")


def weeks_to_listing(truth: Path, first_listed: dict[Any, date], until: date) -> pd.DataFrame:
    """For each culprit whose scheme began before `until` the weeks from its first onset to its first listing.

    Columns seller_id, onset_on, listed_on, weeks (NaN: not listed), before_onset (listed before: a false alert).
    """
    schemes = read_truth(truth, "schemes")
    onset = schemes[schemes["onset_on"] < pd.Timestamp(until)].groupby("seller_id", sort=True)["onset_on"].min()
    table = onset.reset_index()
    table["listed_on"] = pd.to_datetime(table["seller_id"].map(first_listed))
    table["weeks"] = (table["listed_on"] - table["onset_on"]).dt.days / 7
    table["before_onset"] = table["weeks"] < 0
    return table


def _hits(truth: Path, ranked: Sequence[Any], as_of: date) -> npt.NDArray[np.bool_]:
    if len(ranked) == 0:
        raise WrongUse(f"no seller is ranked as of {as_of}; nothing can be judged")
    guilty = guilty_sellers(truth, as_of)
    return np.array([seller in guilty for seller in ranked], dtype=bool)


def _at_least_one(k: int) -> int:
    if k < 1:
        raise WrongUse(f"precision needs a list of at least one seller, given {k}")
    return k
