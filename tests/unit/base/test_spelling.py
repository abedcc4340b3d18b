"""Keys and durations as people write them, and the models that take them."""

import json
from collections.abc import Mapping
from typing import Any

import jsonschema
import pytest
from pydantic import BaseModel, Field

from monitor.base import spelling
from monitor.base.errors import ConfigurationError


class _Leaf(BaseModel):
    quiet_gap_ms: int = 10_000
    names: tuple[str, ...] = ()


class _Tree(BaseModel):
    leaf: _Leaf = _Leaf()
    maybe: _Leaf | None = None
    many: tuple[_Leaf, ...] = ()
    named: Mapping[str, _Leaf] = {}
    silence_ms: int | None = None
    bound: float = Field(default=0.5, gt=0)
    needed_ms: int = Field(default=60_000)


_SPELLED: dict[str, Any] = {
    "leaf": {"quiet_gap": "3s", "names": ["a", "b"]},
    "maybe": {"quiet_gap": "1ms", "names": []},
    "many": [{"quiet_gap": "2m", "names": []}],
    "named": {"x": {"quiet_gap": "2d", "names": []}},
    "silence": None,
    "bound": 0.25,
    "needed": "1m",
}


def test_write_is_the_inverse_of_read() -> None:
    """A document survives being read and written again, through every kind of nesting."""
    read = _Tree(**spelling.read(_Tree, _SPELLED))
    assert read.named["x"].quiet_gap_ms == 172_800_000
    assert spelling.write(read) == _SPELLED


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"laef": {}}, "laef: unknown key; did you mean leaf?"),
        ({"leaf": {"quiet_gap_ms": 5}}, "leaf.quiet_gap_ms: unknown key; did you mean quiet_gap?"),
        ({"maybe": {"zzz": 1}}, "maybe.zzz: unknown key; known here: names, quiet_gap"),
        ({"many": [{}, {"name": 1}]}, "many.1.name: unknown key; did you mean names?"),
        ({"named": {"x": {"nams": 1}}}, "named.x.nams: unknown key; did you mean names?"),
        ({"leaf": {"quiet_gap": 5}}, "leaf.quiet_gap: must be a duration such as 500ms, 5s, 20m, 24h or 7d"),
    ],
)
def test_an_error_names_the_path(document: dict[str, Any], said: str) -> None:
    """An unknown key is reported with its path and the closest known key, a bad duration with its form."""
    with pytest.raises(ConfigurationError) as caught:
        spelling.read(_Tree, document)
    assert str(caught.value) == said


def test_all_errors_are_told_at_once() -> None:
    """One reading reports every error of a file."""
    with pytest.raises(ConfigurationError) as caught:
        spelling.read(_Tree, {"laef": {}, "leaf": {"quiet_gap": "long"}})
    assert len(str(caught.value).splitlines()) == 2


def test_a_text_for_a_list_is_its_items() -> None:
    """A text where a list is meant is split at its commas, as in `a:9092, b:9092`."""
    assert spelling.read(_Leaf, {"names": "a:9092, b:9092"}) == {"names": ["a:9092", "b:9092"]}


def test_the_schema_accepts_what_read_accepts() -> None:
    """The schema has the keys as they are spelled in files, and the form of durations."""
    validator = jsonschema.Draft202012Validator(spelling.schema(_Tree))
    assert validator.is_valid(_SPELLED)
    assert validator.is_valid({})
    assert not validator.is_valid({"leaf": {"quiet_gap": 5}})
    assert not validator.is_valid({"needed": "soon"})
    assert '"1m"' in json.dumps(validator.schema)
