"""The tickets under which staff removed negative reviews: without one, or with one that does not ask for the removal.

Honest removals answer a request that somebody else made, about that seller, before. A paid one has none, or one that
its own hand opened, afterwards, about another seller, or for several at once.
"""

from __future__ import annotations

from features.families.peers import expected, rarity
from features.families.removals import NEGATIVE_REMOVALS
from features.families.removers import BY_KNOWN, NEGATIVES_REMOVED, UNTICKETED
from features.families.review_states import counted, negatives_removed
from features.formulas import share
from features.lookups.tickets import OF_TICKETED_REVIEWS
from features.measures import LONGEST_DAYS, Measure, TileKind, Together
from features.signal import Signal

_HANDLED = (
    "select review_id from review_actions where kind = 'removed' and actor_kind = 'staff' and ticket_id is not null"
)
_REVIEWS = f"(select review_id, product_id, rating, created_at, known_at from reviews where review_id in ({_HANDLED}))"

_FLAWS = {
    "own": "opened_by = actor_id",
    "later": "opened_at > happened_at",
    "foreign": "about <> seller_id",
}
_MEASURES = {
    "ticket_removals": counted("what = 'removed'"),
    "ticket_removals_seen": counted("what = 'seen'"),
    **{f"ticket_removals_{flaw}": counted(f"what = 'seen' and {flawed}") for flaw, flawed in _FLAWS.items()},
    "ticket_removals_flawed": counted(f"what = 'seen' and ({' or '.join(_FLAWS.values())})"),
    "ticket_removals_shared": counted("what = 'shared'"),
}

TICKET_REMOVALS = TileKind(
    name="ticket_removals",
    folds=dict.fromkeys(_MEASURES, "sum"),
    lookup=OF_TICKETED_REVIEWS,
    by="ticket_id",
    facts=f"""
-- a row is a removal that names a ticket, that its ticket is known, or that the ticket served another seller too
{negatives_removed(_REVIEWS)},
named as (select * from removals where ticket_id is not null),
served as (select ticket_id, seller_id, min(known_at) as known_at from named group by ticket_id, seller_id),
facts_of_tickets as (
  select seller_id, known_at, happened_at, ticket_id, 'removed' as what, actor_id,
    cast(null as timestamp) as opened_at, actor_id as opened_by, seller_id as about
  from named
  union all
  select n.seller_id, greatest(n.known_at, t.known_at), n.happened_at, n.ticket_id, 'seen', n.actor_id,
    t.opened_at, t.opened_by, t.seller_id
  from named as n join tickets as t on n.ticket_id = t.ticket_id
  union all
  select n.seller_id, greatest(n.known_at, min(o.known_at)), n.happened_at, n.ticket_id, 'shared', n.actor_id,
    null, null, null
  from named as n join served as o on n.ticket_id = o.ticket_id and n.seller_id <> o.seller_id
  group by n.review_id, n.seller_id, n.known_at, n.happened_at, n.ticket_id, n.actor_id
)
select
  seller_id, known_at, happened_at, cast(null as date) as until_on, ticket_id,
  {", ".join(f"{sql} as {name}" for name, sql in _MEASURES.items())}
from facts_of_tickets
""",
)

_SOURCE = (
    "WSJ, 16 Sep 2018, through the press: staff delete on order; that an order leaves no request of others is inferred"
)


def _measure(name: str, *more: str) -> Measure:
    return Measure(TICKET_REMOVALS, name, ("reviews", "review_actions", "review_actions.ticket_id", *more))


_NAMED = _measure("ticket_removals")
_SEEN = _measure("ticket_removals_seen", "tickets")
_OPENED_BY = ("tickets", "tickets.opened_by", "review_actions.actor_id")
_ABOUT = ("tickets", "tickets.seller_id")
_IRREGULAR = Together((UNTICKETED, _measure("ticket_removals_flawed", *_OPENED_BY, *_ABOUT)))


def _flawed_share(flaw: str, needs: tuple[str, ...], why: str, what: str) -> Signal:
    return Signal(
        name=f"{flaw}_ticket_removal_share_91d",
        service="removals",
        unit="share",
        window_days=91,
        direction=1,
        no_events=None,
        why=why,
        source=_SOURCE,
        sentence=f"Of the bad reviews removed under a ticket in 91 days {{value}} {what}; usual are {{peer}}.",
        formula=share(
            _measure(f"ticket_removals_{flaw}", *needs).total(91),
            (_SEEN if needs else _NAMED).total(91),
        ),
    )


UNTICKETED_SHARE = Signal(
    name="unticketed_removal_share_91d",
    service="removals",
    unit="share",
    window_days=91,
    direction=1,
    no_events=None,
    why="A removal that answers nobody's request has another reason.",
    source=_SOURCE,
    sentence="{value} of its bad reviews that staff removed in 91 days went without a ticket; usual are {peer}.",
    formula=share(UNTICKETED.total(91), NEGATIVES_REMOVED.total(91)),
)


def _irregular(days: int) -> Signal:
    return Signal(
        name=f"irregular_removals_{days}d",
        service="removals",
        unit="removals",
        window_days=days,
        direction=1,
        no_events=0.0,
        why="No ticket, or one opened by the same hand, after the removal or about another seller: nobody had asked.",
        source=_SOURCE,
        sentence=(
            f"Staff removed {{value}} of its bad reviews in {days} days with no ticket that asked for it;"
            " usual are {peer}."
        ),
        formula=_IRREGULAR.total(days),
    )


IN_ONE_TICKET = Signal(
    name="negative_removals_in_one_ticket_91d",
    service="removals",
    unit="removals",
    window_days=91,
    direction=1,
    no_events=0.0,
    why="Removals are sold five at a time: one ticket that clears many complaints of one seller is a batch.",
    source=_SOURCE,
    sentence="Under one ticket staff removed {value} of its bad reviews in 91 days; usual are {peer}.",
    formula=_NAMED.most_of_one(91),
)

IN_ONE_DAY = Signal(
    name="negative_removals_by_one_in_a_day_91d",
    service="removals",
    unit="removals",
    window_days=91,
    direction=1,
    no_events=0.0,
    why="An order is carried out in one sitting; complaints that are reported one by one fall on different days.",
    source=_SOURCE,
    sentence="One person of the staff removed {value} of its bad reviews on one day of the last 91; usual are {peer}.",
    formula=BY_KNOWN.largest(91),
)

SIGNALS: tuple[Signal, ...] = (
    UNTICKETED_SHARE,
    _flawed_share(
        "own",
        _OPENED_BY,
        "Who opens the ticket on which he acts asked himself.",
        "went under a ticket of the same hand",
    ),
    _flawed_share(
        "later",
        ("tickets",),
        "A ticket that is opened after the deed is a cover, not a request.",
        "went before the ticket was opened",
    ),
    _flawed_share(
        "foreign",
        _ABOUT,
        "A ticket about another seller asks for nothing here.",
        "went under a ticket about another seller",
    ),
    _flawed_share(
        "shared",
        (),
        "A broker's order serves several of his clients; a complaint is about one seller.",
        "went under a ticket that served other sellers too",
    ),
    _irregular(91),
    _irregular(LONGEST_DAYS),
    IN_ONE_TICKET,
    IN_ONE_DAY,
    expected(
        _irregular(91),
        NEGATIVE_REMOVALS,
        "beta_binomial",
        "By its own 91 days and its peers', nobody had asked for {value} of staff's removals; usual are {peer}.",
    ),
    rarity(
        _irregular(91),
        NEGATIVE_REMOVALS,
        "beta_binomial",
        "{value} of the sellers like it had so many removals that nobody asked for in 91 days; usual is {peer}.",
    ),
)
