"""The key under which reviewers and staff become pseudonyms."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from features.engine import connect, literal
from features.errors import WrongUse
from features.reading import pseudonym
from features.settings import FeatureSettings, PrivacySettings
from features.store import Store

_LEAST_BYTES = 16


def privacy_key(settings: PrivacySettings, store: Store) -> str:
    """Read the key, or make the store's own on first use, readable by its owner only.

    Raises:
        WrongUse: the key file that the configuration names is missing or too short to protect anybody.

    """
    place = settings.key_file or store.path / "privacy.key"
    if settings.key_file is None and not place.exists():
        _create(place)
    try:
        key = place.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        raise WrongUse(
            f"privacy.key_file: {place} does not exist; write at least {_LEAST_BYTES} random bytes to it"
        ) from None
    if len(key.encode()) < _LEAST_BYTES:
        raise WrongUse(
            f"privacy.key_file: {place} holds under {_LEAST_BYTES} bytes; names could be guessed back from it"
        )
    return key


def key_of_store(settings: PrivacySettings, store: Store) -> str:
    """The key under which the store's rows were landed.

    Raises:
        WrongUse: nothing was landed, or the configuration names another key.

    """
    held = store.manifest().identity.get("privacy_key")
    if held is None:
        raise WrongUse(f"{store.path}: holds no rows yet; `scrubwatch score` takes a data set in")
    key = privacy_key(settings, store)
    if key_digest(key) != held:
        raise WrongUse(f"privacy.key_file: is not the key under which the rows of {store.path} were landed")
    return key


def pseudonyms_of(plain: Sequence[str], store: Store, settings: FeatureSettings) -> list[int]:
    """The pseudonyms of people's plain ids, in their order."""
    with connect(settings.engine, store.scratch) as connection:
        connection.execute("set variable privacy_key = ?", [key_of_store(settings.privacy, store)])
        asked = ", ".join(pseudonym(literal(each)) for each in plain)
        return list(connection.execute(f"select {asked}").fetchone() or ())


def key_digest(key: str) -> str:
    """A digest that tells two keys apart and gives neither away."""
    return hashlib.sha256(f"scrubwatch pseudonyms {key}".encode()).hexdigest()[:16]


def _create(place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    beside = place.with_name(f"{place.name}.next")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(secrets.token_hex(32) + "\n")
        file.flush()
        os.fsync(file.fileno())
    beside.replace(place)
