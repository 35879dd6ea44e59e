"""A configuration that is meant to harm is refused with a message, soon."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.errors import WrongUse
from features.settings import read_settings
from model.settings import Configuration

BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join(['*' + before] * 10)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
HOSTILE = {
    "a bomb of aliases": (BOMB, "line 2: aliases"),
    "a bomb inside a setting": ("contract: &c [1]\npeers: [*c, *c]\n", "line 2: aliases"),
    "python objects": ("contract: !!python/object/apply:os.system ['true']\n", "could not determine a constructor"),
    "nested too deep": ("[" * 50_000, "not readable as YAML"),
    "a huge file": ("# " + "x" * 2**20, "over 1048576 bytes"),
    "no text": ("\x00\x01", "not readable as YAML"),
    "a huge value": (f"contract: {'y' * 100_000}\n", "setting 'contract'"),
    "a list": ("- contract\n", "expected a mapping"),
}


@pytest.mark.parametrize(("text", "said"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_configuration_is_refused(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "settings.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(WrongUse) as refused:
        read_settings(tmp_path / "settings.yaml", Configuration)
    assert said in str(refused.value)
    assert len(str(refused.value)) < 20_000


def test_no_text_in_another_encoding_is_read(tmp_path: Path) -> None:
    (tmp_path / "settings.yaml").write_bytes(b"contract: \xff\xfe")
    with pytest.raises(WrongUse, match="not readable as YAML"):
        read_settings(tmp_path / "settings.yaml", Configuration)
