"""Sales: how many units, for how much money, and how both changed: what a manipulation is paid for.

By themselves they say little: seasons, prices and advertisements move them. They are what a rise in search or in stars
is held against. Days without a row say nothing; returns are negative units and revenue.
"""

from __future__ import annotations

from features.families.peers import against_peers
from features.families.removers import NEGATIVES_REMOVED
from features.formulas import Formula, log, not_negative
from features.listings import in_force
from features.lookups.sales import OF_SALES
from features.measures import LONGEST_DAYS, Measure, Pairs, TileKind
from features.signal import Signal

PRIOR_UNITS = 10.0
"""Units that are added to either side of a growth, so that one more of one is no doubling (a guess)."""
PRIOR_DAYS = 14.0
"""Product-days at the usual rate that are added to either side of a comparison of days (a guess)."""

SALES_DAYS = TileKind(
    name="sales_days",
    folds={"units": "sum", "cents": "sum", "product_days": "sum"},
    lookup=OF_SALES,
    facts=f"""
-- a row is what became known of a product's sales on a day: at first all of them, then by how much they differ
with told as (
  select
    s.seller_id, r.product_id, r.sold_on, r.units, try_cast(round(100 * r.revenue) as bigint) as cents,
    greatest(r.known_at, s.listing_known_at) as known_at, r.known_at as row_known_at
  from sales as r
  join listing_spans as s
    on r.product_id = s.product_id
    and {in_force("cast(r.sold_on as timestamp)", "greatest(r.known_at, s.listing_known_at)")}
),
-- few days were ever corrected
versions as (
  select seller_id, sold_on, known_at, units, cents, 0 as old_units, 0 as old_cents, 1 as product_days
  from told anti join revised_sales using (product_id, sold_on)
  union all
  select
    seller_id, sold_on, known_at, units, cents,
    lag(units, 1, 0) over corrections as old_units,
    lag(cents, 1, 0) over corrections as old_cents,
    case when row_number() over corrections = 1 then 1 else 0 end as product_days
  from told semi join revised_sales using (product_id, sold_on)
  window corrections as (partition by product_id, sold_on order by known_at, row_known_at, units, cents)
)
select
  seller_id, known_at, cast(sold_on as timestamp) as happened_at, cast(null as date) as until_on,
  units - old_units as units, coalesce(cents, 0) - coalesce(old_cents, 0) as cents, product_days
from versions
""",
)


def _measure(name: str) -> Measure:
    return Measure(SALES_DAYS, name, ("sales",))


UNITS, CENTS, PRODUCT_DAYS = _measure("units"), _measure("cents"), _measure("product_days")

_SOURCE = "US v. Rosenberg and others, 2020, through the press: over $100M of benefit to the sellers who paid"


def _sold(of: Measure, days: int, until: int = 0) -> Formula:
    """The sum over so many days, up to some days before the cutoff."""
    return not_negative(of.earlier(until, days + until) if until else of.total(days))


def _past(of: Measure, days: int, until: int = 0) -> Formula:
    """The sum over the year before the cutoff, up to the first of those days."""
    return not_negative(of.earlier(days + until))


def _usual(of: Measure, days: int, until: int = 0) -> Formula:
    """What the seller's own past lets expect in so many days."""
    return _past(of, days, until) * (days / (LONGEST_DAYS - days - until))


def units_growth(days: int, until: int = 0) -> Formula:
    """Units of so many days, up to some days before the cutoff, beside the past: a smoothed log ratio."""
    return log(_sold(UNITS, days, until) + PRIOR_UNITS) - log(_usual(UNITS, days, until) + PRIOR_UNITS)


def _revenue_growth(days: int) -> Formula:
    """Revenue beside the seller's own past, smoothed by as many units at the year's price."""
    prior = _sold(CENTS, LONGEST_DAYS) / _sold(UNITS, LONGEST_DAYS) * PRIOR_UNITS
    return log(_sold(CENTS, days) + prior) - log(_usual(CENTS, days) + prior)


def price_change(days: int, until: int = 0) -> Formula:
    """The mean price of those days beside the past's, as a log ratio drawn to 0; null without a past price."""
    past = _past(CENTS, days, until) / _past(UNITS, days, until)
    now = (_sold(CENTS, days, until) + past * PRIOR_UNITS) / (_sold(UNITS, days, until) + PRIOR_UNITS)
    return log(now) - log(past)


UNITS_SOLD = Signal(
    name="units_sold_91d",
    service="sales",
    unit="units",
    window_days=91,
    direction=0,
    no_events=0.0,
    why="The size of the business, returns taken off: what a helper's price is held against.",
    source=_SOURCE,
    sentence="It sold {value} units in 91 days; usual are {peer}.",
    formula=_sold(UNITS, 91),
)


def _growth(days: int) -> Signal:
    return Signal(
        name=f"units_growth_{days}d",
        service="sales",
        unit="log ratio",
        window_days=LONGEST_DAYS,
        direction=0,
        no_events=0.0,
        why="What help is bought for; seasons and prices move it too, so it is read beside rank, stars and the peers.",
        source=_SOURCE,
        sentence=f"It sold {{value}} times as many units in {days} days as in the months before; usual {{peer}} times.",
        formula=units_growth(days),
    )


def _money(days: int) -> Signal:
    return Signal(
        name=f"revenue_growth_{days}d",
        service="sales",
        unit="log ratio",
        window_days=LONGEST_DAYS,
        direction=0,
        no_events=0.0,
        why="Units can be given away; revenue that grows with them is the benefit itself.",
        source=_SOURCE,
        sentence=f"It took {{value}} times as much money in {days} days as in the months before; usual {{peer}} times.",
        formula=_revenue_growth(days),
    )


def _price(days: int) -> Signal:
    return Signal(
        name=f"price_change_{days}d",
        service="sales",
        unit="log ratio",
        window_days=LONGEST_DAYS,
        direction=0,
        no_events=None,
        why="A lower price is the honest way to more sales and a higher place; the mix of products moves it too.",
        source="inferred: what sells more because it costs less needs no helper",
        sentence=f"A unit cost {{value}} times as much in {days} days as in the months before; usual {{peer}} times.",
        formula=price_change(days),
    )


_AROUND_REMOVALS = Pairs("sales_around_removals", NEGATIVES_REMOVED, (UNITS, PRODUCT_DAYS), 28)


def _rate(units: Formula, days: Formula, usual: Formula) -> Formula:
    """Units a product-day, drawn to the usual rate."""
    return not_negative(units + usual * PRIOR_DAYS) / (days + PRIOR_DAYS)


def _rise_after_removals() -> Formula:
    units_before, units_after = (side(UNITS).total(91) for side in (_AROUND_REMOVALS.before, _AROUND_REMOVALS.after))
    days_before, days_after = (
        side(PRODUCT_DAYS).total(91) for side in (_AROUND_REMOVALS.before, _AROUND_REMOVALS.after)
    )
    usual = not_negative(units_before + units_after) / (days_before + days_after)
    return log(_rate(units_after, days_after, usual)) - log(_rate(units_before, days_before, usual))


AFTER_REMOVALS = Signal(
    name="sales_rise_after_removals_91d",
    service="sales",
    unit="log ratio",
    window_days=91,
    direction=1,
    no_events=None,
    why="Removals are bought for what follows: days that sell more after them than days before them did.",
    source=_SOURCE,
    sentence=(
        "In 28 days after staff removed bad reviews a day sold {value} times as many units as in 28 before (within 91"
        " days); usual {peer}."
    ),
    formula=_rise_after_removals(),
)

SIGNALS: tuple[Signal, ...] = (
    UNITS_SOLD,
    _growth(28),
    _growth(91),
    _money(28),
    _money(91),
    _price(28),
    _price(91),
    AFTER_REMOVALS,
    against_peers(_growth(28)),
    against_peers(_growth(91)),
)
