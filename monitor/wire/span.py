"""The span as the rest of the monitor knows it.

What repeats from span to span (service, name, attributes, environment, ...) is decoded once and shared
as one `Facts` object; what is new in each span stands in the `Span` tuple. Two spans with the same
facts hold the same object, so later layers memoise by identity.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import islice
from typing import NamedTuple

from monitor.base.units import UNIT_WEIGHT, UnixNanos, Weight
from monitor.wire.names import MENDED

UNKNOWN = "unknown"
"""The environment of spans that nothing assigns to one."""

MAX_LINKS = 128
"""Links of one span that are looked at, in their order: the SDKs send no more by default."""

TRACE_ID_BYTES = 16

NAMELESS = "unknown_service"
"""The service of spans that name none, as the OpenTelemetry SDKs call it; theirs add `:PROCESS`."""


Marks = tuple[tuple[str, str], ...]
"""Attributes by which the settings distinguish runs (a branch, say), with their values."""


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
    `marks`: what its run is recognised by, where the settings ask for it. `proxy` marks spans of a proxy,
    which passes a request on (`proxies`). `partial`: its trace came without some of its spans, as the store
    that has it says. `tested`: it says something of a test, or is a runner's. `odd`: the decoders count it
    (`DecodedCounts`).
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
    proxy: bool = False
    partial: bool = False
    tested: bool = field(init=False, default=False)
    odd: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        """Work out `tested` and `odd`, which are asked for every span."""
        tested = bool(self.suite or self.run or self.case or self.runner)
        nameless = self.service.startswith(NAMELESS)
        mended = MENDED in self.name or MENDED in self.service
        object.__setattr__(self, "tested", tested)
        object.__setattr__(self, "odd", nameless or mended or self.partial or self.kind is Kind.UNSPECIFIED)


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
    links: tuple[bytes, ...] = ()
    """Ids of the traces that a consumer's span links to, at most `MAX_LINKS`; () of spans of other kinds."""


def links_of(trace_ids: Iterable[bytes]) -> tuple[bytes, ...]:
    """The first of these ids of linked traces, without those that are none."""
    return tuple([each for each in islice(trace_ids, MAX_LINKS) if len(each) == TRACE_ID_BYTES])


def trace_key(trace_id: bytes) -> bytes:
    """What the spans of one trace have in common: the right-most 64 bits, or all 128 where those are zero.

    Tracers that know ids of 64 bits alone (B3's first form) hand on only those of a trace that came with 128.
    """
    key = trace_id[-8:]
    return key if any(key) else trace_id
