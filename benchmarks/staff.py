"""Whom the product names among the staff, and which rings it finds, judged by the truth of frozen markets.

python -m benchmarks.staff MARKET... [--tickets N] [--work DIR] [--json FILE]

MARKET is a name or a kind (`hard`, `honest`, `easy`). Each market is made in the work folder, or reused if it lies
there with the same digests. With --tickets no ticket holds more than N reviews, which makes another market of it.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

import configs
from benchmarks.figures import keep, over_markets
from benchmarks.frozen import FrozenMarket
from benchmarks.judged import chosen
from benchmarks.made import taken_in
from features.settings import read_settings
from features.verdict_rows import verdicts_of
from model.metrics import METRICS
from model.settings import Configuration
from scoring.suspects import Suspects, find_suspects
from scoring.work import LOOK_BACK
from simulator.judge import guilty_lately, read_truth

Group = Iterable[Hashable]

_ACTS = {"review_actions": "acted_at", "staff_access": "accessed_at", "account_actions": "acted_at"}
"""Tables of the truth with what was paid for, and when it happened."""


@dataclass(frozen=True)
class StaffJudged:
    """What the staff's scores and the rings of one market are worth.

    Attributes:
        market: its name.
        parameters: digest of its settings.
        scored: members of staff with a score.
        acted: those of them who did something that was paid for in the 364 days before the cutoff.
        innocent: those of them whom nobody had bribed before the cutoff.
        small: innocents to whom a chance under 1 % is given.
        named: members of staff who are named.
        falsely: named innocents.
        found: named who acted.
        precision: average precision at finding who acted, of the score.
        by_removals: the same of a plain count of removals.
        pairs: pairs of sellers of one ring, of those with two or more ring mates.
        reachable: those pairs of whom the staff did something for both in these 364 days.
        joined: pairs that the found rings join.
        guilty: joined pairs of whom both ran a scheme in these 364 days, of whatever ring.
        rightly: joined pairs that are pairs of one ring.

    """

    market: str
    parameters: str
    scored: int
    acted: int
    innocent: int
    small: int
    named: int
    falsely: int
    found: int
    precision: float
    by_removals: float
    pairs: int
    reachable: int
    joined: int
    guilty: int
    rightly: int

    @property
    def false_share(self) -> float:
        """Share of the named who are innocent; 0 where nobody is named."""
        return self.falsely / max(1, self.named)

    @property
    def recall(self) -> float:
        """Share of those who acted that is named."""
        return self.found / self.acted if self.acted else float("nan")


def judge_staff(market: FrozenMarket, work: Path) -> StaffJudged:
    """Score the staff of a market at its last cutoff and compare them with the truth."""
    configuration, as_of = read_settings(configs.SHIPPED, Configuration), market.last_cutoff
    place, store, intake = taken_in(market, work, configuration)
    verdicts = verdicts_of(store, configuration)
    suspects = find_suspects(place.data, intake, store, verdicts, as_of, configuration, pa.string())
    return judged_by_truth(market, suspects, place.truth, removals_by_actor(place.data, as_of), as_of)


def judged_by_truth(
    market: FrozenMarket, suspects: Suspects, truth: Path, removals: pd.Series, as_of: date
) -> StaffJudged:
    """Compare what was found with the truth; `removals` counts by actor_id, and may lack some."""
    staff, acts = suspects.staff, paid_acts(truth, as_of)
    bribed = read_truth(truth, "staff")
    bribed = bribed[bribed["onset_on"] < pd.Timestamp(as_of)]
    acted = staff["actor_id"].isin(acts["actor_id"])
    innocent = ~staff["actor_id"].isin(bribed["actor_id"])
    rings = guilty_rings(truth, as_of)
    culprits = set().union(*rings)
    served = set(acts["seller_id"])
    together = pairs_of(ring for ring in rings if len(ring) > 2)
    joined = pairs_of(suspects.rings["sellers"])
    return StaffJudged(
        market=market.name,
        parameters=market.digest,
        scored=len(staff),
        acted=int(acted.sum()),
        innocent=int(innocent.sum()),
        small=int((innocent & (staff["score"] > 2)).sum()),
        named=int(staff["alerted"].sum()),
        falsely=int((staff["alerted"] & innocent).sum()),
        found=int((staff["alerted"] & acted).sum()),
        precision=_average_precision(acted, staff["score"]),
        by_removals=_average_precision(acted, staff["actor_id"].map(removals).fillna(0.0)),
        pairs=len(together),
        reachable=sum(pair <= served for pair in together),
        joined=len(joined),
        guilty=sum(pair <= culprits for pair in joined),
        rightly=len(joined & together),
    )


def paid_acts(truth: Path, as_of: date) -> pd.DataFrame:
    """What staff were paid for in the 364 days before a cutoff: actor_id, seller_id (whom cover hides is no client)."""
    parts = []
    for table, happened in _ACTS.items():
        rows = read_truth(truth, table)
        rows = rows[rows["actor_id"].notna()]
        at = rows[happened].dt.tz_localize(None)
        rows = rows[(at < pd.Timestamp(as_of)) & (at >= pd.Timestamp(as_of - LOOK_BACK))]
        hidden = rows["cover"].astype(bool) if "cover" in rows else pd.Series(data=False, index=rows.index)
        parts.append(rows.assign(seller_id=rows["seller_id"].mask(hidden))[["actor_id", "seller_id"]])
    return pd.concat(parts, ignore_index=True)


def guilty_rings(truth: Path, as_of: date) -> list[set[Hashable]]:
    """Sellers of each ring who ran a scheme in the 364 days before a cutoff."""
    return list(guilty_lately(truth, as_of).groupby("ring_id")["seller_id"].agg(set))


def pairs_of(groups: Iterable[Group]) -> set[frozenset[Hashable]]:
    """Every two that are in one group.

    >>> sorted(map(sorted, pairs_of([{"ann", "bob", "cay"}, {"dan"}])))
    [['ann', 'bob'], ['ann', 'cay'], ['bob', 'cay']]
    """
    return {frozenset(pair) for group in groups for pair in combinations(group, 2)}


def removals_by_actor(data: Path, as_of: date) -> pd.Series:
    """How many reviews each member of staff removed in the 364 days before a cutoff, counted without the product."""
    rows = pd.read_parquet(data / "review_actions", columns=["actor_id", "kind", "acted_at"])
    at = rows["acted_at"].dt.tz_localize(None)
    rows = rows[(at < pd.Timestamp(as_of)) & (at >= pd.Timestamp(as_of - LOOK_BACK)) & (rows["kind"] == "removed")]
    return rows["actor_id"].value_counts()


def _average_precision(acted: pd.Series, score: pd.Series) -> float:
    if not acted.any():
        return float("nan")
    precise = METRICS["average_precision"]
    return precise(acted.to_numpy(dtype=np.float64), score.to_numpy(dtype=np.float64), np.ones(len(acted)), budget=1)


def with_tickets(market: FrozenMarket, most: int) -> FrozenMarket:
    """The market with at most so many reviews a ticket, under a name and digest of its own."""
    moderation = market.settings.moderation.model_copy(update={"max_reviews_per_ticket": most})
    digest = hashlib.sha256(f"{market.digest} {most} reviews a ticket".encode()).hexdigest()
    settings = market.settings.model_copy(update={"moderation": moderation})
    return replace(market, name=f"{market.name}_tickets_of_{most}", digest=digest, settings=settings)


def table(judged: Sequence[StaffJudged]) -> Iterator[str]:
    """The figures as Markdown: a row a market, then what they come to."""
    yield (
        "| market | scored | acted | named | falsely | recall | average precision | by removals | innocents under 1 % |"
        " ring pairs | reachable | joined | both guilty | rightly |"
    )
    yield "| --- |" + " ---: |" * 13
    for each in judged:
        shown: list[float | str] = [
            each.scored,
            each.acted,
            each.named,
            each.falsely,
            each.recall,
            each.precision,
            each.by_removals,
        ]
        shown += [
            f"{each.small} of {each.innocent}",
            each.pairs,
            each.reachable,
            each.joined,
            each.guilty,
            each.rightly,
        ]
        yield f"| {each.market} | " + " | ".join(_shown(value) for value in shown) + " |"
    yield ""
    for name, value in totals(judged).items():
        yield f"- {name}: {_shown(value)}"


def totals(judged: Sequence[StaffJudged]) -> Mapping[str, float | str]:
    """What the markets come to: means with 95 % t-intervals over markets, shares over all of them together."""
    schemes = [each for each in judged if each.acted]
    found: dict[str, float | str] = {
        "innocents to whom a chance under 1 % is given": _share(
            sum(each.small for each in judged), sum(each.innocent for each in judged)
        ),
        "markets in which an innocent is named": f"{sum(each.falsely > 0 for each in judged)} of {len(judged)}",
    }
    if schemes:
        found["share of innocents among the named"] = _mean([each.false_share for each in schemes])
        found["recall of those who acted"] = _mean([each.recall for each in schemes])
        found["average precision"] = _mean([each.precision for each in schemes])
        found["average precision of the plain count"] = _mean([each.by_removals for each in schemes])
        rightly, joined = sum(each.rightly for each in schemes), sum(each.joined for each in schemes)
        pairs, reachable = sum(each.pairs for each in schemes), sum(each.reachable for each in schemes)
        found["joined pairs of whom both are guilty"] = _share(sum(each.guilty for each in schemes), joined)
        found["pairs joined rightly"] = _share(rightly, joined)
        found["ring pairs joined"] = _share(rightly, pairs)
        found["ring pairs that the staff's work reaches at all"] = _share(reachable, pairs)
    return found


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole}" + (f" ({part / whole:.1%})" if whole else "")


def _mean(values: Sequence[float]) -> str:
    found = over_markets(values)
    return f"{_shown(found.mean)} ({_shown(found.low)} to {_shown(found.high)}; {found.markets} markets)"


def _shown(value: float | str) -> str:
    if isinstance(value, float):
        return f"{value:.3f}" if np.isfinite(value) else "-"
    return str(value)


def main() -> None:
    """Judge the markets one after the other, then print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("markets", nargs="+", metavar="MARKET", help="names or kinds of frozen markets")
    parser.add_argument("--tickets", type=int, help="most reviews that a ticket may hold")
    parser.add_argument("--work", type=Path, default=Path("judged"), help="where markets and stores lie")
    parser.add_argument("--json", type=Path, help="where the figures are written besides")
    given = parser.parse_args()
    judged = []
    for market in chosen(given.markets):
        judged.append(judge_staff(with_tickets(market, given.tickets) if given.tickets else market, given.work))
        print(f"{judged[-1].market}: {judged[-1].named} named, {judged[-1].falsely} of them innocent", flush=True)
    print("\n".join(["", *table(judged)]))
    keep(judged, given.json)


if __name__ == "__main__":
    main()
