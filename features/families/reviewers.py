"""Who wrote the reviews at the ends of the scale: facts by reviewer, of which there are as many as such reviews."""

from __future__ import annotations

from features.families.review_states import counted, review_steps
from features.lookups.reviews import OF_REVIEWS
from features.measures import Measure, TileKind

_ENDS = "(select * from reviews where rating in (1, 5))"
_MEASURES = {"fives": counted("rating = 5"), "ones": counted("rating = 1")}

STARS_BY_REVIEWER = TileKind(
    name="stars_by_reviewer",
    folds=dict.fromkeys(_MEASURES, "sum"),
    lookup=OF_REVIEWS,
    by="reviewer_id",
    facts=f"""
-- a row is a review of one or five stars, with the seller of its product when it was written
{review_steps(_ENDS, "reviewer_id")}
select
  seller_id, known_at, happened_at, cast(null as date) as until_on, reviewer_id,
  {", ".join(f"{sql} as {name}" for name, sql in _MEASURES.items())}
from posts
""",
)

FIVES = Measure(STARS_BY_REVIEWER, "fives", ("reviews",))
ONES = Measure(STARS_BY_REVIEWER, "ones", ("reviews",))
