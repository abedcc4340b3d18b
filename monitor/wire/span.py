"""The span as the rest of the monitor knows it.

What repeats from span to span (service, name, attributes, environment, ...) is decoded once and shared
as one `Facts` object; what is new in each span stands in the `Span` tuple. Two spans with the same
facts hold the same object, so later layers memoise by identity.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

from monitor.base.units import UNIT_WEIGHT, UnixNanos, Weight

UNKNOWN = "unknown"
"""The environment of spans that nothing assigns to one."""

NAMELESS = "unknown_service"
"""The service of spans that name none, as the OpenTelemetry SDKs call it; theirs add `:PROCESS`."""


Marks = tuple[tuple[str, str], ...]
"""Attributes by which the settings tell runs apart (a branch, say), with their values."""


class Kind(IntEnum):
    """Span kinds, with the numbers of opentelemetry/proto/trace/v1/trace.proto."""

    UNSPECIFIED = 0
    INTERNAL = 1
    SERVER = 2
    CLIENT = 3
    PRODUCER = 4
    CONSUMER = 5


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """Everything about a span that repeats; compared by identity, never changed.

    Attribute names are the new semantic conventions, whatever the record said; names are normalised
    (valid UTF-8, NFC, no control characters, at most 200 characters). `run`, `case`, `suite` are ''
    where the span does not carry them. `weight` is in 1/1024 and `weighted` says that it was stated
    (`ot=th`), not assumed. `runner` marks spans of a test runner, which are context, never part of a flow.
    `marks`: what tells its run from others, where the settings ask for it.
    """

    service: str
    name: str
    kind: Kind = Kind.INTERNAL
    error: bool = False
    scope: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    resource: Mapping[str, str] = field(default_factory=dict)
    environment: str = UNKNOWN
    suite: str = ""
    run: str = ""
    case: str = ""
    weight: Weight = UNIT_WEIGHT
    weighted: bool = False
    runner: bool = False
    marks: Marks = ()


class Span(NamedTuple):
    """One span: ids as bytes (16, 8 and 8 or 0 of them), times in nanoseconds of the emitting host."""

    trace_id: bytes
    span_id: bytes
    parent_id: bytes
    start: UnixNanos
    duration: int
    facts: Facts
    remote: bool = False
    """The span's flags say that its parent lives in another process."""
