"""Which rows of history the facts of newly known rows need, so that a new week never reads history as a whole.

A fact is known when the last of its rows is. So the facts of some weeks come from the rows of these weeks and from
those rows known before that share a key with them: the review of a removal, the last rank of a product and query.
"""

from __future__ import annotations

from dataclasses import dataclass, field

REVISED = "lookups/revised_{}"
"""The store's group of the keys of a table of which several rows stand: it may list too many, never too few."""


@dataclass(frozen=True)
class Lookup:
    """How the rows are found that facts of certain weeks are made of, and which facts a late row changes.

    All SQL reads ``listing_versions`` and ``listing_holders``, the weeks to fold as ``weeks_to_fold``
    (Mondays), and of each table that is read the rows known in these weeks (``new_TABLE``), before the last of them
    (``old_TABLE``) and at any other time (``other_TABLE``), and of the old ones those whose listing may have become
    known after they did (``ahead_TABLE``). Facts also read ``revised_TABLE``: the keys that were ever corrected.

    Attributes:
        reads: tables of the contract with events.
        touched: SQL of the table ``touched``: keys of which something became known in the weeks to fold.
        inputs: by table, SQL of the rows of other weeks that share a key with ``touched``.
        weeks: by table, SQL of the weeks in whose files ``other_TABLE`` has to be read.
        changed: SQL of the instants at which facts are known that a row of ``late_TABLE`` may change; null says that
            this cannot be told. It reads all rows there are now as ``TABLE``, and ``query_days``.
        names: tables of listings whose keys its rows name without waiting for them; they have ``late_TABLE`` too.

    """

    reads: tuple[str, ...]
    touched: str
    inputs: dict[str, str] = field(hash=False)
    changed: str
    weeks: dict[str, str] = field(default_factory=dict, hash=False)
    names: tuple[str, ...] = ()
