"""Who a seller is compared with, and what that comparison says.

Peers are the sellers of the same marketplace, category and size at the cutoff. Groups that are too small fall back to
marketplace and size, to the marketplace, and to all sellers. All is computed from the rows of one cutoff, as arrays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from features.codes import Codes, coded, from_zero, told_apart
from features.distributions import Floats
from features.fits import Fitted, Members, beta_binomial, gamma_poisson, robust_tails
from features.settings import PeerSettings
from features.signal import Comparison, Fit, Signal

if TYPE_CHECKING:
    import pandas as pd

Columns = Mapping[str, NDArray[Any]]

EVERYBODY = "any/any/any"
"""The group of those whose marketplace is too small."""


def with_peers(rows: pa.Table, catalogue: Mapping[str, Signal], settings: PeerSettings) -> pa.Table:
    """The rows of one cutoff with ``peer_group``, ``peer_sellers`` and every signal that is a comparison.

    Args:
        rows: a seller each, with marketplace, category, size_band and the signals that are formulas.
        catalogue: the signals, by name.
        settings: how many sellers make a group.

    """
    comparisons = {name: each.compared for name, each in catalogue.items() if each.compared is not None}
    read = {each.name for of in comparisons.values() for each in (of.of, of.exposure) if each is not None}
    columns = {name: rows[name].to_numpy() for name in ("marketplace", "category", "size_band", *read)}
    group = peer_groups(columns["marketplace"], columns["category"], columns["size_band"], settings)
    told = compare(comparisons, {**columns, "peer_group": group})
    rows = rows.append_column("peer_group", pa.array(group, pa.string()))
    for name, values in told.items():
        rows = rows.append_column(name, pa.array(values, from_pandas=True))
    return rows


def peer_groups(
    marketplaces: Sequence[str], categories: Sequence[str], sizes: Sequence[str], settings: PeerSettings
) -> NDArray[Any]:
    """The name of each seller's group: the smallest around it that has enough sellers."""
    coded = [_coded(values) for values in (marketplaces, categories, sizes)]
    shape = [max(len(names), 1) for _, names in coded]
    kinds, kind_of = np.unique(np.ravel_multi_index([codes for codes, _ in coded], shape), return_inverse=True)
    sellers = np.bincount(kind_of, minlength=1)
    of_kind = [
        [names[code] for code in codes] for (_, names), codes in zip(coded, np.unravel_index(kinds, shape), strict=True)
    ]
    levels = [
        [f"{marketplace}/{category}/{size}" for marketplace, category, size in zip(*of_kind, strict=True)],
        [f"{marketplace}/any/{size}" for marketplace, _, size in zip(*of_kind, strict=True)],
        [f"{marketplace}/any/any" for marketplace in of_kind[0]],
    ]
    group = np.full(len(kinds), EVERYBODY, dtype=object)
    for names in reversed(levels):
        codes, _ = _coded(names)
        large = np.bincount(codes, sellers[: len(codes)], minlength=1)[codes] >= settings.min_group_sellers
        group = np.where(large, np.asarray(names, dtype=object), group)
    return np.asarray(group[kind_of])


def group_members(sellers: pd.DataFrame, groups: Iterable[str]) -> dict[str, NDArray[np.intp]]:
    """The places of those whom each group compares with; a group that others fell back to is all of its kind.

    Args:
        sellers: peer_group, marketplace and size_band of all sellers of a cutoff.
        groups: names of groups.

    """
    marketplace_of, marketplaces = sellers["marketplace"].factorize(use_na_sentinel=False)
    size_of, sizes = sellers["size_band"].factorize(use_na_sentinel=False)

    def members(group: str) -> NDArray[np.bool_]:
        if "/any/" not in group:
            return np.asarray(sellers["peer_group"] == group)
        kinds = [[{f"{each}/any/{size}", f"{each}/any/any", EVERYBODY} for size in sizes] for each in marketplaces]
        of_kind = np.array([[group in names for names in row] for row in kinds], dtype=bool)
        return np.asarray(of_kind[marketplace_of, size_of])

    return {group: np.flatnonzero(members(group)) for group in groups}


def compare(comparisons: Mapping[str, Comparison], rows: Columns) -> dict[str, NDArray[Any]]:
    """Compute comparisons for all sellers of one cutoff, and ``peer_sellers``; NaN where one cannot be compared.

    A seller is compared with every seller of its group, those that have a smaller group of their own included. Counts,
    and expectations for them, need an exposure above 0. Where less is riskier, the lower tail is told.

    Args:
        comparisons: by the name of their signal.
        rows: ``marketplace``, ``size_band``, ``peer_group`` and the signals that are needed, a value a seller.

    """
    sellers, members = _members(rows)
    own = len(rows["peer_group"])
    found: dict[tuple[str, Fit | None, str], Fitted] = {}
    told: dict[str, NDArray[Any]] = {"peer_sellers": np.bincount(members.groups, minlength=1)[members.groups[:own]]}
    for name, each in comparisons.items():
        if each.fit is None:
            told[name] = _percentiles(np.asarray(rows[each.of.name], float)[sellers], members)[:own]
            continue
        key = each.of.name, each.fit, "" if each.exposure is None else each.exposure.name
        if key not in found:
            fitted = _fitted(each, rows, sellers, members)
            found[key] = Fitted(fitted.tails[:own].copy(), fitted.expected[:own].copy())
        values = found[key].tails if each.read == "tail" else found[key].expected
        riskier_below = each.read == "tail" and each.of.direction < 0 and each.fit != "robust_z"
        told[name] = np.asarray(1 - values if riskier_below else values)
    return told


def _percentiles(values: Floats, members: Members) -> Floats:
    """The share of a member's group that lies below it, ties counted half, missing ones left out."""
    told = np.full(len(values), np.nan)
    known = np.isfinite(values)
    groups = members.groups[known]
    alike = told_apart(groups, values[known])
    ties, of_group = np.bincount(alike), np.bincount(groups)
    before, start = np.cumsum(ties) - ties, np.cumsum(of_group) - of_group
    told[known] = (before[alike] - start[groups] + 0.5 * ties[alike]) / of_group[groups]
    return told


def _members(rows: Columns) -> tuple[Codes, Members]:
    """Positions of sellers, first each in its own group, then again in every wider group that others fell back to."""
    own, names = _coded(rows["peer_group"])
    market, market_names = _coded(rows["marketplace"])
    size, size_names = _coded(rows["size_band"])
    everybody = len(market_names)
    sellers, groups, parents = [np.arange(len(own))], [own], [market]
    for code, group in enumerate(names):
        if "/any/" not in group:
            continue
        inside = np.array(
            [
                [group in {f"{name}/any/{band}", f"{name}/any/any", EVERYBODY} for band in size_names]
                for name in market_names
            ]
        )
        wider = np.flatnonzero(inside[market, size] & (own != code))
        sellers.append(wider)
        groups.append(np.full(len(wider), code))
        parents.append(np.full(len(wider), everybody) if group == EVERYBODY else market[wider])
    if EVERYBODY in names:
        parents[0] = np.where(own == names.index(EVERYBODY), everybody, market)
    joined, of_parent = np.concatenate(groups), from_zero(np.concatenate(parents))
    everywhere = np.isin(joined, [code for code, name in enumerate(names) if name == EVERYBODY])
    return np.concatenate(sellers), Members(joined, of_parent, everywhere | (np.arange(len(joined)) < len(own)))


def _coded(values: Iterable[str]) -> tuple[Codes, list[str]]:
    """The place of each name among the distinct ones, in their order, and these."""
    codes, names = coded(pa.array(values, pa.string()))
    return codes, names.tolist()


def _fitted(each: Comparison, rows: Columns, sellers: Codes, members: Members) -> Fitted:
    """The fit, told for each member."""
    values = np.asarray(rows[each.of.name], dtype=np.float64)[sellers]
    size = np.ones(len(values)) if each.exposure is None else np.asarray(rows[each.exposure.name], float)[sellers]
    known = np.isfinite(values) & (size > 0)
    tails, expected = np.full(len(values), np.nan), np.full(len(values), np.nan)
    if known.any():
        values, size, members = values[known], size[known], members.only(known)
        if each.fit == "robust_z":
            tails[known] = robust_tails(-values if each.of.direction < 0 else values, members)
        else:
            fitted = (
                gamma_poisson(np.maximum(values, 0.0), size, members)
                if each.fit == "gamma_poisson"
                else beta_binomial(np.clip(np.round(values), 0, np.round(size)), np.round(size), members)
            )
            tails[known], expected[known] = fitted.tails, fitted.expected
    return Fitted(tails, expected)
