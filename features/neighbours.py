"""A signal read from the sellers to whom a seller is linked, at one cutoff, as arrays.

Pairs of neighbours are never made: the sums of an entity less the seller's own part tell what its other sellers say, so
that the cost grows with the links and not with their squares. Sums are taken in an order that no key decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from features.distributions import Floats
from features.signal import Neighbours, Signal

Places = NDArray[np.intp]


@dataclass(frozen=True)
class Links:
    """Links of one cutoff, in order of their entity and, within it, of their seller.

    Attributes:
        sellers: places of the sellers among the rows of the cutoff.
        entities: numbers of the entities, from 0.
        strengths: above 0.

    """

    sellers: Places
    entities: Places
    strengths: Floats


def with_neighbours(rows: pa.Table, catalogue: Mapping[str, Signal], links_of: Callable[[str], pa.Table]) -> pa.Table:
    """The rows of one cutoff with every signal that is read from neighbours.

    Args:
        rows: a seller each, in order, with all other signals; where a column of such a signal is null, the window is
            not covered.
        catalogue: the signals, by name.
        links_of: the links of a relation of that name: seller_id, entity and strength.

    """
    readings = {name: each.neighbours for name, each in catalogue.items() if each.neighbours is not None}
    links = {
        name: _placed(rows["seller_id"], links_of(name)) for name in {each.over.name for each in readings.values()}
    }
    for name, each in readings.items():
        values = np.asarray(rows[each.of.name].to_numpy(), dtype=np.float64)
        read = _told(each, links[each.over.name], values)
        covered = rows[name].is_valid().to_numpy()
        place = rows.column_names.index(name)
        rows = rows.set_column(place, name, pa.array(np.where(covered, read, np.nan), from_pandas=True))
    return rows


def _placed(sellers: pa.ChunkedArray, links: pa.Table) -> Links:
    places = np.asarray(pc.index_in(links["seller_id"], value_set=sellers.combine_chunks()).to_numpy(), dtype=np.intp)
    entities = links["entity"].combine_chunks().dictionary_encode().indices.to_numpy().astype(np.intp)
    order = np.lexsort((places, entities))
    return Links(places[order], entities[order], links["strength"].to_numpy()[order])


def _told(each: Neighbours, links: Links, values: Floats) -> Floats:
    if each.read == "mean":
        return mean_of_neighbours(links, values)
    sign = -1.0 if each.of.direction < 0 else 1.0
    return sign * largest_of_neighbours(links, sign * values)


def mean_of_neighbours(links: Links, values: Floats) -> Floats:
    """The mean over each seller's neighbours, weighted by their links; NaN where none has a value."""
    own = values[links.sellers]
    weight = np.where(np.isfinite(own), links.strengths, 0.0)
    weighted = weight * np.where(np.isfinite(own), own, 0.0)
    sums = [_summed(links, part, len(values)) for part in (weighted, weight)]
    mean = np.asarray(sums[0] / np.where(sums[1] > 0, sums[1], np.nan))
    known = values[np.isfinite(values)]
    return np.clip(mean, known.min(), known.max()) if len(known) else mean  # a sum less a part may miss by a last digit


def _summed(links: Links, parts: Floats, sellers: int) -> Floats:
    """By seller, the parts of the other links of its entities times the strength of its own link, added up."""
    others = links.strengths * (np.bincount(links.entities, parts)[links.entities] - parts) if len(parts) else parts
    order = np.lexsort((others, links.sellers))
    return np.asarray(np.bincount(links.sellers[order], others[order], minlength=sellers), dtype=np.float64)


def largest_of_neighbours(links: Links, values: Floats) -> Floats:
    """The largest value among each seller's neighbours; NaN where none has a value."""
    known = np.flatnonzero(np.isfinite(values[links.sellers]))
    order = known[np.lexsort((values[links.sellers[known]], links.entities[known]))]
    entities = links.entities[order]
    number = int(links.entities.max(initial=-1)) + 1
    largest, second, holder = np.full(number, -np.inf), np.full(number, -np.inf), np.full(number, -1)
    last = np.flatnonzero(np.diff(entities, append=-1) != 0)
    largest[entities[last]], holder[entities[last]] = values[links.sellers[order[last]]], order[last]
    before = last[(last > 0) & (entities[np.maximum(last - 1, 0)] == entities[last])] - 1
    second[entities[before]] = values[links.sellers[order[before]]]
    mine = holder[links.entities] == np.arange(len(links.entities))
    others = np.where(mine, second[links.entities], largest[links.entities])
    found = np.full(len(values), -np.inf)
    np.maximum.at(found, links.sellers, others)
    return np.where(np.isfinite(found), found, np.nan)
