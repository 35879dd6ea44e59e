"""The contract's tables as the simulator writes them: what each column holds."""

from __future__ import annotations

from typing import NamedTuple


class Column(NamedTuple):
    """What a column holds: `id` (of an entity), `word` (of a vocabulary), `time`, `date`, `int`, `float` or `bool`."""

    kind: str
    of: str = ""


def _id(entity: str) -> Column:
    return Column("id", entity)


def _word(vocabulary: str) -> Column:
    return Column("word", vocabulary)


TIME, DATE, INT, FLOAT, BOOL, OPAQUE = (Column(k) for k in ("time", "date", "int", "float", "bool", "opaque"))

# Enumerations of the contract and free words; categories, queues and marketplaces come from the settings.
WORDS: dict[str, tuple[str, ...]] = {
    "action": ("removed", "restored", "edited", "kept", "other"),
    "actor_kind": ("reviewer", "automation", "staff", "legal", "other"),
    "trigger": ("reader_flag", "seller_flag", "automation", "authority", "none", "other"),
    "reason": ("incentivised", "off_topic", "delivery", "abusive", "duplicate", "conflict_of_interest", "policy"),
    "opened_by_kind": ("reviewer", "seller", "automation", "staff", "other"),
    "account_action": ("suspended", "appealed", "reinstated", "warned", "closed", "category_opened", "other"),
    "account_actor_kind": ("seller", "automation", "staff", "legal", "other"),
    "account_reason": ("performance", "documents", "listing_policy", "linked_account", "complaint", "application"),
    "resource": ("reviewer_contact", "sales_report", "ranking_internals", "account_notes", "other"),
    "role": ("moderator", "account_specialist", "support", "analyst", "investigator"),
    "site": ("north", "south", "west"),
    "report": ("off_platform_contact", "paid_review", "other"),
    "verdict": ("manipulated", "cleared", "inconclusive"),
    "scheme": (
        "paid_removal",
        "reviewer_pressure",
        "bought_reviews",
        "paid_standing",
        "data_purchase",
        "sabotage",
        "other",
    ),
    "explanation": (
        "review_bomb",
        "delivery_trouble",
        "zealous_service",
        "deal_club",
        "viral",
        "serial_flagger",
        "key_account",
        "wrong_suspension",
        "swindled",
    ),
    "route": ("alert", "random", "disagreement", "tip", "audit", "appeal"),
}

TABLES: dict[str, dict[str, Column]] = {
    "sellers": {
        "seller_id": _id("seller"),
        "marketplace": _word("marketplace"),
        "category": _word("category"),
        "opened_on": DATE,
        "owner_id": _id("owner"),
        "valid_from": DATE,
    },
    "products": {
        "product_id": _id("product"),
        "seller_id": _id("seller"),
        "category": _word("category"),
        "listed_on": DATE,
        "valid_from": DATE,
    },
    "reviews": {
        "review_id": _id("review"),
        "product_id": _id("product"),
        "reviewer_id": _id("reviewer"),
        "rating": INT,
        "verified": BOOL,
        "created_at": TIME,
    },
    "review_actions": {
        "review_id": _id("review"),
        "acted_at": TIME,
        "kind": _word("action"),
        "new_rating": INT,
        "actor_kind": _word("actor_kind"),
        "actor_id": OPAQUE,
        "reason": _word("reason"),
        "queue": _word("queue"),
        "trigger": _word("trigger"),
        "ticket_id": _id("ticket"),
    },
    "tickets": {
        "ticket_id": _id("ticket"),
        "opened_at": TIME,
        "opened_by_kind": _word("opened_by_kind"),
        "opened_by": OPAQUE,
        "seller_id": _id("seller"),
        "queue": _word("queue"),
        "assigned_to": _id("staff"),
    },
    "search_ranks": {
        "product_id": _id("product"),
        "query_id": _id("query"),
        "observed_on": DATE,
        "position": INT,
        "sponsored": BOOL,
    },
    "sales": {"product_id": _id("product"), "sold_on": DATE, "units": INT, "revenue": FLOAT},
    "account_actions": {
        "seller_id": _id("seller"),
        "acted_at": TIME,
        "kind": _word("account_action"),
        "product_id": _id("product"),
        "actor_kind": _word("account_actor_kind"),
        "actor_id": OPAQUE,
        "reason": _word("account_reason"),
        "queue": _word("queue"),
        "ticket_id": _id("ticket"),
    },
    "staff_access": {
        "access_id": _id("access"),
        "actor_id": _id("staff"),
        "accessed_at": TIME,
        "resource": _word("resource"),
        "seller_id": _id("seller"),
        "product_id": _id("product"),
        "review_id": _id("review"),
        "reviewer_id": _id("reviewer"),
        "records": INT,
        "ticket_id": _id("ticket"),
    },
    "staff": {
        "actor_id": _id("staff"),
        "role": _word("role"),
        "queue": _word("queue"),
        "site": _word("site"),
        "shared": BOOL,
        "valid_from": DATE,
    },
    "buyer_reports": {
        "report_id": _id("report"),
        "seller_id": _id("seller"),
        "reviewer_id": _id("reviewer"),
        "reported_at": TIME,
        "kind": _word("report"),
    },
    "verdicts": {
        "seller_id": _id("seller"),
        "decided_at": TIME,
        "verdict": _word("verdict"),
        "scheme": _word("scheme"),
        "opened_at": TIME,
        "onset_on": DATE,
        "ended_on": DATE,
        "covers_from": DATE,
        "covers_to": DATE,
        "route": _word("route"),
        "selection_probability": FLOAT,
        "decided_by": _id("staff"),
        "case_id": _id("case"),
    },
    "staff_verdicts": {
        "actor_id": _id("staff"),
        "decided_at": TIME,
        "verdict": _word("verdict"),
        "onset_on": DATE,
        "decided_by": _id("staff"),
        "case_id": _id("case"),
    },
}


def code(vocabulary: str, word: str) -> int:
    """Place of a word in its vocabulary: columns hold such places, -1 for null."""
    return WORDS[vocabulary].index(word)
