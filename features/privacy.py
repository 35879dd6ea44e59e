"""The key under which reviewers and staff become pseudonyms."""

from __future__ import annotations

import hashlib
import secrets
from pathlib import Path

from features.errors import WrongUse
from features.settings import PrivacySettings
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


def key_digest(key: str) -> str:
    """A digest that tells two keys apart and gives neither away."""
    return hashlib.sha256(f"scrubwatch pseudonyms {key}".encode()).hexdigest()[:16]


def _create(place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.touch(mode=0o600)
    place.write_text(secrets.token_hex(32) + "\n", encoding="utf-8")
