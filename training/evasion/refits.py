"""The model of a date fitted again, as it is and without the signals of one service each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pandas as pd

from features.errors import NoFittingModel
from features.signal import Signal
from features.store import Store
from model.arrays import Floats
from model.settings import Configuration
from training.evasion.lists import Score
from training.fit import obstacle
from training.frames import learned_from
from training.learned import chosen_signals, final_fit, fold_fits, learned_rows


class Refits:
    """Fits models on what was known at a date.

    Args:
        store: the landed rows.
        as_of: verdicts recorded before it are learned from.
        configuration: how.
        catalogue: the signals.

    """

    def __init__(
        self, store: Store, as_of: date, configuration: Configuration, catalogue: Mapping[str, Signal]
    ) -> None:
        """Make the training rows."""
        self._configuration = configuration
        self._catalogue = chosen_signals(catalogue, configuration.classifier)
        self.rows, self.panel = learned_from(store, as_of, configuration)
        self._trees: int | None = None

    @property
    def services(self) -> list[str]:
        """The services of whose signals a model learns."""
        return list(dict.fromkeys(signal.service for signal in self._catalogue.values()))

    def fitted(self, without: str = "", more: pd.DataFrame | None = None) -> Score:
        """A model, without the signals of a service if one is named.

        Args:
            without: a service; the number of trees stays that of the whole model.
            more: rows to learn from besides: the columns of the signal table and ``label``, ``weight``, ``case``.

        Raises:
            NoFittingModel: the rows teach nothing.

        """
        used = {name: signal for name, signal in self._catalogue.items() if signal.service != without}
        rows, panel = self.rows, self.panel
        if more is not None and len(more):
            told = ["seller_id", "as_of", "label", "weight", "case"]
            rows = pd.concat([rows, more[told]], ignore_index=True)
            panel = pd.concat([panel, more[[name for name in more if name in panel]]], ignore_index=True)
        settings = self._configuration.classifier
        why = obstacle(rows, panel, used, settings)
        if why:
            raise NoFittingModel(f"no model can be fitted for the price of evasion: {why}")
        learned = learned_rows(rows, panel, used, settings)
        if self._trees is None:
            self._trees = fold_fits(learned, settings).trees
        model, columns = final_fit(learned, settings, self._trees), list(learned.used)

        def score(signals: pd.DataFrame, _: Path) -> Floats:
            return model.decision_function(signals[columns])

        return score
