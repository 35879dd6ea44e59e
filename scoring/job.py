"""The batch job: every seller account of a data set scored at a cutoff, listed where a rule says so, with reasons."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd

from features.audit_log import AuditLog
from features.catalogue import CATALOGUE
from features.intake import take_in
from features.panel import stored_signals
from features.store import Store
from features.stored_signals import StoredSignals
from features.verdict_rows import verdicts_of
from model.alerts import Listing
from model.baseline import chance_of
from model.registry import CHAMPION
from model.settings import Configuration
from scoring.cases.build import ListedSellers, find_cases
from scoring.cases.files import write_cases
from scoring.cases.guilt import guilt_guessed
from scoring.casework.listings import keep_listings, routes
from scoring.listing import draw_lists, read_audit_key
from scoring.output import check_place, key_type, staged, write_audits, write_record, write_scores, write_staff
from scoring.ranking import Ranking, choose_model, day_zero_strength, rank
from scoring.record import ScoreReport, run_record, staff_record
from scoring.report.write import write_report
from scoring.suspects import find_suspects
from training.authors import told_bursts
from training.steps import Steps, Surroundings


def score(
    data: Path,
    store_path: Path,
    as_of: date,
    out: Path,
    configuration: Configuration,
    surroundings: Surroundings,
    *,
    model: str = CHAMPION,
) -> ScoreReport:
    """Score every seller at a cutoff and write one folder.

    Args:
        data: the folder of the data set, or its schema in a catalogue that the engine knows.
        store_path: the store; made if it is not there.
        as_of: the cutoff; what became known from its first instant on does not count.
        out: the folder; an earlier run's output is replaced as a whole.
        configuration: all settings.
        surroundings: tracking server, waiting, allowances, listener and clock.
        model: a version, an alias, a run id or a bundle folder; without a champion ``champion`` means day zero.

    Raises:
        WrongUse: something else than a run's output is at ``out``, or a file of the settings is missing.
        ContractBroken: the data break the event contract; nothing was written.
        NoFittingModel: no such model, or its signals have changed their meaning.
        StoreBusy: another run held the store for too long.

    """
    check_place(out)
    read_audit_key(configuration.alerts)  # a wrong one is told before anything is done
    store = Store(store_path, surroundings.wait_seconds)
    steps = Steps(surroundings.progress, surroundings.clock)
    steps.begin("choosing the model")
    chosen = choose_model(model, store_path, configuration, surroundings, CATALOGUE)
    steps.begin("taking in")
    intake = take_in(data, store, as_of, configuration, allow=surroundings.allow, progress=steps.tell)
    steps.begin("computing signals")
    signals = stored_signals(store, as_of, configuration, progress=steps.tell)
    steps.begin("scoring")
    ranking = rank(chosen, signals, CATALOGUE, configuration)
    verdicts = verdicts_of(store, configuration)
    listing, _ = draw_lists(signals, chosen, ranking, verdicts, as_of, configuration)
    scored = scored_rows(signals, ranking, listing)
    steps.begin("explaining the listed")
    listed, rows = explained(signals, scored, ranking)
    steps.begin("scoring the staff")
    seller_key = key_type(scored["seller_id"])
    suspects = find_suspects(data, intake, store, verdicts, as_of, configuration, seller_key)
    steps.begin("making the cases")
    calibrated = ranking.calibration is not None and ranking.calibration.calibrated
    guilt = chance_of_guilt(signals, scored, calibrated=calibrated)[listed.index]
    sellers = ListedSellers(listed.assign(guilt=guilt), rows, calibrated)
    cases = find_cases(data, intake, store, as_of, configuration, sellers, suspects)
    keep_listings(store, as_of, cases.cases, routes(scored["seller_id"], listing), seller_key)
    steps.begin("writing")
    with staged(out) as folder:
        write_scores(folder, scored, listed["reasons"], as_of, chosen.label)
        write_audits(folder, listing.audits, seller_key)
        write_staff(folder, suspects.staff, suspects.rings, suspects.key, seller_key)
        write_cases(folder, cases)
        head = AuditLog(store_path, surroundings.wait_seconds).head()
        record = run_record(as_of, chosen, intake, listing, signals, configuration, steps.seconds(), head)
        record["messages"] += told_bursts(verdicts, as_of, configuration.labels)
        record["staff"] = staff_record(suspects, configuration.staff)
        write_record(folder, record)
        write_report(folder, store, configuration)
    return ScoreReport(
        as_of=as_of,
        out=out,
        model=chosen.label,
        sellers=len(scored),
        listed=int(listing.alerted.sum()),
        calibrated=calibrated,
        record=record,
    )


def scored_rows(signals: StoredSignals, ranking: Ranking, listing: Listing) -> pd.DataFrame:
    """One row a seller with the columns of ``scores.parquet`` that are not the same for all, without reasons."""
    return pd.DataFrame(
        {
            "seller_id": signals.sellers["seller_id"],
            "score": ranking.score,
            "log_odds": ranking.log_odds,
            "strength": ranking.strength,
            "rank": listing.rank,
            "lists": listing.lists,
            "alerted": listing.alerted,
        }
    )


def explained(signals: StoredSignals, scored: pd.DataFrame, ranking: Ranking) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The listed by rank with ``reasons`` added, and their whole rows of the signal table."""
    listed = scored[scored["alerted"]].sort_values("rank")
    rows = signals.rows(listed.index)
    return listed.assign(reasons=pd.Series(ranking.explain(rows), rows.index, dtype=object)), rows


def chance_of_guilt(signals: StoredSignals, scored: pd.DataFrame, *, calibrated: bool) -> pd.Series:
    """How probably each seller runs a scheme: its score where that is a probability, else a guess."""
    if calibrated:
        return scored["score"]
    return guilt_guessed(scored["score"], chance_of(day_zero_strength(signals, CATALOGUE), CATALOGUE))
