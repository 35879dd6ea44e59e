"""The naive twin of sales: every row beside what was known of its day before, and what the sums are taken to mean."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from features.families.sales import PRIOR_DAYS, PRIOR_UNITS
from tests.features.random_market import Row
from tests.features.twin_events import Listings, midnight
from tests.features.twin_stories import Happening

if TYPE_CHECKING:
    from tests.features.twin import View

NAN = math.nan
_YEAR = 364


def sales_of(rows: list[Row], listings: Listings) -> Iterator[Happening]:
    """Yield what each row adds to what was known of a product's day."""
    known: dict[tuple[Any, Any], Row] = {}
    for row in sorted(rows, key=lambda each: each["counts_from"]):
        day = midnight(row["sold_on"])
        seller = listings.in_force(row["product_id"], day, row["counts_from"])["seller_id"]
        before = known.get((row["product_id"], row["sold_on"]))
        yield Happening(
            seller,
            "sold",
            row["counts_from"],
            day,
            units=row["units"] - (before["units"] if before else 0),
            cents=round(100 * row["revenue"]) - (round(100 * before["revenue"]) if before else 0),
            days=0 if before else 1,
        )
        known[row["product_id"], row["sold_on"]] = row


def _sold(view: View, what: str, days: int, until: int = 0) -> int:
    return max(0, sum(getattr(each, what) for each in view.within(days, "sold", until=until)))


def units_growth(view: View, days: int, until: int = 0) -> float:
    """Units of some days beside those of the past, brought to the same number of days."""
    first = days + until
    usual = _sold(view, "units", _YEAR, until=first) * days / (_YEAR - first)
    return math.log((_sold(view, "units", first, until=until) + PRIOR_UNITS) / (usual + PRIOR_UNITS))


def _revenue_growth(view: View, days: int) -> float:
    units, cents = _sold(view, "units", _YEAR), _sold(view, "cents", _YEAR)
    if units == 0 or cents == 0:
        return NAN
    few = cents / units * PRIOR_UNITS
    usual = _sold(view, "cents", _YEAR, until=days) * days / (_YEAR - days)
    return math.log((_sold(view, "cents", days) + few) / (usual + few))


def price_change(view: View, days: int, until: int = 0) -> float:
    """The price of a unit beside that of the past, ten units of which are added."""
    first = days + until
    units, cents = _sold(view, "units", _YEAR, until=first), _sold(view, "cents", _YEAR, until=first)
    if units == 0 or cents == 0:
        return NAN
    past = cents / units
    now = (_sold(view, "cents", first, until=until) + PRIOR_UNITS * past) / (
        _sold(view, "units", first, until=until) + PRIOR_UNITS
    )
    return math.log(now / past)


def _rise_after_removals(view: View) -> float:
    """Units a product-day after removals over those before, both drawn to what all of these days sold."""
    sold = {"before": [0, 0], "after": [0, 0]}
    for side, each in view.around_removals("sold"):
        sold[side][0] += each.units
        sold[side][1] += each.days
    units, days = (sum(pair) for pair in zip(*sold.values(), strict=True))
    if days == 0:
        return NAN
    usual = max(0, units) / days
    rates = {side: max(0.0, units + PRIOR_DAYS * usual) / (days + PRIOR_DAYS) for side, (units, days) in sold.items()}
    return math.log(rates["after"] / rates["before"]) if min(rates.values()) > 0 else NAN


MEANINGS: dict[str, Callable[[View], float]] = {
    "units_sold_91d": lambda view: _sold(view, "units", 91),
    **{f"units_growth_{days}d": partial(units_growth, days=days) for days in (28, 91)},
    **{f"revenue_growth_{days}d": partial(_revenue_growth, days=days) for days in (28, 91)},
    **{f"price_change_{days}d": partial(price_change, days=days) for days in (28, 91)},
    "sales_rise_after_removals_91d": _rise_after_removals,
}
