"""Flags in the events of a span, in protobuf: what `flags` has of them, as one more attribute's bytes.

    Event  1 time_unix_nano  fixed64     2 name  string     3 attributes*  KeyValue

An event has a time, so its bytes are new with every span; those of its attributes are remembered.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from monitor.wire import otlp_schema
from monitor.wire.flags import FLAGS, KEY, MOST, SAID, together
from monitor.wire.values import text_of

MARK = KEY.encode()
"""Stands in every record in which an event tells of a flag."""
_REMEMBERED = 4_096
_NAMES = {name.encode(): name for name in SAID}


def add_to(spans: Iterable[Any]) -> None:
    """Add to the attributes of each Span message the flags that its events tell of. Raises DecodeError."""
    for span in spans:
        telling = [event for event in span.events if MARK in event][:MOST]
        if telling and (pair := _pair(together(map(_said, telling)))):
            span.attributes.append(pair)


def _said(event: bytes) -> Mapping[str, str]:
    """What an event says of a flag."""
    attributes = otlp_schema.Event.FromString(event).attributes
    return _told(tuple([raw for raw in attributes if b"feature_flag." in raw[:64]][: len(SAID)]))


@lru_cache(maxsize=_REMEMBERED)
def _told(attributes: tuple[bytes, ...]) -> Mapping[str, str]:
    pairs = map(otlp_schema.KeyValue.FromString, attributes)
    return {_NAMES[pair.key]: _text(pair.value) for pair in pairs if pair.key in _NAMES}


def _text(value: Any) -> str:
    which = value.WhichOneof("value")
    said = getattr(value, which) if which else ""
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else text_of(said)


@lru_cache(maxsize=_REMEMBERED)
def _pair(text: str) -> bytes:
    if not text:
        return b""
    value = {"string_value": text.encode()}
    return bytes(otlp_schema.KeyValue(key=FLAGS.encode(), value=value).SerializeToString())
