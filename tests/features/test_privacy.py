"""The key of people's pseudonyms: made once, or the operator's own, and always the same."""

from __future__ import annotations

import stat
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from features.errors import WrongUse
from features.intake import take_in
from features.privacy import key_of_store, privacy_key, pseudonyms_of
from features.store import Store
from model.settings import Configuration
from tests.features.conftest import deliver, honest_tables


@pytest.fixture
def own_key(tmp_path: Path) -> Path:
    file = tmp_path / "people.key"
    file.write_text("sixteen bytes or more\n", encoding="utf-8")
    return file


def under(configuration: Configuration, key: Path) -> Configuration:
    return configuration.model_copy(update={"privacy": configuration.privacy.model_copy(update={"key_file": key})})


def test_a_store_makes_its_key_once_and_for_its_owner_alone(store: Store, configuration: Configuration) -> None:
    first = privacy_key(configuration.privacy, store)
    assert len(first) >= 32
    assert privacy_key(configuration.privacy, store) == first
    assert stat.S_IMODE((store.path / "privacy.key").stat().st_mode) == 0o600


def test_a_key_file_that_is_not_there_or_too_short_is_refused(
    own_key: Path, store: Store, configuration: Configuration
) -> None:
    own_key.write_text("short\n", encoding="utf-8")
    with pytest.raises(WrongUse, match="under 16 bytes"):
        privacy_key(under(configuration, own_key).privacy, store)
    own_key.unlink()
    with pytest.raises(WrongUse, match="does not exist"):
        privacy_key(under(configuration, own_key).privacy, store)


def test_people_have_the_pseudonyms_under_which_their_rows_were_landed(
    tmp_path: Path, own_key: Path, store: Store, configuration: Configuration
) -> None:
    settings = under(configuration, own_key)
    take_in(deliver(tmp_path / "data", honest_tables()), store, None, settings)
    (file,) = store.paths(store.manifest().group("events/reviews"))
    assert pq.read_table(file, partitioning=None)["reviewer_id"].to_pylist() == pseudonyms_of(
        ["author of old"], store, settings
    )


def test_a_store_without_rows_or_of_another_key_knows_nobody(
    tmp_path: Path, own_key: Path, store: Store, configuration: Configuration
) -> None:
    with pytest.raises(WrongUse, match="holds no rows yet"):
        key_of_store(configuration.privacy, store)
    take_in(deliver(tmp_path / "data", honest_tables()), store, None, configuration)
    with pytest.raises(WrongUse, match="not the key under which"):
        key_of_store(under(configuration, own_key).privacy, store)
