"""What fields a body has, and of which types: read from its text when it is decoded; no value is kept.

    {"id": 7, "items": [{"sku": "a"}], "note": null}   ->   `o`, id `n`, items `a`, items[] `o`,
                                                            items[].sku `s`, note `z`

One line per path, in their order: path, tab, letters of its types. `o` object, `a` array, `s` string, `n`
number, `b` boolean, `z` null; the body itself has the path ''. Keys that look like values, and all keys of an
object with very many, are one key `{}`: such an object is a map by ids. Forms (`a=1&b=2`) have strings alone.

'' stands for a body of which nothing is known: one that was cut off, is too large, or is no JSON and no form.
What would be left of it says nothing of what is missing.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import orjson

from monitor.wire.free_text import template
from monitor.wire.names import NAME_LIMIT, VALUE_LIMIT
from monitor.wire.url_path import FREE

MOST_VALUES = 256
"""Values in a body that is read, counting those inside others."""
MOST_SAID = 4_096
"""Characters that are kept of a body: paths and types."""
DEEPEST = 8
"""Values deeper inside than this are not looked at."""
_MOST_KEYS = 64
"""An object with more of them is a map."""
_LONGEST_KEY = 60
_ITEMS = 16
"""Items of an array that are looked at, from its beginning."""

_KEY = re.compile(r"(?![A-Z0-9]{16})(?:[^\W\d]|[$@_])[\w$-]{0,59}")
"""What people choose: no dots, as names of people and hosts have, no row of capitals, as keys of access."""
_FORM = re.compile(r"[\w.\[\]%+-]+=[^&=\s]*(?:&[\w.\[\]%+-]+=[^&=\s]*)*")
_TYPES: dict[type, str] = {dict: "o", list: "a", str: "s", int: "n", float: "n", bool: "b"}


class _TooLargeError(Exception):
    """A body has more values than are read, or more is to be said of it than is kept."""


def fields_of(body: str) -> str:
    """The fields of a body, as the module's docstring has them; '' where nothing is known of them."""
    if len(body) >= VALUE_LIMIT:
        return ""
    body = body.strip()
    try:
        value = orjson.loads(body)
    except ValueError:
        value = _form(body)
    if value is None:
        return ""
    found: dict[str, set[str]] = {}
    try:
        _read(value, "", 0, found, iter(range(MOST_VALUES)))
    except _TooLargeError:
        return ""
    said = "\n".join(f"{path}\t{''.join(sorted(types))}" for path, types in sorted(found.items()))
    return said if len(said) <= MOST_SAID else ""


def _form(body: str) -> Mapping[str, str] | None:
    """The fields of a form, without their values; None for what is none."""
    if body.endswith("=") and "&" not in body:
        return None  # Base64 ends like this, too.
    if not _FORM.fullmatch(body):
        return None
    return dict.fromkeys((pair.partition("=")[0] for pair in body.split("&")), "")


def _read(value: Any, path: str, depth: int, found: dict[str, set[str]], room: Iterator[int]) -> None:
    if next(room, None) is None:
        raise _TooLargeError
    found.setdefault(path, set()).add(_TYPES.get(type(value), "z"))
    if depth >= DEEPEST or len(path) > NAME_LIMIT:
        return
    if isinstance(value, list):
        for each in value[:_ITEMS]:
            _read(each, f"{path}[]", depth + 1, found, room)
    elif isinstance(value, dict):
        is_map = len(value) > _MOST_KEYS
        for key, each in value.items():
            name = FREE if is_map or len(key) > _LONGEST_KEY else key_of(key)
            _read(each, f"{path}.{name}" if path else name, depth + 1, found, room)


@lru_cache(maxsize=4_096)
def key_of(key: str) -> str:
    """A key as it may be kept: itself where it is a name that people chose, else `{}`."""
    return key if _KEY.fullmatch(key) and template(key) == key else FREE
