"""Rings: sellers and staff joined by work that the desks' chance does not explain, and sellers found together.

Their ids last over weeks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import networkx as nx
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.store import Store
from features.whole_file import read_file
from scoring.findings import numbered
from scoring.work import LOOK_BACK
from training.cases import case_of_sellers
from training.verdicts import standing_verdicts

GROUP = "rings/found"

_SEED = 2018
_RESOLUTION = 0.3
"""How readily communities are cut in two (Louvain): a chain of three sellers stays whole, a bridge between two dense
groups does not join them."""

_SAME_SHARE = 0.5
"""Share of the smaller ring's sellers that a later ring must hold to be the same ring."""

_Member = tuple[str, Any]
"""What it is (`staff`, `seller`; in the graph also `case`), and its id."""

_SERVED = {
    "moderation": "removal of negative reviews",
    "standing": "accounts or listings brought back or opened",
    "look-ups": "look-ups without a cause",
}


@dataclass(frozen=True)
class Ring:
    """Sellers and their helpers.

    Attributes:
        ring_id: stable over weeks.
        sellers: sorted.
        staff: pseudonyms, sorted.
        first_seen_on: cutoff at which it was first found.
        text: the evidence in words.

    """

    ring_id: str
    sellers: tuple[Any, ...]
    staff: tuple[int, ...]
    first_seen_on: date
    text: str


def found_together(verdicts: pd.DataFrame, as_of: date) -> pd.Series:
    """The case of each seller that an investigation of the last 364 days found with others, by seller_id.

    Args:
        verdicts: as `features.verdict_rows.verdicts_of` returns them.
        as_of: the cutoff; verdicts that became known later, or that another has replaced, do not count.

    """
    standing = standing_verdicts(verdicts, as_of)
    lately = pd.to_datetime(standing["decided_at"]) >= pd.Timestamp(as_of - LOOK_BACK)
    found = standing[lately & (standing["verdict"] == "manipulated") & standing["case_id"].notna()]
    case = case_of_sellers(found[["seller_id"]].assign(owner_id=None), found)
    return case[case.duplicated(keep=False)]


def find_rings(pairs: pd.DataFrame, together: pd.Series, as_of: date, before: list[Ring]) -> list[Ring]:
    """Communities of two or more sellers with their helpers, largest first.

    Args:
        pairs: desk, actor_id, seller_id, count, expected, evidence; strongest first.
        together: of `found_together`; no ring divides those of one case.
        as_of: the cutoff.
        before: the rings of the last cutoff before it; one that goes on keeps its id and first day.

    """
    found = [_ring(members, pairs, together, as_of) for members in _communities(pairs, together)]
    found = [ring for ring in found if len(ring.sellers) > 1]
    kept = _same(found, before)
    rings = [
        replace(ring, ring_id=kept[ring.ring_id].ring_id, first_seen_on=kept[ring.ring_id].first_seen_on)
        if ring.ring_id in kept
        else ring
        for ring in found
    ]
    return sorted(rings, key=lambda ring: (-len(ring.sellers), -len(ring.staff), ring.first_seen_on, ring.ring_id))


def _communities(pairs: pd.DataFrame, together: pd.Series) -> list[set[_Member]]:
    """Staff and sellers that hang together; nodes enter by strength, so that names of ids decide nothing.

    The sellers of a case are one node.
    """
    graph = nx.Graph()
    for pair in pairs.itertuples():
        helper = ("staff", pair.actor_id)
        client = ("case", together[pair.seller_id]) if pair.seller_id in together.index else ("seller", pair.seller_id)
        known = graph.get_edge_data(helper, client, {"weight": 0.0})
        graph.add_edge(helper, client, weight=known["weight"] + pair.evidence)
    cases: dict[_Member, list[_Member]] = {}
    for seller, case in together.items():
        cases.setdefault(("case", case), []).append(("seller", seller))
    apart = [set(sellers) for case, sellers in cases.items() if case not in graph]
    if graph.number_of_edges() == 0:
        return apart
    joined = nx.community.louvain_communities(graph, weight="weight", resolution=_RESOLUTION, seed=_SEED)
    return [{member for node in nodes for member in cases.get(node, [node])} for nodes in joined] + apart


def _ring(members: set[_Member], pairs: pd.DataFrame, together: pd.Series, as_of: date) -> Ring:
    sellers = tuple(sorted(key for kind, key in members if kind == "seller"))
    staff = tuple(sorted(key for kind, key in members if kind == "staff"))
    ring_id = hashlib.sha256(f"{as_of} {sellers}".encode()).hexdigest()[:12]
    mine = pairs[pairs["seller_id"].isin(sellers) & pairs["actor_id"].isin(staff)]
    case = together.reindex(sellers).dropna()
    return Ring(ring_id, sellers, staff, as_of, " ".join([*_of_work(mine), *_of_cases(case)]))


def _of_cases(case: pd.Series) -> list[str]:
    counts = [str(count) for count in case.value_counts()]
    return [f"Investigators found {' and '.join(counts)} sellers together in 364 days."] if counts else []


def _of_work(pairs: pd.DataFrame) -> list[str]:
    if pairs.empty:
        return []
    staff, sellers = pairs["actor_id"].nunique(), pairs["seller_id"].nunique()
    parts = [
        f"{_SERVED[str(desk)]} of {numbered(each['seller_id'].nunique(), 'seller')} in {int(each['count'].sum())}"
        f" assignments (shared out as other work is: about {each['expected'].sum():.1f})"
        for desk, each in pairs.groupby("desk", sort=True)
    ]
    several = int(pairs.drop_duplicates(["seller_id", "actor_id"])["seller_id"].value_counts().gt(1).sum())
    joined = [f"{numbered(several, 'seller')} served by more than one of them."] if several else []
    return [
        f"{staff} of the staff and {numbered(sellers, 'seller')}, joined in 364 days by {'; '.join(parts)}.",
        *joined,
    ]


def _same(found: list[Ring], before: list[Ring]) -> dict[str, Ring]:
    """The earlier ring that each found one continues, by its new id: the most sellers in common go first."""
    overlaps = sorted(
        (
            (-len(set(new.sellers) & set(old.sellers)), old.first_seen_on, old.ring_id, new.ring_id, new, old)
            for new in found
            for old in before
            if len(set(new.sellers) & set(old.sellers)) >= _SAME_SHARE * min(len(new.sellers), len(old.sellers))
        ),
        key=lambda overlap: overlap[:4],
    )
    kept: dict[str, Ring] = {}
    for *_, new, old in overlaps:
        if new.ring_id not in kept and old.ring_id not in {ring.ring_id for ring in kept.values()}:
            kept[new.ring_id] = old
    return kept


def rings_before(store: Store, as_of: date) -> list[Ring]:
    """The rings that were kept at the last cutoff before this one."""
    kept = {path: entry.week for path, entry in store.manifest().group(GROUP).items() if entry.week < as_of.isoformat()}
    return _read(store, max(kept, key=lambda path: (kept[path], path))) if kept else []


def rings_at(store: Store, as_of: date) -> list[Ring]:
    """The rings that were kept at this cutoff."""
    kept = [path for path, entry in store.manifest().group(GROUP).items() if entry.week == as_of.isoformat()]
    return _read(store, kept[0]) if kept else []


def _read(store: Store, path: str) -> list[Ring]:
    rows = read_file(store.path / path).to_pylist()
    return [
        Ring(row["ring_id"], tuple(row["sellers"]), tuple(row["staff"]), row["first_seen_on"], row["text"])
        for row in rows
    ]


def keep_rings(store: Store, as_of: date, rings: list[Ring], seller_key: pa.DataType) -> None:
    """Keep the rings of a cutoff in the store, with the staff's pseudonyms; found again, they replace those there.

    Raises:
        StoreBusy: another run holds the store.

    """
    schema = pa.schema(
        [
            ("ring_id", pa.string()),
            ("sellers", pa.list_(seller_key)),
            ("staff", pa.list_(pa.int64())),
            ("first_seen_on", pa.date32()),
            ("text", pa.string()),
        ]
    )
    with store.writing():
        manifest = store.manifest()
        earlier = {path for path, entry in manifest.group(GROUP).items() if entry.week == as_of.isoformat()}
        staged = store.scratch / f"rings-{as_of}.parquet"
        pq.write_table(pa.Table.from_pylist([vars(ring) for ring in rings], schema), staged, compression="zstd")
        entry = store.adopt(staged, GROUP, as_of, len(rings), label="as_of")
        if earlier != {entry[0]}:
            store.commit(manifest.without(earlier).with_files([entry]))


def ring_rows(rings: list[Ring], plain: Mapping[int, str | int]) -> pd.DataFrame:
    """One row a ring, with the columns of `restricted/rings.parquet`; staff by their plain ids."""
    rows = [
        {
            "ring_id": ring.ring_id,
            "sellers": list(ring.sellers),
            "staff": [plain[person] for person in ring.staff if person in plain],
            "first_seen_on": ring.first_seen_on,
            "text": ring.text,
        }
        for ring in rings
    ]
    return pd.DataFrame(rows, columns=["ring_id", "sellers", "staff", "first_seen_on", "text"])
