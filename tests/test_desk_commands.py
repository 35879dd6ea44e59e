"""The commands for people at their desk: what is printed, and how a refused one ends."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import pytest

from features.privacy import pseudonyms_of
from features.store import Store
from model.settings import Configuration
from tests.features.conftest import action, configuration, review
from tests.scoring.cases_at_hand import ANNA, BORIS, SECOND, store_with_cases
from tests.scoring.runs import write_run
from tests.test_command import Run, run

__all__ = ["configuration", "run"]


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory, configuration: Configuration) -> Path:
    folder = tmp_path_factory.mktemp("market")
    removal = action("bad", "removed", "2024-02-01", actor_id="mallory")
    store_with_cases(folder, configuration, reviews=[review("bad", "lamp", 1, "2024-01-10")], review_actions=[removal])
    return folder


@pytest.fixture
def store(market: Path, tmp_path: Path) -> Store:
    shutil.copytree(market / "store", tmp_path / "store")
    return Store(tmp_path / "store", 5)


@pytest.mark.usefixtures("store")
def test_a_verdict_is_told_back(run: Run) -> None:
    arguments = ("verdict", ANNA, "manipulated", "--by", "judge", "--scheme", "paid_removal", "--onset", "2024-01-08")
    answer = run(*arguments)
    assert answer.code == 0
    assert answer.out.startswith(
        "case case of anna, seller anna: manipulated, paid_removal since 2024-01-08\n1 written"
    )
    assert "stands already, decided 20" in run(*arguments).out


@pytest.mark.usefixtures("store")
def test_verdicts_of_a_file_are_told_to_machines(run: Run, tmp_path: Path) -> None:
    rows = ["case_id,seller_id,verdict,scheme,onset_on,note,decided_at", f"{BORIS},boris,cleared,,,,2024-04-01T08:00Z"]
    (tmp_path / "decisions.csv").write_text("\n".join(rows), encoding="utf-8")
    answer = run("verdict", "--from", "decisions.csv", "--by", "judge", "--json")
    (row,) = json.loads(answer.out)["written"]
    assert row == {
        "case_id": BORIS,
        "seller_id": "boris",
        "verdict": "cleared",
        "scheme": None,
        "onset_on": None,
        "decided_at": "2024-04-01 08:00:00",
    }


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((ANNA,), "give CASE and VERDICT, or --from FILE"),
        ((ANNA, "cleared", "--from", "decisions.csv"), "give CASE and VERDICT, or --from FILE"),
        (("--from", "decisions.csv", "--note", "all"), "leave --scheme, --onset and --note out"),
        ((ANNA, "clear"), "did you mean 'cleared'?"),
        (("--from", "nowhere.csv"), "nowhere.csv: cannot be read"),
    ],
)
def test_a_verdict_that_cannot_stand_ends_with_wrong_use(run: Run, arguments: tuple[str, ...], said: str) -> None:
    answer = run("verdict", *arguments, "--by", "judge")
    assert (answer.code, answer.out) == (2, "")
    assert said in answer.err


def test_a_person_is_named_with_the_entry_of_the_log(
    run: Run, market: Path, store: Store, configuration: Configuration
) -> None:
    person = pseudonyms_of(["mallory"], store, configuration)[0]
    options = ("--data", market / "data", "--case", ANNA, "--why", "a batch without a ticket", "--by", "ada")
    answer = run("reveal", f"staff {person}", *options, "--second", "bea")
    assert answer.out == f"staff {person}: mallory\nentry 1 of the audit log\n"
    assert "a batch without a ticket" in run("audit", "show").out
    assert run("reveal", person, *options, "--second", "ada").code == 2


@pytest.mark.usefixtures("store")
def test_a_case_is_held_and_released_and_the_store_pruned(run: Run) -> None:
    assert "held case case of anna, seller anna: asked for" in run("hold", ANNA, "--why", "asked for").out
    assert run("prune", "--keep-weeks", "200").out == "nothing is older than what is to be kept\n"
    assert "released" in run("release", ANNA, "--why", "closed").out
    refused = run("prune", "--keep-weeks", "10")
    assert refused.code == 2
    assert "keep at least 157" in refused.err
    assert json.loads(run("prune", "--keep-weeks", "200", "--json").out)["floor"] is None


@pytest.mark.usefixtures("store")
def test_a_case_is_explained_down_to_its_rows(run: Run) -> None:
    write_run(Path("scores"), SECOND, "anna", ANNA)
    answer = run("explain", ANNA, "--scores", "scores", "--signal", "negative_removals_91d", "--rows")
    assert answer.code == 0
    lines = answer.out.splitlines()
    assert lines[0].startswith("seller anna as of 2024-03-11: rank 1, no score yet (day zero); a reason to look")
    assert "  recomputed from the seller's rows: 1.0" in lines
    assert [line for line in lines if line.startswith("  review_id bad, acted_at 2024-02-01 00:00:00, kind removed")]
    assert json.loads(run("explain", "anna", "--scores", "scores", "--json").out)["case"]["case_id"] == ANNA


@pytest.mark.usefixtures("store")
def test_a_pack_is_checked_by_its_exit_code(run: Run) -> None:
    write_run(Path("scores"), SECOND, "anna", ANNA)
    written = run("pack", ANNA, "--scores", "scores", "--out", "case.zip")
    assert (written.code, written.out.splitlines()[1]) == (0, "numbers that can be counted anew from it: 1")
    assert run("pack", "--verify", "case.zip").out.startswith(
        "case case of anna: whole; numbers counted anew: 1; SHA-256"
    )
    with zipfile.ZipFile("case.zip", "a") as archive:
        archive.writestr("more.txt", "slipped in")
    answer = run("pack", "--verify", "case.zip", "--json")
    assert (answer.code, json.loads(answer.out)["wrong"]) == (1, ["more.txt: is not listed in manifest.json"])
    assert run("pack", ANNA).code == 2
