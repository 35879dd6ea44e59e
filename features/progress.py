"""How far a step of known length is: told to whoever listens to the steps of a job, as a name that also counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Self, TypeVar

Item = TypeVar("Item")


class Counted(str):
    """The name of what runs, with the loop that it belongs to; a listener that wants names alone reads it as one.

    Attributes:
        loop: names the loop; what is told of the same loop is one line of progress.
        done: how much of it is done.
        total: how much there is.

    """

    __slots__ = ("done", "loop", "total")
    loop: str
    done: int
    total: int

    def __new__(cls, step: str, loop: str, done: int, total: int) -> Self:
        """Name the step."""
        counted = super().__new__(cls, step)
        counted.loop, counted.done, counted.total = loop, done, total
        return counted


def counted(
    items: Iterable[Item],
    progress: Callable[[str], None],
    loop: str,
    step: Callable[[Item], str],
    size: Callable[[Item], int] = lambda _: 1,
) -> Iterator[Item]:
    """Yield the items, telling before each how much is done, and when all is.

    Args:
        items: taken whole at the start.
        progress: told a ``Counted``.
        loop: names the loop.
        step: names what is done with an item.
        size: of an item, in whatever is counted.

    """
    listed = list(items)
    done, total = 0, sum(map(size, listed))
    for item in listed:
        progress(Counted(step(item), loop, done, total))
        yield item
        done += size(item)
    if listed:
        progress(Counted(loop, loop, total, total))
