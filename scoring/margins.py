"""The margins of all sellers of a cutoff: in this process, or partition by partition on Spark.

On Spark the model goes to the executors as its text and never as code: they need LightGBM, NumPy and PyArrow, and
nothing of Scrubwatch. Each row is scored by the same trees, so both ways give the same bits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.distributions import Floats
from features.stored_signals import StoredSignals
from model.bundle import Bundle
from model.settings import Configuration


def margins(signals: StoredSignals, bundle: Bundle, configuration: Configuration) -> Floats:
    """The margins of all sellers, shape (sellers,), by the engine of the settings."""
    if configuration.engine.name == "spark":
        return margins_in_partitions(signals, bundle)
    return margins_here(signals, bundle, configuration.classifier.threads)


def margins_here(signals: StoredSignals, bundle: Bundle, threads: int) -> Floats:
    """The margins of all sellers, shape (sellers,), computed in this process, a part of the rows at a time."""
    found = [bundle.margins_of_rows(rows, threads) for rows in signals.matrices(bundle.signals)]
    return np.concatenate([np.zeros(0), *found])


def margins_in_partitions(signals: StoredSignals, bundle: Bundle) -> Floats:
    """The margins of all sellers, shape (sellers,); Spark reads their file."""
    from features.spark.start import start  # noqa: PLC0415  (imports only what is asked for)

    rows = start().read.parquet(str(signals.path.absolute())).select("seller_id", *bundle.signals)
    kind = rows.schema["seller_id"].dataType.simpleString()
    scored = rows.mapInArrow(
        _scorer(bundle.booster, bundle.card.bags, bundle.signals), f"seller_id {kind}, margin double"
    ).toArrow()
    sellers = pa.array(signals.sellers["seller_id"], scored["seller_id"].type)
    places = pc.index_in(sellers, value_set=scored["seller_id"].combine_chunks())
    return np.asarray(scored["margin"].take(places).to_numpy(), dtype=np.float64)


def _scorer(
    text: str, bags: int, signals: tuple[str, ...]
) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """Make the function that an executor runs over its batches; all that it reads is shipped with it."""

    def score_batches(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import lightgbm  # noqa: PLC0415  (on an executor)
        import numpy  # noqa: ICN001, PLC0415
        import pyarrow  # noqa: ICN001, PLC0415

        booster = lightgbm.Booster(model_str=text)
        for batch in batches:
            columns = [batch.column(name).to_numpy(zero_copy_only=False) for name in signals]
            told = numpy.asarray(booster.predict(numpy.column_stack(columns), raw_score=True, num_threads=1))
            whole, parts = numpy.split(told.reshape(len(batch), -1), [bags], axis=1)
            margins = whole.sum(axis=1) + (parts.max(axis=1) if parts.size else 0.0)  # as margin_of does it here
            yield pyarrow.RecordBatch.from_arrays(
                [batch.column("seller_id"), pyarrow.array(margins)], ["seller_id", "margin"]
            )

    return score_batches
