"""Which sellers are rivals: those who stand near each other in search, or, where they are seen nowhere, their like.

Only pairs of sellers between whom something happened are looked at, so that the places of few sellers are read.
"""

from __future__ import annotations

from datetime import date, timedelta

from features.contract import TABLES
from features.landed import landed
from features.listings import in_force
from features.settings import FeatureSettings
from features.store import Manifest, Store
from features.week_files import weeks_of

RIVALS = """
-- a row is a pair of rivals among the pairs of `found`: their best places lie within 20 in at least 3 queries, or, if
-- one of them is seen in no query, they are of one marketplace, category and size
with pairs as (select distinct seller_id, other_id from found where seller_id <> other_id),
best as (
  select seller_id, query_id, min(position) as position
  from places
  where seller_id in (select seller_id from pairs union select other_id from pairs)
  group by seller_id, query_id
),
seen as (select distinct seller_id from best)
select p.seller_id, p.other_id
from pairs as p
join best as own on p.seller_id = own.seller_id
join best as other on p.other_id = other.seller_id and own.query_id = other.query_id
where abs(own.position - other.position) <= 20
group by p.seller_id, p.other_id
having count(*) >= 3
union all
select p.seller_id, p.other_id
from pairs as p
join sellers_now as own on p.seller_id = own.seller_id
join sellers_now as other
  on p.other_id = other.seller_id and own.marketplace = other.marketplace and own.category = other.category
  and own.size_band = other.size_band
where p.seller_id not in (select seller_id from seen) or p.other_id not in (select seller_id from seen)
"""
"""SQL over ``found``, ``places`` (organic places of the window) and ``sellers_now`` (the sellers at the cutoff)."""


def places(store: Store, manifest: Manifest, cutoff: date, days: int, settings: FeatureSettings) -> str:
    """SQL of the organic places that became known in the window, and soon: seller_id, query_id and position."""
    group, start = "events/search_ranks", cutoff - timedelta(days=days)
    weeks = {week for week in weeks_of(manifest, group) if start - timedelta(days=6) <= week < cutoff}
    rows = landed(
        store,
        manifest,
        TABLES["search_ranks"],
        manifest.identity["key_types"],
        weeks | _ahead(manifest, group, cutoff),
    )
    known, observed = "greatest(r.known_at, s.listing_known_at)", "cast(r.observed_on as timestamp)"
    return f"""
select s.seller_id, r.query_id, r.position
from ({rows}) as r
join listing_spans as s on r.product_id = s.product_id and {in_force(observed, known)}
where not r.sponsored
  and {known} >= timestamp '{start}' and {known} < timestamp '{cutoff}'
  and {known} <= {observed} + interval '{settings.contract.late_after_days}' day
"""


def _ahead(manifest: Manifest, group: str, cutoff: date) -> set[date]:
    """Weeks of rows that may count later than they became known, as their listing was not known then."""
    return {
        week
        for entry in manifest.group(group).values()
        if entry.ahead and (week := date.fromisoformat(entry.week)) < cutoff
    }
