"""Windowed measures at one cutoff or at many, from the rows of a tile kind.

A few cutoffs are one pass over the rows each. Many are read off a grid of sellers and spans of days, as in
``features.grid``; kinds with few rows are joined with the cutoffs whose windows hold them. All ways add whole numbers
only, so they agree to the last bit. What does not add up is read from the rows of each window.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from features.engine import Session, count, on_spark
from features.gathered import entities, is_gathered, streak
from features.grid import on_grid
from features.group_work import GROUP_WORK
from features.measures import Across, Pairs, TileKind, Windowed

_OLDER = 1_000_000
"""Days: of what lies before every window."""

_FEW_CUTOFFS = 2

_Part = tuple[str, list[str]]
"""SQL of a row a seller and cutoff, and its columns beside these two."""


def cutoff_table(cutoffs: Sequence[date]) -> str:
    """Table expression of the cutoffs, with the column ``as_of``."""
    dates = ", ".join(f"date '{cutoff}'" for cutoff in cutoffs)
    return f"(select unnest([{dates}]) as as_of)"


def measure(
    session: Session,
    name: str,
    tiles: str,
    windowed: Sequence[Windowed],
    cutoffs: Sequence[date],
) -> None:
    """Make the table NAME: a row is a seller and cutoff, ``seller_id``, ``as_of`` and a column for each measure.

    Args:
        session: one that can read the tiles.
        name: of the table.
        tiles: table expression of the tile rows.
        windowed: measures of one tile kind over windows of whole weeks.
        cutoffs: at least one date.

    """
    windowed = list({each.column: each for each in windowed}.values())  # a measure may be read with several needs
    parts = [*_added(session, tiles, windowed, cutoffs), *_gathered(tiles, windowed, cutoffs)]
    session.execute(f"create or replace temp table {name} as {_joined(parts, windowed)}")
    session.unregister("grid")


def _joined(parts: Sequence[_Part], windowed: Sequence[Windowed]) -> str:
    """SQL of all parts as one row a seller and cutoff."""
    if len(parts) == 1:
        return parts[0][0]
    each_part = ") union all (".join(_with_all(part, columns, windowed) for part, columns in parts)
    columns = ",\n  ".join(
        f"cast({'sum' if each.fold == 'sum' else 'max'}({each.column}) as bigint) as {each.column}" for each in windowed
    )
    return f"""
select seller_id, as_of,
  {columns}
from (({each_part})) as part
group by seller_id, as_of
"""


def _added(session: Session, tiles: str, windowed: Sequence[Windowed], cutoffs: Sequence[date]) -> Iterator[_Part]:
    added = [each for each in windowed if not is_gathered(each)]
    names = [each.column for each in added]
    if not added:
        return
    few = len(cutoffs) <= _FEW_CUTOFFS or _has_few_rows(added[0].measure.kind)
    if few or on_spark(session):  # a grid of all sellers is held by one process
        yield _direct(tiles, added, cutoffs), names
        return
    session.register("grid", on_grid(session, tiles, added, sorted(cutoffs)))
    yield "select * from grid", names
    replaced = f"(select * from {tiles} where until_on is not null)"
    # Not `limit 1`: DuckDB 2.0 was seen to wait for ever once the first row of a wide plan had been found.
    if count(session, f"select count(*) from {replaced} as tile") > 0:
        yield _direct(replaced, added, cutoffs), names


def _has_few_rows(kind: TileKind | Pairs | Across) -> bool:
    """Whether a grid of all sellers and weeks would cost more than its rows: kinds of entities, and pairs of days."""
    return not isinstance(kind, TileKind) or kind.by is not None


def _gathered(tiles: str, windowed: Sequence[Windowed], cutoffs: Sequence[date]) -> Iterator[_Part]:
    of_entities = [each for each in windowed if each.fold in {"distinct", "most_of_one"}]
    by = getattr(windowed[0].measure.kind, "by", None)
    if of_entities and by is not None:
        yield entities(tiles, of_entities, by, cutoff_table(cutoffs)), [each.column for each in of_entities]
    for each in windowed:
        if each.fold == "streak":
            yield streak(tiles, each, cutoff_table(cutoffs)), [each.column]
        elif each.fold in GROUP_WORK:
            yield GROUP_WORK[each.fold](tiles, each, cutoff_table(cutoffs)), [each.column]


def _with_all(part: str, columns: Sequence[str], windowed: Sequence[Windowed]) -> str:
    every = ", ".join(
        each.column if each.column in columns else f"cast(null as bigint) as {each.column}" for each in windowed
    )
    return f"select seller_id, as_of, {every} from ({part}) as part"


def _direct(tiles: str, windowed: Sequence[Windowed], cutoffs: Sequence[date]) -> str:
    """SQL for cutoffs one by one: rows are first summed by age between the windows' bounds, then into windows."""
    bounds = sorted({days for each in windowed for days in (each.start, each.end) if days})
    within = " ".join(f"when day >= as_of - {days} then {days}" for days in bounds) or "when false then 0"
    parts = {_of_ages(each): f"{each.fold}({each.measure.name})" for each in windowed}
    by_age = ",\n    ".join(f"{sql} as {name}" for name, sql in parts.items())
    columns = ",\n  ".join(_of_window(each) for each in windowed)
    starts = [each.start for each in windowed if each.start is not None]
    since = f" and day >= as_of - {max(starts)}" if len(starts) == len(windowed) else ""
    # one cutoff is written as a constant, so that rows of other days are left out while the files are read
    as_of = f"date '{cutoffs[0]}' as as_of from {tiles} as tile" if len(cutoffs) == 1 else None
    dated = as_of or f"cutoff.as_of from {tiles} as tile cross join {cutoff_table(cutoffs)} as cutoff"
    return f"""
with by_age as (
  select
    seller_id, as_of, late, case {within} else {_OLDER} end as within,
    {by_age}
  from (select tile.*, {dated}) as dated
  where day < as_of and (until_on is null or until_on >= as_of){since}
  group by 1, 2, 3, 4
)
select
  seller_id, as_of,
  {columns}
from by_age
group by seller_id, as_of
"""


def _of_ages(each: Windowed) -> str:
    return f"{each.measure.name}_{each.fold}"


def _of_window(each: Windowed) -> str:
    conditions = [f"within > {each.end}"] if each.end else []
    conditions += [f"within <= {each.start}"] if each.start is not None else []
    conditions += [] if each.counts_late_news else ["not late"]
    # not `filter`, which costs half as much again where there are many
    of_window = f"case when {' and '.join(conditions)} then {_of_ages(each)} end" if conditions else _of_ages(each)
    return f"cast({each.fold}({of_window}) as bigint) as {each.column}"
