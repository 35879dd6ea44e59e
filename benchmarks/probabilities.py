"""Whether scores may be read as probabilities once 400 verdicts come from draws whose chance is known.

python -m benchmarks.probabilities [--first N] [--honest] [--work DIR] [--json FILE]

Half a year before the end of each hard market, 200 sellers are drawn of the first N (400) of the model of that day, and
200 of the rest; the truth decides on them. What `retrain` would then learn is judged at the last cutoff, among the
sellers without a verdict. With --honest each of these models also scores two honest markets, in which nobody should be
listed.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

import configs
from benchmarks.ceiling import truly_guilty
from benchmarks.figures import keep, over_markets
from benchmarks.frozen import FrozenMarket
from benchmarks.judged import chosen
from benchmarks.made import taken_in
from features.catalogue import CATALOGUE
from features.panel import signals_at
from features.settings import read_settings
from features.store import Store
from features.verdict_rows import verdicts_of
from model.alerts import ERROR_RATE, Listing, list_sellers, resting_sellers
from model.arrays import Floats
from model.bundle import Bundle
from model.settings import Configuration
from simulator.judge import LATELY, guilty_lately
from training.fit import Fit, fit_model
from training.labels import labelled_cutoffs, training_rows
from training.verdicts import verdicts_before

OF_THE_FIRST, OF_THE_REST = 200, 200
"""Design verdicts on those whom the model thinks worst, and on all others."""
BEFORE_THE_END = timedelta(weeks=26)
INVESTIGATION = timedelta(weeks=4)
FIRST = 100
"""The sum of scores is compared with the culprits among so many."""


@dataclass(frozen=True)
class Probabilities:
    """What the scores of one market are worth as probabilities.

    Attributes:
        market: its name.
        verdicts: design verdicts that the calibration rests on.
        guilty: those of them that say manipulated.
        calibrated: whether the product calls its scores probabilities.
        culprits: among the sellers without a verdict at the last cutoff.
        prevalence: their share as the product estimates it.
        listed: sellers on the list by error rate.
        falsely: those of them that run no scheme.
        findable: culprits on the longest list of the same order of whom truly no more are innocent than allowed.
        promised: sum of the scores of the first 100.
        kept: culprits among them.
        honest: by honest market, how many sellers are listed there by this market's model.

    """

    market: str
    verdicts: int
    guilty: int
    calibrated: bool
    culprits: int
    prevalence: float
    listed: int
    falsely: int
    findable: int
    promised: float
    kept: int
    honest: dict[str, int]


def probabilities(market: FrozenMarket, first: int, honest: Sequence[FrozenMarket], work: Path) -> Probabilities:
    """All figures of a market."""
    configuration, as_of = read_settings(configs.SHIPPED, Configuration), market.last_cutoff
    place, store, _ = taken_in(market, work, configuration)
    others = verdicts_of(store, configuration).assign(selection_probability=np.nan)
    design = design_verdicts(store, place.truth, as_of - BEFORE_THE_END, first, configuration)
    verdicts = pd.concat([others, design], ignore_index=True)
    everybody = signals_at(store, [as_of], configuration)
    fit = fit_on(store, verdicts, as_of, configuration)
    decided = verdicts_before(verdicts, as_of)
    scored = scores_of(fit, everybody, configuration)
    listing = listed_by(fit, scored, decided, as_of, configuration)
    judged = ~everybody["seller_id"].isin(decided["seller_id"])
    order = scored[judged].sort_values("strength", ascending=False, kind="stable")
    culprit = pd.Series(truly_guilty(place.truth, everybody), everybody.index)
    listed = by_error_rate(listing) & judged
    return Probabilities(
        market=market.name,
        verdicts=fit.card.calibration.verdicts,
        guilty=int((design["verdict"] == "manipulated").sum()),
        calibrated=fit.card.calibration.calibrated,
        culprits=int(culprit[judged].sum()),
        prevalence=float("nan") if listing.prevalence is None else listing.prevalence,
        listed=int(listed.sum()),
        falsely=int((culprit[listed] == 0).sum()),
        findable=findable(culprit[order.index].to_numpy(), configuration.alerts.false_share),
        promised=float(order["score"].iloc[:FIRST].sum()),
        kept=int(culprit[order.index[:FIRST]].sum()),
        honest={each.name: listed_where_nobody_is_guilty(fit, each, work, configuration) for each in honest},
    )


def design_verdicts(
    store: Store, truth: Path, drawn_on: date, first: int, configuration: Configuration
) -> pd.DataFrame:
    """Verdicts, rightly given, on sellers without one: drawn of the first of that day's model, and of the rest."""
    known = verdicts_of(store, configuration)
    model = fit_on(store, known, drawn_on, configuration)
    pool = scores_of(model, signals_at(store, [drawn_on], configuration), configuration)
    pool = pool[~pool["seller_id"].isin(verdicts_before(known, drawn_on)["seller_id"])]
    pool = pool.sort_values("strength", ascending=False, kind="stable")
    picked = pd.concat(
        [
            part[["seller_id"]]
            .sample(count, random_state=configuration.classifier.seed)
            .assign(route="random", selection_probability=count / len(part))
            for part, count in ((pool.iloc[:first], OF_THE_FIRST), (pool.iloc[first:], OF_THE_REST))
        ]
    )
    return picked.merge(found_by(truth, drawn_on), on="seller_id", how="left").assign(
        verdict=lambda rows: np.where(rows["onset_on"].notna(), "manipulated", "cleared"),
        opened_at=pd.Timestamp(drawn_on),
        decided_at=pd.Timestamp(drawn_on + INVESTIGATION),
        known_at=pd.Timestamp(drawn_on + INVESTIGATION),
        covers_from=pd.Timestamp(drawn_on - LATELY),
        covers_to=pd.Timestamp(drawn_on),
    )


def found_by(truth: Path, opened_on: date) -> pd.DataFrame:
    """Who ran a scheme in the year before an investigation: seller_id, onset_on, ended_on (null: still runs)."""
    ran = guilty_lately(truth, opened_on)
    found = ran.groupby("seller_id").agg(onset_on=("onset_on", "min"), ended_on=("ended_on", "max"))
    return found.assign(ended_on=found["ended_on"].mask(ran.groupby("seller_id")["active"].any())).reset_index()


def fit_on(store: Store, verdicts: pd.DataFrame, as_of: date, configuration: Configuration) -> Fit:
    """What `retrain` would fit at a cutoff if these were the verdicts."""
    labels = configuration.labels
    panel = signals_at(store, labelled_cutoffs(verdicts, as_of, labels), configuration)
    rows = training_rows(panel, verdicts, as_of, labels, configuration.classifier.seed)
    return fit_model(rows, panel, CATALOGUE, configuration, as_of, progress=lambda _: None)


def scores_of(fit: Fit, everybody: pd.DataFrame, configuration: Configuration) -> pd.DataFrame:
    """As the lists take them: seller_id, marketplace, strength, score."""
    margins = Bundle(fit.card, fit.booster, digest="").margins(everybody, configuration.engine.threads)
    scores = fit.card.calibration.scores(margins)
    return everybody[["seller_id", "marketplace"]].assign(strength=margins, score=scores)


def listed_by(
    fit: Fit, scored: pd.DataFrame, decided: pd.DataFrame, as_of: date, configuration: Configuration
) -> Listing:
    """The lists of a cutoff; who has a recent verdict rests."""
    resting = resting_sellers(decided, as_of, configuration.alerts.rest_days).index
    return list_sellers(
        scored, configuration.alerts, as_of=as_of, audit_key=None, calibration=fit.card.calibration, resting=resting
    )


def by_error_rate(listing: Listing) -> pd.Series:
    """Which sellers stand on the list by error rate."""
    return listing.lists.map(lambda lists: ERROR_RATE in lists).astype(bool)


def findable(culprit: Floats, false_share: float) -> int:
    """Culprits on the longest list, from the top, of whom no more are innocent than allowed."""
    innocent = np.cumsum(1 - culprit) / np.arange(1, len(culprit) + 1)
    short_enough = np.flatnonzero(innocent <= false_share)
    return int(culprit[: short_enough[-1] + 1].sum()) if len(short_enough) else 0


def listed_where_nobody_is_guilty(fit: Fit, market: FrozenMarket, work: Path, configuration: Configuration) -> int:
    """How many sellers of an honest market a model of elsewhere lists by error rate."""
    as_of, store = market.last_cutoff, taken_in(market, work, configuration).store
    scored = scores_of(fit, signals_at(store, [as_of], configuration), configuration)
    decided = verdicts_before(verdicts_of(store, configuration), as_of)
    listing = listed_by(fit, scored, decided, as_of, configuration)
    return int(by_error_rate(listing).sum())


def table(judged: Sequence[Probabilities], false_share: float) -> Iterator[str]:
    """The figures as Markdown, and what they come to over the markets."""
    yield "| market | design verdicts, guilty | culprits, of whom findable | listed, falsely | promised, kept in 100 |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for each in judged:
        yield (
            f"| {each.market} | {each.verdicts}, {each.guilty} | {each.culprits}, {each.findable} "
            f"| {each.listed}, {each.falsely} | {each.promised:.1f}, {each.kept} |"
        )
    found, falsely = sum(each.listed - each.falsely for each in judged), sum(each.falsely for each in judged)
    excess = over_markets([each.falsely - false_share * each.listed for each in judged])
    kept = [each.promised / each.kept for each in judged if each.kept]
    yield ""
    share = falsely / max(1, found + falsely)
    yield f"- falsely listed: {falsely} of {found + falsely} ({share:.2f}; {false_share:g} allowed)"
    yield f"- more of them a market than allowed: {excess.mean:+.1f} ({excess.low:+.1f} to {excess.high:+.1f})"
    yield f"- found: {found}, where the truth would have allowed {sum(each.findable for each in judged)}"
    yield f"- promised over kept in the first 100: {', '.join(f'{ratio:.2f}' for ratio in sorted(kept))}"
    honest = [count for each in judged for count in each.honest.values()]
    yield f"- honest markets in which nobody is listed: {honest.count(0)} of {len(honest)}"


def main() -> None:
    """Judge the markets one after the other, then print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--first", type=int, default=400, help="of how many of the model's first 200 are drawn")
    parser.add_argument("--honest", action="store_true", help="score the honest markets too")
    parser.add_argument("--work", type=Path, default=Path("judged"), help="where markets and stores lie")
    parser.add_argument("--json", type=Path, help="where the figures are written besides")
    given = parser.parse_args()
    hard, honest = chosen(["hard"]), chosen(["honest"]) if given.honest else []
    judged = []
    for number, market in enumerate(hard):
        judged.append(probabilities(market, given.first, honest[number :: len(hard)], given.work))
        print(judged[-1], flush=True)
    print("\n".join(["", *table(judged, read_settings(configs.SHIPPED, Configuration).alerts.false_share)]))
    keep(judged, given.json)


if __name__ == "__main__":
    main()
