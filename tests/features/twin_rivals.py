"""The naive twin, beside the others: which staff acted on whom, who are rivals, and what befell them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from tests.features.random_moments import Market, Row
from tests.features.twin_events import Listings, midnight
from tests.features.twin_stories import Happening

_NUMBERS = ("sales_report", "ranking_internals")


def done_by_staff(rows: Market, listings: Listings) -> Iterator[Happening]:
    """Yield what known staff did to a seller's reviews and account, and its numbers that they looked up."""
    known = {}
    for row in rows["sellers"]:
        known[row["seller_id"]] = min(row["counts_from"], known.get(row["seller_id"], row["counts_from"]))
    products = {row["review_id"]: row["product_id"] for row in rows["reviews"]}
    for row in rows["review_actions"]:
        if row["actor_kind"] == "staff" and row["actor_id"] is not None:
            seller = listings.in_force(products[row["review_id"]], row["acted_at"], row["counts_from"])["seller_id"]
            yield Happening(seller, "served", row["counts_from"], row["acted_at"], person=row["actor_id"])
    yield from _done_to_accounts(rows["account_actions"])
    for row in rows["tickets"]:
        if row["assigned_to"] is not None and row["seller_id"] in known:
            moment = max(row["counts_from"], known[row["seller_id"]])
            yield Happening(row["seller_id"], "served", moment, row["opened_at"], person=row["assigned_to"])
    tickets = {row["ticket_id"]: row for row in rows["tickets"]}
    for row in rows["staff_access"]:
        yield from _looked_up(row, tickets, listings)


def _done_to_accounts(actions: list[Row]) -> Iterator[Happening]:
    """Yield what known staff did to accounts; a suspension counts as one where it names no ticket."""
    for row in actions:
        if row["actor_kind"] != "staff" or row["actor_id"] is None:
            continue
        whats = ["served"]
        if row["kind"] == "suspended" and row["ticket_id"] is None:
            whats.append("suspended")
        for what in whats:
            yield Happening(row["seller_id"], what, row["counts_from"], row["acted_at"], person=row["actor_id"])


def _looked_up(row: Row, tickets: dict[Any, Row], listings: Listings) -> Iterator[Happening]:
    """A look-up of numbers that names no ticket, or one about another seller, from when that is known."""
    seller, moment = row["seller_id"], row["counts_from"]
    if row["resource"] not in _NUMBERS:
        return
    if seller is None:
        versions = [each for each in listings.versions if each["product_id"] == row["product_id"]]
        if not versions:
            return
        moment = max(moment, min(each["counts_from"] for each in versions))
        seller = listings.in_force(row["product_id"], row["accessed_at"], moment)["seller_id"]
    if row["ticket_id"] is not None:
        ticket = tickets.get(row["ticket_id"])
        if ticket is None or ticket["seller_id"] in {None, seller}:
            return
        moment = max(moment, ticket["counts_from"])
    yield Happening(seller, "numbers read", moment, row["accessed_at"], person=row["actor_id"], about=row)


@dataclass(frozen=True)
class Rivals:
    """Who competes with whom at a cutoff, told from its sellers and the best place of each in each query."""

    sellers: dict[Any, Row]
    best: dict[Any, dict[Any, int]]

    def __call__(self, one: Any, other: Any) -> bool:
        """Whether two sellers are rivals: near each other in three queries, or alike where one is seen in none."""
        if one == other:
            return False
        if one in self.best and other in self.best:
            mine, theirs = self.best[one], self.best[other]
            return len([query for query in mine if query in theirs and abs(mine[query] - theirs[query]) <= 20]) >= 3
        if one not in self.sellers or other not in self.sellers:
            return False
        alike = ("marketplace", "category", "size_band")
        return all(self.sellers[one][each] == self.sellers[other][each] for each in alike)


def rivals_at(cutoff: date, sellers: list[Row], ranks: list[Row], listings: Listings) -> Rivals:
    """Find the best organic places of the 91 days before a cutoff."""
    best: dict[Any, dict[Any, int]] = {}
    end, days = midnight(cutoff), timedelta(days=91)
    for row in ranks:
        observed, moment = midnight(row["observed_on"]), row["counts_from"]
        if row["sponsored"] or not end - days <= moment < end or moment > observed + timedelta(days=28):
            continue
        mine = best.setdefault(listings.in_force(row["product_id"], observed, moment)["seller_id"], {})
        mine[row["query_id"]] = min(row["position"], mine.get(row["query_id"], row["position"]))
    return Rivals({row["seller_id"]: row for row in sellers}, best)


def serving(seller: Any, happened: list[Happening]) -> set[Any]:
    """Who acted on a seller."""
    return {each.person for each in happened if each.what == "served" and each.seller == seller}


def befell_rivals(seller: Any, what: str, happened: list[Happening], rivals: Rivals, most: int) -> int:
    """How often those who acted on a seller, and not on too many, did this to its rivals."""
    served = Counter(person for person, _ in {(e.person, e.seller) for e in happened if e.what == "served"})
    mine = {person for person in serving(seller, happened) if served[person] <= most}
    return len([each for each in happened if each.what == what and each.person in mine and rivals(seller, each.seller)])


def of_ranking(read: list[Happening]) -> list[Happening]:
    """Those of the look-ups that show how places come about."""
    return [each for each in read if each.about["resource"] == "ranking_internals"]


def read_rivals(seller: Any, read: list[Happening], rivals: Rivals, most: int) -> int:
    """How often those who read a seller's ranking twice, and not too many sellers' numbers, read its rivals'."""
    times = Counter((each.person, each.seller) for each in of_ranking(read))
    sellers = Counter(person for person, _ in {(each.person, each.seller) for each in read})
    readers = {person for person, whose in times if whose == seller and times[person, whose] >= 2}
    return len([e for e in read if e.person in readers and sellers[e.person] <= most and rivals(seller, e.seller)])


def panned_rivals(seller: Any, written: list[Happening], rivals: Rivals, most: int) -> int:
    """How many reviews of one star its rivals got from those who praised a seller, and judged not too many."""
    judged = Counter(person for person, _ in {(e.person, e.seller) for e in written if e.stars in {1, 5}})
    mine = {each.person for each in written if each.seller == seller and each.stars == 5}
    few = {person for person in mine if judged[person] <= most}
    return len([e for e in written if e.stars == 1 and e.person in few and rivals(seller, e.seller)])
