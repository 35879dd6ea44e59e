"""Lives past weeks again: each week what was known then, a retraining on schedule, the scores and the lists."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from features.catalogue import CATALOGUE
from features.errors import WrongUse
from features.intake import take_in
from features.panel import signals_at, stored_signals
from features.progress import counted
from features.store import Store
from features.verdict_rows import verdicts_of
from model.alerts import Listing
from model.draw import DISAGREEMENT, RANDOM
from model.registry import CHAMPION
from model.settings import Configuration
from scoring.listing import draw_lists
from scoring.ranking import choose_model, rank
from training.labels import labelled_cutoffs
from training.lived import Investigate, add_verdicts, open_life
from training.steps import Steps, Surroundings
from training.verdicts import investigation_starts, judged_periods, standing_verdicts
from training.weekly import retrain

LIFE, STORE, WEEKS, PLAN = "data", "store", "weeks", "backtest.json"


@dataclass(frozen=True)
class Week:
    """A week that was lived.

    Attributes:
        as_of: its cutoff.
        facts: ``model``, ``outcome`` and ``why`` of the retraining (null in a week without one), ``verdicts`` known.
        sellers: one row a scored seller: ``seller_id``, ``strength``, ``rank``, ``alerted``, ``rests``.

    """

    as_of: date
    facts: Mapping[str, Any]
    sellers: pd.DataFrame


@dataclass(frozen=True)
class Plan:
    """What is lived: the weeks, on which data, in which folder, by which settings, and who decides the listed."""

    data: Path
    out: Path
    first: date
    last: date
    configuration: Configuration
    investigate: Investigate | None

    @property
    def weeks(self) -> list[date]:
        """The cutoffs, a week apart."""
        return [self.first + timedelta(weeks=back) for back in range((self.last - self.first).days // 7 + 1)]

    @property
    def delivered(self) -> Path:
        """The data set that the weeks see."""
        return self.data if self.investigate is None else self.out / LIFE


def live(plan: Plan, surroundings: Surroundings) -> list[Week]:
    """Live the weeks one after the other; weeks that a killed run has done are kept.

    Everything lies in ``plan.out``, with a store of its own, so that no model, list or log of the real one is touched.
    The signals of all weeks are made in one pass: they count only what was known before each.

    Raises:
        WrongUse: no week lies between the dates, or other weeks were lived in that folder.
        ContractBroken: the data break the event contract.

    """
    if not plan.weeks:
        raise WrongUse(f"--from {plan.first} lies after --to {plan.last}: there is no week to live")
    plan.out.mkdir(parents=True, exist_ok=True, mode=0o700)
    _hold_to(plan)
    around = replace(surroundings, tracking_uri=None)
    steps = Steps(around.progress, around.clock)
    if plan.investigate is not None:
        open_life(plan.data, plan.out / LIFE, plan.first)
    store = Store(plan.out / STORE, around.wait_seconds)
    if not all(_file(plan, week).is_file() for week in plan.weeks):
        steps.begin("taking in")
        take_in(plan.delivered, store, plan.last, plan.configuration, allow=around.allow, progress=steps.tell)
        steps.begin("computing the signals of all weeks")
        verdicts = verdicts_of(store, plan.configuration)
        taught = [each for week in plan.weeks for each in labelled_cutoffs(verdicts, week, plan.configuration.labels)]
        signals_at(store, [*plan.weeks, *taught], plan.configuration, progress=steps.tell)
    to_live = [week for week in plan.weeks if not _file(plan, week).is_file()]
    for week in counted(to_live, around.progress, "weeks lived", lambda week: f"living the week of {week}"):
        _live_week(plan, store, week, around)
    return [_lived(plan, week) for week in plan.weeks]


def found_by_verdicts(plan: Plan) -> pd.DataFrame:
    """Who ran a scheme and when, as far as all verdicts delivered say: seller_id, onset_on, ended_on (null: open)."""
    verdicts = verdicts_of(Store(plan.out / STORE), plan.configuration)
    standing = standing_verdicts(verdicts, date.max)
    periods = judged_periods(standing, plan.configuration.labels).assign(ended_on=pd.to_datetime(standing["ended_on"]))
    guilty = periods[periods["verdict"] == "manipulated"]
    return guilty[["seller_id", "ended_on"]].assign(onset_on=guilty["starts_at"])


def _live_week(plan: Plan, store: Store, week: date, around: Surroundings) -> None:
    file = _file(plan, week)
    lived = _live(plan, store, week, around)
    file.parent.mkdir(exist_ok=True)
    lived.sellers.to_parquet(file.with_suffix(".sellers"), index=False)
    beside = file.with_suffix(".next")
    beside.write_text(json.dumps(lived.facts, indent=1) + "\n", encoding="utf-8")
    beside.replace(file)  # the week is done


def _lived(plan: Plan, week: date) -> Week:
    file = _file(plan, week)
    sellers = pd.read_parquet(file.with_suffix(".sellers"))
    return Week(week, json.loads(file.read_text(encoding="utf-8")), sellers)


def _live(plan: Plan, store: Store, week: date, around: Surroundings) -> Week:
    configuration = plan.configuration
    weeks_since = (week - plan.first).days // 7
    facts: dict[str, Any] = {"outcome": None, "why": None}
    if weeks_since % configuration.promotion.refresh_weeks == 0:
        learned = retrain(plan.delivered, store.path, week, configuration, around)
        facts = {"outcome": learned.outcome, "why": learned.why}
    else:
        take_in(plan.delivered, store, week, configuration, allow=around.allow)
    verdicts = verdicts_of(store, configuration)
    signals = stored_signals(store, week, configuration)
    chosen = choose_model(CHAMPION, store.path, configuration, around, CATALOGUE)
    ranking = rank(chosen, signals, CATALOGUE, configuration)
    known = verdicts[verdicts["known_at"] < pd.Timestamp(week)]
    starts = investigation_starts(verdicts, configuration.labels)
    running = (starts < pd.Timestamp(week)) & (verdicts["known_at"] >= pd.Timestamp(week))
    open_cases = frozenset(verdicts.loc[running, "seller_id"]) if plan.investigate is not None else frozenset()
    listing, resting = draw_lists(signals, chosen, ranking, verdicts, week, configuration, open_cases)
    sellers = pd.DataFrame(
        {
            "seller_id": signals.sellers["seller_id"],
            "strength": ranking.strength,
            "rank": listing.rank,
            "alerted": listing.alerted,
            "rests": signals.sellers["seller_id"].isin(resting.index) & ~listing.alerted,
        }
    )
    if plan.investigate is not None:
        add_verdicts(plan.out / LIFE, week, plan.investigate(_named(sellers, listing), week))
    return Week(week, {**facts, "model": chosen.label, "verdicts": len(known)}, sellers)


def _named(sellers: pd.DataFrame, listing: Listing) -> pd.DataFrame:
    """The listed, best first, with the route that led to each and its chance: a draw's own, else certain."""
    listed = sellers[sellers["alerted"]].sort_values("rank")
    picked = listing.audits.set_index("seller_id")
    stratum = listed["seller_id"].map(picked["stratum"])
    disputed = stratum.astype(str).str.endswith(f"/{DISAGREEMENT}")
    return pd.DataFrame(
        {
            "seller_id": listed["seller_id"],
            "route": np.where(stratum.isna(), "alert", np.where(disputed, DISAGREEMENT, RANDOM)),
            "selection_probability": listed["seller_id"].map(picked["selection_probability"]).fillna(1.0),
        }
    )


def _file(plan: Plan, week: date) -> Path:
    return plan.out / WEEKS / f"{week}.json"


def _hold_to(plan: Plan) -> None:
    """Refuse a folder in which other weeks were lived; more weeks at the end are welcome."""
    told = {
        "data": str(plan.data.resolve()),
        "from": plan.first.isoformat(),
        "configuration": plan.configuration.digest,
        "alerts": plan.configuration.alerts.model_dump(mode="json"),
        "promotion": plan.configuration.promotion.model_dump(mode="json"),
        "verdicts follow the lists": plan.investigate is not None,
    }
    file = plan.out / PLAN
    if not file.is_file():
        file.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
        return
    before = json.loads(file.read_text(encoding="utf-8"))
    other = [name for name, value in told.items() if before.get(name) != value]
    if other:
        raise WrongUse(f"{plan.out}: a backtest with other {', '.join(other)} lies there ({PLAN}); name another --out")
