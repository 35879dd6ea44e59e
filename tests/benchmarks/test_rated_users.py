"""The adapter of the real ratings: what becomes of a rating and of a label, on five literal rows and on the source."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

import configs
from benchmarks.bitcoin_otc import last_cutoff, main
from benchmarks.rated_users import RatedUsers, read_source, received_before, stars_of, tables_of, write_tables
from features.intake import take_in
from features.settings import read_settings
from features.store import Store
from model.settings import Configuration

REAL = Path(__file__).parents[2].parent / "shared" / "data" / "bitcoin_otc"

# 2010-11-08 18:45:11.72836, then an hour later, then two on the day after, then one in 2011
RATINGS = """\
6,2,4,1289241911.72836
6,5,-10,1289245511.5
1,2,10,1289300000
2,5,1,1289303600
5,1,-1,1293840000
"""
LABELS = "5,-1\n2,+1\n"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "otc_network.csv").write_text(RATINGS)
    (folder / "otc_gt.csv").write_text(LABELS)
    return folder


@pytest.fixture
def users(source: Path) -> RatedUsers:
    return read_source(source)


@pytest.mark.parametrize(
    ("rating", "stars"), [(-10, 1), (-8, 1), (-7, 2), (-1, 3), (1, 3), (3, 4), (7, 4), (8, 5), (10, 5)]
)
def test_a_rating_becomes_stars_in_even_steps(rating: int, stars: int) -> None:
    assert stars_of(pd.Series([rating])).tolist() == [stars]


def test_rated_users_alone_are_sellers_with_one_product_each(users: RatedUsers) -> None:
    tables = tables_of(users)
    assert tables["sellers"]["seller_id"].tolist() == [1, 2, 5]  # 6 has rated and was never rated
    assert tables["products"]["product_id"].tolist() == [1, 2, 5]
    assert tables["sellers"]["opened_on"].tolist() == [date(2011, 1, 1), date(2010, 11, 8), date(2010, 11, 8)]


def test_the_fraction_of_a_second_is_kept(users: RatedUsers) -> None:
    assert tables_of(users)["reviews"]["created_at"][0] == pd.Timestamp("2010-11-08 18:45:11.728360")


def test_the_last_rating_of_each_day_is_kept_by_other(users: RatedUsers) -> None:
    kept = tables_of(users)["review_actions"]
    assert kept["review_id"].tolist() == [2, 4, 5]
    assert set(kept["kind"]) == {"kept"}


def test_a_verdict_follows_the_last_rating_given_or_received(users: RatedUsers) -> None:
    verdicts = tables_of(users)["verdicts"].set_index("seller_id")
    assert verdicts.loc[5, "decided_at"] == pd.Timestamp("2011-01-29")  # 5 gave its last rating on 2011-01-01
    assert verdicts.loc[2, "decided_at"] == pd.Timestamp("2010-12-07 11:53:20")
    assert verdicts["verdict"].to_dict() == {5: "manipulated", 2: "cleared"}


def test_only_ratings_before_the_cutoff_are_counted(users: RatedUsers) -> None:
    assert received_before(users, pd.Timestamp("2010-11-09 11:53:20")).to_dict() == {2: 2, 5: 1}


def test_a_rating_that_repeats_another_is_refused(source: Path) -> None:
    (source / "otc_network.csv").write_text(RATINGS + "6,2,9,1289241911.72836\n")
    with pytest.raises(ValueError, match="1 ratings repeat the users and the instant of another"):
        read_source(source)


def test_the_tables_keep_the_contract(users: RatedUsers, tmp_path: Path) -> None:
    write_tables(users, tmp_path / "data")
    settings = read_settings(Path(configs.__file__).with_name("scrubwatch.yaml"), Configuration)
    report = take_in(tmp_path / "data", Store(tmp_path / "store"), last_cutoff(users), settings)
    assert {name: (table.landed, table.waiting) for name, table in report.tables.items()} == {
        "sellers": (3, 0),
        "products": (3, 0),
        "reviews": (5, 0),
        "review_actions": (3, 0),
        "verdicts": (2, 0),
    }


@pytest.mark.skipif(not REAL.is_dir(), reason="the real ratings are not here: ../shared/data/bitcoin_otc")
def test_the_real_ratings_keep_the_contract(tmp_path: Path) -> None:
    users = read_source(REAL)
    write_tables(users, tmp_path / "data")
    settings = read_settings(Path(configs.__file__).with_name("scrubwatch.yaml"), Configuration)
    report = take_in(tmp_path / "data", Store(tmp_path / "store"), date(2014, 1, 1), settings)
    assert last_cutoff(users) == date(2016, 1, 26)
    assert report.tables["reviews"].landed == 35_592
    assert sum(sum(table.quarantined.values()) + table.waiting for table in report.tables.values()) == 0


def test_the_benchmark_is_skipped_where_the_data_are_absent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["bitcoin_otc", "--source", str(tmp_path / "nowhere")])
    main()
    assert "nowhere holds no otc_network.csv and no otc_gt.csv" in capsys.readouterr().out
