"""The event contract, version 1, as data: every table, key, column, type, enumeration and parent.

Intake, the empty tables of ``scrubwatch init``, the simulator and the documentation read it from here; nothing about a
table is written down a second time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

VERSION = 1

Kind = Literal["key", "text", "moment", "date", "whole", "real", "flag"]
Repeat = Literal["first", "correction", "version"]

PEOPLE = frozenset({"reviewer", "staff", "person"})
"""Entities whose keys leave intake as keyed pseudonyms."""


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes:
        name: as delivered.
        kind: what it holds; a key is a string or a 64-bit integer, one type for one entity in every table.
        optional: may be null, and may be absent, which reads as null.
        values: the enumeration, if it is one; anything else reads as ``other``.
        low: least value allowed, inclusive.
        high: greatest value allowed, inclusive.
        entity: for keys, whose key it is.
        parent: the table in which the key must be found before the row counts.

    """

    name: str
    kind: Kind
    optional: bool = False
    values: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    entity: str | None = None
    parent: str | None = None

    @property
    def personal(self) -> bool:
        """Whether it names a reviewer or a member of staff."""
        return self.entity in PEOPLE


@dataclass(frozen=True)
class Table:
    """One table of the contract.

    Attributes:
        name: file or folder in the data set.
        key: columns that name a row.
        happened: column that says when it happened; where it is null, ``happened_default`` says so.
        columns: all but ``recorded_at``, which every table may have.
        required: whether a run needs it.
        repeat: what a second row with the same key and other content means: ``first`` stands and the other is
            quarantined, a ``correction`` replaces from its own known_at, a ``version`` is kept for its reader to weigh.
        happened_default: column that fills a null ``happened``.

    """

    name: str
    key: tuple[str, ...]
    happened: str
    columns: tuple[Column, ...]
    required: bool = False
    repeat: Repeat = "first"
    happened_default: str | None = None

    def column(self, name: str) -> Column:
        """The column of that name."""
        return next(column for column in self.columns if column.name == name)

    @property
    def versioned(self) -> bool:
        """Whether its rows describe something from a day on (sellers, products, staff, coverage) and are few."""
        return self.happened in {"valid_from", "from_on"}

    @property
    def parents(self) -> tuple[tuple[str, str], ...]:
        """Pairs of column and parent table for which a row waits."""
        return tuple((column.name, column.parent) for column in self.columns if column.parent is not None)


def _key(name: str, entity: str, *, parent: str | None = None, optional: bool = False) -> Column:
    return Column(name, "key", optional=optional, entity=entity, parent=parent)


def _one_of(name: str, values: str, *, optional: bool = False) -> Column:
    return Column(name, "text", optional=optional, values=tuple(values.split()))


def _text(name: str, *, optional: bool = False) -> Column:
    return Column(name, "text", optional=optional)


def _date(name: str, *, optional: bool = False) -> Column:
    return Column(name, "date", optional=optional)


def _moment(name: str, *, optional: bool = False) -> Column:
    return Column(name, "moment", optional=optional)


def _stars(name: str, *, optional: bool = False) -> Column:
    return Column(name, "whole", optional=optional, low=1, high=5)


_MOST, _MOST_MONEY = 1e9, 1e11
"""Counts and amounts of one row beyond these are mistakes of an export; a year of them still adds up exactly."""
_SELLER = _key("seller_id", "seller", parent="sellers")
_PRODUCT = _key("product_id", "product", parent="products")
_SOME_SELLER = _key("seller_id", "seller", optional=True)
_SOME_PRODUCT = _key("product_id", "product", optional=True)
_SOME_ACTOR = _key("actor_id", "staff", optional=True)
_SOME_TICKET = _key("ticket_id", "ticket", optional=True)
_SOME_CASE = _key("case_id", "case", optional=True)
_DECIDED_BY = _key("decided_by", "person", optional=True)
_VERDICT = _one_of("verdict", "manipulated cleared inconclusive other")

_TABLES = (
    Table(
        "sellers",
        ("seller_id", "valid_from"),
        "valid_from",
        (
            _key("seller_id", "seller"),
            _text("marketplace"),
            _text("category"),
            _date("opened_on"),
            _key("owner_id", "owner", optional=True),
            _date("valid_from", optional=True),
        ),
        required=True,
        happened_default="opened_on",
    ),
    Table(
        "products",
        ("product_id", "valid_from"),
        "valid_from",
        (
            _key("product_id", "product"),
            _SELLER,
            _text("category"),
            _date("listed_on"),
            _date("valid_from", optional=True),
        ),
        required=True,
        happened_default="listed_on",
    ),
    Table(
        "reviews",
        ("review_id",),
        "created_at",
        (
            _key("review_id", "review"),
            _PRODUCT,
            _key("reviewer_id", "reviewer"),
            _stars("rating"),
            Column("verified", "flag"),
            _moment("created_at"),
        ),
        required=True,
    ),
    Table(
        "review_actions",
        ("review_id", "acted_at", "kind"),
        "acted_at",
        (
            _key("review_id", "review", parent="reviews"),
            _moment("acted_at"),
            _one_of("kind", "removed restored edited kept other"),
            _stars("new_rating", optional=True),
            _one_of("actor_kind", "reviewer automation staff legal other"),
            _SOME_ACTOR,
            _text("reason", optional=True),
            _text("queue", optional=True),
            _one_of("trigger", "reader_flag seller_flag automation authority none other", optional=True),
            _SOME_TICKET,
        ),
        required=True,
    ),
    Table(
        "tickets",
        ("ticket_id",),
        "opened_at",
        (
            _key("ticket_id", "ticket"),
            _moment("opened_at"),
            _one_of("opened_by_kind", "reviewer seller automation staff other"),
            _key("opened_by", "person", optional=True),
            _SOME_SELLER,
            _text("queue", optional=True),
            _key("assigned_to", "staff", optional=True),
        ),
    ),
    Table(
        "search_ranks",
        ("product_id", "query_id", "observed_on", "sponsored"),
        "observed_on",
        (
            _PRODUCT,
            _key("query_id", "query"),
            _date("observed_on"),
            Column("position", "whole", low=1, high=_MOST),
            Column("sponsored", "flag"),
        ),
        repeat="correction",
    ),
    Table(
        "sales",
        ("product_id", "sold_on"),
        "sold_on",
        (
            _PRODUCT,
            _date("sold_on"),
            Column("units", "whole", low=-_MOST, high=_MOST),
            Column("revenue", "real", low=-_MOST_MONEY, high=_MOST_MONEY),
        ),
        repeat="correction",
    ),
    Table(
        "account_actions",
        ("seller_id", "acted_at", "kind"),
        "acted_at",
        (
            _SELLER,
            _moment("acted_at"),
            _one_of("kind", "suspended appealed reinstated warned closed category_opened other"),
            _SOME_PRODUCT,
            _one_of("actor_kind", "seller automation staff legal other"),
            _SOME_ACTOR,
            _text("reason", optional=True),
            _text("queue", optional=True),
            _SOME_TICKET,
        ),
    ),
    Table(
        "staff_access",
        ("access_id",),
        "accessed_at",
        (
            _key("access_id", "access"),
            _key("actor_id", "staff"),
            _moment("accessed_at"),
            _one_of("resource", "reviewer_contact sales_report ranking_internals account_notes other"),
            _SOME_SELLER,
            _SOME_PRODUCT,
            _key("review_id", "review", optional=True),
            _key("reviewer_id", "reviewer", optional=True),
            Column("records", "whole", optional=True, low=0, high=_MOST),
            _SOME_TICKET,
        ),
    ),
    Table(
        "staff",
        ("actor_id", "valid_from"),
        "valid_from",
        (
            _key("actor_id", "staff"),
            _text("role"),
            _text("queue", optional=True),
            _text("site", optional=True),
            Column("shared", "flag", optional=True),
            _date("valid_from", optional=True),
        ),
    ),
    Table(
        "buyer_reports",
        ("report_id",),
        "reported_at",
        (
            _key("report_id", "report"),
            _SELLER,
            _key("reviewer_id", "reviewer", optional=True),
            _moment("reported_at"),
            _one_of("kind", "off_platform_contact paid_review other"),
        ),
    ),
    Table(
        "verdicts",
        ("seller_id", "decided_at", "scheme"),
        "decided_at",
        (
            _SELLER,
            _moment("decided_at"),
            _VERDICT,
            _one_of(
                "scheme",
                "paid_removal reviewer_pressure bought_reviews paid_standing data_purchase sabotage other",
                optional=True,
            ),
            _moment("opened_at", optional=True),
            _date("onset_on", optional=True),
            _date("ended_on", optional=True),
            _date("covers_from", optional=True),
            _date("covers_to", optional=True),
            _one_of("route", "alert random disagreement tip audit appeal other"),
            Column("selection_probability", "real", optional=True, low=0, high=1),
            _DECIDED_BY,
            _SOME_CASE,
        ),
        repeat="version",
    ),
    Table(
        "staff_verdicts",
        ("actor_id", "decided_at"),
        "decided_at",
        (
            _key("actor_id", "staff"),
            _moment("decided_at"),
            _VERDICT,
            _date("onset_on", optional=True),
            _DECIDED_BY,
            _SOME_CASE,
        ),
        repeat="version",
    ),
    Table(
        "coverage",
        ("table_name", "marketplace", "from_on"),
        "from_on",
        (_text("table_name"), _text("marketplace"), _date("from_on"), _date("to_on", optional=True)),
    ),
)

TABLES: dict[str, Table] = {table.name: table for table in _TABLES}
"""Every table by its name; a parent always stands before its children."""

ALWAYS = "1970-01-01"
"""The day from which a row is valid that says nothing about it (``staff.valid_from``)."""
