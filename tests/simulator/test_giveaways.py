"""Nothing but behaviour tells paid acts from honest ones: ids, clocks, value grids, home queues, missing columns."""

from __future__ import annotations

import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold

from simulator.identity import as_text
from tests.simulator.conftest import Written

# Whether a ticket or a flag is cited is left out: that paid removals often cite none is a fact of the field.
REMOVALS = """
    select a.review_id, r.reviewer_id, coalesce(a.ticket_id, '') ticket_id, a.acted_at, a.recorded_at,
        r.created_at, a.queue is null no_queue, a.reason is null no_reason, a.new_rating is null no_rating,
        s.queue is distinct from a.queue elsewhere, t.review_id is not null paid, p.seller_id seller
    from review_actions a
    join reviews r using (review_id)
    join (select product_id, min(seller_id) seller_id from products group by 1) p using (product_id)
    join (select actor_id, min_by(queue, recorded_at) queue from staff group by 1) s on s.actor_id = a.actor_id
    left join true_review_actions t on t.review_id = a.review_id and t.acted_at = a.acted_at
    where a.kind = 'removed' and a.actor_kind = 'staff' and r.rating <= 2
    order by a.review_id
"""
LOOK_UPS = """
    select a.access_id, coalesce(a.ticket_id, '') ticket_id, a.accessed_at, a.recorded_at, a.records,
        a.product_id is null no_product, a.review_id is null no_review,
        t.access_id is not null paid, a.seller_id seller
    from staff_access a
    join (select actor_id, min_by(queue, recorded_at) queue from staff group by 1) s on s.actor_id = a.actor_id
    left join true_staff_access t using (access_id)
    where a.resource = '{resource}' and s.queue in ('support', 'insights')
    order by a.access_id
"""
REVIEWS = """
    select r.review_id, r.reviewer_id, r.created_at, r.recorded_at, t.review_id is not null paid, r.product_id seller
    from reviews r left join true_reviews t using (review_id)
    where r.rating = 5 and (t.review_id is not null or hash(r.review_id) % 40 = 0)
    order by r.review_id
"""
QUERIES = {
    "removals": REMOVALS,
    "contacts looked up": LOOK_UPS.format(resource="reviewer_contact"),
    "sales looked up": LOOK_UPS.format(resource="sales_report"),
    "praise": REVIEWS,
}


@pytest.mark.parametrize("acts", QUERIES)
def test_a_classifier_on_ids_clocks_and_missing_columns_finds_nothing(acts: str, guilty_market: Written) -> None:
    rows = guilty_market.rows(QUERIES[acts])
    names = _names(guilty_market, QUERIES[acts])
    events = pd.DataFrame(rows, columns=names)
    paid = events.pop("paid").to_numpy().astype(int)
    groups = pd.factorize(events.pop("seller"))[0]
    assert paid.sum() > 50
    area = _folded_area(_plain_columns(events), paid, groups)
    spread = 1 / np.sqrt(12 * min(paid.sum(), len(paid) - paid.sum()))
    assert area < 0.5 + 4 * spread + 0.03


def test_the_id_of_a_guilty_seller_is_any_id(guilty_market: Written) -> None:
    rows = guilty_market.rows("""
        select seller_id, seller_id in (select seller_id from true_schemes) from sellers
        where valid_from is null order by 1
    """)
    letters = pd.DataFrame([list(seller.encode()) for seller, _ in rows])
    guilty = np.array([is_guilty for _, is_guilty in rows]).astype(int)
    area = _folded_area(letters, guilty, np.arange(len(rows)))
    assert area < 0.5 + 4 / np.sqrt(12 * guilty.sum())


def test_ids_are_texts_of_eight_letters() -> None:
    assert {len(text) for text in as_text(np.arange(100)).to_pylist()} == {8}


def _names(market: Written, query: str) -> list[str]:
    return [row[0] for row in market.rows(f"describe {query}")]


def _plain_columns(events: pd.DataFrame) -> pd.DataFrame:
    """Letters of ids, parts of clocks, delays of recording; whether there is a ticket is hidden."""
    columns: dict[str, np.ndarray] = {}
    for name, values in events.items():
        if str(name).endswith("_id"):
            texts = values.where(values != "", np.nan).ffill().bfill()
            for place in (0, 1, 4, 7):
                columns[f"{name} {place}"] = texts.str[place].map(ord).to_numpy()
        elif str(name).endswith("_at"):
            clock = pd.to_datetime(values).dt
            columns |= {
                f"{name} {part}": getattr(clock, part).to_numpy() for part in ("dayofweek", "second", "microsecond")
            }
        elif values.dtype == object:
            columns[str(name)] = pd.factorize(values)[0]
        else:
            columns[str(name)] = values.to_numpy().astype(float)
    return pd.DataFrame(columns)


def _folded_area(columns: pd.DataFrame, paid: np.ndarray, groups: np.ndarray) -> float:
    """Area under the curve, each seller's acts in one fold."""
    margins = np.zeros(len(paid))
    for train, test in GroupKFold(5, shuffle=True, random_state=0).split(columns, paid, groups):
        model = lgb.LGBMClassifier(
            n_estimators=40, max_depth=4, min_child_samples=30, n_jobs=2, verbose=-1, random_state=0
        )
        model.fit(columns.iloc[train], paid[train])
        margins[test] = model.predict_proba(columns.iloc[test])[:, 1] - paid[train].mean()
    return float(roc_auc_score(paid, margins))
