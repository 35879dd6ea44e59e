"""Who a seller is compared with, when the sellers of the same marketplace, category and size are too few."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

COMPARED = """
-- a row is a seller at a cutoff with the smallest group around him that is large enough
grouped as (
  select
    *,
    case
      when count(*) over (partition by as_of, marketplace, category, size_band) >= {least}
        then marketplace || '/' || category || '/' || size_band
      when count(*) over (partition by as_of, marketplace, size_band) >= {least}
        then marketplace || '/any/' || size_band
      when count(*) over (partition by as_of, marketplace) >= {least}
        then marketplace || '/any/any'
      else 'any/any/any'
    end as peer_group
  from measured
),
-- a row is a seller in a group: his own one, and every wider one that somebody is compared with
compared as (
  select grouped.*, peer_group as compared_with from grouped
  union all
  select grouped.*, wider.peer_group
  from grouped
  join (select distinct as_of, peer_group from grouped where peer_group like '%/any/%') as wider
    on grouped.as_of = wider.as_of
    and grouped.peer_group <> wider.peer_group
    and wider.peer_group in (
      grouped.marketplace || '/any/' || grouped.size_band, grouped.marketplace || '/any/any', 'any/any/any'
    )
)
"""
"""Steps of SQL from ``measured`` (with marketplace, category and size_band) to ``compared``."""


def in_wider_group(signal_table: pd.DataFrame, group: str) -> pd.Series:
    """Whether each row of the signal table is among the sellers of a group that others fell back to."""
    marketplace, size = signal_table["marketplace"], signal_table["size_band"]
    return (marketplace + "/any/" + size == group) | (marketplace + "/any/any" == group) | (group == "any/any/any")
