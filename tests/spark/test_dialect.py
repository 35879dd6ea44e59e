"""What sqlglot does not translate: each override gives DuckDB's value, and each known gap fails as told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from features.engine import Session, open_session
from features.settings import EngineSettings

SAME = {
    "reals divide with all their digits": "select 1.0 * 1 / 3, 7 / 7.0, 2.0 / 3",
    "weeks begin on Monday": "select cast(date_trunc('week', timestamp '2024-03-10 23:30:00') as date)",
    "an hour that a zone leaves out": "select timestamp '2024-03-10 02:30:00', date '2024-03-10' + 1",
    "zoned moments become UTC": "select try_cast(try_cast('2024-07-01 01:00:00+02' as timestamptz) as timestamp)",
    "replaced columns": "select * replace (b + 1 as b) from (select 1 as a, 2 as b)",
    "excluded columns": "select x.* exclude a from (select 1 as a, 2 as b) as x",
    "rows among rows": "select a from (values (1, 2), (3, 4)) as t(a, b) where (a, b) in (select (1, 2))",
    "finite numbers": "select isfinite(x) from (select unnest([1.5, cast('nan' as double), null]) as x)",
    "pseudonyms": "select cast('0x' || substr(sha256('a' || getvariable('privacy_key')), 1, 15) as bigint)",
    "rows as JSON": """
        select to_json(struct_pack(t := t, n := n, d := d, s := s, f := f))::varchar
        from (
          select
            timestamp '2024-03-10 02:30:00.5' as t, 7::bigint as n, date '2024-03-10' as d, 'a"b\\c' as s, true as f
        )""",
    "JSON keeps nulls": "select to_json(struct_pack(a := a))::varchar from (select null::bigint as a)",
    "nulls come last": "select a from (values (2), (null), (1)) as t(a) order by a",
    "weeks in a row": """
        select cast(week as date) from (
          select unnest(generate_series(date_trunc('week', since), until, interval 7 day)) as week
          from (select date '2024-03-10' as since, date '2024-04-01' as until)
        ) order by week""",
}

GAPS = {
    "a real is rounded to a whole number, not cut": "select cast(x as bigint) from (select 1.7::double as x)",
    "JSON writes a large real otherwise": "select to_json(struct_pack(x := x))::varchar from (select 1e20 as x)",
    "hashes differ; features use md5 and sha256": "select cast(hash('a') as varchar)",
}


@pytest.fixture(scope="module")
def sessions(spark: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Session]]:
    del spark
    folder = tmp_path_factory.mktemp("sessions")
    duck, on_spark = (
        EngineSettings.model_validate({"name": name, "threads": 1, "memory_limit_mb": 200})
        for name in ("duckdb", "spark")
    )
    with open_session(duck, folder) as first, open_session(on_spark, folder) as second:
        found: dict[str, Session] = {"duckdb": first, "spark": second}
        for each in found.values():
            each.execute("set variable privacy_key = ?", ["a key of these tests"])
        yield found


@pytest.mark.parametrize("query", SAME.values(), ids=SAME)
def test_both_engines_agree(query: str, sessions: dict[str, Session]) -> None:
    assert sessions["spark"].execute(query).fetchall() == sessions["duckdb"].execute(query).fetchall()


@pytest.mark.parametrize(
    "query",
    [pytest.param(query, marks=pytest.mark.xfail(strict=True, reason=why)) for why, query in GAPS.items()],
    ids=GAPS,
)
def test_known_gaps(query: str, sessions: dict[str, Session]) -> None:
    assert sessions["spark"].execute(query).fetchall() == sessions["duckdb"].execute(query).fetchall()


def test_no_plan_tells_the_key_of_the_pseudonyms(sessions: dict[str, Any]) -> None:
    plan = sessions["spark"].query("select sha256(getvariable('privacy_key') || 'a') as x")
    told = plan._jdf.queryExecution().toString()
    assert "variable_privacy_key" in told or "Subquery" in told
    assert "a key of these tests" not in told


def test_a_table_that_is_made_anew_from_itself_keeps_its_rows(sessions: dict[str, Session]) -> None:
    session = sessions["spark"]
    session.execute("create or replace temp table kept as select 1 as a")
    session.execute("create or replace temp table kept as select a from kept union all select 2")
    session.execute("insert into kept select 3; delete from kept where a = 1")
    assert sorted(session.execute("select * from kept").fetchall()) == [(2,), (3,)]


@pytest.mark.parametrize("folder", ["", "absolute"], ids=["relative", "absolute"])
def test_a_file_is_told_by_the_name_that_it_was_read_by(
    folder: str, sessions: dict[str, Session], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    name = f"{tmp_path if folder else 'data'}/a +%20 ü.parquet"
    Path(name).parent.mkdir(exist_ok=True)
    sessions["duckdb"].execute(f"copy (select 1 as a) to '{name}' (format parquet)")
    query = f"select filename from read_parquet(['{name}'], union_by_name=true, filename=true)"
    assert sessions["spark"].execute(query).fetchall() == [(name,)]
