"""Who the sellers were at a cutoff: all whose account was known, with marketplace, category, owner and size."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from features.contract import TABLES
from features.families.review_counts import ARRIVED
from features.landed import landed
from features.measures import LONGEST_DAYS
from features.store import Manifest, Store
from features.windows import cutoff_table

SIZE = ARRIVED.total(LONGEST_DAYS)
"""The size of a seller: the number of reviews that arrived in the 364 days before the cutoff."""


def sellers_then(store: Store, manifest: Manifest, cutoffs: Sequence[date]) -> str:
    """SQL: a row is a seller at a cutoff, with its place in the order of both, from 0.

    The measures of its size are read from the tables KIND_measures.
    """
    rows = landed(store, manifest, TABLES["sellers"], manifest.identity["key_types"])
    joins = "\n".join(
        f"left join {kind}_measures"
        f" on {kind}_measures.seller_id = known.seller_id and {kind}_measures.as_of = known.as_of"
        for kind in sorted({each.measure.kind.name for each in SIZE.inputs})
    )
    return f"""
with known as (
  select
    s.*, c.as_of, row_number() over (partition by s.seller_id, c.as_of order by s.valid_from desc) as age
  from ({rows}) as s
  join {cutoff_table(cutoffs)} as c on s.known_at < c.as_of
)
select
  known.seller_id, known.as_of, known.marketplace, known.category, known.owner_id,
  case when {SIZE.sql} = 0 then 'none' else 'e' || cast(floor(log10({SIZE.sql})) as bigint) end as size_band,
  row_number() over (order by known.as_of, known.seller_id) - 1 as place
from known
{joins}
where known.age = 1
"""
