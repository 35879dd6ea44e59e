"""Laws that no parameter may break: the contract's rules, what can happen to a review, the same bytes again."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
from hypothesis import Phase, given, settings

from features.contract import TABLES as CONTRACT
from features.intake import take_in
from features.intake_report import Allowances
from features.store import Store
from simulator import simulate
from simulator.settings import SimulatorSettings
from tests.simulator.any_settings import any_settings
from tests.simulator.conftest import digest, feature_settings

# Shrinking a market takes minutes; the settings that were moved are printed as they are.
UNSHRUNK = (Phase.explicit, Phase.reuse, Phase.generate)

# So few events that the newest may be older than a week; that is no fault of the rows.
FEW_EVENTS = Allowances(stale=frozenset(CONTRACT), incomplete=True)

LAWS = {
    "a rating is one to five": "select count(*) from reviews where rating not between 1 and 5",
    "acts follow the review": "select count(*) from review_actions join reviews using (review_id)"
    " where acted_at <= created_at",
    "every act has its review": "select count(*) from review_actions anti join reviews using (review_id)",
    "an act happens once": "select count(*) - count(distinct (review_id, acted_at, kind)) from review_actions",
    "a review is removed once": "select count(*) - count(distinct review_id) from review_actions"
    " where kind = 'removed'",
    "what is gone is not examined": "select count(*) from review_actions k join review_actions r using (review_id)"
    " where k.kind in ('kept', 'edited') and r.kind = 'removed' and k.acted_at > r.acted_at",
    "a product is reviewed once listed": "select count(*) from reviews join products using (product_id)"
    " where valid_from is null and created_at::date <= listed_on",
    "a ticket holds twelve reviews": "select count(*) from (select ticket_id from review_actions"
    " where ticket_id is not null group by 1 having count(*) > greatest(12, {most}))",
}


@given(market=any_settings())
@settings(phases=UNSHRUNK, max_examples=12, deadline=None)
def test_any_parameters_keep_the_laws_of_rows(market: SimulatorSettings) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        simulate(folder / "market", folder / "truth", market)
        assert broken(folder / "market", market) == {}


@given(market=any_settings())
@settings(phases=UNSHRUNK, max_examples=4, deadline=None)
def test_any_parameters_pass_the_contract_check_with_nothing_quarantined(market: SimulatorSettings) -> None:
    as_of = market.market.start_on + timedelta(weeks=market.market.weeks)
    with TemporaryDirectory() as name:
        folder = Path(name)
        simulate(folder / "market", folder / "truth", market)
        if not {"products", "reviews", "review_actions"} <= {path.name for path in (folder / "market").iterdir()}:
            return  # a market so small that nobody wrote, or nothing was acted on, lacks a required table
        report = take_in(folder / "market", Store(folder / "store"), as_of, feature_settings(), allow=FEW_EVENTS)
        assert {name: table.quarantined for name, table in report.tables.items() if table.quarantined} == {}


@given(market=any_settings())
@settings(phases=UNSHRUNK, max_examples=3, deadline=None)
def test_any_parameters_give_the_same_bytes_again(market: SimulatorSettings) -> None:
    with TemporaryDirectory() as name:
        folders = [Path(name) / again for again in ("first", "second")]
        for folder in folders:
            simulate(folder / "market", folder / "truth", market)
        assert digest(folders[0]) == digest(folders[1])


def broken(folder: Path, market: SimulatorSettings) -> dict[str, int]:
    """How many rows break each law."""
    with duckdb.connect() as connection:
        connection.execute("set enable_progress_bar = false")
        for name in ("sellers", "products", "reviews", "review_actions"):
            if not (folder / name).is_dir():
                return {}
            connection.execute(f"create view {name} as from read_parquet('{folder}/{name}/*/*.parquet')")
        most = market.moderation.max_reviews_per_ticket
        counts = {law: connection.execute(query.format(most=most)).fetchall()[0][0] for law, query in LAWS.items()}
    return {law: count for law, count in counts.items() if count}
