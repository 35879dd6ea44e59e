"""Settings of intake, store and engine, and the reader that every job's YAML goes through."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from features.errors import WrongUse

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
PositiveCount = Annotated[int, Field(ge=1)]


class Section(BaseModel):
    """A frozen group of settings: every key is required and no other key is known."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ContractSettings(Section):
    """How strictly the event contract is held."""

    late_after_days: PositiveCount
    orphan_after_days: PositiveCount
    max_quarantined_share: Share
    min_quarantined_rows: PositiveCount
    max_age_days: dict[str, PositiveCount]
    recorded_from: date | None


class PrivacySettings(Section):
    """Where the key of the pseudonyms lies."""

    key_file: Path | None


class EngineSettings(Section):
    """Which engine computes signals, and what DuckDB may use; results do not depend on it."""

    name: Literal["duckdb", "spark"]
    threads: PositiveCount
    memory_limit_mb: PositiveCount


class PeerSettings(Section):
    """With whom a seller is compared."""

    min_group_sellers: PositiveCount


class RelationSettings(Section):
    """Which sellers are held to be related."""

    max_sellers_linked: PositiveCount


class FeatureSettings(Section):
    """All that intake and signals are told; the configuration of every job starts with these sections."""

    contract: ContractSettings
    privacy: PrivacySettings
    engine: EngineSettings
    peers: PeerSettings
    relations: RelationSettings


_MOST_BYTES = 2**20

Settings = TypeVar("Settings", bound=BaseModel)


def read_settings(path: Path, kind: type[Settings]) -> Settings:
    """Read a YAML file as settings of the given kind.

    Raises:
        WrongUse: the file is missing, is no YAML mapping, lacks a setting, or holds an unknown or a wrong one.

    """
    try:
        content = yaml.load(_text_of(path), _PlainLoader)  # noqa: S506  (a safe loader that knows no aliases)
    except FileNotFoundError:
        raise WrongUse(f"{path}: no such configuration file; `scrubwatch init DIR` writes a commented one") from None
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        raise WrongUse(f"{path}: not readable as YAML: {error}") from error
    except RecursionError:
        raise WrongUse(f"{path}: not readable as YAML: it is nested too deep") from None
    if not isinstance(content, Mapping):
        raise WrongUse(f"{path}: expected a mapping of settings, found {type(content).__name__}")
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        raise WrongUse("\n".join(_explain(path, kind, error))) from error


class _PlainLoader(yaml.SafeLoader):
    """Reads no aliases: a few lines of them unfold to more than any memory holds."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Refuse an alias; else as the safe loader does."""
        if self.check_event(yaml.AliasEvent):
            event: Any = self.get_event()  # type: ignore[no-untyped-call]
            raise yaml.YAMLError(f"line {event.start_mark.line + 1}: aliases (*name) are not read; write the value out")
        return super().compose_node(parent, index)


def _text_of(path: Path) -> str:
    with path.open("rb") as file:
        text = file.read(_MOST_BYTES + 1)
    if len(text) > _MOST_BYTES:
        raise ValueError(f"over {_MOST_BYTES} bytes, too large for settings")
    return text.decode()


def _explain(path: Path, kind: type[BaseModel], error: ValidationError) -> Iterator[str]:
    for problem in error.errors():
        name = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            known = _known_settings(kind)
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
            hint = f"did you mean '{near[0]}'?" if near else f"known are: {', '.join(known)}"
            yield f"{path}: unknown setting '{name}'; {hint}"
        elif problem["type"] == "missing":
            yield f"{path}: setting '{name}' is missing; every setting is written down, there are no hidden defaults"
        else:
            yield f"{path}: setting '{name}': {problem['msg']}, given {repr(problem['input'])[:200]}"


def _known_settings(kind: type[BaseModel], prefix: str = "") -> list[str]:
    names: list[str] = []
    for name, field in kind.model_fields.items():
        inner: Any = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            names += _known_settings(inner, f"{prefix}{name}.")
        else:
            names.append(f"{prefix}{name}")
    return names
