"""What staff did with a seller's negative reviews, beside what the same queues did with everybody's in these days.

A review that staff looked at is examined: removed or kept. How often a queue removes, of what age, for which reasons
and by whose hands is known from all its work up to the cutoff; a seller is held against the mix of queues that it met.
"""

from __future__ import annotations

from features.families.peers import rarity
from features.families.review_states import NEGATIVE, counted, review_steps
from features.formulas import log, share
from features.listings import done_to, in_force
from features.lookups.reviews import OF_REVIEWS
from features.measures import Measure, TileKind
from features.signal import Signal

OLD_DAYS = 28
"""Days after which a complaint is old: a report follows what it reports within days."""

_EXAMINED = "actor_kind = 'staff' and kind in ('removed', 'kept') and queue is not null"
_REVIEWS = (
    "(select review_id, product_id, rating, created_at, known_at from reviews"
    f" where {NEGATIVE} and review_id in (select review_id from review_actions where {_EXAMINED}))"
)
_KNOWN = "greatest(a.known_at, p.known_at)"

_MEASURES = {
    "queue_examined": "1",
    "queue_removed": counted("kind = 'removed'"),
    "queue_removed_old": counted(f"kind = 'removed' and happened_at >= created_at + interval '{OLD_DAYS}' day"),
}

QUEUE_WORK = TileKind(
    name="queue_work",
    folds=dict.fromkeys(_MEASURES, "sum"),
    lookup=OF_REVIEWS,
    by="actor_id",
    beside=("queue", "reason"),
    facts=f"""
-- a row is a review, negative as it was posted, that staff removed or kept in a queue
{review_steps(_REVIEWS)},
examined as (
  select
    s.seller_id, {_KNOWN} as known_at, a.acted_at as happened_at, a.kind, p.happened_at as created_at,
    a.actor_id, a.queue, a.reason
  from review_actions as a
  join posts as p on a.review_id = p.review_id
  join listing_spans as s on p.product_id = s.product_id and {in_force(done_to("a.acted_at", "p.review_id"), _KNOWN)}
  where a.{_EXAMINED.replace(" and ", " and a.")}
)
select
  seller_id, known_at, happened_at, cast(null as date) as until_on, actor_id, queue, reason,
  {", ".join(f"{sql} as {name}" for name, sql in _MEASURES.items())}
from examined
""",
)


def _measure(name: str, *more: str) -> Measure:
    return Measure(QUEUE_WORK, name, ("reviews", "review_actions", "review_actions.queue", *more))


_EXAMINED_IN_QUEUE = _measure("queue_examined")
_REMOVED = _measure("queue_removed")
_OLD = _measure("queue_removed_old")
_REMOVED_BY = _measure("queue_removed", "review_actions.actor_id")
_REMOVED_FOR = _measure("queue_removed", "review_actions.reason")

_SOURCE = "inferred: work in a queue is handed out; what differs from the queue was not handed out by it"

REMOVED_IN_QUEUES = Signal(
    name="queue_negative_removals_91d",
    service="removals",
    unit="removals",
    window_days=91,
    direction=1,
    no_events=0.0,
    why="What the queues took down of its complaints, to be held against what they usually take down.",
    source=_SOURCE,
    sentence="Staff removed {value} of its bad reviews in known queues in 91 days; usual are {peer}.",
    formula=_REMOVED.total(91),
)

EXPECTED_IN_QUEUES = Signal(
    name="queue_expected_removals_91d",
    service="removals",
    unit="expected number",
    window_days=91,
    direction=0,
    no_events=0.0,
    why="How many of the examined complaints these queues would have removed of anybody's.",
    source=_SOURCE,
    sentence="Of its bad reviews examined in 91 days the queues usually remove {value}; usual are {peer}.",
    formula=_REMOVED.expected(_EXAMINED_IN_QUEUE, 91, within="queue"),
)

REMOVED_OF_EXAMINED = Signal(
    name="examined_removal_share_91d",
    service="removals",
    unit="share",
    window_days=91,
    direction=1,
    no_events=None,
    why="An honest moderator looks and keeps most complaints; who is paid removes what he opens.",
    source=_SOURCE,
    sentence="Staff removed {value} of its bad reviews that they examined in 91 days; usual are {peer}.",
    formula=share(_REMOVED.total(91), _EXAMINED_IN_QUEUE.total(91)),
)

BEYOND_QUEUES = Signal(
    name="removals_beyond_queue_91d",
    service="removals",
    unit="log ratio",
    window_days=91,
    direction=1,
    no_events=0.0,
    why="Queues differ: one decides on spam, one on disputes. The same queue's other decisions are the fair measure.",
    source=_SOURCE,
    sentence="In 91 days staff removed {value} times as many of its bad reviews as its queues would; usual {peer}.",
    formula=log((_REMOVED.total(91) + 1.0) / (_REMOVED.expected(_EXAMINED_IN_QUEUE, 91, within="queue") + 1.0)),
)

ONE_BEYOND_QUEUES = Signal(
    name="one_remover_beyond_queue_91d",
    service="removals",
    unit="expected number",
    window_days=91,
    direction=1,
    no_events=0.0,
    why="Somebody who does a tenth of a queue's work and all of one seller's was not sent there by the queue.",
    source=_SOURCE,
    sentence=(
        "In 91 days one person removed {value} more of its bad reviews than is that person's part of the queues;"
        " usual are {peer}."
    ),
    formula=_REMOVED_BY.most_beyond(91, by="actor_id", within="queue"),
)

REASON_BEYOND_QUEUES = Signal(
    name="reason_beyond_queue_91d",
    service="removals",
    unit="expected number",
    window_days=91,
    direction=1,
    no_events=0.0,
    why="A paid removal needs some rule to cite: the same one again and again, where the queue cites many.",
    source=_SOURCE,
    sentence=(
        "In 91 days one reason stood behind {value} more removals of its bad reviews than is its part in the queues;"
        " usual are {peer}."
    ),
    formula=_REMOVED_FOR.most_beyond(91, by="reason", within="queue"),
)

ELSEWHERE = Signal(
    name="removals_outside_usual_queue_share_91d",
    service="removals",
    unit="share",
    window_days=91,
    direction=1,
    no_events=None,
    why="Staff who leave the queue in which they work to remove one seller's complaints were called.",
    source=_SOURCE,
    sentence="{value} of its bad reviews removed in 91 days fell to staff outside their usual queue; usual are {peer}.",
    formula=share(
        _REMOVED_BY.elsewhere(_measure("queue_examined", "review_actions.actor_id"), 91, by="actor_id", within="queue"),
        _REMOVED_BY.total(91),
    ),
)

OLD_BEYOND_QUEUES = Signal(
    name="old_removals_beyond_queue_91d",
    service="removals",
    unit="share difference",
    window_days=91,
    direction=1,
    no_events=None,
    why="Queues answer fresh reports; a buyer of removals also has old complaints cleared.",
    source=_SOURCE,
    sentence="Of removals in 91 days {value} more hit complaints over 28 days old than usual; usual {peer}.",
    formula=(_OLD.total(91) - _OLD.expected(_REMOVED, 91, within="queue")) / _REMOVED.total(91),
)

SIGNALS: tuple[Signal, ...] = (
    REMOVED_IN_QUEUES,
    EXPECTED_IN_QUEUES,
    REMOVED_OF_EXAMINED,
    BEYOND_QUEUES,
    ONE_BEYOND_QUEUES,
    REASON_BEYOND_QUEUES,
    ELSEWHERE,
    OLD_BEYOND_QUEUES,
    rarity(
        REMOVED_IN_QUEUES,
        EXPECTED_IN_QUEUES,
        "gamma_poisson",
        "{value} of the sellers like it lost so many bad reviews beyond their queues in 91 days; usual is {peer}.",
    ),
)
