"""What the cases of a scoring run are worth on simulated markets, judged by their truth.

python -m benchmarks.cases --seeds 9301 9302 [--scenario NAME] [--sellers 800] [--weeks 104] [--budget 80] [--work DIR]
python -m benchmarks.cases --markets hard [--budget 80] [--work DIR]

Each market is simulated in WORK/SEED, or made in WORK/NAME if it is a frozen one (a name or a kind), and reused if it
lies there; the product retrains and scores it at its end.
Onset and restored reviews are judged over all listed sellers, none skipped, beside the best constant guess and the flat
rule "all staff-removed one and two stars since the onset".
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.parquet as pq

import configs
from benchmarks.frozen import FrozenMarket
from benchmarks.judged import chosen, run_product
from benchmarks.made import made
from features.settings import read_settings
from model.settings import Configuration
from scoring.cases.evidence import first_events
from simulator import simulate
from simulator.judge import LATELY, guilty_lately, read_truth
from simulator.settings import read_scenario

Floats = npt.NDArray[np.float64]

_EXPLAINED_BY = {
    "review_bomb": "rival_flood",
    "delivery_trouble": "delivery_crisis",
    "viral": "sales_surge",
    "wrong_suspension": "honest_appeal",
}
"""The explanation that a case should show for an honest episode of the simulator; its other episodes have none."""


@dataclass(frozen=True)
class JudgedCases:
    """What is true of each row of the cases and lists of one or several markets.

    Attributes:
        onset: a row is a listed culprit: error (weeks, positive is late), back (true weeks before the cutoff), covered.
        restore: a row is a standing removal by staff of a listed seller's review: probability, paid, flat (the flat
            rule's choice).
        events: a row is a listed culprit: true share of its first events, and how many there are.
        explained: a row is a listed seller: culprit, episode (it had an honest one that has an explanation), shown (the
            explanation of that episode fits; of a culprit, any).
        delete: a row is a review held to be bought: probability, bought.

    """

    onset: pd.DataFrame
    restore: pd.DataFrame
    events: pd.DataFrame
    explained: pd.DataFrame
    delete: pd.DataFrame


def judge_cases(data: Path, truth: Path, out: Path, as_of: date, look_back_weeks: int) -> JudgedCases:
    """Hold one run's files against the truth of its market."""
    cases = pq.read_table(out / "cases.parquet").to_pandas()
    restore = pq.read_table(out / "reviews_to_restore.parquet").to_pandas()
    delete = pq.read_table(out / "reviews_to_delete.parquet").to_pandas()
    true_onset = guilty_lately(truth, as_of).groupby("seller_id")["onset_on"].min()
    culprits = cases[cases["seller_id"].isin(true_onset.index)]
    return JudgedCases(
        onset=_onset(culprits, true_onset, as_of, look_back_weeks),
        restore=_restore(data, truth, cases, restore),
        events=_events(truth, culprits),
        explained=_explained(truth, cases, set(true_onset.index), as_of),
        delete=delete.assign(bought=delete["review_id"].isin(read_truth(truth, "reviews")["review_id"]))[
            ["probability", "bought"]
        ],
    )


def _onset(culprits: pd.DataFrame, true_onset: pd.Series, as_of: date, look_back_weeks: int) -> pd.DataFrame:
    """Errors in weeks; a scheme older than what is looked back on counts from there."""
    first = pd.Timestamp(as_of - timedelta(weeks=look_back_weeks))
    true = true_onset.reindex(culprits["seller_id"]).clip(lower=first).to_numpy()
    on, low, high = (pd.to_datetime(culprits[name]).to_numpy() for name in ("onset_on", "onset_low", "onset_high"))
    week = np.timedelta64(7, "D")
    return pd.DataFrame(
        {
            "error": (on - true) / week,
            "back": (np.datetime64(as_of) - true) / week,
            "covered": (true > low - week) & (true < high + week),
        }
    )


def _restore(data: Path, truth: Path, cases: pd.DataFrame, restore: pd.DataFrame) -> pd.DataFrame:
    paid = read_truth(truth, "review_actions")
    rating = pq.read_table(data / "reviews", columns=["review_id", "rating"]).to_pandas().set_index("review_id")
    rows = restore[restore["seller_id"].isin(cases["seller_id"])]
    onset = pd.to_datetime(cases.set_index("seller_id")["onset_on"])
    since = rows["removed_at"].to_numpy() >= onset.reindex(rows["seller_id"]).to_numpy()
    negative = rating["rating"].reindex(rows["review_id"]).to_numpy() <= 2
    return pd.DataFrame(
        {
            "probability": rows["probability"],
            "paid": rows["review_id"].isin(paid["review_id"]),
            "flat": since & negative,
        }
    )


def _events(truth: Path, culprits: pd.DataFrame) -> pd.DataFrame:
    """The share of each culprit's first events that belong to a scheme; NaN where no event is to be looked at first."""
    true = {
        "review_actions": set(read_truth(truth, "review_actions")["review_id"].astype(str)),
        "reviews": set(read_truth(truth, "reviews")["review_id"].astype(str)),
        "staff_access": set(read_truth(truth, "staff_access")["access_id"].astype(str)),
        "account_actions": {
            f"{row.seller_id} {row.acted_at.isoformat()} {row.kind}"
            for row in read_truth(truth, "account_actions").itertuples()
        },
    }

    def is_true(event: dict[str, str]) -> bool:
        key = event["key"] if event["table"] == "account_actions" else event["key"].split(" ")[0]
        return key in true.get(event["table"], set())

    first = [events[: first_events(events)] for events in culprits["evidence"]]
    shares = [np.mean([is_true(event) for event in events]) if len(events) else np.nan for events in first]
    return pd.DataFrame({"true": shares, "events": [len(events) for events in first]}, dtype=np.float64)


def recent_look_alikes(truth: Path, as_of: date) -> pd.DataFrame:
    """Honest episodes that look like guilt and ran at some time in the year before a cutoff."""
    episodes = read_truth(truth, "look_alikes")
    since = pd.Timestamp(as_of - LATELY)
    return episodes[(episodes["to_on"] >= since) & (episodes["from_on"] < pd.Timestamp(as_of))]


def _explained(truth: Path, cases: pd.DataFrame, culprits: set[object], as_of: date) -> pd.DataFrame:
    episodes = recent_look_alikes(truth, as_of)
    wanted = episodes.assign(name=episodes["explanation"].map(_EXPLAINED_BY)).dropna(subset="name")
    of_seller = wanted.groupby("seller_id")["name"].agg(set)
    rows = []
    for case in cases.itertuples():
        fitting = {each["name"] for each in case.innocent_explanations if each["fits"] == "yes"}
        true = of_seller.get(case.seller_id, set())
        culprit = case.seller_id in culprits
        rows.append({"culprit": culprit, "episode": bool(true), "shown": bool(fitting if culprit else fitting & true)})
    return pd.DataFrame(rows, columns=["culprit", "episode", "shown"])


def together(judged: Sequence[JudgedCases]) -> JudgedCases:
    """Several markets as one."""
    return JudgedCases(
        **{name: pd.concat([getattr(each, name) for each in judged]) for name in JudgedCases.__dataclass_fields__}
    )


def best_constant(back: Floats) -> float:
    """The least median absolute error that one guess for all culprits could have, in weeks."""
    return min(float(np.median(np.abs(back - guess))) for guess in range(int(back.max()) + 1)) if len(back) else np.nan


def recall_at_precision(true: Floats, probability: Floats, precision: float) -> float:
    """The largest share of what is true that a list of the likeliest finds with at least this precision."""
    found, length = _found(true, probability)
    good = found / length >= precision
    return float(found[good].max() / max(found[-1], 1)) if good.any() else 0.0


def precision_at_recall(true: Floats, probability: Floats, recall: float) -> float:
    """The precision of the shortest list of the likeliest that finds this share of what is true."""
    found, length = _found(true, probability)
    enough = np.flatnonzero(found >= recall * found[-1])
    return float(found[enough[0]] / length[enough[0]])


def _found(true: Floats, probability: Floats) -> tuple[Floats, Floats]:
    order = np.argsort(-probability, kind="stable")
    return np.cumsum(true[order]), np.arange(1, len(order) + 1, dtype=np.float64)


def bins(true: Floats, probability: Floats) -> list[str]:
    """Stated beside observed in five bins of probability."""
    place = np.minimum((probability * 5).astype(np.int64), 4)
    return [
        f"{low / 5:.1f}-{(low + 1) / 5:.1f}: {int(here.sum())} rows, stated {probability[here].mean():.2f},"
        f" observed {true[here].mean():.2f}"
        for low in range(5)
        if (here := place == low).any()
    ]


def table(judged: JudgedCases) -> list[str]:
    """All figures as lines."""
    onset, restore, explained = judged.onset, judged.restore, judged.explained
    paid, probability = restore["paid"].to_numpy(np.float64), restore["probability"].to_numpy(np.float64)
    flat = restore[restore["flat"]]
    flat_recall = flat["paid"].sum() / max(paid.sum(), 1)
    honest = explained[~explained["culprit"] & explained["episode"]]
    guilty = explained[explained["culprit"]]
    error, constant = onset["error"].abs().median(), best_constant(onset["back"].to_numpy())
    at_flat = precision_at_recall(paid, probability, flat_recall)
    return [
        f"listed culprits: {len(onset)} of {len(explained)} listed",
        f"onset: median absolute error {error:.1f} weeks; best constant {constant:.1f}",
        f"onset: the interval of 80 % covers {onset['covered'].mean():.0%}",
        f"restore: {int(paid.sum())} of {len(restore)} removals paid",
        f"restore, flat rule: precision {flat['paid'].mean():.2f}, recall {flat_recall:.2f}",
        f"restore: precision {at_flat:.2f} at the flat rule's recall",
        f"restore: precision {precision_at_recall(paid, probability, 0.4):.2f} at recall .4",
        f"restore: recall {recall_at_precision(paid, probability, 0.8):.2f} at precision .8",
        *(f"restore {line}" for line in bins(paid, probability)),
        f"first events of culprits: {judged.events['true'].mean():.0%} of a scheme",
        f"first events: {judged.events['events'].mean():.1f} a culprit, none of {(judged.events['events'] == 0).sum()}",
        f"honest with an episode: {honest['shown'].mean():.0%} of {len(honest)} show its explanation",
        f"culprits that show any explanation: {guilty['shown'].mean():.0%} of {len(guilty)}",
        f"delete: {len(judged.delete)} reviews held to be bought, {judged.delete['bought'].mean():.0%} are",
    ]


def made_and_judged(seed: int, given: argparse.Namespace, configuration: Configuration) -> JudgedCases:
    """Simulate, retrain, score and judge one market."""
    place = given.work / str(seed)
    settings = read_scenario(given.scenario, sellers=given.sellers, weeks=given.weeks, seed=seed)
    if not (place / "data").is_dir():
        simulate(place / "data", place / "truth", settings)
    as_of = settings.market.start_on + timedelta(weeks=given.weeks)
    out = run_product(place / "data", place / "store", as_of, configuration)
    return judge_cases(place / "data", place / "truth", out, as_of, configuration.cases.look_back_weeks)


def made_and_judged_frozen(market: FrozenMarket, work: Path, configuration: Configuration) -> JudgedCases:
    """Make, retrain, score and judge one frozen market."""
    place = made(market, work)
    out = run_product(place.data, work / market.name / "store", market.last_cutoff, configuration)
    return judge_cases(place.data, place.truth, out, market.last_cutoff, configuration.cases.look_back_weeks)


def main() -> None:
    """Judge the markets one after the other, then together."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="*", default=[])
    parser.add_argument("--markets", nargs="*", default=[], metavar="MARKET", help="names or kinds of frozen markets")
    parser.add_argument("--scenario", default="default")
    parser.add_argument("--sellers", type=int, default=800)
    parser.add_argument("--weeks", type=int, default=104)
    parser.add_argument("--budget", type=int, default=80, help="sellers listed")
    parser.add_argument("--work", type=Path, default=Path("judged"), help="where markets and stores lie")
    given = parser.parse_args()
    configuration = read_settings(configs.SHIPPED, Configuration)
    alerts = configuration.alerts.model_copy(update={"budget": given.budget})
    configuration = configuration.model_copy(update={"alerts": alerts})
    judging: Mapping[str, Callable[[], JudgedCases]] = {
        str(seed): partial(made_and_judged, seed, given, configuration) for seed in given.seeds
    } | {
        market.name: partial(made_and_judged_frozen, market, given.work, configuration)
        for market in chosen(given.markets)
    }
    judged = []
    for name, judge in judging.items():
        judged.append(judge())
        print("\n".join([f"market {name}", *table(judged[-1]), ""]), flush=True)
    print("\n".join(["together", *table(together(judged))]))


if __name__ == "__main__":
    main()
