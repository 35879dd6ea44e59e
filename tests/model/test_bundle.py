import dataclasses
import hashlib
import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import lightgbm
import numpy as np
import pandas as pd
import pytest

from features.errors import NoFittingModel, WrongUse
from features.formulas import Formula
from features.signal import Retired, Signal
from model.boosting import margin_of
from model.bundle import (
    MOST_BYTES,
    Bundle,
    Card,
    base_margin,
    card_signals,
    library_versions,
    read_bundle,
    write_bundle,
)
from model.calibration import Calibration
from model.classifier import SellerRiskClassifier

CALIBRATION = Calibration(
    slope=2.0, intercept=-1.0, prevalence=0.1, calibrated=True, verdicts=300, clipped=0, reason=""
)


@pytest.fixture
def classifier(signal_table: pd.DataFrame, catalogue: dict[str, Signal]) -> SellerRiskClassifier:
    labels = (np.arange(len(signal_table)) < 20).astype(int)
    parts = {name: signal.service for name, signal in catalogue.items()}
    return SellerRiskClassifier(trees=15, bags=2, row_share=0.8, parts=parts).fit(signal_table[list(catalogue)], labels)


@pytest.fixture
def folder(tmp_path: Path, classifier: SellerRiskClassifier, catalogue: dict[str, Signal]) -> Path:
    card = Card(
        signals=card_signals(catalogue, list(catalogue), {"deletion_rate_91d": 1}),
        calibration=CALIBRATION,
        base=base_margin(classifier.booster_, classifier.bags),
        trained_as_of=date(2024, 6, 3),
        first_cutoff=date(2023, 6, 5),
        last_cutoff=date(2024, 6, 3),
        rows={"positive": 20, "negative": 380, "unknown": 0},
        positive_cases=20,
        trees=15,
        bags=2,
        metrics={"roc_auc": 0.9, "average_precision": None},
        configuration="digest",
        libraries=library_versions(),
        notes=("A reason to look, not a finding.",),
    )
    write_bundle(tmp_path / "bundle", classifier.booster_, card)
    return tmp_path / "bundle"


def _forge(folder: Path, name: str, text: str) -> None:
    """Change a file and its sum with it."""
    (folder / name).write_text(text)
    lines = [
        f"{hashlib.sha256((folder / file).read_bytes()).hexdigest()}  {file}\n" for file in ("booster.txt", "card.json")
    ]
    (folder / "SHA256SUMS").write_text("".join(lines))


def test_a_bundle_answers_as_the_classifier_did(
    folder: Path, catalogue: dict[str, Signal], signal_table: pd.DataFrame, classifier: SellerRiskClassifier
) -> None:
    bundle = read_bundle(folder, catalogue)
    margins = bundle.margins(signal_table)
    assert (margins == classifier.decision_function(signal_table[list(catalogue)])).all()
    assert (bundle.margins(signal_table, threads=2) == margins).all()
    assert bundle.log_odds(np.array([0.0, 1.0])).tolist() == [-1.0, 1.0]
    assert bundle.scores(np.array([0.5])).tolist() == [0.5]


def test_a_bundle_that_reads_a_retired_signal_answers_as_before(
    folder: Path, catalogue: dict[str, Signal], signal_table: pd.DataFrame
) -> None:
    before = read_bundle(folder, catalogue).margins(signal_table)
    retired = {
        name: dataclasses.replace(signal, retired=Retired(date(2024, 6, 1), "a test"))
        for name, signal in catalogue.items()
    }
    assert (read_bundle(folder, retired).margins(signal_table) == before).all()


def test_the_order_of_the_columns_changes_nothing(
    folder: Path, catalogue: dict[str, Signal], signal_table: pd.DataFrame
) -> None:
    bundle = read_bundle(folder, catalogue)
    assert (bundle.margins(signal_table[signal_table.columns[::-1]]) == bundle.margins(signal_table)).all()


def test_contributions_and_base_add_up_to_the_margin(
    folder: Path, catalogue: dict[str, Signal], signal_table: pd.DataFrame
) -> None:
    bundle = read_bundle(folder, catalogue)
    contributions = bundle.contributions(signal_table.iloc[:30])
    assert contributions.shape == (30, 11)
    assert np.abs(contributions.sum(axis=1) - bundle.margins(signal_table.iloc[:30])).max() < 1e-9
    nothing_known = signal_table.iloc[:1].assign(**dict.fromkeys(catalogue, np.nan))
    assert bundle.contributions(nothing_known)[0, -1] == pytest.approx(bundle.card.base)


def test_no_rows_give_no_margins(folder: Path, catalogue: dict[str, Signal], signal_table: pd.DataFrame) -> None:
    bundle = read_bundle(folder, catalogue)
    assert bundle.margins(signal_table.iloc[:0]).shape == (0,)
    assert bundle.contributions(signal_table.iloc[:0]).shape == (0, 11)


def test_lightgbm_opens_the_text_alone(folder: Path, catalogue: dict[str, Signal], signal_table: pd.DataFrame) -> None:
    booster, bundle = lightgbm.Booster(model_file=str(folder / "booster.txt")), read_bundle(folder, catalogue)
    outputs = booster.predict(signal_table[list(catalogue)].to_numpy(), raw_score=True)
    assert (margin_of(outputs, bundle.card.bags) == bundle.margins(signal_table)).all()


def test_the_text_names_no_machine_and_no_thread(folder: Path) -> None:
    text = (folder / "booster.txt").read_text()
    assert "parameters:" not in text
    assert "num_threads" not in text


@pytest.mark.parametrize("name", ["booster.txt", "card.json"])
def test_one_changed_byte_is_refused_before_lightgbm_reads(
    folder: Path, catalogue: dict[str, Signal], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path = folder / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    monkeypatch.setattr("model.bundle.open_model", lambda _: pytest.fail("LightGBM read a text that was not checked"))
    with pytest.raises(NoFittingModel, match=f"{name}: is not the file whose SHA-256 stands in"):
        read_bundle(folder, catalogue)


def test_a_truncated_text_is_refused(folder: Path, catalogue: dict[str, Signal]) -> None:
    text = (folder / "booster.txt").read_text()
    (folder / "booster.txt").write_text(text[: len(text) // 2])
    with pytest.raises(NoFittingModel, match="is not the file"):
        read_bundle(folder, catalogue)


@pytest.mark.parametrize("name", ["booster.txt", "card.json", "SHA256SUMS"])
def test_a_missing_file_is_refused(folder: Path, catalogue: dict[str, Signal], name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(NoFittingModel, match=f"{name}: no such file"):
        read_bundle(folder, catalogue)


@pytest.mark.parametrize("name", ["booster.txt", "card.json", "SHA256SUMS"])
def test_a_link_is_refused(folder: Path, catalogue: dict[str, Signal], name: str) -> None:
    (folder / name).rename(folder.parent / name)
    (folder / name).symlink_to(folder.parent / name)
    with pytest.raises(NoFittingModel, match="is a link"):
        read_bundle(folder, catalogue)


def test_a_linked_folder_is_refused(folder: Path, catalogue: dict[str, Signal]) -> None:
    link = folder.parent / "link"
    link.symlink_to(folder, target_is_directory=True)
    with pytest.raises(NoFittingModel, match="is a link"):
        read_bundle(link, catalogue)


@pytest.mark.parametrize("line", ["0" * 64 + "  ../card.json", "0" * 64 + "  /etc/passwd", "nonsense"])
def test_a_sum_for_another_path_is_refused(folder: Path, catalogue: dict[str, Signal], line: str) -> None:
    (folder / "SHA256SUMS").write_text(f"{line}\n")
    with pytest.raises(NoFittingModel, match="unexpected line"):
        read_bundle(folder, catalogue)


def test_a_sum_too_few_is_refused(folder: Path, catalogue: dict[str, Signal]) -> None:
    sums = (folder / "SHA256SUMS").read_text().splitlines()
    (folder / "SHA256SUMS").write_text(f"{sums[0]}\n")
    with pytest.raises(NoFittingModel, match=r"has no sum of card\.json"):
        read_bundle(folder, catalogue)


def test_a_huge_card_is_refused_unread(folder: Path, catalogue: dict[str, Signal]) -> None:
    (folder / "card.json").write_bytes(b" " * (MOST_BYTES["card.json"] + 1))
    with pytest.raises(NoFittingModel, match="too large"):
        read_bundle(folder, catalogue)


def test_a_card_of_another_format_is_refused(folder: Path, catalogue: dict[str, Signal]) -> None:
    card = json.loads((folder / "card.json").read_text())
    _forge(folder, "card.json", json.dumps({**card, "format": 2}))
    with pytest.raises(NoFittingModel, match="'format'"):
        read_bundle(folder, catalogue)


def test_signals_that_the_text_does_not_read_are_refused(folder: Path, catalogue: dict[str, Signal]) -> None:
    card = json.loads((folder / "card.json").read_text())
    _forge(folder, "card.json", json.dumps({**card, "signals": card["signals"][::-1]}))
    with pytest.raises(NoFittingModel, match="name different signals"):
        read_bundle(folder, catalogue)


def test_an_unknown_signal_is_named(folder: Path, catalogue: dict[str, Signal]) -> None:
    del catalogue["bursts_91d"]
    with pytest.raises(NoFittingModel, match="'bursts_91d', which this version does not have"):
        read_bundle(folder, catalogue)


def test_a_signal_with_another_meaning_is_named(folder: Path, catalogue: dict[str, Signal]) -> None:
    other = dataclasses.replace(catalogue["rank_jump_28d"], formula=Formula("rank_jump_28d / 3"))
    with pytest.raises(NoFittingModel, match="'rank_jump_28d' has changed its meaning"):
        read_bundle(folder, {**catalogue, "rank_jump_28d": other})


def test_a_table_without_a_column_is_refused(
    folder: Path, catalogue: dict[str, Signal], signal_table: pd.DataFrame
) -> None:
    with pytest.raises(NoFittingModel, match="lacks 'bursts_91d'"):
        read_bundle(folder, catalogue).margins(signal_table.drop(columns="bursts_91d"))


def test_a_model_is_never_overwritten(folder: Path, catalogue: dict[str, Signal]) -> None:
    bundle = read_bundle(folder, catalogue)
    with pytest.raises(WrongUse, match="something is there already"):
        write_bundle(folder, bundle.booster, bundle.card)


def test_a_refused_model_ends_with_exit_code_4() -> None:
    assert NoFittingModel("").exit_code == 4


def test_the_same_model_has_the_same_digest(folder: Path, catalogue: dict[str, Signal]) -> None:
    bundle: Bundle = read_bundle(folder, catalogue)
    assert write_bundle(folder.parent / "copy", bundle.booster, bundle.card) == bundle.digest
    assert not list(folder.parent.glob("*.part"))


HOSTILE_TEXTS: dict[str, Callable[[str], str]] = {
    "cut in half": lambda text: text[: len(text) // 2],
    "nothing": lambda _: "",
    "a size that is not its tree's": lambda text: re.sub(r"tree_sizes=\d+", "tree_sizes=7", text, count=1),
    "fewer sizes than trees": lambda text: re.sub(r"(tree_sizes=\d+).*", r"\1", text, count=1),
    "a signal beyond the last": lambda text: re.sub(r"split_feature=\d", "split_feature=99", text, count=1),
    "a branch that leads back": lambda text: re.sub(r"left_child=-?\d", "left_child=0", text, count=1),
    "a leaf beyond the last": lambda text: re.sub(r"right_child=-\d", "right_child=-9", text, count=1),
    "more leaves than values": lambda text: re.sub(r"num_leaves=\d", "num_leaves=9", text, count=1),
    "a great many leaves": lambda text: re.sub(r"num_leaves=\d+", "num_leaves=2147483647", text, count=1),
    "a word for a number": lambda text: re.sub(r"threshold=\S+", "threshold=word", text, count=1),
    "categories": lambda text: text.replace("num_cat=0", "num_cat=1", 1),
    "a great many outputs": lambda text: re.sub(r"(num_class|num_tree_per_iteration)=\d+", r"\1=1000000000", text),
    "more outputs than trees a round": lambda text: re.sub(r"num_class=\d+", "num_class=17", text, count=1),
    "a tree too few for an output": lambda text: re.sub(r"(num_class|num_tree_per_iteration)=\d+", r"\1=17", text),
    "a field twice": lambda text: re.sub(r"(num_class=\d+\n)", r"\1\1", text, count=1),
}


def _with_right_sizes(text: str) -> str:
    head, *trees = re.split(r"(?=^Tree=)", text.partition("end of trees")[0], flags=re.MULTILINE)
    sizes = " ".join(str(len(tree)) for tree in trees)
    return text.replace(head, re.sub(r"tree_sizes=.*", f"tree_sizes={sizes}", head), 1)


@pytest.mark.parametrize("harmed", HOSTILE_TEXTS)
def test_a_text_that_lightgbm_may_abort_on_is_refused_though_its_sum_is_right(
    folder: Path, catalogue: dict[str, Signal], monkeypatch: pytest.MonkeyPatch, harmed: str
) -> None:
    text = (folder / "booster.txt").read_text()
    hostile = HOSTILE_TEXTS[harmed](text)
    assert hostile != text
    if "size" not in harmed:
        hostile = _with_right_sizes(hostile)
    _forge(folder, "booster.txt", hostile)
    monkeypatch.setattr("model.bundle.open_model", lambda _: pytest.fail("LightGBM read a hostile text"))
    with pytest.raises(NoFittingModel, match="is no model text that can be used"):
        read_bundle(folder, catalogue)
