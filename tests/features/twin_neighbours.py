"""The naive twin, beside the others: what the sellers show who share staff or reviewers with a seller, pair by pair."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from features.catalogue import CATALOGUE
from tests.features.random_moments import Row
from tests.features.twin_stories import Happening

NAN = math.nan
_NEGATIVE = (1, 2)

Links = dict[tuple[Any, Any], float]
"""How strongly a seller and a person are linked, where they are."""


def read_neighbours(sellers: list[Row], happened: Callable[[str], Iterable[Happening]], most_linked: int) -> None:
    """Add to the sellers of one cutoff every signal that is read from their neighbours.

    Args:
        sellers: rows with all other signals; a signal read from neighbours is NaN where it is not covered, else 0.
        happened: what happened to anybody in the window, by its kind.
        most_linked: sellers; who has to do with more links nobody.

    """
    links = {
        "sellers_sharing_staff": _by_staff(_taken(happened("removed"))),
        "sellers_sharing_reviewers": _by_reviewers(happened("written")),
    }
    for signal in CATALOGUE.values():
        told = signal.neighbours
        if told is None:
            continue
        shared = _of_few(links[told.over.name], most_linked)
        values = {seller["seller_id"]: seller[told.of.name] for seller in sellers}
        for seller in sellers:
            weights = _neighbours(seller["seller_id"], shared, values)
            if math.isnan(seller[signal.name]) or not weights:
                seller[signal.name] = NAN
            elif told.read == "mean":
                total = sum(weights.values())
                seller[signal.name] = sum(weight * values[other] for other, weight in weights.items()) / total
            else:
                riskiest = min if told.of.direction < 0 else max
                seller[signal.name] = riskiest(values[other] for other in weights)


def _of_few(links: Links, most_linked: int) -> Links:
    sellers = Counter(person for _, person in links)
    return {key: strength for key, strength in links.items() if sellers[key[1]] <= most_linked and strength > 0}


def _neighbours(seller: Any, links: Links, values: dict[Any, float]) -> dict[Any, float]:
    """The weight of each other seller that has a value: over the people in common, the product of both strengths."""
    weights: Counter[Any] = Counter()
    for (mine, person), strength in links.items():
        for (other, their_person), their_strength in links.items():
            if mine == seller != other and person == their_person and not math.isnan(values[other]):
                weights[other] += strength * their_strength
    return dict(weights)


def _taken(removed: Iterable[Happening]) -> list[Happening]:
    """Removals of negative reviews by known staff."""
    return [each for each in removed if each.actor == "staff" and each.stars in _NEGATIVE and each.person is not None]


def _by_staff(done: Iterable[Happening]) -> Links:
    """How much more a person removed for a seller than all removals of both let expect."""
    taken = list(done)
    together = Counter((each.seller, each.person) for each in taken)
    of_seller = Counter(each.seller for each in taken)
    of_person = Counter(each.person for each in taken)
    links = {}
    for (seller, person), count in together.items():
        expected = of_seller[seller] * of_person[person] / len(taken)
        deviance = 2 * (count * math.log(count / expected) - (count - expected))
        links[seller, person] = math.sqrt(max(deviance, 0)) if count > expected else 0.0
    return links


def _by_reviewers(written: Iterable[Happening]) -> Links:
    """Who gave a seller five stars: each pair that a reviewer praised weighs one over their number."""
    given = {(each.seller, each.person) for each in written if each.stars == 5}
    sellers = Counter(person for _, person in given)
    return {(seller, person): 1 / math.sqrt(sellers[person]) for seller, person in given}
