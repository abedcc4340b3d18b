"""The flow: one row per closed group of spans, without any value of its payload.

A row is named by (offset, place, service, operation, ordinal): where its fragment began in the source
partition, which flow it is, and which of that fragment's rows of that flow. That name is the same
whoever reads the source again, which is what makes duplicates recognisable (delivery).
"""

import re
from enum import IntFlag, StrEnum
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from monitor.base.units import LogTime, Weight
from monitor.flows.stated import Stated
from monitor.wire.span import Kind

INSIDE_KINDS = (Kind.INTERNAL, Kind.CLIENT, Kind.PRODUCER)
"""Kinds of spans that are a part of what their service does because of something else."""


class Outcome(StrEnum):
    """How the entry of a flow ended; a flow with its outcome is a path."""

    OK = "ok"
    CLIENT_ERROR = "client_error"
    FAILED = "failed"


class Flaw(IntFlag):
    """Why a flow is incomplete; an incomplete flow is counted, and is no evidence for 'absent'."""

    NONE = 0
    ORPHANED = 1
    """Its parent never arrived, and it is no entry that may have none."""
    PARTNERLESS = 2
    """A client span has no server partner where that service is instrumented."""
    TRUNCATED = 4
    """It hit a limit of age or size, or came in part."""
    SPLIT = 8
    """One of its spans turned out to be the missing parent of a flow already observed."""
    CYCLIC = 16
    """Its spans name each other as parents."""


WHOLE = Flaw.NONE
"""What nearly all flows are. A module's name is found ten times as fast as an enum's member (Python 3.11)."""


class Operation(NamedTuple):
    """What a service does at a span: the service, the kind of span, the templated name."""

    service: str
    kind: Kind
    name: str

    def __str__(self) -> str:
        return f"{self.service} {self.name}"


@lru_cache(maxsize=32768)
def operation_of(service: str, kind: int, name: str) -> Operation:
    """The operation as the same object wherever records and state name it: shapes of it compare quickly."""
    return Operation(service, Kind(kind), name)


class Node(NamedTuple):
    """One span in a shape: its operation, its parent's place in the shape (-1 for the top).

    notes: what the span says beside its operation, in words of `flows.notes`.
    """

    operation: Operation
    parent: int
    notes: tuple[str, ...] = ()


Shape = tuple[Node, ...]
"""A flow's spans in preorder, siblings by start time: what happened, in which order, how often."""


Line = tuple[int, ...]
"""In which order the calls of one caller began: see `flows.order`."""
Versions = tuple[tuple[str, str], ...]
"""`service.version` of the services in a flow, (service, version), sorted; only of those that state one."""


class Failure(NamedTuple):
    """Why a flow did not end well: the place in its shape of the span that explains it, and what that says.

    error: a type of error or a status, '' where it says neither; see `flows.failing`.
    """

    place: int
    error: str


class FlowId(NamedTuple):
    """Identity of a flow, the same in every environment: entry service and entry operation."""

    service: str
    operation: str

    def __str__(self) -> str:
        return f"{self.service} {self.operation}"

    @property
    def is_group(self) -> bool:
        """Whether it stands for all flows of a service whose names have free parts: see `others`."""
        return _GROUP.search(self.operation) is not None

    @property
    def key(self) -> int:
        """64 bits that decide the flow's partition and shard (BLAKE2b-64, little endian)."""
        digest = blake2b(f"{self.service}\0{self.operation}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "little")


OVERFLOW = FlowId("__overflow__", "__overflow__")
"""Where the flows beyond an auditor's limit are counted; they are never evidence."""


UNROUTED_GROUP = "HTTP"
"""What requests that name no route have in common."""

_GROUP = re.compile(r" \{other(?: [0-9.]+)?\}$")


def others(service: str, what: str, place: str = "") -> FlowId:
    """The flow of all flows of a service whose names have free parts, where there are too many of them.

    what: they have in common. place: of the shard, as each has one of its own; '' where there is but one.
    """
    return FlowId(service, f"{what} {{other {place}}}" if place else f"{what} {{other}}")


class Flow(NamedTuple):
    """One closed flow of one environment.

    offset, place: where its fragment's first span stood in the source partition; ordinal: among the
    fragment's rows of this flow. began: log time at which the fragment began, in ms. self_times: per node
    of the shape, the log2 bin (`stats.histogram.bin_of`) of its self time in ns. suite, run, case: '' where
    unknown. shape: from the entry on. status, error: category of the entry's outcome ('' where none).
    versions: what was deployed. order: of calls, () also where the row does not say it. failure: None where
    it ended well, or the row does not say it. lead: how many ms before `began` its entry began, by its host's
    clock. grades: per node of the shape, what an audit asks for (`flows.graded`); () outside of test runs.
    result: of the test case, as its runner says it; '' where it does not. stated: what services say of
    themselves.
    """

    offset: int
    place: int
    ordinal: int
    id: FlowId
    environment: str
    outcome: Outcome
    status: str
    error: str
    suite: str
    run: str
    case: str
    weight: Weight
    began: LogTime
    trace_id: bytes
    shape: Shape
    self_times: tuple[int, ...]
    duration: int
    flaws: Flaw
    versions: Versions = ()
    order: tuple[Line, ...] = ()
    failure: Failure | None = None
    lead: int | None = None
    grades: tuple[int, ...] = ()
    result: str = ""
    stated: Stated = ()

    @property
    def name(self) -> tuple[int, int, FlowId, int]:
        """What makes this row recognisable when it is published twice."""
        return (self.offset, self.place, self.id, self.ordinal)

    @property
    def is_unfinished(self) -> bool:
        """Whether this is no flow, and no traffic: a part of one whose rest never came.

        Such rows travel for what they tell of lost spans: TRUNCATED says that the rest is known to come late.
        A span without a kind may be an entry: a flow.
        """
        # Flags are slow to combine, and hardly any flow has one.
        if not self.flaws:
            return False
        if self.flaws is WHOLE:
            return False
        return bool(self.flaws & Flaw.ORPHANED) and self.shape[0].operation.kind in INSIDE_KINDS


def target(flow: FlowId, partitions: int) -> int:
    """The partition of the flows topic that owns `flow`."""
    return flow.key % partitions


def shard(flow: FlowId, shards: int) -> int:
    """The shard of its partition that owns `flow`; uses other bits than `target` (delivery, auditor 2)."""
    return (flow.key >> 32) % shards
