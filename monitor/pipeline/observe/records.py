"""What an observer reads, and what becomes of a record that gives no spans."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from monitor.base.errors import UndecodableError
from monitor.wire.names import normalise_bytes

MOST_HEADERS = 1_000
"""A record with more is refused: nobody needs that many."""
WRONG_SIGNAL, UNREADABLE, TOO_LARGE, FATAL = "wrong_signal", "unreadable", "too_large", "fatal"
_SIGNAL = "otelcol.signal"
_ENVIRONMENTS = ("deployment.environment.name", "deployment.environment")
"""Record headers that name the environment, first that is there."""
_UNDECODED = re.compile("[\udc80-\udcff]")
"""What Python makes of bytes that are no UTF-8 (PEP 383)."""


class Refusal(NamedTuple):
    """Why a record is passed unread: one of a bounded set of words, and a sentence without values of it."""

    code: str
    message: str


class SourceRecord(NamedTuple):
    """A record of the source topic; timestamp in ms; value None is a tombstone.

    headers: a key that is not UTF-8 has lone surrogates in place of its bytes; a value may be null. refused:
    why it must not be read.
    """

    offset: int
    timestamp: int
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...] = ()
    key: bytes | None = None
    refused: Refusal | None = None


class Rejection(NamedTuple):
    """A record that gave no spans, and why; record: None where it is not at hand any more."""

    offset: int
    code: str
    message: str
    record: SourceRecord | None = None

    @property
    def is_foreign(self) -> bool:
        """Whether the record is sound, and of another signal: no dead letter."""
        return self.code == WRONG_SIGNAL


def headers_of(record: SourceRecord) -> dict[str, bytes]:
    """The headers that say something; UndecodableError where they are not what Kafka's format says."""
    if len(record.headers) > MOST_HEADERS:
        raise UndecodableError(f"{len(record.headers)} headers, at most {MOST_HEADERS}", code="headers")
    headers = {name: value for name, value in record.headers if value is not None}
    if any(not name.isascii() and _UNDECODED.search(name) for name, _ in record.headers):
        raise UndecodableError("the key of a header is not UTF-8", code="headers")
    return headers


def foreign_signal(headers: Mapping[str, bytes]) -> bool:
    """Whether a record says by its header that it holds another signal than traces."""
    return headers.get(_SIGNAL, b"traces") != b"traces"


def environment_in(headers: Mapping[str, bytes]) -> str | None:
    """The environment that a record's headers name; None where they name none."""
    named = (normalise_bytes(headers[name]) for name in _ENVIRONMENTS if name in headers)
    return next(filter(None, named), None)
