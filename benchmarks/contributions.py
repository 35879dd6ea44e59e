"""What signals, the unknown, constraints, bags and clean verdicts each contribute on the frozen markets.

python -m benchmarks.contributions [MARKET...] [--work DIR] [--json FILE]

Every way learns from the rows that `retrain` learns from and orders the sellers without a verdict at the last cutoff;
all have 160 trees and, but for the row that says so, one bag, so that a difference to the product is that of the way.
Beside it what each service's signals find of its own scheme, and how many honest look-alikes the first 100 hold.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

import configs
from benchmarks.cases import recent_look_alikes
from benchmarks.ceiling import truly_guilty
from benchmarks.figures import Interval, keep, over_markets
from benchmarks.frozen import FrozenMarket
from benchmarks.judged import chosen, peer_order
from benchmarks.learned import learned_at
from benchmarks.made import taken_in
from benchmarks.peer import peer_columns
from benchmarks.unknown_ways import TREES, UNKNOWN_WAYS, Taken, Way, noisy, taken_as_negative
from features.catalogue import CATALOGUE
from features.panel import signals_at
from features.settings import read_settings
from features.signal import SCHEME_OF_SERVICE, Signal
from model.arrays import Floats
from model.baseline import day_zero
from model.classifier import SellerRiskClassifier, classifier_of
from model.metrics import METRICS
from model.settings import ClassifierSettings, Configuration
from simulator.judge import guilty_at
from training.learned import Learned, learned_rows

PRODUCT = "product"
_SERVICES = ("removals", "rating", "pressure", "standing", "bought_reviews", "sales")


@dataclass(frozen=True)
class Known:
    """A market at its last cutoff: what is learned from, who is judged, and what is true of them."""

    rows: pd.DataFrame
    panel: pd.DataFrame
    everybody: pd.DataFrame
    judged: Floats
    culprit: Floats
    peer: Floats
    truth: Path
    market: FrozenMarket


@dataclass(frozen=True)
class Contributions:
    """Figures of one market.

    Attributes:
        market: its name.
        precision: average precision by way.
        recall: recall at 100 by way, for some.
        schemes: by scheme its prevalence, and average precision of the product, of the product's model of its service
            (of day zero's tail where it has none), and of day zero's tail of that service, which no verdict taught.
        look_alikes: by kind its judged honest sellers, and those of them in the product's first 100.
        listed_share: the share of all judged that the first 100 are.

    """

    market: str
    precision: Mapping[str, float]
    recall: Mapping[str, float]
    schemes: Mapping[str, tuple[float, float, float, float]]
    look_alikes: Mapping[str, tuple[int, int]]
    listed_share: float


def known_of(market: FrozenMarket, work: Path, configuration: Configuration) -> Known:
    """Make the market, take it in, and read what `retrain` would learn from."""
    place, store, _ = taken_in(market, work, configuration)
    as_of = market.last_cutoff
    learned = learned_at(store, as_of, configuration)
    everybody = signals_at(store, [as_of], configuration)
    return Known(
        rows=learned.rows,
        panel=learned.panel,
        everybody=everybody,
        judged=(~everybody["seller_id"].isin(learned.decided)).to_numpy(dtype=np.float64),
        culprit=truly_guilty(place.truth, everybody),
        peer=peer_order(place.data, learned, peer_columns(place.data, everybody)),
        truth=place.truth,
        market=market,
    )


def order_of(
    known: Known,
    catalogue: Mapping[str, Signal],
    settings: ClassifierSettings,
    rows: pd.DataFrame | None = None,
    way: Way = taken_as_negative,
) -> Floats:
    """Margins of all sellers at the last cutoff, learned in this way."""
    learned, classifier = _learned(known, catalogue, settings, known.rows if rows is None else rows, way)
    return np.asarray(classifier.decision_function(known.everybody[list(learned.used)]), dtype=np.float64)


def _learned(
    known: Known, catalogue: Mapping[str, Signal], settings: ClassifierSettings, rows: pd.DataFrame, way: Way
) -> tuple[Learned, SellerRiskClassifier]:
    learned = learned_rows(rows, known.panel, catalogue, settings)
    lesson = way(Taken(rows, known.panel, learned, settings))
    classifier = classifier_of(settings, learned.used, TREES)
    of_services = {service: of.at(lesson.at) for service, of in learned.of_services.items()}
    return learned, classifier.fit(learned.signals.iloc[lesson.at], lesson.positive, lesson.weights, of_services)


def orders(known: Known, product: Floats, configuration: Configuration) -> Iterator[tuple[str, Floats]]:
    """Yield each way by name, with its order; that of the product is given."""
    settings = configuration.classifier.model_copy(update={"bags": 1})
    yield "fixed peer", known.peer
    yield "day zero", day_zero(known.everybody, CATALOGUE).strength.to_numpy()
    yield PRODUCT, product
    yield "three bags", order_of(known, CATALOGUE, configuration.classifier)
    yield "signals without a direction too", order_of(known, CATALOGUE, settings.model_copy(update={"signals": "all"}))
    yield "no models by service", order_of(known, CATALOGUE, settings.model_copy(update={"by_service": False}))
    yield "services from nothing", order_of(known, CATALOGUE, settings.model_copy(update={"day_zero_worth": 0.0}))
    for unlearned in settings.not_learned:
        others = tuple(each for each in settings.not_learned if each != unlearned)
        yield f"{unlearned} too", order_of(known, CATALOGUE, settings.model_copy(update={"not_learned": others}))
    for service in _SERVICES:
        rest = {name: signal for name, signal in CATALOGUE.items() if signal.service != service}
        yield f"without {service}", order_of(known, rest, settings)
    for held in ("none", "all"):
        yield f"held to direction: {held}", order_of(known, CATALOGUE, settings.model_copy(update={"monotone": held}))
    for name, way in UNKNOWN_WAYS.items():
        yield f"unknown: {name}", order_of(known, CATALOGUE, settings, way=way)
    for name, rows in noisy(known.rows, known.truth, settings.seed):
        yield f"verdicts: {name}", order_of(known, CATALOGUE, settings, rows)


def contributions(market: FrozenMarket, work: Path, configuration: Configuration) -> Contributions:
    """All figures of a market."""
    known = known_of(market, work, configuration)
    settings = configuration.classifier.model_copy(update={"bags": 1})
    learned, classifier = _learned(known, CATALOGUE, settings, known.rows, taken_as_negative)
    signals = known.everybody[list(learned.used)]
    found = dict(orders(known, classifier.decision_function(signals), configuration))
    measured = {
        name: {way: METRICS[name](known.culprit, order, known.judged, 100) for way, order in found.items()}
        for name in ("average_precision", "recall_at_budget")
    }
    listed = first_100(found[PRODUCT], known)
    return Contributions(
        market=market.name,
        precision=measured["average_precision"],
        recall=measured["recall_at_budget"],
        schemes=dict(by_scheme(known, found[PRODUCT], classifier.part_orders(signals))),
        look_alikes=dict(listed_look_alikes(known, listed)),
        listed_share=float(listed.sum() / known.judged.sum()),
    )


def by_scheme(
    known: Known, product: Floats, by_service: Mapping[str, Floats]
) -> Iterator[tuple[str, tuple[float, float, float, float]]]:
    """Yield for each scheme its prevalence, and average precisions; culprits of other schemes alone are left out."""
    surprise = day_zero(known.everybody, CATALOGUE).surprise
    running = guilty_at(known.truth, known.market.last_cutoff).query("active")
    for service, scheme in SCHEME_OF_SERVICE.items():
        of_scheme = known.everybody["seller_id"].isin(running.loc[running["scheme"] == scheme, "seller_id"]).to_numpy()
        weights = known.judged * (of_scheme | (known.culprit == 0))
        labels, held = of_scheme.astype(np.float64), surprise[service].to_numpy()
        measured = [
            METRICS["average_precision"](labels, order, weights, 1)
            for order in (product, by_service.get(service, held), held)
        ]
        yield scheme, (float((labels * weights).sum() / weights.sum()), measured[0], measured[1], measured[2])


def first_100(order: Floats, known: Known) -> Floats:
    """1 for the first hundred of the judged."""
    place = pd.Series(np.where(known.judged > 0, -order, np.inf)).rank(method="first")
    return np.asarray(place <= 100, dtype=np.float64)


def listed_look_alikes(known: Known, listed: Floats) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield by kind of honest episode its judged honest sellers, and how many of them are listed."""
    recent = recent_look_alikes(known.truth, known.market.last_cutoff)
    honest = (known.judged > 0) & (known.culprit == 0)
    for kind, sellers in recent.groupby("explanation")["seller_id"]:
        such = honest & known.everybody["seller_id"].isin(sellers).to_numpy()
        yield str(kind), (int(such.sum()), int(listed[such].sum()))


def tables(judged: Sequence[Contributions]) -> Iterator[str]:
    """The figures as Markdown, means over the markets."""
    yield "| way | average precision | product minus it, paired | recall at 100 | markets below the product |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for way in judged[0].precision:
        values = [market.precision[way] for market in judged]
        lost = [market.precision[PRODUCT] - value for market, value in zip(judged, values, strict=True)]
        recall = np.mean([market.recall[way] for market in judged])
        below = sum(market.precision[PRODUCT] > market.precision[way] for market in judged)
        yield f"| {way} | {np.mean(values):.3f} | {_shown(over_markets(lost))} | {recall:.3f} | {below} |"
    yield ""
    yield "| scheme | prevalence | product | its service's signals alone | times the prevalence | day zero of it |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: |"
    for scheme in judged[0].schemes:
        prevalence, product, alone, tail = np.nanmean([market.schemes[scheme] for market in judged], axis=0)
        times = f"{alone / prevalence:.0f}"
        yield f"| {scheme} | {prevalence:.4f} | {product:.3f} | {alone:.3f} | {times} | {tail:.3f} |"
    yield ""
    yield "| look-alike | honest sellers with it | of the first 100 of each market | times the chance share |"
    yield "| --- | ---: | ---: | ---: |"
    for kind in sorted({kind for market in judged for kind in market.look_alikes}):
        sellers, listed = np.sum([market.look_alikes.get(kind, (0, 0)) for market in judged], axis=0)
        chance = sum(market.look_alikes.get(kind, (0, 0))[0] * market.listed_share for market in judged)
        yield f"| {kind} | {sellers:,} | {listed} | {listed / chance:.1f} |"


def _shown(found: Interval) -> str:
    return f"{found.mean:+.3f} ({found.low:+.3f} to {found.high:+.3f})"


def main() -> None:
    """Judge the markets one after the other, then print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("markets", nargs="*", default=["hard"], metavar="MARKET", help="names or kinds; all hard ones")
    parser.add_argument("--work", type=Path, default=Path("judged"), help="where markets and stores lie")
    parser.add_argument("--json", type=Path, help="where the figures are written besides")
    given = parser.parse_args()
    configuration = read_settings(configs.SHIPPED, Configuration)
    judged = []
    for market in chosen(given.markets):
        judged.append(contributions(market, given.work, configuration))
        print(f"{market.name}: " + ", ".join(f"{k} {v:.3f}" for k, v in judged[-1].precision.items()), flush=True)
    print("\n".join(["", *tables(judged)]))
    keep(judged, given.json)


if __name__ == "__main__":
    main()
