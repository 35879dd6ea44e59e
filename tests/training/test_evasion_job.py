"""The job on a small market: what entrants at once change for each other, and what the search hands back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from features.errors import WrongUse
from model.arrays import Floats
from model.settings import Configuration
from simulator import simulate
from simulator.evasion.stage import set_stage
from simulator.evasion.strategy import IDLE, Strategy, drawn_strategies, read_evasion
from simulator.evasion.theatre import Theatre
from simulator.settings import settings_with
from training.evasion.evade import evade, open_bench
from training.evasion.lists import Score
from training.evasion.page import evasion_page, publish
from training.evasion.report import Evasion, in_words, metrics_of
from training.evasion.rounds import play_rounds
from training.evasion.search import Bench
from training.steps import Surroundings

WEEKS = 40
TINY = {
    "strategies": 6,
    "refined": 2,
    "searched_sellers": 3,
    "finalists": 2,
    "estimated_sellers": 4,
    "entrants_at_once": 12,
    "lists_every_weeks": 26,
    "gain": 0.02,
}


def by_removals(signals: pd.DataFrame, _: Path) -> Floats:
    return signals["negative_removals_91d"].fillna(0).to_numpy()


def by_nothing(signals: pd.DataFrame, _: Path) -> Floats:
    return np.zeros(len(signals))


@pytest.fixture(scope="module")
def bench(small_settings: Configuration, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    folder = tmp_path_factory.mktemp("evasion")
    market = settings_with({"reviews": {"per_unit": 0.12}}, sellers=120, weeks=WEEKS, seed=4)
    simulate(folder / "data", folder / "truth", market)
    entry, settings = market.market.start_on + timedelta(weeks=WEEKS - 26), read_evasion()
    theatre = Theatre(set_stage(market, entry), folder / "data", settings)
    effort = settings.effort.model_copy(update=TINY)
    models = {"removals": by_removals, "nothing": by_nothing}
    return open_bench(folder / "data", theatre, entry, models, effort, folder, small_settings, Surroundings())


class Imagined(Bench):
    """A place without an engine: what an entrant spends shows as removals, in all lists at once."""

    def play(self, part: Sequence[tuple[int, Any]], seed: int) -> pd.DataFrame:
        played = pd.concat([self.market.gains(strategy, [host], seed) for host, strategy in part], ignore_index=True)
        played["seller_id"] = [f"entrant {host}" for host, _ in part]
        others = pd.DataFrame({"seller_id": [f"other {n}" for n in range(30)], "negative_removals_91d": range(30)})
        entrants = played[["seller_id"]].assign(negative_removals_91d=played["cost"] / 50)
        cutoff = pd.Timestamp(self.effort.cutoffs(self.entry)[-1])
        signals = pd.concat([others, entrants], ignore_index=True).assign(marketplace="US", as_of=cutoff)
        for name, score in self.models.items():
            strength = score(signals, self.data)
            played[name] = [bool((strength[:30] > own).sum() < 10) for own in strength[30:]]
        return played


@pytest.fixture(scope="module")
def imagined(bench: Bench) -> Bench:
    return Imagined(**vars(bench))


@pytest.fixture(scope="module")
def found(imagined: Bench) -> Evasion:
    return evade(imagined, IDLE, families=False)


def signals_of(bench: Bench, played: list[tuple[int, Strategy]]) -> pd.DataFrame:
    """The signals of the entrants of one copy, in their order."""
    seen = []

    def looks(signals: pd.DataFrame, _: Path) -> Floats:
        seen.append(signals.set_index("seller_id"))
        return np.zeros(len(signals))

    told = bench.against({"looks": looks}).play(played, 3)
    return seen[0].loc[told["seller_id"]].select_dtypes("float64")


def test_entrants_at_once_see_nearly_what_each_sees_alone(bench: Bench) -> None:
    strategies = drawn_strategies(read_evasion().levers, 6, np.random.default_rng(2))
    together = signals_of(bench, list(enumerate(strategies)))
    alone = signals_of(bench, [(0, strategies[0])])
    own = ["negative_removals_91d", "negative_deletion_rate_91d", "rating_uplift_364d", "irregular_removals_91d"]
    pd.testing.assert_frame_equal(together.iloc[:1][own], alone[own])
    same = np.isclose(together.iloc[0], alone.iloc[0], atol=0.1, rtol=0.1, equal_nan=True)
    assert same.mean() > 0.85  # what is told from peers, queues and neighbours moves, and little


def test_the_first_outcome_is_that_of_buying_nothing(found: Evasion) -> None:
    assert found.honest.strategy == "buys nothing"
    assert (found.honest.cost, found.honest.gain) == (0.0, 0.0)


def test_the_search_runs_the_best_of_each_model_again_for_all(found: Evasion) -> None:
    run_again = {each.strategy for each in found.estimated}
    assert set(found.finalists) == {"removals", "nothing"}
    assert {label for labels in found.finalists.values() for label in labels} <= run_again
    assert all(each.sellers == 4 and set(each.chance) == {"removals", "nothing"} for each in found.estimated)


def test_a_model_that_counts_removals_lists_those_who_buy_them(found: Evasion) -> None:
    bought = [each for each in found.searched if each.cost >= 1500 and "pressure" not in each.strategy]
    assert max(each.chance["removals"] for each in bought) > found.honest.chance["removals"]


def test_the_page_is_whole_and_fetches_nothing(found: Evasion, tmp_path: Path) -> None:
    assert publish(found, None, tmp_path / "evasion.html") is None
    page = (tmp_path / "evasion.html").read_text(encoding="utf-8")
    assert page == evasion_page(found)
    assert "<svg" in page
    assert "upper bound" in page
    assert "src=" not in page


def test_the_figures_are_told_in_words_and_numbers(found: Evasion) -> None:
    assert any("buy nothing" in sentence for sentence in in_words(found))
    assert set(found.as_json()["price"]) == {"removals", "nothing"}
    assert metrics_of(found)["honest_chance.removals"] == found.honest.chance["removals"]


def test_rounds_need_sellers_who_have_not_played(imagined: Bench) -> None:
    with pytest.raises(WrongUse, match="simulate a larger market"):
        next(iter(play_rounds(imagined, IDLE, set(), lambda _: by_nothing, rounds=4, clients=40, found_share=1.0)))


def test_a_defender_learns_of_those_whom_its_lists_found(imagined: Bench) -> None:
    taught: list[pd.DataFrame | None] = []

    def fit(more: pd.DataFrame | None) -> Score:
        taught.append(more)
        sign = -1 if more is None else 1
        return lambda signals, path: sign * by_removals(signals, path)

    twice = list(play_rounds(imagined, IDLE, set(), fit, rounds=2, clients=4, found_share=1.0))
    assert [each.number for each in twice] == [1, 2]
    assert taught[0] is None
    assert taught[1] is not None
    assert len(taught[1]) == twice[0].found
    assert (taught[1]["label"] == 1).all()
    assert all(0 <= each.recall <= 1 and 0 <= each.precision <= 1 for each in twice)
