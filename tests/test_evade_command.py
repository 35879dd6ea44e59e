"""How `scrubwatch evade` ends where it cannot begin."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import scrubwatch
from features.errors import WrongUse
from simulator import simulate
from simulator.evasion.strategy import read_evasion
from simulator.settings import read_scenario


def ended(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> object:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setattr(sys, "argv", ["scrubwatch", "evade", *map(str, arguments)])
    with pytest.raises(SystemExit) as left:
        scrubwatch.main()
    return left.value.code


def test_a_market_that_was_not_simulated_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert ended(monkeypatch, tmp_path) == 2
    assert "`scrubwatch simulate` writes it" in capsys.readouterr().err


def test_a_model_that_is_not_there_is_code_4(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    market = read_scenario("default", sellers=20, weeks=30, seed=1)
    simulate(tmp_path / "market", tmp_path / "market-truth", market)
    assert ended(monkeypatch, tmp_path / "market", "--model", "7") == 4
    assert "no model '7'" in capsys.readouterr().err


def test_an_unknown_price_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "levers.yaml"
    file.write_text("prices: {bribe: 3}\n", encoding="utf-8")
    with pytest.raises(WrongUse, match=r"prices\.bribe"):
        read_evasion(file)
