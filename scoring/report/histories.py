"""What befell some sellers week by week: ratings, places, removals, look-ups and what was done to their accounts.

A week is one of seven days that end at the cutoff. Everything that became known before the cutoff counts on the day on
which it happened, and for the seller that holds the product now.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import duckdb
import pyarrow as pa

from features.contract import TABLES
from features.engine import connect
from features.landed import landed
from features.settings import EngineSettings
from features.store import Manifest, Store

Steps = Sequence[float | None]
Rows = list[tuple[Any, ...]]

_TABLES = ("sellers", "products", "reviews", "review_actions", "search_ranks", "staff_access", "account_actions")
_RECENT = ("search_ranks", "staff_access", "account_actions")
"""Tables of which only the weeks that are shown are read; of the others an old row may still show."""

_WHOLE = 1_000_000
"""A review that is shown counts so much; one that should have stayed, its probability of it: sums of whole numbers."""


@dataclass(frozen=True)
class History:
    """A seller's weeks, the oldest first.

    Attributes:
        shown: rating shown at the end of each week, None where no review is shown.
        restored: the same if the reviews that should have stayed had, each weighted by its probability.
        places: best organic place in search seen in each week, None where none was.
        removals: (week, by, how many of one or two stars, how many others), in order; by is a pseudonym, or the kind of
            actor (``staff`` for those who may not be told apart).
        look_ups: (week, by, how many).
        account: (day, kind, by).

    """

    shown: Steps
    restored: Steps
    places: Sequence[int | None]
    removals: Sequence[tuple[int, str, int, int]]
    look_ups: Sequence[tuple[int, str, int]]
    account: Sequence[tuple[date, str, str]]


@dataclass(frozen=True)
class People:
    """Which members of staff may be told apart: by pseudonym, and those who stand in no table of the staff."""

    named: Mapping[int, bool]
    others_named: bool


def histories(
    store: Store,
    sellers: Collection[Any],
    stay: Mapping[Any, float],
    as_of: date,
    weeks: int,
    settings: EngineSettings,
    people: People,
) -> dict[Any, History]:
    """Read what befell these sellers.

    Args:
        store: the landed rows.
        sellers: their ids.
        stay: probability that a removed review should have stayed, by review_id.
        as_of: the cutoff.
        weeks: how many to show.
        settings: the engine's.
        people: who of the staff may be told apart.

    """
    manifest = store.manifest()
    with connect(settings, store.scratch) as connection:
        _open(connection, store, manifest, as_of, weeks)
        _name(connection, manifest.identity.get("key_types", {}), sellers, stay, people)
        for statement in _STEPS:
            connection.execute(statement)
        given = {"as_of": as_of, "weeks": weeks, "others_named": str(people.others_named).lower()}
        found = {name: _by_seller(connection, query.format(**given)) for name, query in _QUERIES.items()}
    return {
        seller: _history({name: rows.get(seller, []) for name, rows in found.items()}, weeks)
        for seller in sorted(sellers)
    }


def _by_seller(connection: duckdb.DuckDBPyConnection, query: str) -> dict[Any, Rows]:
    """The rows of a query by their first column, the seller, without it."""
    rows: dict[Any, Rows] = {}
    for seller, *rest in connection.execute(query).fetchall():
        rows.setdefault(seller, []).append(tuple(rest))
    return rows


def _open(connection: duckdb.DuckDBPyConnection, store: Store, manifest: Manifest, as_of: date, weeks: int) -> None:
    """Let the session see each table as it was known at the cutoff."""
    since = as_of - timedelta(weeks=weeks, days=6)
    for name in _TABLES:
        wanted = None
        if name in _RECENT:
            of_group = {date.fromisoformat(entry.week) for entry in manifest.group(f"events/{name}").values()}
            wanted = {week for week in of_group if since <= week < as_of}
        rows = landed(store, manifest, TABLES[name], manifest.identity.get("key_types", {}), wanted)
        connection.execute(f"create temp view {name} as select * from ({rows}) where known_at < date '{as_of}'")


def _name(
    connection: duckdb.DuckDBPyConnection,
    key_types: Mapping[str, str],
    sellers: Collection[Any],
    stay: Mapping[Any, float],
    people: People,
) -> None:
    """Make the tables ``wanted``, ``stay`` and ``people``."""
    seller, review = key_types.get("seller", "varchar"), key_types.get("review", "varchar")
    given: dict[str, dict[str, tuple[str, list[Any]]]] = {
        "wanted": {"seller_id": (seller, sorted(sellers))},
        "stay": {
            "review_id": (review, list(stay)),
            "parts": ("bigint", [round(_WHOLE * share) for share in stay.values()]),
        },
        "people": {
            "actor_id": ("bigint", list(people.named)),
            "named": ("boolean", list(people.named.values())),
        },
    }
    for name, columns in given.items():
        connection.register(f"given_{name}", pa.table({column: pa.array(each[1]) for column, each in columns.items()}))
        casts = ", ".join(f"cast({column} as {kind}) as {column}" for column, (kind, _) in columns.items())
        connection.execute(f"create temp table {name} as select {casts} from given_{name}")


_STEPS = (
    """
-- a row is a product of one of the sellers, as it is held now
create temp table held as
select product_id, arg_max(seller_id, (valid_from, known_at)) as seller_id
from products group by product_id
having arg_max(seller_id, (valid_from, known_at)) in (select seller_id from wanted)
""",
    """
-- a row is a review of one of them
create temp table their_reviews as
select h.seller_id, r.review_id, r.rating, r.created_at from reviews as r join held as h on r.product_id = h.product_id
""",
    """
-- a row is a thing that happened to one of these reviews
create temp table their_actions as
select r.seller_id, r.rating, a.* from review_actions as a join their_reviews as r on a.review_id = r.review_id
""",
)


def _week(moment: str) -> str:
    """SQL of the week of a moment, 0 for the first that is shown; ``weeks`` and ``as_of`` are put in later."""
    days = f"date_diff('day', cast({moment} as date), date '{{as_of}}')"
    return f"cast({{weeks}} - 1 - floor(({days} - 1) / 7) as bigint)"


def _by(actor_kind: str) -> str:
    """SQL of who did something: a pseudonym where the person may be told apart, else what kind of actor it was."""
    named = "actor_id is not null and coalesce(p.named, {others_named})"
    return f"case when {actor_kind} = 'staff' and {named} then cast(actor_id as varchar) else {actor_kind} end"


_RATINGS = f"""
-- a row is a seller and week in which ratings moved: by how much do shown and restored stars and reviews change
with steps as (
  select seller_id, review_id, created_at as changed_at, 0 as place, rating, 1 as shown from their_reviews
  union all
  select seller_id, review_id, acted_at, 1, case when kind = 'edited' then new_rating end,
    case kind when 'removed' then 0 when 'restored' then 1 end
  from their_actions where kind in ('removed', 'restored', 'edited')
),
states as (
  select
    seller_id, review_id, changed_at, place,
    last_value(rating ignore nulls) over so_far as rating,
    last_value(shown ignore nulls) over so_far as shown
  from steps
  window so_far as (
    partition by review_id order by changed_at, place, shown rows between unbounded preceding and current row
  )
),
weighed as (
  select
    s.*, s.shown * {_WHOLE} as shown_parts,
    case when s.shown = 1 then {_WHOLE} else coalesce(stay.parts, 0) end as restored_parts
  from states as s left join stay on s.review_id = stay.review_id
),
moved as (
  select
    seller_id, {_week("changed_at")} as week,
    shown_parts - lag(shown_parts, 1, 0) over earlier as shown,
    shown_parts * rating - lag(shown_parts * rating, 1, 0) over earlier as shown_stars,
    restored_parts - lag(restored_parts, 1, 0) over earlier as restored,
    restored_parts * rating - lag(restored_parts * rating, 1, 0) over earlier as restored_stars
  from weighed
  window earlier as (partition by review_id order by changed_at, place, shown)
)
select
  seller_id, greatest(week, -1) as week, sum(shown)::bigint as shown, sum(shown_stars)::bigint as shown_stars,
  sum(restored)::bigint as restored, sum(restored_stars)::bigint as restored_stars
from moved
group by seller_id, greatest(week, -1)
order by seller_id, week
"""

_PLACES = f"""
-- a row is a seller's best organic place in a week; the latest word on an observation stands
with observed as (
  select r.product_id, r.query_id, r.observed_on, arg_max(r.position, r.known_at) as position
  from search_ranks as r semi join held as h on r.product_id = h.product_id
  where not r.sponsored
  group by r.product_id, r.query_id, r.observed_on
)
select h.seller_id, {_week("o.observed_on")} as week, min(o.position)::bigint as place
from observed as o join held as h on o.product_id = h.product_id
group by h.seller_id, week
order by h.seller_id, week
"""

_REMOVALS = f"""
-- a row is what one person, or one kind of actor, removed of a seller in a week
select
  seller_id, {_week("acted_at")} as week,
  {_by("actor_kind")} as who,
  count(*) filter (where rating <= 2)::bigint as negatives, count(*) filter (where rating > 2)::bigint as others
from their_actions left join people as p using (actor_id) where kind = 'removed'
group by seller_id, week, who
order by seller_id, week, who
"""

_LOOK_UPS = f"""
-- a row is what one person looked up of a seller, its products, reviews or reviewers in a week
select
  coalesce(w.seller_id, h.seller_id, r.seller_id) as seller_id, {_week("l.accessed_at")} as week,
  {_by("'staff'")} as who, count(*)::bigint as look_ups
from staff_access as l
left join people as p using (actor_id)
left join wanted as w on l.seller_id = w.seller_id
left join held as h on l.seller_id is null and l.product_id = h.product_id
left join their_reviews as r on l.seller_id is null and l.product_id is null and l.review_id = r.review_id
where coalesce(w.seller_id, h.seller_id, r.seller_id) is not null
group by coalesce(w.seller_id, h.seller_id, r.seller_id), week, who
order by seller_id, week, who
"""

_ACCOUNT = f"""
-- a row is something that was done to the account of a seller
select
  a.seller_id, {_week("a.acted_at")} as week, cast(a.acted_at as date) as day, a.kind,
  {_by("a.actor_kind")} as who
from account_actions as a semi join wanted as w on a.seller_id = w.seller_id left join people as p using (actor_id)
order by a.seller_id, a.acted_at, a.kind, who
"""

_QUERIES = {
    "ratings": _RATINGS,
    "places": _PLACES,
    "removals": _REMOVALS,
    "look_ups": _LOOK_UPS,
    "account": _ACCOUNT,
}


def _history(rows: Mapping[str, Rows], weeks: int) -> History:
    """Put the rows of one seller together; the first column of each is the week, below 0 before the weeks shown."""
    recent = {name: [row for row in each if row[0] >= 0] for name, each in rows.items()}
    places: dict[int, int] = dict(recent["places"])
    shown, restored = _ratings(rows["ratings"], weeks)
    return History(
        shown=shown,
        restored=restored,
        places=[places.get(week) for week in range(weeks)],
        removals=recent["removals"],
        look_ups=recent["look_ups"],
        account=[row[1:] for row in recent["account"]],
    )


def _ratings(moved: Rows, weeks: int) -> tuple[Steps, Steps]:
    """Shown and restored mean at the end of each week, from what changed in the weeks so far; -1 is all before them."""
    changes = {week: change for week, *change in moved}
    sums, means = [0, 0, 0, 0], []
    for week in range(-1, weeks):
        sums = [total + change for total, change in zip(sums, changes.get(week, [0, 0, 0, 0]), strict=True)]
        means.append((_mean(*sums[:2]), _mean(*sums[2:])))
    return [shown for shown, _ in means[1:]], [restored for _, restored in means[1:]]


def _mean(parts: int, stars: int) -> float | None:
    return None if parts == 0 else round(stars / parts, 4)
