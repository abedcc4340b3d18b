"""Settings from the places where people put them, with every mistake named at once.

Precedence: defaults, then the YAML file, then the environment (`FLOWDRIFT_` and the path joined with `__`:
`FLOWDRIFT_KAFKA__BROKERS=a:9092,b:9092`). An unknown key is an error that names the closest known one. What
people write (`quiet_gap: 10s`) is translated by `base.spelling`. No message ever holds a value.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import EnvSettingsSource

from monitor.base import spelling
from monitor.base.errors import ConfigurationError
from monitor.settings.environments import completed
from monitor.settings.model import PREFIX, Settings

_NO_TRACES = (
    "evidence.unit: trace is for `flowdrift replay` only. Traces of one test run share its cases, caches and "
    "flags; each taken for evidence of its own, they page without drift. Use auto, run+case, run or bucket"
)

_SAID = {"model_type": "must be a mapping", "dict_type": "must be a mapping", "missing": "is needed"}
"""What pydantic says with names of classes, for people: type of the problem -> what must be."""


class Found(NamedTuple):
    """Settings and where they stand: the sections that the file names, the variables that apply.

    others: variables whose names begin as those of settings do.
    """

    settings: Settings
    sections: tuple[str, ...]
    variables: tuple[str, ...]
    others: tuple[str, ...]


def load(file: Path | None = None, *, offline: bool = False) -> Settings:
    """The settings of `file` and the environment; ConfigurationError names each path and what it must be.

    offline: for `replay`, which alone takes `evidence.unit: trace`.
    """
    return find(file, offline=offline).settings


def find(file: Path | None = None, *, offline: bool = False) -> Found:
    """As `load`, with what was found where."""
    written = _document(file) if file else {}
    settings = _settings(_completed(_merged(written, _environment())))
    if settings.evidence.unit == "trace" and not offline:
        raise ConfigurationError(_NO_TRACES, code="settings")
    variables = tuple(_variables())
    others = tuple(name for name in sorted(os.environ) if name.startswith(PREFIX) and name not in variables)
    return Found(settings, tuple(map(str, written)), variables, others)


def _settings(document: Mapping[str, Any]) -> Settings:
    values, problems = spelling.read_what_fits(Settings, document)
    try:
        settings = Settings(**values)
        # Also what the core makes of them must be valid now, not when the first span comes.
        _ = settings.attribution, settings.policy
    except ValidationError as error:
        problems.extend(_explained(error))
    if problems:
        raise ConfigurationError("\n".join(problems), code="settings")
    return settings


def _completed(document: dict[str, Any]) -> dict[str, Any]:
    """With the environments that a file does not name, unless each needs a cluster of its own."""
    written, kafka = document.get("environments"), document.get("kafka")
    if not isinstance(written, Mapping):
        return document
    apart = isinstance(kafka, Mapping) and bool(kafka.get("clusters")) and "brokers" not in kafka
    return {**document, "environments": completed(written, others=not apart)}


class _Environment(EnvSettingsSource):
    def decode_complex_value(self, field_name: str, field: FieldInfo | None, value: Any) -> Any:  # noqa: ARG002
        """Lists and mappings may be YAML (which JSON is); other text is left for `spelling` to split."""
        try:
            return yaml.safe_load(value)
        except yaml.YAMLError:
            return value


def _environment() -> dict[str, Any]:
    """What the environment says; a name without `__` that is no section is not ours.

    Kubernetes sets FLOWDRIFT_PORT, FLOWDRIFT_SERVICE_HOST and the like for a Service of that name.
    """
    unknown = {_path(name)[0] for name in _variables()} - Settings.model_fields.keys()
    spelling.read(Settings, dict.fromkeys(sorted(unknown)))
    return _Environment(Settings)()


def _variables() -> list[str]:
    """The variables that are meant as settings, by name."""
    ours = (name for name in sorted(os.environ) if name.startswith(PREFIX))
    return [name for name in ours if len(_path(name)) > 1 or _path(name)[0] in Settings.model_fields]


def _path(variable: str) -> list[str]:
    return variable.removeprefix(PREFIX).lower().split("__")


def _document(file: Path) -> Mapping[str, Any]:
    """The file as plain values; messages of the YAML reader are not passed on, as they quote the file."""
    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{file}: {error.strerror}", code="file") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{file}: must be UTF-8", code="file") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "somewhere"
        raise ConfigurationError(f"{file}: is no YAML at {where}", code="file") from None
    if not isinstance(document, Mapping | None):
        raise ConfigurationError(f"{file}: must be a mapping of sections", code="file")
    return {section: value for section, value in (document or {}).items() if value is not None}


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Both documents; where both say something about one key, `above` counts."""
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        nested = isinstance(old, Mapping) and isinstance(value, Mapping)
        merged[key] = _merged(old or {}, value) if nested else value
    return merged


def _explained(error: ValidationError) -> Iterable[str]:
    """Each problem with its path, but for those that only follow from another one.

    A list is not also too short for want of its wrong items, nor a default missing for want of what it is
    made from.
    """
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    inside = {problem["loc"][:end] for problem in problems for end in range(len(problem["loc"]))}
    for problem in problems:
        short = problem["type"] == "too_short" and problem["loc"] in inside
        if short or problem["type"] == "default_factory_not_called":
            continue
        path = ".".join(spelling.spelled(str(part)) for part in problem["loc"])
        said = _SAID.get(problem["type"]) or problem["msg"].removeprefix("Value error, ")
        yield f"{path}: {said}" if path else said
