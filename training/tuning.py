"""Searches settings of the classifier inside the case folds, bounded by trials and minutes; a killed search goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from features.progress import Counted
from features.signal import Signal
from model.settings import ClassifierSettings, Configuration
from model.tracked import Trial
from training.learned import fold_fits, learned_rows

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import Trial as Asked


@dataclass(frozen=True)
class Tuned:
    """The best settings found, and every trial.

    The first trial is what was given, so that the best is never worse than that by the folds' own loss.
    """

    classifier: ClassifierSettings
    trials: tuple[Trial, ...]


def tune(
    rows: pd.DataFrame,
    panel: pd.DataFrame,
    catalogue: Mapping[str, Signal],
    configuration: Configuration,
    trials: int,
    journal: Path,
    clock: Callable[[], float],
    progress: Callable[[str], None],
) -> Tuned:
    """Try settings until the trials or the minutes are used up; the least out-of-fold loss wins.

    Args:
        rows: training rows for which ``training.fit.obstacle`` is empty.
        panel: the signal table that holds them.
        catalogue: declarations of the signals; ``training.learned.chosen_signals`` of them are learned from.
        configuration: all settings; ``tuning`` has the ranges and the minutes.
        trials: how many at most, those of a killed search included.
        journal: file in which the search remembers its trials.
        clock: seconds, from any origin.
        progress: told each trial.

    """
    from optuna.samplers import TPESampler  # noqa: PLC0415  (costs a second)
    from optuna.trial import TrialState  # noqa: PLC0415

    given, until = configuration.classifier, clock() + 60 * configuration.tuning.minutes
    learned = learned_rows(rows, panel, catalogue, given)
    study = _study(journal)
    if not study.trials:
        study.enqueue_trial({name: getattr(given, name) for name in configuration.tuning.ranges})

    def loss(asked: Asked) -> float:
        chosen = given.model_copy(update=_suggested(asked, configuration.tuning.ranges))
        return min(fold_fits(learned, chosen).losses.values())

    while (done := len(study.get_trials(states=[TrialState.COMPLETE]))) < trials and (done == 0 or clock() < until):
        progress(Counted(f"trial {done + 1} of {trials}", "trials", done, trials))
        study.sampler = TPESampler(seed=given.seed + done)  # so that a killed search goes on as if it had not been
        study.optimize(loss, n_trials=1)
    finished = study.get_trials(states=[TrialState.COMPLETE])
    progress(Counted("trials", "trials", len(finished), len(finished)))
    tried = tuple(Trial(number, each.params, {"loss": each.value}) for number, each in enumerate(finished, start=1))
    return Tuned(given.model_copy(update=study.best_params), tried)


def _study(journal: Path) -> Study:
    import optuna  # noqa: PLC0415
    from optuna.storages.journal import JournalFileBackend, JournalStorage  # noqa: PLC0415

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    journal.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    storage = JournalStorage(JournalFileBackend(str(journal)))
    return optuna.create_study(storage=storage, study_name="classifier", load_if_exists=True)


def _suggested(asked: Asked, ranges: Mapping[str, tuple[float, float]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, (low, high) in ranges.items():
        whole = ClassifierSettings.model_fields[name].annotation is int
        found[name] = (
            asked.suggest_int(name, round(low), round(high)) if whole else asked.suggest_float(name, low, high)
        )
    return found
