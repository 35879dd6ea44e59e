"""What is told of a loop: how much is done before each item, and the end."""

from __future__ import annotations

from features.progress import Counted, counted


def test_before_each_item_it_is_told_how_much_is_done() -> None:
    told: list[str] = []
    parts = ["ab", "c"]
    assert list(counted(parts, told.append, "letters", lambda part: f"at {part}", len)) == parts
    assert told == ["at ab", "at c", "letters"]
    assert [(each.done, each.total) for each in told if isinstance(each, Counted)] == [(0, 3), (2, 3), (3, 3)]


def test_nothing_is_told_of_nothing() -> None:
    told: list[str] = []
    assert list(counted([], told.append, "letters", str)) == []
    assert told == []
