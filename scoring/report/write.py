"""Writes the pages of a run beside its files, from these and from the store alone."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd

from features.panel import stored_signals
from features.store import Store
from model.settings import Configuration
from scoring.output import write_restricted_text
from scoring.people import people_at
from scoring.report.content import Around, page_content
from scoring.report.earlier import earlier_run
from scoring.report.histories import People, histories
from scoring.report.page import report_page, staff_page
from scoring.report.peers import manipulated, nearest_peers, sizes
from scoring.report.run_files import RunFiles, read_restricted, read_run
from scoring.rings import rings_at

PAGE = "report.html"
STAFF_PAGE = "report_staff.html"


def write_report(folder: Path, store: Store, configuration: Configuration) -> None:
    """Write ``report.html`` and ``restricted/report_staff.html`` into the folder of a run.

    Args:
        folder: holds the run's other files.
        store: whose rows, signals, rings and cases are of the same cutoff.
        configuration: engine, staff and report.

    """
    run = read_run(folder)
    content = page_content(run, _around(run, store, configuration), configuration.report)
    (folder / PAGE).write_text(report_page(content), encoding="utf-8")
    write_restricted_text(folder, STAFF_PAGE, staff_page(run.record, read_restricted(folder)))


def _around(run: RunFiles, store: Store, configuration: Configuration) -> Around:
    """What the store adds to the files of a run."""
    as_of = date.fromisoformat(run.record["as_of"])
    sellers = stored_signals(store, as_of, configuration).sellers
    listed = [case["seller_id"] for case in run.cases]
    suspected = manipulated(store, as_of, configuration)
    peers = nearest_peers(sellers, sizes(store, as_of, configuration), listed, suspected)
    ring_ids = {case["ring_id"] for case in run.cases}
    rings = [ring for ring in rings_at(store, as_of) if ring.ring_id in ring_ids]
    shown = {
        *listed,
        *(seller for each in peers.values() for seller in each),
        *(s for ring in rings for s in ring.sellers),
    }
    stay = {row["review_id"]: row["probability"] for rows in run.restore.values() for row in rows}
    staff = people_at(store, as_of, configuration)
    people = People(
        {int(actor_id): bool(named) for actor_id, named in zip(staff["actor_id"], staff["named"], strict=True)},
        configuration.staff.scores(None),
    )
    return Around(
        places=_places(sellers[sellers["seller_id"].isin(list(shown))]),
        histories=histories(store, shown, stay, as_of, configuration.report.weeks, configuration.engine, people),
        peers=peers,
        rings=rings,
        earlier=earlier_run(store, as_of),
    )


def _places(sellers: pd.DataFrame) -> dict[object, tuple[str, str]]:
    rows = sellers[["seller_id", "marketplace", "category"]].itertuples(index=False, name=None)
    return {seller: (marketplace, category) for seller, marketplace, category in rows}
