"""How settings are spelled in a file: `quiet_gap: 10s` there is the field `quiet_gap_ms = 10_000` here.

`read` turns what a person wrote into what the models take, and names every unknown key with the closest
known one; `write` is its inverse; `schema` describes the spelled form. Nothing here prints a value.
"""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from monitor.base.durations import FORM, PATTERN, duration, milliseconds
from monitor.base.errors import ConfigurationError

_UNIT = "_ms"


def spelled(field: str) -> str:
    """The key under which a person finds `field`: durations carry their unit in the value, not the name."""
    return field.removesuffix(_UNIT)


def read(model: type[BaseModel], document: Mapping[str, Any]) -> dict[str, Any]:
    """What `model` takes for what `document` says; ConfigurationError lists every wrong path."""
    values, problems = read_what_fits(model, document)
    if problems:
        raise ConfigurationError("\n".join(problems), code="settings")
    return values


def read_what_fits(model: type[BaseModel], document: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """As `read`, without the wrong paths; and these, each with what is wrong."""
    problems: list[str] = []
    return _read_model(model, document, (), problems), problems


def write(value: object, field: str = "") -> Any:
    """What a person would have written to get `value`: plain mappings, lists, numbers and text."""
    if isinstance(value, BaseModel):
        named = ((name, getattr(value, name)) for name in type(value).model_fields)
        return {spelled(name): write(each, name) for name, each in named}
    if isinstance(value, Mapping):
        return {key: write(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [write(each) for each in value]
    return duration(value) if field.endswith(_UNIT) and isinstance(value, int) else value


def schema(model: type[BaseModel]) -> dict[str, Any]:
    """JSON schema (2020-12) of the documents that `read` accepts."""
    described = model.model_json_schema(mode="validation")
    for part in (described, *described.get("$defs", {}).values()):
        part["properties"] = {
            spelled(name): _described(name, each) for name, each in part.get("properties", {}).items()
        }
        if "required" in part:
            part["required"] = [spelled(name) for name in part["required"]]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **described}


def _described(name: str, described: dict[str, Any]) -> dict[str, Any]:
    """One property of the schema; defaults of whole sections are left to the sections."""
    default = described.get("default")
    if name.endswith(_UNIT):
        text = {"type": "string", "pattern": PATTERN}
        nullable = "anyOf" in described
        said = {} if default is None else {"default": duration(default)}
        return {**({"anyOf": [text, {"type": "null"}]} if nullable else text), **said}
    return {key: each for key, each in described.items() if key != "default" or not isinstance(each, dict)}


def _read_model(
    model: type[BaseModel], document: Mapping[str, Any], path: tuple[str, ...], problems: list[str]
) -> dict[str, Any]:
    fields = {spelled(name): name for name in model.model_fields}
    values: dict[str, Any] = {}
    for key, value in document.items():
        here = (*path, str(key))
        if key not in fields:
            problems.append(_unknown(here, list(fields)))
        elif fields[key].endswith(_UNIT):
            values.update(_read_duration(fields[key], value, here, problems))
        else:
            values[key] = _read(model.model_fields[key].annotation, value, here, problems)
    return values


def _read(annotation: Any, value: Any, path: tuple[str, ...], problems: list[str]) -> Any:
    """Follow `annotation` down to the models inside it; a text for a list is its items between commas."""
    for kind, item in _parts(annotation):
        if kind is BaseModel and isinstance(value, Mapping):
            return _read_model(item, value, path, problems)
        if kind is dict and isinstance(value, Mapping):
            return {key: _read(item, each, (*path, str(key)), problems) for key, each in value.items()}
        if kind is tuple and isinstance(value, str):
            return [each.strip() for each in value.split(",")]
        if kind is tuple and isinstance(value, list):
            return [_read(item, each, (*path, str(n)), problems) for n, each in enumerate(value)]
    return value


def _parts(annotation: Any) -> Iterator[tuple[type, Any]]:
    """The containers and models among the members of a union, as (BaseModel | dict | tuple, inside)."""
    origin, inside = get_origin(annotation), get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield BaseModel, annotation
    elif isinstance(origin, type) and issubclass(origin, Mapping):
        yield dict, inside[1]
    elif origin in (tuple, list, frozenset):
        yield tuple, inside[0]
    else:
        for member in inside:
            yield from _parts(member)


def _read_duration(
    field: str, value: Any, path: tuple[str, ...], problems: list[str]
) -> dict[str, int | None]:
    """The field with its milliseconds; nothing where `value` is no duration."""
    try:
        return {field: None if value is None else milliseconds(value)}
    except ValueError:
        problems.append(f"{'.'.join(path)}: must be {FORM}")
        return {}


def _unknown(path: tuple[str, ...], known: list[str]) -> str:
    close = get_close_matches(path[-1], known, n=1)
    hint = f"did you mean {close[0]}?" if close else f"known here: {', '.join(sorted(known))}"
    return f"{'.'.join(path)}: unknown key; {hint}"
