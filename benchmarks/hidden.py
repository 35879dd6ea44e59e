"""How well guilt hides in the hard markets, measured on what was simulated and on its truth.

python -m benchmarks.hidden [--work DIR]     measures every hard market; fails where one is outside what was promised
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import duckdb

from benchmarks.frozen import frozen_market, frozen_names
from benchmarks.made import made
from simulator.judge import open_truth

FEWEST_DECISIONS = 50
"""Decisions of a bribed moderator below which no share is taken of them."""


class Hidden(NamedTuple):
    """What makes a market hard.

    Attributes:
        paid_share: greatest share of paid removals among a bribed moderator's decisions while he served.
        ticketed_share: share of the paid removals that cite a (forged) ticket; more than was set after a takedown.
        small_share: share of the clients of paid removal that had under five removed a month.
        crowded_share: share of the rings that began with two or more moderators.
        rarest_look_alike: sellers with the rarest honest look-alike, for each guilty seller.

    """

    paid_share: float
    ticketed_share: float
    small_share: float
    crowded_share: float
    rarest_look_alike: float

    def broken(self) -> list[str]:
        """What was promised of a hard market and does not hold."""
        promises = {
            "paid removals are over 5 % of a bribed moderator's decisions": self.paid_share > 0.05,
            "under half of the paid removals cite a forged ticket": self.ticketed_share < 0.45,
            "under a quarter of the clients stay under five removals a month": self.small_share < 0.25,
            "under half of the rings have two moderators": self.crowded_share < 0.45,
            "a look-alike is rarer than guilt": self.rarest_look_alike <= 1,
        }
        return [sentence for sentence, breaks in promises.items() if breaks]


_PAID_SHARE = f"""
with bribed as (
  select actor_id, min(onset_on) as onset_on, max(coalesce(ended_on, date '9999-01-01')) as ended_on
  from true_staff
  join (select distinct actor_id from staff where role = 'moderator') using (actor_id)
  group by actor_id
)
select max(paid / decided)
from (
  select
    bribed.actor_id,
    count(*) as decided,
    count(*) filter (true_review_actions.review_id is not null and not cover) as paid
  from bribed
  join review_actions as acts
    on acts.actor_id = bribed.actor_id
    and acts.kind in ('removed', 'kept')
    and cast(acts.acted_at as date) between bribed.onset_on and bribed.ended_on
  left join true_review_actions
    on true_review_actions.review_id = acts.review_id and true_review_actions.acted_at = acts.acted_at
  group by bribed.actor_id
)
where decided >= {FEWEST_DECISIONS}
"""
_TICKETED_SHARE = """
select avg(cast(ticket_id is not null as int))
from review_actions
join true_review_actions using (review_id, acted_at)
where not cover and scheme = 'paid_removal'
"""
_SMALL_SHARE = """
with clients as (
  select
    seller_id,
    min(greatest(onset_on, begins)) as from_on,
    max(coalesce(ended_on, ends)) as to_on
  from true_schemes
  cross join (select cast(min(acted_at) as date) as begins, cast(max(acted_at) as date) as ends from review_actions)
  where scheme = 'paid_removal'
  group by seller_id
),
removed as (
  select seller_id, count(*) as reviews
  from true_review_actions
  where not cover and scheme = 'paid_removal'
  group by seller_id
)
select avg(cast(coalesce(reviews, 0) * 30.4 / greatest(to_on - from_on, 7) < 5 as int))
from clients
left join removed using (seller_id)
"""
_CROWDED_SHARE = """
select avg(cast(first_moderators >= 2 as int))
from (
  select ring_id, count(*) filter (role = 'moderator' and onset_on = began_on) as first_moderators
  from (select *, min(onset_on) over (partition by ring_id) as began_on from true_staff)
  join (select actor_id, any_value(role) as role from staff group by actor_id) using (actor_id)
  group by ring_id
)
"""
_RAREST = """
select min(sellers) / (select count(distinct seller_id) from true_schemes)
from (select count(distinct seller_id) as sellers from true_look_alikes group by explanation)
"""


def how_hidden(data: Path, truth: Path) -> Hidden:
    """Measure one market with at least one ring."""
    with duckdb.connect() as connection:
        connection.execute("set enable_progress_bar = false; set threads = 2")
        for name in ("review_actions", "staff"):
            connection.execute(f"create view {name} as from read_parquet('{data}/{name}/*/*.parquet')")
        open_truth(connection, truth)
        queries = (_PAID_SHARE, _TICKETED_SHARE, _SMALL_SHARE, _CROWDED_SHARE, _RAREST)
        return Hidden(*(float((connection.execute(query).fetchone() or [0])[0]) for query in queries))


def measured(work: Path) -> Iterator[tuple[str, Hidden]]:
    """Every hard market, made in the work folder or reused."""
    for name in frozen_names():
        if frozen_market(name).kind == "hard":
            place = made(frozen_market(name), work)
            yield name, how_hidden(place.data, place.truth)


def main() -> int:
    """Print what was measured; the exit code is the number of markets that break a promise."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path("judged"), help="where markets lie")
    broken = 0
    print("| market | greatest paid share | with a ticket | under five a month | rings of two | rarest look-alike |")
    print("| --- |" + " ---: |" * 5)
    for name, market in measured(parser.parse_args().work):
        print(f"| {name} | " + " | ".join(f"{value:.3f}" for value in market) + " |", flush=True)
        broken += bool(market.broken())
        for sentence in market.broken():
            print(f"{name}: {sentence}", file=sys.stderr)
    return broken


if __name__ == "__main__":
    sys.exit(main())
