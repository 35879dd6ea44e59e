"""The price of evasion as a page, and as a run in MLflow."""

from __future__ import annotations

from pathlib import Path

from model.registry import Registry
from training.evasion.report import CHANCES, Evasion, in_words, metrics_of, money
from training.page import as_svg, fill_in, write_page


def evasion_page(found: Evasion) -> str:
    """The page, as HTML."""
    return fill_in(
        "evasion.html",
        title=f"The price of evasion: {', '.join(found.named)}",
        found=found,
        words=list(in_words(found)),
        chances=(found.chance, *CHANCES),
        curves=_curves(found),
        money=money,
    )


def publish(found: Evasion, registry: Registry | None, page_file: Path | None) -> str | None:
    """Write the page to a file, if one is given, and track it in MLflow; the run's id, None without a registry."""
    page = evasion_page(found)
    if page_file is not None:
        write_page(page_file, page)
    if registry is None:
        return None
    tags = {"as_of": found.entry.isoformat(), "evaded": ", ".join(found.named)}
    return registry.track(f"evade {' and '.join(found.named)}", metrics_of(found), tags, page)


def _curves(found: Evasion) -> str:
    """Gain against chance: every strategy that was run again, and the frontier of each model."""
    from matplotlib.figure import Figure as Drawing  # noqa: PLC0415  (costs a second)

    drawing = Drawing(figsize=(7.5, 4))
    axes = drawing.add_subplot()
    for number, model in enumerate(found.named):
        colour = f"C{number}"
        axes.scatter(
            [each.chance[model] for each in found.estimated],
            [100 * each.gain for each in found.estimated],
            color=colour,
            alpha=0.35,
            s=18,
        )
        edge = found.frontier(model)
        axes.step(
            [each.chance[model] for each in edge],
            [100 * each.gain for each in edge],
            where="post",
            color=colour,
            label=model,
        )
    axes.axvline(found.chance, color="grey", linestyle="--", linewidth=1)
    axes.axhline(100 * found.gain, color="grey", linestyle="--", linewidth=1)
    axes.set_xlabel("chance of standing on a budget list within 26 weeks")
    axes.set_ylabel("expected gain, % of revenue")
    axes.set_xlim(-0.02, 1.02)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    return as_svg(drawing)
