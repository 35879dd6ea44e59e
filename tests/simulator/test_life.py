"""What the default market is like: honest life resembles guilt, and verdicts come late and err on one side."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

from tests.simulator.conftest import Written, small, written

ACTS = "review_actions join reviews using (review_id)"


def test_nobody_is_guilty_in_the_honest_market(tmp_path: Path) -> None:
    market = written(tmp_path, small("honest", sellers=300, weeks=20))
    for name in ("schemes", "staff", "review_actions", "staff_access", "account_actions"):
        assert pq.read_table(market.truth / name).num_rows == 0
    assert market.value("select count(*) from true_reviews") == 0
    assert market.value("select count(*) from true_look_alikes") > 30


def test_removals_by_staff_skew_positive_and_paid_ones_negative(market: Written) -> None:
    stars = f"select avg(rating) from {ACTS} where kind = 'removed' and actor_kind = 'staff'"
    paid = "select avg(rating) from true_review_actions join reviews using (review_id) where not cover"
    assert market.value(stars) > 3
    assert market.value(paid) < 2.2


def test_authors_remove_two_in_a_hundred_and_staff_three(market: Written) -> None:
    total = market.value("select count(*) from reviews")
    share = f"select count(*) from {ACTS} where kind = 'removed' and actor_kind = "
    assert 0.015 < market.value(f"{share} 'reviewer'") / total < 0.03
    assert 0.02 < market.value(f"{share} 'staff'") / total < 0.06


def test_tickets_hold_one_to_twelve_reviews(market: Written) -> None:
    sizes = "select count(*) n from review_actions where ticket_id is not null group by ticket_id"
    assert market.rows(f"select min(n), max(n) from ({sizes})") == [(1, 12)]


def test_each_look_alike_is_as_frequent_as_guilt_over_two_years(market: Written) -> None:
    frequent = "select explanation, count(distinct seller_id) from true_look_alikes group by 1"
    guilty = market.value("select count(distinct seller_id) from true_schemes")
    assert min(count for _, count in market.rows(frequent)) > 0.6 * guilty
    assert sum(count for _, count in market.rows(frequent)) > 5 * guilty


def test_one_moderator_alone_owns_the_small_queue(market: Written) -> None:
    owners = "select count(distinct actor_id) from staff where queue = 'reviews_toys' and role = 'moderator'"
    assert market.value(owners) == 1


def test_paid_acts_are_done_by_bribed_staff_in_their_time(market: Written) -> None:
    strangers = """
        select count(*) from true_review_actions a
        where actor_id is not null and not exists (
            select 1 from true_staff s where s.actor_id = a.actor_id and a.acted_at >= s.onset_on
                and (s.ended_on is null or a.acted_at < s.ended_on + interval 8 day)
        )
    """
    assert market.value(strangers) == 0


def test_schemes_act_only_between_onset_and_end(market: Written) -> None:
    outside = """
        select count(*) from true_review_actions a
        where not cover and actor_id is not null and not exists (
            select 1 from true_schemes s where s.seller_id = a.seller_id and s.scheme = a.scheme
                and a.acted_at >= s.onset_on and (s.ended_on is null or a.acted_at < s.ended_on + interval 8 day)
        )
    """
    assert market.value(outside) == 0


def test_cleared_is_the_usual_verdict(market: Written) -> None:
    verdicts = dict(market.rows("select verdict, count(*) from verdicts group by 1"))
    assert verdicts["cleared"] > 1.5 * verdicts["manipulated"]


def test_a_culprit_is_cleared_more_often_than_an_innocent_is_condemned(guilty_market: Written) -> None:
    guilty = """
        exists (select 1 from true_schemes s where s.seller_id = v.seller_id and s.onset_on < v.decided_at
                and (s.ended_on is null or s.ended_on > v.decided_at - interval 300 day))
    """
    shares = f"""
        select avg((verdict = 'cleared')::int) filter ({guilty}),
            avg((verdict = 'manipulated')::int) filter (not {guilty})
        from verdicts v
    """
    missed, condemned = guilty_market.rows(shares)[0]
    assert 0.03 < missed < 0.25
    assert condemned < missed


def test_a_probability_stands_only_where_a_design_drew_the_seller(market: Written) -> None:
    routes = "select distinct route from verdicts where selection_probability is not null"
    assert {route for (route,) in market.rows(routes)} <= {"alert", "random"}
    assert market.value("select count(*) from verdicts where selection_probability not between 0 and 1") == 0


def test_a_manipulated_verdict_tells_an_onset_before_its_opening(market: Written) -> None:
    after = "select count(*) from verdicts where verdict = 'manipulated' and onset_on >= opened_at"
    assert market.value(after) == 0
    assert market.value("select count(*) from verdicts where ended_on <= onset_on") == 0


def test_a_purge_takes_down_praise(tmp_path: Path) -> None:
    market = written(tmp_path, small("purge", sellers=200, weeks=30))
    purge = f"select avg(rating), count(*) from {ACTS} where reason = 'policy' and trigger = 'authority'"
    (stars, count) = market.rows(purge)[0]
    assert 4.6 < stars < 4.9
    assert count > 100


def test_after_a_takedown_the_others_forge_tickets_and_remove_less_at_once(tmp_path: Path) -> None:
    market = written(tmp_path, small("takedown", sellers=900, weeks=60, seed=4))
    habits = """
        select avg((ticket_id is not null)::int), avg(n) from (
            select ticket_id, a.actor_id, a.acted_at::date d, count(*) n
            from review_actions a join true_review_actions t using (review_id, acted_at)
            where not cover and a.actor_kind = 'staff' and a.acted_at {} date '2024-07-29'
            group by all
        )
    """
    before, after = market.rows(habits.format("<"))[0], market.rows(habits.format(">="))[0]
    assert before[0] < 0.75
    assert after[0] > 0.85
    assert before[1] > after[1]
