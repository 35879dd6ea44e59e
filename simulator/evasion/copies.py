"""Copies of a delivered market with the rows of some entrants added; the market's own files stay as they are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from simulator.delivery import Delivery
from simulator.evasion.entrant import Entrant
from simulator.evasion.stage import Stage
from simulator.population import vocabularies
from simulator.schema import TABLES

PART = "entrants"


def write_copy(stage: Stage, data: Path, entrants: Sequence[Entrant], out: Path) -> list[object]:
    """Link all files of a market below `out`, write what the entrants add beside them, and return their seller ids.

    A row of an entrant that has the key of one of the market's own (its sales, its places) is a correction of it, as
    the event contract knows them.
    """
    world = stage.world
    market = world.settings.market
    for file in sorted(data.rglob("*.parquet")):
        link = out / file.relative_to(data)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(file.resolve())
    words = vocabularies(world.settings.population, world.marketplace)
    text_ids = market.ids == "string"
    delivery = Delivery(out, PART, world.start, market.weeks, world.identity, words, text_ids=text_ids)
    for entrant in entrants:
        for table, recorded, columns in entrant.rows:
            delivery.add(table, recorded, columns)
    delivery.write_until(market.weeks)
    return seller_ids(stage, entrants)


def seller_ids(stage: Stage, entrants: Sequence[Entrant]) -> list[object]:
    """Under which id the tables know each entrant."""
    column = TABLES["sellers"]["seller_id"]
    ids: list[object] = stage.world.delivery.arrow(column, np.array([each.host for each in entrants])).to_pylist()
    return ids
