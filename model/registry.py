"""Runs and registered models in MLflow, and the bundles that scoring loads from them.

This is the only module that imports MLflow, which costs seconds: import it inside the function that needs it. By
default everything lies in the store: ``mlflow.db`` and, below ``models/``, the artifacts. A server is named by its
address. The network is touched only for that server.
"""

from __future__ import annotations

import logging
import math
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from features.audit_log import AuditLog
from features.errors import NoFittingModel, ScrubwatchError, TrackingUnreachable
from features.locks import alone
from model.bundle import Bundle
from model.settings import TrackingSettings
from model.tracked import Registered, RunRecord, Trial

BUNDLE = "bundle"
"""Artifact folder of the checked bundle; the only one that scoring reads."""
FLAVOUR = "model"
"""Artifact folder in MLflow's LightGBM flavour, for people who open models with MLflow."""
FIGURES = "figures"
"""Artifact folder of plots, tables and settings, for people."""
CHAMPION = "champion"
CHALLENGER = "challenger"
DATABASE = "mlflow.db"

_STAGED = "staged"
_ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
}
_MISSING = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")


def registry_exists(store_path: Path, tracking_uri: str | None) -> bool:
    """Whether there can be a registered model; answers without importing MLflow."""
    return tracking_uri is not None or (store_path / DATABASE).is_file()


class Registry:
    """Runs and model versions of one store, or of the server at ``tracking_uri``."""

    def __init__(
        self, store_path: Path, settings: TrackingSettings, *, tracking_uri: str | None, wait_seconds: float
    ) -> None:
        """Connect; a fresh database is migrated once, whoever comes first.

        Raises:
            StoreBusy: another run held the registry for longer than ``wait_seconds``.
            TrackingUnreachable: the server does not answer.
            ScrubwatchError: the database is no MLflow database.

        """
        self._store_path = store_path.resolve()
        self._settings = settings
        self._wait_seconds = wait_seconds
        self.uri = tracking_uri or f"sqlite:///{self._store_path / DATABASE}"
        _prepare_environment(settings)
        with alone(self._store_path, "registry", self._wait_seconds), _quietly(self.uri):
            from mlflow import MlflowClient  # noqa: PLC0415 - costs a second

            if tracking_uri is None and not (self._store_path / DATABASE).is_file():
                _make_database(self._store_path / DATABASE)
            self._client = MlflowClient(tracking_uri=self.uri, registry_uri=self.uri)
            self._experiment = self._experiment_id(None if tracking_uri else self._store_path / "models")

    def register(self, bundle: Bundle, folder: Path, record: RunRecord, figures: Path | None = None) -> Registered:
        """Track a fit and register its model, once for each ``record.key``; what a killed run began is gone on with.

        Args:
            bundle: the checked bundle.
            folder: where it lies.
            record: what is tracked of it.
            figures: a folder of plots and tables for people.

        """
        with alone(self._store_path, "registry", self._wait_seconds), _quietly(self.uri):
            found = self._version_with_key(record.key)
            if found is not None:
                return found
            run_id = self._run(record.key, record.name, record.tags)
            self._log(run_id, record)
            for trial in record.trials:
                self._log_trial(run_id, trial, record)
            self._client.log_artifacts(run_id, str(folder), BUNDLE)
            if figures is not None:
                self._client.log_artifacts(run_id, str(figures), FIGURES)
            source = self._log_flavour(run_id, bundle)
            version = self._create_version(source, run_id, {**record.tags, "key": record.key})
            self._client.set_terminated(run_id)
            return version

    def track(self, name: str, metrics: Mapping[str, float | None], tags: Mapping[str, str], page: str) -> str:
        """Track a run that fits nothing, with an HTML page, and return its id.

        Args:
            name: of the run, for people.
            metrics: figures by name; None and NaN are left out.
            tags: of the run.
            page: an HTML page; its artifact is ``report.html``.

        """
        with alone(self._store_path, "registry", self._wait_seconds), _quietly(self.uri):
            run_id = self._create_run(name, tags)
            self._client.log_batch(run_id, metrics=_known(metrics))
            self._client.log_text(run_id, page, "report.html")
            self._client.set_terminated(run_id)
            return run_id

    def versions(self, metric: str) -> list[tuple[Registered, float | None]]:
        """All versions, the first first, each with a figure of its run; None where it was not measured."""
        with _quietly(self.uri):
            found = self._client.search_model_versions(f"name='{self._settings.registered_model}'")
            ordered = sorted(found, key=lambda version: int(version.version))
            return [
                (_registered(version), self._client.get_run(str(version.run_id)).data.metrics.get(metric))
                for version in ordered
            ]

    def set_alias(self, alias: str, model: Registered) -> None:
        """Let the alias name this version, and no other."""
        with alone(self._store_path, "registry", self._wait_seconds), _quietly(self.uri):
            self._client.set_registered_model_alias(model.name, alias, model.version)

    def drop_alias(self, alias: str) -> None:
        """Let the alias name no version; nothing happens if it names none."""
        with alone(self._store_path, "registry", self._wait_seconds), _quietly(self.uri):
            self._client.delete_registered_model_alias(self._settings.registered_model, alias)

    def tag(self, model: Registered, tags: Mapping[str, str]) -> None:
        """Write tags on a version and on its run, the version's last one last of all."""
        with alone(self._store_path, "registry", self._wait_seconds), _quietly(self.uri):
            for name, value in tags.items():
                self._client.set_tag(model.run_id, name, value)
            for name, value in tags.items():
                self._client.set_model_version_tag(model.name, model.version, name, value)

    def find(self, model: str) -> Registered | None:
        """Return the version that its number, its label, an alias or a run id names; None if there is none."""
        from mlflow.exceptions import MlflowException  # noqa: PLC0415 - costs a second

        name = self._settings.registered_model
        model = model.removeprefix(f"{name} ")
        with _quietly(self.uri):
            try:
                if model.isdecimal():
                    return _registered(self._client.get_model_version(name, model))
                if len(model) == 32 and all(digit in "0123456789abcdef" for digit in model):  # a run id
                    return self._first(f"name='{name}' and run_id='{model}'")
                return _registered(self._client.get_model_version_by_alias(name, model))
            except MlflowException as error:
                if error.error_code in _MISSING:
                    return None
                raise

    def bundle_folder(self, model: Registered) -> Path:
        """Where the version's bundle lies; fetched from the server if it is not in the store.

        Raises:
            NoFittingModel: its artifacts are gone.

        """
        here = self._store_path / "models" / model.run_id / "artifacts" / BUNDLE
        if here.is_dir():
            return here
        fetched = self._store_path / "models" / "fetched" / model.run_id
        if not (fetched / BUNDLE).is_dir():
            with alone(self._store_path, "registry", self._wait_seconds), _quietly(self.uri):
                staged = self._room("fetched/.part")
                try:
                    self._client.download_artifacts(model.run_id, BUNDLE, str(staged))
                except Exception as error:
                    raise NoFittingModel(
                        f"{model.label}: its bundle is not in run {model.run_id} at {self.uri}: {error}"
                    ) from error
                shutil.rmtree(fetched, ignore_errors=True)
                staged.rename(fetched)
        return fetched / BUNDLE

    def add_text(self, model: Registered, path: str, text: str) -> None:
        """Put a text among the artifacts of the version's run."""
        with alone(self._store_path, "registry", self._wait_seconds), _quietly(self.uri):
            self._client.log_text(model.run_id, text, path)

    def text(self, model: Registered, path: str) -> str | None:
        """Read a text among the artifacts of the version's run; None if it has none of that name."""
        here = self._store_path / "models" / model.run_id / "artifacts" / path
        if here.is_file():
            return here.read_text(encoding="utf-8")
        with tempfile.TemporaryDirectory() as fetched, _quietly(self.uri):
            try:
                return Path(self._client.download_artifacts(model.run_id, path, fetched)).read_text(encoding="utf-8")
            except TrackingUnreachable:
                raise
            except Exception as error:
                if _lost_connection(error):
                    raise
                return None

    def _room(self, name: str) -> Path:
        """An empty folder below ``models/``, used while the registry is held; what a kill leaves goes with the next."""
        room = self._store_path / "models" / name
        shutil.rmtree(room, ignore_errors=True)
        room.mkdir(parents=True, mode=0o700)
        return room

    def _run(self, key: str, name: str, tags: Mapping[str, str]) -> str:
        """The run with this key, made if there is none: a writer that was killed may have begun it."""
        found = self._client.search_runs([self._experiment], f"tags.key = '{key}'", max_results=1)
        return str(found[0].info.run_id) if found else self._create_run(name, {**tags, "key": key})

    def _create_run(self, name: str, tags: Mapping[str, str]) -> str:
        """Begin a run, which carries the audit log's head of that moment."""
        head = AuditLog(self._store_path, self._wait_seconds).head()
        told = {**tags, "audit_log_head": head or "empty"}
        return str(self._client.create_run(self._experiment, run_name=name, tags=told).info.run_id)

    def _log_trial(self, parent: str, trial: Trial, record: RunRecord) -> None:
        from mlflow.entities import Param  # noqa: PLC0415 - costs a second

        tags = {"mlflow.parentRunId": parent, "as_of": record.tags["as_of"]}
        run_id = self._run(f"{record.key}/{trial.number}", f"trial {trial.number}", tags)
        parameters = [Param(name, str(value)) for name, value in trial.parameters.items()]
        self._client.log_batch(run_id, metrics=_known(trial.metrics), params=parameters)
        self._client.set_terminated(run_id)

    def _experiment_id(self, artifacts: Path | None) -> str:
        """The experiment; a new one in a store that was moved or copied, as the old one writes where the store was."""
        name, location = self._settings.experiment, None if artifacts is None else artifacts.as_uri()
        found = self._client.get_experiment_by_name(name)
        if found is not None and location in (None, found.artifact_location):
            return str(found.experiment_id)
        if found is not None:
            old = found.experiment_id
            self._client.rename_experiment(old, f"{name} ({old}, before the store was moved)")
        _make_once(self._client.create_experiment, name, artifact_location=location)
        return self._experiment_id(artifacts)

    def _version_with_key(self, key: str) -> Registered | None:
        return self._first(f"name='{self._settings.registered_model}' and tags.key='{key}'")

    def _first(self, condition: str) -> Registered | None:
        found = self._client.search_model_versions(condition, max_results=1)
        return _registered(found[0]) if found else None

    def _log(self, run_id: str, record: RunRecord) -> None:
        from mlflow.entities import Dataset, DatasetInput, InputTag, Param  # noqa: PLC0415 - costs a second

        self._client.log_batch(
            run_id,
            metrics=_known(record.metrics),
            params=[Param(name, str(value)) for name, value in record.parameters.items()],
        )
        data = Dataset(
            name="delivered rows", digest=record.data_digest[:32], source_type="local", source=record.data_source
        )
        self._client.log_inputs(run_id, [DatasetInput(data, [InputTag("mlflow.data.context", "training")])])

    def _log_flavour(self, run_id: str, bundle: Bundle) -> str:
        """Log the model for ``mlflow.lightgbm.load_model``: every input a double, requirements named, none inferred."""
        import mlflow.lightgbm  # noqa: PLC0415 - costs a second
        from mlflow.models import ModelSignature  # noqa: PLC0415
        from mlflow.types import ColSpec, Schema  # noqa: PLC0415

        booster = bundle.as_booster()
        inputs = Schema([ColSpec("double", name, required=False) for name in bundle.signals])
        outputs = Schema([ColSpec("double")] * booster.num_model_per_iteration())
        requirements = [f"{name}=={version}" for name, version in bundle.card.libraries.items() if name == "lightgbm"]
        staged = self._room(_STAGED)
        mlflow.lightgbm.save_model(
            booster,
            str(staged / FLAVOUR),
            signature=ModelSignature(inputs, outputs),
            pip_requirements=requirements,
        )
        self._client.log_artifacts(run_id, str(staged / FLAVOUR), FLAVOUR)
        shutil.rmtree(staged)
        return f"{self._client.get_run(run_id).info.artifact_uri}/{FLAVOUR}"

    def _create_version(self, source: str, run_id: str, tags: dict[str, str]) -> Registered:
        name = self._settings.registered_model
        if not self._client.search_registered_models(f"name='{name}'"):
            _make_once(self._client.create_registered_model, name)
        return _registered(self._client.create_model_version(name, source, run_id, tags=tags, await_creation_for=0))


def _make_database(place: Path) -> None:
    """Make the database beside its place: one whose tables are half made, as a kill leaves it, is broken for good."""
    from mlflow.store.db.utils import _initialize_tables, create_sqlalchemy_engine  # noqa: PLC0415 - costs a second

    beside = place.with_name(f"{place.name}.next")
    for left in (beside, beside.with_name(f"{beside.name}-journal")):
        left.unlink(missing_ok=True)
    make_engine: Any = create_sqlalchemy_engine
    make_tables: Any = _initialize_tables
    engine = make_engine(f"sqlite:///{beside}")
    make_tables(engine)
    engine.dispose()
    beside.replace(place)


def _known(metrics: Mapping[str, float | None]) -> list[Any]:
    """MLflow's metrics of the figures that were measured."""
    from mlflow.entities import Metric  # noqa: PLC0415 - costs a second

    measured = {name: value for name, value in metrics.items() if value is not None and not math.isnan(value)}
    return [Metric(name, float(value), 0, 0) for name, value in measured.items()]


def _registered(version: Any) -> Registered:
    return Registered(version.name, str(version.version), version.run_id, dict(version.tags))


def _prepare_environment(settings: TrackingSettings) -> None:
    """Tell MLflow, which reads the environment, to be quiet, to send nothing home and to wait no longer than set."""
    os.environ.update(_ENVIRONMENT)
    os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] = str(settings.timeout_seconds)
    os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] = str(settings.retries)


@contextmanager
def _quietly(uri: str) -> Iterator[None]:
    """Keep MLflow's and SQLAlchemy's chatter away, and turn what they raise into a message of ours.

    MLflow 3.17 calls what SQLAlchemy 2.1 has deprecated; those warnings are not ours to mend.
    """
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except ScrubwatchError:
            raise
        except Exception as error:
            kind = TrackingUnreachable if _lost_connection(error) else ScrubwatchError
            raise kind(f"{uri}: MLflow failed: {type(error).__name__}: {error}") from error


def _make_once(make: Callable[..., object], name: str, **more: object) -> None:
    """Make what has this name, unless another store over the same server has made it a moment before."""
    try:
        make(name, **more)
    except Exception as error:
        if getattr(error, "error_code", "") != "RESOURCE_ALREADY_EXISTS":
            raise


def _lost_connection(error: BaseException | None) -> bool:
    """Whether the server could not be reached, or did not answer in time, anywhere behind an error."""
    from requests.exceptions import ConnectionError as Refused  # noqa: PLC0415 - comes with MLflow
    from requests.exceptions import RetryError, Timeout  # noqa: PLC0415

    while error is not None:
        if isinstance(error, Refused | Timeout | RetryError):
            return True
        error = error.__cause__ or error.__context__
    return False
