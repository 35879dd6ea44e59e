"""Plots and tables of a fit for people who look into MLflow: curves, importance, reliability, settings, slices."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from model.arrays import Floats
from model.bundle import Bundle
from model.metrics import Estimate
from model.settings import Configuration

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CONFIGURATION = "configuration.json"
"""All settings of the fit; from them a champion is fitted again at past origins."""
PLOTS = "fit.png"
SHOWN_SIGNALS = 20
RELIABILITY_BINS = 5


def write_figures(
    folder: Path,
    rows: pd.DataFrame,
    bundle: Bundle,
    slices: Mapping[str, Estimate],
    configuration: Configuration,
    tables: Mapping[str, object],
) -> None:
    """Write a fit's figures, the same bytes for the same fit.

    Args:
        folder: made if it is not there.
        rows: training rows with ``label`` and out-of-fold ``margin``; the last of each seller is shown.
        bundle: the fitted model.
        slices: figures by slice.
        configuration: all settings.
        tables: further tables by name, written as JSON.

    """
    folder.mkdir(parents=True, exist_ok=True)
    last = rows.sort_values("as_of", kind="stable").drop_duplicates("seller_id", keep="last")
    found = (last["label"] == 1).to_numpy(dtype=float)[np.argsort(-last["margin"].to_numpy(), kind="stable")]
    weights = importance(bundle)
    reliable = reliability(last, bundle)
    written = {
        CONFIGURATION: configuration.model_dump(mode="json"),
        "importance.json": weights,
        "reliability.json": reliable,
        "slices.json": {name: _plain(each) for name, each in slices.items()},
        **{f"{name}.json": table for name, table in tables.items()},
    }
    for name, content in written.items():
        text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False, default=str)
        (folder / name).write_text(text + "\n", encoding="utf-8")
    _draw(folder / PLOTS, found, weights, reliable, configuration.alerts.budget)


def importance(bundle: Bundle) -> dict[str, float]:
    """Share of the trees' gain by signal, the largest first."""
    gains = bundle.as_booster().feature_importance("gain")
    shares = gains / gains.sum() if gains.sum() > 0 else gains
    named = zip(bundle.signals, shares.tolist(), strict=True)
    return dict(sorted(named, key=lambda each: (-each[1], each[0])))


def reliability(last: pd.DataFrame, bundle: Bundle) -> list[dict[str, float | int]]:
    """Promised and observed share of culprits among the judged sellers, in bins of equal size, lowest first.

    The judged were chosen by suspicion unless a design drew them, so the observed share is that of those looked at.
    """
    judged = last[last["label"].notna()]
    promised = bundle.scores(judged["margin"].to_numpy())
    order = np.argsort(promised, kind="stable")
    bins = [each for each in np.array_split(order, RELIABILITY_BINS) if len(each)]
    observed = judged["label"].to_numpy(dtype=float)
    return [
        {"sellers": len(each), "promised": float(promised[each].mean()), "observed": float(observed[each].mean())}
        for each in bins
    ]


def _precision_recall(axes: Axes, found: Floats) -> None:
    hits = np.cumsum(found)
    axes.step(hits / max(hits[-1], 1.0), hits / np.arange(1, len(hits) + 1), where="post")
    axes.set(xlabel="recall", ylabel="precision", xlim=(0, 1), ylim=(0, 1), title="out of fold, drawn sellers")


def _lift(axes: Axes, found: Floats, budget: int) -> None:
    length = np.arange(1, len(found) + 1)
    axes.plot(length, np.cumsum(found) / length / max(found.mean(), 1e-12))
    axes.axvline(budget, color="grey", linestyle="--", linewidth=1)
    axes.axhline(1, color="grey", linewidth=1)
    axes.set(xscale="log", xlabel="length of the list", ylabel="culprits beside a blind list", title="lift")


def _importance(axes: Axes, weights: Mapping[str, float]) -> None:
    shown = list(weights.items())[:SHOWN_SIGNALS][::-1]
    axes.barh([name for name, _ in shown], [share for _, share in shown])
    axes.tick_params(axis="y", labelsize=6)
    axes.set(xlabel="share of the gain", title="what the trees split by")


def _reliability(axes: Axes, bins: list[dict[str, float | int]]) -> None:
    axes.plot([0, 1], [0, 1], color="grey", linewidth=1)
    axes.plot([each["promised"] for each in bins], [each["observed"] for each in bins], marker="o")
    axes.set(xlabel="promised", ylabel="observed among the judged", xlim=(0, 1), ylim=(0, 1), title="reliability")


def _draw(
    path: Path, found: Floats, weights: Mapping[str, float], reliable: list[dict[str, float | int]], budget: int
) -> None:
    """Four plots in one picture: that is drawn in half the time of four."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  (costs a second)
    from matplotlib.figure import Figure  # noqa: PLC0415

    drawing = Figure(figsize=(12, 8))
    FigureCanvasAgg(drawing)
    axes = drawing.subplots(2, 2)
    _precision_recall(axes[0, 0], found)
    _lift(axes[0, 1], found, budget)
    _reliability(axes[1, 0], reliable)
    _importance(axes[1, 1], weights)
    drawing.subplots_adjust(left=0.06, right=0.98, top=0.95, bottom=0.07, wspace=0.55, hspace=0.3)
    drawing.savefig(path, dpi=80, metadata={"Software": None})


def _plain(found: Estimate) -> dict[str, object]:
    figures = {name: getattr(found, name) for name in ("value", "low", "high")}
    known = {name: None if np.isnan(value) else value for name, value in figures.items()}
    return {**known, "positive_cases": found.positive_cases, "method": found.method}
