"""The margins of all sellers of a cutoff: in this process, or partition by partition on Spark.

On Spark the model goes to the executors as its text and never as code: they need LightGBM, NumPy and PyArrow, and
nothing of Scrubwatch. Each row is scored by the same trees, so both ways give the same bits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from features.distributions import Floats
from features.panel import stored_table
from features.store import Store
from model.bundle import Bundle
from model.settings import Configuration

MarginsOf = Callable[[Bundle, pd.DataFrame], Floats]


def margins_by(store: Store, as_of: date, configuration: Configuration) -> MarginsOf:
    """How the engine of the settings computes the margins of the signal table at a cutoff, which is stored."""
    if configuration.engine.name == "spark":
        return partial(margins_in_partitions, stored_table(store, as_of, configuration))
    return partial(margins_here, configuration.classifier.threads)


def margins_here(threads: int, bundle: Bundle, signal_table: pd.DataFrame) -> Floats:
    """The margins, shape (rows,), computed in this process."""
    return bundle.margins(signal_table, threads)


def margins_in_partitions(table: Path, bundle: Bundle, signal_table: pd.DataFrame) -> Floats:
    """The margins, shape (rows,), of the sellers of a signal table that Spark reads from its file."""
    from features.spark.start import start  # noqa: PLC0415  (imports only what is asked for)

    rows = start().read.parquet(str(table.absolute())).select("seller_id", *bundle.signals)
    kind = rows.schema["seller_id"].dataType.simpleString()
    scored = rows.mapInArrow(_scorer(bundle.booster, bundle.signals), f"seller_id {kind}, margin double").toArrow()
    sellers = pa.array(signal_table["seller_id"], scored["seller_id"].type)
    places = pc.index_in(sellers, value_set=scored["seller_id"].combine_chunks())
    return np.asarray(scored["margin"].take(places).to_numpy(), dtype=np.float64)


def _scorer(text: str, signals: tuple[str, ...]) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """Make the function that an executor runs over its batches; all that it reads is shipped with it."""

    def score_batches(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import lightgbm  # noqa: PLC0415  (on an executor)
        import numpy  # noqa: ICN001, PLC0415
        import pyarrow  # noqa: ICN001, PLC0415

        booster = lightgbm.Booster(model_str=text)
        for batch in batches:
            columns = [batch.column(name).to_numpy(zero_copy_only=False) for name in signals]
            margins = booster.predict(numpy.column_stack(columns), raw_score=True, num_threads=1)
            yield pyarrow.RecordBatch.from_arrays(
                [batch.column("seller_id"), pyarrow.array(margins)], ["seller_id", "margin"]
            )

    return score_batches
