"""What a command's outputs are worth on the frozen markets, beside the raw order, the fixed peer and the ceiling.

python -m benchmarks.judged MARKET... [--outputs DIR] [--work DIR] [--json FILE]

MARKET is a name or a kind (`hard`, `honest`, `easy`). Each market is made in the work folder, or reused if it lies
there with the same digests. Without --outputs the product itself runs (retrain, then score); with it
DIR/MARKET/scores.parquet is judged, in which `strength` orders the sellers.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.parquet as pq

import configs
from benchmarks.ceiling import ceiling_scores, truly_guilty
from benchmarks.figures import Judged, keep, table
from benchmarks.frozen import FrozenMarket, frozen_market, frozen_names
from benchmarks.learned import Learned, learned_at
from benchmarks.made import made
from benchmarks.peer import RAW_ORDER, peer_columns, peer_scores
from features.catalogue import CATALOGUE
from features.errors import WrongUse
from features.intake import take_in
from features.panel import signals_at
from features.settings import read_settings
from features.store import Store
from model.metrics import METRICS
from model.registry import CHAMPION
from model.settings import Configuration
from scoring.job import score
from training.steps import Surroundings
from training.weekly import retrain

Floats = npt.NDArray[np.float64]

AVERAGE_PRECISION = METRICS["average_precision"]


def judge_market(market: FrozenMarket, work: Path, outputs: Path | None) -> Judged:
    """Judge all orders of one market on the sellers without a verdict at the last cutoff."""
    place = made(market, work)
    configuration, as_of = read_settings(configs.SHIPPED, Configuration), market.last_cutoff
    store = Store(work / market.name / "store")
    if outputs is None:
        scores = run_product(place.data, store.path, as_of, configuration)
    else:
        scores = outputs / market.name
        take_in(place.data, store, as_of, configuration)
    learned = learned_at(store, as_of, configuration)
    everybody = signals_at(store, [as_of], configuration)
    judged = ~everybody["seller_id"].isin(learned.decided)
    culprit = truly_guilty(place.truth, everybody)
    at_last = peer_columns(place.data, everybody)
    orders = {
        "raw": at_last[RAW_ORDER].to_numpy(),
        "peer": peer_order(place.data, learned, at_last),
        "product": read_strength(scores, everybody["seller_id"], as_of),
        "ceiling": ceiling_scores(learned.panel, everybody, place.truth, CATALOGUE, configuration.classifier),
    }
    return Judged(
        market=market.name,
        parameters=market.digest,
        rows=place.rows_digest,
        sellers=int(judged.sum()),
        culprits=int(culprit[judged].sum()),
        found=int(learned.rows.loc[learned.rows["label"] == 1, "seller_id"].nunique()),
        precision={name: precise(culprit, strength, judged.to_numpy()) for name, strength in orders.items()},
    )


def run_product(data: Path, store: Path, as_of: date, configuration: Configuration) -> Path:
    """Retrain and score as the commands do; the folder of the scores.

    What was fitted now is scored with, whichever model an earlier run of other code or settings left as champion.
    """
    fitted = retrain(data, store, as_of, configuration, Surroundings()).run_id
    out = store.with_name("scores")
    score(data, store, as_of, out, configuration, Surroundings(), model=fitted or CHAMPION)
    return out


def peer_order(data: Path, learned: Learned, at_last: pd.DataFrame) -> Floats:
    """The peer's scores at the last cutoff, learned from the product's rows with unknown taken as negative."""
    culprit = (learned.rows["label"] == 1).to_numpy(dtype=np.float64)
    if len(np.unique(culprit)) < 2:
        return np.zeros(len(at_last))
    return peer_scores(peer_columns(data, learned.rows), culprit, at_last)


def read_strength(scores: Path, sellers: pd.Series, as_of: date) -> Floats:
    """The strength of each seller in a scoring run's output.

    Raises:
        WrongUse: there are no scores, they are of another cutoff, or a seller has none.

    """
    path = scores / "scores.parquet"
    if not path.is_file():
        raise WrongUse(f"{path}: not there; expected what `scrubwatch score --as-of {as_of} --out {scores}` writes")
    table = pq.read_table(path, columns=["seller_id", "as_of", "strength"]).to_pandas()
    if set(table["as_of"]) != {as_of}:
        raise WrongUse(f"{path}: scored as of {sorted(set(table['as_of']))}; this market is judged as of {as_of}")
    strength = table.set_index("seller_id")["strength"].reindex(sellers)
    missing = strength.index[strength.isna()]
    if len(missing):
        raise WrongUse(f"{path}: {len(missing)} of {len(sellers)} sellers have no strength, {missing[0]!r} first")
    return np.asarray(strength, dtype=np.float64)


def precise(culprit: Floats, strength: Floats, judged: npt.NDArray[np.bool_]) -> float:
    """Average precision among the judged; sellers of equal strength share their place."""
    return AVERAGE_PRECISION(culprit[judged], strength[judged], np.ones(int(judged.sum())), budget=1)


def chosen(names: Sequence[str]) -> list[FrozenMarket]:
    """Markets by name or kind, in order.

    Raises:
        WrongUse: a name is neither.

    """
    known = [frozen_market(name) for name in frozen_names()]
    wanted = {market.name for market in known if market.kind in names}
    return [frozen_market(name) for name in sorted(wanted | {name for name in names if name not in _KINDS})]


_KINDS = ("hard", "honest", "easy")


def main() -> None:
    """Judge the markets one after the other, then print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("markets", nargs="+", metavar="MARKET", help="names or kinds of frozen markets")
    parser.add_argument("--outputs", type=Path, help="folder with a scoring run's output for each market")
    parser.add_argument("--work", type=Path, default=Path("judged"), help="where markets and stores lie")
    parser.add_argument("--json", type=Path, help="where the figures are written besides")
    given = parser.parse_args()
    judged = []
    for market in chosen(given.markets):
        judged.append(judge_market(market, given.work, given.outputs))
        print(f"{market.name}: " + ", ".join(f"{k} {v:.3f}" for k, v in judged[-1].precision.items()), flush=True)
    print("\n".join(["", *table(judged)]))
    keep(judged, given.json)


if __name__ == "__main__":
    main()
