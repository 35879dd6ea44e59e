"""One keyed read of the landed weeks for all listed sellers, and of what their market did in the same weeks.

Whatever later modules ask of single events, weekly counts, reviews and sales is read here, in one session, so that a
case costs what its seller did and no pass of its own.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import duckdb
import pandas as pd

from features.contract import TABLES
from features.engine import connect, parquet
from features.families.account_standing import STANDING
from features.families.review_counts import REVIEW_ARRIVALS
from features.families.reviewer_look_ups import TAKE_BACKS
from features.families.sales import SALES_DAYS
from features.landed import landed
from features.measures import TileKind
from features.store import Manifest, Store
from features.tiles import tile_folding
from model.settings import Configuration
from scoring.cases import statements
from scoring.people import people_at
from scoring.work import open_work

NOBODY = -1
"""Stands for a person who is not known: a null would turn pseudonyms of 60 bits into floating point."""


@dataclass(frozen=True)
class Facts:
    """What is known at the cutoff; frames are sorted by seller and time, people are pseudonyms.

    Attributes:
        as_of: the cutoff.
        weeks: Mondays of the look-back, oldest first; the last may be incomplete.
        weekly: kind, seller_id, week, count of listed sellers.
        market: kind, week, count of all sellers together.
        decisions: removals by staff of listed sellers' reviews, or by listed staff; `visible`: the review is back.
        ordinary: how often removals of negatives of sellers that are not listed look like what, by queue.
        take_backs: negative reviews of listed sellers that their authors removed or raised.
        look_ups: look-ups of listed sellers' affairs, or by listed staff.
        accounts: what was done to listed sellers' accounts and listings.
        reports: buyers' reports about listed sellers.
        ratings: seller_id, reviews, stars: the visible reviews of what the listed sellers hold now.
        praise: visible five-star reviews of listed sellers, with how many others their authors praise.
        purges: queue, reason, week, sellers, removed: praise that staff or machines removed of many sellers at once.
        owners: queue, share: how much of the removals of negatives of a queue is the work of one hand.
        unnamed: pseudonyms that nothing may hold: shared logins, and staff of sites that are not scored.
        tables: names of the tables of which the store holds rows.

    """

    as_of: date
    weeks: pd.DatetimeIndex
    weekly: pd.DataFrame
    market: pd.DataFrame
    decisions: pd.DataFrame
    ordinary: pd.DataFrame
    take_backs: pd.DataFrame
    look_ups: pd.DataFrame
    accounts: pd.DataFrame
    reports: pd.DataFrame
    ratings: pd.DataFrame
    praise: pd.DataFrame
    purges: pd.DataFrame
    owners: pd.DataFrame
    unnamed: frozenset[int]
    tables: frozenset[str]

    def person(self, actor_id: Any) -> str:
        """How a text speaks of a member of staff: by pseudonym, or not at all."""
        known = int(actor_id)
        return "a member of staff" if known == NOBODY or known in self.unnamed else f"staff {known}"


def facts_at(
    store: Store,
    as_of: date,
    configuration: Configuration,
    listed: Collection[Any],
    helpers: Collection[int],
) -> Facts:
    """Read all facts of the listed sellers and helpers at a cutoff.

    Args:
        store: landed rows and folded tiles; nothing is written to it.
        as_of: what became known from its first instant on does not count.
        configuration: engine, staff, labels and cases.
        listed: seller ids.
        helpers: pseudonyms of listed staff.

    """
    manifest = store.manifest()
    look_back = timedelta(weeks=configuration.cases.look_back_weeks)
    people = people_at(store, as_of, configuration)
    with connect(configuration.engine, store.scratch) as connection:
        open_work(connection, store, manifest, as_of, look_back, configuration.labels.investigation_weeks)
        _open_more(connection, store, manifest, as_of, look_back)
        _name(connection, manifest, listed, helpers)
        _open_tiles(connection, store, manifest, as_of, look_back, configuration)
        for name, query in statements.STEPS.items():
            connection.execute(f"create temp table {name} as {query}")
        found = {name: connection.execute(query).df() for name, query in statements.RESULTS.items()}
    workers = pd.concat([found[name]["actor_id"] for name in ("decisions", "look_ups", "accounts")])
    unlisted = set() if configuration.staff.scores(None) else set(workers) - set(people["actor_id"]) - {NOBODY}
    first = as_of - look_back
    return Facts(
        as_of=as_of,
        weeks=pd.date_range(first - timedelta(days=first.weekday()), as_of - timedelta(days=1), freq="7D"),
        unnamed=frozenset(people.loc[~people["named"].astype(bool), "actor_id"]) | unlisted,
        tables=frozenset(name for name in TABLES if manifest.group(f"events/{name}")),
        **found,
    )


def _open_more(
    connection: duckdb.DuckDBPyConnection, store: Store, manifest: Manifest, as_of: date, look_back: timedelta
) -> None:
    """Open what the work of the staff does not need: all actions on reviews ever, and buyers' reports."""
    key_types = manifest.identity.get("key_types", {})
    for view, name, since in (("all_actions", "review_actions", None), ("buyer_reports", "buyer_reports", look_back)):
        rows = landed(store, manifest, TABLES[name], key_types)
        after = "" if since is None else f" and known_at >= date '{as_of - since}'"
        connection.execute(f"create temp view {view} as select * from ({rows}) where known_at < date '{as_of}'{after}")


def _name(
    connection: duckdb.DuckDBPyConnection, manifest: Manifest, listed: Collection[Any], helpers: Collection[int]
) -> None:
    """Make the tables `listed` and `helpers`."""
    seller = manifest.identity.get("key_types", {}).get("seller", "varchar")
    for table, column, kind, keys in (
        ("listed", "seller_id", seller, listed),
        ("helpers", "actor_id", "bigint", helpers),
    ):
        connection.execute(f"create temp table {table} ({column} {kind})")
        if keys:
            connection.executemany(f"insert into {table} values (?)", [[key] for key in sorted(keys)])


def _open_tiles(
    connection: duckdb.DuckDBPyConnection,
    store: Store,
    manifest: Manifest,
    as_of: date,
    look_back: timedelta,
    configuration: Configuration,
) -> None:
    """Open the days of some tile kinds: what is known of each seller, folded once."""
    for kind in (REVIEW_ARRIVALS, TAKE_BACKS, STANDING, SALES_DAYS):
        rows = _tile_rows(store, manifest, kind, as_of - look_back, configuration)
        until = f"where day < date '{as_of}' and day >= date '{as_of - look_back}'"
        connection.execute(f"create temp view {kind.name} as select * from {rows} {until}")


def _tile_rows(store: Store, manifest: Manifest, kind: TileKind, since: date, configuration: Configuration) -> str:
    files = manifest.group(tile_folding(kind, configuration).group)
    kept = {path: entry for path, entry in files.items() if entry.week >= (since - timedelta(days=6)).isoformat()}
    if kept:
        return parquet(store.paths(kept))
    seller = manifest.identity.get("key_types", {}).get("seller", "varchar")
    folds = ", ".join(f"0::bigint as {name}" for name in kind.folds)
    return f"(select null::{seller} as seller_id, null::date as day, {folds} where false)"
