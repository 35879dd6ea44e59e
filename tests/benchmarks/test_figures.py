from __future__ import annotations

import math

import pytest

from benchmarks.figures import Judged, gap_of_means, over_markets, table


def judged(market: str = "hard_01", **precision: float) -> Judged:
    known = {"raw": 0.1, "peer": 0.4, "product": 0.5, "ceiling": 0.6} | precision
    return Judged(market, "p" * 64, "r" * 64, sellers=3000, culprits=40, found=30, precision=known)


def test_half_of_the_way_from_peer_to_ceiling_closes_half_the_gap() -> None:
    assert judged().closed_gap == pytest.approx(0.5)


def test_a_product_below_the_peer_closes_less_than_nothing() -> None:
    assert judged(product=0.3).closed_gap == pytest.approx(-0.5)


def test_a_ceiling_no_higher_than_the_peer_leaves_no_gap_to_close() -> None:
    assert math.isnan(judged(ceiling=0.4).closed_gap)


@pytest.mark.parametrize(
    ("raw", "peer", "counts"),
    [(0.34, 0.2, True), (0.34, 0.7, True), (0.35, 0.4, False), (0.1, 0.19, False), (0.1, 0.71, False)],
)
def test_a_market_counts_if_neither_sorting_nor_the_peer_solves_it(*, raw: float, peer: float, counts: bool) -> None:
    assert judged(raw=raw, peer=peer).counts is counts


def test_a_market_without_a_culprit_does_not_count() -> None:
    assert not judged(raw=math.nan, peer=math.nan).counts


def test_the_interval_over_markets_is_students() -> None:
    # Mean 2, standard deviation 1, so 1 / sqrt(3) a market; Student's 97.5 % point with two degrees is 4.3027.
    found = over_markets([1.0, 2.0, 3.0])
    assert found.mean == 2
    assert found.high == pytest.approx(2 + 4.3027 / math.sqrt(3), abs=1e-4)
    assert found.low == pytest.approx(2 - 4.3027 / math.sqrt(3), abs=1e-4)


def test_one_market_has_no_interval_and_a_missing_figure_is_not_counted() -> None:
    found = over_markets([0.5, math.nan])
    assert (found.mean, found.markets) == (0.5, 1)
    assert math.isnan(found.low)


def test_the_gap_of_the_means_keeps_a_market_whose_ceiling_is_below_the_peer() -> None:
    # Means .45 (product), .4 (peer), .5 (ceiling): half is closed. The second market alone has no gap to close.
    found = gap_of_means([judged(product=0.6, ceiling=0.6), judged(product=0.3, ceiling=0.4)])
    assert found.mean == pytest.approx(0.5)
    assert found.markets == 2
    assert math.isnan(found.low)  # the second alone has no gap to close


def test_the_gap_of_the_means_has_a_jackknife_interval() -> None:
    # Gaps .5, .25 and 0; without each in turn .125, .25 and .375; Student's point with two degrees is 4.3027.
    markets = [judged(product=0.45, ceiling=0.5), judged(product=0.425, ceiling=0.5), judged(product=0.4, ceiling=0.5)]
    error = math.sqrt(2 / 3 * 2 * 0.125**2)
    found = gap_of_means(markets)
    assert found.mean == pytest.approx(0.25)
    assert found.high == pytest.approx(0.25 + 4.3027 * error, abs=1e-4)


def test_the_table_prints_every_digest_and_means_over_those_that_count() -> None:
    text = "\n".join(table([judged("hard_01"), judged("hard_02", raw=0.5, product=0.9)]))
    assert f"hard_02    {'p' * 64} {'r' * 64}" in text
    assert "1 of 2 markets count" in text
    assert "average precision of the product: 0.500 (- to -; 1 markets)" in text
