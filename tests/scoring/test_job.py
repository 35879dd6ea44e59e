"""A small simulated market, scored from delivered files to the run's folder."""

import json
import re
import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.errors import ContractBroken, NoFittingModel, WrongUse
from features.settings import read_settings
from features.store import Store
from model.settings import Configuration
from scoring.casework.listings import listings_of
from scoring.job import score
from simulator import simulate
from simulator.settings import read_scenario
from training.steps import Surroundings
from training.weekly import retrain

AS_OF = date(2025, 2, 24)
SURROUNDINGS = Surroundings()
KEY = b"a key that nobody guesses"


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Configuration:
    key_file = tmp_path_factory.mktemp("keys") / "audit.key"
    key_file.write_bytes(KEY)
    configuration = read_settings(Path(__file__).parents[2] / "configs" / "scrubwatch.yaml", Configuration)
    changes: dict[str, dict[str, Any]] = {
        "classifier": {"bags": 1, "max_trees": 20, "folds": 3},
        "promotion": {"min_positive_cases": 2},
        "alerts": {"budget": 20, "audit_key_file": key_file},
    }
    updates = {name: getattr(configuration, name).model_copy(update=update) for name, update in changes.items()}
    return configuration.model_copy(update=updates)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("market")
    simulate(folder / "data", folder / "truth", read_scenario("default", sellers=200, weeks=60, seed=1))
    return folder / "data"


@pytest.fixture(scope="module")
def untrained(data: Path, settings: Configuration, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a run before any retraining; its store lies beside it."""
    folder = tmp_path_factory.mktemp("untrained")
    score(data, folder / "store", AS_OF, folder / "out", settings, SURROUNDINGS)
    return folder / "out"


@pytest.fixture(scope="module")
def store_path(data: Path, settings: Configuration, untrained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store with a champion."""
    store = tmp_path_factory.mktemp("trained") / "store"
    shutil.copytree(untrained.with_name("store"), store)
    assert retrain(data, store, AS_OF, settings, SURROUNDINGS).outcome == "first champion"
    return store


@pytest.fixture(scope="module")
def trained(data: Path, store_path: Path, settings: Configuration) -> Path:
    """Return the folder of a run with the champion."""
    score(data, store_path, AS_OF, store_path.with_name("out"), settings, SURROUNDINGS)
    return store_path.with_name("out")


_TAKEN_IN = ("events/", "lookups/revised_")  # rows, and which of their keys were ever corrected


def forget_derived(store_path: Path) -> None:
    """Leave a store with what intake put there alone, as if nothing had been folded yet."""
    store = Store(store_path)
    with store.writing():
        manifest = store.manifest()
        derived = {name for name, entry in manifest.files.items() if not entry.group.startswith(_TAKEN_IN)}
        assert derived
        store.commit(manifest.without(derived))


def scores(out: Path) -> pd.DataFrame:
    return pq.read_table(out / "scores.parquet").to_pandas()


def record(out: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((out / "run.json").read_text())
    return content


def test_day_zero_orders_all_sellers_and_gives_no_score(untrained: Path) -> None:
    rows = scores(untrained)
    assert len(rows) == 200
    assert rows["rank"].tolist() == list(range(1, 201))
    assert rows["strength"].is_monotonic_decreasing
    assert rows["score"].isna().all()
    assert rows["log_odds"].isna().all()
    assert set(rows["model"]) == {"day zero"}
    assert "there is no champion" in record(untrained)["messages"][-1]
    assert record(untrained)["calibration"]["calibrated"] is False


def test_the_champion_scores_all_sellers(trained: Path) -> None:
    rows = scores(trained)
    assert len(rows) == 200
    assert rows["score"].between(0, 1).all()
    assert np.allclose(1 / (1 + np.exp(-rows["log_odds"])), rows["score"])
    assert set(rows["model"]) == {"seller-risk 1"}
    assert record(trained)["model"]["trained_as_of"] == "2025-02-24"


@pytest.mark.parametrize("run", ["untrained", "trained"])
def test_only_listed_sellers_have_reasons(run: str, request: pytest.FixtureRequest) -> None:
    rows = scores(request.getfixturevalue(run))
    listed = rows["lists"].map(len) > 0
    assert rows["alerted"].tolist() == listed.tolist()
    assert (rows["reasons"].map(len) > 0).tolist() == listed.tolist()
    assert 0 < listed.sum() <= 20


def test_reasons_add_up_to_the_log_odds(trained: Path) -> None:
    for row in scores(trained).itertuples():
        if row.alerted:
            assert sum(item["contribution"] for item in row.reasons) == pytest.approx(row.log_odds, abs=1e-6)
            assert row.reasons[-1]["signal"] == "all other signals"


def test_audits_are_drawn_among_the_listed_with_their_probability(trained: Path) -> None:
    audits = pq.read_table(trained / "restricted/audits.parquet").to_pandas()
    rows = scores(trained).set_index("seller_id")
    assert len(audits) >= 2
    assert audits["selection_probability"].between(0, 1, inclusive="right").all()
    assert set(audits["drawn_on"]) == {AS_OF}
    assert rows.loc[audits["seller_id"], "lists"].map(list).tolist() == [["budget"]] * len(audits)


def test_the_store_knows_how_each_case_came_on_a_list(trained: Path, untrained: Path, store_path: Path) -> None:
    cases = pq.read_table(trained / "cases.parquet").to_pandas().set_index("case_id")["seller_id"]
    audits = pq.read_table(trained / "restricted/audits.parquet").to_pandas().set_index("seller_id")
    listed = {case: listings[-1] for case, listings in listings_of(Store(store_path)).items() if case in cases.index}
    assert {case: each.seller_id for case, each in listed.items()} == cases.to_dict()
    # whoever the run before any retraining listed keeps the way and the chance of that
    before = set(pq.read_table(untrained / "cases.parquet")["seller_id"].to_pylist())
    new = [each for each in listed.values() if each.seller_id not in before]
    drawn = {each.seller_id: each.selection_probability for each in new if each.route == "random"}
    random = audits[~audits["stratum"].str.endswith("disagreement") & ~audits.index.isin(before)]
    assert drawn == random["selection_probability"].to_dict()
    assert drawn
    assert {each.listed_on for each in listed.values()} == {AS_OF}


def test_staff_and_rings_lie_in_what_only_the_owner_reads_and_nowhere_else(trained: Path, data: Path) -> None:
    staff = pq.read_table(trained / "restricted/staff.parquet").to_pandas()
    known = set(pq.read_table(data / "staff").to_pandas()["actor_id"])
    assert set(staff["actor_id"]) <= known
    assert staff["rank"].tolist() == list(range(1, len(staff) + 1))
    assert staff["false_share"].is_monotonic_increasing
    said = record(trained)["staff"]
    assert said["scored"] == len(staff)
    assert said["alerted"] == staff["alerted"].sum()
    assert said["rings"] == pq.read_metadata(trained / "restricted/rings.parquet").num_rows


def test_no_plain_id_of_staff_or_reviewers_stands_outside_what_only_the_owner_reads(trained: Path, data: Path) -> None:
    open_files = [path for path in trained.rglob("*") if path.is_file() and path.parent.name != "restricted"]
    tables = ["scores", "cases", "reviews_to_restore", "reviews_to_delete"]
    assert {path.name for path in open_files} == {*(f"{name}.parquet" for name in tables), "run.json", "report.html"}
    rows = [str(pq.read_table(trained / f"{name}.parquet").to_pylist()) for name in tables]
    words = set(
        re.findall(r"\w+", " ".join([*rows, *((trained / name).read_text() for name in ("run.json", "report.html"))]))
    )
    people = set(pq.read_table(data / "staff").to_pandas()["actor_id"])
    people |= set(pq.read_table(data / "reviews").to_pandas()["reviewer_id"])
    assert not people & words


def test_no_plain_id_of_staff_or_reviewers_stands_in_the_store_or_its_log(store_path: Path, data: Path) -> None:
    people = set(pq.read_table(data / "staff").to_pandas()["actor_id"])
    people |= set(pq.read_table(data / "reviews").to_pandas()["reviewer_id"])
    found = set()
    for path in (path for path in store_path.rglob("*") if path.is_file()):
        if path.suffix == ".parquet":
            table = pq.ParquetFile(path).read()
            texts = [field.name for field in table.schema if pa.types.is_string(field.type)]
            found |= {value for name in texts for value in table[name].unique().to_pylist()}
        else:
            found |= set(re.findall(r"\w+", path.read_bytes().decode(errors="replace")))
    assert not people & found


def test_nothing_in_store_and_outputs_is_a_pickle(store_path: Path, trained: Path) -> None:
    """A pickle begins with 0x80 and its protocol; older ones are texts that no file of ours looks like."""
    files = [path for folder in (store_path, trained) for path in folder.rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"booster.txt", "MLmodel", "mlflow.db", "scores.parquet"}
    for path in files:
        content = path.read_bytes()
        assert not re.match(rb"\x80[\x01-\x09]", content), path
        assert not (content.startswith(b"PK") and path.suffix != ".zip"), path
        assert path.suffix not in {".pkl", ".pickle", ".joblib", ".npy", ".npz", ".pt", ".so", ".py"}, path


def test_the_store_is_its_owners_alone_whichever_job_makes_it(
    data: Path, store_path: Path, settings: Configuration, tmp_path: Path
) -> None:
    retrain(data, tmp_path / "new", date(2024, 2, 5), settings, SURROUNDINGS)
    for store in (tmp_path / "new", store_path):
        paths = [store, *store.rglob("*")]
        assert not [path for path in paths if path.stat().st_mode & 0o077]


def test_the_page_draws_every_case_beside_peers_that_are_not_listed(trained: Path) -> None:
    cases = {row["case_id"]: row for row in pq.read_table(trained / "cases.parquet").to_pylist()}
    listed = {str(row["seller_id"]) for row in cases.values()}
    html = (trained / "report.html").read_text()
    sheets = re.findall(r'id="case-\d+">(.*?)</script>', html)
    histories = re.findall(r'id="history-\d+">(.*?)</script>', html)
    assert len(sheets) == len(cases)
    for sheet in map(json.loads, sheets):
        case = cases[sheet["case_id"]]
        assert len(sheet["events"]) == len(case["evidence"])
        own = json.loads(histories[sheet["history"]])
        assert own["shown"][-1] == pytest.approx(case["shown_rating"], abs=1e-4)
        # drawn as edited, a review that was edited before its removal counts in the case as posted
        assert own["restored"][-1] == pytest.approx(case["restored_rating"], abs=0.01)
        assert not listed & {peer["seller_id"] for peer in sheet["peers"]}
    assert any(json.loads(sheet)["peers"] for sheet in sheets)


def test_the_page_that_names_staff_is_its_owners_alone(trained: Path) -> None:
    page = trained / "restricted/report_staff.html"
    assert page.stat().st_mode & 0o777 == 0o600
    staff = pq.read_table(trained / "restricted/staff.parquet").to_pylist()
    assert all(f"<bdi>{person['actor_id']}</bdi>" in page.read_text() for person in staff)


@pytest.mark.parametrize("run", ["untrained", "trained"])
def test_every_listed_seller_has_a_case_with_events_and_explanations(run: str, request: pytest.FixtureRequest) -> None:
    out = request.getfixturevalue(run)
    listed = scores(out).query("alerted").sort_values("rank")
    cases = pq.read_table(out / "cases.parquet").to_pandas()
    assert cases["seller_id"].tolist() == listed["seller_id"].tolist()
    assert cases["case_id"].is_unique
    assert set(cases["state"]) == {"new"}
    for case in cases.itertuples():
        assert case.onset_low <= case.onset_on <= case.onset_high < AS_OF
        assert sum(each["share"] for each in case.schemes) == pytest.approx(1)
        assert len(case.innocent_explanations) == 7
        weights = [event["weight"] for event in case.evidence]
        assert weights == sorted(weights, reverse=True)
        assert all(len(event["text"]) <= 200 for event in case.evidence)
    restore = pq.read_table(out / "reviews_to_restore.parquet").to_pandas()
    assert restore["review_id"].is_unique
    assert restore["probability"].between(0, 1).all()


def test_the_record_says_what_went_in_and_why_a_list_is_empty(trained: Path, data: Path) -> None:
    content = record(trained)
    assert content["caveat"] == "a reason to look, not a finding"
    assert content["contract_version"] == 1
    assert content["seed"] == 1
    assert "an index, not probabilities" in content["lists"]["empty"]["error_rate"]
    assert set(content["input_files"]) == {str(path.relative_to(data)) for path in data.rglob("*.parquet")}
    assert all(len(file["sha256"]) == 64 for file in content["input_files"].values())
    assert content["tables"]["reviews"]["landed"] == 0  # taken in by an earlier run
    assert list(content["seconds"]) == [
        "choosing the model",
        "taking in",
        "computing signals",
        "scoring",
        "explaining the listed",
        "scoring the staff",
        "making the cases",
        "writing",
    ]
    assert "audit_key_file" not in content["alert_rules"]
    assert KEY.decode() not in json.dumps(content)


@pytest.mark.parametrize("threads", [1, 2])
def test_the_same_scores_are_the_same_bytes_with_any_threads(
    threads: int, trained: Path, data: Path, store_path: Path, settings: Configuration, tmp_path: Path
) -> None:
    classifier = settings.classifier.model_copy(update={"threads": threads})
    engine = settings.engine.model_copy(update={"threads": threads})
    other = settings.model_copy(update={"classifier": classifier, "engine": engine})
    shutil.copytree(store_path, tmp_path / "store")
    forget_derived(tmp_path / "store")  # so that signals are computed with these threads
    score(data, tmp_path / "store", AS_OF, tmp_path / "out", other, SURROUNDINGS)
    restricted = ("restricted/staff.parquet", "restricted/rings.parquet", "restricted/exposed_reviewers.parquet")
    cases = ("cases.parquet", "reviews_to_restore.parquet", "reviews_to_delete.parquet")
    for name in ("scores.parquet", *restricted, *cases, "report.html"):
        assert (tmp_path / "out" / name).read_bytes() == (trained / name).read_bytes(), name


def test_the_same_rows_in_other_files_and_order_and_delivered_twice_are_the_same_bytes(
    trained: Path, data: Path, settings: Configuration, tmp_path: Path
) -> None:
    for folder in sorted(path for path in data.iterdir() if path.is_dir()):
        rows = pd.concat([pq.read_table(path).to_pandas() for path in sorted(folder.rglob("*.parquet"))])
        schema = pq.read_schema(next(iter(folder.rglob("*.parquet"))))
        for number, part in enumerate([rows[1::3], rows[0::3][::-1], rows[2::3], rows[::7]]):  # the last: again
            place = tmp_path / "data" / folder.name / f"{number}.parquet"
            place.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(pa.Table.from_pandas(part, schema, preserve_index=False), place)
    assert retrain(tmp_path / "data", tmp_path / "store", AS_OF, settings, SURROUNDINGS).outcome == "first champion"
    score(tmp_path / "data", tmp_path / "store", AS_OF, tmp_path / "out", settings, SURROUNDINGS)
    assert (tmp_path / "out/scores.parquet").read_bytes() == (trained / "scores.parquet").read_bytes()


def _version(_: Path) -> str:
    return "1"


def _bundle(store_path: Path) -> str:
    return str(next((store_path / "models").glob("*/artifacts/bundle")))


@pytest.mark.parametrize("named", [_version, _bundle])
def test_a_model_can_be_named_by_version_or_folder(
    named: Callable[[Path], str],
    trained: Path,
    data: Path,
    store_path: Path,
    settings: Configuration,
    tmp_path: Path,
) -> None:
    score(data, store_path, AS_OF, tmp_path / "out", settings, SURROUNDINGS, model=named(store_path))
    columns = ["seller_id", "score", "rank"]
    assert scores(tmp_path / "out")[columns].equals(scores(trained)[columns])


@pytest.mark.parametrize("model", ["7", "challenger", "f" * 32, "no/such/folder"])
def test_a_model_that_is_named_and_not_there_stops_the_run(
    model: str, data: Path, store_path: Path, settings: Configuration, tmp_path: Path
) -> None:
    with pytest.raises(NoFittingModel, match="no model"):
        score(data, store_path, AS_OF, tmp_path / "out", settings, SURROUNDINGS, model=model)
    assert not (tmp_path / "out").exists()


def test_a_changed_bundle_is_refused(data: Path, store_path: Path, settings: Configuration, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    shutil.copytree(_bundle(store_path), bundle)
    (bundle / "booster.txt").write_bytes((bundle / "booster.txt").read_bytes()[:-40])
    with pytest.raises(NoFittingModel, match="SHA-256"):
        score(data, store_path, AS_OF, tmp_path / "out", settings, SURROUNDINGS, model=str(bundle))


def test_broken_data_leave_no_scores(data: Path, settings: Configuration, tmp_path: Path) -> None:
    broken = tmp_path / "data"
    shutil.copytree(data, broken, ignore=shutil.ignore_patterns("reviews"))
    with pytest.raises(ContractBroken, match="reviews"):
        score(broken, tmp_path / "store", AS_OF, tmp_path / "out", settings, SURROUNDINGS)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("key", "said"), [(None, "No such file"), (b"short", "holds 5 bytes")])
def test_a_key_that_is_missing_or_guessable_is_refused(
    key: bytes | None, said: str, data: Path, settings: Configuration, tmp_path: Path
) -> None:
    key_file = tmp_path / "audit.key"
    if key is not None:
        key_file.write_bytes(key)
    alerts = settings.alerts.model_copy(update={"audit_key_file": key_file})
    with pytest.raises(WrongUse, match=said):
        score(
            data,
            tmp_path / "store",
            AS_OF,
            tmp_path / "out",
            settings.model_copy(update={"alerts": alerts}),
            SURROUNDINGS,
        )


def test_whole_numbers_as_keys_stay_whole_numbers(settings: Configuration, tmp_path: Path) -> None:
    scenario = read_scenario("default", sellers=80, weeks=40, seed=2)
    market = scenario.market.model_copy(update={"ids": "integer"})
    simulate(tmp_path / "data", tmp_path / "truth", scenario.model_copy(update={"market": market}))
    as_of = market.start_on + timedelta(weeks=40)
    score(tmp_path / "data", tmp_path / "store", as_of, tmp_path / "out", settings, SURROUNDINGS)
    known = {
        key: set(pq.read_table(tmp_path / "data" / table, columns=[key])[key].to_pylist())
        for table, key in (("sellers", "seller_id"), ("reviews", "review_id"))
    }
    for name in ("cases", "reviews_to_restore", "reviews_to_delete"):
        rows = pq.read_table(tmp_path / "out" / f"{name}.parquet")
        for key in sorted(set(rows.column_names) & set(known)):
            assert rows.schema.field(key).type == pa.int64()
            assert set(rows[key].to_pylist()) <= known[key]
    assert pq.read_metadata(tmp_path / "out/cases.parquet").num_rows > 0
