"""Names one person for one case: with a reason, two people who answer for it, and a line in the audit log before that.

Only who has to do with the seller of the case can be named, and nobody whose site's staff are not scored.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb

from features.audit_log import AuditLog, Entry
from features.contract import TABLES
from features.engine import connect
from features.errors import WrongUse
from features.landed import landed
from features.privacy import pseudonyms_of
from features.spark.catalogue import is_catalogue
from features.store import InputFile, Store
from model.settings import Configuration
from scoring.casework.listings import seller_of_case
from scoring.people import OF_REVIEWERS, OF_STAFF, people_at, plain_ids
from training.steps import Surroundings

REVEALED = "revealed"
"""Action of the audit log."""

STAFF, REVIEWER = "staff", "reviewer"

_READ = ("products", "reviews", "review_actions", "account_actions", "staff_access", "tickets", "buyer_reports")

_KINDS = """
-- a row is a part in which a person has to do with a seller
with items as (select product_id from products where seller_id = $seller),
posts as (select review_id, reviewer_id from reviews where product_id in (select product_id from items)),
acted as (
  select actor_id, actor_kind, ticket_id from review_actions where review_id in (select review_id from posts)
  union all
  select actor_id, actor_kind, ticket_id from account_actions where seller_id = $seller
),
looked as (
  select actor_id, reviewer_id, ticket_id from staff_access
  where seller_id = $seller or product_id in (select product_id from items)
    or review_id in (select review_id from posts)
),
handled as (
  select opened_by, opened_by_kind, assigned_to from tickets
  where seller_id = $seller
    or ticket_id in (select ticket_id from acted union all select ticket_id from looked)
)
select distinct case when kind = 'reviewer' then 'reviewer' else 'staff' end
from (
  select 'reviewer' as kind, reviewer_id as person from posts
  union all
  select 'reviewer', reviewer_id from buyer_reports where seller_id = $seller
  union all
  select 'reviewer', reviewer_id from looked
  union all
  select 'staff', actor_id from looked
  union all
  select actor_kind, actor_id from acted
  union all
  select 'staff', assigned_to from handled
  union all
  select opened_by_kind, opened_by from handled where opened_by_kind in ('reviewer', 'staff')
)
where person = $person
order by 1
"""


@dataclass(frozen=True)
class Revealed:
    """A person, by name.

    Attributes:
        person: the plain id.
        kinds: ``staff``, ``reviewer`` or both.
        entry: the line of the audit log.

    """

    person: str | int
    kinds: tuple[str, ...]
    entry: Entry

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``json.dumps``."""
        return {"person": self.person, "kinds": list(self.kinds), "entry": self.entry.number, **self.entry.details}


@dataclass(frozen=True)
class Request:
    """Who wants a person named, and why.

    Attributes:
        pseudonym: of the person, as every file but those in ``restricted/`` has it: ``4711`` or ``staff 4711``.
        case_id: for which case.
        why: the reason.
        by: opaque id of who asks.
        second: of another person who agrees.

    """

    pseudonym: str
    case_id: str
    why: str
    by: str
    second: str


def reveal(
    request: Request, data: Path, store: Store, configuration: Configuration, surroundings: Surroundings
) -> Revealed:
    """Name a person, once the audit log holds who asked for it and why.

    Args:
        request: who, for which case, why.
        data: the folder of the data set, or its schema in a catalogue, which alone holds plain ids.
        store: the landed rows, the listings and the log.
        configuration: privacy, engine and staff.
        surroundings: who runs the command, and when.

    Raises:
        WrongUse: a reason or a second person is missing, or the person may not be named; nothing is named.

    """
    person = _checked(request)
    seller = seller_of_case(store, request.case_id)
    by, second = pseudonyms_of([request.by.strip(), request.second.strip()], store, configuration)
    if person in (by, second):
        raise WrongUse("--by, --second: neither of the two may be the person who is to be named")
    kinds = _kinds(store, configuration, seller, person)
    if not kinds:
        raise WrongUse(
            f"{person}: has nothing to do with the seller of case {request.case_id}; a person is named for one case"
        )
    if STAFF in kinds:
        _refuse_if_unscored(store, configuration, person, surroundings)
    name = _plain(person, kinds, data, store, configuration)
    if re.search(rf"(?<!\w){re.escape(str(name))}(?!\w)", request.why):
        raise WrongUse("--why: holds the person's plain id, which the audit log must not; say it in other words")
    details = {"case": request.case_id, "person": str(person), "kind": " and ".join(kinds)}
    people = {"by": str(by), "second": str(second)}
    log = AuditLog(store.path, surroundings.wait_seconds)
    entry = log.append(surroundings.now(), surroundings.who, REVEALED, request.why.strip(), {**details, **people})
    return Revealed(name, kinds, entry)


def _checked(request: Request) -> int:
    """The pseudonym as a number, once the request has all that it needs."""
    for option, given in (("--why", request.why), ("--by", request.by), ("--second", request.second)):
        if not given.strip():
            raise WrongUse(f"{option}: is needed; naming a person takes a reason and two people")
    if request.by.strip().casefold() == request.second.strip().casefold():
        raise WrongUse(f"--second: '{request.second}' is who asks already; another person has to agree")
    text = request.pseudonym.rpartition(" ")[2]
    if not text.isdecimal():
        raise WrongUse(f"'{request.pseudonym}' is no pseudonym; these are whole numbers, as in the evidence of a case")
    return int(text)


def _kinds(store: Store, configuration: Configuration, seller: Any, person: int) -> tuple[str, ...]:
    """In which parts the person has to do with the seller."""
    with connect(configuration.engine, store.scratch) as connection:
        open_landed(connection, store, _READ)
        return tuple(kind for (kind,) in connection.execute(_KINDS, {"seller": seller, "person": person}).fetchall())


def open_landed(connection: duckdb.DuckDBPyConnection, store: Store, names: tuple[str, ...]) -> None:
    """Open a view of each of these tables, on all rows that the store holds of it."""
    manifest = store.manifest()
    for name in names:
        rows = landed(store, manifest, TABLES[name], manifest.identity["key_types"])
        connection.execute(f"create temp view {name} as {rows}")


def _refuse_if_unscored(store: Store, configuration: Configuration, person: int, surroundings: Surroundings) -> None:
    tomorrow = surroundings.now().date() + timedelta(days=1)
    people = people_at(store, tomorrow, configuration).set_index("actor_id")["named"]
    if not (people[person] if person in people.index else configuration.staff.scores(None)):
        raise WrongUse(
            f"{person}: the staff of this site are not scored (staff.staff_scoring), or several people share this"
            " login; neither is named"
        )


def _plain(person: int, kinds: tuple[str, ...], data: Path, store: Store, configuration: Configuration) -> str | int:
    taken: Mapping[str, InputFile] = store.manifest().inputs
    files = taken if is_catalogue(data) else {path: file for path, file in taken.items() if (data / path).is_file()}
    columns = (OF_STAFF if STAFF in kinds else ()) + (OF_REVIEWERS if REVIEWER in kinds else ())
    found = plain_ids(data, files, [person], store, configuration, columns)
    if person not in found:
        raise WrongUse(f"{data}: {len(files)} of the {len(taken)} files of the store are here, and none holds {person}")
    return found[person]
