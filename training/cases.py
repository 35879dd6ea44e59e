"""Cases: what was found together, or belongs together, and may stand on one side of a split only."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


def case_of_sellers(sellers: pd.DataFrame, verdicts: pd.DataFrame) -> pd.Series:
    """Name the case of each seller: by ``case_id``, else by ``owner_id``, else by the seller.

    Sellers that one investigation found share a case; so do two investigations of one seller, and the accounts of one
    owner with the case in which any of them was found.

    Args:
        sellers: columns ``seller_id`` and ``owner_id`` (null where not known), repeated rows allowed.
        verdicts: columns ``seller_id`` and ``case_id`` (null where there is none).

    Returns:
        The case's name by ``seller_id``: ``case:X``, else ``owner:X``, else ``seller:X``, the first of those joined.

    """
    owned = sellers[["seller_id", "owner_id"]].dropna(subset="owner_id").drop_duplicates()
    found = verdicts[["seller_id", "case_id"]].dropna(subset="case_id").drop_duplicates()
    names = pd.Index(sellers["seller_id"].unique()).union(pd.Index(verdicts["seller_id"].unique()))
    ties = pd.concat(
        [
            pd.DataFrame({"seller_id": found["seller_id"], "tie": "case:" + found["case_id"].astype(str)}),
            pd.DataFrame({"seller_id": owned["seller_id"], "tie": "owner:" + owned["owner_id"].astype(str)}),
            pd.DataFrame({"seller_id": names, "tie": "seller:" + pd.Series(names).astype(str)}),
        ],
        ignore_index=True,
    )
    seller_codes = names.get_indexer(ties["seller_id"])
    tie_codes, tie_names = pd.factorize(ties["tie"], sort=True)
    size = len(names) + len(tie_names)
    edges = coo_array((np.ones(len(ties)), (seller_codes, len(names) + tie_codes)), shape=(size, size))
    _, component = connected_components(edges, directed=False)
    first = pd.Series(tie_names).groupby(component[len(names) :]).first()
    return pd.Series(first.reindex(component[: len(names)]).to_numpy(), index=names, name="case")
