"""Who a seller is compared with, when the sellers of the same marketplace, category and size are too few.

Percentiles come from SQL; what is fitted to a group comes from its sellers' rows of one cutoff, as arrays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from features.distributions import Floats
from features.fits import Fitted, Members, beta_binomial, gamma_poisson, robust_tails
from features.signal import Comparison, Fit, Signal

if TYPE_CHECKING:
    import pandas as pd

Columns = Mapping[str, NDArray[Any]]

COMPARED = """
-- a row is a seller at a cutoff with the smallest group around him that is large enough
grouped as (
  select
    *,
    case
      when count(*) over (partition by as_of, marketplace, category, size_band) >= {least}
        then marketplace || '/' || category || '/' || size_band
      when count(*) over (partition by as_of, marketplace, size_band) >= {least}
        then marketplace || '/any/' || size_band
      when count(*) over (partition by as_of, marketplace) >= {least}
        then marketplace || '/any/any'
      else 'any/any/any'
    end as peer_group
  from measured
),
-- a row is a seller in a group: his own one, and every wider one that somebody is compared with
compared as (
  select grouped.*, peer_group as compared_with from grouped
  union all
  select grouped.*, wider.peer_group
  from grouped
  join (select distinct as_of, peer_group from grouped where peer_group like '%/any/%') as wider
    on grouped.as_of = wider.as_of
    and grouped.peer_group <> wider.peer_group
    and wider.peer_group in (
      grouped.marketplace || '/any/' || grouped.size_band, grouped.marketplace || '/any/any', 'any/any/any'
    )
)
"""
"""Steps of SQL from ``measured`` (with marketplace, category and size_band) to ``compared``."""


EVERYBODY = "any/any/any"
"""The group of those whose marketplace is too small."""


def in_wider_group(signal_table: pd.DataFrame, group: str) -> pd.Series:
    """Whether each row of the signal table is among the sellers of a group that others fell back to."""
    marketplace, size = signal_table["marketplace"].astype(str), signal_table["size_band"].astype(str)
    return _in_wider_group(marketplace, size, group)


def fitted_of(catalogue: Mapping[str, Signal]) -> dict[str, Comparison]:
    """The comparisons that are read off a fit, by the name of their signal."""
    return {
        name: signal.compared
        for name, signal in catalogue.items()
        if signal.compared is not None and signal.compared.fit is not None
    }


def needed_for(comparisons: Iterable[Comparison]) -> list[str]:
    """Names of the signals that are compared, and of those that hold the trials or the exposure."""
    names = {comparison.of.name for comparison in comparisons}
    return sorted(names | {each.exposure.name for each in comparisons if each.exposure is not None})


def compare(comparisons: Mapping[str, Comparison], rows: Columns) -> dict[str, Floats]:
    """Compute comparisons that are read off a fit, for all sellers of one cutoff; NaN where one cannot be compared.

    A seller is compared with every seller of its group, those that have a smaller group of their own included. Counts,
    and expectations for them, need an exposure above 0. Where less is riskier, the lower tail is told.

    Args:
        comparisons: by the name of their signal.
        rows: ``marketplace``, ``size_band``, ``peer_group`` and the signals that are needed, a value a seller.

    """
    sellers, members = _members(rows)
    found: dict[tuple[str, Fit | None, str], Fitted] = {}
    told = {}
    for name, each in comparisons.items():
        key = each.of.name, each.fit, "" if each.exposure is None else each.exposure.name
        if key not in found:
            found[key] = _fitted(each, rows, sellers, members)
        values = found[key].tails if each.read == "tail" else found[key].expected
        riskier_below = each.read == "tail" and each.of.direction < 0 and each.fit != "robust_z"
        told[name] = np.asarray(1 - values if riskier_below else values)
    return told


def _members(rows: Columns) -> tuple[NDArray[np.intp], Members]:
    """Positions of sellers, first each in its own group, then again in every wider group that others fell back to."""
    own, marketplace, size = (
        np.asarray(rows[name], dtype=object) for name in ("peer_group", "marketplace", "size_band")
    )
    sellers, groups = [np.arange(len(own))], [own]
    parents = [np.where(own == EVERYBODY, EVERYBODY, marketplace)]
    for group in (name for name in np.unique(own) if "/any/" in name):
        wider = _in_wider_group(marketplace, size, str(group)) & (own != group)
        sellers.append(np.flatnonzero(wider))
        groups.append(np.full(int(wider.sum()), group))
        parents.append(np.where(group == EVERYBODY, EVERYBODY, marketplace[wider]))
    codes = [np.unique(np.concatenate(names), return_inverse=True)[1] for names in (groups, parents)]
    everywhere = np.concatenate(groups) == EVERYBODY
    in_parent = everywhere | (np.arange(len(everywhere)) < len(own))
    return np.concatenate(sellers), Members(codes[0], codes[1], in_parent)


def _fitted(each: Comparison, rows: Columns, sellers: NDArray[np.intp], members: Members) -> Fitted:
    """The fit, told for each seller in its own group."""
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
    own = len(rows["peer_group"])
    return Fitted(tails[:own], expected[:own])


def _in_wider_group(marketplace: Any, size: Any, group: str) -> Any:
    of_size = marketplace + "/any/" + size == group
    return of_size | (marketplace + "/any/any" == group) | (group == EVERYBODY)
