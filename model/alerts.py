"""Who is listed for the investigators, and why a list is empty."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.special import expit, logit

from model.arrays import Floats
from model.calibration import Calibration
from model.draw import BUDGET, BudgetDraw
from model.settings import AlertSettings

ERROR_RATE = "error_rate"
AUDIT_COLUMNS = ("seller_id", "drawn_on", "stratum", "selection_probability")


@dataclass(frozen=True)
class Listing:
    """The lists of one cutoff, on the index of the scored sellers.

    Attributes:
        lists: a tuple of ``budget`` and ``error_rate`` a seller; audits and disagreements appear as ``budget``.
        alerted: whether the seller is on any of them.
        rank: 1 is the highest strength of the whole run; equal strengths stand in the order of the ids.
        audits: random and disagreement picks: seller_id, drawn_on (date), stratum (``marketplace/number`` from the top,
            or ``marketplace/disagreement``), selection_probability.
        empty: by list (``budget``, ``error_rate``, ``random``, ``disagreement``), why nobody is on it.
        prevalence: share of culprits re-estimated at this cutoff; None while not calibrated.
        expected_false_share: of the error-rate list, under half of that prevalence; None if it is empty.

    """

    lists: pd.Series
    alerted: pd.Series
    rank: pd.Series
    audits: pd.DataFrame
    empty: dict[str, str]
    prevalence: float | None
    expected_false_share: float | None


def list_sellers(
    scored: pd.DataFrame,
    settings: AlertSettings,
    *,
    as_of: date,
    audit_key: bytes | None,
    calibration: Calibration | None,
    resting: Collection[Any] = (),
    newer: pd.DataFrame | None = None,
    challenger: pd.Series | None = None,
) -> Listing:
    """Draw all lists of one cutoff from sellers that do not rest; on day zero, of whom anything is known.

    Whoever rests competes with newer evidence alone, once that puts it above the last place of the budget and into the
    first tenth of its marketplace.

    Args:
        scored: one row a seller: seller_id, marketplace, strength (larger first, never NaN), score (0 to 1; NaN on
            day zero).
        settings: budgets, shares and the error rate.
        as_of: the cutoff.
        audit_key: secret key of the random draw; None draws no audits.
        calibration: of the model that scored; None on day zero.
        resting: seller ids with an open case or a recent verdict.
        newer: strength and score of resting sellers by what is newer than their verdict, on their index in ``scored``.
        challenger: its strength on the index of ``scored``; None where there is no challenger.

    """
    places = _best_first(scored)
    order = scored.iloc[places]
    rank = np.empty(len(scored), dtype=np.int64)
    rank[places] = np.arange(1, len(scored) + 1)
    pool = order[~order["seller_id"].isin(list(resting))]
    if calibration is None:
        pool = pool[pool["strength"] > 0]
    if newer is not None:
        pool = _with_newer_evidence(pool, order, newer, settings)
    draw = BudgetDraw(settings, as_of, audit_key, None if challenger is None else challenger.reindex(pool.index))
    for marketplace, sellers in pool.groupby("marketplace", sort=True, observed=True):
        draw.spend(str(marketplace), sellers)
    suspects, prevalence, false_share, why = _error_rate_list(pool, calibration, settings.false_share)
    on_budget, on_error_rate = (scored.index.isin(list(listed)) for listed in (draw.listed, suspects))
    empty = draw.reasons(len(pool)) | ({ERROR_RATE: why} if why else {})
    audits = pd.DataFrame(draw.audits, columns=list(AUDIT_COLUMNS))
    return Listing(
        lists=_named_lists(on_budget, on_error_rate, scored.index),
        alerted=pd.Series(on_budget | on_error_rate, scored.index, name="alerted"),
        rank=pd.Series(rank, scored.index, name="rank"),
        audits=audits,
        empty=empty,
        prevalence=prevalence,
        expected_false_share=false_share,
    )


def _best_first(sellers: pd.DataFrame) -> NDArray[np.int64]:
    """Places of the rows, the strongest first; equal strengths stand in the order of their ids as texts."""
    columns = {
        "strength": pa.array(sellers["strength"].to_numpy(dtype=np.float64)),
        "text": pc.cast(pa.array(sellers["seller_id"]), pa.string()),
    }
    order = pc.sort_indices(pa.table(columns), sort_keys=[("strength", "descending"), ("text", "ascending")])
    return np.asarray(order.to_numpy(), dtype=np.int64)


def _with_newer_evidence(
    pool: pd.DataFrame, order: pd.DataFrame, newer: pd.DataFrame, settings: AlertSettings
) -> pd.DataFrame:
    """The pool with those resting sellers whom newer evidence alone would list, at the place that it gives them."""
    awake = order[order.index.isin(newer.index)].assign(**newer)
    bars = {
        marketplace: sellers["strength"].iloc[place - 1]
        for marketplace, sellers in pool.groupby("marketplace", observed=True)
        if (place := min(settings.budget_of(str(marketplace)), len(sellers) // 10)) > 0
    }
    awake = awake[awake["strength"] > awake["marketplace"].map(bars).astype(np.float64)]
    if awake.empty:
        return pool
    joined = pd.concat([pool, awake])
    return joined.iloc[_best_first(joined)]


def resting_sellers(
    verdict_rows: pd.DataFrame, as_of: date, rest_days: int, open_cases: Collection[Any] = ()
) -> pd.Series:
    """Sellers that take no place: with an open case, or with a verdict known before the cutoff that is not yet old.

    Args:
        verdict_rows: with seller_id, decided_at and known_at.
        as_of: the cutoff.
        rest_days: how long a seller rests after its verdict.
        open_cases: seller ids with an open case.

    Returns:
        The last decision on each, by seller id; NaT for open cases.

    """
    cutoff = pd.Timestamp(as_of)
    recent = verdict_rows["decided_at"] >= cutoff - pd.Timedelta(days=rest_days)
    known = verdict_rows["known_at"] < cutoff
    decided, opened = verdict_rows[recent & known].groupby("seller_id")["decided_at"].max(), list(open_cases)
    return decided.drop(opened, errors="ignore").reindex(decided.index.union(opened))


def prevalence_now(scores: Floats, trained_prevalence: float) -> float:
    """Share of culprits among sellers whose scores assume another share: expectation and maximisation to a fixed point.

    Args:
        scores: calibrated under ``trained_prevalence``.
        trained_prevalence: the share under which they were calibrated, above 0 and below 1.

    """
    evidence = logit(np.clip(scores, 1e-12, 1 - 1e-12)) - logit(trained_prevalence)
    share = trained_prevalence
    for _ in range(10_000):
        before, share = share, float(expit(evidence + logit(share)).mean())
        share = min(max(share, 1e-9), 1 - 1e-9)
        if abs(share - before) < 1e-10:
            break
    return share


def _error_rate_list(
    pool: pd.DataFrame, calibration: Calibration | None, false_share: float
) -> tuple[pd.Index, float | None, float | None, str]:
    nobody = pool.index[:0]
    if calibration is None:
        return nobody, None, None, "day zero: without verdicts there are no probabilities"
    if not calibration.calibrated or calibration.prevalence is None:
        return nobody, None, None, f"scores are an index, not probabilities: {calibration.reason}"
    if pool.empty:
        return nobody, None, None, "every seller rests"
    scores = pool["score"].to_numpy(dtype=np.float64)
    prevalence = prevalence_now(scores, calibration.prevalence)
    evidence = logit(np.clip(scores, 1e-12, 1 - 1e-12)) - logit(calibration.prevalence)
    cautious = expit(evidence + logit(prevalence / 2))
    false_shares = np.cumsum(1 - cautious) / np.arange(1, len(cautious) + 1)
    short_enough = np.flatnonzero(false_shares <= false_share)
    if len(short_enough) == 0:
        best = float(false_shares[0])
        why = f"even the first seller is innocent with a probability of {best:.2f}; {false_share:g} is allowed"
        return nobody, prevalence, None, why
    last = int(short_enough[-1])
    return pool.index[: last + 1], prevalence, float(false_shares[last]), ""


def _named_lists(on_budget: NDArray[np.bool_], on_error_rate: NDArray[np.bool_], index: pd.Index) -> pd.Series:
    kinds = np.empty(4, dtype=object)
    kinds[:] = [(), (BUDGET,), (ERROR_RATE,), (BUDGET, ERROR_RATE)]
    return pd.Series(kinds[on_budget + 2 * on_error_rate], index=index, name="lists")
