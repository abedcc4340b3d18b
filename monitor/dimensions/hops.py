"""Hops: who sends a request and who takes it, and what the spans of both say of credentials.

Each side is asked by itself: that one side records headers says nothing of what the other one would record.
"""

from collections.abc import Iterator
from typing import NamedTuple

from monitor.dimensions.trait import SAID, Trait
from monitor.dimensions.variant import Call, Variant
from monitor.flows.credentials import AUTHORIZED, SOMEBODY, carried, records_headers, records_tls
from monitor.flows.flow import Operation
from monitor.wire.span import Kind

_CALLERS, _ENTRIES = (Kind.CLIENT, Kind.PRODUCER), (Kind.SERVER, Kind.CONSUMER)


class Side(NamedTuple):
    """The spans of one service at one hop. hop: the caller's operation, or that of an entry without one."""

    hop: Operation
    service: str
    call: Call

    @property
    def takes(self) -> bool:
        """Whether it is the side that is asked."""
        return self.call.operation.kind in _ENTRIES

    def shows(self, what: str) -> Trait:
        """That its spans would show this."""
        return Trait(SAID, self.hop, what, self.service)


HEADERS, SCHEME, TLS, NAMED = (
    "records headers",
    "records the scheme",
    "records TLS",
    "where somebody is named",
)


def sides(variant: Variant) -> Iterator[Side]:
    """Both sides of every hop of a trace."""
    for call in variant.calls:
        operation, parent = call.operation, call.parent
        if operation.kind in _CALLERS:
            yield Side(operation, operation.service, call)
        elif operation.kind in _ENTRIES:
            above = parent if parent is not None and parent.kind in _CALLERS else operation
            yield Side(above, operation.service, call)


def recorded(variant: Variant) -> Iterator[Trait]:
    """What the spans of each side would show, whether or not anything is carried."""
    somebody = any(SOMEBODY in call.notes for call in variant.calls)
    for side in sides(variant):
        notes = side.call.notes
        if records_headers(notes):
            yield side.shows(HEADERS)
            if AUTHORIZED not in carried(notes):
                yield side.shows(SCHEME)
        if records_tls(notes):
            yield side.shows(TLS)
        if somebody and side.takes:
            yield side.shows(NAMED)


def naming(variant: Variant) -> frozenset[Operation]:
    """The operations of servers and consumers that name who asks, on their spans or on those inside."""
    calls = (call for call in variant.calls if SOMEBODY in call.notes)
    named = (call.operation if call.operation.kind in _ENTRIES else call.caller for call in calls)
    return frozenset(operation for operation in named if operation is not None)
