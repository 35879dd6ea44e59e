"""A higher place in search: how far a seller's products rose between two observations of a query.

An improvement is found once, when the observation becomes known, against the observation of the query that was last
known then. A query observed on a day shows all places down to its largest; a product not among them stood one below.
"""

from __future__ import annotations

from features.families.peers import against_peers, robust_tail
from features.families.removers import NEGATIVES_REMOVED
from features.listings import in_force
from features.lookups.query_days import OF_QUERY_DAYS
from features.measures import LONGEST_DAYS, Formula, Measure, Pairs, TileKind, or_zero
from features.signal import Signal

MICRO = 1_000_000
"""Logarithms are kept as whole millionths, so that sums and extremes do not depend on their order."""

RANK_MOVES = TileKind(
    name="rank_moves",
    folds={"observations": "sum", "gain": "max", "rise": "sum", "swing": "sum"},
    lookup=OF_QUERY_DAYS,
    facts=f"""
-- a row is an organic place of a product in a query on a day, beside its place when the query was last observed
with places as (
  select
    r.product_id, r.query_id, r.observed_on, r.sponsored, r.position,
    greatest(r.known_at, l.listing_known_at) as known_at, r.known_at as row_known_at
  from search_ranks as r
  join listing_versions as l on r.product_id = l.product_id and l.version = 1
),
-- a row is what was known of a place until it was corrected; few were
versions as (
  select product_id, query_id, observed_on, sponsored, position, known_at, cast(null as timestamp) as replaced_at
  from places anti join revised_search_ranks using (product_id, query_id, observed_on, sponsored)
  union all
  select
    product_id, query_id, observed_on, sponsored, position, known_at,
    lead(known_at) over (
      partition by query_id, observed_on, product_id, sponsored order by known_at, row_known_at, position
    ) as replaced_at
  from places semi join revised_search_ranks using (product_id, query_id, observed_on, sponsored)
),
query_days as (
  select
    query_id, observed_on, max(case when replaced_at is null then position end) as depth,
    min(known_at) as first_known_at, max(known_at) as last_known_at
  from versions
  group by query_id, observed_on
),
carried as (
  select
    query_id, observed_on, first_known_at,
    max(observed_on) over (
      partition by query_id order by first_known_at, observed_on
      rows between unbounded preceding and 1 preceding
    ) as prior_on
  from query_days
),
-- an observation older than the one carried is late news: it opens no comparison
compared as (
  select
    c.query_id, c.observed_on, c.prior_on, p.depth as prior_depth,
    p.last_known_at <= c.first_known_at as settled
  from carried as c
  join query_days as p on c.query_id = p.query_id and c.prior_on = p.observed_on
  where c.prior_on < c.observed_on
),
placed as (
  select
    o.product_id, o.observed_on, o.known_at, o.replaced_at, o.position, c.prior_on,
    p.position as prior_position, c.prior_depth
  from versions as o
  join compared as c on o.query_id = c.query_id and o.observed_on = c.observed_on and c.settled
  left join versions as p
    on o.product_id = p.product_id and o.query_id = p.query_id and c.prior_on = p.observed_on
    and not p.sponsored and p.replaced_at is null
  where not o.sponsored
  union all
  -- the earlier day was not wholly known by then: read it as it was known to each later row
  select
    o.product_id, o.observed_on, o.known_at, o.replaced_at, o.position, c.prior_on,
    max(case when r.product_id = o.product_id and not r.sponsored then r.position end) as prior_position,
    max(r.position) as prior_depth
  from versions as o
  join compared as c on o.query_id = c.query_id and o.observed_on = c.observed_on and not c.settled
  -- some row of the day is always known by then; an outer join keeps the planner from joining whole queries first
  left join versions as r
    on c.query_id = r.query_id and c.prior_on = r.observed_on
    and r.known_at <= o.known_at and (r.replaced_at is null or r.replaced_at > o.known_at)
  where not o.sponsored
  group by o.product_id, o.query_id, o.observed_on, o.known_at, o.replaced_at, o.position, c.prior_on
),
moves as (
  select
    s.seller_id, cast(p.observed_on as timestamp) as happened_at, p.known_at,
    cast(p.replaced_at as date) as until_on,
    cast(round({MICRO} * ln(1.0 * coalesce(p.prior_position, p.prior_depth + 1) / p.position)) as bigint) as rise
  from placed as p
  join listing_spans as s
    on p.product_id = s.product_id
    and {in_force("cast(p.observed_on as timestamp)", "p.known_at")}
  where p.prior_position is not null or s.listed_on <= p.prior_on
)
select
  seller_id, known_at, happened_at, until_on,
  1 as observations, greatest(rise, 0) as gain, rise, abs(rise) as swing
from moves
where until_on is null or until_on > cast(known_at as date)
""",
)


def _measure(name: str) -> Measure:
    return Measure(RANK_MOVES, name, ("search_ranks",))


GAIN = _measure("gain")
_SOURCE = (
    "DOJ, Sep 2020, through the press: search metrics sold; Zhu et al., TKDE 2015: mine the periods of unusual rank"
)


def _logs(micro: Formula) -> Formula:
    return micro / float(MICRO)


def _jump(days: int) -> Signal:
    return Signal(
        name=f"rank_jump_{days}d",
        service="rank",
        unit="log ratio",
        window_days=days,
        direction=1,
        no_events=0.0,
        why="A place in search that is given, not earned, comes at once.",
        source=_SOURCE,
        sentence=f"In {days} days a product rose to a place {{value}} times as high between two looks; usual {{peer}}.",
        formula=_logs(GAIN.largest(days)),
    )


def _change(days: int) -> Signal:
    return Signal(
        name=f"rank_jump_change_{days}d",
        service="rank",
        unit="log ratio",
        window_days=LONGEST_DAYS,
        direction=1,
        no_events=0.0,
        why="Some niches are restless: a jump counts against the seller's own largest jump before.",
        source=_SOURCE,
        sentence=f"The largest rise in {days} days is {{value}} times the largest before; usual {{peer}} times.",
        formula=_logs(GAIN.largest(days) - GAIN.largest_earlier(days)),
    )


JUMP_91 = _jump(91)

SWING = Signal(
    name="rank_swing_91d",
    service="rank",
    unit="log ratio",
    window_days=91,
    direction=0,
    no_events=0.0,
    why="How restless the seller's places are anyway: the noise in which a jump is seen.",
    source=_SOURCE,
    sentence="Between two observations in 91 days a place changed by a factor of {value} on average; usual {peer}.",
    formula=_logs(_measure("swing").total(91) / _measure("observations").total(91)),
)

_RISE, _OBSERVATIONS = _measure("rise"), _measure("observations")
_AROUND_REMOVALS = Pairs("rank_around_removals", NEGATIVES_REMOVED, (_RISE, _OBSERVATIONS), 28)


def _mean_rise(rise: Measure, observations: Measure) -> Formula:
    """Rise between two observations on average; 0 where there are none."""
    return or_zero(rise.total(91) / observations.total(91))


AFTER_REMOVALS = Signal(
    name="rank_rise_after_removals_91d",
    service="rank",
    unit="log ratio",
    window_days=91,
    direction=1,
    no_events=0.0,
    why="Removals are bought for what follows: places that rise in the 28 days after them and not in those before.",
    source=_SOURCE,
    sentence=(
        "In 28 days after staff removed bad reviews places rose {value} times as fast as in 28 before (within 91 days);"
        " usual {peer}."
    ),
    formula=_logs(
        _mean_rise(_AROUND_REMOVALS.after(_RISE), _AROUND_REMOVALS.after(_OBSERVATIONS))
        - _mean_rise(_AROUND_REMOVALS.before(_RISE), _AROUND_REMOVALS.before(_OBSERVATIONS))
    ),
)

SIGNALS: tuple[Signal, ...] = (
    _jump(28),
    JUMP_91,
    _jump(LONGEST_DAYS),
    _change(28),
    _change(91),
    SWING,
    AFTER_REMOVALS,
    against_peers(_jump(28)),
    against_peers(JUMP_91),
    robust_tail(
        _jump(28),
        "{value} of the sellers like it saw so large a rise in 28 days; usual is {peer}.",
        day_zero=True,
    ),
)
