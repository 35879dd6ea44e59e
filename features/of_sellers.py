"""The landed rows that belong to some sellers: what a held case keeps, what an explanation shows, what a pack holds."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from features.contract import TABLES
from features.engine import Session, literal
from features.landed import landed
from features.store import Manifest, Store

_PRODUCTS = "(select product_id from chosen_products)"
_SELLERS = "(select seller_id from chosen_sellers)"
_REVIEWS = f"(select review_id from reviews_all where product_id in {_PRODUCTS})"

_LOOKED_UP = f"seller_id in {_SELLERS} or product_id in {_PRODUCTS} or review_id in {_REVIEWS}"

OF_SELLERS = {
    "sellers": f"""
seller_id in {_SELLERS} or seller_id in (select seller_id from products_all where product_id in {_PRODUCTS})
""",
    "products": f"product_id in {_PRODUCTS}",
    "reviews": f"product_id in {_PRODUCTS}",
    "review_actions": f"review_id in {_REVIEWS}",
    "tickets": f"""
seller_id in {_SELLERS} or ticket_id in (
  select ticket_id from review_actions_all where review_id in {_REVIEWS}
  union
  select ticket_id from account_actions_all where seller_id in {_SELLERS}
  union
  select ticket_id from staff_access_all where {_LOOKED_UP}
)
""",
    "search_ranks": f"product_id in {_PRODUCTS}",
    "sales": f"product_id in {_PRODUCTS}",
    "account_actions": f"seller_id in {_SELLERS}",
    "staff_access": _LOOKED_UP,
    "buyer_reports": f"seller_id in {_SELLERS}",
}
"""Conditions on ``NAME_all``: a row is about these sellers, or about something that one of them ever sold."""


def open_all_rows(connection: Session, store: Store, manifest: Manifest, sellers: Collection[Any]) -> None:
    """Open ``NAME_all``, every landed row of each table, and name the sellers and all that they ever sold."""
    key_types = manifest.identity["key_types"]
    for name, table in TABLES.items():
        rows = landed(store, manifest, table, key_types)
        connection.execute(f"create or replace temp view {name}_all as {rows}")
    kind = key_types.get("seller", "varchar")
    values = ", ".join(f"({literal(each)}::{kind})" for each in sorted(sellers)) or f"(null::{kind})"
    connection.execute(
        f"create or replace temp table chosen_sellers as select * from (values {values}) as t(seller_id)"
    )
    connection.execute(
        "create or replace temp table chosen_products as"
        f" select distinct product_id from products_all where seller_id in {_SELLERS}"
    )
