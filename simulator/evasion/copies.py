"""Copies of a delivered market with the rows of some entrants added; the market's own files stay as they are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from features.errors import WrongUse
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


def check_delivered(stage: Stage, data: Path) -> None:
    """Refuse tables that are not those of the market.

    Raises:
        WrongUse: a host is not among the sellers that were delivered.

    """
    files = sorted((data / "sellers").rglob("*.parquet"))
    delivered = {each for file in files for each in pq.ParquetFile(file).read(["seller_id"])["seller_id"].to_pylist()}
    column = TABLES["sellers"]["seller_id"]
    if not set(stage.world.delivery.arrow(column, stage.hosts).to_pylist()) <= delivered:
        raise WrongUse(
            f"{data}: its sellers are not those of the simulated market; name the truth that `scrubwatch simulate`"
            " wrote with these tables (--truth)"
        )


def seller_ids(stage: Stage, entrants: Sequence[Entrant]) -> list[object]:
    """Under which id the tables know each entrant."""
    column = TABLES["sellers"]["seller_id"]
    ids: list[object] = stage.world.delivery.arrow(column, np.array([each.host for each in entrants])).to_pylist()
    return ids
