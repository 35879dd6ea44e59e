"""The comparison of models as a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from model.registry import Registry
from model.tracked import Registered
from training.comparison import Figure, ModelComparison, in_words
from training.evidence import QUALITY
from training.page import as_svg, fill_in, write_page
from training.reliability import TOPS


@dataclass(frozen=True)
class PastVersion:
    """A version registered so far; ``quality`` is its average precision out of fold, None where not measured."""

    label: str
    as_of: str
    outcome: str
    quality: float | None


def comparison_page(found: ModelComparison, history: Sequence[PastVersion]) -> str:
    """The page of a comparison, as HTML."""
    return fill_in(
        "comparison.html",
        title=f"Models compared: {', '.join(found.models)}",
        found=found,
        words=list(in_words(found)),
        figures_by_rows=_by_rows(found.figures),
        tops=TOPS,
        curves=_curves(found),
        history=history,
    )


def publish(found: ModelComparison, registry: Registry | None, page_file: Path | None) -> str | None:
    """Write the page to a file, if one is given, and track it in MLflow; the run's id, None without a registry."""
    history = [] if registry is None else [_past(*each) for each in registry.versions(QUALITY)]
    page = comparison_page(found, history)
    if page_file is not None:
        write_page(page_file, page)
    if registry is None:
        return None
    metrics = {
        f"{each.rows.replace(' ', '_')}.{each.metric}.{each.model.replace(' ', '-')}": each.found.value
        for each in found.figures
    }
    tags = {"as_of": found.as_of.isoformat(), "compared": ", ".join(found.models)}
    return registry.track(f"compare {' with '.join(found.models)}", metrics, tags, page)


def _past(version: Registered, quality: float | None) -> PastVersion:
    return PastVersion(version.label, version.tags.get("as_of", ""), version.tags.get("outcome", ""), quality)


def _by_rows(figures: Sequence[Figure]) -> Mapping[str, Sequence[Figure]]:
    rows = dict.fromkeys(each.rows for each in figures)
    return {name: [each for each in figures if each.rows == name] for name in rows}


def _curves(found: ModelComparison) -> str:
    """How many culprits each model finds with lists of every length; empty where there is none."""
    if not any(found.curves.values()):
        return ""
    from matplotlib.figure import Figure as Drawing  # noqa: PLC0415  (costs a second)

    drawing = Drawing(figsize=(7.5, 3.6))
    axes = drawing.add_subplot()
    for model, curve in found.curves.items():
        axes.step(range(len(curve) + 1), [0, *curve], where="post", label=model)
    axes.axvline(found.budget, color="grey", linestyle="--", linewidth=1)
    axes.set_xscale("symlog", linthresh=10)
    axes.set_xlabel("length of the list")
    axes.set_ylabel("culprits on it")
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    return as_svg(drawing)
