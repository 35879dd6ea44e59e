"""What is read across sellers: computed at one cutoff after the other, as it does not add up over days.

The rows of a window are summed by seller and entity once for all that reads them. Memory is that of one cutoff's
window, whatever the number of cutoffs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, timedelta

from features.engine import Session
from features.measures import LONGEST_DAYS, Across, Crossing, Measure, OnRivals, TileKind
from features.rivals import RIVALS
from features.settings import RelationSettings


def read_across(
    connection: Session,
    rows: Mapping[str, str],
    kinds: Collection[Across],
    cutoffs: Sequence[date],
    settings: RelationSettings,
    places_at: Callable[[date, int], str],
) -> None:
    """Make the table NAME_measures of each crossing and NAME_links of each relation: its rows at all cutoffs.

    Args:
        connection: a session that can read the tiles and the table ``sellers_then``.
        rows: table expression of the tile rows, by the name of their kind.
        kinds: what is read.
        cutoffs: at least one date.
        settings: which entities link nobody.
        places_at: SQL of the places in search known in so many days before a cutoff.

    """
    windows: dict[int, list[Across]] = defaultdict(list)
    for kind in kinds:
        windows[kind.days].append(kind)
    for days, alike in windows.items():
        for number, cutoff in enumerate(cutoffs):
            for entities, measures in _read(alike).items():
                sums = _in_window(rows[entities.name], entities, measures, days, cutoff)
                connection.execute(f"create or replace temp table {entities.name}_in_window as {sums}")
            for kind in alike:
                query = kind.rows.replace("{max_sellers_linked}", str(settings.max_sellers_linked))
                if isinstance(kind, OnRivals):
                    query = _on_rivals(connection, kind, query, cutoff, places_at(cutoff, days))
                into = f"insert into {_table(kind)}" if number else f"create or replace temp table {_table(kind)} as"
                connection.execute(f"{into} select date '{cutoff}' as as_of, found.* from ({query}) as found")
        for entities in _read(alike):
            connection.execute(f"drop table {entities.name}_in_window")


def _on_rivals(connection: Session, kind: OnRivals, query: str, cutoff: date, places: str) -> str:
    """SQL of the sums over rivals; makes the table ``found`` of what befell any other seller."""
    connection.execute(f"create or replace temp table found as {query}")
    connection.execute(f"create or replace temp view places as {places}")
    connection.execute(
        f"create or replace temp view sellers_now as select * from sellers_then where as_of = date '{cutoff}'"
    )
    sums = ",\n  ".join(f"cast(sum(f.{column}) as bigint) as {column}" for column in kind.columns)
    return f"""
select
  f.seller_id,
  {sums}
from found as f
join ({RIVALS}) as r on f.seller_id = r.seller_id and f.other_id = r.other_id
group by f.seller_id
"""


def _table(kind: Across) -> str:
    """The name of the table of its rows."""
    return f"{kind.name}_measures" if isinstance(kind, Crossing) else f"{kind.name}_links"


def _read(kinds: Collection[Across]) -> dict[TileKind, list[Measure]]:
    """The tile kinds that are read, with the measures."""
    found: dict[TileKind, dict[str, Measure]] = defaultdict(dict)
    for measure in (measure for kind in kinds for measure in kind.reads):
        if not isinstance(measure.kind, TileKind) or measure.kind.by is None:
            raise ValueError(f"measure '{measure.name}': '{measure.kind.name}' names no entity by which to read it")
        found[measure.kind][measure.name] = measure
    return {kind: list(measures.values()) for kind, measures in found.items()}


def _in_window(tiles: str, kind: TileKind, measures: Sequence[Measure], days: int, cutoff: date) -> str:
    """SQL: a row is a seller and entity with the sums of the measures in the window, of which one is above 0."""
    late = "" if days >= LONGEST_DAYS else " and not late"
    names = [measure.name for measure in measures]
    sums = ",\n  ".join(f"cast(sum({name}) as bigint) as {name}" for name in names)
    return f"""
select
  seller_id, {kind.by},
  {sums}
from {tiles} as tile
where day >= date '{cutoff - timedelta(days=days)}' and day < date '{cutoff}'
  and (until_on is null or until_on >= date '{cutoff}') and {kind.by} is not null{late}
group by seller_id, {kind.by}
having {" or ".join(f"sum({name}) > 0" for name in names)}
"""
