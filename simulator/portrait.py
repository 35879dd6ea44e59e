"""A page that holds a simulated market against the field: `python -m simulator.portrait OUT TRUTH PAGE`.

Reads a written market and its truth; writes a Markdown page of tables and, beside it, one picture.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import numpy as np
import numpy.typing as npt

from features.errors import WrongUse
from simulator.judge import open_truth
from simulator.schema import TABLES


class Figure(NamedTuple):
    """One figure of the page: what it is, how it is computed, what the field says, and with which source."""

    name: str
    query: str
    field: str
    source: str


_ACTS = "review_actions join reviews using (review_id)"
_SHARE = "100.0 * count(*) filter ({}) / (select count(*) from reviews)"
_PER_SELLER = "(select seller_id, sum(revenue) r from sales join products using (product_id) group by 1)"
_AUTHOR = "kind = 'removed' and actor_kind = 'reviewer'"
_MACHINE = "kind = 'removed' and actor_kind = 'automation'"
_STAFF = "kind = 'removed' and actor_kind = 'staff'"
_SUSPENDED = "count(distinct seller_id) filter (kind = 'suspended' and product_id is null)"
_YEARS = "(select date_diff('day', min(acted_at), max(acted_at)) / 365.0 from account_actions)"

FIGURES = (
    Figure("reviews removed by staff, %", f"select {_SHARE.format(_STAFF)} from {_ACTS}", "3", "Yelp 2024"),
    Figure(
        "reviews removed by their author, %",
        f"select {_SHARE.format(_AUTHOR)} from {_ACTS}",
        "2",
        "Yelp 2024",
    ),
    Figure(
        "reviews removed by automation, %",
        f"select {_SHARE.format(_MACHINE)} from {_ACTS}",
        "6.7 (7.4 % fake, 90 % of it by automation)",
        "Trustpilot 2024",
    ),
    Figure(
        "mean stars of reviews purged for a policy",
        f"select avg(rating) from {_ACTS} where kind = 'removed' and reason = 'policy' and trigger = 'authority'",
        "4.75",
        "ReviewMeta",
    ),
    Figure(
        "mean stars of all staff removals", f"select avg(rating) from {_ACTS} where {_STAFF}", "above 3", "ReviewMeta"
    ),
    Figure(
        "mean stars of paid removals",
        "select avg(rating) from true_review_actions join reviews using (review_id) where not cover",
        "below 2.5",
        "inference",
    ),
    Figure(
        "flags by sellers for each flag by readers",
        "select count(*) filter (trigger = 'seller_flag') / count(*) filter (trigger = 'reader_flag')"
        " from review_actions",
        "6",
        "Trustpilot 2024",
    ),
    Figure(
        "accounts suspended at least once, % a year",
        f"select 100.0 * {_SUSPENDED} / (select count(distinct seller_id) from sellers) / {_YEARS}"
        " from account_actions",
        "20",
        "appeal services",
    ),
    Figure(
        "sales of the largest 1 % of the sellers, %",
        f"select 100 * sum(r) filter (place <= 0.01) / sum(r) from "
        f"(select r, percent_rank() over (order by r desc) place from {_PER_SELLER})",
        "33 to 43 among a few thousand (see below)",
        "Marketplace Pulse",
    ),
    Figure(
        "one and two stars, % of reviews",
        "select 100.0 * avg((rating <= 2)::int) from reviews",
        "4 to 13",
        "negative feedback",
    ),
    Figure(
        "weeks from opening a case to its verdict",
        "select avg(date_diff('day', opened_at, decided_at)) / 7 from verdicts where opened_at is not null",
        "17 (tip to report)",
        "WSJ, CNBC",
    ),
    Figure(
        "weeks from onset to a verdict",
        "select avg(date_diff('day', onset_on, decided_at)) / 7 from verdicts where verdict = 'manipulated'",
        "years for a ring",
        "court papers",
    ),
    Figure(
        "culprits found by the end, %",
        "select 100.0 * avg((seller_id in (select seller_id from verdicts where verdict = 'manipulated'))::int)"
        " from (select distinct seller_id from true_schemes)",
        "2.2 (far too few to learn from)",
        "Xu et al. 2015",
    ),
    Figure(
        "guilty sellers, %",
        "select 100.0 * count(distinct seller_id) / (select count(distinct seller_id) from sellers) from true_schemes",
        "unknown",
        "guess",
    ),
    Figure(
        "median delay of a record, minutes",
        "select median(date_diff('second', acted_at, recorded_at)) / 60 from review_actions",
        "unknown",
        "guess",
    ),
)

_CONCENTRATION = """## How concentrated sales are

Of over 5 million registered sellers 1,000 make 25 % of the sales and 10,000 make 57 % (Marketplace Pulse).
Under a power law (Pareto, exponent a) the largest share p of the sellers makes p^(1 - 1/a) of the sales. The
first point gives a = 1.19, the second a = 1.10; the largest 1 % would make 47 % and 66 %. Drawn straight
through both points (log share against log rank, slope .36) the sales are used up at rank 48,000: all others
sell nothing, and of the 48,000 the largest 1 % make 19 %.

A market of a few thousand sellers is a sample that mostly lacks the giants. In random samples of 2,000 to
4,000 sellers the largest 1 % make 33 to 35 % (a = 1.19) or 40 to 43 % (a = 1.10) of the sales; medians of 300
samples, of which eight in ten lie between 23 and 66 %. The simulator draws sizes with a = 1.1, times a
lognormal factor, and lets nobody have more than 5 % of them; search, which shows twenty places to everybody,
evens sales out again. One small market may therefore lie below."""

_HISTOGRAMS = {
    "staff removals by stars": f"select rating from {_ACTS} where {_STAFF}",
    "paid removals by stars": "select rating from true_review_actions join reviews using (review_id) where not cover",
    "reviews a ticket": "select count(*) from review_actions where ticket_id is not null group by ticket_id",
    "log10 revenue a seller": f"select log10(r) from {_PER_SELLER} where r > 0",
    "weeks from opening to verdict": "select date_diff('day', opened_at, decided_at) / 7.0 from verdicts"
    " where opened_at is not null",
    "log10 minutes to the record": "select log10(greatest(date_diff('second', acted_at, recorded_at), 1) / 60)"
    " from review_actions",
}


def draw_portrait(out: Path, truth: Path, page: Path) -> None:
    """Write the page and its picture (`PAGE` with the ending .png).

    Raises:
        WrongUse: a folder holds no simulated market.

    """
    connection = _opened(out, truth)
    weeks = len(list((out / "reviews").glob("recorded_on=*")))
    sellers = _value(connection, "select count(distinct seller_id) from sellers")
    lines = [
        "# The simulated marketplace beside what is known of the field",
        "",
        f"Made by `python -m simulator.portrait` from a market of {sellers:,} sellers over {weeks} weeks.",
        "What has no source is a guess, and is marked so in `configs/simulator.yaml`.",
        "",
        "| figure | simulated | the field | source |",
        "| --- | ---: | --- | --- |",
        *(f"| {f.name} | {_value(connection, f.query):.1f} | {f.field} | {f.source} |" for f in FIGURES),
        "",
        *_look_alikes(connection),
        "",
        _CONCENTRATION,
        "",
        f"![distributions]({page.with_suffix('.png').name})",
        "",
    ]
    page.write_text("\n".join(lines), encoding="utf-8")
    _picture({name: _column(connection, query) for name, query in _HISTOGRAMS.items()}, page.with_suffix(".png"))


def _opened(out: Path, truth: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("set enable_progress_bar = false")
    for name in TABLES:
        if not (out / name).is_dir():
            raise WrongUse(f"{out}: no folder '{name}'; expected what `scrubwatch simulate` writes")
        connection.execute(f"create view {name} as from read_parquet('{out}/{name}/*/*.parquet')")
    open_truth(connection, truth)
    return connection


def _value(connection: duckdb.DuckDBPyConnection, query: str) -> Any:
    row = connection.execute(query).fetchone()
    return float("nan") if row is None or row[0] is None else row[0]


def _column(connection: duckdb.DuckDBPyConnection, query: str) -> npt.NDArray[np.float64]:
    return np.array([row[0] for row in connection.execute(query).fetchall()], dtype=float)


def _look_alikes(connection: duckdb.DuckDBPyConnection) -> list[str]:
    guilty = _value(connection, "select count(distinct seller_id) from true_schemes")
    counted = "select explanation, count(distinct seller_id) from true_look_alikes group by 1 order by 2 desc, 1"
    rows = connection.execute(counted).fetchall()
    head = [f"Guilty of anything: {guilty:,} sellers. Honest sellers that look like it:", ""]
    table = ["| honest explanation | sellers |", "| --- | ---: |"]
    return [*head, *table, *(f"| {name.replace('_', ' ')} | {count:,} |" for name, count in rows)]


def _picture(columns: dict[str, npt.NDArray[np.float64]], path: Path) -> None:
    import matplotlib as mpl  # noqa: PLC0415 - heavy, and only here

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    figure, axes = plt.subplots(2, 3, figsize=(11, 6), layout="constrained")
    for axis, (name, values) in zip(axes.flat, columns.items(), strict=True):
        whole = len(values) > 0 and bool((values == values.round()).all())
        bins = np.arange(values.min() - 0.5, values.max() + 1) if whole else 40
        axis.hist(values, bins=bins, color="#3b6ea5")
        axis.set_title(name)
    figure.savefig(path, dpi=80, metadata={"Software": None})
    plt.close(figure)


if __name__ == "__main__":
    draw_portrait(*(Path(argument) for argument in sys.argv[1:4]))
