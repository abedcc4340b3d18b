"""What all records of the verdicts topic have in common."""

from typing import NamedTuple, TypeVar

import msgspec
import orjson

from monitor.base.errors import UndecodableError


class Place(NamedTuple):
    """A partition of the flows topic, and up to which offset it was folded."""

    partition: int
    offset: int


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """Of which partition of the flows topic a record speaks, and up to which offset that was folded."""

    partition: int
    offset: int


def written(record: Placed) -> bytes:
    """The record as JSON, in the order of its fields; orjson writes numbers as it always did."""
    return orjson.dumps(msgspec.to_builtins(record))


_Kind = TypeVar("_Kind", bound=Placed)


def read_as(kind: type[_Kind], value: bytes) -> _Kind:
    """The record of that kind in its JSON; UndecodableError where it is none."""
    try:
        return msgspec.json.decode(value, type=kind)
    except msgspec.DecodeError as error:
        raise UndecodableError(f"{kind.__name__}: {error}", code="record") from None
