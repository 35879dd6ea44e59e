"""A model on disk: LightGBM's text, a card and their sums; data, never code. The one file here that touches disk."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Literal

import lightgbm
import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, ValidationError

from features.errors import NoFittingModel, WrongUse
from features.signal import Direction, Signal
from model.arrays import Floats
from model.booster_text import check_text
from model.boosting import contributions_of, margin_of, open_model, raw_outputs
from model.calibration import Calibration

BOOSTER = "booster.txt"
CARD = "card.json"
SUMS = "SHA256SUMS"
MOST_BYTES = {BOOSTER: 512 * 2**20, CARD: 2**20, SUMS: 2**10}
LIBRARIES = ("lightgbm", "numpy", "pandas", "scikit-learn", "scipy", "duckdb")
ADVICE = "Take the whole folder as it was written, name another model, or run `scrubwatch retrain`"


class CardSignal(BaseModel):
    """One column that the model reads, with the fingerprint of its meaning when it was fitted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    fingerprint: str
    direction: Direction


class Card(BaseModel):
    """What a model says of itself.

    Attributes:
        format: of this card.
        signals: columns in the order of the model's rows; direction 0 where it was not held to one.
        calibration: the line from margins to scores.
        base: margin from which contributions start where nothing is known.
        trained_as_of: cutoff of the retraining.
        first_cutoff: of the training rows.
        last_cutoff: of the training rows.
        rows: rows by label (``positive``, ``negative``, ``unknown``).
        positive_cases: independent cases with a culprit.
        trees: trees of one bag.
        bags: models averaged.
        metrics: figures by name; None where it could not be measured.
        configuration: digest of the settings that made it.
        libraries: versions by name.
        notes: sentences that must be said wherever the model is used.

    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    signals: tuple[CardSignal, ...]
    calibration: Calibration
    base: float
    trained_as_of: date
    first_cutoff: date
    last_cutoff: date
    rows: dict[str, int]
    positive_cases: int
    trees: int
    bags: int
    metrics: dict[str, float | None]
    configuration: str
    libraries: dict[str, str]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Bundle:
    """A model that was checked and may be used.

    Attributes:
        card: what it says of itself.
        booster: LightGBM's model text.
        digest: SHA-256 of the file of sums; names the bundle's content.

    """

    card: Card
    booster: str
    digest: str

    @property
    def signals(self) -> tuple[str, ...]:
        """Names of the columns it reads, in order."""
        return tuple(signal.name for signal in self.card.signals)

    def margins(self, signal_table: pd.DataFrame, threads: int = 1) -> Floats:
        """Log-odds before calibration, shape (rows,), in the table's order; NaN signals are missing values."""
        return self.margins_of_rows(self._rows(signal_table), threads)

    def margins_of_rows(self, rows: Floats, threads: int = 1) -> Floats:
        """The same of an array of shape (rows, signals), its columns in the order of ``signals``."""
        return margin_of(raw_outputs(self._open, rows, threads), self.card.bags)

    def contributions(self, signal_table: pd.DataFrame, threads: int = 1) -> Floats:
        """Exact parts of each margin, shape (rows, signals + 1), the base last; a row's sum is its margin.

        Costs about a hundred plain predictions a row: for listed sellers only.
        """
        return contributions_of(self._open, self._rows(signal_table), self.card.bags, threads)

    def log_odds(self, margins: Floats) -> Floats:
        """Calibrated log-odds of margins."""
        return self.card.calibration.log_odds(margins)

    def scores(self, margins: Floats) -> Floats:
        """Scores of margins, 0 to 1."""
        return self.card.calibration.scores(margins)

    def as_booster(self) -> lightgbm.Booster:
        """A LightGBM booster with an output for each bag and part; ``model.boosting.margin_of`` makes them a margin."""
        return open_model(self.booster)

    @cached_property
    def _open(self) -> lightgbm.Booster:
        return self.as_booster()

    def _rows(self, signal_table: pd.DataFrame) -> Floats:
        missing = [name for name in self.signals if name not in signal_table.columns]
        if missing:
            raise NoFittingModel(f"the signal table lacks '{missing[0]}', which the model reads; {ADVICE}")
        return np.asarray(signal_table.loc[:, list(self.signals)], dtype=np.float64)


def card_signals(
    catalogue: Mapping[str, Signal], names: Sequence[str], directions: Mapping[str, int]
) -> tuple[CardSignal, ...]:
    """The named signals as a card holds them; ``directions`` are those that the classifier was held to."""
    return tuple(
        CardSignal.model_validate(
            {"name": name, "fingerprint": catalogue[name].fingerprint, "direction": directions.get(name, 0)}
        )
        for name in names
    )


def library_versions() -> dict[str, str]:
    """Versions of what numbers depend on."""
    return {name: version(name) for name in LIBRARIES}


def base_margin(booster: str, bags: int) -> float:
    """The margin from which contributions start where nothing is known: means over the rows that each tree saw."""
    opened = open_model(booster)
    return float(contributions_of(opened, np.full((1, opened.num_feature()), np.nan), bags, threads=1)[0, -1])


def write_bundle(folder: Path, booster: str, card: Card) -> str:
    """Write the three files beside ``folder`` and rename them into place as a whole.

    Returns:
        The bundle's digest.

    Raises:
        WrongUse: something is already there.

    """
    if folder.exists() or folder.is_symlink():
        raise WrongUse(f"{folder}: something is there already; a model is never overwritten, name a new folder")
    texts = {BOOSTER: booster.encode(), CARD: (card.model_dump_json(indent=2) + "\n").encode()}
    sums = "".join(f"{hashlib.sha256(text).hexdigest()}  {name}\n" for name, text in texts.items()).encode()
    staged = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(staged, ignore_errors=True)  # what a writer that was killed has left
    staged.mkdir(parents=True)
    for name, text in {**texts, SUMS: sums}.items():
        with (staged / name).open("wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    staged.rename(folder)
    return hashlib.sha256(sums).hexdigest()


def read_bundle(folder: Path, catalogue: Mapping[str, Signal]) -> Bundle:
    """Read a bundle, having checked its sums before LightGBM sees the text.

    Files beside the three are not read.

    Raises:
        NoFittingModel: a file is missing, changed, a link or too large, the card or the text cannot be read, or a
            signal is unknown or has changed its meaning since the model was fitted.

    """
    sums = _read(folder, SUMS)
    expected = _parse_sums(folder, sums)
    texts = {name: _read(folder, name) for name in (BOOSTER, CARD)}
    for name, text in texts.items():
        if hashlib.sha256(text).hexdigest() != expected[name]:
            raise NoFittingModel(f"{folder / name}: is not the file whose SHA-256 stands in {SUMS}. {ADVICE}")
    try:
        card = Card.model_validate_json(texts[CARD])
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(str(part) for part in problem["loc"])
        raise NoFittingModel(f"{folder / CARD}: '{where}': {problem['msg']}. {ADVICE}") from error
    _check_signals(folder, card, catalogue)
    try:
        booster = texts[BOOSTER].decode()
        check_text(booster)
    except ValueError as error:
        raise NoFittingModel(f"{folder / BOOSTER}: is no model text that can be used: {error}. {ADVICE}") from error
    bundle = Bundle(card, booster, hashlib.sha256(sums).hexdigest())
    if tuple(bundle.as_booster().feature_name()) != bundle.signals:
        raise NoFittingModel(f"{folder}: {BOOSTER} and {CARD} name different signals. {ADVICE}")
    return bundle


def _read(folder: Path, name: str) -> bytes:
    path = folder / name
    if folder.is_symlink() or path.is_symlink():
        raise NoFittingModel(f"{path}: is a link; a model is a folder of plain files. {ADVICE}")
    if not path.is_file():
        raise NoFittingModel(f"{path}: no such file; a model is a folder of {BOOSTER}, {CARD} and {SUMS}. {ADVICE}")
    with path.open("rb") as file:
        text = file.read(MOST_BYTES[name] + 1)
    if len(text) > MOST_BYTES[name]:
        raise NoFittingModel(f"{path}: over {MOST_BYTES[name]} bytes, too large for a model of ours. {ADVICE}")
    return text


def _parse_sums(folder: Path, sums: bytes) -> dict[str, str]:
    expected: dict[str, str] = {}
    for line in sums.decode(errors="replace").splitlines():
        digest, _, name = line.partition("  ")
        if name not in (BOOSTER, CARD) or name in expected:
            raise NoFittingModel(f"{folder / SUMS}: unexpected line {line[:200]!r}. {ADVICE}")
        expected[name] = digest
    for name in (BOOSTER, CARD):
        if name not in expected:
            raise NoFittingModel(f"{folder / SUMS}: has no sum of {name}. {ADVICE}")
    return expected


def _check_signals(folder: Path, card: Card, catalogue: Mapping[str, Signal]) -> None:
    for signal in card.signals:
        known = catalogue.get(signal.name)
        if known is None:
            raise NoFittingModel(
                f"{folder / CARD}: reads the signal '{signal.name}', which this version does not have. "
                "Score with the version that fitted the model, or run `scrubwatch retrain`"
            )
        if known.fingerprint != signal.fingerprint:
            raise NoFittingModel(
                f"{folder / CARD}: '{signal.name}' has changed its meaning since the model was fitted. "
                "Score with the version that fitted the model, or run `scrubwatch retrain`"
            )
