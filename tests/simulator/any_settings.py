"""Markets of any parameters: every number among the simulator's settings, moved within what its type allows."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from simulator.settings import SimulatorSettings, settings_with

MOVED_AT_ONCE = 8


def _numbers() -> dict[tuple[str, str], Any]:
    """Every number in the configuration by section and name; the market's size and seed are drawn apart."""
    written = settings_with({}, sellers=1, weeks=1, seed=1)
    return {
        (section, name): value
        for section, settings in written
        if section != "market"
        for name, value in settings
        if isinstance(value, int | float)
    }


def _values(section: str, name: str, value: Any) -> st.SearchStrategy[Any]:
    """From the type's lower end (a fifth, where 0 is not allowed) to its upper end, or five times what is written."""
    marks = getattr(SimulatorSettings, "model_fields")[section].annotation.model_fields[name].metadata  # noqa: B009
    least = {bound: getattr(mark, bound) for mark in marks for bound in ("ge", "gt", "le") if hasattr(mark, bound)}
    if isinstance(value, int):
        return st.integers(least.get("ge", 0), max(3 * value, 3))
    if "gt" in least:
        return st.floats(value / 5, value * 5)
    if least.get("ge") == 1:
        return st.floats(1.0, value * 5)
    return st.floats(least.get("ge", -1.0), least.get("le", max(5 * abs(value), 1.0)))


@st.composite
def any_settings(draw: st.DrawFn) -> SimulatorSettings:
    """A tiny market in which up to eight settings are moved, and how many reviews lie there at the start."""
    moved = draw(st.lists(st.sampled_from(sorted(_numbers())), max_size=MOVED_AT_ONCE, unique=True))
    overrides: dict[str, dict[str, Any]] = {"market": {"stock_weeks": draw(st.integers(0, 30))}}
    for section, name in moved:
        overrides.setdefault(section, {})[name] = draw(_values(section, name, _numbers()[section, name]))
    sellers, weeks, seed = draw(st.integers(1, 60)), draw(st.integers(1, 9)), draw(st.integers(0, 1000))
    return settings_with(overrides, sellers=sellers, weeks=weeks, seed=seed)
