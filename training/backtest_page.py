"""The weeks of a backtest as a page."""

from __future__ import annotations

from training.hindsight import Backtest
from training.page import as_svg, fill_in


def backtest_page(found: Backtest) -> str:
    """The page of a backtest, as HTML."""
    weeks = found.table.to_dict("records")
    return fill_in(
        "backtest.html",
        title=f"Backtest, {weeks[0]['as_of']} to {weeks[-1]['as_of']}",
        weeks=weeks,
        decisions=[week for week in weeks if week["outcome"] is not None],
        detection=found.detection,
        judged_by=found.judged_by,
        curves=_curves(found),
    )


def _curves(found: Backtest) -> str:
    """Precision of the lists, and the share of each list that stays."""
    from matplotlib.figure import Figure as Drawing  # noqa: PLC0415  (costs a second)

    drawing = Drawing(figsize=(7.5, 3.2))
    axes = drawing.add_subplot()
    for column, label in (("precision", "culprits among the listed"), ("kept_share", "kept from the week before")):
        axes.plot(found.table["as_of"], found.table[column], marker=".", label=label)
    axes.set_ylim(0, 1)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    drawing.autofmt_xdate()
    return as_svg(drawing)
