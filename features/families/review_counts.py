"""Reviews of a seller, as counts that add up: what arrived, what stands, what was removed, by whom, of which stars."""

from __future__ import annotations

from features.families.review_states import NEGATIVE, POSITIVE, counted, review_steps
from features.formulas import Formula
from features.lookups.reviews import OF_REVIEWS
from features.measures import Measure, TileKind, Together

_BY = {"staff": "'staff'", "author": "'reviewer'", "automation": "'automation'"}

_PLAIN = {
    "came": "1",
    "came_negative": counted(NEGATIVE),
    "came_positive": counted(POSITIVE),
    "came_stars": "rating",
    "came_five": counted("rating = 5"),
    "came_five_unverified": counted("rating = 5 and not verified"),
}

REVIEW_ARRIVALS = TileKind(
    name="review_arrivals",
    folds=dict.fromkeys(_PLAIN, "sum"),
    lookup=OF_REVIEWS,
    facts=f"""
-- a row is a review that arrives at a seller and is shown there
{review_steps("reviews", "verified")}
select seller_id, known_at, happened_at, cast(null as date) as until_on,
  {", ".join(f"{sql} as {name}" for name, sql in _PLAIN.items())}
from held_posts
where holder = seller_id
""",
)

_FACTS = f"""
-- a row is one thing that happened to a review later, or that it arrived where another seller held the product
{review_steps()},
entries as (
  select seller_id, known_at, happened_at, 'arrived' as what, 1 as sign, rating, rating as posted,
    cast(null as varchar) as actor_kind, true as visible, false as withheld, false as withdrawn
  from held_posts where holder <> seller_id
  union all
  select holder, known_at, held_since, 'arrived', 1, rating, rating, null, true, false, false
  from held_posts where holder <> seller_id
  union all
  select holder, known_at, happened_at, 'standing', 1, rating, rating, null, true, false, false
  from held_posts where holder <> seller_id
  union all
  select holder, known_at, happened_at, 'standing', 1, rating, posted, null, visible, withheld, withdrawn
  from steps where step = 1
  union all
  select old_holder, known_at, happened_at, 'standing', -1, old_rating, posted, null,
    was_visible, was_withheld, was_withdrawn
  from steps where step = 1
  union all
  select holder, known_at, happened_at, 'arrived', 1, rating, posted, null, true, false, false
  from steps where kind = 'moved' and visible and holder <> old_holder
  union all
  select holder, known_at, happened_at, 'turned', 1, rating, posted, null, true, false, false
  from steps
  where kind = 'edited' and visible
    and (rating <= 2 and old_rating > 2 or rating >= 4 and old_rating < 4)
  union all
  select seller_id, known_at, happened_at, 'removed', 1, old_rating, posted, actor_kind, false, false, false
  from steps where kind = 'removed' and was_visible and not visible
)
select seller_id, known_at, happened_at, cast(null as date) as until_on, {{measures}}
from entries
"""


def _stood(condition: str, value: str = "1") -> str:
    return f"case when what = 'standing' and {condition} then sign * {value} else 0 end"


_MEASURES = {
    "arrived": counted("what = 'arrived'"),
    "arrived_negative": counted(f"what in ('arrived', 'turned') and {NEGATIVE}"),
    "arrived_positive": counted(f"what in ('arrived', 'turned') and {POSITIVE}"),
    "arrived_stars": "case when what = 'arrived' then rating else 0 end",
    "visible": _stood("visible"),
    "visible_negative": _stood(f"visible and {NEGATIVE}"),
    "visible_positive": _stood(f"visible and {POSITIVE}"),
    "visible_stars": _stood("visible", "rating"),
    "withheld": _stood("withheld"),
    "withheld_stars": _stood("withheld", "rating"),
    "withdrawn": _stood("withdrawn"),
    "withdrawn_stars": _stood("withdrawn", "rating"),
    "raised_stars": _stood("(visible or withheld or withdrawn) and rating > posted", "(rating - posted)"),
    "removed": counted("what = 'removed'"),
    **{f"removed_{by}": counted(f"what = 'removed' and actor_kind = {kind}") for by, kind in _BY.items()},
    "removed_automation_five": counted("what = 'removed' and actor_kind = 'automation' and rating = 5"),
    "removed_staff_negative": counted(f"what = 'removed' and actor_kind = 'staff' and {NEGATIVE}"),
    "removed_staff_positive": counted(f"what = 'removed' and actor_kind = 'staff' and {POSITIVE}"),
}

REVIEW_CHANGES = TileKind(
    name="review_changes",
    folds=dict.fromkeys(_MEASURES, "sum"),
    lookup=OF_REVIEWS,
    facts=_FACTS.replace("{measures}", ",\n  ".join(f"{sql} as {name}" for name, sql in _MEASURES.items())),
)

_REVIEWS = ("reviews",)
_REMOVALS = ("reviews", "review_actions")


def of_reviews(name: str, needs: tuple[str, ...] = _REMOVALS) -> Together:
    """A measure of changes; what arrives, or stands, is also counted where reviews simply arrive and stay."""
    plain = name.replace("visible", "came").replace("arrived", "came")
    arrivals = (Measure(REVIEW_ARRIVALS, plain, needs),) if plain in _PLAIN else ()
    return Together((*arrivals, Measure(REVIEW_CHANGES, name, needs)))


ARRIVED = of_reviews("arrived", _REVIEWS)
ARRIVED_STARS = of_reviews("arrived_stars")
VISIBLE, VISIBLE_STARS = of_reviews("visible"), of_reviews("visible_stars")
WITHHELD, WITHHELD_STARS = of_reviews("withheld"), of_reviews("withheld_stars")
WITHDRAWN, WITHDRAWN_STARS = of_reviews("withdrawn"), of_reviews("withdrawn_stars")
RAISED_STARS = of_reviews("raised_stars")
REMOVED_STAFF = of_reviews("removed_staff")
FIVES_REMOVED_BY_AUTOMATION = Measure(REVIEW_CHANGES, "removed_automation_five", _REMOVALS)
FIVES_CAME = Measure(REVIEW_ARRIVALS, "came_five", _REVIEWS)
UNVERIFIED_FIVES_CAME = Measure(REVIEW_ARRIVALS, "came_five_unverified", _REVIEWS)


def at_risk(days: int, stars: str = "") -> Formula:
    """Reviews that could be removed: visible when the window began, or arrived in it."""
    return of_reviews(f"visible{stars}").before(days) + of_reviews(f"arrived{stars}").total(days)
