"""What every declaration of a signal holds to; never edited when a signal is added."""

from __future__ import annotations

import dataclasses
from datetime import date
from pathlib import Path

import pytest

from features import contract_page
from features.catalogue import CATALOGUE
from features.contract import TABLES
from features.formulas import Formula
from features.lookups.reviews import OF_REVIEWS
from features.measures import Measure, Pairs, TileKind
from features.signal import Retired, Signal, learnable
from features.signals_page import page

REPOSITORY = Path(__file__).parents[2]
STATISTICS = (
    "percentile",
    "deviation",
    "posterior",
    "tail",
    "z-score",
    "distribution",
    "median",
    "significan",
    "p-value",
)

every_signal = pytest.mark.parametrize("signal", CATALOGUE.values(), ids=CATALOGUE)


def test_the_page_of_the_signals_is_what_the_catalogue_says() -> None:
    written = (REPOSITORY / "docs" / "signals.md").read_text(encoding="utf-8")
    assert written == page(CATALOGUE), "docs/signals.md is stale: run `python -m features.signals_page`"


def test_the_page_of_the_contract_is_what_its_tables_say() -> None:
    written = (REPOSITORY / "docs" / "contract.md").read_text(encoding="utf-8")
    assert written == contract_page.page(TABLES), "docs/contract.md is stale: run `python -m features.contract_page`"


@every_signal
def test_a_name_ends_with_a_window(signal: Signal) -> None:
    assert int(signal.name.rsplit("_", 1)[1].removesuffix("d")) <= signal.window_days


@every_signal
def test_a_sentence_tells_the_value_and_the_usual_one_in_plain_words(signal: Signal) -> None:
    assert len(signal.sentence) <= 200
    assert signal.sentence.count("{value}") == 1
    assert signal.sentence.count("{peer}") == 1 or signal.unit == "percentile"  # the usual percentile is one half
    assert not [word for word in STATISTICS if word in signal.sentence.lower()]


@every_signal
def test_a_reader_is_told_why_and_whence(signal: Signal) -> None:
    assert signal.why.endswith(".")
    assert signal.source
    assert signal.direction in {-1, 0, 1}


@every_signal
def test_a_signal_is_a_formula_or_told_from_signals_of_the_catalogue(signal: Signal) -> None:
    assert [signal.formula, signal.compared, signal.neighbours].count(None) == 2
    if signal.neighbours is not None:
        read = signal.neighbours.of
        assert CATALOGUE[read.name] == read
        assert read.neighbours is None
        assert signal.no_events is None
    if signal.compared is not None:
        compared = [each for each in (signal.compared.of, signal.compared.exposure) if each is not None]
        assert [CATALOGUE[each.name] for each in compared] == compared
        assert all(each.formula is not None for each in compared)
        counted = signal.compared.fit in {"beta_binomial", "gamma_poisson"}
        assert counted == (signal.compared.exposure is not None)
    assert not signal.day_zero or (signal.compared is not None and signal.compared.read == "tail")


def test_no_two_signals_mean_the_same() -> None:
    assert len({signal.fingerprint for signal in CATALOGUE.values()}) == len(CATALOGUE)


def test_a_retired_signal_is_shown_as_retired_and_no_longer_learned_from() -> None:
    name = "review_deletion_rate_91d"
    retired = dataclasses.replace(CATALOGUE[name], retired=Retired(date(2024, 6, 1), "the smoothed one says more"))
    catalogue = {**CATALOGUE, name: retired}
    assert "**Retired** since 2024-06-01, no new model learns from it: the smoothed one says more" in page(catalogue)
    assert set(CATALOGUE) - set(learnable(catalogue)) == {name}
    assert retired.fingerprint == CATALOGUE[name].fingerprint


SINGLE = TileKind("single", {"posted": "sum"}, OF_REVIEWS, "posted facts")
POSTED = Measure(SINGLE, "posted", ("reviews",))


def test_a_kind_without_an_entity_cannot_be_asked_for_entities() -> None:
    with pytest.raises(ValueError, match="measure 'posted': tile kind 'single' names no entity"):
        POSTED.distinct(91)


def test_a_window_over_pairs_must_not_reach_past_the_longest_window() -> None:
    pairs = Pairs("around", POSTED, (POSTED,), 28)
    assert isinstance(pairs.after(POSTED).total(336), Formula)
    with pytest.raises(
        ValueError, match="with the 28 days between a pair its window must not reach back over 364 days"
    ):
        pairs.after(POSTED).total(343)
