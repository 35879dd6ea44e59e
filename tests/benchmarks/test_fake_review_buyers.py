import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.fake_review_buyers import corrected_interval, derive, main

REAL = Path(__file__).parents[3] / "shared" / "data" / "fake_review_buyers" / "train.csv.gz"
needs_real_data = pytest.mark.skipif(not REAL.is_file(), reason=f"the real table is not at {REAL}")


def test_the_corrected_interval_of_four_gains() -> None:
    # mean 2, variance 2/3, (1/4 + 1/4) * 2/3 = 1/3, t with 3 degrees of freedom 3.18245
    assert corrected_interval(np.array([1.0, 2.0, 2.0, 3.0]), 0.25) == pytest.approx([2, 0.16261, 3.83739], abs=1e-5)


def test_a_missing_file_ends_with_exit_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--train", str(tmp_path / "none.csv")]) == 2
    assert "no such file" in capsys.readouterr().err


def test_a_table_without_labels_ends_with_exit_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "plain.csv").write_text("a,b\n1,2\n")
    assert main(["--train", str(tmp_path / "plain.csv")]) == 2
    assert "lacks the column 'fake'" in capsys.readouterr().err


@needs_real_data
def test_a_derived_column_reads_its_own_row_only() -> None:
    rows = pd.read_csv(REAL).drop(columns="fake")
    assert derive(rows.iloc[40:60]).equals(derive(rows).iloc[40:60])


@needs_real_data
def test_a_test_file_is_judged_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = pd.read_csv(REAL)
    table.iloc[:600].to_csv(tmp_path / "train.csv", index=False)
    table.iloc[600:900].to_csv(tmp_path / "test.csv", index=False)
    assert main(["--train", str(tmp_path / "train.csv"), "--test", str(tmp_path / "test.csv")]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["n"] == 300
    assert 0.8 < record["auc"] < 1
    assert {"auc", "ap", "accuracy", "auc_gain", "ap_gain"} <= set(record["peers"]["untuned_lightgbm"])
