"""The champion that was used last, for a week in which the tracking server does not answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from features.errors import TrackingUnreachable
from features.locks import owner_only
from features.signal import Signal
from model.bundle import Bundle, read_bundle
from model.registry import Registry
from training.choosing import NamedModel

FILE = "last_champion.json"


def remember(store_path: Path, registry: Registry, champion: NamedModel) -> None:
    """Note which model was champion when the server last answered, and where its bundle lies in the store."""
    if champion.version is None:
        return
    folder = registry.bundle_folder(champion.version).relative_to(store_path.resolve())
    beside = store_path / "models" / f"{FILE}.next"
    beside.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with owner_only():
        beside.write_text(json.dumps({"label": champion.label, "folder": str(folder)}) + "\n", encoding="utf-8")
    beside.replace(store_path / "models" / FILE)


def last_champion(
    store_path: Path, catalogue: Mapping[str, Signal], unreachable: TrackingUnreachable
) -> tuple[str, Bundle, str]:
    """Label and bundle of the champion seen last, and what a person must be told.

    Raises:
        TrackingUnreachable: none was seen from this store.
        NoFittingModel: it does not fit any more.

    """
    file = store_path / "models" / FILE
    if not file.is_file():
        raise unreachable
    told = json.loads(file.read_text(encoding="utf-8"))
    bundle = read_bundle(store_path / told["folder"], catalogue)
    said = f"the tracking server does not answer: {told['label']}, the champion seen last, is used ({unreachable})"
    return told["label"], bundle, said
