"""Standing of accounts and listings: suspended, appealed, returned, categories opened; by whom and on whose request.

An honest return answers an appeal, takes its time and has a ticket; a bought one is quick, comes from one hand and
answers nobody. What is said of a return is only ever added to: that an appeal came before it, and how short before.
"""

from __future__ import annotations

from features.families.peers import rarity
from features.families.review_counts import ARRIVED
from features.families.review_states import counted
from features.formulas import binned_median, share
from features.lookups.accounts import OF_ACCOUNT_ACTIONS
from features.measures import LONGEST_DAYS, Measure, TileKind, Together
from features.signal import Direction, Signal

_HOURS = tuple(6 * 2**number for number in range(9))
"""Edges of the bins from appeal to return, from 6 hours by factors of two to 64 days; the last is the longest told."""
_DAY_HOURS = 24
AGAIN_DAYS = 182
"""Days after a return in which a suspension is one more (a guess)."""

_RETURNED = "kind = 'reinstated' and actor_kind = 'staff'"
_OPENED = "kind = 'category_opened' and actor_kind = 'staff'"
_FLAWED = "what = 'seen' and (opened_by = actor_id or opened_at > happened_at or about <> seller_id)"

_MEASURES = {
    "suspended_accounts": counted("what = 'done' and kind = 'suspended' and product_id is null"),
    "suspended_listings": counted("what = 'done' and kind = 'suspended' and product_id is not null"),
    "suspended_again": counted("what = 'again'"),
    "returns": counted(f"what = 'done' and {_RETURNED}"),
    "returns_unticketed": counted(f"what = 'done' and {_RETURNED} and ticket_id is null"),
    "returns_flawed": counted(f"{_RETURNED} and {_FLAWED}"),
    **{f"returns_in_{hours}h": counted(f"what = 'appealed' and hours = {hours}") for hours in _HOURS},
    "openings": counted(f"what = 'done' and {_OPENED}"),
    "openings_unticketed": counted(f"what = 'done' and {_OPENED} and ticket_id is null"),
    "openings_flawed": counted(f"{_OPENED} and {_FLAWED}"),
}

_SAME = "p.seller_id = a.seller_id and p.product_id is not distinct from a.product_id"
_COLUMNS = "a.seller_id, a.happened_at, a.kind, a.product_id, a.actor_kind, a.actor_id, a.ticket_id"

STANDING = TileKind(
    name="account_standing",
    folds=dict.fromkeys(_MEASURES, "sum"),
    lookup=OF_ACCOUNT_ACTIONS,
    by="actor_id",
    facts=f"""
-- a row is something done to an account or listing, or that became known of it: its ticket, an appeal, a return before
with actions as (
  select
    a.seller_id, greatest(a.known_at, s.known_at) as known_at, a.acted_at as happened_at, a.kind, a.product_id,
    a.actor_kind, a.actor_id, a.ticket_id
  from account_actions as a
  join (select seller_id, min(known_at) as known_at from sellers group by seller_id) as s on a.seller_id = s.seller_id
),
edges as (select * from (values {", ".join(f"({hours})" for hours in _HOURS)}) as t(hours)),
-- a row is a return by staff and an appeal for the same account or listing before it
appealed as (
  select {_COLUMNS}, greatest(a.known_at, p.known_at) as known_at, p.happened_at as appealed_at
  from actions as a
  join actions as p
    on {_SAME} and p.kind = 'appealed' and p.happened_at <= a.happened_at
    and p.happened_at > a.happened_at - interval '{_HOURS[-1]}' hour
  where a.kind = 'reinstated' and a.actor_kind = 'staff'
),
facts_of_standing as (
  select {_COLUMNS}, a.known_at, 'done' as what, 0 as hours,
    a.actor_id as opened_by, a.happened_at as opened_at, a.seller_id as about
  from actions as a
  union all
  select {_COLUMNS}, greatest(a.known_at, t.known_at), 'seen', 0, t.opened_by, t.opened_at, t.seller_id
  from actions as a join tickets as t on a.ticket_id = t.ticket_id
  union all
  select {_COLUMNS}, min(a.known_at), 'appealed', e.hours, null, null, null
  from appealed as a
  join edges as e on a.happened_at < a.appealed_at + e.hours * interval '1' hour
  group by {_COLUMNS}, e.hours
  union all
  select {_COLUMNS}, greatest(min(a.known_at), min(p.known_at)), 'again', 0, null, null, null
  from actions as a
  join actions as p
    on {_SAME} and p.kind = 'reinstated' and p.happened_at <= a.happened_at
    and p.happened_at >= a.happened_at - interval '{AGAIN_DAYS}' day
  where a.kind = 'suspended'
  group by {_COLUMNS}
)
select
  seller_id, known_at, happened_at, cast(null as date) as until_on, actor_id,
  {", ".join(f"{sql} as {name}" for name, sql in _MEASURES.items())}
from facts_of_standing
""",
)

_TABLE = "account_actions"
_TICKET = (f"{_TABLE}.ticket_id",)
_SEEN = (*_TICKET, f"{_TABLE}.actor_id", "tickets", "tickets.opened_by", "tickets.seller_id")


def _measure(name: str, *more: str) -> Measure:
    return Measure(STANDING, name, (_TABLE, *more))


_RETURNS, _OPENINGS = _measure("returns"), _measure("openings")
_APPEALED = _measure(f"returns_in_{_HOURS[-1]}h")
_BAD_RETURNS = (_measure("returns_unticketed", *_TICKET), _measure("returns_flawed", *_SEEN))
_BAD_OPENINGS = (_measure("openings_unticketed", *_TICKET), _measure("openings_flawed", *_SEEN))

_SOURCE = (
    "DOJ, Sep 2020, through the press: insiders reinstated banned accounts, opened restricted categories and approved"
    " appeals that they had helped to write"
)
_COMMON = "about one seller in five was suspended at least once in 2019 and most return honestly (appeal services)"


def _count(name: str, counts: Measure | Together, direction: Direction, why: str, sentence: str, source: str) -> Signal:
    return Signal(
        name=f"{name}_364d",
        service="standing",
        unit="actions",
        window_days=LONGEST_DAYS,
        direction=direction,
        no_events=0.0,
        why=why,
        source=source,
        sentence=f"{sentence} {{value}} times in 364 days; usual are {{peer}}.",
        formula=counts.total(LONGEST_DAYS),
    )


ACCOUNT_SUSPENSIONS = _count(
    "account_suspensions",
    _measure("suspended_accounts"),
    0,
    "A suspension is ordinary life; what follows it is not always.",
    "The account was suspended",
    _COMMON,
)
LISTING_SUSPENSIONS = _count(
    "listing_suspensions",
    _measure("suspended_listings"),
    0,
    "Listings are taken down for many reasons; they are what a return may be bought for.",
    "A listing of the seller was suspended",
    _COMMON,
)
SUSPENDED_AGAIN = _count(
    "suspensions_after_return",
    _measure("suspended_again"),
    1,
    "Who was let back without a reason is found out again: to and fro is the trace of returns that were not earned.",
    f"The account or a listing was suspended within {AGAIN_DAYS} days after a return",
    _COMMON,
)
RETURNS = _count(
    "returns_by_staff",
    _RETURNS,
    0,
    "How often staff let the account or a listing back: the size against which doubtful returns are seen.",
    "Staff let the account or a listing back",
    _COMMON,
)
IRREGULAR_RETURNS = _count(
    "irregular_returns",
    Together(_BAD_RETURNS),
    1,
    "No ticket, or one of the same hand, of later or about another seller: nobody had asked for the return.",
    "Staff let the account or a listing back with no ticket that asked for it",
    _SOURCE,
)
IRREGULAR_OPENINGS = _count(
    "irregular_category_openings",
    Together(_BAD_OPENINGS),
    1,
    "A restricted category is opened on a request; one that nobody asked for was a favour.",
    "Staff opened a category for the seller with no ticket that asked for it",
    _SOURCE,
)
IRREGULAR = _count(
    "irregular_standing_actions",
    Together((*_BAD_RETURNS, *_BAD_OPENINGS)),
    1,
    "Returns and categories are sold by the same insiders: one count for what nobody had asked for.",
    "Staff let the seller back or opened a category with no ticket that asked for it",
    _SOURCE,
)

SIZE = Signal(
    name="reviews_arrived_364d",
    service="standing",
    unit="reviews",
    window_days=LONGEST_DAYS,
    direction=0,
    no_events=0.0,
    why="The size of the seller over a year, against which what is done to its account is seen.",
    source="exposure of irregular_standing_actions_364d",
    sentence="{value} reviews arrived in 364 days; usual are {peer}.",
    formula=ARRIVED.total(LONGEST_DAYS),
)

BY_ONE = Signal(
    name="returns_by_one_364d",
    service="standing",
    unit="actions",
    window_days=LONGEST_DAYS,
    direction=1,
    no_events=0.0,
    why="Appeals are handed out by a queue: the same hand each time was chosen.",
    source=_SOURCE,
    sentence="One person of the staff let the seller back {value} times in 364 days; usual are {peer}.",
    formula=_measure("returns", f"{_TABLE}.actor_id").most_of_one(LONGEST_DAYS),
)


def _share_of_returns(name: str, part: Measure | Together, why: str, sentence: str) -> Signal:
    return Signal(
        name=f"{name}_return_share_364d",
        service="standing",
        unit="share",
        window_days=LONGEST_DAYS,
        direction=1,
        no_events=None,
        why=why,
        source=_SOURCE,
        sentence=f"{sentence} {{value}} of the seller's returns in 364 days; usual are {{peer}}.",
        formula=share(part.total(LONGEST_DAYS), _RETURNS.total(LONGEST_DAYS)),
    )


UNAPPEALED = Signal(
    name="unappealed_return_share_364d",
    service="standing",
    unit="share difference",
    window_days=LONGEST_DAYS,
    direction=1,
    no_events=None,
    why="A return without an appeal answers nobody; some follow from a mistake that the platform found itself.",
    source=_SOURCE,
    sentence="No appeal in 64 days came before {value} of the seller's returns in 364 days; usual are {peer}.",
    formula=(_RETURNS.total(LONGEST_DAYS) - _APPEALED.total(LONGEST_DAYS)) / _RETURNS.total(LONGEST_DAYS),
)

DAYS_TO_RETURN = Signal(
    name="days_from_appeal_to_return_364d",
    service="standing",
    unit="days",
    window_days=LONGEST_DAYS,
    direction=-1,
    no_events=None,
    why="Appeals wait in a queue; one that is paid for is answered at once.",
    source=f"{_SOURCE}; times count by factors of two",
    sentence="Half of the seller's appeals that were granted in 364 days took under {value} days; usual are {peer}.",
    formula=binned_median(
        {
            hours / 24: _APPEALED.total(LONGEST_DAYS) - _measure(f"returns_in_{hours}h").total(LONGEST_DAYS)
            for hours in _HOURS[:-1]
        },
        _APPEALED.total(LONGEST_DAYS),
    ),
)

SIGNALS: tuple[Signal, ...] = (
    SIZE,
    ACCOUNT_SUSPENSIONS,
    LISTING_SUSPENSIONS,
    SUSPENDED_AGAIN,
    RETURNS,
    IRREGULAR_RETURNS,
    IRREGULAR_OPENINGS,
    IRREGULAR,
    BY_ONE,
    _share_of_returns(
        "irregular",
        Together(_BAD_RETURNS),
        "Of few returns one without a request is little, of many all without one is a habit.",
        "No ticket asked for",
    ),
    _share_of_returns(
        "same_day",
        _measure(f"returns_in_{_DAY_HOURS}h"),
        "An appeal that is granted within a day was read by somebody who waited for it.",
        "An appeal under a day old came before",
    ),
    UNAPPEALED,
    DAYS_TO_RETURN,
    rarity(
        IRREGULAR_RETURNS,
        RETURNS,
        "beta_binomial",
        "{value} of the sellers like it had so many returns that nobody asked for in 364 days; usual is {peer}.",
    ),
    rarity(
        IRREGULAR,
        SIZE,
        "gamma_poisson",
        "{value} of the sellers like it were let back or in so often unasked in 364 days; usual is {peer}.",
        day_zero=True,
    ),
    rarity(
        SUSPENDED_AGAIN,
        SIZE,
        "gamma_poisson",
        "{value} of the sellers like it were suspended so often after a return in 364 days; usual is {peer}.",
    ),
)
