"""Members of staff: what is known of each at a cutoff, who may be named, and the plain ids behind the pseudonyms."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from pathlib import Path

import pandas as pd

from features.contract import TABLES
from features.engine import connect, open_session, parquet
from features.landed import landed
from features.privacy import privacy_key
from features.reading import pseudonym
from features.spark.catalogue import is_catalogue
from features.store import InputFile, Store
from model.settings import Configuration

OF_STAFF = (
    ("staff", "actor_id"),
    ("review_actions", "actor_id"),
    ("account_actions", "actor_id"),
    ("staff_access", "actor_id"),
    ("tickets", "assigned_to"),
    ("tickets", "opened_by"),
)
"""Tables and columns that name staff, the shortest first: later ones are read only for whom earlier ones lack."""

OF_REVIEWERS = (
    ("buyer_reports", "reviewer_id"),
    ("staff_access", "reviewer_id"),
    ("tickets", "opened_by"),
    ("reviews", "reviewer_id"),
)
"""Tables and columns that name reviewers, the shortest first."""


def people_at(store: Store, as_of: date, configuration: Configuration) -> pd.DataFrame:
    """Return the members of staff known before a cutoff, one row each, by actor_id (pseudonym).

    Columns: actor_id, role, named (their site is scored and the login is nobody else's), found_on (day of the verdict
    that found them manipulated, if that is their last one).
    """
    manifest = store.manifest()
    key_types = manifest.identity.get("key_types", {})
    with connect(configuration.engine, store.scratch) as connection:
        for name in ("staff", "staff_verdicts"):
            rows = landed(store, manifest, TABLES[name], key_types)
            connection.execute(f"create temp view {name} as select * from ({rows}) where known_at < date '{as_of}'")
        people = connection.execute("""
-- a row is a member of staff as last known
select
  s.actor_id, arg_max(s.role, (s.valid_from, s.known_at)) as role, arg_max(s.site, (s.valid_from, s.known_at)) as site,
  bool_or(coalesce(s.shared, false)) as shared, any_value(v.found_on) as found_on
from staff as s
left join (
  select actor_id, cast(max(decided_at) as date) as found_on
  from staff_verdicts group by actor_id having arg_max(verdict, decided_at) = 'manipulated'
) as v on s.actor_id = v.actor_id
group by s.actor_id
order by s.actor_id
""").df()
    scored = people["site"].map(lambda site: configuration.staff.scores(site if isinstance(site, str) else None))
    people["named"] = scored.astype(bool) & ~people["shared"].astype(bool)
    return people[["actor_id", "role", "named", "found_on"]]


def with_unlisted(people: pd.DataFrame, actor_ids: pd.Series, configuration: Configuration) -> pd.DataFrame:
    """Add those who worked and stand in no table of the staff: of no known role and site."""
    unlisted = pd.Index(actor_ids.unique()).difference(people["actor_id"])
    more = pd.DataFrame(
        {"actor_id": unlisted, "role": "", "named": configuration.staff.scores(None), "found_on": pd.NaT}
    )
    return pd.concat([people, more], ignore_index=True) if len(more) else people


def plain_ids(
    data: Path,
    files: Mapping[str, InputFile],
    wanted: Collection[int],
    store: Store,
    configuration: Configuration,
    columns: Sequence[tuple[str, str]] = OF_STAFF,
) -> dict[int, str | int]:
    """The ids that the data set gives to these pseudonyms; one that it no longer holds is missing.

    Args:
        data: the folder of the data set, or its schema in a catalogue that the engine knows.
        files: its files, by path below the folder; of a catalogue, its days.
        wanted: pseudonyms.
        store: whose key made them.
        configuration: privacy and engine.
        columns: where to look for them, by table.

    """
    found: dict[int, str | int] = {}
    with open_session(configuration.engine, store.scratch) as session:
        session.execute("set variable privacy_key = ?", [privacy_key(configuration.privacy, store)])
        for table, column in columns:
            missing = set(wanted) - set(found)
            paths = [data / path for path, file in sorted(files.items()) if file.table == table]
            if not missing or not paths:
                continue
            rows = f"{data}.{table}" if is_catalogue(data) else parquet(paths)
            if column in session.sql(f"select * from {rows} limit 0").to_arrow_table().column_names:
                named = session.execute(f"""
select pseudonym, {column}
from (select {column}, {pseudonym(column)} as pseudonym from (select distinct {column} from {rows}))
where pseudonym in ({", ".join(map(str, sorted(missing)))})
""")
                found.update(named.fetchall())
    return found
