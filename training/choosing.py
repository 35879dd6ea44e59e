"""Opens the models that people name: by version, alias, run id, or the folder of a bundle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from features.catalogue import CATALOGUE
from features.errors import NoFittingModel
from features.signal import Signal
from model.bundle import SUMS, Bundle, read_bundle
from model.registry import CHAMPION, FIGURES, Registry, registry_exists
from model.settings import Configuration
from model.tracked import Registered
from training.figures import CONFIGURATION
from training.steps import Surroundings


@dataclass(frozen=True)
class NamedModel:
    """A checked model and what outputs call it; ``version`` None for a bundle that is not registered."""

    label: str
    bundle: Bundle
    version: Registered | None


def open_model(
    name: str,
    store_path: Path,
    configuration: Configuration,
    surroundings: Surroundings,
    catalogue: Mapping[str, Signal],
) -> NamedModel:
    """Fetch and check the model that a version, an alias, a run id or a bundle folder names.

    Raises:
        NoFittingModel: nothing has that name, or what has it does not fit.

    """
    if (Path(name) / SUMS).is_file():
        bundle = read_bundle(Path(name), catalogue)
        return NamedModel(f"bundle {bundle.digest[:12]}", bundle, None)
    registry = open_registry(store_path, configuration, surroundings)
    found = None if registry is None else fetch(registry, name, catalogue)
    if found is None:
        raise NoFittingModel(
            f"no model '{name}' in {store_path}: give a version, an alias (champion, challenger), a run id or a"
            " bundle folder; `scrubwatch retrain` makes one"
        )
    return found


def fetch(registry: Registry, name: str, catalogue: Mapping[str, Signal]) -> NamedModel | None:
    """Fetch and check the registered model that a version, an alias or a run id names; None if there is none.

    Raises:
        NoFittingModel: it does not fit.

    """
    found = registry.find(name)
    return (
        None if found is None else NamedModel(found.label, read_bundle(registry.bundle_folder(found), catalogue), found)
    )


def champion_of(store_path: Path, configuration: Configuration, surroundings: Surroundings) -> Bundle | None:
    """The champion's bundle; None without one.

    Raises:
        NoFittingModel: it does not fit.

    """
    registry = open_registry(store_path, configuration, surroundings)
    champion = None if registry is None else fetch(registry, CHAMPION, CATALOGUE)
    return None if champion is None else champion.bundle


def open_registry(store_path: Path, configuration: Configuration, surroundings: Surroundings) -> Registry | None:
    """The registry of a store; None if nothing was ever registered there."""
    if not registry_exists(store_path, surroundings.tracking_uri):
        return None
    return make_registry(store_path, configuration, surroundings)


def make_registry(store_path: Path, configuration: Configuration, surroundings: Surroundings) -> Registry:
    """The registry of a store, made if there is none yet."""
    return Registry(
        store_path,
        configuration.tracking,
        tracking_uri=surroundings.tracking_uri,
        wait_seconds=surroundings.wait_seconds,
    )


def settings_of(registry: Registry, version: Registered) -> Configuration | str:
    """All settings of a version's fit; why not, if they cannot be read."""
    text = registry.text(version, f"{FIGURES}/{CONFIGURATION}")
    if text is None:
        return f"its run has no {FIGURES}/{CONFIGURATION}"
    try:
        return Configuration.model_validate_json(text)
    except ValidationError as error:
        return f"{error.error_count()} settings of that time are unknown or missing now"
